"""One decision about many cases on the web: chosen, looked at, taken, and undone within a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aiohttp import web
from multidict import MultiMapping

from bot.web.staff import looks
from bot.web.staff.case_form import texts
from bot.web.staff.case_view import Words, said_no, silence
from bot.web.staff.gate import SESSION, VIEW, allowed, see_other
from bot.web.staff.queue import PATH, is_key
from bot.web.staff.queue_wanted import Wanted, read
from bot.wording import sender
from core.domain.accounts import mask
from core.domain.staff import Member, Permission
from core.ports.clock import Clock
from core.services.moderation import (
    Approve,
    BulkRequest,
    Bulks,
    Close,
    Forecast,
    Moderation,
    Outcome,
    Refused,
    Reject,
    Reply,
)
from core.services.moderation.bulk import MOST
from core.services.moderation.tidying import tidy
from core.storage.cases import Case

ACTIONS: Final = ("approve", "reject", "reply", "close")
LONGEST: Final = 1000
"""Letters of a moderator's own words; the channel's limit is told by the preview."""


async def take_back(bulks: Bulks, member: Member, given: Mapping[str, str]) -> str:
    """Undo his decision that a form names, his last one if it names none; how it went, in a word of the pages."""
    try:
        undone = await bulks.undo(member.name, given.get("name", "")[:20])
    except Refused:
        return "too_late"
    return "kept" if undone.kept else "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the page was sent."""

    wanted: Wanted
    keys: tuple[int, ...]
    takes_all: bool
    """All that match the filters, instead of those chosen."""
    action: str
    code: str
    canned: str
    text: str = field(repr=False)

    def request(self, moderator: str) -> BulkRequest:
        """The decision. Raises Refused where none is named."""
        match self.action:
            case "approve":
                return Approve(moderator=moderator)
            case "reject":
                return Reject(moderator=moderator, reason=self.text, code=self.code)
            case "reply":
                return Reply(moderator=moderator, text=self.text, canned=self.canned, close=True)
            case "close":
                return Close(moderator=moderator, note=self.text)
            case _:
                raise Refused("there is no such decision", "no_decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a decision comes to for one case."""

    case: str
    ref: str
    kind: str
    account: str = field(repr=False)
    text: str = field(repr=False)
    """What the subscriber is told."""
    reason: str = ""
    """Why he is told nothing, or why it is refused."""
    holder: str = ""
    """Who works on it, where that is why."""


class Bulk:
    """The pages."""

    def __init__(self, moderation: Moderation, bulks: Bulks, clock: Clock) -> None:
        self._moderation = moderation
        self._bulks = bulks
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.post("/queue/bulk", self.choose),
            web.post("/queue/bulk/apply", self.apply),
            web.post("/queue/bulk/undo", self.undo),
        ]

    @allowed(Permission.BULK)
    async def choose(self, request: web.Request) -> web.Response:
        """What to decide; and once that is said, what it would come to. Changes nothing."""
        form = _form(await request.post())
        try:
            chosen = await self._chosen(form, request[SESSION].member)
        except Refused:
            return await self._page(request, form, [], "many")
        if not chosen:
            return await self._page(request, form, [], "nothing")
        if form.action not in ACTIONS:
            return await self._page(request, form, chosen)
        try:
            wanted = form.request(request[SESSION].member.name)
            tidy(wanted)
        except Refused:
            return await self._page(request, form, chosen, "words")
        return await self._page(request, form, chosen, forecast=await self._bulks.preview(chosen, wanted))

    @allowed(Permission.BULK)
    async def apply(self, request: web.Request) -> web.Response:
        """Decide about those that were looked at, and no others."""
        form, member = _form(await request.post()), request[SESSION].member
        chosen = await self._chosen(form, member)
        if form.takes_all or not chosen or form.action not in ACTIONS:
            return await self._page(request, form, chosen, "nothing")
        try:
            _, done = await self._bulks.apply(chosen, form.request(member.name))
        except Refused:
            return await self._page(request, form, chosen, "words")
        if done.refused:
            return await self._page(request, form, chosen, forecast=done, is_done=True)
        return see_other(f"{PATH}?{form.wanted.query()}")

    @allowed(Permission.BULK)
    async def undo(self, request: web.Request) -> web.Response:
        """Take the last one back."""
        posted = await request.post()
        given = texts(posted)
        said = await take_back(self._bulks, request[SESSION].member, given)
        return see_other(f"{PATH}?{read(given).query()}&said={said}")

    async def _chosen(self, form: Form, member: Member) -> list[Case]:
        """Of the cases that he may see. Raises Refused where there are too many."""
        if form.takes_all:
            return await self._bulks.select(form.wanted.filters(member, self._clock.now()))
        return [case for case in await self._moderation.of_keys(form.keys[:MOST]) if member.sees(case.branch)]

    async def _page(
        self,
        request: web.Request,
        form: Form,
        chosen: Sequence[Case],
        problem: str = "",
        *,
        forecast: Forecast | None = None,
        is_done: bool = False,
    ) -> web.Response:
        """The form, and below it what would become of each case, or has."""
        reasons, replies = [], []
        if chosen:
            # The words of a reason are the same for all but for the language; one case stands for them.
            seen = await self._moderation.picture(chosen[0].long_reference)
            reasons, replies = self._moderation.reasons(seen), self._moderation.canned(seen)
        words = looks.words(request[VIEW].language)
        return looks.page(
            request[VIEW],
            "queue_bulk.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            form=form,
            wanted=form.wanted,
            problem=problem,
            chosen=[case.id for case in chosen],
            actions=ACTIONS,
            reasons=reasons,
            replies=replies,
            most=MOST,
            forecast=forecast,
            is_done=is_done,
            decided=[_outcome(one, words) for one in forecast.decided] if forecast else [],
            refused=[self._refusal(request, case, why) for case, why in forecast.refused] if forecast else [],
        )

    def _refusal(self, request: web.Request, case: Case, why: Refused) -> Line:
        said = said_no(why, self._moderation.branch(case.branch), looks.words(request[VIEW].language))
        return Line(
            case=case.long_reference,
            ref=case.reference,
            kind=case.kind,
            account=sender(case.address),
            text="",
            reason=said["text"],
            holder=case.claimed_by if case.held(self._clock.now()) else "",
        )


def _outcome(one: Outcome, words: Words) -> Line:
    account = mask(one.account) if one.account else sender(one.case.address)
    return Line(
        case=one.case.long_reference,
        ref=one.case.reference,
        kind=one.case.kind,
        account=account,
        text=one.text,
        reason=silence(one.untold, words),
    )


def _form(posted: MultiMapping[object]) -> Form:
    given = texts(posted)
    keys = [value for value in posted.getall("key", []) if isinstance(value, str)]
    keys += given.get("keys", "").split()
    return Form(
        wanted=read(given),
        keys=tuple(int(key) for key in keys if is_key(key)),
        takes_all=given.get("all", "") != "",
        action=given.get("action", ""),
        code=given.get("code", "")[:40],
        canned=given.get("canned", "")[:40],
        text=given.get("text", "").strip()[:LONGEST],
    )
