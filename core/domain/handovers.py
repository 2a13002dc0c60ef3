"""One-time links to our own page: what a channel may not say, a page of ours shows once."""

import hashlib
import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

PATH: Final = "/my/"
"""Under the public address: `https://…/my/<token>`."""
FILE_LASTS: Final = timedelta(minutes=10)
"""How long the file of one's own data can be fetched after its summary was shown."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22,86}")
"""22 letters of base 64 are 132 bits."""


class Purpose(StrEnum):
    """What a link shows."""

    BALANCE = "balance"
    """What an account owes."""
    PAYMENT = "payment"
    """The way to our payment page (`core.domain.orders`), which may be opened again and again."""
    DATA = "data"
    """In short what we hold about the address; the whole comes as `FILE`."""
    FILE = "file"
    """Everything we hold about the address."""


def digest_of(token: str) -> str:
    """What is stored of a token. A token is random enough that its plain SHA-256 tells nobody anything."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether it looks like one of ours: anything at all may stand in an address."""
    return _TOKEN.fullmatch(text) is not None
