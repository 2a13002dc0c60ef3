"""Signing in by OpenID Connect: what the operator says about it, what is sent and checked, and the calls.

Authlib and joserfc do the protocol and the cryptography, without any network; `issuer` does the calls. Who is let in
is decided elsewhere (`core.services.staff.vouching`).
"""
