"""What `meterline doctor` looks at about signing in by OpenID Connect."""

from bot.checkup import Finding, Verdict
from bot.settings import Settings
from core.ports.clock import Clock


async def oidc(settings: Settings, clock: Clock) -> list[Finding]:
    """Whether the issuer is there and is who we take him for; nobody is signed in."""
    from bot.oidc.issuer import Down, Issuer, client  # noqa: PLC0415 - a fast start: the library is large

    section, check = settings.staff.oidc, "single sign-on"
    if not (section.enabled and settings.staff.enabled):
        return []
    us = client(section, settings.server.public_url)
    issuer = Issuer(us, clock)
    try:
        found = await issuer.look()
    except Down as down:
        todo = f"see that {section.issuer} is reached from here, and is what the issuer calls himself"
        return [Finding(check, Verdict.FAULT, str(down), todo)]
    finally:
        await issuer.close()
    findings = []
    if not found.has_s256:
        todo = "allow the code challenge method S256 there, or a stolen code is good"
        findings.append(Finding(check, Verdict.WARNING, "the issuer does not check PKCE", todo))
    if not us.secret:
        todo = "make the client confidential there, and put its secret into staff.oidc.client_secret"
        findings.append(Finding(check, Verdict.WARNING, "there is no client secret", todo))
    return findings or [Finding(check, Verdict.OK, f"the issuer is there; he may send back to {us.redirect_uri}")]
