"""What became of decisions, a block of lines each, or a row for programs."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from bot.cli.context import Row
from bot.cli.queue.words import one_line
from bot.wording import number, values
from core.services.moderation import Outcome, Refused

Result = tuple[str, Outcome | Refused]
"""The reference as typed, and what came of it."""


def results_row(ref: str, result: Outcome | Refused) -> Row:
    """For programs; `ok` tells whether the decision stands."""
    if isinstance(result, Refused):
        return {"reference": ref, "ok": False, "error": str(result)}
    reading = result.reading
    return {
        "reference": result.case.reference,
        "ok": True,
        "action": result.action,
        "repeated": result.repeated,
        "account": result.account,
        "meter": result.serial,
        "values": reading.values if reading else (),
        "consumption": reading.consumption if reading else None,
        "status": reading.status.value if reading else None,
        "told": result.text,
        "untold": result.untold or "",
        "closed_too": [case.reference for case in result.closed_too],
    }


def results_table(results: Sequence[Result], *, would: bool = False) -> Table:
    """For people: what was decided, or `would` be, and what the subscriber is told."""
    grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for ref, result in results:
        name = ref if isinstance(result, Refused) else result.case.reference
        lines = [_refused(result)] if isinstance(result, Refused) else list(_done(result, would=would))
        grid.add_row(Text(name, "bold cyan"), Text("\n").join(lines))
    return grid


def _refused(result: Refused) -> Text:
    return Text.assemble(("not done", "bold red"), f": {result}")


def _done(result: Outcome, *, would: bool) -> Iterator[Text]:
    line = Text.assemble("would be " if would else "", (result.action, "bold green"))
    line.append(" already, nothing is sent twice" if result.repeated else "", "dim")
    if result.reading is not None:
        used = result.reading.consumption
        line.append(f": {values(result.reading.values)}" + ("" if used is None else f", {number(used)} kWh"))
    yield line
    if result.closed_too:
        yield Text(f"closes too: {', '.join(case.reference for case in result.closed_too)}")
    if result.untold:
        yield Text(f"not told: {result.untold}", "yellow")
    elif result.text and not result.repeated:
        yield Text(f"{'reads' if would else 'told'}: {one_line(result.text)}", "dim")
