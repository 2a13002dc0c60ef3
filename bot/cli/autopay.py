"""`meterline autopay`: what subscribers have agreed to, and ending it for one who calls. docs/payments.md."""

from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Fault, Group, Row, pass_app

if TYPE_CHECKING:
    from core.domain.autopay import Autopay

LATEST = 200
"""Agreements that are shown."""


@click.group(cls=Group)
def autopay() -> None:
    """See what subscribers have agreed to, and end it."""


@autopay.command("list")
@pass_app
def list_(app: App) -> None:
    """Show the latest agreements. Account numbers are masked."""
    app.emit(_found(app, None))


@autopay.command()
@click.argument("account")
@pass_app
def show(app: App, account: str) -> None:
    """Show the agreements of an ACCOUNT, the newest first."""
    app.emit(_found(app, account))


@autopay.command()
@click.argument("account")
@pass_app
def stop(app: App, account: str) -> None:
    """End the autopay of an ACCOUNT and drop its card, as if the subscriber had cancelled; he is not told."""
    from core.domain.accounts import search_key  # noqa: PLC0415 - a fast start
    from core.domain.autopay import Reason, State  # noqa: PLC0415 - a fast start
    from core.storage.autopay import end, of_account  # noqa: PLC0415 - a fast start

    now = app.clock.now()

    def job(connection: object) -> int:
        found = of_account(connection, search_key(account), LATEST)  # type: ignore[arg-type] # storage's own
        keys = [each.id for each, _ in found if each.state is not State.STOPPED]
        return end(connection, keys, Reason.CANCELLED, now)  # type: ignore[arg-type] # the same

    stopped = app.run(lambda database: database.write(job))
    if not stopped:
        raise Fault("the account has no autopay")
    app.emit({"stopped": stopped})


def _found(app: App, account: str | None) -> list[Row]:
    from core.domain.accounts import search_key  # noqa: PLC0415 - a fast start
    from core.storage.autopay import of_account  # noqa: PLC0415 - a fast start

    key = search_key(account) if account is not None else None
    found = app.run(lambda database: database.read(lambda connection: of_account(connection, key, LATEST)))
    if not found:
        app.note("no autopay yet")
    return [_row(each, number) for each, number in found]


def _row(item: "Autopay", number: str) -> Row:
    from core.domain.accounts import mask  # noqa: PLC0415 - a fast start

    return {
        "account": mask(number),
        "state": item.state.value,
        "mode": item.mode.value,
        "amount": item.amount / 100,
        "ceiling": item.ceiling / 100,
        "day": item.day,
        "provider": item.provider,
        "channel": item.address.channel,
        "consent_at": item.consent_at.isoformat(),
        "reason": item.reason,
    }
