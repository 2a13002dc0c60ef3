"""The moderation desk: claims, decisions and looks at cases, each in one transaction and in the audit log.

Skins (the command line, web pages, a staff chat) make one `Moderation` each, with their own name, and show what it
gives; they decide nothing. Whoever signs in is theirs to know: here a moderator is a name of at most 60 characters, and
`override` is for those who may decide over the head of a colleague.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from core.domain.accounts import Branch, Branches
from core.domain.messages import Capabilities
from core.ports.clock import Clock
from core.services.moderation.decisions import CONFIRM, check, decide
from core.services.moderation.ledger import Batch, Ledger, Outcome
from core.services.moderation.requests import (
    Approve,
    Ask,
    Correct,
    Held,
    Merge,
    Note,
    Refused,
    Reject,
    Reply,
    Request,
    Ruling,
)
from core.services.moderation.tidying import tidy
from core.services.moderation.wording import Canned, Wording
from core.services.texts import Texts
from core.storage import cases
from core.storage.cases import (
    CLAIMED,
    RELEASED,
    Case,
    CaseTaken,
    Changes,
    Elsewhere,
    Entry,
    Filters,
    Picture,
    Record,
    ReferenceRefused,
    find,
    picture,
    settle,
)
from core.storage.database import Database

T = TypeVar("T")

MODERATOR_LENGTH: Final = 60
ATTEMPTS: Final = 3
"""How often a decision is taken anew when another one was committed in between; the second time it sees that one."""
CLAIM: Final = timedelta(minutes=15)
"""How long a claim holds, where nothing else is set: a case takes a minute, a telephone call ten."""


class Moderation:
    """The queue's service. One for each process and skin: it makes keys, and those are not for sharing."""

    def __init__(
        self,
        database: Database,
        *,
        branches: Branches,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        clock: Clock,
        skin: str = "cli",
        claim: timedelta = CLAIM,
        confirm: timedelta = CONFIRM,
    ) -> None:
        """`skin` stands in the audit log, at most 10 letters; `confirm`: how long a question to a subscriber stands."""
        self._database = database
        self._branches = branches
        self._wording = Wording(texts, capabilities)
        self._clock = clock
        self.ledger = Ledger(skin)
        self._claim = claim
        self._confirm = confirm

    # Decisions

    async def decide(
        self, ref: str, request: Request, *, version: int | None = None, override: bool = False
    ) -> Outcome:
        """Take a decision, all of it in one transaction. The same one again changes nothing and says so.

        `version` is that of the case as the moderator saw it. `override` decides although somebody else holds the case.

        Raises:
            AlreadyDecided: another decision came first; it says whose, when and which.
            Held: somebody else works on the case.
            Moved: the case is not as the moderator saw it.
            Refused: it does not suit the case, or the message the channel; there is no such case.
        """
        request = _checked(request)
        return await self._settle(await self._key(ref), request, version=version, override=override)

    async def preview(
        self, ref: str, request: Request, *, version: int | None = None, override: bool = False
    ) -> Outcome:
        """What a decision would come to now, its message to the letter. Raises as `decide` does; changes nothing."""
        request, now = _checked(request), self._clock.now()

        def job(connection: Any) -> Outcome:  # noqa: ANN401 - storage's Connection, which services may not import
            seen = picture(connection, find(connection, ref), now, _elsewhere(request))
            return self.rule(seen, request, now, version=version, override=override)[0]

        return await self._read(job)

    async def approve(self, ref: str, moderator: str) -> Outcome:
        """Accept the values of a case's reading."""
        return await self.decide(ref, Approve(moderator=moderator))

    async def correct(
        self, ref: str, values: Sequence[int], moderator: str, note: str = "", *, force: bool = False
    ) -> Outcome:
        """Accept other values in place of the reading's; raises as `approve` does, and where they do not fit the meter.

        `force` stores values that look wrong themselves: lower than before, or beyond the hard limit.
        """
        return await self.decide(ref, Correct(moderator=moderator, values=tuple(values), note=note, force=force))

    async def reject(self, ref: str, reason: str, moderator: str) -> Outcome:
        """Refuse the reading and tell the subscriber why; without a reading that waits, close the case silently."""
        return await self.decide(ref, Reject(moderator=moderator, reason=reason))

    async def reply(self, ref: str, text: str, moderator: str, *, close: bool = False) -> Outcome:
        """Write to the subscriber in the moderator's own words, and close the case if asked to."""
        return await self.decide(ref, Reply(moderator=moderator, text=text, close=close))

    async def merge(self, ref: str, others: Sequence[str], moderator: str) -> Outcome:
        """Close other cases of the same account, all about the same thing as this one, which stays open."""
        keys = tuple([await self._key(other) for other in others])
        return await self.decide(ref, Merge(moderator=moderator, others=keys))

    # Claims

    async def claim(self, ref: str, moderator: str, *, override: bool = False) -> Case:
        """Take a case, or hold one's own for longer. The claim ends by itself.

        Raises:
            Held: somebody else works on it; `override` takes it from him.
            Refused: it is closed, or not there.
        """
        _check_name(moderator)
        key, now = await self._key(ref), self._clock.now()

        def job(connection: Any) -> Case | None:  # noqa: ANN401 - as above
            until = now + self._claim
            claimed = cases.claim(connection, key, moderator, until, now, override=override)
            if claimed is not None:
                cases.write(
                    connection, [self.ledger.record(CLAIMED, moderator, now, key, new={"until": until.isoformat()})]
                )
            return claimed

        claimed = await self._database.write(job)
        if claimed is None:
            # A decision of nothing says who was faster, or who holds it.
            await self.preview(ref, Note(moderator=moderator, text=CLAIMED))
            raise Refused("somebody was faster; look at the case again", "faster")
        return claimed

    async def next_case(
        self,
        moderator: str,
        filters: Filters | None = None,
        after: Case | None = None,
        *,
        lasts: timedelta | None = None,
    ) -> Case | None:
        """Claim the most urgent case that nobody works on, behind `after` if given; None where there is none.

        One statement finds and claims it, so no two moderators get the same one. `lasts`: how long, if not as usual.
        """
        _check_name(moderator)
        now = self._clock.now()

        def job(connection: Any) -> Case | None:  # noqa: ANN401 - as above
            until = now + (lasts or self._claim)
            claimed = cases.claim_next(connection, moderator, filters or Filters(), until, now, after=after)
            return self._note_claim(connection, claimed, moderator, now)

        return await self._database.write(job)

    def _note_claim(self, connection: Any, claimed: Case | None, moderator: str, now: datetime) -> Case | None:  # noqa: ANN401 - as above
        if claimed is not None and claimed.claimed_until is not None:
            new = {"until": claimed.claimed_until.isoformat()}
            cases.write(connection, [self.ledger.record(CLAIMED, moderator, now, claimed.id, new=new)])
        return claimed

    async def release(self, ref: str, moderator: str, *, override: bool = False) -> bool:
        """Let a case go; False where it was not held any more. A supervisor frees those of others with `override`."""
        key, now = await self._key(ref), self._clock.now()

        def job(connection: Any) -> bool:  # noqa: ANN401 - as above
            released = cases.release(connection, key, moderator, now, override=override)
            if released:
                cases.write(connection, [self.ledger.record(RELEASED, moderator, now, key)])
            return released

        return await self._database.write(job)

    # Looking

    async def page(
        self,
        filters: Filters,
        limit: int,
        after: Case | None = None,
        *,
        newest: bool = False,
        recent: bool = False,
    ) -> list[Entry]:
        """A page of the queue, the most urgent case first; `newest`: the last opened, `recent`: the last decided."""
        return await self._database.read(
            partial(cases.page, filters=filters, limit=limit, after=after, newest=newest, recent=recent),
        )

    async def find(self, ref: str) -> Case:
        """The case that a reference names; raises Refused where it names none, or several."""
        return await self._read(partial(find, text=ref))

    async def of_keys(self, keys: Sequence[int]) -> list[Case]:
        """The cases with these keys, in this order; what is not there is passed by. One statement."""
        return await self._database.read(partial(cases.of_keys, keys=keys))

    async def neighbours(self, case: Case, filters: Filters) -> tuple[Case | None, Case | None]:
        """The cases before and behind this one, in the order of urgency."""
        ahead = await self._database.read(partial(cases.before, filters=filters, item=case))
        behind = await self.page(filters, 1, case)
        return ahead, behind[0].case if behind else None

    async def counts(self, filters: Filters) -> list[cases.Count]:
        """How many cases of each kind there are, and how old they are; one statement."""
        return await self._database.read(partial(cases.count, filters=filters, now=self._clock.now()))

    async def picture(self, ref: str) -> Picture:
        """All that a decision about a case needs; raises Refused where there is none. For programs: unaudited."""
        now = self._clock.now()
        return await self._read(lambda connection: picture(connection, find(connection, ref), now))

    async def look(self, ref: str, moderator: str, *, reveal: bool = False) -> Picture:
        """The same for a person's eyes; that he looked stands in the audit log before he sees it."""
        seen = await self.picture(ref)
        await self.note_look(seen, moderator, reveal=reveal)
        return seen

    async def note_look(self, seen: Picture, moderator: str, *, reveal: bool = False, ahead: bool = False) -> None:
        """Write down that he looks: before he is shown it, and after it is known that he may.

        `reveal`: address and phone will be shown whole, and not masked. `ahead`: in his browser, and not shown yet.
        """
        _check_name(moderator)
        what = "revealed" if reveal else "loaded" if ahead else "viewed"
        record = self.ledger.record(what, moderator, self._clock.now(), seen.case.id)
        await self._database.write(partial(cases.write, records=[record]))

    def canned(self, seen: Picture) -> list[Canned]:
        """The canned replies that suit a case, as its subscriber would read them."""
        return self._wording.canned(seen, self.branch(seen.case.branch))

    def reasons(self, seen: Picture) -> list[Canned]:
        """The reasons to reject with, as the case's subscriber would read them."""
        return self._wording.reasons(seen)

    async def audit(
        self, ref: str = "", *, who: str = "", what: str = "", limit: int = 100, before: int = 0
    ) -> list[Record]:
        """What staff have seen and done, the newest first; `before` is the key of the last line seen."""
        key = await self._key(ref) if ref else None
        return await self._database.read(
            partial(cases.records, case_id=key, who=who, what=what, limit=limit, before=before)
        )

    def branch(self, code: str) -> Branch:
        """The branch with this code; the first one where a case belongs to none."""
        return self._branches.get(code) or next(iter(self._branches.values()))

    # Within a transaction

    async def _key(self, ref: str) -> int:
        return (await self.find(ref)).id

    async def _read(self, job: Callable[[Any], T]) -> T:
        try:
            return await self._database.read(job)
        except ReferenceRefused as error:
            raise Refused(str(error)) from error

    async def _settle(self, key: int, request: Request, *, version: int | None, override: bool) -> Outcome:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._database.write(
                    partial(self.settle, key=key, request=request, version=version, override=override)
                )
            except CaseTaken:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def settle(
        self,
        connection: Any,  # noqa: ANN401 - storage's Connection, which services may not import
        key: int,
        request: Request,
        *,
        version: int | None = None,
        override: bool = False,
        batch: Batch | None = None,
    ) -> Outcome:
        """Decide about the case with this key, inside a transaction: alone, or as a part of a bulk decision."""
        now = self._clock.now()

        def ruled(seen: Picture) -> tuple[Outcome, Changes | None]:
            outcome, ruling = self.rule(seen, request, now, version=version, override=override)
            return outcome, None if ruling.repeated else self.ledger.changes(seen, request, ruling, outcome, batch)

        bulk_id = None if batch is None else batch.id
        return settle(connection, key, ruled, now, elsewhere=_elsewhere(request), bulk_id=bulk_id)

    def rule(
        self, seen: Picture, request: Request, now: datetime, *, version: int | None = None, override: bool = False
    ) -> tuple[Outcome, Ruling]:
        """What a request comes to. Pure; raises as `decide` does."""
        branch = self.branch(seen.case.branch)
        try:
            check(seen, request, branch, now, version=version)
        except Held:
            if not override:
                raise
        self._wording.check(seen, request)
        seen = _within(seen, request)
        ruling = decide(seen, request, branch, now, confirm=self._confirm)
        text, untold = self._wording.say(seen, ruling, branch)
        if isinstance(request, Ask) and untold:
            raise Refused(f"he cannot be asked: {untold}", "cannot_ask", why=untold)
        outcome = Outcome(
            case=seen.case,
            action=ruling.action,
            at=now,
            account=seen.account.number if seen.account else "",
            serial=ruling.serial or (seen.meter.serial if seen.meter else ""),
            reading=ruling.reading,
            text=text,
            untold=untold,
            superseded=ruling.superseded,
            closed_too=ruling.closes_too,
            repeated=ruling.repeated,
        )
        return outcome, ruling


def _elsewhere(request: Request) -> Elsewhere | None:
    return request.elsewhere if isinstance(request, Correct) else None


def _within(seen: Picture, request: Request) -> Picture:
    """Without the account that it is not the moderator's to move a reading to, as if there were none."""
    target = seen.target
    if not isinstance(request, Correct) or not request.within or target is None or target.account is None:
        return seen
    return seen if target.account.branch in request.within else replace(seen, target=replace(target, account=None))


def _checked(request: Request) -> Request:
    _check_name(request.moderator)
    return tidy(request)


def _check_name(moderator: str) -> None:
    if not 0 < len(moderator) <= MODERATOR_LENGTH:
        raise Refused(f"a moderator's name has 1 to {MODERATOR_LENGTH} characters")
