"""A retailer that takes payments: the service over a database, a provider that a test directs, and a page to pay on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.domain.handovers import digest_of
from core.domain.messages import Address, Capabilities, RawAnswer, RawRequest, TextUnit
from core.domain.orders import Payment, PaymentState, Terms
from core.domain.privacy import restricted
from core.ports.acquiring import Heard, Invoice, Notification, Opened
from core.services.payments import Payments
from core.storage.database import Database
from core.storage.payments import Page, put_page
from core.storage.tables import account, case, outbox, payment_attempt, payment_notice, payment_order
from tests import world
from tests.conftest import FixedClock

ME = Address("chat", "700100200")
OTHER = Address("hush", "700100201")
CHAT = Capabilities(text_limit=4000, text_unit=TextUnit.CHARACTERS, button_rows=6, link_buttons=True)
DEBT = 98_765
TOKEN = "token-of-the-first-page-0001"
SECOND = "token-of-the-second-page-002"


@dataclass(slots=True)
class Bank:
    """A provider that remembers idempotency keys, as all do, and says what a test wants."""

    name: str = "bank"
    methods: Sequence[str] = ("bank_card", "sbp")
    failures: list[Exception] = field(default_factory=list)
    """Raised by the next calls, before anything is kept."""
    invoices: dict[str, Invoice] = field(default_factory=dict)
    words: dict[str, Payment] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    signs: bool = False
    closed: int = 0

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        self.closed += 1

    async def create(self, invoice: Invoice) -> Opened:
        self.calls.append(f"create {invoice.idempotency_key}")
        if self.failures:
            raise self.failures.pop(0)
        known = self.invoices.setdefault(invoice.idempotency_key, invoice)
        assert known == invoice, "the same key with another invoice"
        name = f"p{list(self.invoices).index(invoice.idempotency_key) + 1}"
        self.words.setdefault(name, self.word(name, PaymentState.PENDING))
        return Opened(provider_id=name, pay_url=f"https://bank.example/{name}")

    async def look(self, *, order_id: int, attempt: int, provider_id: str) -> Payment:
        self.calls.append(f"look {provider_id}")
        if self.failures:
            raise self.failures.pop(0)
        return self.words[provider_id]

    def hear(self, request: RawRequest) -> Heard:
        if request.body == b"foreign":
            return Heard(answer=RawAnswer(status=403))
        name = request.body.decode().partition(" ")[0]
        said = self.words.get(name)
        order_id = said.order_id if said is not None else None
        told = Notification(provider_id=name, order_id=order_id, payment=said if self.signs else None)
        return Heard(answer=RawAnswer(body=b"OK"), notification=told)

    def word(self, name: str, state: PaymentState, **more: Any) -> Payment:
        """What it says of a payment it has."""
        invoice = list(self.invoices.values())[int(name[1:]) - 1]
        said = {"amount": invoice.amount, "currency": "RUB", "order_id": invoice.order_id} | more
        return Payment(state=state, provider_id=name, **said)

    def says(self, name: str, state: PaymentState, **more: Any) -> None:
        self.words[name] = self.word(name, state, **more)


@dataclass(slots=True)
class Bench:
    """The service under test."""

    database: Database
    clock: FixedClock
    bank: Bank
    payments: Payments
    nudges: list[int]

    async def rows(self, table: Any) -> list[Any]:
        query = select(table).order_by(*table.primary_key)
        return list(await self.database.read(lambda connection: connection.execute(query).all()))

    async def orders(self) -> list[str]:
        return [row.state for row in await self.rows(payment_order)]

    async def attempts(self) -> list[str]:
        return [row.state for row in await self.rows(payment_attempt)]

    async def told(self) -> list[str]:
        return [row.text for row in await self.rows(outbox)]

    async def cases(self) -> list[str]:
        return [row.kind for row in await self.rows(case)]

    async def notices(self) -> int:
        return len(await self.rows(payment_notice))

    async def page(self, token: str, address: Address = ME, amount: int | None = DEBT, hours: float = 24) -> None:
        """A link to the page, as the chat gives it."""
        now = self.clock.now()

        def job(connection: Any) -> None:
            key = connection.execute(select(account.c.id)).scalar_one()
            page = Page(
                digest=digest_of(token),
                account_id=key,
                address=address,
                language="ru",
                amount=amount,
                order_id=None,
                expires_at=now + timedelta(hours=hours),
            )
            put_page(connection, page, now)

        await self.database.write(job)

    async def hear(self, body: str) -> RawAnswer | None:
        request = RawRequest(method="POST", path="/bank", body=body.encode(), received_at=self.clock.now())
        return await self.payments.hear("bank", request)


async def bench_of(database: Database, clock: FixedClock, *, test: bool = False) -> Bench:
    """With one account that owes `DEBT`, and a page to pay it on."""
    await database.write(world.fill([world.ACCOUNTS["one"]]))
    bank, nudges = Bank(), []
    bench = Bench(database, clock, bank, over(database, clock, bank, nudges, test=test), nudges)
    await bench.page(TOKEN)
    return bench


def over(database: Database, clock: FixedClock, bank: Bank, nudges: list[int], *, test: bool = False) -> Payments:
    """The service as a new process would have it."""
    rules = world.rules()
    return Payments(
        database,
        clock,
        {"bank": bank},
        terms=Terms(providers={"khb": "bank"}, test=frozenset({"bank"} if test else ())),
        branches=rules.branches,
        texts=rules.texts,
        capabilities={"chat": CHAT, "hush": restricted(CHAT)},
        public_url="https://sms.example.ru",
        nudge=lambda: nudges.append(1),
    )
