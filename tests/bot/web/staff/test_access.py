"""Every page of the staff for everybody: without a session, half-way, and with each role."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from bot.assembly import build, staff_pages
from bot.settings import Settings
from bot.web.metrics import Metrics
from bot.web.staff import Gate, Undeclared, application, looks
from bot.web.staff.gate import allowed, anybody, declared
from core.domain.staff import MAY, Permission, Role, Stage
from core.services.texts import Texts
from core.storage.database import connect
from tests.bot.web.staff.conftest import Reception
from tests.conftest import FixedClock

WHO = ("nobody", "code", "enrol", "operator", "moderator", "supervisor", "auditor")
IN = "/staff/sign-in"
CODE = "/staff/second-factor"
HOME = "/staff/"
FILE = looks.address_of("staff.css")
# A status, or where one is sent instead; the last four columns are the roles, in the order of WHO.
TABLE = {
    ("GET", "/staff/static/{name}"): (200,) * 7,
    ("GET", "/staff/sign-in"): (200, CODE, CODE, HOME, HOME, HOME, HOME),
    ("POST", "/staff/sign-in"): (403,) * 7,  # name and password are empty
    ("GET", "/staff/oidc"): (404,) * 7,  # no issuer is set up; `oidc/test_oidc.py` has one
    ("GET", "/staff/oidc/callback"): (404,) * 7,
    ("GET", "/staff/second-factor"): (IN, 200, 200, 200, 200, 200, 200),
    ("POST", "/staff/second-factor"): (IN, 403, 403, 403, 403, 403, 403),  # so is the code
    ("GET", "/staff/invite/{token}"): (404,) * 7,
    ("POST", "/staff/invite/{token}"): (404,) * 7,
    ("POST", "/staff/sign-out"): (IN,) * 7,
    ("GET", "/staff/"): (IN, CODE, CODE, 200, 200, 200, 200),
    ("GET", "/staff/account"): (f"{IN}?next=/staff/account", *(f"{CODE}?next=/staff/account",) * 2, *(200,) * 4),
    ("POST", "/staff/account/appearance"): (IN, CODE, CODE, *("/staff/account?said=appearance",) * 4),
    ("POST", "/staff/account/password"): (IN, CODE, CODE, 403, 403, 403, 403),
    ("POST", "/staff/account/chat"): (IN, CODE, CODE, *(404,) * 4),  # no staff chat is set up
    ("POST", "/staff/account/chat/end"): (IN, CODE, CODE, *(404,) * 4),
    ("GET", "/staff/queue"): (f"{IN}?next=/staff/queue", *(f"{CODE}?next=/staff/queue",) * 2, *(200,) * 4),
    ("GET", "/staff/queue/rows"): (
        f"{IN}?next=/staff/queue/rows",
        *(f"{CODE}?next=/staff/queue/rows",) * 2,
        *(200,) * 4,
    ),
    # Without a case to follow it would go on for ever.
    ("GET", "/staff/queue/stream"): (
        f"{IN}?next=/staff/queue/stream%3Fcase%3DNONE",
        *(f"{CODE}?next=/staff/queue/stream%3Fcase%3DNONE",) * 2,
        *(404,) * 4,
    ),
    ("POST", "/staff/queue/next"): (IN, CODE, CODE, 403, *("/staff/queue?state=open&said=none",) * 2, 403),
    ("POST", "/staff/queue/remember"): (IN, CODE, CODE, *("/staff/queue?state=open&said=remembered",) * 4),
    ("POST", "/staff/queue/bulk"): (IN, CODE, CODE, 403, 403, 422, 403),  # nothing is chosen
    ("POST", "/staff/queue/bulk/apply"): (IN, CODE, CODE, 403, 403, 422, 403),
    ("POST", "/staff/queue/bulk/undo"): (IN, CODE, CODE, 403, 403, "/staff/queue?state=open&said=too_late", 403),
    # There is no such case; a role that may not is refused before anybody looks for it.
    ("GET", "/staff/case/{ref}"): (
        f"{IN}?next=/staff/case/NONE5",
        *(f"{CODE}?next=/staff/case/NONE5",) * 2,
        *(404,) * 4,
    ),
    ("POST", "/staff/case/{ref}/reveal"): (IN, CODE, CODE, 404, 404, 404, 403),
    **{
        ("POST", f"/staff/case/{{ref}}/{act}"): (IN, CODE, CODE, 403, 404, 404, 403)
        for act in ("decide", "claim", "release", "next", "ahead", "undo", "remember")
    },
    **{
        ("GET", f"/staff/{path}"): (
            f"{IN}?next=/staff/{path}",
            *(f"{CODE}?next=/staff/{path}",) * 2,
            *(403, 200, 200, 200),
        )
        for path in (
            "overview",
            "overview/figures",
            "statistics",
            "statistics/readings.csv",
            "statistics/payments.csv",
        )
    },
    **{
        ("GET", f"/staff/{path}"): (
            f"{IN}?next=/staff/{path}",
            *(f"{CODE}?next=/staff/{path}",) * 2,
            *(200, 200, 200, 403),
        )
        for path in ("entry", "entry/lines")
    },
    # Without an account there is nothing to enter.
    ("POST", "/staff/entry"): (IN, CODE, CODE, 422, 422, 422, 403),
    ("POST", "/staff/entry/look"): (IN, CODE, CODE, 422, 422, 422, 403),
    **{("POST", f"/staff/{path}"): (IN, CODE, CODE, 200, 200, 200, 403) for path in ("entry/rehearsal", "entry/lines")},
    ("POST", "/staff/account/sessions"): (IN, CODE, CODE, *("/staff/account?said=sessions",) * 4),
}


async def come(reception: Reception, who: str) -> str:
    """The session's token of one of WHO."""
    if who == "nobody":
        return ""
    if who in {"code", "enrol"}:
        secret = "JBSWY3DPEHPK3PXP" if who == "code" else ""
        return await reception.token(await reception.hire(who, totp_secret=secret), Stage(who))
    return await reception.token(await reception.hire(who, Role(who)))


