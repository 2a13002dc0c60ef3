"""`meterline subscriber`: what we hold about an address, for those who ask what that is, or want it gone."""

from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import REJECTED, App, Fault, Group, Row, pass_app, printable, table_of

if TYPE_CHECKING:
    from core.domain.messages import Address
    from core.storage.database import Database
    from core.storage.holdings import Document

_COUNTED: Final = ("readings", "messages", "replies", "cases", "one_time_links", "reminders", "failed_proofs")


class _AddressType(click.ParamType["Address"]):
    """`CHANNEL:ID`."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> "Address":
        """Read it. What stands behind the first colon is the channel's own."""
        from core.domain.messages import Address  # noqa: PLC0415 - a fast start

        channel, colon, external_id = str(value).partition(":")
        if not (channel and colon and external_id):
            self.fail(f"{value} should be like sms:+79141234567 or telegram:123456789", param, ctx)
        return Address(channel, external_id)


_who = click.argument("address", metavar="CHANNEL:ID", type=_AddressType())


@click.group(cls=Group)
def subscriber() -> None:
    """Show, hand out or forget what we hold about somebody.

    CHANNEL:ID is who, on which channel: sms:+79141234567, telegram:123456789.
    """


@subscriber.command()
@_who
@pass_app
def show(app: App, *, address: "Address") -> None:
    """Say in short what we hold: linked accounts, and how much of what."""
    about = _document(app, _known(app, address))
    counted: dict[str, object] = {name: len(about[name]) for name in _COUNTED}
    if app.json:
        accounts = [{"account": item["number"], "link": item["link"]} for item in about["accounts"]]
        app.emit({"address": _named(about), "profile": about["profile"], "accounts": accounts} | counted)
        return
    app.out.print(printable(_named(about)), markup=False, highlight=False)
    profile: dict[str, object] = about["profile"] or {}
    app.out.print(table_of([{"": name, " ": value} for name, value in (profile | counted).items()], header=False))
    accounts_shown: list[Row] = [_account(item) for item in about["accounts"]]
    app.out.print(table_of(accounts_shown, title="accounts") if accounts_shown else "accounts: none")


@subscriber.command()
@_who
@pass_app
def export(app: App, *, address: "Address") -> None:
    """Write everything we hold as JSON to standard output.

    The same document that the subscriber gets by a link in the chat. Give it only
    to whom it belongs.
    """
    from core.storage.holdings import as_json  # noqa: PLC0415 - a fast start

    click.echo(as_json(_document(app, _known(app, address))))


@subscriber.command()
@_who
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def forget(app: App, *, address: "Address", yes: bool) -> None:
    """Forget somebody, as if he had asked for it in the chat. Cannot be undone.

    Links, profile and words go; readings stay for billing, without who sent them.
    """
    known = _known(app, address)
    about = _document(app, known)
    if not yes:
        if app.json:
            raise Fault("--json asks nothing: confirm with --yes")
        size = ", ".join(f"{name.replace('_', ' ')} {len(about[name])}" for name in _COUNTED if about[name])
        accounts = len([item for item in about["accounts"] if item["link"]])
        app.note(f"{printable(_named(about))}: linked accounts {accounts}{f', {size}' if size else ''}")
        click.confirm("Forget all this? It cannot be undone.", abort=True, err=True)
    is_done = app.run(lambda database: _forget(app, database, known))
    if app.json:
        app.emit({"address": _named(about), "forgotten": is_done})
    elif is_done:
        app.out.print("forgotten")
    else:
        app.out.print("forgotten, but for a message that is still to be sent; the service does the rest after that")


async def _forget(app: App, database: "Database", address: "Address") -> bool:
    from core.services.erasure import Erasure  # noqa: PLC0415 - a fast start

    erasure = Erasure(database, app.clock)
    await erasure.forget(address)
    with app.progress() as bar:
        task = bar.add_task("forgetting", total=None)
        return await erasure.work(app.clock.now(), lambda rows: bar.advance(task, rows))


def _known(app: App, address: "Address") -> "Address":
    """The address as the database has it; a channel may be switched off by now, but there must be one of that name."""
    from bot.complaints import nearest  # noqa: PLC0415 - a fast start
    from bot.registry import CHANNELS  # noqa: PLC0415 - a fast start
    from core.domain.messages import Address  # noqa: PLC0415 - a fast start
    from core.domain.phones import subscriber_number  # noqa: PLC0415 - a fast start

    can = app.capabilities()
    names = {*CHANNELS, *can}
    if address.channel not in names:
        raise Fault(f"there is no channel {address.channel}{nearest(address.channel, names)}")
    phone = None
    if address.channel in can and can[address.channel].address_is_phone:
        phone = subscriber_number(address.external_id)
    return Address(address.channel, phone or address.external_id)


def _document(app: App, address: "Address") -> "Document":
    """All we hold; where that is nothing, says so and leaves."""
    from core.services.handovers import Handovers  # noqa: PLC0415 - a fast start
    from core.storage.holdings import is_empty  # noqa: PLC0415 - a fast start

    about = app.run(lambda database: Handovers(database, app.clock, app.capabilities()).document(address))
    if is_empty(about):
        app.err.print(f"nothing is held about {printable(_named(about))}", markup=False, highlight=False)
        app.exit(REJECTED)
    return about


def _account(item: "Document") -> Row:
    link = item["link"] or {}
    return {
        "account": item["number"],
        "branch": item["branch"],
        "meters": len(item["meters"]),
        "name": link.get("name", ""),
        "known by": link.get("proof", "the phone on file"),
        "since": str(link.get("linked_at", ""))[:10],
    }


def _named(about: "Document") -> str:
    return f"{about['channel']}:{about['address']}"
