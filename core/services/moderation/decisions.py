"""What each decision about a case means. Pure: a picture and a request give a ruling, or a refusal that says why."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core.domain.accounts import Branch, Meter
from core.domain.readings import Code, Reading, Status
from core.domain.validation import Verdict, baseline, consumption, judge
from core.domain.windows import local_day
from core.storage.cases import OPEN, PENDING, Case, Picture

APPROVED: Final = "approved"
CORRECTED: Final = "corrected"
REJECTED: Final = "rejected"
ANSWERED: Final = "answered"
"""Closed with a reply in the moderator's own words."""
ENDED: Final = "closed"
"""Closed without a word to the subscriber: there was no reading to reject, or it is not waiting any more."""
SUPERSEDED: Final = "superseded"
REPLIED: Final = "replied"
"""An action that leaves the case open."""

SAME_REPLY: Final = timedelta(minutes=10)
"""Within it the same words by the same moderator are one reply, sent by a double click or an impatient finger."""

_DONE: Final = frozenset({Status.ACCEPTED, Status.EXPORTED})
_REPLACED: Final = frozenset({Status.ACCEPTED, *PENDING})
_SOUND: Final = frozenset({Code.ACCEPTED, Code.SAME_AS_PREVIOUS, Code.ROLLOVER, Code.TOO_LARGE})
"""Verdicts on corrected values that need no second thought."""


class Refused(Exception):
    """The decision cannot be taken; the text says why, and what to do instead."""


class AlreadyDecided(Refused):
    """Another decision was taken before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """The values are right."""

    moderator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Other values are right."""

    moderator: str
    values: tuple[int, ...]
    note: str = ""
    force: bool = False
    """Store them although they look wrong themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """The values are not taken; without a reading to reject, the case is closed and the reason stays with us."""

    moderator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message in the moderator's own words."""

    moderator: str
    text: str
    close: bool = False


