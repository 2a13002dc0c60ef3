"""A retailer whose subscribers pay by YooKassa: the emulator, the service between, and links as the chat gives them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from bot.assembly import build
from bot.settings import load
from core.acquiring.yookassa.emulator import YookassaEmulator
from core.domain.handovers import digest_of
from core.services.texts import Texts
from core.storage.tables import outbox, payment_order, payment_page
from tests.bot.conftest import CONFIG, Running
from tests.bot.web.public.links import subscriber
from tests.conftest import FixedClock
from tests.storage.kept import NOW, put, stored

TOKEN = "pAy1-QpKx_9sVb7cN2mLd4Wt6"
PAYMENTS = """
[payments]
provider = "{provider}"
[payments.template]
url = "https://pay.example.ru/?ls={{account}}&sum={{amount}}"
[payments.yookassa]
shop_id = "100500"
secret_key = "test_emulated-secret-key"
api_base = "{url}/v3"
networks = ["203.0.113.0/24"]
"""
PAYEE = """
payee = { name = "Сбыт", account = "40702810900000000001", bank = "Банк", bic = "040813608", inn = "2721000001" }
"""
FROM_YOOKASSA = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
"""As a proxy on this machine writes it; what stands to the left came from outside."""


@dataclass(slots=True)
class Counter:
    """The service and the bank."""

    running: Running
    bank: YookassaEmulator

    async def link(self, token: str = TOKEN, **columns: Any) -> str:
        """A link to the payment page; its path."""
        row = {
            "table": payment_page,
            "digest": digest_of(token),
            "account_id": 1,
            "amount": 98_765,
            "channel": "sms",
            "external_id": "+79141234567",
            "language": "ru",
            "created_at": NOW,
            "expires_at": NOW + timedelta(hours=24),
        }
        await put(self.running.service.database, row | columns)
        return f"/pay/{token}"

    async def call(self, verb: str, path: str, /, **form: str) -> tuple[int, str, Any]:
        """Status, text and headers."""
        data = form or None
        async with self.running.session.request(
            verb, f"{self.running.url}{path}", data=data, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), answer.headers

    async def press(self, path: str, /, **form: str) -> str:
        """Press the button and follow to the page."""
        status, text, headers = await self.call("POST", path, **{"amount": "987,65"} | form)
        assert (status, text) == (303, "")
        assert headers["Location"] == path.rpartition("/")[2]
        return (await self.call("GET", path))[1]

    async def notify(self, payment_id: str, headers: dict[str, str] | None = None, event: str = "") -> int:
        """The bank calls our hook."""
        body = self.bank.notification(payment_id, event)
        url = f"{self.running.url}/hooks/pay/yookassa"
        async with self.running.session.post(
            url, data=body, headers=FROM_YOOKASSA if headers is None else headers
        ) as answer:
            return answer.status

    async def orders(self) -> list[str]:
        return [row.state for row in await stored(self.running.service.database, payment_order)]

    async def told(self) -> list[str]:
        """What subscribers were told; beside what stands there from before."""
        query = select(outbox.c.text).where(outbox.c.created_at >= NOW).order_by(outbox.c.id)
        database = self.running.service.database
        return list(await database.read(lambda connection: connection.execute(query).scalars().all()))


@asynccontextmanager
async def counter(
    folder: Path, clock: FixedClock, provider: str = "yookassa", *, more: str = "", database_url: str = ""
) -> AsyncIterator[Counter]:
    """All of it, started, with one linked subscriber. `more`: further sections of the configuration."""
    bank = YookassaEmulator(clock=clock)
    await bank.start()
    file = folder / "meterline.toml"
    config = CONFIG.replace("port = 0\n", 'port = 0\npublic_url = "https://sms.example.ru"\n')
    if database_url:
        config = config.replace("sqlite:///meterline.db", database_url)
    # The branches come last in the file, and a section cannot follow them.
    head, branch, tail = config.partition("[[branch]]")
    first, second, rest = tail.partition("[[branch]]")
    payments = PAYMENTS.format(provider=provider, url=bank.url)
    file.write_text(f"{head}{payments}{more}{branch}{first}{PAYEE}{second}{rest}", encoding="utf-8")
    service = build(load(file, {}), Texts(), clock)
    host, port = await service.start()
    await subscriber(service.database)
    try:
        async with aiohttp.ClientSession() as session:
            yield Counter(Running(service, f"http://{host}:{port}", session), bank)
    finally:
        await service.stop()
        await bank.stop()
