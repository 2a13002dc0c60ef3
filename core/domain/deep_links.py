"""Signed links: a bill's QR code opens our chat and says whose bill it is. Letters, digits, `_` and `-` only.

A payload is `<account>-<YYMM>-<signature>`: the last month in which it counts, and the first 16 letters of an
HMAC-SHA256 over what stands before. Telegram allows 64 characters (https://core.telegram.org/bots/features#deep-linking).
"""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import date
from hashlib import sha256
from typing import Final

LIMIT: Final = 64
_SIGNATURE: Final = 16
"""Letters of six bits: 96 bits cannot be guessed."""
_PAYLOAD: Final = re.compile(r"(([A-Za-z0-9]{1,30})-([0-9]{2})(0[1-9]|1[0-2]))-([A-Za-z0-9_-]{16})", re.ASCII)


def sign(account: str, last_month: date, secret: bytes) -> str:
    """The payload for an account.

    Raises:
        ValueError: the number has other characters than a link can carry, or there is no secret.
    """
    if not secret or not re.fullmatch(r"[A-Za-z0-9]{1,30}", account, re.ASCII):
        raise ValueError("an account's number of 1 to 30 Latin letters and digits, and a secret, make a link")
    said = f"{account}-{last_month:%y%m}"
    return f"{said}-{_signature(said, secret)}"


def account_in(payload: str) -> str:
    """The account that a payload names, whoever made it: to be looked up, not to be believed. Empty for none."""
    found = _PAYLOAD.fullmatch(payload)
    return found[2] if found else ""


def verify(payload: str, secret: bytes, today: date) -> str:
    """The account of a payload that we signed and that still counts; empty for any other."""
    found = _PAYLOAD.fullmatch(payload)
    if found is None or not secret:
        return ""
    if not hmac.compare_digest(found[5], _signature(found[1], secret)):
        return ""
    return found[2] if (2000 + int(found[3]), int(found[4])) >= (today.year, today.month) else ""


def _signature(said: str, secret: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(secret, said.encode(), sha256)).decode()[:_SIGNATURE]
