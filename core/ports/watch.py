"""What the core tells about its work; the web layer turns it into metrics."""

from typing import Protocol


class Watch(Protocol):
    """Takes counts and durations. Called once a batch or once a send, from the event loop; must not block or raise."""

    def accepted(self, size: int, duplicates: int, seconds: float) -> None:
        """A batch became durable: `size` events of which `duplicates` were known, within `seconds` of work."""

    def outcome(self, channel: str, code: str, count: int = 1) -> None:
        """Events of a channel ended with a code."""

    def refused(self, size: int) -> None:
        """A batch could not be stored; the vendors will deliver its events again."""

    def sent(self, channel: str, state: str, seconds: float) -> None:
        """An outbox row reached a state (`sent`, `queued` for a retry, `unknown`, `dead`, `expired`, `unreachable`)."""

    def reminded(self, kind: str, queued: int, skipped: int) -> None:
        """Of the accounts looked at for a kind of reminder, `queued` got a message and `skipped` did not."""

    def paying(self, provider: str, result: str) -> None:
        """An order reached a state (`paid`, `failed`, `refunded`), or a call had no answer (`unanswered`)."""

    def autopaid(self, step: str, count: int) -> None:
        """Autopays were `noticed`, `due` (charged, or nothing was to be charged), `failed` or `stopped`."""

    def calculated(self, result: str) -> None:
        """Billing's sum for a reply `agrees` with ours, `differs`, or is `alone`; or there is none.

        `unknown`: billing has no answer; `unanswered`: nothing came in time; `unasked`: too many were being asked.
        """


class Unwatched:
    """For the command line and for tests that do not look."""

    def accepted(self, size: int, duplicates: int, seconds: float) -> None:
        """Ignore it."""

    def outcome(self, channel: str, code: str, count: int = 1) -> None:
        """Ignore it."""

    def refused(self, size: int) -> None:
        """Ignore it."""

    def sent(self, channel: str, state: str, seconds: float) -> None:
        """Ignore it."""

    def reminded(self, kind: str, queued: int, skipped: int) -> None:
        """Ignore it."""

    def paying(self, provider: str, result: str) -> None:
        """Ignore it."""

    def autopaid(self, step: str, count: int) -> None:
        """Ignore it."""

    def calculated(self, result: str) -> None:
        """Ignore it."""
