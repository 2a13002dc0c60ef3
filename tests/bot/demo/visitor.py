"""A visitor of the page without a browser: uses the phones through what the page talks to, and follows the news."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.demo.clock import DemoClock
from bot.demo.household import OWN_PHONE
from bot.demo.running import Demo
from core.ports.clock import SystemClock
from tests.conftest import FixedClock

SESSION = "0123456789abcdef"
MESSENGERS = ("telegram", "viber", "vk")
PAIR = "1234567890 12345678"
"""Account and meter of the sample's own account."""

PATIENCE = 60
"""Seconds: Telegram's library takes some to load, the first time."""


def from_noon() -> DemoClock:
    """A clock that begins where the fixed one stands and goes on: Telegram's pace for one chat needs time to pass."""
    clock = DemoClock(SystemClock())
    clock.set_back(clock.now() - FixedClock().now())
    return clock


class Visitor:
    """One browser session; `state` is the newest that the page would show."""

    def __init__(self, demo: Demo, http: aiohttp.ClientSession, stream: aiohttp.ClientResponse, session: str) -> None:
        self._demo, self._http, self._stream, self._session = demo, http, stream, session
        self.state: Any = None

    async def act(self, messenger: str, act: str, **more: object) -> tuple[int, Any]:
        """Use a phone; gives status and answer."""
        body = {"session": self._session, "messenger": messenger, "act": act, **more}
        async with self._http.post(self._demo.url + "/act", json=body) as answer:
            return answer.status, await answer.json()

    async def do(self, messenger: str, act: str, **more: object) -> None:
        """Use a phone in a way that works."""
        assert await self.act(messenger, act, **more) == (200, {})

    async def press(self, messenger: str, label: str, **more: object) -> None:
        """Press the newest button with this label, wherever this messenger has it."""
        place = self.button(messenger, label)
        await self.do(messenger, "press", text=label, place=place, **more)

    def button(self, messenger: str, label: str) -> int:
        """Where the button is: -1 for the keyboard below, else the place of its message."""
        phone = self.state["messengers"][messenger]
        if any(label in row for row in (phone["keyboard"] or {"rows": ()})["rows"]):
            return -1
        places = [entry["place"] for entry in phone["entries"] for row in entry["rows"] if label in row]
        assert places, f"no button {label!r} in {phone}"
        return int(places[-1])

    async def until(self, messenger: str, words: str) -> str:
        """Wait until the last thing said to this phone has these words; gives the whole of it."""
        try:
            async with asyncio.timeout(PATIENCE):
                while words not in self.last(messenger):
                    await self.look()
        except TimeoutError:
            raise AssertionError(f"{messenger} says {self.last(messenger)!r}, not {words!r}") from None
        return self.last(messenger)

    def last(self, messenger: str) -> str:
        """The last thing said to this phone."""
        if messenger == "sms":
            said = [message["text"] for message in self.state["messages"] if not message["mine"]]
        else:
            entries = self.state["messengers"][messenger]["entries"]
            said = [entry["text"] for entry in entries if entry["kind"] == "said"]
        return str(said[-1]) if said else ""

    async def look(self) -> None:
        """Take in the next news."""
        async for line in self._stream.content:
            if line.startswith(b"data: "):
                self.state = json.loads(line.removeprefix(b"data: "))["state"]
                return
        raise AssertionError("the stream has ended")


@asynccontextmanager
async def visit(demo: Demo, phone: str = OWN_PHONE, session: str = SESSION) -> AsyncIterator[Visitor]:
    """Open the page with an SMS phone of this number."""
    async with aiohttp.ClientSession() as http:
        query = {"from": phone, "session": session}
        async with http.get(demo.url + "/news", params=query) as stream:
            visitor = Visitor(demo, http, stream, session)
            await visitor.look()
            yield visitor
