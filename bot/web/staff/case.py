"""`/staff/case/<REF>`: one case with everything to decide, the decisions, and the way back within a minute."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from aiohttp import hdrs, web

from bot.web.staff import looks
from bot.web.staff.ahead import Ahead, Loaded, read
from bot.web.staff.bulk import take_back
from bot.web.staff.case_form import Form, form_of, texts
from bot.web.staff.case_view import held_until, said_no, view
from bot.web.staff.gate import SESSION, VIEW, Gate, allowed, see_other
from bot.web.staff.line import put_aside, waiting
from core.domain.keys import reference
from core.domain.staff import Member, Permission
from core.ports.clock import Clock
from core.services.moderation import Bulks, Moderation, Note, Outcome, Refused, Reply, Request
from core.services.staff import Accounts
from core.storage.cases import Case, Filters, Picture

CASE: Final = "/staff/case"
SAID: Final = frozenset({"undone", "kept", "too_late", "none", "noted", "done", "remembered"})
RECENT: Final = 100
"""Decisions of the last minute, of all colleagues together."""
LOADED: Final = "X-Case"
"""The header by which a page that is loaded ahead says which case it is of."""
OPEN_NEXT: Final = "case_next"
"""A moderator's own default: whether the next case opens after a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page has beside the case itself."""

    form: Form = field(default_factory=Form)
    forecast: Outcome | None = None
    problem: Refused | None = None
    full: bool = False


class How(NamedTuple):
    """The version that was seen, and whether to decide over a colleague's head."""

    version: int | None
    override: bool


