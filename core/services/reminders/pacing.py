"""When reminders go out: spread over the day, and never faster than a channel may be given them."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from core.domain.reminders import Span

TURN: Final = timedelta(seconds=20)
"""The planner looks at accounts so often, shortly before their messages are due: what is submitted meanwhile counts."""
AHEAD: Final = timedelta(seconds=60)
"""How far ahead of time a channel may be filled before the planner waits for it."""
ROOM: Final = timedelta(minutes=30)
"""Of the day's hours, what is left at their end for messages that have to be tried again."""


def portion(left: int, now: datetime, begun: datetime, today: Span, spread: timedelta) -> int:
    """How many of the accounts `left` to look at now, so that all are by the end of the spread or of the day's hours.

    The spread begins with the day's hours, or with the round itself.
    """
    end = min(max(today.begins, begun) + spread, today.ends - ROOM)
    turns = (end - now) / TURN
    return left if turns <= 1 else math.ceil(left / turns)


class Pace:
    """The next free place of each channel, shared by all rounds."""

    def __init__(self, per_second: Mapping[str, float]) -> None:
        """`per_second` is what each channel may be given of reminders."""
        self._interval = {channel: timedelta(seconds=1 / rate) for channel, rate in per_second.items()}
        self._next: dict[str, datetime] = {}

    def resume(self, taken_until: Mapping[str, datetime]) -> None:
        """Begin behind what is queued already."""
        for channel, interval in self._interval.items():
            if channel in taken_until:
                self._next[channel] = taken_until[channel] + interval

    def take(self, channel: str, earliest: datetime) -> datetime:
        """The first place that is free and not before `earliest`."""
        place = max(earliest, self._next.get(channel, earliest))
        self._next[channel] = place + self._interval[channel]
        return place

    def is_full(self, now: datetime) -> bool:
        """Whether some channel has as much as it should have ahead."""
        return any(place > now + AHEAD for place in self._next.values())
