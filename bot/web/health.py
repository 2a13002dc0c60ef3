"""Alive, ready, measured: `/healthz`, `/readyz` and `/metrics`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from aiohttp import hdrs, web

from bot.web.answers import SERVER, json_answer
from bot.web.metrics import Metrics
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.statistics import backlog

Check = Callable[[], Awaitable[str]]
"""Says what is wrong, in a few words without anything secret; empty when all is well."""

CHECK_SECONDS: Final = 3.0
"""Probes give up after five to ten seconds; the answer must come before that."""

log = structlog.get_logger()


class Health:
    """The three pages."""

    def __init__(self, checks: Mapping[str, Check], *, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._checks = checks
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self.draining = False
        """Set when a stop begins, so that a load balancer looks elsewhere."""

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.measured),
        ]

    async def alive(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return json_answer(200, {"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """Whether messages can be accepted, and why not."""
        faults = {name: fault for name, check in self._checks.items() if (fault := await _checked(check))}
        if self.draining:
            faults["service"] = "stopping"
        checks = dict.fromkeys(self._checks, "ok") | faults
        return json_answer(503 if faults else 200, {"status": "not ready" if faults else "ready", "checks": checks})

    async def measured(self, request: web.Request) -> web.Response:
        """All metrics; those from the database are left out while it does not answer."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                waiting = await self._database.read(backlog)
        except Exception as error:  # noqa: BLE001 - whatever ails the database, the other figures are needed most now
            log.warning("backlog_unknown", reason=f"{type(error).__name__}: {error}")
            waiting = None
        self._metrics.backlog(waiting, self._clock.now())
        body, content_type = self._metrics.exposition(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type, hdrs.SERVER: SERVER})


async def _checked(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:
        log.exception("check_failed")
        return type(error).__name__
