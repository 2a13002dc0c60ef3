"""What each decision about a case means. Pure: a picture and a request give a ruling, or a refusal that says why."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from core.domain.accounts import Branch, Meter
from core.domain.readings import Code, Reading, Status
from core.domain.validation import Verdict, baseline, consumption, judge
from core.domain.windows import local_day
from core.services.moderation.repeats import canned_key, correction_note, repeat
from core.services.moderation.requests import (
    ANSWERED,
    APPROVED,
    ASKED,
    CORRECTED,
    ENDED,
    MERGED,
    NOTED,
    REJECTED,
    REPLIED,
    Approve,
    Ask,
    Close,
    Correct,
    Held,
    Merge,
    Moved,
    Note,
    Refused,
    Reject,
    Reply,
    Request,
    Ruling,
)
from core.storage.cases import OPEN, PENDING, Picture, Target

CONFIRM: Final = timedelta(hours=24)
"""How long a `ДА` confirms what was asked, where nothing else is set."""
SAME_REPLY: Final = timedelta(minutes=10)
"""Within it the same words by the same moderator are one reply, sent by a double click or an impatient finger."""

_DONE: Final = frozenset({Status.ACCEPTED, Status.EXPORTED})
_REPLACED: Final = frozenset({Status.ACCEPTED, *PENDING})
_SOUND: Final = frozenset({Code.ACCEPTED, Code.SAME_AS_PREVIOUS, Code.ROLLOVER, Code.TOO_LARGE})
"""Verdicts on corrected values that need no second thought."""


def decide(
    picture: Picture, request: Request, branch: Branch, now: datetime, *, confirm: timedelta = CONFIRM
) -> Ruling:
    """The ruling on a request. `confirm` is for how long a question to the subscriber stands.

    Raises:
        AlreadyDecided: the case is closed by another decision.
        Refused: the decision does not suit the case, or its values the meter.
    """
    if picture.case.state != OPEN:
        return repeat(picture, request, branch)
    match request:
        case Approve():
            ruling = _approve(picture, request, branch)
        case Correct():
            ruling = _correct(picture, request, branch)
        case Reject():
            ruling = _reject(picture, request)
        case Ask():
            ruling = _ask(picture, request, now + confirm)
        case Merge():
            ruling = _merge(picture, request)
        case Close():
            ruling = _end(picture, request)
        case Note():
            ruling = Ruling(action=NOTED, closes=False, note=request.text)
        case Reply():
            ruling = _reply(picture, request, now)
    return ruling


def check(picture: Picture, request: Request, branch: Branch, now: datetime, *, version: int | None) -> None:
    """Whether the case is the moderator's to decide, and as he has seen it. A closed one is for `decide` to judge.

    Raises:
        Held: somebody else works on it.
        Moved: it has changed since the version that the moderator has seen.
    """
    case = picture.case
    if case.state != OPEN:
        return
    if case.held(now) and case.claimed_by != request.moderator:
        assert case.claimed_until is not None  # noqa: S101 - what is held has an end
        until = _clock(case.claimed_until, branch)
        raise Held(
            f"{case.claimed_by} works on it until {until}; a supervisor may decide all the same",
            by=case.claimed_by,
            until=case.claimed_until,
        )
    if version is not None and version != case.version:
        last = picture.actions[-1] if picture.actions else None
        what = f": {last.action} by {last.moderator} at {_clock(last.at, branch)}" if last else ""
        raise Moved(f"the case has changed since you saw it{what}; look at it again")


def _approve(picture: Picture, request: Approve, branch: Branch) -> Ruling:
    reading = _waiting_reading(picture, "approve")
    _must_be_latest(picture, reading, branch)
    return _accept(picture, replace(reading, decided_by=request.moderator), APPROVED, "case-approved")


def _correct(picture: Picture, request: Correct, branch: Branch) -> Ruling:
    reading = _waiting_reading(picture, "correct")
    meter = _meter(picture, picture.target)
    if request.elsewhere is not None and meter.id != reading.meter_id:
        assert picture.target is not None  # noqa: S101 - `_meter` has found it there
        picture = replace(picture, readings=(*picture.target.readings, reading), related=())
        reading = replace(reading, account_id=meter.account_id, meter_id=meter.id)
    values = request.values or reading.values
    _must_fit(meter, values)
    if not request.force:
        _must_be_latest(picture, reading, branch)
    before = baseline(meter, picture.readings, reading.period, branch)
    verdict = judge(meter, before, values, local_day(branch, reading.sent_at), branch.limits)
    if verdict.code not in _SOUND and not request.force:
        raise Refused(
            f"{_doubt(verdict, before.values)}; add --force if the values are right all the same",
            "lower" if verdict.consumption is None else "doubtful",
            before=_shown(before.values),
            used=verdict.consumption,
        )
    corrected = replace(
        reading,
        values=values,
        typed=reading.typed or reading.values,
        consumption=consumption(before.values, values, meter.digits, meter.ratio),
        decided_by=request.moderator,
    )
    ruling = _accept(picture, corrected, CORRECTED, "case-corrected")
    return replace(ruling, note=correction_note(request), serial=meter.serial)


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
        return Ruling(action=ENDED, note=request.reason or request.code)
    return Ruling(
        action=REJECTED,
        note=request.reason or request.code,
        reading=replace(reading, status=Status.REJECTED, decided_by=request.moderator, asked_until=None),
        text_key="case-rejected",
        reason=request.reason,
        code=request.code,
    )


def _ask(picture: Picture, request: Ask, until: datetime) -> Ruling:
    """The reading waits for the subscriber once more; `overdue` hands it back to us when he keeps silent."""
    reading = _waiting_reading(picture, "ask about")
    return Ruling(
        action=ASKED,
        note=request.question,
        reading=replace(reading, status=Status.NEEDS_CONFIRMATION, asked_until=until),
        text_key="case-asked",
        reason=request.question,
    )


def _end(picture: Picture, request: Close) -> Ruling:
    reading = picture.reading
    if reading is not None and reading.status in PENDING:
        raise Refused("its reading waits, and its sender with it: approve, correct or reject it, or ask him", "waits")
    return Ruling(action=ENDED, note=request.note)


def _merge(picture: Picture, request: Merge) -> Ruling:
    """The others' readings, if they wait, have to be older ones of the same meter and month: this one's replaces them.

    Anything else would let a reading disappear that nobody has decided about.
    """
    known = {other.id: other for other in picture.related}
    others = tuple(known[key] for key in request.others if key in known)
    if not others or len(others) != len(request.others):
        raise Refused(
            "only open cases of the same account can be merged; those it has are listed as also open", "other_account"
        )
    replaced = []
    for other in others:
        if other.reading_id is None:
            continue
        reading = next((item for item in picture.readings if item.id == other.reading_id), None)
        if reading is not None and reading.status not in PENDING:
            continue
        if reading is None or not _replaces(picture.reading, reading):
            raise Refused(
                f"the reading of {other.reference} waits for a decision of its own; merge the older into it",
                "merge_waits",
                case=other.reference,
            )
        replaced.append(reading)
    return Ruling(
        action=MERGED,
        closes=False,
        note=", ".join(other.reference for other in others),
        superseded=tuple(replaced),
        closes_too=others,
        closes_as=MERGED,
    )


def _replaces(reading: Reading | None, older: Reading) -> bool:
    return (
        reading is not None
        and (reading.meter_id, reading.period) == (older.meter_id, older.period)
        and older.sent_at <= reading.sent_at
    )


def _meter(picture: Picture, target: Target | None) -> Meter:
    """The meter that a correction is about."""
    if target is None:
        if picture.meter is None:
            raise Refused("the meter of this case is not on file any more", "no_meter")
        return picture.meter
    if target.account is None:
        raise Refused("there is no account with this number", "no_account")
    open_ones = [meter for meter in target.meters if meter.closed_on is None]
    if len(open_ones) != 1:
        listed = ", ".join(meter.serial for meter in open_ones)
        if listed:
            raise Refused(f"say which meter: {listed}", "which_meter", meters=listed)
        raise Refused("the account has no such meter in use", "no_such_meter")
    return open_ones[0]


def _reply(picture: Picture, request: Reply, now: datetime) -> Ruling:
    last = picture.actions[-1] if picture.actions else None
    repeated = (
        last is not None
        and not request.close
        and (last.action, last.moderator, last.note) == (REPLIED, request.moderator, request.text or request.canned)
        and now - last.at <= SAME_REPLY
    )
    action = ANSWERED if request.close else REPLIED
    return Ruling(
        action=action,
        closes=request.close,
        note=request.text or request.canned,
        text_key=canned_key(request),
        words=request.text,
        repeated=repeated,
    )


def _waiting_reading(picture: Picture, verb: str) -> Reading:
    reading = picture.reading
    if reading is None:
        raise Refused(
            f"there is no reading to {verb}; `reply` answers the subscriber, `reject` closes the case", "no_reading"
        )
    if reading.status not in PENDING:
        raise Refused(
            f"its reading does not wait any more, it is {reading.status}; `reject` closes the case",
            "not_waiting",
            status=reading.status,
        )
    return reading


def _must_be_latest(picture: Picture, reading: Reading, branch: Branch) -> None:
    """The latest sent wins, so a moderator cannot bring older values back by accident."""
    for other in _rivals(picture, reading):
        if other.status in _DONE and other.sent_at > reading.sent_at:
            when = other.sent_at.astimezone(branch.timezone).strftime("%d.%m %H:%M")
            values = _shown(other.values)
            raise Refused(
                f"the subscriber sent newer values on {when}, {values}, and they count; `reject` closes this",
                "newer",
                when=when,
                newer=values,
            )


def _must_fit(meter: Meter, values: tuple[int, ...]) -> None:
    if len(values) != meter.zones:
        raise Refused(
            f"meter {meter.serial} has {meter.zones} zones, so it takes as many values, not {len(values)}",
            "zones",
            meter=meter.serial,
            zones=meter.zones,
            given=len(values),
        )
    for value in values:
        if not 0 <= value < 10**meter.digits:
            raise Refused(
                f"{value} has more than the {meter.digits} digits of meter {meter.serial}",
                "digits",
                value=value,
                digits=meter.digits,
                meter=meter.serial,
            )


def _doubt(verdict: Verdict, previous: tuple[int, ...]) -> str:
    before = _shown(previous)
    if verdict.consumption is None:
        return f"these values are lower than the previous {before}"
    return f"these values would mean {verdict.consumption} kWh since the previous {before}"


def _rivals(picture: Picture, reading: Reading) -> list[Reading]:
    """The meter's other readings of the same period."""
    return [other for other in picture.readings if other.id != reading.id and other.period == reading.period]


def _clock(moment: datetime, branch: Branch) -> str:
    """`16:05`, by the branch's clock."""
    return moment.astimezone(branch.timezone).strftime("%H:%M")


def _shown(values: tuple[int, ...]) -> str:
    return " / ".join(map(str, values))
