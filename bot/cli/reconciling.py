"""`meterline payments`: a provider's register against our orders. docs/payments.md."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from bot.cli.context import REJECTED, App, Fault, Group, Row, pass_app, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.billing.registers import Register
    from core.domain.registers import Compared

MOSCOW: Final = ZoneInfo("Europe/Moscow")
"""By whose clock providers' days begin and end."""
DAY: Final = timedelta(days=1)
"""So far beyond its days a register's payments are looked for, for its clock may not be ours."""
FIELDS: Final = ("payment", "amount", "order", "kind")


@click.group(cls=Group)
def payments() -> None:
    """Compare what providers say with what is stored here."""


@payments.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--provider", required=True, metavar="NAME", help="Whose register it is.")
@click.option("--day", required=True, metavar="YYYY-MM-DD", help="Its first day, in Moscow.")
@click.option("--until", "last", metavar="YYYY-MM-DD", help="Its last day, if it has several.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", help="What its header calls a column.")
@click.option("--ask", is_flag=True, help="Have the provider asked about what was paid there and not here.")
@pass_app
def reconcile(  # noqa: PLR0917 - click hands over each option
    app: App, file: Path, provider: str, day: str, last: str | None, columns: tuple[str, ...], *, ask: bool
) -> None:
    """Compare a provider's register with our orders.

    Changes nothing. Exit code 1 where something differs. A register credits nothing: with --ask the running service
    asks the provider himself about each order that is paid there and not here.
    """
    from bot.paying import PROVIDERS  # noqa: PLC0415 - a fast start
    from core.billing.problems import UnreadableFile  # noqa: PLC0415 - a fast start
    from core.billing.registers import read_register  # noqa: PLC0415 - a fast start

    if provider not in PROVIDERS:
        raise Fault(f"no payment provider is called {provider!r}: there are {', '.join(PROVIDERS)}")
    since, until = _bounds(day, last or day)
    try:
        register = read_register(file, _own(columns))
    except UnreadableFile as error:
        raise Fault(str(error)) from error
    compared = _compare(app, provider, register, since, until)
    asked = _ask(app, provider, compared) if ask else 0
    rows = _rows(compared)
    row: Row = {
        "agreed": compared.agreed,
        "agreed_amount": _roubles(compared.agreed_amount),
        "differences": rows,
        "unread": [{"line": problem.line, "why": problem.reason} for problem in register.problems],
        "at_midnight": compared.at_midnight,
        "asked": asked,
        "columns": dict(register.columns),
    }
    if app.json:
        app.emit(row)
    else:
        _show(app, row, rows)
    if rows or register.problems:
        app.exit(REJECTED)


def _compare(app: App, provider: str, register: "Register", since: datetime, until: datetime) -> "Compared":
    from core.domain.registers import compare  # noqa: PLC0415 - a fast start
    from core.storage.reconciling import orders_about  # noqa: PLC0415 - a fast start

    payments = {entry.payment for entry in register.entries}
    orders = {entry.order for entry in register.entries if entry.order is not None}
    known = app.run(
        lambda database: database.read(
            lambda connection: orders_about(
                connection, provider, payments=payments, orders=orders, since=since - DAY, until=until + DAY
            )
        )
    )
    return compare(register.entries, known, since, until)


def _ask(app: App, provider: str, compared: "Compared") -> int:
    """Make the attempts of what is unpaid here due at once; how many that were."""
    from core.domain.registers import Difference  # noqa: PLC0415 - a fast start
    from core.storage.payments import hasten  # noqa: PLC0415 - a fast start

    now = app.clock.now()
    wanted = [found.order for found in compared.findings if found.what in {Difference.UNPAID, Difference.REFUND}]
    return app.run(
        lambda database: database.write(
            lambda connection: sum(
                hasten(connection, provider, order_id=order, provider_id="", now=now) for order in wanted
            )
        )
    )


def _rows(compared: "Compared") -> list[Row]:
    from core.domain.accounts import mask  # noqa: PLC0415 - a fast start

    return [
        {
            "what": found.what.value,
            "payment": found.payment,
            "order": str(found.order or ""),
            "account": mask(found.account) if found.account else "",
            "there": _roubles(found.there),
            "here": _roubles(found.here),
            "line": found.line,
        }
        for found in compared.findings
    ]


def _show(app: App, row: Row, rows: list[Row]) -> None:
    app.out.print(f"{row['agreed']} agree, {row['agreed_amount']} RUB", highlight=False)
    if rows:
        # The order is left out: the payment is what the provider's cabinet is searched by.
        app.out.print(table_of([{k: v for k, v in each.items() if k != "order"} for each in rows], title="differences"))
    unread: list[Row] = row["unread"]  # type: ignore[assignment] # made above
    for each in unread:
        app.out.print(f"line {each['line']}: {each['why']}", markup=False, highlight=False, soft_wrap=True)
    if row["at_midnight"]:
        app.out.print(f"{row['at_midnight']} paid near midnight: look at the neighbouring day", highlight=False)
    if row["asked"]:
        app.out.print(f"{row['asked']} to be asked about; run this again in a minute", highlight=False)


def _own(columns: tuple[str, ...]) -> "Mapping[str, str]":
    own = {}
    for given in columns:
        field, equals, name = given.partition("=")
        if field not in FIELDS or not equals or not name.strip():
            raise Fault(f"--column is FIELD=NAME, and FIELD one of {', '.join(FIELDS)}; not {given}")
        own[field] = name
    return own


def _bounds(first: str, last: str) -> tuple[datetime, datetime]:
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise Fault(f"{first} or {last} is not a date like 2026-11-22") from None
    if ends < begins:
        raise Fault("--until is before --day")
    since = datetime(begins.year, begins.month, begins.day, tzinfo=MOSCOW)
    return since, datetime(ends.year, ends.month, ends.day, tzinfo=MOSCOW) + DAY


def _roubles(kopecks: int) -> str:
    sign = "-" if kopecks < 0 else ""
    return f"{sign}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"
