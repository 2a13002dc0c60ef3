"""Why a case is open, in plain words: the rule that fired, with this meter's own figures."""

from collections.abc import Callable
from typing import Final

from bot.cli.queue.words import day, kind_words, minute
from bot.wording import daily, number, values
from core.domain.accounts import Branch
from core.domain.readings import Status
from core.services.moderation import Background
from core.storage.cases import OPEN, Picture

Reason = Callable[[Picture, Background, Branch], str]


def why(seen: Picture, past: Background | None, branch: Branch) -> str:
    """The reason of the case, and where the rules see one, the way out."""
    case = seen.case
    if case.state != OPEN:
        when = f", {minute(case.closed_at, branch.timezone)}" if case.closed_at else ""
        return f"It was {kind_words(case.kind).rstrip('?')}; {case.decision} by {case.decided_by}{when}."
    simple = _SIMPLE.get(case.kind)
    if simple is not None:
        return simple
    reason = _REASONS.get(case.kind)
    if reason is None or past is None:
        return f"The rule `{case.kind}` fired."
    return reason(seen, past, branch) + _hint(past)


def _physical_limit(seen: Picture, past: Background, branch: Branch) -> str:  # noqa: ARG001 - the table's signature
    ratio = seen.meter.ratio if seen.meter else 1
    limit = past.limits.hard_daily_kwh * ratio
    return (
        f"{daily(past.daily or 0)} kWh a day is beyond the hard limit of {number(limit)}. A wrong digit, a wrong meter?"
    )


def _rollover(seen: Picture, past: Background, branch: Branch) -> str:  # noqa: ARG001 - the table's signature
    digits = seen.meter.digits if seen.meter else 0
    end = "9" * digits
    return f"The register stood near its end at {values(past.baseline.values)} and seems to have passed {end}."


def _expired(seen: Picture, past: Background, branch: Branch) -> str:  # noqa: ARG001 - the table's signature
    due = seen.meter.verification_due if seen.meter else None
    since = f" on {day(due)}" if due else ""
    return f"The meter's verification ran out{since}. The values themselves are plausible."


def _after_export(seen: Picture, past: Background, branch: Branch) -> str:  # noqa: ARG001 - the table's signature
    period = seen.reading.period if seen.reading else 0
    exported = [item for item in seen.readings if item.status is Status.EXPORTED and item.period == period]
    if not exported:
        return "Billing has another reading of this month already."
    last = exported[-1]
    return (
        f"Billing has {values(last.values)} for this month already, sent {minute(last.sent_at, branch.timezone)}. "
        "Approved, these values go out with the next export."
    )


def _unconfirmed(seen: Picture, past: Background, branch: Branch) -> str:  # noqa: ARG001 - the table's signature
    typed = seen.reading.typed if seen.reading else ()
    asked = f"whether {values(typed)} should be {values(seen.reading.values)}" if typed and seen.reading else ""
    doubt = f", {daily(past.daily)} kWh a day" if past.daily is not None and not asked else ""
    return f"We asked {asked or 'whether the values are right'}{doubt}, and nobody answered."


def _hint(past: Background) -> str:
    """What the rules would rather believe."""
    suggestion = past.verdict.suggestion
    return f" {values(suggestion)} would be plausible." if suggestion else ""


_REASONS: Final[dict[str, Reason]] = {
    "physical_limit": _physical_limit,
    "rollover": _rollover,
    "verification_expired": _expired,
    "correction_after_export": _after_export,
    "unconfirmed": _unconfirmed,
}
_SIMPLE: Final = {
    "hand_over": "Several messages today could not be read; the subscriber gets no more hints and needs a person.",
    "failed_event": "We failed to handle the message. Nothing was stored from it; the log has the traceback.",
    "payment_mismatch": (
        "The provider says that money came, and sum, currency, order or test mode are not what we asked for. Nothing "
        "was credited: compare it with the provider's own pages before anything else."
    ),
    "payment_twice": "More was paid than was owed. Both payments count; ask whether the second should go back.",
    "undelivered": "Our reply could not be delivered, so the subscriber may not know what became of his message.",
}
