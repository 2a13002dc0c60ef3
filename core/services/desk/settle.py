"""What becomes of one meter's values: the rules of docs/architecture.md, one after another, into one item."""

from dataclasses import dataclass, field
from typing import Final

from core.domain.accounts import Account, Branch, Level, Meter
from core.domain.decisions import Decision, NewCase
from core.domain.readings import Code, Reading, Status
from core.domain.validation import Verdict, baseline, consumption, judge
from core.domain.windows import Placement, local_day, place
from core.services.desk.look_up import Match
from core.services.desk.scene import Scene

_DONE: Final = frozenset({Status.ACCEPTED, Status.EXPORTED})
_COUNTED: Final = _DONE | {Status.IN_REVIEW}

_STATUS: Final = {
    Code.ACCEPTED: Status.ACCEPTED,
    Code.SAME_AS_PREVIOUS: Status.ACCEPTED,
    Code.TOO_LARGE: Status.NEEDS_CONFIRMATION,
    Code.X10: Status.NEEDS_CONFIRMATION,
    Code.SWAPPED: Status.NEEDS_CONFIRMATION,
    Code.AMBIGUOUS: Status.NEEDS_CONFIRMATION,
    Code.PHYSICAL_LIMIT: Status.IN_REVIEW,
    Code.ROLLOVER: Status.IN_REVIEW,
    Code.VERIFICATION_EXPIRED: Status.IN_REVIEW,
    Code.CORRECTION_AFTER_EXPORT: Status.IN_REVIEW,
    Code.OUTDATED: Status.SUPERSEDED,
}
"""What a verdict stores; a code that is not here stores nothing."""

_REPLACED: Final = {
    Status.ACCEPTED: frozenset({Status.ACCEPTED, Status.IN_REVIEW, Status.NEEDS_CONFIRMATION}),
    Status.IN_REVIEW: frozenset({Status.IN_REVIEW, Status.NEEDS_CONFIRMATION}),
    Status.NEEDS_CONFIRMATION: frozenset({Status.NEEDS_CONFIRMATION}),
}
"""Which older readings a new one replaces, by the new one's status."""

_OUTDATES: Final = {
    Status.ACCEPTED: _DONE,
    Status.IN_REVIEW: _COUNTED,
    Status.NEEDS_CONFIRMATION: _COUNTED,
}
"""Which readings sent later make a new one pointless, by the new one's status: `_REPLACED` from the other side."""


@dataclass(slots=True, kw_only=True)
class Item:
    """One meter's part of the answer. `reading` is what is stored, or what was there already (a duplicate)."""

    account: Account
    meter: Meter
    level: Level
    code: Code
    values: tuple[int, ...]
    placement: Placement
    reading: Reading | None = None
    consumption: int | None = None
    previous: tuple[int, ...] = field(default=(), repr=False)
    renamed: bool = False
    new: bool = False
    changed: list[Reading] = field(default_factory=list)
    resent: bool = False
    case: NewCase | None = None


def settle(match: Match, scene: Scene, *, ask: bool) -> Item:
    """Judge one meter's values and prepare what is to be stored. `ask`: the text was too unclear to store unasked."""
    account, meter = match.account, match.meter
    branch = scene.rules.branch(account)
    placement = place(branch, scene.sent_at)
    item = Item(
        account=account,
        meter=meter,
        level=match.level,
        code=Code.ACCEPTED,
        values=match.values,
        placement=placement,
        renamed=match.renamed,
    )
    refusal = _refusal(match)
    if refusal is not None:
        item.code = refusal
        return item
    history = scene.facts.live(meter)
    repeated = _repeated(match.values, history, placement)
    if repeated is not None:
        item.code, item.reading = Code.DUPLICATE, repeated
        item.resent = _resent(repeated, scene, placement)
        return item
    if not placement.inside and branch.outside == "reject":
        item.code = Code.OUTSIDE_WINDOW
        return item
    pending = _pending(match.values, history, scene)
    if pending is not None and pending.code not in {Code.X10, Code.SWAPPED}:
        item.code, item.reading, item.values = pending.code, pending, pending.values
        item.consumption = pending.consumption
        return item
    before = baseline(meter, history, placement.period, branch)
    item.previous = before.values
    verdict = judge(meter, before, match.values, placement.day, branch.limits)
    if pending is not None and verdict.code in {Code.X10, Code.SWAPPED}:
        # The subscriber was asked and insists on what was typed.
        verdict = Verdict(Code.PHYSICAL_LIMIT, verdict.consumption)
    elif pending is not None:
        # The same, but the register has no room for what was typed: then it is refused.
        verdict = verdict._replace(suggestion=())
    _conclude(item, verdict, history, scene, ask=ask)
    return item


def confirm(reading: Reading, scene: Scene) -> Item | None:
    """A `ДА` to what was asked: accepted now, or in review where a rule still asks for a moderator."""
    account = scene.facts.account_by_id.get(reading.account_id)
    meters = scene.facts.meters.get(reading.account_id, ())
    meter = next((meter for meter in meters if meter.id == reading.meter_id), None)
    if account is None or meter is None:
        return None
    branch = scene.rules.branch(account)
    history = scene.facts.live(meter)
    item = Item(
        account=account,
        meter=meter,
        level=scene.level(account),
        code=Code.ACCEPTED,
        values=reading.values,
        placement=place(branch, reading.sent_at)._replace(period=reading.period),
        reading=reading,
        consumption=reading.consumption,
    )
    reading.decided_by = "subscriber"
    reading.status = Status.ACCEPTED
    code = _second_look(reading, history, meter, branch)
    item.code = code or Code.ACCEPTED
    reading.status = _STATUS[item.code]
    reading.code = code or reading.code
    item.changed = [reading, *_supersede(reading, history)]
    if reading.status is Status.IN_REVIEW:
        item.case = _case(item, reading)
    return item


