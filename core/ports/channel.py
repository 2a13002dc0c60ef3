"""The channel contract: four mandatory methods, some optional ones, and the closed set of send failures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from core.domain.messages import Address, Capabilities, Decoded, Event, Outbound, RawRequest, Receipt

Accept = Callable[[Sequence[Event]], Awaitable[None]]
"""Makes events durable. Returns when they are; raises `NotAccepted` when they are not, and the vendor must repeat."""

PHOTO_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a picture: phones make 3 to 8 million, and messengers make less of them."""


class Channel(Protocol):
    """A way to reach subscribers.

    Constructing one does no I/O. It starts no tasks of its own, keeps no dialogue and never blocks the loop.
    """

    @property
    def name(self) -> str:
        """The folder's name; stands in every address of the channel."""

    @property
    def capabilities(self) -> Capabilities:
        """What the channel can do and may say; constant while it lives."""

    async def open(self) -> None:
        """Make ready to send. An unreachable vendor is not an error here."""

    async def close(self) -> None:
        """Free everything; harmless when called twice."""

    async def send(self, outbound: Outbound) -> Receipt:
        """Hand one message to the vendor, once. Raises one of the `SendFailure` classes and nothing else."""


@runtime_checkable
class Decodes(Protocol):
    """The vendor calls us over HTTP."""

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one request. Pure and total: any bytes give a `Decoded`."""


@runtime_checkable
class Polls(Protocol):
    """We ask the vendor."""

    async def poll(self, accept: Accept) -> None:
        """Fetch and accept for ever, until cancelled; confirm to the vendor only what was accepted."""


@runtime_checkable
class Resumes(Protocol):
    """The vendor keeps for a while what we did not ask for, but not how far we had got: we note that with each event.

    Beside `Polls`.
    """

    def resume(self, raw: Mapping[str, str]) -> None:
        """Take the `raw` of the newest event that was stored, and begin there; before `poll`, and empty for none.

        Rather a little before it than behind: what is heard again is known by its `event_id`.
        """


@runtime_checkable
class Fetches(Protocol):
    """The vendor keeps the pictures that subscribers send, and gives them out."""

    async def fetch(self, photo: str) -> bytes:
        """The picture behind the reference of a `PhotoReceived`, at most `PHOTO_LIMIT` bytes.

        Raises a `SendFailure`: `ContentRejected` where the picture is gone or too large, `TemporarilyUnavailable`,
        `RateLimited` and `OutcomeUnknown` where it may be had later.
        """


@runtime_checkable
class Registers(Protocol):
    """The vendor must be told where we are."""

    async def register(self, public_url: str) -> Sequence[str]:
        """Set the vendor's webhooks to ours, `<public_url>/hooks/<name>`. Idempotent.

        Returns what was done, one sentence each; raises a `SendFailure` where the vendor cannot be told.
        """


@runtime_checkable
class Probes(Protocol):
    """The channel can say whether its vendor is there (for `meterline doctor`)."""

    async def probe(self) -> Sequence[str]:
        """What is wrong with the way to the vendor, one sentence each, with what to do; empty when all is well."""


LAUNCH_LASTS: Final = timedelta(hours=1)
"""How old signed launch data may be. Vendors advise to look at the age, and leave the bound to us."""
LAUNCH_AHEAD: Final = timedelta(minutes=5)
"""How far the vendor's clock may be before ours."""
LAUNCH_LIMIT: Final = 6 * 1024
"""Characters of launch data: it is a few hundred, and a request's line has at most 8 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlace:
    """How a vendor's apps open a page of ours."""

    frames: tuple[str, ...]
    """Origins that may show it in a frame, as `frame-ancestors` of a content security policy has them."""
    script: str
    """What the page runs: our own few lines.

    Where the data is `hidden` it hides `#scriptless`, fills the field `launch` of the form `#launch` and sends it, or
    shows `#nothing`.
    """
    hidden: bool
    """The launch data stands where only a script sees it; otherwise it is the page's query."""


class LaunchRefused(Exception):
    """Launch data that is not to be believed. `reason` is a word for logs, and holds nothing of the data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@runtime_checkable
class Launches(Protocol):
    """The vendor's apps open a page of ours, and say under their signature for whom."""

    @property
    def launch(self) -> LaunchPlace | None:
        """How they do; None where that is not set up."""

    def launched(self, data: str, now: datetime) -> Address:
        """Who opened the page. Pure and total.

        Raises:
            LaunchRefused: `forged`, `foreign` (of another app), `aged` (beyond `LAUNCH_LASTS`), `early`, `unreadable`.
        """


@runtime_checkable
class Offers(Protocol):
    """The vendor's apps can show a button of ours beside every chat. Beside `Launches`."""

    async def offer(self, page_url: str) -> Sequence[str]:
        """Have the button open this page; empty: have no such button of ours any more. Idempotent.

        Returns what was done, one sentence each; raises a `SendFailure` where the vendor cannot be told.
        """

    async def offered(self) -> str:
        """The page that the button opens, empty where there is none; raises a `SendFailure`."""


def check_launch_age(seconds: int, now: datetime) -> None:
    """Whether data signed so many seconds after 1970 may still, or already, be believed.

    Raises:
        LaunchRefused: `aged` or `early`.
    """
    age = now.timestamp() - seconds
    if age > LAUNCH_LASTS.total_seconds():
        raise LaunchRefused("aged")
    if age < -LAUNCH_AHEAD.total_seconds():
        raise LaunchRefused("early")


class NotAccepted(Exception):
    """Nothing was stored; the vendor should deliver again."""


class SendFailure(Exception):
    """Why a message was not, or perhaps not, handed over. The subclasses are a closed set.

    `detail` is for staff: the vendor's own words, without secrets and personal data.

        SendFailure
         ├── TemporarilyUnavailable   retry later; the vendor certainly did not take it
         ├── RateLimited              retry after `retry_after` seconds; the whole channel pauses
         ├── OutcomeUnknown           the vendor may have taken it
         ├── RecipientUnavailable     blocked, unknown or switched off: this address is closed
         ├── ContentRejected          the vendor refuses this message, for `code`
         ├── UnsupportedContent       beyond the channel's capabilities; our mistake
         └── Misconfigured            wrong token, password or address of the vendor: staff must act
    """

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class TemporarilyUnavailable(SendFailure):
    """The vendor cannot take it now and certainly did not."""


class RateLimited(SendFailure):
    """Too fast: wait `retry_after` seconds before anything else goes out on this channel."""

    def __init__(self, retry_after: float, detail: str = "") -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class OutcomeUnknown(SendFailure):
    """The vendor may have taken it: the connection broke after sending, or the success cannot be read."""


class RecipientUnavailable(SendFailure):
    """The subscriber cannot be reached at this address any more."""


class ContentRejected(SendFailure):
    """The vendor refuses this message; `code` is his."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class UnsupportedContent(SendFailure):
    """The message exceeds what the channel says it can do."""


class Misconfigured(SendFailure):
    """The vendor does not know us: token, password, sender or URL are wrong."""