@pytest.mark.parametrize("who", WHO)
async def test_every_page_for_everybody(reception: Reception, who: str) -> None:
    """The table holds for each page and role; whoever is sent away is sent to where he can come in."""
    found = {}
    for number, (method, place) in enumerate(TABLE):
        path = FILE if "{name}" in place else place.replace("{token}", "a-token-of-enough-letters")
        path = path.replace("{ref}", "NONE5")
        path += "?case=NONE" if place.endswith("/stream") else ""
        visit = reception.visit()
        if number == 0:
            token = await come(reception, who)
            member = await reception.sessions.find(token)
        elif member is not None:
            token = await reception.token(member.member, member.stage)
        if not token:
            await visit.get("/staff/sign-in")
        else:
            visit.have(token)
        status, _, headers = await (visit.get(path) if method == "GET" else visit.post(path))
        found[method, place] = headers["Location"] if status == 303 else status
    assert found == {place: row[WHO.index(who)] for place, row in TABLE.items()}


async def test_table_has_every_page(settings: Settings, clock: FixedClock) -> None:
    """A page that is added and not told here makes this fail."""
    database = connect(settings.database.url)
    pages = staff_pages(settings, database, clock, Metrics("1"), Texts())
    routes = {
        (route.method, f"/staff{route.resource.canonical}")
        for route in pages.router.routes()
        if route.resource and route.method != "HEAD"
    }
    await database.close()
    assert routes == set(TABLE)


class Probes:
    """A page for each permission."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"/probe/{permission.value}", self.page(permission)) for permission in Permission] + [
            web.post(f"/probe/{permission.value}", self.page(permission)) for permission in Permission
        ]

    @staticmethod
    def page(permission: Permission) -> Callable[[web.Request], Awaitable[web.Response]]:
        @allowed(permission)
        async def show(_request: web.Request) -> web.Response:
            return web.Response(text="shown")

        return show


@pytest.mark.parametrize("role", Role)
async def test_permission_decides(reception: Reception, probes: str, role: Role) -> None:
    """With GET and with POST each role sees what the table of permissions gives it, and 403 for the rest."""
    visit = reception.visit(await reception.token(await reception.hire(role.value, role)))
    visit.url = probes
    for method in (visit.get, visit.post):
        statuses = {permission: (await method(f"/staff/probe/{permission.value}"))[0] for permission in Permission}
        assert statuses == {permission: 200 if permission in MAY[role] else 403 for permission in Permission}


def test_page_that_says_nothing_keeps_the_service_from_starting(gate: Gate) -> None:
    """Forgetting who may come in is found before anybody could come in."""

    class Forgotten:
        def routes(self) -> list[web.RouteDef]:
            return [web.get("/open", self.shown), web.get("/secrets", self.show)]

        @anybody
        async def shown(self, _request: web.Request) -> web.Response:
            return web.Response()

        async def show(self, _request: web.Request) -> web.Response:
            return web.Response()

    with pytest.raises(Undeclared, match="/staff/secrets does not say"):
        application(gate, [Forgotten()])


def test_router_s_own_answers_are_no_pages() -> None:
    """What the router answers itself bears no mark, whatever it is."""
    assert declared(lambda: None) is None
    assert declared(object()) is None


async def test_unknown_pages_and_methods(reception: Reception) -> None:
    """404 and 405 look like our pages and tell nothing; signed in or not."""
    for visit in (reception.visit(), reception.visit(await reception.token(await reception.hire()))):
        for method, path, expected in (("GET", "/staff/none", 404), ("DELETE", "/staff/", 405)):
            status, text, headers = await visit.call(method, path)
            assert (status, "Такой страницы нет" in text) == (expected, True)
            assert headers["Cache-Control"] == "no-store"


async def test_switched_off(settings: Settings, clock: FixedClock) -> None:
    """With enabled = false there is nothing at /staff."""
    off = settings.model_copy(update={"staff": settings.staff.model_copy(update={"enabled": False})})
    service = build(off, Texts(), clock)
    resources = [resource.canonical for resource in service.listener._pages.app.router.resources()]
    await service.database.close()
    assert not [name for name in resources if name.startswith("/staff")]


@pytest.fixture
def gate(reception: Reception) -> Gate:
    return Gate(reception.sessions, Metrics("1"), public_url="", trusted=())


@pytest.fixture
async def probes(gate: Gate) -> AsyncIterator[str]:
    """A server with a page for each permission, beside the service's own."""
    pages = web.Application()
    pages.add_subapp("/staff", application(gate, [Probes()]))
    runner = web.AppRunner(pages)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
