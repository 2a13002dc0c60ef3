"""Subscribers as an address shows them: what we keep of it, the accounts linked to it, and the dialogue under way."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.domain.messages import Address

FRESH: Final = timedelta(minutes=10)
"""How long a proof counts as fresh (L2)."""
HEARD_GRAIN: Final = timedelta(hours=12)
"""How exactly we keep when an address was heard last: a row is not written for every message."""


class Proof(StrEnum):
    """How a subscriber showed, beside account and meter, that an account is his."""

    SMS_CODE = "sms_code"
    """A code sent by SMS to the phone on file."""
    BILL_CODE = "bill_code"
    """The code printed on the bill."""
    BILL_LINK = "bill_link"
    """The signed link on the bill, or its QR code."""
    BILL_QR = "bill_qr"
    """The code by which the bill is paid, with the amount that is owed (`core.domain.bill_codes`)."""
    CONTACT = "contact"
    """The platform's contact card of the sender himself, with the phone on file."""


@dataclass(slots=True, kw_only=True)
class Link:
    """An account that an address may ask about (L1), and for a while after `proved_at` change (L2).

    `name` is what the subscriber calls it.
    """

    id: int
    account_id: int
    address: Address
    proof: Proof
    proved_at: datetime
    linked_at: datetime
    name: str = field(default="", repr=False)


@dataclass(slots=True, kw_only=True)
class Dialogue:
    """Where a conversation stands. `data` holds only what JSON can; `offered` is what the last message let choose from.

    `offered` pairs labels with tokens: where there are no buttons the subscriber types a label or its number.
    """

    step: str
    at: datetime
    """When the subscriber last moved it on."""
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    offered: list[tuple[str, str]] = field(default_factory=list, repr=False)
    account_ids: list[int] = field(default_factory=list)
    """Accounts that the next message may be about, to be loaded with it."""


@dataclass(slots=True, kw_only=True)
class Profile:
    """What we keep of an address. One of SMS has none until it talks in steps or sets something."""

    address: Address
    heard_at: datetime
    language: str = ""
    """Chosen or last used; empty where we cannot tell."""
    closed_at: datetime | None = None
    """Since when nothing reaches it; hearing from it opens it again."""
    reminders: bool = True
    consent: str = ""
    """Version of the consent text agreed to; empty where there is none."""
    consent_at: datetime | None = None
    dialogue: Dialogue | None = None


@dataclass(slots=True)
class Guesses:
    """Proofs of an address that failed within a day, and when the last of them did."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How subscribers prove that an account is theirs, and how often they may try."""

    consent: str = "1"
    """Version of the consent text; a new one is shown to everybody who links an account again."""
    code_channel: str = ""
    """Where codes go to the phone on file: a channel whose addresses are phones. Empty: no codes can be sent."""
    public_url: str = ""
    """Our own pages, for one-time links. Empty: there are none."""
    deep_link_secret: bytes = field(default=b"", repr=False)
    """Signs the links on bills; empty refuses them."""
    code_lasts: timedelta = field(default=timedelta(minutes=10))
    code_tries: int = 3
    page_lasts: timedelta = field(default=timedelta(minutes=15))
    address_guesses: int = 6
    """Failed proofs and codes sent, within a day, for one address."""
    account_guesses: int = 12
    """The same for one account, whoever tries."""
    all_guesses: int = 500
    """The same for everybody within an hour: beyond it somebody walks through numbers, and nobody links for a while."""
    links_of_account: int = 10
    links_of_address: int = 30
