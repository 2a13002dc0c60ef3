"""Plays a conversation from a file through the real desk, and tells what it led to."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from core.domain.lengths import segments
from core.domain.messages import Address, Arrival, TextReceived
from core.domain.windows import period_text
from core.services.desk.desk import Desk
from core.services.desk.scene import Policy
from core.storage.database import Database
from core.storage.tables import account, case, event, metadata, meter, outbox, reading
from tests import world
from tests.conftest import FixedClock

FILES = sorted((Path(__file__).parent / "data").glob("*.toml"))
SENDERS = {"subscriber": world.SUBSCRIBER, "stranger": world.STRANGER}
REFERENCE = re.compile(r"(?<=№)[0-9A-Z]{5}(?!\w)|(?<=Ref\. )[0-9A-Z]{5}(?!\w)")
_NUMBER = re.compile(r"\d+(?:,\d\d)?")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A message and what must come of it; or something else that happens (`event`)."""

    at: datetime
    """When it was sent, in the sender's time."""
    received: datetime | None = None
    """When it reached us, if that was not at once."""
    sender: str = "subscriber"
    text: str | None = None
    id: str = ""
    """The gateway's id, where the same delivery comes twice."""
    batch: str = ""
    """Neighbouring steps of one batch are handled together."""
    event: str = ""
    """`sweep` looks for overdue questions, `export` hands what is accepted to billing."""
    code: str = ""
    outcome: str = "handled"
    reply: str | list[str] = ""
    """The whole answer, with any reference; or parts of it."""
    silent: bool = False
    readings: list[str] | None = None
    """All readings afterwards, as `serial month values status`, in the order of sending."""
    cases: list[str] | None = None
    """All cases afterwards, as `kind state`."""

    @property
    def arrived(self) -> datetime:
        return self.received or self.at


