"""What a channel's suite must know of its vendor, so that `ChannelConformance` can try the channel."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from core.domain.messages import Address, Outbound, RawRequest
from core.ports.channel import Channel, SendFailure

SENT_AT = datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC)
"""When the subscriber wrote."""
RECEIVED_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""When the vendor called us."""


class Ability(StrEnum):
    """What some channels cannot do. A harness names these in `cannot`, each with its reason."""

    HEARING = "hear over HTTP"
    SIGNATURES = "tell its vendor from a stranger"
    HANDSHAKE = "answer a handshake"
    BUTTONS = "bring back a button's token"
    PHOTOS = "hear pictures"
    JOINING = "hear that a subscriber joined or left"
    ECHO = "hear what it said itself"
    REPORTS = "hear delivery reports"
    VENDOR_IDS = "give the vendor's id of a message"
    VENDOR_KEYS = "give the vendor a key against double sending"
    NETWORK = "be cut off from its vendor"
    LOGIN = "be refused by its vendor"
    FAILURES = "fail in every way"


class Harness:
    """One channel and its emulated vendor. A channel's suite fills in what its channel can do."""

    cannot: Mapping[Ability, str] = {}
    splits = False
    """Whether a text over the limit goes out in several calls; otherwise it is refused."""
    varies: frozenset[str] = frozenset()
    """Capabilities that depend on the settings; `varies` stands for them in docs/channels/features.csv."""
    channel: Channel
    subscriber: Address
    secrets: tuple[str, ...] = ()
    """Tokens and passwords: they must show nowhere."""
    failures: Sequence[type[SendFailure]] = ()
    """What `fail` can make the vendor answer."""

    def needs(self, *abilities: Ability) -> None:
        """Skip the test where the channel cannot, for the reason that its suite gives."""
        for ability in abilities:
            if ability in self.cannot:
                pytest.skip(f"cannot {ability}: {self.cannot[ability]}")

    def build(self) -> Channel:
        """A channel like `self.channel`, just constructed."""
        raise NotImplementedError

    def outbound(self, text: str = "Принято: 4711", key: str = "1001") -> Outbound:
        """A message to the subscriber."""
        return Outbound(to=self.subscriber, text=text, idempotency_key=key)

    # What the vendor sends us, signed as it should be.

    def text(self, text: str, *, number: int = 1, sent_at: datetime = SENT_AT) -> RawRequest:
        """The request for a text; the same `number` is the same delivery."""
        raise NotImplementedError

    def press(self, token: str) -> RawRequest:
        """The request for a button."""
        raise NotImplementedError

    def photo(self) -> RawRequest:
        """The request for a picture."""
        raise NotImplementedError

    def joined(self, start: str) -> RawRequest:
        """The request for a new subscriber."""
        raise NotImplementedError

    def left(self) -> RawRequest:
        """The request for a subscriber who went away."""
        raise NotImplementedError

    def report(self, key: str) -> RawRequest:
        """The request that says that the message with this key was delivered."""
        raise NotImplementedError

    def echo(self) -> RawRequest:
        """The request for a message of our own, as some vendors repeat them."""
        raise NotImplementedError

    def unknown(self) -> RawRequest:
        """The request for an event that the channel does not know."""
        raise NotImplementedError

    def handshake(self) -> tuple[RawRequest, bytes]:
        """The vendor's first request and the bytes that it wants back."""
        raise NotImplementedError

    def garbage(self) -> Sequence[RawRequest]:
        """Signed requests that mean nothing: no JSON, another content type, an empty body."""
        raise NotImplementedError

    def forged(self) -> Sequence[RawRequest]:
        """Requests with a missing, a wrong and a non-ASCII signature."""
        raise NotImplementedError

    def sealed(self, content: bytes) -> RawRequest:
        """Any bytes, signed as the vendor would."""
        raise NotImplementedError

    # What the vendor got from us, and how it behaves.

    @property
    def sent(self) -> Sequence[str]:
        """The texts that the vendor took, in order."""
        raise NotImplementedError

    @property
    def keys(self) -> Sequence[str]:
        """For each call, the key against double sending that the vendor got."""
        raise NotImplementedError

    def fail(self, failure: type[SendFailure]) -> None:
        """Make the vendor's next answer one that means this failure."""
        raise NotImplementedError

    def hang(self) -> asyncio.Event:
        """Make the vendor take the next message and not answer; the event is set when we hang up."""
        raise NotImplementedError

    def unreachable(self) -> Channel:
        """A channel whose vendor is not there."""
        raise NotImplementedError

    def intruder(self) -> Channel:
        """A channel with a wrong token."""
        raise NotImplementedError
