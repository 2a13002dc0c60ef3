"""The service is killed again and again while subscribers pay: no order is lost, and none is paid twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import Connection, insert, select

from core.acquiring.yookassa.emulator import Fault, YookassaEmulator
from core.domain.handovers import digest_of
from core.storage.database import Database, connect
from core.storage.tables import case, outbox, payment_attempt, payment_order, payment_page
from tests.crash.service import NOWHERE, SECRET, ServiceProcess
from tests.crash.test_kill import fill_accounts

KILLS = 24
SUBSCRIBERS = 72
PER_LIFE = 3
"""Subscribers who begin to pay in each of the service's lives; those of before go on."""
CONFIG = """
[server]
port = 0
public_url = "https://sms.example.ru"
[database]
url = "{url}"
[channels.sms]
enabled = true
gateway = "generic"
[channels.sms.generic]
secret = "{secret}"
send_url = "{send_url}"
[payments]
provider = "yookassa"
[payments.yookassa]
shop_id = "100500"
secret_key = "test_emulated-secret-key"
api_base = "{bank}/v3"
networks = ["127.0.0.0/8"]
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "Asia/Vladivostok"
"""

pytestmark = pytest.mark.crash


class Bank(YookassaEmulator):
    """An emulated YooKassa that says when it was called, and answers only then."""

    def __init__(self) -> None:
        super().__init__()
        self.countdown = 0
        self.struck = asyncio.Event()
        self.killed = asyncio.Event()

    async def _begin(self, request: web.Request) -> web.StreamResponse | Fault | None:
        found = await super()._begin(request)
        if self.strike():
            # Taken, and not answered before the caller is dead.
            await self.killed.wait()
        return found

    def strike(self) -> bool:
        """One more of the moments at which the service may be killed; True for the one that is chosen."""
        self.countdown -= 1
        if self.countdown == 0:
            self.struck.set()
        return self.countdown == 0

    def of(self, number: int) -> list[str]:
        """The payments of a subscriber."""
        account = str(1_000_000_000 + number)
        return [each.id for each in self.payments.values() if each.object["description"].endswith(account)]


class Crowd:
    """Subscribers who press until they are answered; a bank that repeats until it is heard."""

    def __init__(self, bank: Bank, chance: random.Random) -> None:
        self.bank = bank
        self.chance = chance
        self.url = ""
        self.done: set[int] = set()
        self.running = asyncio.Event()

    async def pay(self, number: int) -> None:
        """From the button to the bank's word."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            await until(lambda: self._press(session, number))
            (payment,) = self.bank.of(number)
            self.bank.succeed(payment)
            calls = [self.bank.notification(payment)] * self.chance.randint(1, 3)
            calls.append(self.bank.notification(payment, "payment.waiting_for_capture"))
            self.chance.shuffle(calls)
            for call in calls:
                self.bank.strike()
                await until(partial(self._notify, session, call))
        self.done.add(number)

    async def _press(self, session: aiohttp.ClientSession, number: int) -> bool:
        await self.running.wait()
        page = f"{self.url}/pay/{token(number)}"
        self.bank.strike()
        try:
            async with session.post(page, data={"amount": "500"}, allow_redirects=False) as answer:
                if answer.status != 303:
                    return False
            async with session.get(page) as answer:
                return "checkout" in await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _notify(self, session: aiohttp.ClientSession, call: bytes) -> bool:
        await self.running.wait()
        try:
            async with session.post(f"{self.url}/hooks/pay/yookassa", data=call) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Again and again, as people and banks do."""
    while True:
        if await done():
            return
        await asyncio.sleep(0.02)


def token(number: int) -> str:
    return f"token-of-the-subscriber-{number:06d}"


@pytest.mark.parametrize("seed", [20261126])
async def test_sigkill_loses_no_order_and_pays_none_twice(database_url: str, tmp_path: Path, seed: int) -> None:
    """Killed 24 times, most often in the middle of the bank's own calls: one payment each, told once, and no case."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    database = connect(database_url)
    await database.write(fill_accounts)
    await database.write(_pages)
    bank = Bank()
    await bank.start()
    config = CONFIG.format(url=database_url, secret=SECRET, send_url=NOWHERE, bank=bank.url)
    service, crowd = ServiceProcess(tmp_path, database_url, config), Crowd(bank, chance)
    tasks = []
    for life in range(KILLS):
        bank.countdown = chance.randint(1, 12)
        bank.struck.clear()
        bank.killed.clear()
        await service.start()
        crowd.url = service.url
        crowd.running.set()
        begins = range(life * PER_LIFE, (life + 1) * PER_LIFE)
        tasks += [asyncio.create_task(crowd.pay(number)) for number in begins]
        async with asyncio.timeout(60):
            await bank.struck.wait()
        crowd.running.clear()
        await service.kill()
        bank.killed.set()
        assert await _paid(database) <= {number + 1 for number in range(SUBSCRIBERS) if _has_paid(bank, number)}
    await service.start()
    crowd.url = service.url
    crowd.running.set()
    async with asyncio.timeout(120):
        await asyncio.gather(*tasks)
        await until(lambda: _all_paid(database))
    assert await service.stop() == 0
    await bank.stop()
    assert crowd.done == set(range(SUBSCRIBERS))
    assert {len(bank.of(number)) for number in range(SUBSCRIBERS)} == {1}
    orders, keys, told, cases = await database.read(_totals)
    assert set(orders.values()) == {1}
    assert len(orders) == SUBSCRIBERS
    assert keys == {each.key for each in bank.payments.values()}
    assert set(told.values()) == {1}
    assert len(told) == SUBSCRIBERS
    assert cases == 0
    await database.close()


def _has_paid(bank: Bank, number: int) -> bool:
    return any(bank.payments[name].object["status"] == "succeeded" for name in bank.of(number))


async def _all_paid(database: Database) -> bool:
    return len(await _paid(database)) == SUBSCRIBERS


async def _paid(database: Database) -> set[int]:
    query = select(payment_order.c.account_id).where(payment_order.c.state == "paid")
    return set(await database.read(lambda connection: connection.execute(query).scalars().all()))


def _totals(connection: Connection) -> tuple[Counter[int], set[str], Counter[str], int]:
    """Orders by account, the keys used, what was told by address, and how many cases there are."""
    return (
        Counter(connection.execute(select(payment_order.c.account_id)).scalars()),
        set(connection.execute(select(payment_attempt.c.key)).scalars()),
        Counter(connection.execute(select(outbox.c.external_id)).scalars()),
        len(connection.execute(select(case.c.id)).all()),
    )


def _pages(connection: Connection) -> None:
    """A link to the payment page for each subscriber."""
    now = datetime.now(UTC)
    rows = [
        {
            "digest": digest_of(token(number)),
            "account_id": number + 1,
            "amount": 50_000,
            "channel": "sms",
            "external_id": f"+7914{number:07d}",
            "language": "ru",
            "created_at": now,
            "expires_at": now + timedelta(hours=24),
        }
        for number in range(SUBSCRIBERS)
    ]
    connection.execute(insert(payment_page), rows)
