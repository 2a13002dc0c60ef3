"""The page of the demo and what it talks to. These routes exist under `meterline demo` only."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from aiohttp import hdrs, web

from bot.demo.acts import perform, read
from bot.demo.board import board
from bot.demo.messengers import Messenger
from bot.demo.page import CONTENT_TYPES, FILES, LANGUAGES, render
from bot.demo.phones import Message, Phones
from bot.demo.sample import Sample
from bot.web.answers import json_answer, refusal
from core.domain.accounts import Branches
from core.domain.lengths import utf16_units
from core.domain.phones import subscriber_number
from core.ports.clock import Clock
from core.storage.database import Database, Unavailable

LONGEST_TEXT: Final = 670
"""Ten parts of Cyrillic: more than any phone sends."""
LOOK_SECONDS: Final = 0.5
"""How soon a decision on the command line, or a text of `meterline say`, shows."""
SIGN_OF_LIFE_LOOKS: Final = 30
"""After so many looks without news a stream says that it lives, and finds out whether the browser does."""
HEADERS: Final = {
    hdrs.CONTENT_SECURITY_POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff",
    hdrs.REFERRER_POLICY: "no-referrer",
    hdrs.CACHE_CONTROL: "no-store",
}


class Pages:
    """The page, its files, the stream of news, and the ways to use the phones."""

    phones: Phones
    messengers: Mapping[str, Messenger]
    sign: Callable[[str], str]
    """The payload of the QR code on an account's bill."""

    def __init__(self, database: Database, branches: Branches, sample: Sample, clock: Clock, config: Path) -> None:
        self._database = database
        self._branches = branches
        self._sample = sample
        self._clock = clock
        self.config = config
        self._listeners: set[asyncio.Event] = set()
        self._closed = False

    def routes(self) -> list[web.RouteDef]:
        """Where everything is."""
        return [
            web.get("/", self.front),
            web.get("/demo", self.page),
            web.get("/demo/files/{name}", self.file),
            web.get("/demo/news", self.news),
            web.post("/demo/send", self.send),
            web.post("/demo/act", self.act),
        ]

    def ring(self) -> None:
        """Something changed: look at once."""
        for listener in self._listeners:
            listener.set()

    def close(self) -> None:
        """End all streams, and begin no more."""
        self._closed = True
        self.ring()

    async def front(self, _request: web.Request) -> web.Response:
        """The bare address leads to the page."""
        raise web.HTTPFound("/demo")

    async def page(self, request: web.Request) -> web.Response:
        """The page in Russian, or in another language by `?lang=`."""
        language = request.query.get("lang", "")
        body = render(language if language in LANGUAGES else LANGUAGES[0], self._sample, self.config)
        return web.Response(text=body, content_type="text/html", charset="utf-8", headers=HEADERS)

    async def file(self, request: web.Request) -> web.Response:
        """One of the page's files."""
        name = request.match_info["name"]
        if name not in FILES:
            raise web.HTTPNotFound
        content_type = CONTENT_TYPES[name.rpartition(".")[2]]
        return web.Response(body=FILES[name], content_type=content_type, charset="utf-8", headers=HEADERS)

    async def send(self, request: web.Request) -> web.Response:
        """Text as a phone: JSON `{"from", "text"}`. Another site's page cannot post JSON here unasked."""
        if request.content_type != "application/json":
            return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json")
        try:
            asked = await request.json()
            sender = subscriber_number(asked["from"])
            # Half a surrogate pair can be said in JSON, and nowhere else.
            text = asked["text"].encode("utf-8", "replace").decode()
            fits = 0 < utf16_units(text) <= LONGEST_TEXT
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return refusal(HTTPStatus.BAD_REQUEST, "unreadable")
        if sender is None:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "no_subscriber")
        if not fits:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "length")
        return json_answer(HTTPStatus.OK, _message(await self.phones.text(sender, text)))

    async def act(self, request: web.Request) -> web.Response:
        """Use a messenger phone: JSON of an `Act`. What comes of it is told by the news."""
        if request.content_type != "application/json":
            return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json")
        act = read(await request.read(), self.messengers, {account.number for account in self._sample.accounts})
        if act is None:
            return refusal(HTTPStatus.BAD_REQUEST, "unreadable")
        if act.problem:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, act.problem)
        try:
            await perform(act, self.messengers[act.messenger], self.sign(act.account) if act.account else "")
        except LookupError:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "no_button")
        return json_answer(HTTPStatus.OK, {})

    async def news(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events for a number and a session: the whole state, whenever it is another than before."""
        if self._closed:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "closed")
        # While a number is being typed it is none yet; the rest of the page is of interest all the same.
        number = subscriber_number(request.query.get("from", "")) or ""
        stream = web.StreamResponse(headers={**HEADERS, hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8"})
        await stream.prepare(request)
        with suppress(ConnectionResetError, Unavailable):
            async for chunk in self._chunks(number, request.query.get("session", "")):
                await stream.write(chunk.encode())
        return stream

    async def _chunks(self, number: str, session: str) -> AsyncIterator[str]:
        last, looks = "", 0
        with self._listening() as rung:
            while not self._closed:
                rung.clear()
                state = json.dumps(await self._state(number, session), ensure_ascii=False)
                if state != last:
                    last, looks = state, 0
                    yield f'data: {{"now": {self._clock.now().timestamp() * 1000:.0f}, "state": {state}}}\n\n'
                elif looks >= SIGN_OF_LIFE_LOOKS:
                    looks = 0
                    yield ": still here\n\n"
                looks += 1
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await rung.wait()

    async def _state(self, number: str, session: str) -> dict[str, Any]:
        branches, now = self._branches, self._clock.now()
        # The phones first: whatever a message on them tells is in the database that is read after.
        phones = {
            "messages": [_message(item) for item in self.phones.thread(number)],
            "messengers": {name: messenger.state(session) for name, messenger in self.messengers.items()},
        }
        shown = await self._database.read(lambda connection: board(connection, branches, now))
        return {"number": number, **phones, **shown}

    @contextmanager
    def _listening(self) -> Iterator[asyncio.Event]:
        rung = asyncio.Event()
        self._listeners.add(rung)
        try:
            yield rung
        finally:
            self._listeners.discard(rung)


def _message(message: Message) -> dict[str, Any]:
    return {**asdict(message), "at": int(message.at.timestamp() * 1000), "state": message.state.value}
