"""Asks Telegram for updates, and confirms only what was accepted."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from channels.telegram.decode import KINDS, Decoder
from channels.toolkit.reading import whole
from core.ports.channel import Accept, NotAccepted, OutcomeUnknown, RateLimited, SendFailure
from core.ports.clock import Clock

if TYPE_CHECKING:
    from channels.telegram.api import Api

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
_log = logging.getLogger(__name__)


async def poll(
    api: "Api",
    decoder: Decoder,
    accept: Accept,
    *,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]],
    chance: Callable[[], float],
) -> None:
    """Fetch and accept for ever.

    Asking for an offset confirms everything before it (https://core.telegram.org/bots/api#getupdates), so the offset
    moves only when the events are durable: a crash between the two brings them again, under the same event ids.
    """
    offset: int | None = None
    failed = 0
    while True:
        try:
            updates = await api.updates(offset, KINDS)
            if updates and following(updates, None) is None:
                raise OutcomeUnknown("its updates have no ids, so they cannot be confirmed")
            heard = [decoder.read(update, clock.now()) for update in updates if isinstance(update, dict)]
            events = [each.event for each in heard if each.event is not None]
            if events:
                await accept(events)
        except (SendFailure, NotAccepted) as failure:
            failed += 1
            seconds = pause(failure, failed, chance())
            words = failure.detail if isinstance(failure, SendFailure) else "the updates could not be stored"
            _log.warning("polling Telegram waits %.0f seconds: %s", seconds, words)
            await sleep(seconds)
            continue
        failed = 0
        offset = following(updates, offset)
        for problem in {each.problem for each in heard if each.problem}:
            _log.warning("polling Telegram: %s", problem)
        await api.acknowledge(each.press_id for each in heard if each.press_id)


def following(updates: Sequence[Any], offset: int | None) -> int | None:
    """The offset that confirms these updates; the same as before where there are none."""
    numbers = [whole(update.get("update_id")) for update in updates if isinstance(update, dict)]
    return max((number + 1 for number in numbers if number is not None), default=offset)


def pause(failure: Exception, failed: int, chance: float) -> float:
    """Seconds until the next question: doubling from 1 to 60, of which a random half, and what Telegram asks for."""
    seconds: float = min(FIRST_WAIT * 2 ** min(failed - 1, 10), LONGEST_WAIT) * (0.5 + chance / 2)
    return max(seconds, failure.retry_after) if isinstance(failure, RateLimited) else seconds
