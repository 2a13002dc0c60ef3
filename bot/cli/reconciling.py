"""`meterline payments`: a provider's register against our orders, as a file or asked for. docs/payments.md."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import REJECTED, App, Fault, Group, Row, pass_app, table_of
from core.domain.money import decimal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.domain.registers import Compared, Entry, Unread
    from core.ports.acquiring import PaymentProvider

DAY: Final = timedelta(days=1)
"""So far beyond its days a register's payments are looked for, for its clock may not be ours."""
FIELDS: Final = ("payment", "amount", "order", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What there is to compare, from a file or from the provider."""

    entries: "Sequence[Entry]"
    unread: list[Row] = field(default_factory=list)
    columns: "Mapping[str, str]" = field(default_factory=dict)


@click.group(cls=Group)
def payments() -> None:
    """Compare what providers say with what is stored here."""


@payments.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--provider", required=True, metavar="NAME", help="Whose register it is.")
@click.option("--day", required=True, metavar="YYYY-MM-DD", help="Its first day, in Moscow; or `yesterday`.")
@click.option("--until", "last", metavar="YYYY-MM-DD", help="Its last day, if it has several.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", help="What its header calls a column.")
@click.option("--ask", is_flag=True, help="Have the provider asked about what was paid there and not here.")
@pass_app
def reconcile(  # noqa: PLR0917 - click hands over each option
    app: App, file: Path | None, provider: str, day: str, last: str | None, columns: tuple[str, ...], *, ask: bool
) -> None:
    """Compare a provider's register with our orders.

    Without a FILE the provider is asked for his list of the days, where he has one. Changes nothing. Exit code 1 where
    something differs, 2 where nothing could be compared. A register credits nothing: with --ask the running service
    asks the provider himself about each order that is paid there and not here.
    """
    from bot.paying import PROVIDERS  # noqa: PLC0415 - a fast start

    if provider not in PROVIDERS:
        raise Fault(f"no payment provider is called {provider!r}: there are {', '.join(PROVIDERS)}")
    first, until = _days(app, day, last or day)
    if file is None and columns:
        raise Fault("--column is for a FILE")
    given = _asked(app, provider, first, until) if file is None else _read(file, _own(columns))
    compared = _compare(app, provider, given, first, until)
    asked = _ask(app, provider, compared) if ask else 0
    rows = _rows(compared)
    row: Row = {
        "agreed": compared.agreed,
        "agreed_amount": decimal(compared.agreed_amount),
        "differences": rows,
        "unread": given.unread,
        "at_midnight": compared.at_midnight,
        "asked": asked,
        "columns": dict(given.columns),
    }
    if app.json:
        app.emit(row)
    else:
        # The order is left out: the payment is what the provider's cabinet is searched by. A list has no lines.
        _show(app, row, rows, without={"order"} if file else {"order", "line"})
    if rows or given.unread:
        app.exit(REJECTED)


def _read(file: Path, own: "Mapping[str, str]") -> Given:
    from core.billing.problems import UnreadableFile  # noqa: PLC0415 - a fast start
    from core.billing.registers import read_register  # noqa: PLC0415 - a fast start

    try:
        register = read_register(file, own)
    except UnreadableFile as error:
        raise Fault(str(error)) from error
    unread: list[Row] = [{"line": problem.line, "why": problem.reason} for problem in register.problems]
    return Given(entries=register.entries, unread=unread, columns=register.columns)


def _asked(app: App, provider: str, first: date, last: date) -> Given:
    from bot.paying import PROVIDERS  # noqa: PLC0415 - a fast start
    from core.domain.registers import MOSCOW, Unread  # noqa: PLC0415 - a fast start
    from core.ports.acquiring import ListsPayments  # noqa: PLC0415 - a fast start
    from core.ports.channel import SendFailure  # noqa: PLC0415 - a fast start

    today = app.clock.now().astimezone(MOSCOW).date()
    if last > today:
        raise Fault(f"{last} has not begun in Moscow: nobody knows what will be paid")
    settings = app.settings.payments
    asked = PROVIDERS[provider](settings)
    if not isinstance(asked, ListsPayments):
        raise Fault(f"{provider} gives out no list of a day: take the register from its cabinet and name the FILE")
    if not getattr(settings, provider).is_set:
        raise Fault(f"asking {provider} needs the keys of [payments.{provider}]; or name the FILE of a register")
    try:
        listed = asyncio.run(_listed(asked, first, last))
    except SendFailure as failure:
        raise Fault(f"{provider} gives no list, and nothing was compared: {failure.detail}") from failure
    unread: list[Row] = [
        {"line": 0, "why": f"{each.payment or 'a payment without a name'}: {each.reason}"}
        for each in listed
        if isinstance(each, Unread)
    ]
    return Given(entries=[each for each in listed if not isinstance(each, Unread)], unread=unread)


async def _listed(provider: "PaymentProvider", first: date, last: date) -> "list[Entry | Unread]":
    """All days, or nothing: a part of a list would make differences of what is missing."""
    from core.ports.acquiring import ListsPayments  # noqa: PLC0415 - a fast start

    assert isinstance(provider, ListsPayments)  # noqa: S101 - only those are asked
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    await provider.open()
    try:
        return [each for day in days async for each in provider.list_payments(day)]
    finally:
        await provider.close()


def _compare(app: App, provider: str, given: Given, first: date, last: date) -> "Compared":
    from bot.paying import terms  # noqa: PLC0415 - a fast start
    from core.domain.registers import bounds, compare  # noqa: PLC0415 - a fast start
    from core.storage.reconciling import orders_about  # noqa: PLC0415 - a fast start

    since, until = bounds(first, last)
    payments = {entry.payment for entry in given.entries}
    orders = {entry.order for entry in given.entries if entry.order is not None}
    known = app.run(
        lambda database: database.read(
            lambda connection: orders_about(
                connection, provider, payments=payments, orders=orders, since=since - DAY, until=until + DAY
            )
        )
    )
    is_test = provider in terms(app.settings.payments, {}).test
    return compare(given.entries, known, since, until, is_test=is_test)


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
            "there": decimal(found.there),
            "here": decimal(found.here),
            "line": found.line,
        }
        for found in compared.findings
    ]


def _show(app: App, row: Row, rows: list[Row], without: set[str]) -> None:
    app.out.print(f"{row['agreed']} agree, {row['agreed_amount']} RUB", highlight=False)
    if rows:
        shown = [{name: value for name, value in each.items() if name not in without} for each in rows]
        app.out.print(table_of(shown, title="differences"))
    unread: list[Row] = row["unread"]  # type: ignore[assignment] # made above
    for each in unread:
        place = f"line {each['line']}: " if each["line"] else ""
        app.out.print(f"{place}{each['why']}", markup=False, highlight=False, soft_wrap=True)
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


def _days(app: App, first: str, last: str) -> tuple[date, date]:
    from core.domain.registers import MOSCOW  # noqa: PLC0415 - a fast start

    yesterday = (app.clock.now().astimezone(MOSCOW) - timedelta(days=1)).date()
    try:
        begins, ends = (yesterday if each == "yesterday" else date.fromisoformat(each) for each in (first, last))
    except ValueError:
        raise Fault(f"{first} or {last} is not a date like 2026-11-22") from None
    if ends < begins:
        raise Fault("--until is before --day")
    return begins, ends