@dataclass(frozen=True, kw_only=True)
class Journey:
    name: str
    about: str
    accounts: list[str]
    branch: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    nowhere: list[str] = field(default_factory=list)
    """What must not stand in any table at the end."""
    steps: list[Step]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step led to."""

    code: str = ""
    outcome: str = "handled"
    reply: str | None = None
    readings: list[str]
    cases: list[str]


def journeys() -> Iterator[tuple[str, Journey]]:
    """All journeys with their names, behind the name of their file."""
    for path in FILES:
        for given in tomllib.loads(path.read_text(encoding="utf-8"))["journey"]:
            steps = [Step(**step) for step in given.pop("step")]
            yield f"{path.stem}: {given['name']}", Journey(**given, steps=steps)


def without_reference(text: str) -> str:
    return REFERENCE.sub("#####", text)


async def play(journey: Journey, database: Database, clock: FixedClock) -> list[Outcome]:
    """Play it; returns an outcome for each step. What no message may ever lead to is asserted here."""
    given = [world.ACCOUNTS[name] for name in journey.accounts]
    await database.write(world.fill(given))
    branch = replace(world.KHABAROVSK, **journey.branch)
    rules = world.rules(branch, world.AMUR, policy=Policy(**journey.policy))
    desk = Desk(database, rules, clock)
    outcomes: list[Outcome] = []
    steps = [(step.batch or str(number), step) for number, step in enumerate(journey.steps)]
    for _, group in groupby(steps, key=lambda named: named[0]):
        together = [step for _, step in group]
        clock.moment = max(step.arrived for step in together)
        outcomes += await _play_batch(together, database, desk)
    tables = await database.read(_everything)
    for text in journey.nowhere:
        assert not [name for name, rows in tables.items() if text in rows], f"{text} was stored"
    return outcomes


async def _play_batch(steps: Sequence[Step], database: Database, desk: Desk) -> list[Outcome]:
    if steps[0].event:
        if steps[0].event == "sweep":
            await desk.sweep()
        else:
            await database.write(_export)
        return [Outcome(readings=await database.read(_readings), cases=await database.read(_cases))]
    events = [_event(step) for step in steps]
    before = await database.read(_replies)
    accepted = await desk.handle(
        [Arrival(event, step.arrived) for event, step in zip(events, steps, strict=True)],
    )
    assert accepted == [True] * len(steps)
    return await database.read(lambda connection: _observe(connection, events, before))


def _event(step: Step) -> TextReceived:
    sender = SENDERS.get(step.sender, step.sender)
    assert step.text is not None
    return world.text(step.text, sender, step.at, step.id)


def _observe(connection: Connection, events: Sequence[TextReceived], before: dict[str, str]) -> list[Outcome]:
    readings, cases, replies = _readings(connection), _cases(connection), _replies(connection)
    _assert_one_of_a_period(connection)
    found = []
    for came in events:
        row = connection.execute(select(event).where(event.c.event_id == came.event_id)).one()
        if came.event_id in before:
            found.append(Outcome(code="known", readings=readings, cases=cases))
            continue
        reply = replies.get(came.event_id) or None
        if reply is not None:
            assert 1 <= segments(reply) <= 2, reply
            assert_private(connection, reply, came.address, came.text)
        assert reply is not None or row.outcome == "ignored"
        found.append(Outcome(code=row.code, outcome=row.outcome, reply=reply, readings=readings, cases=cases))
    return found


def _replies(connection: Connection) -> dict[str, str]:
    """By event, empty where there is none."""
    rows = connection.execute(select(event.c.event_id, outbox.c.text).outerjoin(outbox, outbox.c.id == event.c.id))
    return {event_id: text or "" for event_id, text in rows}


def _readings(connection: Connection) -> list[str]:
    rows = connection.execute(
        select(meter.c.serial, reading.c.period, reading.c.t1, reading.c.t2, reading.c.t3, reading.c.status)
        .join(meter, meter.c.id == reading.c.meter_id)
        .order_by(reading.c.sent_at, reading.c.id)
    )
    return [
        f"{row[0]} {period_text(row[1])} {'/'.join(str(value) for value in row[2:5] if value is not None)} {row[5]}"
        for row in rows
    ]


def _cases(connection: Connection) -> list[str]:
    rows = connection.execute(select(case.c.kind, case.c.state).order_by(case.c.opened_at, case.c.id))
    return [f"{kind} {state}" for kind, state in rows]


def _export(connection: Connection) -> None:
    """What `meterline export readings` does to what it has written."""
    connection.execute(update(reading).where(reading.c.status == "accepted").values(status="exported"))


def _everything(connection: Connection) -> dict[str, str]:
    """All that every table holds, as text."""
    return {table.name: repr(connection.execute(select(table)).all()) for table in metadata.sorted_tables}


def _assert_one_of_a_period(connection: Connection) -> None:
    rows = connection.execute(
        select(reading.c.meter_id, reading.c.period).where(reading.c.status.in_(["accepted", "exported"]))
    ).all()
    assert len(rows) == len(set(rows)), "two accepted readings of one meter and month"


def assert_private(connection: Connection, reply: str, sender: Address, typed: str) -> None:
    """No answer tells of an account whose phone is not the sender's more than the sender has written himself."""
    shown = set(_NUMBER.findall(REFERENCE.sub("", reply))) - set(re.findall(r"\d+", typed))
    for row in connection.execute(select(account).where(account.c.phone.is_distinct_from(sender.external_id))).all():
        told = shown & _secrets(connection, row)
        assert not told, f"{told} told to {sender.external_id}"
        assert not (row.address and row.address in reply)


def _secrets(connection: Connection, row: Any) -> set[str]:
    """What only the subscriber may learn of an account, as it would stand in a text."""
    secrets = {row.number}
    if row.balance:
        secrets.add(f"{abs(row.balance) // 100},{abs(row.balance) % 100:02d}")
    for found in connection.execute(select(meter).where(meter.c.account_id == row.id)).all():
        secrets |= {found.serial, *(str(value) for value in (found.t1, found.t2, found.t3) if value is not None)}
    for found in connection.execute(select(reading).where(reading.c.account_id == row.id)).all():
        secrets |= {str(found.consumption)} if found.consumption else set()
    return secrets
