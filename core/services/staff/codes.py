"""The second factor: codes of six digits from a phone, after RFC 6238 (SHA-1, 30 seconds, as every app knows it)."""

import hmac
import re
from datetime import datetime
from typing import Final

import pyotp

STEP_SECONDS: Final = 30
DRIFT: Final = (0, -1, 1)
"""Steps that a phone's clock may be off, the likeliest first."""
_CODE: Final = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def link(secret: str, name: str, issuer: str) -> str:
    """What the QR code says: `otpauth://totp/...`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def matched(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The time step whose code this is; None if it is wrong, too old, too early, or not after the step used last.

    Without a secret no code is right: it may be reset while a code is on its way.
    """
    code = "".join(code.split())
    if not secret or not _CODE.fullmatch(code):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    for step in (current + drift for drift in DRIFT):
        if step > used and hmac.compare_digest(pyotp.HOTP(secret).at(step), code):
            return step
    return None
