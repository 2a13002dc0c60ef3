"""Signing in: name and password, second factor, one-time links, and out again."""

import math
from datetime import datetime
from http import HTTPStatus
from typing import Final

import segno
from aiohttp import hdrs, web
from markupsafe import Markup

from bot.web.staff import looks
from bot.web.staff.gate import SECOND_FACTOR, SESSION, VIEW, Gate, anybody, at, inner, see_other
from core.domain.staff import LONGEST, Stage
from core.ports.clock import Clock
from core.services.staff import (
    Busy,
    Entered,
    Locked,
    NoSuchLink,
    Refused,
    Sessions,
    Signing,
    TooWeak,
)
from core.services.staff.codes import link

ISSUER: Final = "Meterline"
"""The name under which a phone keeps the second factor."""
EVERY_STAGE: Final = tuple(Stage)


class Problem(Exception):
    """What a form says instead of going on: a key among the words' `problems`, and the answer's status."""

    def __init__(self, name: str, status: HTTPStatus, minutes: int = 0) -> None:
        super().__init__(name)
        self.name = name
        self.status = status
        self.minutes = minutes


def problem(error: Exception, now: datetime, refused: str = "refused") -> Problem:
    """What to say about a refusal of the service; `refused` names what was refused."""
    match error:
        case Locked():
            minutes = math.ceil((error.until - now).total_seconds() / 60)
            return Problem("locked", HTTPStatus.TOO_MANY_REQUESTS, minutes)
        case TooWeak():
            return Problem(f"weak_{error.weakness.value}", HTTPStatus.UNPROCESSABLE_ENTITY)
        case Busy():
            return Problem("busy", HTTPStatus.SERVICE_UNAVAILABLE)
        case _:
            return Problem(refused, HTTPStatus.FORBIDDEN)


REFUSALS: Final = (Refused, Locked, TooWeak, Busy)


