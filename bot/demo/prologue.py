"""What happened in the hour before the visitor came: real texts through the real hook, so that no queue is empty."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.demo.clock import DemoClock
from bot.demo.household import Kind, reading
from bot.demo.phones import Message
from bot.demo.sample import Sample

CONFUSED: Final = "+79990017755"
"""Somebody who has not found out how to write, and is handed over to a person in the end."""
_CONFUSION: Final = (
    "Здравствуйте",
    "хочу передать показания",
    "счетчик 5412 вроде",
    "как передать?? я писала уже",
    "ничего не понимаю",
    "позвоните мне пожалуйста",
)

Text = Callable[[str, str], Awaitable[Message]]
"""Sends an SMS from a number: `Phones.text`."""
Replied = Callable[[int], Awaitable[object]]
"""Waits until so many replies have come in all."""


@dataclass(frozen=True, slots=True)
class Line:
    """An SMS of the prologue."""

    minutes_ago: float
    sender: str
    text: str


def lines(sample: Sample) -> list[Line]:
    """The prologue, in order of time."""
    ordinary = [account for account in sample.of(Kind.ORDINARY) if account.phone]
    expired, rollover = sample.of(Kind.EXPIRED)[-1], sample.of(Kind.ROLLOVER)[-1]
    careless, doubtful, enormous = ordinary[1], ordinary[2], ordinary[4]
    accepted = [ordinary[0], *ordinary[5:12]]
    script = [Line(52 - 6.5 * place, account.phone, account.tries[0].text) for place, account in enumerate(accepted)]
    script += [
        Line(41, expired.phone, reading(expired, 171)),
        # One zone, five digits: above what any wiring of a flat can carry in a month.
        Line(33, enormous.phone, reading(enormous, 14_730)),
        Line(18, rollover.phone, reading(rollover, 64)),
        Line(9, doubtful.phone, reading(doubtful, 2_690)),
        Line(6, careless.phone, f"{careless.number} {careless.meters[0].serial} {careless.meters[0].values[0] - 210}"),
        *(Line(27 - 1.5 * place, CONFUSED, words) for place, words in enumerate(_CONFUSION)),
    ]
    return sorted(script, key=lambda line: -line.minutes_ago)


async def play(sample: Sample, clock: DemoClock, text: Text, replied: Replied) -> None:
    """Send the prologue, each line at its time; every one of them is answered."""
    for count, line in enumerate(lines(sample), 1):
        clock.set_back(timedelta(minutes=line.minutes_ago))
        await text(line.sender, line.text)
        await replied(count)
    clock.set_back(timedelta(0))
