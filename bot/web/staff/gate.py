"""Before every page of the staff: whose session it is, whether he may come in, and whether a form is one of ours.

- A handler says who may come in; what is not allowed is refused.
- Every request that changes something needs the session's token, in the field `csrf` or the header `X-CSRF-Token`, and
  an `Origin` that is ours. The token is made of the cookie's value, so it ends with the session.
- Signing in by an issuer (`oidc`) goes and comes by GET: there a cookie of its own and `state` do what the token does.
- A cookie is never taken over at sign-in: each session has a new one, so planting one gains nothing.
"""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import hdrs, web

from bot.web.answers import RETRY_SECONDS, SERVER
from bot.web.metrics import Metrics
from bot.web.peers import Network, peer_of
from bot.web.staff import looks
from bot.web.staff.browsers import described
from bot.web.staff.looks import View
from core.domain.handovers import is_token
from core.domain.staff import JOURNEY, REMEMBERED, Permission, Session, Stage
from core.services.staff import Entered, Sessions, Visitor
from core.storage.database import Unavailable

PREFIX: Final = "/staff"
HOME: Final = f"{PREFIX}/"
SIGN_IN: Final = f"{PREFIX}/sign-in"
SECOND_FACTOR: Final = f"{PREFIX}/second-factor"
INVITE: Final = f"{PREFIX}/invite/"
"""Before the token of a one-time link."""
SAFE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
HEADERS: Final[Mapping[str, str]] = {
    hdrs.CACHE_CONTROL: "no-store",
    # Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    hdrs.REFERRER_POLICY: "same-origin",
    hdrs.CONTENT_SECURITY_POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    hdrs.SERVER: SERVER,
}
_OURS: Final = re.compile(r"/staff/[A-Za-z0-9_\-./?=&%+:,~]*")
_MARK: Final = "staff_access"

Handler = Callable[..., Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)
SESSION: Final = web.RequestKey("session", Session)
VIEW: Final = web.RequestKey("view", View)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in."""

    stages: Collection[Stage] = ()
    """How far the session must be; none: no session is needed."""
    permission: Permission | None = None


def anybody(handler: H) -> H:
    """Everybody may come in, signed in or not."""
    return _declare(handler, Access())


def at(*stages: Stage) -> Callable[[H], H]:
    """Whoever has come so far may come in."""
    return lambda handler: _declare(handler, Access(stages))


def allowed(permission: Permission) -> Callable[[H], H]:
    """Whoever is signed in and has the permission may come in."""
    return lambda handler: _declare(handler, Access((Stage.FULL,), permission))


def declared(handler: object) -> Access | None:
    """What a handler says about who may come in."""
    found = getattr(handler, _MARK, None)
    return found if isinstance(found, Access) else None


def _declare(handler: H, access: Access) -> H:
    setattr(handler, _MARK, access)
    return handler


def inner(path: str) -> str:
    """A path to go on to after signing in: one of the staff's pages, else the home page. Nothing leads elsewhere."""
    return path if _OURS.fullmatch(path) and ".." not in path and "//" not in path else HOME


