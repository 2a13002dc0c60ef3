"""`/staff/queue/stream`: the queue as it changes, as server-sent events (WHATWG HTML, 9.2).

- `ready`: we listen; whatever was shown before may be out of date and is to be fetched again. With `?case=REF` the data
  say how that case stands: `ref`, `case`, `state`, `who`, `version`.
- `case`: `{"ref", "case", "what", "who", "version", "at", "state", "kind", "branch", "channel"}`; `what` is `opened`,
  `claimed`, `released`, `settled` (by the subscriber), or the action of a decision.
- `counts`: open cases by kind (`[total, overdue]`) and by age. Not with `?case=REF`.
- `refresh`: too much has happened to tell one by one.
- `over`: `{"why": "session" | "rights"}`; the browser is to go to the sign-in, or to load its page again.

Nothing is kept for a browser that is away: it hears `ready` when it comes back, and asks for the present.
"""

import asyncio
import secrets
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import hdrs, web

from bot.web.staff.gate import SESSION, Gate, allowed
from bot.web.staff.live_hub import Hub, Watcher, event, within
from core.domain.staff import Permission, Session
from core.ports.clock import Clock
from core.services.staff import Sessions
from core.storage import cases
from core.storage.cases import Case, ReferenceRefused
from core.storage.database import Database, Unavailable

GAP: Final = 0.6
"""Seconds between two updates of a browser; with the follower's pause, a change is seen within a second."""
CHECK: float = 5.0
"""Seconds between two looks whether the session still is what it was."""
BEAT: Final = 15.0
"""Seconds of silence after which a comment goes out, so that no proxy takes the connection for dead."""
SLOW: Final = 10.0
"""Seconds that a browser may take to accept what it is sent; then it is dropped, and comes back when it can."""
MOST: Final = 500
"""Streams at once."""

log = structlog.get_logger()


class Live:
    """The stream."""

    def __init__(self, gate: Gate, sessions: Sessions, database: Database, clock: Clock) -> None:
        self._gate = gate
        self._sessions = sessions
        self._database = database
        self._hub = Hub(database, clock)

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/queue/stream", self.stream, allow_head=False)]

    async def end(self) -> None:
        """The service stops."""
        await self._hub.end()

    @allowed(Permission.VIEW_QUEUE)
    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Until the browser goes, the session ends, or the service stops."""
        session = request[SESSION]
        if len(self._hub) >= MOST:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={hdrs.RETRY_AFTER: "30"})
        watcher = Watcher(session.member)
        ref = request.query.get("case", "")
        if ref:
            watcher.only = await self._seen(session, ref)
            if watcher.only is None:
                return self._gate.refuse(request, HTTPStatus.NOT_FOUND, "missing")
        await self._hub.join(watcher)
        try:
            # Read after joining: what happens from here on is told.
            now = await self._seen(session, watcher.only.long_reference) if watcher.only else None
            return await self._answer(request, watcher, _state(now))
        finally:
            self._hub.leave(watcher)

    async def _answer(self, request: web.Request, watcher: Watcher, state: dict[str, Any]) -> web.StreamResponse:
        answer = web.StreamResponse(
            # For nginx, which would keep what we send until it has a buffer full.
            headers={hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )
        try:
            await answer.prepare(request)
            # So that not all come back in the same moment after a restart.
            retry = f"retry: {1000 + secrets.randbelow(2000)}\n"
            await _send(answer, retry + event("ready", state))
            await self._feed(request, answer, watcher)
        except TimeoutError:
            log.info("live_browser_dropped", staff=watcher.member.name)
            if request.transport is not None:
                request.transport.abort()
        except ConnectionResetError:
            pass  # gone, as browsers go
        return answer

    async def _feed(self, request: web.Request, answer: web.StreamResponse, watcher: Watcher) -> None:
        loop = asyncio.get_running_loop()
        checked = sent = loop.time()
        while True:
            await within(watcher.wake, CHECK)
            if watcher.over.is_set():
                return
            if loop.time() - checked >= CHECK:
                checked = loop.time()
                why = await self._ended(request)
                if why:
                    await _send(answer, event("over", {"why": why}))
                    return
            told = watcher.take() or (":\n\n" if loop.time() - sent >= BEAT else "")
            if told:
                sent = loop.time()
                await _send(answer, told)
                await within(watcher.over, GAP)

    async def _ended(self, request: web.Request) -> str:
        """Why the stream must end; empty where it need not."""
        before: Session = request[SESSION]
        try:
            session = await self._sessions.find(self._gate.token(request), notes=False)
        except Unavailable:
            return ""  # nothing can be told meanwhile, either
        if session is None:
            return "session"
        member = session.member
        same = (member.role, member.branches, session.stage) == (
            before.member.role,
            before.member.branches,
            before.stage,
        )
        return "" if same and member.may(Permission.VIEW_QUEUE) else "rights"

    async def _seen(self, session: Session, ref: str) -> Case | None:
        """The case with this reference, where he may see it."""
        try:
            found = await self._database.read(lambda connection: cases.find(connection, ref))
        except ReferenceRefused:
            return None
        return found if session.member.sees(found.branch) else None


def _state(case: Case | None) -> dict[str, Any]:
    if case is None:
        return {}
    who = case.decided_by or case.claimed_by
    return {
        "ref": case.reference,
        "case": case.long_reference,
        "state": case.state,
        "who": who,
        "version": case.version,
    }


async def _send(answer: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SLOW):
        await answer.write(text.encode())
