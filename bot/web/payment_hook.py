"""Where payment providers call: `/hooks/pay/<provider>`. They are answered only when what they said is durable."""

from collections.abc import Sequence
from typing import Final

from aiohttp import hdrs, web

from bot.web.answers import RETRY_SECONDS, refusal, vendor_answer
from bot.web.hooks import METHODS, BodyRefused, Grumble, read_body
from bot.web.metrics import Metrics
from bot.web.peers import Network, peer_of
from core.domain.messages import RawRequest
from core.ports.clock import Clock
from core.services.payments import Payments
from core.storage.database import Unavailable

NAME: Final = "pay"
"""Behind `/hooks/`, and in metrics."""
OK: Final = 400
"""Statuses below it are no refusals."""


class PaymentHook:
    """The way in for all providers."""

    def __init__(self, payments: Payments, clock: Clock, metrics: Metrics, trusted: Sequence[Network]) -> None:
        self._payments = payments
        self._clock = clock
        self._trusted = trusted
        self._refused = metrics.refused_request
        self._grumble = Grumble(NAME)

    async def __call__(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """Answer one request."""
        if request.method not in METHODS:
            return self._refuse(405, "method_not_allowed", Allow="GET, POST")
        try:
            body = await read_body(request)
        except BodyRefused as error:
            return self._refuse(error.status, error.reason)
        received_at = self._clock.now()
        name, slash, rest = path.removeprefix("/").partition("/")
        raw = RawRequest(
            method=request.method,
            path=slash + rest,
            query=query.encode("utf-8", "surrogateescape"),
            headers=request.headers,
            body=body,
            received_at=received_at,
            peer=peer_of(request.remote, request.headers.get(hdrs.X_FORWARDED_FOR, ""), self._trusted),
        )
        try:
            answer = await self._payments.hear(name, raw)
        except Unavailable:
            return self._refuse(503, "not_accepted", **{hdrs.RETRY_AFTER: str(RETRY_SECONDS)})
        except Exception as error:  # noqa: BLE001 - our mistake must not cost a payment: he calls again
            self._grumble("a payment provider's call could not be taken", error)
            return self._refuse(503, "failed", **{hdrs.RETRY_AFTER: str(RETRY_SECONDS)})
        if answer is None:
            return self._refuse(404, "no_such_hook")
        if answer.status >= OK:
            self._refused(NAME, str(answer.status))
            self._grumble(f"a call to /hooks/pay/{name} was refused with {answer.status}")
        return vendor_answer(answer, request, received_at)

    def _refuse(self, status: int, reason: str, **headers: str) -> web.Response:
        self._refused(NAME, reason)
        return refusal(status, reason, **headers)
