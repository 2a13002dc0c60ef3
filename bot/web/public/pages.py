"""`/my/<token>`: a page with one button, and behind the button what the link was made for, once.

Only POST uses a link up: messengers fetch links with GET to draw a preview. A link that is used, too old or none of
ours gets one and the same answer, to the byte. The token stands in no log, no metric and no referrer.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import hdrs, web

from bot.web.answers import JSON, RETRY_SECONDS, SERVER
from bot.web.metrics import Metrics
from bot.web.public import looks
from core.domain.accounts import Branches
from core.domain.handovers import PATH, Purpose
from core.domain.orders import PATH as PAY
from core.domain.orders import in_transit
from core.services.handovers import Handovers, Shown
from core.storage.database import Unavailable
from core.storage.holdings import as_json

HEADERS: Final[Mapping[str, str]] = {
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.REFERRER_POLICY: "no-referrer",
    hdrs.CONTENT_SECURITY_POLICY: (
        f"default-src 'none'; style-src '{looks.STYLE_HASH}'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    hdrs.SERVER: SERVER,
}

log = structlog.get_logger()


class Pages:
    """The pages of one-time links."""

    def __init__(self, handovers: Handovers, branches: Branches, metrics: Metrics) -> None:
        self._handovers = handovers
        self._refused = metrics.refused_request
        # Whom to call; which branch's link it would have been is not known of a link that is none.
        self._branches = branches
        self._phones = next(iter(branches.values())).phones

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        place = PATH + "{token}"
        return [web.get(place, self.ask), web.post(place, self.show)]

    async def ask(self, request: web.Request) -> web.Response:
        """The page with the button; uses nothing up."""
        try:
            handover = await self._handovers.look(request.match_info["token"])
        except Unavailable as problem:
            return self._unavailable(problem)
        if handover is None:
            return self._missed()
        return page(HTTPStatus.OK, looks.ask(handover.language, handover.purpose))

    async def show(self, request: web.Request) -> web.Response:
        """What is behind the button, for the first who presses it."""
        try:
            shown = await self._handovers.use(request.match_info["token"])
        except Unavailable as problem:
            return self._unavailable(problem)
        if shown is None:
            return self._missed()
        log.info("handover_shown", purpose=shown.handover.purpose.value)
        match shown.handover.purpose:
            case Purpose.BALANCE:
                return page(HTTPStatus.OK, self._balance(shown))
            case Purpose.DATA:
                return page(HTTPStatus.OK, looks.data(shown.handover.language, shown.document, shown.file_token))
            case Purpose.FILE:
                return _file(shown.document)
            case Purpose.PAYMENT:
                answer = page(HTTPStatus.SEE_OTHER, "")
                answer.headers[hdrs.LOCATION] = f"..{PAY}{shown.pay_token}"
                return answer

    def _balance(self, shown: Shown) -> str:
        branch = self._branches.get(shown.account.branch) if shown.account else None
        zone = branch.timezone if branch else UTC
        transit = in_transit(shown.paid, shown.account.balance_date if shown.account else None, zone)
        phones = branch.phones if branch else self._phones
        return looks.balance(shown.handover.language, shown.account, phones, transit)

    def _missed(self) -> web.Response:
        self._refused("", "no_such_link")
        return page(HTTPStatus.NOT_FOUND, looks.missed(self._phones))

    def _unavailable(self, problem: Unavailable) -> web.Response:
        log.warning("handover_unavailable", reason=str(problem))
        answer = page(HTTPStatus.SERVICE_UNAVAILABLE, looks.unavailable(self._phones))
        answer.headers[hdrs.RETRY_AFTER] = str(RETRY_SECONDS)
        return answer


def page(status: HTTPStatus, text: str) -> web.Response:
    """An answer that no cache keeps, no frame shows and no referrer tells of."""
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=HEADERS)


def allow(answer: web.Response, *, frames: Sequence[str], script: str = "") -> None:
    """Let pages of these origins frame an answer, and let the answer run this script of ours and no other."""
    policy = HEADERS[hdrs.CONTENT_SECURITY_POLICY]
    if frames:
        policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(frames)}")
    if script:
        policy += f"; script-src '{looks.hash_of(script)}'"
    answer.headers[hdrs.CONTENT_SECURITY_POLICY] = policy


def _file(document: dict[str, Any]) -> web.Response:
    name = f"meterline-{document['made_at'][:10]}.json"
    headers = {
        **HEADERS,
        hdrs.CONTENT_TYPE: JSON,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        hdrs.CONTENT_SECURITY_POLICY: "default-src 'none'; sandbox",
    }
    return web.Response(body=as_json(document).encode(), headers=headers)
