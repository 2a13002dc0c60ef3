"""Asks VK for updates: Bots Long Poll, https://dev.vk.com/ru/api/bots-long-poll/getting-started."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from channels.toolkit.reading import as_json
from channels.vk.api import Api, PollServer
from channels.vk.decode import Decoder, Json
from core.domain.messages import Event
from core.ports.channel import Accept, NotAccepted, OutcomeUnknown, SendFailure
from core.ports.clock import Clock, SystemClock

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
"""Seconds between attempts while VK, or our own database, is away: doubling, of which a random half."""
TS: Final = "ts"
HISTORY_LOST: Final = 1
KEY_EXPIRED: Final = 2
"""VK's `failed`: 1 gives a new `ts`; 2 wants a new key and the same `ts`; 3, and what we do not know, both anew."""

_log = logging.getLogger(__name__)


class LongPoll:
    """Keeps its place as long as the process lives, over several `run`s too.

    VK takes no confirmation: whoever asks from `ts` on gets what came after it. So the place moves only when the
    updates are durable. VK names no other place to begin at than "from now on", so each event notes where the poll that
    brought it began (`TS` in its `raw`), and a new process goes on there: what it hears again is known by its id.
    """

    def __init__(
        self,
        api: Api,
        decoder: Decoder,
        group_id: int,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`clock` gives the time of updates that have none. `sleep` and `chance` are replaced by tests."""
        self._api = api
        self._decoder = decoder
        self._group_id = group_id
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._chance = chance
        self._place: PollServer | None = None
        self._resumed = ""
        self._attempts = 0
        self._is_down = False

    def resume(self, raw: Mapping[str, str]) -> None:
        """Begin where the poll began that brought the event with this `raw`; without one, from now on."""
        ts = raw.get(TS, "")
        self._resumed = ts if ts.isascii() and ts.isdigit() else ""

    async def run(self, accept: Accept) -> None:
        """Ask and accept for ever, until cancelled. An outage is one line in the log, and its end another."""
        while True:
            try:
                went_on = await self._step(accept)
            except NotAccepted:
                self._complain("the updates could not be stored")
            except SendFailure as failure:
                self._complain(failure.detail)
            else:
                if went_on:
                    self._recover()
                    continue
            await self._pause()

    async def _step(self, accept: Accept) -> bool:
        """One poll; False where VK wants to be asked anew."""
        place = self._place = self._place or await self._first()
        answer = as_json(await self._api.updates(place))
        if not isinstance(answer, dict):
            raise OutcomeUnknown("VK's long poll gave an answer that cannot be read")
        if "failed" in answer:
            self._place = await self._begin_again(place, answer)
            return False
        updates, ts = answer.get("updates"), _ts(answer)
        if not isinstance(updates, list) or not ts:
            raise OutcomeUnknown("VK's long poll gave an answer without updates or ts")
        if events := self._events(updates, place.ts):
            await accept(events)
        self._place = replace(place, ts=ts)
        return True

    def _events(self, updates: list[object], ts: str) -> list[Event]:
        now = self._clock.now()
        events: list[Event] = []
        for update in updates:
            heard = self._decoder.heard(update if isinstance(update, dict) else {}, now)
            if heard.problem:
                _log.info("an update of VK was passed over: %s", heard.problem)
            events += [replace(event, raw={**event.raw, TS: ts}) for event in heard.events]
        return events

    async def _first(self) -> PollServer:
        """Where this process begins. VK takes an older `ts` with a new key: so it asks itself after `failed: 2`."""
        newest = await self._begin()
        return replace(newest, ts=self._resumed) if self._resumed else newest

    async def _begin(self) -> PollServer:
        """A server, a key, and the newest `ts`."""
        given = await self._api.call("groups.getLongPollServer", {"group_id": str(self._group_id)})
        given = given if isinstance(given, dict) else {}
        server, key, ts = given.get("server"), given.get("key"), _ts(given)
        if not isinstance(server, str) or not isinstance(key, str) or not ts:
            raise OutcomeUnknown("VK named no server for the long poll")
        return PollServer(server, key, ts)

    async def _begin_again(self, place: PollServer, answer: Json) -> PollServer:
        """Where to go on after `failed`."""
        failed, ts = answer.get("failed"), _ts(answer)
        if failed == KEY_EXPIRED:
            return replace(await self._begin(), ts=place.ts)
        _log.warning("VK's long poll has lost its place: subscribers' messages may be missing")
        return replace(place, ts=ts) if failed == HISTORY_LOST and ts else await self._begin()

    async def _pause(self) -> None:
        ceiling = min(FIRST_WAIT * 2.0 ** min(self._attempts, 10), LONGEST_WAIT)
        self._attempts += 1
        await self._sleep(ceiling * (0.5 + self._chance() / 2))

    def _complain(self, reason: str) -> None:
        if not self._is_down:
            _log.warning("VK's long poll waits and tries again: %s", reason)
        self._is_down = True

    def _recover(self) -> None:
        if self._is_down:
            _log.info("VK's long poll goes on")
        self._attempts, self._is_down = 0, False


def _ts(answer: Json) -> str:
    """`ts` is a number in some answers and a string in others; empty where there is none."""
    ts = answer.get("ts")
    return str(ts) if isinstance(ts, (int, str)) and not isinstance(ts, bool) else ""