class CasePages:
    """The pages of one case."""

    def __init__(self, gate: Gate, moderation: Moderation, bulks: Bulks, accounts: Accounts, clock: Clock) -> None:
        self._gate = gate
        self._moderation = moderation
        self._bulks = bulks
        self._accounts = accounts
        self._clock = clock
        self._ahead = Ahead(moderation)

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/case/{ref}", self.show),
            web.post("/case/{ref}/reveal", self.reveal),
            web.post("/case/{ref}/decide", self.decide),
            web.post("/case/{ref}/claim", self.claim),
            web.post("/case/{ref}/release", self.release),
            web.post("/case/{ref}/next", self.next),
            web.post("/case/{ref}/ahead", self.ahead),
            web.post("/case/{ref}/undo", self.undo),
            web.post("/case/{ref}/remember", self.remember),
        ]

    @allowed(Permission.VIEW_QUEUE)
    async def show(self, request: web.Request) -> web.Response:
        """The case, personal data masked; that he looked is audited."""
        seen = await self._seen(request)
        await self._moderation.note_look(seen, request[SESSION].member.name)
        return await self._page(request, seen, Shown())

    @allowed(Permission.REVEAL)
    async def reveal(self, request: web.Request) -> web.Response:
        """The same with address, phone and account whole. Reloading it hides them again."""
        seen = await self._seen(request)
        await self._moderation.note_look(seen, request[SESSION].member.name, reveal=True)
        return await self._page(request, seen, Shown(full=True))

    @allowed(Permission.DECIDE)
    async def decide(self, request: web.Request) -> web.Response:
        """Take a decision; or say what the subscriber would read, and change nothing."""
        seen, member = await self._seen(request), request[SESSION].member
        posted = await request.post()
        form = form_of(posted)
        if form.override and not member.may(Permission.OVERRIDE_CLAIM):
            return self._gate.refuse(request, HTTPStatus.FORBIDDEN, "not_allowed")
        ref, how = seen.case.long_reference, How(form.version, override=form.override)
        try:
            wanted = form.request(member, seen)
            if "preview" in posted:
                forecast = await self._moderation.preview(ref, wanted, version=how.version, override=how.override)
                return await self._page(request, seen, Shown(form=form, forecast=forecast))
            made = await self._take(ref, wanted, how)
        except Refused as error:
            # As it stands now: it may be a colleague's decision that was faster.
            now = await self._moderation.picture(ref)
            return await self._page(request, now, Shown(form=form, problem=error))
        return await self._onward(request, seen.case, wanted, made, read(texts(posted).get("ahead", "")))

    async def _take(self, ref: str, wanted: Request, how: How) -> str:
        """Decide, and name what it can be undone by. What leaves the case open goes out at once."""
        if isinstance(wanted, Note) or (isinstance(wanted, Reply) and not wanted.close):
            await self._moderation.decide(ref, wanted, version=how.version, override=how.override)
            return ""
        made, _ = await self._bulks.decide(ref, wanted, version=how.version, override=how.override)
        return reference(made.id) if made else ""

    async def _onward(
        self, request: web.Request, case: Case, wanted: Request, made: str, loaded: Loaded | None
    ) -> web.Response:
        """To the next case, where he wants that; an undo stays within reach there."""
        member, undo = request[SESSION].member, f"undo={made}&of={case.long_reference}" if made else "said=done"
        if not made and isinstance(wanted, Note | Reply):
            return see_other(f"{CASE}/{case.long_reference}?said={'noted' if isinstance(wanted, Note) else 'done'}")
        stays = member.preferences.get(OPEN_NEXT) == "no" or await self._is_open(case)
        if stays:
            return see_other(f"{CASE}/{case.long_reference}?{undo}")
        ready = await self._ahead.take(member, loaded)
        if ready is not None and made and loaded == (ready.long_reference, ready.version) and _asks_for_json(request):
            return await self._shown(request, ready, made, case)
        found = ready or await self._moderation.next_case(member.name, self._line(request))
        if found is None:
            return see_other(f"{CASE}/{case.long_reference}?{undo}&said=none")
        return see_other(f"{CASE}/{found.long_reference}?{undo}")

    async def _shown(self, request: web.Request, ready: Case, made: str, decided: Case) -> web.Response:
        """What the page of the next case lacks, which is in his browser: where it is, until when, and the way back."""
        member, ref, words = request[SESSION].member, ready.long_reference, looks.words(request[VIEW].language)
        await self._moderation.note_look(await self._moderation.picture(ref), member.name)
        undo = await self._undoable(member, made, decided.long_reference)
        bar = looks.page(request[VIEW], "case_undo.html", undo=undo).text if undo else ""
        until = held_until(ready, self._moderation.branch(ready.branch))
        return web.json_response(
            {
                "at": f"{CASE}/{ref}?undo={made}&of={decided.long_reference}",
                "holder": f"{words['case']['mine']} {until}",
                "undo": bar,
            }
        )

    def _line(self, request: web.Request) -> Filters:
        return waiting(request.cookies, request[SESSION].member, self._clock.now())

    async def _is_open(self, case: Case) -> bool:
        """Whether it is still to be decided: merging leaves the case open that the others went into."""
        (now,) = await self._moderation.of_keys([case.id])
        return now.closed_at is None

    @allowed(Permission.DECIDE)
    async def claim(self, request: web.Request) -> web.Response:
        """Take the case, or hold it for longer; a supervisor takes a colleague's over."""
        seen, member = await self._seen(request), request[SESSION].member
        override = "override" in texts(await request.post())
        if override and not member.may(Permission.OVERRIDE_CLAIM):
            return self._gate.refuse(request, HTTPStatus.FORBIDDEN, "not_allowed")
        try:
            await self._moderation.claim(seen.case.long_reference, member.name, override=override)
        except Refused as error:
            return await self._page(request, await self._seen(request), Shown(problem=error))
        return see_other(f"{CASE}/{seen.case.long_reference}")

    @allowed(Permission.DECIDE)
    async def release(self, request: web.Request) -> web.Response:
        """Let it go, and back to the list; or nowhere, where a page is left that he has gone from already."""
        seen, posted = await self._seen(request), texts(await request.post())
        member, loaded = request[SESSION].member, read(posted.get("ahead", ""))
        await self._moderation.release(seen.case.long_reference, member.name)
        await self._ahead.let_go(member, loaded)
        if "left" in posted:
            # Not the list: looking at it would make it the one that he goes on with.
            return web.Response(status=HTTPStatus.NO_CONTENT)
        return see_other("/staff/queue")

    @allowed(Permission.DECIDE)
    async def next(self, request: web.Request) -> web.Response:
        """Let this one go, do not come back to it for a while, and claim the next of his line that nobody works on."""
        seen, member = await self._seen(request), request[SESSION].member
        found = await self._ahead.take(member, read(texts(await request.post()).get("ahead", "")))
        found = found or await self._moderation.next_case(member.name, self._behind(request, seen.case))
        if found is None:
            return see_other(f"{CASE}/{seen.case.long_reference}?said=none")
        await self._moderation.release(seen.case.long_reference, member.name)
        answer = see_other(f"{CASE}/{found.long_reference}")
        put_aside(self._gate, answer, request.cookies, seen.case)
        return answer

    @allowed(Permission.DECIDE)
    async def ahead(self, request: web.Request) -> web.Response:
        """The page of the case behind this one, for when this one is decided; 204 where there is none to be held."""
        seen = await self._seen(request)
        following = await self._ahead.load(request[SESSION].member, self._behind(request, seen.case))
        if following is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        answer = await self._page(request, following, Shown())
        answer.headers[LOADED] = str(Loaded(following.case.long_reference, following.case.version))
        return answer

    def _behind(self, request: web.Request, case: Case) -> Filters:
        line = self._line(request)
        return replace(line, passed=(*line.passed, case.id))

    @allowed(Permission.DECIDE)
    async def undo(self, request: web.Request) -> web.Response:
        """Take a decision of his own back, as long as its message waits."""
        seen = await self._seen(request)
        said = await take_back(self._bulks, request[SESSION].member, texts(await request.post()))
        return see_other(f"{CASE}/{seen.case.long_reference}?said={said}")

    @allowed(Permission.DECIDE)
    async def remember(self, request: web.Request) -> web.Response:
        """Whether the next case opens after a decision, from now on."""
        seen = await self._seen(request)
        chosen = "yes" if "next" in texts(await request.post()) else "no"
        await self._accounts.prefer(request[SESSION].member, **{OPEN_NEXT: chosen})
        return see_other(f"{CASE}/{seen.case.long_reference}?said=remembered")

    async def _seen(self, request: web.Request) -> Picture:
        """The case, where he may see it; it is missing for him where he may not."""
        try:
            seen = await self._moderation.picture(request.match_info["ref"][:20])
        except Refused:
            raise web.HTTPNotFound from None
        if not request[SESSION].member.sees(seen.case.branch):
            raise web.HTTPNotFound
        return seen

    async def _page(self, request: web.Request, seen: Picture, shown: Shown) -> web.Response:
        """The whole page, or to htmx the forecast alone."""
        member, words = request[SESSION].member, looks.words(request[VIEW].language)
        branch = self._moderation.branch(seen.case.branch)
        problem = said_no(shown.problem, branch, words) if shown.problem else None
        common: dict[str, Any] = {"form": shown.form, "forecast": shown.forecast, "problem": problem}
        if request.headers.get("HX-Request") == "true" and request.method == hdrs.METH_POST:
            return looks.page(request[VIEW], "case_forecast.html", **common)
        ahead, behind = await self._moderation.neighbours(seen.case, replace(self._line(request), passed=()))
        facts = view(seen, member, branch, self._clock.now(), full=shown.full, words=words)
        said = request.query.get("said", "")
        may = member.may(Permission.DECIDE)
        return looks.page(
            request[VIEW],
            "case.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            **common,
            **facts,
            full=shown.full,
            may_decide=may,
            may_reveal=member.may(Permission.REVEAL),
            may_override=member.may(Permission.OVERRIDE_CLAIM),
            reasons=self._moderation.reasons(seen) if may else [],
            replies=self._moderation.canned(seen) if may else [],
            ahead=ahead,
            behind=behind,
            said=said if said in SAID else "",
            undo=await self._undoable(member, request.query.get("undo", ""), request.query.get("of", "")),
            opens_next=member.preferences.get(OPEN_NEXT) != "no",
        )

    async def _undoable(self, member: Member, name: str, of: str) -> dict[str, Any] | None:
        """What the bar offers to take back: what the address names, where it is his and there is time left."""
        now = self._clock.now()
        if not name or not member.may(Permission.DECIDE):
            return None
        for made in await self._bulks.recent(RECENT):
            if reference(made.id) == name and made.who == member.name and made.undone_at is None:
                left = int((made.undo_until - now).total_seconds())
                case = await self._named(of[:20], member)
                if left > 0 and case is not None:
                    return {"name": name, "case": case, "action": made.action, "seconds": left}
        return None

    async def _named(self, ref: str, member: Member) -> Case | None:
        try:
            found = await self._moderation.find(ref)
        except Refused:
            return None
        return found if member.sees(found.branch) else None


def _asks_for_json(request: web.Request) -> bool:
    """Whether a script asks, which has the next page already."""
    return request.headers.get(hdrs.ACCEPT) == "application/json"