def take(item: Item, scene: Scene, decision: Decision) -> Item:
    """Add an item to the decision, and to the facts, so that the next message sees it."""
    if item.new and item.reading is not None:
        decision.readings.append(item.reading)
        scene.facts.add(item.reading)
    decision.changed += item.changed
    if item.resent and item.reading is not None:
        decision.resent.append(item.reading)
    if item.case is not None:
        item.case.text = decision.text
        item.case.language = scene.language
        decision.cases.append(item.case)
    return item


def _refusal(match: Match) -> Code | None:
    """Rules that need no history."""
    meter = match.meter
    if meter.closed_on is not None:
        return Code.METER_ARCHIVED
    if meter.automatic:
        return Code.METER_AUTOMATIC
    if len(match.values) < meter.zones:
        return Code.FEW_VALUES
    if len(match.values) > meter.zones:
        return Code.EXTRA_VALUES
    return None


def _repeated(values: tuple[int, ...], history: list[Reading], placement: Placement) -> Reading | None:
    """The reading on file that this one repeats: a phone, a gateway or a robot sent it again, perhaps days later.

    Outside a window the repeat of what was last accepted is that repeat; inside the next one it is a reading of its
    own, with no consumption.
    """
    counted = [reading for reading in history if reading.status in _COUNTED]
    if not counted:
        return None
    latest = counted[-1]
    if latest.values != values:
        return None
    return latest if latest.period == placement.period or not placement.inside else None


def _resent(reading: Reading, scene: Scene, placement: Placement) -> bool:
    """Move the time of sending on, so that a correction sent in between and handled later does not win."""
    may_move = reading.status is not Status.EXPORTED and reading.period == placement.period
    if not may_move or scene.sent_at <= reading.sent_at:
        return False
    reading.sent_at = scene.sent_at
    return True


def _pending(values: tuple[int, ...], history: list[Reading], scene: Scene) -> Reading | None:
    """The question already asked about these very values."""
    for reading in scene.facts.waiting(scene.address, scene.now):
        if reading in history and (reading.typed or reading.values) == values:
            return reading
    return None


def _conclude(item: Item, verdict: Verdict, history: list[Reading], scene: Scene, *, ask: bool) -> None:
    """Turn a verdict into a reading, what it supersedes, and a case."""
    meter, branch = item.meter, scene.rules.branch(item.account)
    item.code, item.consumption = verdict.code, verdict.consumption
    if verdict.code is Code.TOO_MANY_DIGITS and verdict.suggestion:
        item.code = Code.X10
    if item.code not in _STATUS:
        return
    typed: tuple[int, ...] = ()
    if verdict.suggestion:
        typed, item.values = item.values, verdict.suggestion
        item.consumption = consumption(item.previous, item.values, meter.digits, meter.ratio)
    reading = Reading(
        id=scene.new_key(),
        account_id=item.account.id,
        meter_id=meter.id,
        period=item.placement.period,
        values=item.values,
        consumption=item.consumption,
        status=_STATUS[item.code],
        code=item.code,
        address=scene.address,
        sent_at=scene.sent_at,
        received_at=scene.received_at,
        typed=typed,
    )
    second = _second_look(reading, history, meter, branch)
    if second is None and ask and reading.status is Status.ACCEPTED:
        second = Code.AMBIGUOUS
    if second is not None:
        item.code = reading.code = second
        reading.status = _STATUS[second]
    if reading.status is Status.NEEDS_CONFIRMATION:
        reading.asked_until = scene.now + scene.rules.policy.confirm
    if reading.status is Status.IN_REVIEW:
        item.case = _case(item, reading)
    item.reading, item.new = reading, True
    item.changed = _supersede(reading, history)


def _second_look(reading: Reading, history: list[Reading], meter: Meter, branch: Branch) -> Code | None:
    """Rules about what is on file for the same period, and about the meter; they come before accepting."""
    same = [other for other in history if other.period == reading.period and other is not reading]
    outdating = _OUTDATES[reading.status]
    if any(other.sent_at > reading.sent_at and other.status in outdating for other in same):
        return Code.OUTDATED
    if reading.status is Status.IN_REVIEW:
        return None
    if reading.code in {Code.X10, Code.SWAPPED, Code.TOO_LARGE} and not reading.decided_by:
        return None
    if any(other.status is Status.EXPORTED for other in same):
        return Code.CORRECTION_AFTER_EXPORT
    due = meter.verification_due
    if due is not None and due < local_day(branch, reading.sent_at) and branch.expired_verification == "review":
        return Code.VERIFICATION_EXPIRED
    return None


def _supersede(reading: Reading, history: list[Reading]) -> list[Reading]:
    """Older readings that the new one replaces. The latest sent wins, whatever order they are handled in.

    An accepted one stays beside a question or a case about its correction, until that is decided.
    """
    if reading.status is Status.SUPERSEDED:
        return []
    replaced = _REPLACED[reading.status]
    older = [
        other
        for other in history
        if other is not reading
        and other.status in replaced
        and other.sent_at <= reading.sent_at
        and (other.period == reading.period or other.status is Status.NEEDS_CONFIRMATION)
    ]
    for other in older:
        other.status = Status.SUPERSEDED
    return older


def _case(item: Item, reading: Reading) -> NewCase:
    return NewCase(
        kind=reading.code.value,
        branch=item.account.branch,
        account_id=item.account.id,
        meter_id=item.meter.id,
        reading_id=reading.id,
    )
