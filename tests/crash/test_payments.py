"""The service is killed again and again while subscribers pay: no order is lost, and none is paid twice."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, insert, select

from core.acquiring.emulation import Call
from core.domain.handovers import digest_of
from core.storage.database import Database, connect
from core.storage.tables import case, outbox, payment_attempt, payment_order, payment_page
from tests.crash.banks import BANKS, Bank, Template, Tried, Yookassa
from tests.crash.service import NOWHERE, SECRET, ServiceProcess
from tests.crash.test_kill import fill_accounts

KILLS = 20
PRESSES = 2
"""How often each subscriber goes to the bank's page."""
EVERY = 4
"""In one life out of so many the service dies at a creation."""
PER_LIFE = 3
"""Subscribers who begin to pay in each of the service's lives; those of before go on."""
SUBSCRIBERS = KILLS * PER_LIFE
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
provider = "{bank}"
[payments.{bank}]
{section}
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "Asia/Vladivostok"
"""

pytestmark = pytest.mark.crash


class Crowd:
    """Subscribers who press until they are answered; a bank that repeats until it is heard."""

    def __init__(self, bank: Bank, chance: random.Random) -> None:
        self.bank = bank
        self.chance = chance
        self.url = ""
        self.paid: set[int] = set()
        """Whose money the bank has."""
        self.done: set[int] = set()
        self.running = asyncio.Event()
        self._links: dict[int, str] = {}

    async def pay(self, number: int) -> None:
        """From the button to the bank's word."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            kept = await self.open(session, number)
            self.paid.add(number)
            told, *others = await self.bank.take(kept)
            calls = [told] * self.chance.randint(1, 3) + others
            self.chance.shuffle(calls)
            for call in calls:
                self.bank.strike()
                await until(partial(self._notify, session, call))
        self.done.add(number)

    async def press(self, number: int) -> None:
        """To the bank's page, and no further."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            await self.open(session, number)
        self.done.add(number)

    async def open(self, session: aiohttp.ClientSession, number: int) -> Any:
        """Press until the bank's page is there, leave it, and press again, perhaps in another life of the service."""
        for _ in range(PRESSES):
            await until(lambda: self._press(session, number))
            kept = self.bank.visit(self._links[number])
        return kept

    async def _press(self, session: aiohttp.ClientSession, number: int) -> bool:
        await self.running.wait()
        page = f"{self.url}/pay/{token(number)}"
        self.bank.strike()
        try:
            async with session.post(page, data={"amount": "500"}, allow_redirects=False) as answer:
                if answer.status != 303:
                    return False
            async with session.get(page) as answer:
                link = re.search(rf'href="({re.escape(self.bank.url)}[^"]*)"', await answer.text())
        except (aiohttp.ClientError, TimeoutError):
            return False
        self._links[number] = unescape(link[1]) if link else ""
        return link is not None

    async def _notify(self, session: aiohttp.ClientSession, call: Call) -> bool:
        await self.running.wait()
        request = call.request(datetime.now(UTC))
        hook = f"{self.url}/hooks/pay/{self.bank.name}?{call.query}"
        try:
            async with session.request(call.method, hook, data=request.body, headers=request.headers) as answer:
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
    """Killed 20 times, most often in the middle of the bank's own calls: one payment each, told once, and no case."""
    bank = Yookassa()
    await kill_while_paying(bank, database_url, tmp_path, seed)
    assert set(dict(bank.asked)) == {each.key for each in bank.payments.values()}


@pytest.mark.parametrize("bank", [bank for bank in BANKS if bank is not Yookassa], ids=lambda bank: bank.name)
async def test_the_same_at_the_others(bank: type[Bank], sqlite_url: str, tmp_path: Path) -> None:
    """Whether the provider opens payments or takes links, is asked or calls: the same.

    ChronoPay is never called, so there it dies at the button and at the notification only.
    """
    await kill_while_paying(bank(), sqlite_url, tmp_path, 20261127)


async def test_nor_does_the_retailers_own_site_get_two(sqlite_url: str, tmp_path: Path) -> None:
    """Nobody calls it and it calls nobody: the service dies at the button, and the link is the same ever after."""
    bank = Template()
    crowd = Crowd(bank, random.Random(20261128))  # noqa: S311 - a test's dice
    database = connect(sqlite_url)
    await database.write(fill_accounts)
    await database.write(_pages)
    service = ServiceProcess(tmp_path, sqlite_url, configured(bank, sqlite_url))
    tasks = await lives(crowd, service, crowd.press, within=PER_LIFE * PRESSES)
    async with asyncio.timeout(120):
        await asyncio.gather(*tasks)
    assert await service.stop() == 0
    attempts = await database.read(_attempts)
    await database.close()
    assert crowd.done == set(range(SUBSCRIBERS))
    known_by_their_keys(bank, attempts)


