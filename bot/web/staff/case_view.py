"""A case for a person's eyes: what the template shows of a picture, masked and by the branch's clock. Pure."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from bot.web.staff.chart import chart
from bot.web.staff.queue_rows import hide
from bot.wording import daily, number, sender, values
from core.domain.accounts import Branch, mask
from core.domain.phones import mask_phone
from core.domain.privacy import mask_address
from core.domain.readings import Status
from core.domain.staff import Member
from core.domain.windows import local_day, period_text, place
from core.services.moderation import AlreadyDecided, Background, Held, Moved, Refused, Untold, background
from core.storage.cases import OPEN, PENDING, Case, Picture

Words = Mapping[str, Any]
ZONES: Final = {1: ("single",), 2: ("day", "night"), 3: ("peak", "night", "half")}
DAY: Final = "%d.%m.%Y"
MINUTE: Final = "%d.%m %H:%M"


def held_until(case: Case, branch: Branch) -> str:
    """When its claim ends, by the branch's clock."""
    return f"{case.claimed_until.astimezone(branch.timezone):%H:%M}" if case.claimed_until else ""


def view(seen: Picture, member: Member, branch: Branch, now: datetime, *, full: bool, words: Words) -> dict[str, Any]:
    """What the template needs, beside what one may do."""
    case, past, zone = seen.case, background(seen, branch), branch.timezone
    holder = case.claimed_by if case.held(now) else ""
    waits = seen.reading is not None and seen.reading.status in PENDING and case.state == OPEN
    until = held_until(case, branch) if holder else ""
    # Somebody without an account on file may want to be called back.
    is_phone = case.address.external_id.startswith("+")
    return {
        "case": case,
        "is_open": case.state == OPEN,
        "waits": waits,
        "holder": holder,
        "is_mine": holder == member.name,
        "until": until,
        "due": f"{case.due_at.astimezone(zone):{MINUTE}}",
        "is_late": case.state == OPEN and case.due_at <= now,
        "opened": f"{case.opened_at.astimezone(zone):{MINUTE}}",
        "closed": f"{case.closed_at.astimezone(zone):{MINUTE}}" if case.closed_at else "",
        "typed": _hidden(seen.typed, seen, full=full),
        "sender": case.address.external_id if full and is_phone else sender(case.address),
        "is_phone": is_phone,
        "why": why(seen, past, branch, words),
        "suggestion": past.verdict.suggestion if past and waits else (),
        "zones": ZONES[seen.meter.zones] if seen.meter else (),
        "values": seen.reading.values if seen.reading else (),
        "account": _account(seen, full=full),
        "meter": seen.meter,
        "verification": f"{seen.meter.verification_due:{DAY}}" if seen.meter and seen.meter.verification_due else "",
        "period": _period(seen, branch, now),
        "comparison": _comparison(seen, past),
        "chart": chart(seen.meter, seen.readings, case.reading_id, branch) if seen.meter else None,
        "history": _history(seen, branch),
        "dialogue": _dialogue(seen, zone, full=full),
        "actions": [
            {
                "at": f"{item.at.astimezone(zone):{MINUTE}}",
                "who": item.moderator,
                "what": item.action,
                "note": item.note,
            }
            for item in seen.actions
        ],
        "related": [other for other in seen.related if member.sees(other.branch)],
        "branch": branch,
    }


def why(seen: Picture, past: Background | None, branch: Branch, words: Words) -> str:
    """The rule that fired, with this meter's own figures."""
    known = words["case"]["why"]
    text = str(known.get(seen.case.kind, known["other"]))
    ratio = seen.meter.ratio if seen.meter else 1
    exported = [
        item
        for item in seen.readings
        if seen.reading and item.status is Status.EXPORTED and item.period == seen.reading.period
    ]
    figures = {
        "{daily}": daily(past.daily) if past and past.daily is not None else "—",
        "{limit}": number(branch.limits.hard_daily_kwh * ratio),
        "{before}": values(past.baseline.values) if past else "—",
        "{end}": "9" * (seen.meter.digits if seen.meter else 0),
        "{due}": f"{seen.meter.verification_due:{DAY}}" if seen.meter and seen.meter.verification_due else "—",
        "{exported}": values(exported[-1].values) if exported else "—",
        "{kind}": seen.case.kind,
    }
    for name, figure in figures.items():
        text = text.replace(name, figure)
    return text