def see_other(path: str) -> web.Response:
    """Go on there with GET."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path})


def csrf_of(token: str) -> str:
    """What a form must bring along, for this cookie."""
    return hmac.new(token.encode(), b"csrf", "sha256").hexdigest()


class Gate:
    """Stands before every page."""

    def __init__(self, sessions: Sessions, metrics: Metrics, *, public_url: str, trusted: Sequence[Network]) -> None:
        """`trusted` are the proxies whose `X-Forwarded-For` is believed."""
        self._sessions = sessions
        self._refused = metrics.refused_request
        self._trusted = trusted
        self._has_told = False
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower() if public_url else ""
        self._is_https = parts.scheme == "https"
        prefix = "__Host-" if self._is_https else ""
        self._cookie, self._device = f"{prefix}staff", f"{prefix}staff-device"
        self._journey = "__Secure-staff-oidc" if self._is_https else "staff-oidc"

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let a request through, or say why not."""
        request[VIEW] = looks.view(request.path, request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        try:
            return await self._pass(request, handler)
        except Unavailable as problem:
            log.warning("staff_unavailable", reason=str(problem))
            answer = self.refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")
            answer.headers[hdrs.RETRY_AFTER] = str(RETRY_SECONDS)
            return answer
        except web.HTTPException as error:
            reason = "missing" if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} else "broken"
            answer = self.refuse(request, HTTPStatus(error.status), reason)
            if hdrs.ALLOW in error.headers:
                answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
            return answer

    async def sign(self, _request: web.Request, answer: web.StreamResponse) -> None:
        """Put our headers on whatever goes out; a page may have its own caching."""
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)

    async def _pass(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        access = declared(request.match_info.handler)
        if access is None:  # no such page: the router's own answer
            return await handler(request)
        token = request.cookies.get(self._cookie, "")
        session = await self._sessions.find(token)
        if session is None and access.stages:
            return self._turn_away(request, SIGN_IN)
        fresh = "" if is_token(token) else secrets.token_urlsafe()
        request[VIEW] = looks.view_of(request[VIEW], session, csrf_of(fresh or token))
        if request.method not in SAFE and not await self._is_our_form(request, token):
            return self.refuse(request, HTTPStatus.FORBIDDEN, "forged")
        if session is not None:
            request[SESSION] = session
            if access.stages and session.stage not in access.stages:
                return self._turn_away(request, HOME if session.stage is Stage.FULL else SECOND_FACTOR)
            if access.permission is not None and not session.member.may(access.permission):
                log.warning("staff_not_allowed", staff=session.member.name, permission=access.permission.value)
                return self.refuse(request, HTTPStatus.FORBIDDEN, "not_allowed")
        answer = await handler(request)
        if fresh and not answer.prepared and self._cookie not in answer.cookies and request[VIEW].shows_form:
            self.give(answer, self._cookie, fresh)
        return answer

    async def _is_our_form(self, request: web.Request, token: str) -> bool:
        origin = request.headers.get(hdrs.ORIGIN, "").lower()
        expected = self._origin or f"http://{request.host}".lower()
        if origin != expected:
            self._tell(origin, expected)
            return False
        given: Any = request.headers.get(CSRF_HEADER)
        if given is None:
            given = (await request.post()).get(CSRF_FIELD)
        if not isinstance(given, str) or not is_token(token):
            return False
        return hmac.compare_digest(given.encode(), csrf_of(token).encode())

    def _tell(self, origin: str, expected: str) -> None:
        """Say once that forms come from elsewhere: mostly it is server.public_url that is not where people go."""
        if not self._has_told:
            self._has_told = True
            todo = "if that is where the staff come to, put it into server.public_url"
            log.warning("staff_foreign_origin", origin=origin[:100], expected=expected, todo=todo)

    def _turn_away(self, request: web.Request, place: str) -> web.Response:
        """To where he must go first, and from there back. htmx is told by a header, for it would follow a redirect."""
        if request.method in SAFE and place != HOME:
            # The form for the code is a step on the way to a page, and not where anybody wants to go.
            following = request.query.get("next", "") if request.path == SECOND_FACTOR else request.raw_path
            if inner(following) != HOME:
                place += f"?next={quote(inner(following), safe='/')}"
        if request.headers.get("HX-Request") == "true":
            return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": place})
        return see_other(place)

    def refuse(self, request: web.Request, status: HTTPStatus, reason: str) -> web.Response:
        """A page that says why not."""
        self.count(reason)
        return looks.page(request[VIEW], "refused.html", status=status, reason=reason)

    def count(self, reason: str) -> None:
        """Count a refusal for the monitoring; `reason` is one of our words."""
        self._refused("", f"staff_{reason}")

    def token(self, request: web.Request) -> str:
        """The session's cookie, for what outlasts a request and asks again whether it may."""
        return request.cookies.get(self._cookie, "")

    def visitor(self, request: web.Request) -> Visitor:
        """What is known of the browser."""
        return Visitor(
            address=self._address(request),
            user_agent=described(request.headers.get(hdrs.USER_AGENT, "")),
            device=request.cookies.get(self._device, ""),
        )

    def admit(self, answer: web.Response, entered: Entered) -> web.Response:
        """Hand the session's cookie out with an answer."""
        self.give(answer, self._cookie, entered.token)
        if entered.device:
            self.give(answer, self._device, entered.device, max_age=int(REMEMBERED.total_seconds()))
        return answer

    def dismiss(self, answer: web.Response) -> web.Response:
        """Take the session's cookie back."""
        self.give(answer, self._cookie, "", max_age=0)
        return answer

    def send_off(self, answer: web.Response, token: str) -> web.Response:
        """Hand the cookie out by which a browser is known when an issuer sends it back."""
        self.give(answer, self._journey, token, max_age=int(JOURNEY.total_seconds()), path=PREFIX)
        return answer

    def journey(self, request: web.Request) -> str:
        """That cookie."""
        return request.cookies.get(self._journey, "")

    def arrived(self, answer: web.Response) -> web.Response:
        """Take it back."""
        self.give(answer, self._journey, "", max_age=0, path=PREFIX)
        return answer

    def give(
        self, answer: web.StreamResponse, name: str, value: str, max_age: int | None = None, path: str = "/"
    ) -> None:
        """Hand a cookie out that no script reads; over HTTPS alone, where we are reached so."""
        # Lax, not Strict: the link to a case in the staff's chat must find its reader signed in, and an issuer sends
        # browsers back from elsewhere.
        answer.set_cookie(name, value, max_age=max_age, path=path, secure=self._is_https, httponly=True, samesite="Lax")

    def _address(self, request: web.Request) -> str:
        """Who is before our proxies."""
        forwarded = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
        return peer_of(request.remote, forwarded, self._trusted)[:45]