Request = Approve | Correct | Reject | Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a request comes to."""

    action: str
    closes: bool = True
    note: str = ""
    reading: Reading | None = None
    """With its new state."""
    superseded: tuple[Reading, ...] = ()
    closes_too: tuple[Case, ...] = ()
    text_key: str = ""
    """What the subscriber is told: a text of ours, or `words`; nothing at all where both are empty."""
    reason: str = ""
    words: str = ""
    repeated: bool = False
    """The same was decided before by the same moderator: nothing is to be stored."""


def decide(picture: Picture, request: Request, branch: Branch, now: datetime) -> Ruling:
    """The ruling on a request.

    Raises:
        AlreadyDecided: the case is closed by another decision.
        Refused: the decision does not suit the case, or its values the meter.
    """
    if picture.case.state != OPEN:
        return _repeat(picture, request, branch)
    if isinstance(request, Approve):
        return _approve(picture, request, branch)
    if isinstance(request, Correct):
        return _correct(picture, request, branch)
    if isinstance(request, Reject):
        return _reject(picture, request)
    return _reply(picture, request, now)


def _approve(picture: Picture, request: Approve, branch: Branch) -> Ruling:
    reading = _waiting_reading(picture, "approve")
    _must_be_latest(picture, reading, branch)
    return _accept(picture, replace(reading, decided_by=request.moderator), APPROVED, "case-approved")


def _correct(picture: Picture, request: Correct, branch: Branch) -> Ruling:
    reading, meter = _waiting_reading(picture, "correct"), picture.meter
    if meter is None:
        raise Refused("the meter of this case is not on file any more")
    _must_fit(meter, request.values)
    if not request.force:
        _must_be_latest(picture, reading, branch)
    before = baseline(meter, picture.readings, reading.period, branch)
    verdict = judge(meter, before, request.values, local_day(branch, reading.sent_at), branch.limits)
    if verdict.code not in _SOUND and not request.force:
        raise Refused(f"{_doubt(verdict, before.values)}; add --force if the values are right all the same")
    corrected = replace(
        reading,
        values=request.values,
        typed=reading.typed or reading.values,
        consumption=consumption(before.values, request.values, meter.digits, meter.ratio),
        decided_by=request.moderator,
    )
    ruling = _accept(picture, corrected, CORRECTED, "case-corrected")
    return replace(ruling, note=_correction_note(request))


def _accept(picture: Picture, reading: Reading, action: str, text_key: str) -> Ruling:
    """The reading counts from now on; what it replaces does not, nor need anybody decide about that."""
    rivals = _rivals(picture, reading)
    replaced = tuple(other for other in rivals if other.status in _REPLACED and other.sent_at <= reading.sent_at)
    ids = {other.id for other in replaced}
    exported = any(other.status is Status.EXPORTED for other in rivals)
    return Ruling(
        action=action,
        reading=replace(
            reading,
            status=Status.ACCEPTED,
            code=Code.CORRECTION_AFTER_EXPORT if exported else reading.code,
            asked_until=None,
        ),
        superseded=replaced,
        closes_too=tuple(other for other in picture.related if other.reading_id in ids),
        text_key=text_key,
    )


def _reject(picture: Picture, request: Reject) -> Ruling:
    reading = picture.reading
    if reading is None or reading.status not in PENDING:
        return Ruling(action=ENDED, note=request.reason)
    return Ruling(
        action=REJECTED,
        note=request.reason,
        reading=replace(reading, status=Status.REJECTED, decided_by=request.moderator, asked_until=None),
        text_key="case-rejected",
        reason=request.reason,
    )


def _reply(picture: Picture, request: Reply, now: datetime) -> Ruling:
    last = picture.actions[-1] if picture.actions else None
    repeated = (
        last is not None
        and not request.close
        and (last.action, last.moderator, last.note) == (REPLIED, request.moderator, request.text)
        and now - last.at <= SAME_REPLY
    )
    action = ANSWERED if request.close else REPLIED
    return Ruling(action=action, closes=request.close, note=request.text, words=request.text, repeated=repeated)


def _repeat(picture: Picture, request: Request, branch: Branch) -> Ruling:
    """The same answer again to whoever repeats himself; the news to everybody else."""
    case, last = picture.case, picture.actions[-1] if picture.actions else None
    if last is not None and case.decided_by == request.moderator and _same(request, case.decision, last.note):
        ruling = Ruling(action=case.decision, note=last.note, reading=picture.reading, repeated=True)
        key = {APPROVED: "case-approved", CORRECTED: "case-corrected", REJECTED: "case-rejected"}.get(case.decision, "")
        words = request.text if isinstance(request, Reply) else ""
        return replace(ruling, text_key=key, reason=last.note, words=words)
    at = case.closed_at or case.opened_at
    when = at.astimezone(branch.timezone).strftime("%d.%m.%Y %H:%M")
    raise AlreadyDecided(f"already decided by {case.decided_by or 'somebody'} at {when}: {case.decision or 'closed'}")


def _same(request: Request, decision: str, note: str) -> bool:
    if isinstance(request, Approve):
        return decision == APPROVED
    if isinstance(request, Correct):
        return decision == CORRECTED and note == _correction_note(request)
    if isinstance(request, Reject):
        return decision in {REJECTED, ENDED} and note == request.reason
    return request.close and decision == ANSWERED and note == request.text


def _waiting_reading(picture: Picture, verb: str) -> Reading:
    reading = picture.reading
    if reading is None:
        raise Refused(f"there is no reading to {verb}; `reply` answers the subscriber, `reject` closes the case")
    if reading.status not in PENDING:
        raise Refused(f"its reading does not wait any more, it is {reading.status}; `reject` closes the case")
    return reading


def _must_be_latest(picture: Picture, reading: Reading, branch: Branch) -> None:
    """The latest sent wins, so a moderator cannot bring older values back by accident."""
    for other in _rivals(picture, reading):
        if other.status in _DONE and other.sent_at > reading.sent_at:
            when = other.sent_at.astimezone(branch.timezone).strftime("%d.%m %H:%M")
            values = " / ".join(map(str, other.values))
            raise Refused(f"the subscriber sent newer values on {when}, {values}, and they count; `reject` closes this")


def _must_fit(meter: Meter, values: tuple[int, ...]) -> None:
    if len(values) != meter.zones:
        raise Refused(f"meter {meter.serial} has {meter.zones} zones, so it takes as many values, not {len(values)}")
    for value in values:
        if not 0 <= value < 10**meter.digits:
            raise Refused(f"{value} has more than the {meter.digits} digits of meter {meter.serial}")


def _doubt(verdict: Verdict, previous: tuple[int, ...]) -> str:
    before = " / ".join(map(str, previous))
    if verdict.consumption is None:
        return f"these values are lower than the previous {before}"
    return f"these values would mean {verdict.consumption} kWh since the previous {before}"


def _rivals(picture: Picture, reading: Reading) -> list[Reading]:
    """The meter's other readings of the same period."""
    return [other for other in picture.readings if other.id != reading.id and other.period == reading.period]


def _correction_note(request: Correct) -> str:
    values = " ".join(map(str, request.values))
    return f"{values}: {request.note}" if request.note else values
