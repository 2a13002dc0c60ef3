"""The home page, and one's own account: password, second factor, sessions, language, colours."""

from datetime import tzinfo
from http import HTTPStatus

from aiohttp import web

from bot.web.staff import looks
from bot.web.staff.entering import REFUSALS, Problem, fields, problem
from bot.web.staff.gate import SESSION, VIEW, Gate, allowed, see_other
from core.domain.accounts import Branches
from core.domain.staff import MAY, SHORTEST, Permission
from core.ports.clock import Clock
from core.services.staff import Accounts, Sessions, Signing
from core.services.staff_chat import Links

SAID = frozenset({"appearance", "chat", "password", "sessions"})
"""What may stand in `?said=`: something was done."""


class Own:
    """What everybody has who is signed in."""

    def __init__(
        self,
        gate: Gate,
        *,
        signing: Signing,
        sessions: Sessions,
        accounts: Accounts,
        clock: Clock,
        branches: Branches,
        links: Links,
    ) -> None:
        self._gate = gate
        self._signing = signing
        self._sessions = sessions
        self._accounts = accounts
        self._clock = clock
        self._branches = branches
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [
            web.get("/", self.home),
            web.get("/account", self.account),
            web.post("/account/appearance", self.appear),
            web.post("/account/password", self.change_password),
            web.post("/account/sessions", self.end_others),
        ]

    @allowed(Permission.OWN_ACCOUNT)
    async def home(self, request: web.Request) -> web.Response:
        """A greeting, what he may do, and where."""
        member = request[SESSION].member
        branches = [branch.name for code, branch in self._branches.items() if code in member.branches]
        may = [permission.value for permission in Permission if permission in MAY[member.role]]
        return looks.page(request[VIEW], "home.html", branches=branches, may=may)

    @allowed(Permission.OWN_ACCOUNT)
    async def account(self, request: web.Request) -> web.Response:
        """All about one's own account."""
        said = request.query.get("said", "")
        return await self._account(request, said=said if said in SAID else "")

    @allowed(Permission.OWN_ACCOUNT)
    async def appear(self, request: web.Request) -> web.Response:
        """Language and colours."""
        form, member = await fields(request), request[SESSION].member
        if form.get("language") in looks.LANGUAGES:
            await self._accounts.speak(member, form["language"])
        if form.get("theme") in looks.THEMES:
            await self._accounts.prefer(member, theme=form["theme"])
        return see_other("/staff/account?said=appearance")

    @allowed(Permission.OWN_ACCOUNT)
    async def change_password(self, request: web.Request) -> web.Response:
        """Another password, after the present one."""
        form, session = await fields(request), request[SESSION]
        new = form.get("password", "")
        if new != form.get("again", ""):
            return await self._account(request, said_no=Problem("differ", HTTPStatus.UNPROCESSABLE_ENTITY))
        try:
            entered = await self._signing.change_password(
                session, form.get("current", ""), new, self._gate.visitor(request)
            )
        except REFUSALS as error:
            return await self._account(request, said_no=problem(error, self._clock.now(), "current"))
        return self._gate.admit(see_other("/staff/account?said=password"), entered)

    @allowed(Permission.OWN_ACCOUNT)
    async def end_others(self, request: web.Request) -> web.Response:
        """Sign out everywhere else."""
        session = request[SESSION]
        await self._sessions.end_all(session.member, but=session.digest)
        return see_other("/staff/account?said=sessions")

    async def _account(self, request: web.Request, said: str = "", said_no: Problem | None = None) -> web.Response:
        session, zone = request[SESSION], self._zone(request[SESSION].member.branches)
        sessions = [
            {
                "browser": one.user_agent,
                "since": f"{one.created_at.astimezone(zone):%d.%m.%Y %H:%M}",
                "seen": f"{one.seen_at.astimezone(zone):%d.%m.%Y %H:%M}",
                "is_this": one.digest == session.digest,
            }
            for one in await self._sessions.of(session.member)
        ]
        linked = await self._links.since(session.member) if self._links.channel else None
        status = said_no.status if said_no else HTTPStatus.OK
        return looks.page(
            request[VIEW],
            "account.html",
            status=status,
            said=said,
            problem=said_no,
            sessions=sessions,
            shortest=SHORTEST,
            chat=self._links.channel,
            chat_since=f"{linked.astimezone(zone):%d.%m.%Y %H:%M}" if linked else "",
        )

    def _zone(self, mine: frozenset[str]) -> tzinfo:
        """By whose clock he reads: his first branch's, or the first of all."""
        zones = [branch.timezone for code, branch in self._branches.items() if code in mine]
        return zones[0] if zones else next(iter(self._branches.values())).timezone