def said_no(error: Refused, branch: Branch, words: Words) -> dict[str, str]:
    """Why a decision was refused, in the reader's language where it has words for it."""
    zone, known = branch.timezone, words["case"]["errors"]
    match error:
        case AlreadyDecided():
            done = words["acts"].get(error.decision, error.decision)
            text = known["decided"].replace("{who}", error.by).replace("{what}", done)
            return {"name": "decided", "text": text.replace("{at}", f"{error.at.astimezone(zone):%d.%m.%Y %H:%M}")}
        case Held():
            text = known["held"].replace("{who}", error.by)
            return {"name": "held", "text": text.replace("{until}", f"{error.until.astimezone(zone):%H:%M}")}
        case Moved():
            return {"name": "moved", "text": known["moved"]}
        case _:
            return {"name": "refused", "text": _in_words(error, words)}


def _in_words(error: Refused, words: Words) -> str:
    """A refusal's own words with its values; a test sees to it that every code has some."""
    text = str(words["refusals"].get(error.code, error))
    for name, value in error.values.items():
        known: Mapping[str, str] = words["refused_values"].get(name, {}) | words["channels"]
        key = value.name.lower() if isinstance(value, Untold) else str(value)
        text = text.replace(f"{{{name}}}", known.get(key, key))
    return text


def silence(untold: Untold | None, words: Words) -> str:
    """Why the subscriber is told nothing; empty where there is nothing to tell him."""
    return str(words["refused_values"]["why"][untold.name.lower()]) if untold else ""


def _hidden(text: str, seen: Picture, *, full: bool, ours: bool = False) -> str:
    """What was written, its numbers of the account, the meter and the telephone masked as they are elsewhere."""
    if full:
        return text
    account, meter = seen.account, seen.meter
    phone = account.phone if account else None
    return hide(text, account.number if account else None, meter.serial if meter else None, phone, ours=ours)


def _dialogue(seen: Picture, zone: tzinfo, *, full: bool) -> list[dict[str, Any]]:
    return [
        {
            "at": f"{line.at.astimezone(zone):{MINUTE}}",
            "ours": line.ours,
            "text": _hidden(line.text, seen, full=full, ours=line.ours),
            "note": line.note,
        }
        for line in seen.dialogue
    ]


def _account(seen: Picture, *, full: bool) -> dict[str, str] | None:
    account = seen.account
    if account is None:
        return None
    return {
        "number": account.number if full else mask(account.number),
        "address": account.address if full else mask_address(account.address),
        "phone": (account.phone or "") if full or not account.phone else mask_phone(account.phone),
        "same": "same" if account.phone == seen.case.address.external_id else "",
    }


def _period(seen: Picture, branch: Branch, now: datetime) -> dict[str, str]:
    first, last = branch.window
    found = {"window": f"{first}–{last}", "today": f"{local_day(branch, now):{DAY}}", "of": "", "inside": ""}
    if seen.reading is not None:
        inside = "inside" if place(branch, seen.reading.sent_at).inside else "outside"
        found |= {"of": period_text(seen.reading.period), "inside": inside}
    return found


def _comparison(seen: Picture, past: Background | None) -> dict[str, Any] | None:
    reading, meter = seen.reading, seen.meter
    if reading is None or meter is None or past is None or len(reading.values) != meter.zones:
        return None
    capacity: int = 10**meter.digits
    rows = []
    for index, name in enumerate(ZONES[meter.zones]):
        old, new = past.baseline.values[index], reading.values[index]
        rows.append(
            {
                "zone": name,
                "old": old,
                "new": new,
                "typed": reading.typed[index] if index < len(reading.typed) else "",
                "difference": f"+{number(new - old if new >= old else new - old + capacity)}",
                "restarted": new < old,
            }
        )
    usual = past.baseline.average_daily_kwh
    return {
        "rows": rows,
        "read_on": f"{past.baseline.read_on:{DAY}}",
        "typed": bool(reading.typed) and reading.typed != reading.values,
        "used": "" if reading.consumption is None else number(reading.consumption),
        "days": past.days,
        "daily": "" if past.daily is None else daily(past.daily),
        "usual": "" if usual is None else daily(usual),
    }


def _history(seen: Picture, branch: Branch) -> list[dict[str, str]]:
    """The newest first."""
    return [
        {
            "period": period_text(item.period),
            "day": f"{local_day(branch, item.sent_at):{DAY}}",
            "values": values(item.values),
            "used": "" if item.consumption is None else number(item.consumption),
            "status": item.status.value,
            "this": "this" if item.id == seen.case.reading_id else "",
        }
        for item in reversed(seen.readings)
    ]
