"""Signing in by an OpenID Connect issuer: on the way there, and back again.

One leaves by a link and not by a form: the policy of these pages lets forms go nowhere else, and Chromium would apply
it to wherever an issuer sends them on, too (a directory behind Keycloak, say).
"""

import hmac
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.oidc.issuer import Issuer
from bot.oidc.protocol import DENIED, Distrusted, Down, Journey
from bot.web.staff.entering import Problem, admit, again, digest_before, problem
from bot.web.staff.gate import HOME, SESSION, Gate, anybody, inner, see_other
from core.domain.staff import Stage
from core.ports.clock import Clock
from core.services.staff import Locked, Refused
from core.services.staff.vouching import Astray, Vouching

LONGEST_WAY: Final = 1000
"""Letters of the page that is gone on to; a longer one is not kept."""


class OidcPages:
    """The way to the issuer; where none is set up, there is nothing."""

    def __init__(
        self, gate: Gate, vouching: Vouching, issuer: Issuer | None, clock: Clock, *, label: str | None
    ) -> None:
        self._gate = gate
        self._vouching = vouching
        self._issuer = issuer
        self._clock = clock
        self._label = label

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/oidc", self.leave), web.get("/oidc/callback", self.come_back)]

    async def end(self) -> None:
        """Hang up."""
        if self._issuer is not None:
            await self._issuer.close()

    @anybody
    async def leave(self, request: web.Request) -> web.Response:
        """Off to the issuer."""
        issuer = self._must_be_there()
        following = inner(request.query.get("next", ""))
        session = request.get(SESSION)
        if session is not None and session.stage is Stage.FULL:
            return see_other(following)
        departure = await self._vouching.set_out(following if len(following) <= LONGEST_WAY else HOME)
        try:
            address = await issuer.address(Journey(departure.token))
        except Down as down:
            return self._down(request, down, following)
        return self._gate.send_off(see_other(address), departure.token)

    @anybody
    async def come_back(self, request: web.Request) -> web.Response:
        """Back from the issuer, by the same browser that left. Whatever comes of it, it works once."""
        issuer = self._must_be_there()
        token = self._gate.journey(request)
        journey = Journey(token)
        if not hmac.compare_digest(journey.state.encode(), request.query.get("state", "").encode()):
            # The cookie stays: an answer that somebody made up must not end a journey that is under way.
            self._vouching.refused("astray")
            return self._again(request, Problem("oidc_astray", HTTPStatus.FORBIDDEN))
        try:
            following = await self._vouching.come_back(token)
        except Astray:
            return self._arrived(self._again(request, Problem("oidc_astray", HTTPStatus.FORBIDDEN)))
        return self._arrived(await self._enter(request, issuer, journey, following))

    async def _enter(self, request: web.Request, issuer: Issuer, journey: Journey, following: str) -> web.Response:
        try:
            vouched = await issuer.redeem(request.query, journey)
            entered = await self._vouching.enter(vouched, self._gate.visitor(request), digest_before(request))
        except Down as down:
            return self._down(request, down, following)
        except Distrusted as distrusted:
            self._vouching.refused(str(distrusted))
            said = "oidc_denied" if str(distrusted) == DENIED else "oidc_distrusted"
            return self._again(request, Problem(said, HTTPStatus.FORBIDDEN), following)
        except (Locked, Refused) as error:
            return self._again(request, problem(error, self._clock.now(), "oidc_unknown"), following)
        return admit(self._gate, entered, following)

    def _must_be_there(self) -> Issuer:
        if self._issuer is None:
            raise web.HTTPNotFound
        return self._issuer

    def _down(self, request: web.Request, down: Down, following: str) -> web.Response:
        self._vouching.refused(str(down))
        return self._again(request, Problem("oidc_down", HTTPStatus.SERVICE_UNAVAILABLE), following)

    def _arrived(self, answer: web.Response) -> web.Response:
        return self._gate.arrived(answer)

    def _again(self, request: web.Request, said: Problem, following: str = HOME) -> web.Response:
        """The form for name and password: that way in stays open."""
        return again(self._gate, request, "sign_in.html", said, following=following, name="", issuer=self._label)
