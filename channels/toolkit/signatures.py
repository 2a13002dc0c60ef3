"""Secrets and signatures, compared in constant time and on bytes.

`hmac.compare_digest` raises TypeError for a `str` with other than ASCII characters
(https://docs.python.org/3/library/hmac.html#hmac.compare_digest), so a stranger's header could make a 500 of a refusal.
"""

import hmac
from hashlib import sha256


def as_bytes(text: str) -> bytes:
    """UTF-8, taking whatever a header or JSON may hold: lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def same(given: str | bytes, expected: bytes) -> bool:
    """Tell whether a secret is the expected one; an unset (empty) expectation is never met."""
    found = as_bytes(given) if isinstance(given, str) else given
    return hmac.compare_digest(found, expected) and bool(expected)


def hmac_sha256(key: bytes, message: bytes) -> str:
    """The signature in lower-case hexadecimal digits."""
    return hmac.digest(key, message, sha256).hex()


def signed(message: bytes, *, signature: str, key: bytes) -> bool:
    """Tell whether `signature` (hexadecimal) is the HMAC-SHA256 of the message; never under an empty key."""
    return bool(key) and same(signature.lower(), hmac_sha256(key, message).encode())
