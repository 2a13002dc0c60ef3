"""One case on one screen: everything needed to decide, and the commands to type next."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.context import Row
from bot.cli.queue.listing import case_row
from bot.cli.queue.reasons import why
from bot.cli.queue.words import ZONES, age, day, kind_words, minute, one_line
from bot.wording import daily, number, sender, values
from core.domain.accounts import Branch
from core.domain.decisions import UNDELIVERED
from core.domain.phones import mask_phone
from core.domain.privacy import mask_address
from core.domain.readings import Reading, Status
from core.domain.windows import local_day, period_text, place
from core.services.moderation import Background
from core.storage.cases import OPEN, PENDING, Picture

HISTORY: Final = 6
"""Readings shown; `--json` has those of 13 months."""
MESSAGES: Final = 6
STATUS_COLOURS: Final = {
    Status.ACCEPTED: "green",
    Status.EXPORTED: "green",
    Status.REJECTED: "red",
    Status.IN_REVIEW: "yellow",
    Status.NEEDS_CONFIRMATION: "yellow",
}


def screen(seen: Picture, past: Background | None, branch: Branch, now: datetime, *, full: bool) -> RenderableType:
    """The case for people."""
    zone = branch.timezone
    parts: list[RenderableType] = [_title(seen, now), Text(), _facts(seen, past, branch, now, full=full)]
    if past is not None:
        parts += [Text(), _comparison(seen, past)]
    for heading, body in (
        ("History", _history(seen, branch)),
        ("Dialogue", _dialogue(seen, zone)),
        ("Actions", _actions(seen, zone)),
        ("Also open", _related(seen)),
        ("Next", _next(seen, past)),
    ):
        if body is not None:
            parts += [Text(), Text(heading, "bold"), body]
    return Group(*parts)


def card(seen: Picture, past: Background | None, branch: Branch, now: datetime) -> RenderableType:
    """The case in a few lines, for the stream: why it is open, what was written, and the values side by side."""
    facts = _grid()
    facts.add_row(Text("Why", "dim"), Text(why(seen, past, branch)))
    if seen.typed:
        facts.add_row(Text("Typed", "dim"), Text(one_line(seen.typed), "bold"))
    parts: list[RenderableType] = [_title(seen, now), facts]
    return Group(*parts, *([] if past is None else [_comparison(seen, past)]))


def picture_row(seen: Picture, past: Background | None, *, full: bool) -> Row:
    """The case for programs: the whole history."""
    account, meter = seen.account, seen.meter
    return case_row(seen.case) | {
        "typed": seen.typed,
        "account": account
        and {
            "number": account.number,
            "branch": account.branch,
            "address": account.address if full else mask_address(account.address),
            "phone": account.phone if full else _phone(account.phone),
        },
        "meter": meter
        and {
            "serial": meter.serial,
            "zones": meter.zones,
            "digits": meter.digits,
            "ratio": meter.ratio,
            "billed": meter.billed,
            "read_on": meter.read_on,
            "verification_due": meter.verification_due,
        },
        "reading": seen.reading and _reading_row(seen.reading),
        "previous": past
        and {
            "values": past.baseline.values,
            "read_on": past.baseline.read_on,
            "days": past.days,
            "daily_kwh": past.daily,
            "usual_daily_kwh": past.baseline.average_daily_kwh,
        },
        "suggestion": past and past.verdict.suggestion,
        "readings": [_reading_row(item) for item in seen.readings],
        "dialogue": [
            {"at": line.at, "from": "us" if line.ours else "subscriber", "text": line.text, "note": line.note}
            for line in seen.dialogue
        ],
        "actions": [
            {"at": item.at, "moderator": item.moderator, "action": item.action, "note": item.note}
            for item in seen.actions
        ],
        "related": [case_row(item) for item in seen.related],
    }


def _reading_row(item: Reading) -> Row:
    return {
        "period": period_text(item.period),
        "values": item.values,
        "typed": item.typed,
        "consumption": item.consumption,
        "status": item.status.value,
        "code": item.code.value,
        "sent_at": item.sent_at,
        "decided_by": item.decided_by,
    }


def _title(seen: Picture, now: datetime) -> Text:
    case = seen.case
    title = Text.assemble(("Case ", "bold"), (case.reference, "bold cyan"), "  ", (kind_words(case.kind), "bold"))
    if case.held(now):
        title.append(f"  {case.claimed_by} works on it", "magenta")
    if case.state == OPEN:
        return title.append(f"  open for {age(case.opened_at, now)}", "yellow")
    return title.append(f"  {case.decision} by {case.decided_by}", "green")


def _facts(seen: Picture, past: Background | None, branch: Branch, now: datetime, *, full: bool) -> Table:
    grid = _grid()
    reply = seen.case.text if seen.case.kind == UNDELIVERED else ""
    for name, text, style in (
        ("Why", why(seen, past, branch), ""),
        ("Typed", one_line(seen.typed) if seen.typed != reply else "", "bold"),
        ("Reply", one_line(reply), "bold"),
        ("Sent", _sent(seen, branch.timezone), ""),
        ("Account", _account(seen, full=full), ""),
        ("Meter", _meter(seen), ""),
        ("Period", _period(seen, branch, now), ""),
    ):
        if text:
            grid.add_row(Text(name, "dim"), Text(text, style))
    return grid


def _sent(seen: Picture, zone: tzinfo) -> str:
    sent = seen.reading.sent_at if seen.reading else seen.case.opened_at
    phone = seen.account.phone if seen.account else None
    same = ", the phone on file" if phone == seen.case.address.external_id else ""
    return f"{minute(sent, zone)}, {sender(seen.case.address)}{same}"


def _account(seen: Picture, *, full: bool) -> str:
    account = seen.account
    if account is None:
        return "not known"
    address = account.address if full else mask_address(account.address)
    phone = account.phone if full and account.phone else _phone(account.phone)
    return ", ".join(part for part in (account.number, one_line(address), phone) if part)


def _meter(seen: Picture) -> str:
    meter = seen.meter
    if meter is None:
        return ""
    zones = "1 zone" if meter.zones == 1 else f"{meter.zones} zones"
    due = f", verification due {day(meter.verification_due)}" if meter.verification_due else ""
    ratio = f", ratio {meter.ratio}" if meter.ratio != 1 else ""
    return f"{meter.serial}, {zones}, {meter.digits} digits{ratio}{due}"


def _period(seen: Picture, branch: Branch, now: datetime) -> str:
    first, last = branch.window
    window = f"{branch.name}, readings from {first} to {last}, today is {day(local_day(branch, now))}"
    if seen.reading is None:
        return window
    inside = "inside" if place(branch, seen.reading.sent_at).inside else "outside"
    return f"{period_text(seen.reading.period)}, sent {inside} the window; {window}"


def _comparison(seen: Picture, past: Background) -> RenderableType:
    reading, meter = seen.reading, seen.meter
    if reading is None or meter is None:
        return Text()
    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    corrected = bool(reading.typed) and reading.typed != reading.values
    headings = [f"Previous, {day(past.baseline.read_on)}", *(["As typed"] if corrected else []), "New", "Difference"]
    for heading in headings:
        table.add_column(heading, justify="right")
    capacity: int = 10**meter.digits
    for index, zone in enumerate(ZONES[meter.zones]):
        old, new = past.baseline.values[index], reading.values[index]
        typed = [str(reading.typed[index]) if index < len(reading.typed) else ""] if corrected else []
        difference = f"+{number(new - old)}" if new >= old else f"+{number(new - old + capacity)}, restarted"
        table.add_row(Text(zone, "dim"), str(old), *typed, Text(str(new), "bold"), difference)
    return Group(table, Text(_consumption(seen, past)))


def _consumption(seen: Picture, past: Background) -> str:
    used = seen.reading.consumption if seen.reading else None
    if used is None or past.daily is None:
        return "The consumption cannot be told."
    usual = past.baseline.average_daily_kwh
    compared = f"; usually {daily(usual)} a day" if usual is not None else "; what is usual is not known"
    return f"{number(used)} kWh in {past.days} days, {daily(past.daily)} a day{compared}"


def _history(seen: Picture, branch: Branch) -> Table | None:
    """What was billed last and the other readings, in order of time."""
    meter = seen.meter
    if meter is None:
        return None
    billed = (meter.read_on, (Text("billed", "dim"), day(meter.read_on), values(meter.billed), "", ""))
    rows = [billed, *(_history_row(item, branch) for item in seen.readings if item.id != seen.case.reading_id)]
    grid = _grid()
    for _, row in sorted(rows, key=lambda row: row[0])[-HISTORY:]:
        grid.add_row(*row)
    return grid


def _history_row(item: Reading, branch: Branch) -> tuple[date, tuple[str | Text, ...]]:
    sent = local_day(branch, item.sent_at)
    used = "" if item.consumption is None else f"{number(item.consumption)} kWh"
    status = Text(item.status.value, STATUS_COLOURS.get(item.status, "dim"))
    return sent, (period_text(item.period), day(sent), values(item.values), used, status)


def _dialogue(seen: Picture, zone: tzinfo) -> Table | None:
    grid = _grid()
    lines = seen.dialogue[-MESSAGES:]
    for line in lines[1:] if lines and lines[0].ours and len(lines) == MESSAGES else lines:
        text = one_line(line.text)
        if line.ours and line.note not in {"sent", "delivered"}:
            text = f"{text} ({line.note})"
        style = "dim" if line.ours else ""
        grid.add_row(Text(minute(line.at, zone), "dim"), "us" if line.ours else "they", Text(text, style))
    return grid if grid.row_count else None


def _actions(seen: Picture, zone: tzinfo) -> Table | None:
    grid = _grid()
    for item in seen.actions:
        grid.add_row(Text(minute(item.at, zone), "dim"), item.moderator, item.action, Text(one_line(item.note)))
    return grid if grid.row_count else None


def _related(seen: Picture) -> Text | None:
    if not seen.related:
        return None
    return Text("  " + ", ".join(f"{item.reference} {kind_words(item.kind)}" for item in seen.related))


def _next(seen: Picture, past: Background | None) -> Text | None:
    if seen.case.state != OPEN:
        return None
    return Text("\n".join(f"  meterline queue {line}" for line in _commands(seen, past)))


def _commands(seen: Picture, past: Background | None) -> Iterator[str]:
    ref = seen.case.reference
    if seen.reading is not None and seen.reading.status in PENDING:
        hint = past.verdict.suggestion if past else ()
        zones = seen.meter.zones if seen.meter else 1
        example = " ".join(map(str, hint)) or " ".join(zone.upper() for zone in ZONES[zones])
        yield f"approve {ref}"
        yield f"correct {ref} {example}"
        yield f"ask {ref}"
        yield f'reject {ref} --reason "…"'
        yield f'reply {ref} "…"'
    else:
        yield f'reply {ref} "…" --close'
        yield f"close {ref}     without a message"


def _grid() -> Table:
    return Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)


def _phone(phone: str | None) -> str:
    return mask_phone(phone) if phone else "no phone on file"
