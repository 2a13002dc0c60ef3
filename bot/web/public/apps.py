"""`/pay/app/<channel>`: the payment page opened inside a messenger, as a mini app.

The vendor says under his signature who opened it; then one's own linked accounts are listed, and choosing one leads to
a payment page of its own. Looking makes nothing. The signed data travels with the form and is checked again with the
choice: browsers keep no cookies for a page in another site's frame. It stands in no log, no metric and no referrer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import hdrs, web

from bot.web.answers import RETRY_SECONDS
from bot.web.metrics import Metrics
from bot.web.public import looks
from bot.web.public.pages import allow, page
from core.domain.accounts import Branches, mask
from core.domain.messages import Address
from core.domain.orders import PATH
from core.domain.privacy import mask_address
from core.ports.channel import LaunchPlace, LaunchRefused
from core.ports.clock import Clock
from core.services.payments import Choices, Launching
from core.storage.database import Unavailable

APPS: Final = f"{PATH}app/"
_FIELDS: Final = 20
_KEY_DIGITS: Final = 19

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A channel whose apps open the page. `allowed`: payment links may be handed over there at all."""

    place: LaunchPlace
    launched: Callable[[str, datetime], Address]
    allowed: bool


class AppPages:
    """The pages between a messenger and the payment page."""

    def __init__(
        self, apps: dict[str, App], launching: Launching, clock: Clock, branches: Branches, metrics: Metrics
    ) -> None:
        self._apps = apps
        self._launching = launching
        self._clock = clock
        self._refused = metrics.refused_request
        self._phones = next(iter(branches.values())).phones

    def routes(self) -> list[web.RouteDef]:
        """Where they are; behind the payment pages of the channels, so that what is left over is answered here."""
        place, stray = APPS + "{channel}", APPS + "{channel}/{token}"
        return [
            web.get(place, self.enter),
            web.post(place, self.choose),
            web.get(stray, self.stray),
            web.post(stray, self.stray),
        ]

    async def enter(self, request: web.Request) -> web.Response:
        """The page that the messenger opens."""
        name, app = self._app(request)
        if app is None or not app.allowed:
            return self._closed(name, app)
        if app.place.hidden:
            return _sheet(app, HTTPStatus.OK, self._render(app, "start", channel=name))
        # As it came: what is decoded and encoded again may be signed no more.
        data = request.rel_url.raw_query_string
        return await self._listed(name, app, data) if data else self._word(name, app, HTTPStatus.BAD_REQUEST, "outside")

    async def choose(self, request: web.Request) -> web.Response:
        """The launch data from the page's script, or an account that was chosen."""
        name, app = self._app(request)
        if app is None or not app.allowed:
            return self._closed(name, app)
        try:
            form = dict(parse_qsl((await request.read()).decode("utf-8", "replace"), max_num_fields=_FIELDS))
        except ValueError:
            form = {}
        data, chosen = form.get("launch", ""), form.get("account", "")
        if not chosen:
            return await self._listed(name, app, data)
        key = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < _KEY_DIGITS else 0
        return await self._opened(name, app, data, key)

    async def stray(self, request: web.Request) -> web.Response:
        """A payment page where there is no such app, or no more."""
        name, app = self._app(request)
        return self._closed(name, app)

    async def _opened(self, name: str, app: App, data: str, account_id: int) -> web.Response:
        try:
            address = app.launched(data, self._clock.now())
            token = await self._launching.open(address, account_id)
        except LaunchRefused as refused:
            return self._distrust(name, app, refused)
        except Unavailable as problem:
            return self._unavailable(app, problem)
        if token is None:
            return self._word(name, app, HTTPStatus.NOT_FOUND, "gone")
        log.info("payment_page_launched", channel=name)
        answer = _sheet(app, HTTPStatus.SEE_OTHER, "")
        # Relative: a proxy may serve us under another name than we know.
        answer.headers[hdrs.LOCATION] = f"{name}/{token}"
        return answer

    async def _listed(self, name: str, app: App, data: str) -> web.Response:
        try:
            address = app.launched(data, self._clock.now())
            found = await self._launching.choices(address)
        except LaunchRefused as refused:
            return self._distrust(name, app, refused)
        except Unavailable as problem:
            return self._unavailable(app, problem)
        text = self._render(app, "list", found.language, channel=name, launch=data, **_listing(found))
        return _sheet(app, HTTPStatus.OK, text)

    def _app(self, request: web.Request) -> tuple[str, App | None]:
        name = request.match_info["channel"]
        return name, self._apps.get(name)

    def _closed(self, name: str, app: App | None) -> web.Response:
        """There is no such app, or nothing may be handed over in it."""
        if app is None:
            self._refused("", "no_such_link")
            return page(HTTPStatus.NOT_FOUND, looks.missed(self._phones))
        return self._word(name, app, HTTPStatus.NOT_FOUND if app.allowed else HTTPStatus.FORBIDDEN, "withheld")

    def _distrust(self, name: str, app: App, refused: LaunchRefused) -> web.Response:
        log.info("launch_refused", channel=name, reason=refused.reason)
        said = "aged" if refused.reason == "aged" else "forged"
        return self._word(name, app, HTTPStatus.FORBIDDEN, said, reason=refused.reason)

    def _word(self, name: str, app: App, status: HTTPStatus, said: str, *, reason: str = "") -> web.Response:
        self._refused(name, f"launch_{reason or said}")
        return _sheet(app, status, self._render(app, "word", said=said))

    def _unavailable(self, app: App, problem: Unavailable) -> web.Response:
        log.warning("payment_page_unavailable", reason=str(problem))
        answer = page(HTTPStatus.SERVICE_UNAVAILABLE, looks.unavailable(self._phones))
        answer.headers[hdrs.RETRY_AFTER] = str(RETRY_SECONDS)
        allow(answer, frames=app.place.frames)
        return answer

    def _render(self, app: App, part: str, language: str = "", **values: object) -> str:
        phones = looks.dialled(self._phones)
        return looks.render(f"app_{part}.html", language, script=app.place.script, phones=phones, **values)


def _sheet(app: App, status: HTTPStatus, text: str) -> web.Response:
    """A page that runs the channel's script, and which the vendor's own pages may frame."""
    answer = page(status, text)
    allow(answer, frames=app.place.frames, script=app.place.script)
    return answer


def _listing(found: Choices) -> dict[str, object]:
    """What the list shows: of number and address only what their owner knows them by."""
    accounts: Sequence[tuple[int, str, str, str]] = [
        (item.account.id, item.name, mask(item.account.number), mask_address(item.account.address))
        for item in found.accounts
    ]
    return {"accounts": accounts, "kind": "some" if accounts else "unpayable" if found.is_linked else "unlinked"}
