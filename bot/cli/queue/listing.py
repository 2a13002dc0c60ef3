"""The queue as a table, as lines of a log, and as rows for programs."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.context import Row
from bot.cli.queue.words import age, kind_words, minute, one_line
from bot.wording import sender, values
from core.domain.accounts import Branches
from core.storage.cases import OPEN, Case, Count, Entry, News

COLOURS = {
    "opened": "yellow",
    "approved": "green",
    "corrected": "green",
    "rejected": "red",
    "answered": "blue",
    "asked": "blue",
    "claimed": "magenta",
    "undone": "yellow",
    "replied": "blue",
}


def case_row(case: Case) -> dict[str, object]:
    """A case for programs."""
    return {
        "reference": case.reference,
        "id": str(case.id),
        "kind": case.kind,
        "state": case.state,
        "branch": case.branch,
        "channel": case.address.channel,
        "from": sender(case.address),
        "text": case.text,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "decision": case.decision,
        "decided_by": case.decided_by,
        "language": case.language,
        "priority": case.priority,
        "due_at": case.due_at,
        "claimed_by": case.claimed_by,
        "claimed_until": case.claimed_until,
        "version": case.version,
    }


def entry_row(entry: Entry) -> Row:
    """A line of the list for programs."""
    return case_row(entry.case) | {
        "account": entry.account,
        "meter": entry.serial,
        "values": entry.values,
        "consumption": entry.consumption,
    }


def news_row(item: News) -> Row:
    """A line of the tail for programs."""
    what: dict[str, object] = {"at": item.at, "event": "opened"}
    if item.action is not None:
        what |= {"event": item.action.action, "moderator": item.action.moderator, "note": item.action.note}
    return what | dict(entry_row(item.entry))


def table(entries: Sequence[Entry], counts: Sequence[Count], now: datetime, *, branches: bool) -> RenderableType:
    """The list, with a line below about all that the filters let pass."""
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column("Case", no_wrap=True)
    grid.add_column("Age", justify="right", no_wrap=True)
    grid.add_column("About", no_wrap=True)
    grid.add_column("Account", no_wrap=True, max_width=14)
    if branches:
        grid.add_column("Branch", no_wrap=True, max_width=12)
    grid.add_column("Sent")  # the only one that gives way
    for entry in entries:
        case = entry.case
        grid.add_row(
            Text(case.reference, "bold cyan"),
            Text(age(case.opened_at, now), _urgency(case, now)),
            Text.assemble(about(case), (f" {case.claimed_by}" if case.held(now) else "", "magenta")),
            Text(entry.account or sender(case.address), overflow="ellipsis"),
            *([Text(case.branch, "dim", overflow="ellipsis")] if branches else []),
            Text(subject(entry), overflow="ellipsis", no_wrap=True),
        )
    return Group(grid, Text(), Text(_footer(len(entries), counts), "dim")) if entries else Text("No such cases.")


def about(case: Case) -> str:
    """The kind, and for a closed case what became of it."""
    words = kind_words(case.kind)
    return words if case.state == OPEN else f"{words}: {case.decision}"


def subject(entry: Entry) -> str:
    """What the case is about: values, or a text."""
    return values(entry.values) or one_line(entry.case.text)


def fitting_line(item: News, branches: Branches) -> RenderableType:
    """One line of the tail, as short as the terminal is wide."""
    text = line(item, branches)
    text.no_wrap, text.overflow = True, "ellipsis"
    return Group(text)  # printed by itself, a text forgets that it must not wrap


def line(item: News, branches: Branches, *, dated: bool = False) -> Text:
    """One line of the tail; `dated` for a file that is read on another day."""
    case = item.entry.case
    zone = (branches.get(case.branch) or next(iter(branches.values()))).timezone
    what = item.action.action if item.action else "opened"
    when = item.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if dated else minute(item.at, zone)
    text = Text()
    text.append(f"{when:>12}  ", "dim")
    text.append(f"{case.reference}  ", "bold cyan")
    text.append(f"{what:<10}", COLOURS.get(what, ""))
    if item.action is None:
        text.append(f"{kind_words(case.kind):<20}  {item.entry.account or sender(case.address)}  {subject(item.entry)}")
    else:
        text.append(f"by {item.action.moderator}")
        text.append(f"  {one_line(item.action.note)}" if item.action.note else "", "dim")
    return text


def _urgency(case: Case, now: datetime) -> str:
    """Red where it should have been decided, yellow in the last half of its time."""
    if case.state != OPEN or now < case.opened_at + (case.due_at - case.opened_at) / 2:
        return ""
    return "yellow" if now < case.due_at else "red"


def _footer(shown: int, counts: Sequence[Count]) -> str:
    total = sum(count.total for count in counts)
    overdue = sum(count.overdue for count in counts)
    kinds = ", ".join(f"{count.kind}:{count.total}" for count in counts)
    head = f"{total} cases" if total != 1 else "1 case"
    more = f", the first {shown} shown (--limit {total} shows all)" if shown < total else ""
    late = f", {overdue} overdue" if overdue else ""
    return f"{head}{late}{more}: {kinds}"