class Entering:
    """The pages before one is in, and the way out."""

    def __init__(
        self, gate: Gate, signing: Signing, sessions: Sessions, clock: Clock, *, issuer: str | None = None
    ) -> None:
        """`issuer`: what the button calls the issuer by which one may come in, too; None where there is none."""
        self._issuer = issuer
        self._gate = gate
        self._signing = signing
        self._sessions = sessions
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/sign-in", self.ask),
            web.post("/sign-in", self.enter),
            web.get("/second-factor", self.ask_code),
            web.post("/second-factor", self.prove),
            web.get("/invite/{token}", self.welcome),
            web.post("/invite/{token}", self.accept),
            web.post("/sign-out", self.leave),
        ]

    @anybody
    async def ask(self, request: web.Request) -> web.Response:
        """The form for name and password."""
        following = inner(request.query.get("next", ""))
        session = request.get(SESSION)
        if session is not None:
            return see_other(following if session.stage is Stage.FULL else SECOND_FACTOR)
        return looks.page(
            request[VIEW], "sign_in.html", following=following, name="", issuer=self._issuer, problem=None
        )

    @anybody
    async def enter(self, request: web.Request) -> web.Response:
        """Name and password."""
        form = await fields(request)
        following, name = inner(form.get("next", "")), form.get("name", "")
        try:
            entered = await self._signing.enter(
                name, form.get("password", ""), self._gate.visitor(request), digest_before(request)
            )
        except REFUSALS as error:
            said = problem(error, self._clock.now())
            return self._again(request, "sign_in.html", said, following=following, name=name, issuer=self._issuer)
        return admit(self._gate, entered, following)

    @at(*EVERY_STAGE)
    async def ask_code(self, request: web.Request) -> web.Response:
        """The form for the code; or, where there is no second factor or another one is wanted, its set-up."""
        following = inner(request.query.get("next", ""))
        if request[SESSION].stage is Stage.CODE:
            return looks.page(request[VIEW], "code.html", following=following, problem=None)
        return await self._set_up(request, following, None)

    @at(*EVERY_STAGE)
    async def prove(self, request: web.Request) -> web.Response:
        """The code: of the second factor on file, or of the one being set up."""
        form = await fields(request)
        session, visitor = request[SESSION], self._gate.visitor(request)
        following, code = inner(form.get("next", "")), form.get("code", "")
        try:
            if session.stage is Stage.CODE:
                entered = await self._signing.prove(session, code, visitor)
            else:
                entered = await self._signing.enrol(session, code, form.get("password", ""), visitor)
        except REFUSALS as error:
            said = problem(error, self._clock.now(), "code")
            if session.stage is Stage.CODE:
                return self._again(request, "code.html", said, following=following)
            return await self._set_up(request, following, said)
        return admit(self._gate, entered, following)

    @anybody
    async def welcome(self, request: web.Request) -> web.Response:
        """What a one-time link opens: the form for a password. Uses nothing up."""
        try:
            member = await self._signing.invited(request.match_info["token"])
        except NoSuchLink:
            return self._gate.refuse(request, HTTPStatus.NOT_FOUND, "no_such_link")
        return looks.page(request[VIEW], "invite.html", invited=member, problem=None)

    @anybody
    async def accept(self, request: web.Request) -> web.Response:
        """The password, twice."""
        form = await fields(request)
        token, password = request.match_info["token"], form.get("password", "")
        try:
            member = await self._signing.invited(token)
            if password != form.get("again", ""):
                said = Problem("differ", HTTPStatus.UNPROCESSABLE_ENTITY)
                return self._again(request, "invite.html", said, invited=member)
            entered = await self._signing.accept(token, password, self._gate.visitor(request), digest_before(request))
        except NoSuchLink:
            return self._gate.refuse(request, HTTPStatus.NOT_FOUND, "no_such_link")
        except REFUSALS as error:
            return self._again(request, "invite.html", problem(error, self._clock.now()), invited=member)
        return admit(self._gate, entered, inner(""))

    @at(*EVERY_STAGE)
    async def leave(self, request: web.Request) -> web.Response:
        """Sign out here."""
        await self._sessions.end(request[SESSION])
        return self._gate.dismiss(see_other("/staff/sign-in"))

    async def _set_up(self, request: web.Request, following: str, said: Problem | None) -> web.Response:
        session = request[SESSION]
        secret = await self._signing.offer(session)
        address = link(secret, session.member.name, ISSUER)
        code = segno.make(address, error="m", micro=False)
        drawn = code.svg_inline(omitsize=True, svgclass="qr", lineclass=None, light="#fff")
        return looks.page(
            request[VIEW],
            "set_up.html",
            status=said.status if said else HTTPStatus.OK,
            following=following,
            problem=said,
            address=address,
            secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            # segno's own drawing: numbers and colours.
            qr=Markup(drawn),  # noqa: S704 - the same
            needs_password=session.stage is Stage.FULL,
            replaces=session.member.has_second_factor,
        )

    def _again(self, request: web.Request, template: str, said: Problem, **values: object) -> web.Response:
        return again(self._gate, request, template, said, **values)


def again(gate: Gate, request: web.Request, template: str, said: Problem, **values: object) -> web.Response:
    """A form once more, with why."""
    gate.count(said.name)
    answer = looks.page(request[VIEW], template, status=said.status, problem=said, **values)
    if said.minutes:
        answer.headers[hdrs.RETRY_AFTER] = str(said.minutes * 60)
    return answer


def admit(gate: Gate, entered: Entered, following: str) -> web.Response:
    """On to the page he came for, or to the second factor before it."""
    if entered.session.stage is not Stage.FULL:
        following = f"{SECOND_FACTOR}?next={following}"
    return gate.admit(see_other(following), entered)


async def fields(request: web.Request) -> dict[str, str]:
    """A form's texts, none longer than any of them may be; files are none."""
    return {name: value[: 4 * LONGEST] for name, value in (await request.post()).items() if isinstance(value, str)}


def digest_before(request: web.Request) -> str:
    """Of the session that ends with another one's beginning."""
    session = request.get(SESSION)
    return session.digest if session is not None else ""
