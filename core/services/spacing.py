"""Time between two messages to one address, where the vendor wants it."""

from datetime import datetime, timedelta

from core.domain.messages import Address


class Spacing:
    """Which addresses had a message just now, where the vendor wants time between two to the same one.

    What counts is the end of the send: two that are under way at a time may reach the vendor in any order and at once.
    """

    def __init__(self, seconds: float) -> None:
        """0 wants no time between."""
        self._seconds = seconds
        self._under_way: set[Address] = set()
        self._until: dict[Address, datetime] = {}

    def wait(self, to: Address, now: datetime) -> float:
        """Seconds until the next message may go to an address."""
        if not self._seconds:
            return 0.0
        if to in self._under_way:
            return self._seconds
        until = self._until.get(to, now)
        return max(0.0, (until - now).total_seconds())

    def begun(self, to: Address) -> None:
        """A message is on its way."""
        if self._seconds:
            self._under_way.add(to)

    def ended(self, to: Address, now: datetime) -> None:
        """It has arrived or failed. Forgets those whose time is over."""
        if not self._seconds:
            return
        self._under_way.discard(to)
        self._until.pop(to, None)
        self._until[to] = now + timedelta(seconds=self._seconds)
        for address in [address for address, until in self._until.items() if until <= now]:
            del self._until[address]
