"""Puts single sign-on together, for `bot.assembly`."""

from bot.oidc.issuer import Issuer, client
from bot.settings import Settings
from bot.web.staff.gate import Gate
from bot.web.staff.oidc import OidcPages
from core.ports.clock import Clock
from core.services.staff import Sessions
from core.services.staff.vouching import Vouching


def oidc_pages(settings: Settings, gate: Gate, sessions: Sessions, clock: Clock) -> OidcPages:
    """The way in by an issuer, where one is set up."""
    section = settings.staff.oidc
    issuer = Issuer(client(section, settings.server.public_url), clock) if section.enabled else None
    return OidcPages(gate, Vouching(sessions, ask_totp=section.ask_totp), issuer, clock, label=section.button)
