"""`meterline say`: what a subscriber would be told."""

import asyncio
import io
import os
import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Command, Fault, pass_app

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from core.domain.messages import TextReceived

SEND_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk made of it; no reply where it keeps silent."""

    code: str
    outcome: str
    reply: str | None


@click.command(cls=Command)
@click.option("--from", "sender", required=True, metavar="PHONE", help="Who writes, such as +79141234567.")
@click.argument("text", nargs=-1, required=True)
@pass_app
def say(app: App, sender: str, text: tuple[str, ...]) -> None:
    """Send TEXT as the subscriber with this phone would, and see the reply.

    This is no rehearsal: a reading is stored in the configured database. Works beside a running service.
    """
    from core.domain.phones import subscriber_number  # noqa: PLC0415 - a fast start

    phone = subscriber_number(sender)
    if phone is None:
        raise Fault(f"{sender} is not the phone of a subscriber; write it as +79141234567")
    # The shell may hand over bytes that are no UTF-8; a gateway would not.
    words = os.fsencode(" ".join(text)).decode("utf-8", "replace")
    out = io.StringIO()
    answer = asyncio.run(_say(app, phone, words, out))
    if app.json:
        app.emit({"from": phone, "outcome": answer.outcome, "code": answer.code, "reply": answer.reply})
        return
    sys.stdout.write(out.getvalue())
    if answer.reply is None:
        app.note(f"no reply: {answer.outcome}, {answer.code}")


async def _say(app: App, phone: str, words: str, out: io.StringIO) -> Answer:
    """Through the real desk, and out through the console's own sender."""
    from bot.ruling import rules  # noqa: PLC0415 - a fast start
    from channels.console import create  # noqa: PLC0415 - a fast start
    from core.domain.messages import Address, Arrival, TextReceived  # noqa: PLC0415 - a fast start
    from core.services.desk.desk import Desk  # noqa: PLC0415 - a fast start
    from core.services.outbox import Dispatcher  # noqa: PLC0415 - a fast start

    console = create(out)
    now = app.clock.now()
    came = TextReceived(event_id=uuid.uuid4().hex, address=Address(console.name, phone), sent_at=now, text=words)
    async with app.database() as database:
        desk = Desk(database, rules(app.settings, app.texts()), app.clock)
        (durable,) = await desk.handle([Arrival(came, now)])
        if not durable:
            raise Fault("the database did not take it; `meterline doctor` says more")
        answer = await database.read(lambda connection: _answer(connection, came))
        sender = Dispatcher(database, console, app.clock, per_second=1000)
        await sender.send_due()
        await sender.drain(SEND_SECONDS)
    return answer


def _answer(connection: "Connection", came: "TextReceived") -> Answer:
    """What was stored about the event and its reply."""
    from sqlalchemy import select  # noqa: PLC0415 - a fast start

    from core.storage.tables import event, outbox  # noqa: PLC0415 - a fast start

    row = connection.execute(
        select(event.c.code, event.c.outcome, outbox.c.text)
        .outerjoin_from(event, outbox, outbox.c.id == event.c.id)
        .where(event.c.channel == came.address.channel, event.c.event_id == came.event_id)
    ).one()
    return Answer(row.code, row.outcome, row.text)
