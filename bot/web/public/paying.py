"""`/pay/<token>`: what is to be paid, a button, and how it went.

Looking changes nothing: messengers fetch links to draw a preview. The button leads back to the page, by GET, and the
page to the bank, by a plain link: a form whose answer leads to another site is against our own `form-action`.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import hdrs, web

from bot.web.answers import RETRY_SECONDS
from bot.web.metrics import Metrics
from bot.web.public import bills, looks
from bot.web.public.pages import allow, page
from core.domain.accounts import Branches, Payee
from core.domain.orders import PATH, Terms
from core.services.payments import Payments, Refused, Stage, View
from core.storage.database import Unavailable
from parsers import kopecks

REFRESH: Final = {Stage.ASKING: 3, Stage.WAITING: 15}
"""Seconds after which the page looks by itself how things stand. Not oftener: whoever reads it loses his place."""
BACK: Final = 3
"""The same for whoever comes back from the bank, who calls us within a second or two."""
EMAIL: Final = re.compile(r"[\w.!#$%&*+/=?^`{|}~-]{1,64}@[\w.-]{1,100}\.[^\W\d_]{2,30}")

CODE: Final = "code"
"""The button for the code of a bank's app."""

log = structlog.get_logger()


class PayPages:
    """The payment page."""

    def __init__(
        self,
        payments: Payments,
        terms: Terms,
        branches: Branches,
        metrics: Metrics,
        *,
        commission_free: bool,
        path: str = PATH,
        frames: Sequence[str] = (),
    ) -> None:
        """`frames`: origins whose pages may frame it, for the one at `path` that a messenger opens inside itself."""
        self._path = path
        self._frames = frames
        self._payments = payments
        self._terms = terms
        self._branches = branches
        self._refused = metrics.refused_request
        self._commission_free = commission_free

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        place = self._path + "{token}"
        return [web.get(place, self._framed(self.show)), web.post(place, self._framed(self.pay))]

    def _framed(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def framed(request: web.Request) -> web.Response:
            answer = await handler(request)
            allow(answer, frames=self._frames)
            return answer

        return framed

    async def show(self, request: web.Request) -> web.Response:
        """The page as things stand."""
        try:
            view = await self._payments.view(request.match_info["token"])
        except Unavailable as problem:
            return self._unavailable(problem)
        if view is None:
            return self._missed()
        answer = self._page(view)
        # https://www.w3.org/TR/fetch-metadata/: what the page asks for by itself comes from the same origin.
        if "Refresh" in answer.headers and request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            answer.headers["Refresh"] = str(BACK)
        return answer

    async def pay(self, request: web.Request) -> web.Response:
        """The button: have the provider wait, then look again."""
        token = request.match_info["token"]
        # Not `request.post()`, which believes any charset and any multipart that a stranger names.
        form = dict(parse_qsl((await request.read()).decode("utf-8", "replace")))
        typed = bills.Typed(*(form.get(name, "").strip() for name in ("amount", "method", "email")))
        amount = kopecks(typed.amount)
        if CODE in form:
            return await self._coded(token, typed, amount)
        if amount is None or (typed.email and not EMAIL.fullmatch(typed.email)):
            return await self._again(token, typed, "amount" if amount is None else "email")
        try:
            view = await self._payments.pay(token, amount=amount, method=typed.method, email=typed.email)
        except Refused as refused:
            return await self._again(token, typed, refused.field)
        except Unavailable as problem:
            return self._unavailable(problem)
        if view is None:
            return self._missed()
        answer = page(HTTPStatus.SEE_OTHER, "")
        # Relative: a proxy may serve us under another name than we know.
        answer.headers[hdrs.LOCATION] = token
        return answer

    async def _coded(self, token: str, typed: bills.Typed, amount: int | None) -> web.Response:
        """The page with the code for a bank's app. Not shown unasked: a preview must not see the account."""
        if typed.amount and (amount is None or not self._terms.allows(amount)):
            return await self._again(token, typed, "amount")
        try:
            view = await self._payments.view(token)
        except Unavailable as problem:
            return self._unavailable(problem)
        return self._missed() if view is None else self._page(view, typed, coded=True, amount=amount)

    async def _again(self, token: str, typed: bills.Typed, wrong: str) -> web.Response:
        """The form once more, with what was typed and what is wrong with it."""
        try:
            view = await self._payments.view(token)
        except Unavailable as problem:
            return self._unavailable(problem)
        if view is None:
            return self._missed()
        return self._page(view, typed, wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def _page(
        self,
        view: View,
        typed: bills.Typed | None = None,
        wrong: str = "",
        *,
        status: HTTPStatus = HTTPStatus.OK,
        coded: bool = False,
        amount: int | None = None,
    ) -> web.Response:
        text = bills.bill(
            view,
            terms=self._terms,
            methods=self._payments.methods(view.provider),
            hears=self._payments.hears(view.provider),
            commission_free=self._commission_free,
            phones=self._phones(view),
            payee=self._payee(view),
            typed=typed,
            wrong=wrong,
            coded=coded,
            coded_sum=amount,
            # A bank shows its page in no frame of others.
            apart=bool(self._frames),
        )
        answer = page(status, text)
        seconds = REFRESH.get(view.stage)
        if seconds and not wrong and self._payments.hears(view.provider):
            answer.headers["Refresh"] = str(seconds)
        return answer

    def _payee(self, view: View) -> Payee | None:
        branch = self._branches.get(view.account.branch) if view.account else None
        return branch.payee if branch else None

    def _phones(self, view: View | None) -> tuple[str, ...]:
        branch = self._branches.get(view.account.branch) if view and view.account else None
        return (branch or next(iter(self._branches.values()))).phones

    def _missed(self) -> web.Response:
        self._refused("", "no_such_link")
        return page(HTTPStatus.NOT_FOUND, looks.missed(self._phones(None)))

    def _unavailable(self, problem: Unavailable) -> web.Response:
        log.warning("payment_page_unavailable", reason=str(problem))
        answer = page(HTTPStatus.SERVICE_UNAVAILABLE, looks.unavailable(self._phones(None)))
        answer.headers[hdrs.RETRY_AFTER] = str(RETRY_SECONDS)
        return answer
