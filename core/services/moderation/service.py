"""Takes decisions about cases: each in one transaction, told to the subscriber, and harmless to repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from core.domain.accounts import Branch, Branches, mask
from core.domain.keys import Keys, reference
from core.domain.lengths import measure
from core.domain.messages import Capabilities
from core.domain.privacy import FORGOTTEN, unfit
from core.domain.readings import Reading
from core.ports.clock import Clock
from core.services.fitting import fit
from core.services.moderation.decisions import (
    SUPERSEDED,
    Approve,
    Correct,
    Refused,
    Reject,
    Reply,
    Request,
    Ruling,
    decide,
)
from core.services.texts import Texts
from core.storage.cases import (
    Action,
    Case,
    CaseTaken,
    Changes,
    Entry,
    Filters,
    Message,
    Picture,
    ReferenceRefused,
    find,
    page,
    picture,
    settle,
)
from core.storage.database import Database

LANGUAGE: Final = "ru"
MODERATOR_LENGTH: Final = 60
ATTEMPTS: Final = 3
"""How often a decision is taken anew when another one was committed in between; the second time it sees that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a decision came to, for whoever took it."""

    case: Case
    action: str
    at: datetime
    account: str = field(repr=False)
    serial: str = field(repr=False)
    reading: Reading | None
    text: str = field(repr=False)
    """What the subscriber is told."""
    untold: str
    """Why he is told nothing, where he should be."""
    superseded: tuple[Reading, ...]
    closed_too: tuple[Case, ...]
    repeated: bool
    """The same moderator has decided so before; nothing was changed or sent again."""


class Moderation:
    """The queue's service. One for each process: it makes keys, and those are not for sharing."""

    def __init__(
        self,
        database: Database,
        *,
        branches: Branches,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        clock: Clock,
    ) -> None:
        self._database = database
        self._branches = branches
        self._texts = texts
        self._capabilities = capabilities
        self._clock = clock
        self._keys = Keys()

    async def approve(self, ref: str, moderator: str) -> Outcome:
        """Accept the values of a case's reading.

        Raises:
            Refused: the case is not there, or decided otherwise, or has no reading that waits.
        """
        return await self._decide(ref, Approve(moderator=moderator))

    async def correct(
        self, ref: str, values: Sequence[int], moderator: str, note: str = "", *, force: bool = False
    ) -> Outcome:
        """Accept other values in place of the reading's; raises as `approve` does, and where they do not fit the meter.

        `force` stores values that look wrong themselves: lower than before, or beyond the hard limit.
        """
        tidy = " ".join(note.split())
        return await self._decide(ref, Correct(moderator=moderator, values=tuple(values), note=tidy, force=force))

    async def reject(self, ref: str, reason: str, moderator: str) -> Outcome:
        """Refuse the reading and tell the subscriber why; without a reading that waits, close the case silently."""
        tidy = " ".join(reason.split()).rstrip(" .")
        if not tidy:
            raise Refused("a rejection needs a reason: the subscriber reads it")
        return await self._decide(ref, Reject(moderator=moderator, reason=tidy[:1].upper() + tidy[1:]))

    async def reply(self, ref: str, text: str, moderator: str, *, close: bool = False) -> Outcome:
        """Write to the subscriber in the moderator's own words, and close the case if asked to."""
        tidy = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
        if not tidy:
            raise Refused("there is nothing to send: the text is empty")
        return await self._decide(ref, Reply(moderator=moderator, text=tidy, close=close))

    async def page(
        self, filters: Filters, limit: int, after: Case | None = None, *, newest: bool = False
    ) -> list[Entry]:
        """A page of the queue, the oldest case first."""
        return await self._database.read(
            partial(page, filters=filters, limit=limit, after=after, newest=newest),
        )

    async def picture(self, ref: str) -> Picture:
        """All that a decision about a case needs; raises Refused where there is no such case."""
        now = self._clock.now()
        try:
            return await self._database.read(lambda connection: picture(connection, find(connection, ref), now))
        except ReferenceRefused as error:
            raise Refused(str(error)) from error

    def branch(self, code: str) -> Branch:
        """The branch with this code; the first one where a case belongs to none."""
        return self._branches.get(code) or next(iter(self._branches.values()))

    async def _decide(self, ref: str, request: Request) -> Outcome:
        if not 0 < len(request.moderator) <= MODERATOR_LENGTH:
            raise Refused(f"a moderator's name has 1 to {MODERATOR_LENGTH} characters")
        now = self._clock.now()
        try:
            key = (await self._database.read(partial(find, text=ref))).id
        except ReferenceRefused as error:
            raise Refused(str(error)) from error
        decision = partial(settle, key=key, decide=partial(self._rule, request=request, now=now), now=now)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._database.write(decision)
            except CaseTaken:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _rule(self, seen: Picture, request: Request, now: datetime) -> tuple[Outcome, Changes | None]:
        """Decide, and turn the ruling into rows. Runs inside the transaction."""
        ruling = decide(seen, request, self.branch(seen.case.branch), now)
        text, untold = self._say(seen, ruling)
        outcome = Outcome(
            case=seen.case,
            action=ruling.action,
            at=now,
            account=seen.account.number if seen.account else "",
            serial=seen.meter.serial if seen.meter else "",
            reading=ruling.reading,
            text=text,
            untold=untold,
            superseded=ruling.superseded,
            closed_too=ruling.closes_too,
            repeated=ruling.repeated,
        )
        return outcome, None if ruling.repeated else self._changes(seen.case, request, ruling, text, now)

    def _changes(self, case: Case, request: Request, ruling: Ruling, text: str, now: datetime) -> Changes:
        message = Message(id=self._keys.new(now), to=case.address, text=text) if text else None
        replaced_by = f"replaced by {case.reference}"
        action = partial(Action, at=now, moderator=request.moderator)
        return Changes(
            action=action(
                id=self._keys.new(now),
                case_id=case.id,
                action=ruling.action,
                note=ruling.note,
                outbox_id=message.id if message else None,
            ),
            decision=ruling.action if ruling.closes else "",
            reading=ruling.reading,
            superseded=tuple(other.id for other in ruling.superseded),
            closes_too=tuple(
                action(id=self._keys.new(now), case_id=other.id, action=SUPERSEDED, note=replaced_by)
                for other in ruling.closes_too
            ),
            message=message,
        )

    def _say(self, seen: Picture, ruling: Ruling) -> tuple[str, str]:
        """What the subscriber is told, or why he is told nothing.

        Raises:
            Refused: the moderator's words do not fit the channel; cut short they might say something else. Or they hold
                what a restricted channel must not carry.
        """
        if not (ruling.words or ruling.text_key):
            return "", ""
        if seen.case.address.external_id == FORGOTTEN:
            return "", "the subscriber asked to be forgotten"
        channel = seen.case.address.channel
        capabilities = self._capabilities.get(channel)
        if capabilities is None:
            return "", f"the channel {channel} is not set up here"
        own = f"{ruling.words} {ruling.reason}"
        found = unfit(own, seen.account.address if seen.account else "", capabilities)
        if found:
            raise Refused(f"{channel} must not carry {found} ([privacy] in the configuration); say it without, or call")
        variants = self._variants(seen, ruling)
        text = fit(variants, capabilities)
        if text in variants:
            return text, ""
        size = measure(variants[-1], capabilities.text_unit)
        unit = capabilities.text_unit
        raise Refused(f"too long for {channel}: {size} {unit}, {capabilities.text_limit} fit; say it in fewer words")

    def _variants(self, seen: Picture, ruling: Ruling) -> tuple[str, ...]:
        if ruling.words:
            return (_masked(ruling.words, seen),)
        reading = ruling.reading
        assert reading is not None  # noqa: S101 - only readings have texts of ours
        return self._texts.variants(
            LANGUAGE,
            ruling.text_key,
            meter=mask(seen.meter.serial) if seen.meter else "",
            values=self._values(reading.values),
            reference=reference(reading.id),
            month=reading.period % 100,
            reason=_masked(ruling.reason, seen),
        )

    def _values(self, values: Sequence[int]) -> str:
        """`показание 5778`, or `день 5778, ночь 2542`, as the desk says it."""
        named = {f"t{number}": str(value) for number, value in enumerate(values, 1)}
        return self._texts.render(LANGUAGE, f"values-{len(values)}", **named)


def _masked(words: str, seen: Picture) -> str:
    """The words with the account's and the meter's numbers shortened: we cannot know who holds the telephone."""
    for number in (seen.account.number if seen.account else "", seen.meter.serial if seen.meter else ""):
        if number:
            words = words.replace(number, mask(number))
    return words
