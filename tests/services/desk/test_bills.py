"""Codes of bills at the desk, with its database: what a batch must know of somebody who has never written before."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from core.domain.accounts import Payee
from core.domain.bill_codes import read
from core.domain.messages import (
    Address,
    Arrival,
    Capabilities,
    ChoiceMade,
    Event,
    Left,
    PhotoRead,
    TextReceived,
    TextUnit,
)
from core.domain.subscribers import Identity
from core.services.desk.desk import Desk
from core.storage.database import Database
from core.storage.tables import account, event, guess, link, profile
from tests import world
from tests.conftest import FixedClock

CHAT = Capabilities(text_limit=4096, text_unit=TextUnit.UTF16, button_rows=10, buttons_per_row=5, label_limit=40)
PAYEE = Payee(name="ПАО Свет", account="40702810138250123017", bank="Банк", bic="044525225", inn="2723088770")
WHO, OTHER = Address("vk", "5550001"), Address("vk", "5550002")
BILL = "ST00012|Name=ПАО Свет|PayeeINN=2723088770|PersAcc=2701001101|CounterId=31002201|Sum=98765"
FOREIGN = BILL.replace("2723088770", "7700000000")

NOBODYS = BILL.replace("PayeeINN=2723088770|", "")


class Bench:
    """A desk for one chat, whose branches have the payees that they are given."""

    def __init__(self, database: Database, clock: FixedClock, *payees: Payee | None) -> None:
        branches = [
            replace(branch, payee=payee) for branch, payee in zip((world.KHABAROVSK, world.AMUR), payees, strict=True)
        ]
        rules = world.rules(*branches)
        identity = Identity(code_channel="sms")
        rules = replace(rules, capabilities={**rules.capabilities, "vk": CHAT}, identity=identity)
        self.database, self.clock, self.number = database, clock, 0
        self.desk = Desk(database, rules, clock)

    async def hear(self, *done: str | Event) -> list[str]:
        """The outcomes of texts, tokens in brackets and events that come in one batch."""
        events = [each if isinstance(each, Event) else self._event(each) for each in done]
        assert all(await self.desk.handle([Arrival(each, self.clock.now()) for each in events]))
        return [await self._code(each) for each in events]

    def _event(self, done: str) -> Event:
        common: dict[str, Any] = {"event_id": self.next(), "address": WHO, "sent_at": self.clock.now()}
        if done.startswith("["):
            return ChoiceMade(**common, token=done.strip("[]"))
        return TextReceived(**common, text=done)

    def next(self) -> str:
        self.number += 1
        return f"vk:{self.number}"

    async def links(self) -> list[str]:
        query = select(link.c.external_id, link.c.proof).order_by(link.c.id)
        rows = await self.database.read(lambda connection: connection.execute(query).all())
        return [" ".join(row) for row in rows]

    async def texts(self) -> list[str]:
        """What is kept of each message."""
        query = select(event.c.text).order_by(event.c.id)
        return [row.text for row in await self.database.read(lambda connection: connection.execute(query).all())]

    async def _code(self, came: Event) -> str:
        query = select(event.c.code).where(event.c.event_id == came.event_id)
        return await self.database.read(lambda connection: str(connection.execute(query).scalar_one()))


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(world.fill([world.ACCOUNTS["one"]]))
    return database


async def link_other(database: Database, at: datetime) -> None:
    def job(connection: Connection) -> None:
        key = connection.execute(select(account.c.id)).scalar_one()
        connection.execute(
            insert(link).values(
                id=1,
                account_id=key,
                channel=OTHER.channel,
                external_id=OTHER.external_id,
                proof="sms_code",
                proved_at=at,
                linked_at=at,
            )
        )

    await database.write(job)


async def test_in_one_batch(filled: Database, clock: FixedClock) -> None:
    """Somebody new who shows a bill and agrees in one breath is linked by it."""
    bench = Bench(filled, clock, PAYEE, PAYEE)
    assert await bench.hear(BILL, "[agree]") == ["link", "linked"]
    assert await bench.links() == ["5550001 bill_qr"]


async def test_who_else_has_it(filled: Database, clock: FixedClock) -> None:
    """Not where somebody has it already, though nothing was known of the writer when the batch was loaded."""
    await link_other(filled, clock.now())
    bench = Bench(filled, clock, PAYEE, PAYEE)
    assert await bench.hear(BILL, "[agree]") == ["link", "consent"]
    assert await bench.links() == ["5550002 sms_code"]


async def test_guesses_of_others_count(filled: Database, clock: FixedClock) -> None:
    """An account that many have tried is closed for today, for somebody new, too."""

    def tried(connection: Connection) -> None:
        key = connection.execute(select(account.c.id)).scalar_one()
        rows = [
            {"id": n, "account_id": key, "channel": "vk", "external_id": f"{n}", "at": clock.now()} for n in range(12)
        ]
        connection.execute(insert(guess), rows)

    await filled.write(tried)
    bench = Bench(filled, clock, PAYEE, PAYEE)
    assert await bench.hear(BILL, "[agree]") == ["link", "barred"]
    assert await bench.links() == []


async def test_amounts_in_one_batch(filled: Database, clock: FixedClock) -> None:
    """Trying amounts quickly, in one batch, is no quicker: after three wrong ones the right one has to wait as well."""
    bench = Bench(filled, clock, PAYEE, PAYEE)
    wrong = [BILL.replace("98765", str(amount)) for amount in (1, 2, 3)]
    assert await bench.hear(wrong[0], "[agree]", *wrong[1:], BILL) == ["link", "consent", "link", "link", "wait"]
    assert await bench.links() == []


@pytest.mark.parametrize(
    ("payees", "bill", "codes", "links"),
    [
        ((PAYEE, PAYEE), BILL, ["link", "linked"], ["5550001 bill_qr"]),
        ((PAYEE, PAYEE), FOREIGN, ["bill_foreign", "old_button"], []),
        ((PAYEE, PAYEE), NOBODYS, ["link", "consent"], []),
        ((PAYEE, None), BILL, ["link", "linked"], ["5550001 bill_qr"]),
        ((PAYEE, None), FOREIGN, ["link", "consent"], []),
        ((None, None), BILL, ["link", "consent"], []),
        ((None, PAYEE), BILL, ["link", "consent"], []),
        ((replace(PAYEE, inn="7700000000"), PAYEE), BILL, ["link", "consent"], []),
    ],
    ids=[
        "ours",
        "foreign",
        "nobody's",
        "ours, one untold",
        "foreign, one untold",
        "untold",
        "of the other",
        "of another branch",
    ],
)
async def test_whose_bill(
    filled: Database,
    clock: FixedClock,
    *,
    payees: tuple[Payee | None, Payee | None],
    bill: str,
    codes: list[str],
    links: list[str],
) -> None:
    """A code proves an account of the branch that it pays; one that pays none of ours is refused where we can tell."""
    bench = Bench(filled, clock, *payees)
    assert await bench.hear(bill, "[agree]") == codes
    assert await bench.links() == links


async def test_what_is_kept(filled: Database, clock: FixedClock) -> None:
    """Of a code the numbers that we use, and neither names nor addresses."""
    bench = Bench(filled, clock, PAYEE, PAYEE)
    await bench.hear(f"{BILL}|LastName=Крапивин|PayerAddress=Хабаровск, Ленина 57")
    assert await bench.texts() == ["PersAcc=2701001101 CounterId=31002201 Sum=98765"]


async def test_a_picture_after_leaving(filled: Database, clock: FixedClock) -> None:
    """What we have found in a picture is not a word of the subscriber's: it opens no closed address."""
    bench = Bench(filled, clock, PAYEE, PAYEE)
    common: dict[str, Any] = {"address": WHO, "sent_at": clock.now()}
    found = PhotoRead(**common, event_id="photo:vk:9", photo="https://pictures.example/9.jpg", bill=read(FOREIGN))
    assert await bench.hear("привет", Left(**common, event_id="vk:10"), found) == ["format", "left", "bill_foreign"]
    query = select(profile.c.closed_at)
    assert await filled.read(lambda connection: connection.execute(query).scalar_one()) is not None
