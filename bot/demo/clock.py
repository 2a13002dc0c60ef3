"""The demo's clock: the real one, that can be set back while the demo plays what happened before the visitor came."""

from datetime import datetime, timedelta

from core.ports.clock import Clock


class DemoClock:
    """Never goes backwards once the demo hears messages: set it back before, then let it catch up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind = timedelta(0)

    def now(self) -> datetime:
        """The moment that the demo takes for the present."""
        return self._clock.now() - self._behind

    def set_back(self, behind: timedelta) -> None:
        """Be so much behind; nothing is the present."""
        self._behind = behind
