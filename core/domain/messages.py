"""What passes between a channel and the core. Frozen values; the channel contract of docs/architecture.md in types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from core.domain.bill_codes import Bill
from core.domain.values import value


class Address(NamedTuple):
    """Who, on a channel. `external_id` is opaque outside its channel and prints shortened: it may be a phone.

    A tuple, because it is looked up by several times a message, and tuples hash without a call of Python.
    """

    channel: str
    external_id: str

    def __repr__(self) -> str:
        """Show the last four characters at most."""
        return f"Address({self.channel}:…{self.external_id[-4:]})"


@value(kw_only=True)
class Event:
    """What came in.

    `event_id` is the same when the vendor repeats a delivery, and unique within the channel otherwise.
    `sent_at` is the vendor's time, aware UTC. `raw` is the payload without secrets, for the case's history.
    """

    event_id: str
    address: Address
    sent_at: datetime
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)


@value(kw_only=True)
class TextReceived(Event):
    """A subscriber wrote. The text is whole, as typed; it stays out of reprs."""

    text: str = field(repr=False)


@value(kw_only=True)
class ChoiceMade(Event):
    """A subscriber pressed a button; `token` is the very one that was sent."""

    token: str


@value(kw_only=True)
class PhotoReceived(Event):
    """A subscriber sent a picture; `photo` is a reference that the channel's `fetch` understands."""

    photo: str = field(repr=False)
    caption: str = field(default="", repr=False)


@value(kw_only=True)
class PhotoRead(Event):
    """We have looked for a bill's code in a picture that waited for that; `bill` is None where there is none.

    Ours, not a vendor's: its `event_id` is `photo_read_id` of the picture's, so that no picture is answered twice.
    """

    photo: str = field(repr=False)
    caption: str = field(default="", repr=False)
    bill: Bill | None = None


READ_PREFIX: Final = "photo:"


def photo_read_id(event_id: str) -> str:
    """The `event_id` of what comes of a picture."""
    return READ_PREFIX + event_id


@value(kw_only=True)
class ContactShared(Event):
    """A subscriber shared the platform's contact card, and the platform says that it is his own."""

    phone: str = field(repr=False)


@value(kw_only=True)
class Joined(Event):
    """A subscriber opened the conversation; `start` is what a deep link carried."""

    start: str = field(default="", repr=False)


@value(kw_only=True)
class Left(Event):
    """A subscriber blocked us or left."""


@value(kw_only=True)
class OtherReceived(Event):
    """A subscriber sent what no reading can be in: a sticker, a voice message, a place; `what` is the vendor's word."""

    what: str


@value()
class Arrival:
    """An event and when it reached us, aware UTC: what an inbox hands to the desk."""

    event: Event
    received_at: datetime


class Delivery(StrEnum):
    """What a delivery report says."""

    DELIVERED = "delivered"
    FAILED = "failed"
    BUFFERED = "buffered"
    """On its way; nothing to record but that it was taken."""


@value(kw_only=True)
class DeliveryReported(Event):
    """The vendor tells what became of a message of ours; `receipt_id` is the outbox row's idempotency key."""

    receipt_id: str
    delivery: Delivery
    detail: str = ""


class ButtonKind(StrEnum):
    """What pressing a button does."""

    CHOICE = "choice"
    """The channel brings the token back in `ChoiceMade`."""
    CONTACT = "contact"
    """The platform asks for the subscriber's own contact card and brings it in `ContactShared`."""

    # Keyboards are looked up by the thousand a second, and an enumeration hashes itself by a call of Python.
    __hash__ = str.__hash__


class Button(NamedTuple):
    """A choice offered to the subscriber. `token` is at most 64 bytes of ASCII, so that every channel can carry it.

    It comes back from the subscriber's device: a hint, never a proof. A tuple, because keyboards are looked up whole.
    """

    label: str
    token: str
    kind: ButtonKind = ButtonKind.CHOICE


Buttons = tuple[tuple[Button, ...], ...]
"""Rows of buttons, from the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a channel says by itself to a subscriber who joins, where its vendor lets nothing else be said yet."""

    text: str
    buttons: Buttons = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message to a subscriber. `idempotency_key` is stable over retries; after `expires_at` it must not be sent.

    `idempotency_key` is a positive number below 2**63 in decimal digits, the key of the outbox row.
    `link_label` names the button that opens `link`; where there are no link buttons the link stands in the text.
    """

    to: Address
    text: str = field(repr=False)
    buttons: Buttons = ()
    link: str = field(default="", repr=False)
    link_label: str = ""
    image: bytes = field(default=b"", repr=False)
    idempotency_key: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The vendor took the message; `vendor_id` is his name for it, empty where he gives none."""

    vendor_id: str = ""


class TextUnit(StrEnum):
    """What a channel counts when it limits a text (`core.domain.lengths` measures)."""

    CHARACTERS = "characters"
    UTF16 = "utf16"
    BYTES = "bytes"
    SEGMENTS = "segments"
    """Parts of a concatenated SMS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do and may say. The core asks these, never the channel's name."""

    text_limit: int
    text_unit: TextUnit
    button_rows: int = 0
    buttons_per_row: int = 0
    label_limit: int = 0
    link_buttons: bool = False
    contact_button: bool = False
    """Can ask for the platform's contact card, and knows whether it is the subscriber's own."""
    greets_itself: bool = False
    """`Joined` is answered by the channel with its `Greeting`; nothing else can be sent before he writes."""
    photos_in: bool = False
    images_out: bool = False
    can_write_first: bool = True
    delivery_reports: bool = False
    idempotent_send: bool = False
    address_is_phone: bool = False
    """`external_id` is an E.164 number that the network vouches for, as far as SMS ever does."""
    may_show_balance: bool = True
    may_send_payment_link: bool = True
    may_show_address: bool = True


@value(kw_only=True)
class RawRequest:
    """An HTTP request as it came, so that a channel needs no web framework. Header names are in lower case."""

    method: str
    path: str
    """The part behind `/hooks/<channel>`, such as `/kannel`; empty when there is none."""
    query: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    received_at: datetime
    peer: str = ""
    """The network address it came from, past the proxies that the operator trusts; empty where nobody asks for it."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The bytes that the vendor wants back."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@value()
class Decoded:
    """What a request meant, and what to answer once its events are durable.

    A refused request (bad signature, garbage) has no events and an answer of 4xx; `problem` says why, for the log.
    """

    events: tuple[Event, ...] = ()
    answer: RawAnswer = RawAnswer()
    problem: str = ""