def configured(bank: Bank, url: str) -> str:
    """The configuration of a service that takes payments by this bank."""
    section = "\n".join(f"{name} = {json.dumps(value)}" for name, value in bank.section().items())
    return CONFIG.format(url=url, secret=SECRET, send_url=NOWHERE, bank=bank.name, section=section)


async def kill_while_paying(bank: Bank, url: str, folder: Path, seed: int) -> None:
    """Let subscribers pay while the service is killed, and check what is left here and there."""
    crowd = Crowd(bank, random.Random(seed))  # noqa: S311 - a test's dice
    database = connect(url)
    await database.write(fill_accounts)
    await database.write(_pages)
    await bank.start()
    service = ServiceProcess(folder, url, configured(bank, url))

    async def none_is_paid_unless_it_is() -> None:
        assert await _paid(database) <= {number + 1 for number in crowd.paid}

    tasks = await lives(crowd, service, crowd.pay, none_is_paid_unless_it_is)
    async with asyncio.timeout(120):
        await asyncio.gather(*tasks)
        await until(lambda: _all_paid(database))
    assert await service.stop() == 0
    await bank.stop()
    assert crowd.done == set(range(SUBSCRIBERS))
    orders, told, cases = await database.read(_totals)
    attempts = await database.read(_attempts)
    await database.close()
    assert set(orders.values()) == {1}
    assert len(orders) == SUBSCRIBERS
    assert set(told.values()) == {1}
    assert len(told) == SUBSCRIBERS
    assert cases == 0
    known_by_their_keys(bank, attempts)


async def lives(
    crowd: Crowd,
    service: ServiceProcess,
    begin: Callable[[int], Coroutine[Any, Any, None]],
    after: Callable[[], Awaitable[None]] | None = None,
    *,
    within: int = 12,
) -> list[asyncio.Task[None]]:
    """Start and kill the service again and again while subscribers begin; the last life goes on. Gives their tasks.

    It dies at one of the first `within` moments of each life, and in some of them at a creation: the provider has taken
    it, and here nobody knows.
    """
    bank, tasks = crowd.bank, []
    for life in range(KILLS + 1):
        bank.at_creation = bank.is_called and life % EVERY == 0 and life < KILLS
        bank.countdown = crowd.chance.randint(1, within) if life < KILLS and not bank.at_creation else 0
        bank.struck.clear()
        bank.killed.clear()
        await service.start()
        crowd.url = service.url
        crowd.running.set()
        if life == KILLS:
            break
        tasks += [asyncio.create_task(begin(number)) for number in range(life * PER_LIFE, (life + 1) * PER_LIFE)]
        async with asyncio.timeout(60):
            await bank.struck.wait()
        crowd.running.clear()
        await service.kill()
        bank.killed.set()
        if after is not None:
            await after()
    return tasks


def known_by_their_keys(bank: Bank, attempts: Sequence[Tried]) -> None:
    """Each creation came under the key that is stored for it, with the same words each time, and some came again."""
    times = Counter(key for key, _ in bank.asked)
    assert set(times) == {bank.key(attempt) for attempt in attempts}
    assert len(set(bank.asked)) == len(times), "under one key always the same is asked for"
    assert max(times.values()) > 1, "no creation came again: nothing was tried"
    assert {len(bank.of(str(1_000_000_000 + number))) for number in range(SUBSCRIBERS)} == {1}


async def _all_paid(database: Database) -> bool:
    return len(await _paid(database)) == SUBSCRIBERS


async def _paid(database: Database) -> set[int]:
    query = select(payment_order.c.account_id).where(payment_order.c.state == "paid")
    return set(await database.read(lambda connection: connection.execute(query).scalars().all()))


def _attempts(connection: Connection) -> list[Tried]:
    query = select(payment_attempt.c.order_id, payment_attempt.c.number, payment_attempt.c.key)
    return [Tried(*row) for row in connection.execute(query)]


def _totals(connection: Connection) -> tuple[Counter[int], Counter[str], int]:
    """Orders by account, what was told by address, and how many cases there are."""
    return (
        Counter(connection.execute(select(payment_order.c.account_id)).scalars()),
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
