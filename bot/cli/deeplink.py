"""`meterline deeplink`: payloads for the QR codes on bills."""

from datetime import date
from typing import TextIO

import click

from bot.cli.context import REJECTED, App, Command, Fault, pass_app


@click.command(cls=Command)
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@click.option(
    "--file", type=click.File(encoding="utf-8-sig"), help="Account numbers, one a line; - for standard input."
)
@click.option("--until", metavar="YYYY-MM", help="The last month in which the links count; default: in two months.")
@pass_app
def deeplink(app: App, accounts: tuple[str, ...], file: TextIO | None, until: str | None) -> None:
    """Sign what a bill's QR code carries, as `account;payload`.

    Put the payload behind your bot's address: https://t.me/BOT?start=PAYLOAD, viber://pa?chatURI=BOT&context=PAYLOAD,
    https://vk.me/CLUB?ref=PAYLOAD. It names the account and proves that we printed it; the subscriber still has to know
    the meter's number. Exit code 0: all signed. 1: some numbers cannot be, listed. 2: no secret, or a wrong month.
    """
    from core.domain.deep_links import sign  # noqa: PLC0415 - a fast start

    secret = app.settings.identity.deep_link_secret.get_secret_value().encode()
    if not secret:
        raise Fault("deep_link_secret is not set: put a long random one into [identity]")
    last_month = _month(until, app.clock.now().date())
    numbers = [*accounts, *(line.strip() for line in file or () if line.strip())]
    signed, refused = [], []
    for number in numbers:
        try:
            signed.append({"account": number, "payload": sign(number, last_month, secret)})
        except ValueError:
            refused.append(number)
    app.emit(signed, lambda: "\n".join(f"{each['account']};{each['payload']}" for each in signed))
    for number in refused:
        app.note(f"{number}: only Latin letters and digits can stand in a link")
    if refused:
        app.exit(REJECTED)


def _month(text: str | None, today: date) -> date:
    from core.domain.windows import following, parse_period  # noqa: PLC0415 - a fast start

    try:
        period = parse_period(text) if text else following(following(today.year * 100 + today.month))
    except ValueError as error:
        raise Fault(str(error)) from None
    return date(period // 100, period % 100, 1)
