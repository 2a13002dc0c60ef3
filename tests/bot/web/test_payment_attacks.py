"""What strangers, other shops and confused providers send to `/hooks/pay/<provider>`, by the real server.

One table for all providers: each attack stands with the answer that it gets, and after each of them nothing may have
changed. Then the true call comes, and counts.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest

from bot.assembly import build
from bot.settings import load
from core.acquiring.emulation import Call
from core.domain.handovers import digest_of
from core.services.texts import Texts
from core.storage.tables import case, payment_notice, payment_order, payment_page
from tests.bot.conftest import CONFIG, Running
from tests.bot.web.public.counter import TOKEN
from tests.bot.web.public.links import subscriber
from tests.conftest import FixedClock
from tests.crash.banks import BANKS
from tests.storage.kept import NOW, put, stored

SIGNATURES: Final = {"sberbank": "checksum", "robokassa": "SignatureValue", "chronopay": "sign"}
"""The field of the form or the query; CloudPayments signs in a header, YooKassa not at all."""
HEADERS: Final = ("Content-HMAC", "X-Content-HMAC")
SUMS: Final = {"sberbank": "amount", "robokassa": "OutSum", "chronopay": "total", "cloudpayments": "Amount"}
ORDERS: Final = {
    "sberbank": "orderNumber",
    "robokassa": "InvId",
    "chronopay": "order_id",
    "cloudpayments": "InvoiceId",
}
SIGNED: Final = tuple(SUMS)
ALL: Final = (*SIGNED, "yookassa")
FOREIGN: Final = {"X-Forwarded-For": "198.51.100.7"}
"""As our proxy writes it for somebody who is none of YooKassa's machines."""
LIMIT: Final = 64 * 1024


@dataclass
class Till:
    """The service with one provider, and a subscriber who is about to pay by him."""

    running: Running
    bank: Any
    good: Call
    """The provider's true call about the payment, not sent yet."""

    async def send(self, call: Call, name: str = "") -> int:
        """Give it to our hook as the network does."""
        url = f"{self.running.url}/hooks/pay/{name or self.bank.name}"
        url += f"?{call.query}" if call.query else ""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if call.method == "POST" else {}
        async with self.running.session.request(
            call.method,
            aiohttp.client.URL(url, encoded=True),
            data=call.body.encode(),
            headers=headers | dict(call.headers),
        ) as answer:
            return answer.status

    async def rows(self) -> tuple[list[str], int, int]:
        """The states of the orders, how many calls are kept, and how many cases there are."""
        database = self.running.service.database
        orders = [row.state for row in await stored(database, payment_order)]
        return orders, len(await stored(database, payment_notice)), len(await stored(database, case))


@pytest.fixture(params=[pytest.param(bank, id=bank.name) for bank in BANKS])
async def till(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path, clock: FixedClock
) -> AsyncIterator[Till]:
    bank = request.param(clock=clock)
    await bank.start()
    section = "\n".join(f"{name} = {json.dumps(value)}" for name, value in bank.section().items())
    payments = f'[payments]\nprovider = "{bank.name}"\n[payments.{bank.name}]\n{section}\n'
    config = CONFIG.replace("port = 0\n", 'port = 0\npublic_url = "https://sms.example.ru"\n')
    head, branch, tail = config.partition("[[branch]]")
    (tmp_path / "meterline.toml").write_text(f"{head}{payments}{branch}{tail}", encoding="utf-8")
    service = build(load(tmp_path / "meterline.toml", {}), Texts(), clock)
    host, port = await service.start()
    await subscriber(service.database)
    row = {"table": payment_page, "digest": digest_of(TOKEN), "account_id": 1, "amount": 98_765, "channel": "sms"}
    row |= {"external_id": "+79141234567", "language": "ru", "created_at": NOW, "expires_at": NOW.replace(day=23)}
    await put(service.database, row)
    try:
        async with aiohttp.ClientSession() as session:
            running = Running(service, f"http://{host}:{port}", session)
            await session.post(f"{running.url}/pay/{TOKEN}", data={"amount": "987,65"}, allow_redirects=False)
            page = await (await session.get(f"{running.url}/pay/{TOKEN}")).text()
            (link,) = re.findall(rf'href="({re.escape(bank.url)}[^"]*)"', page)
            calls = await bank.take(bank.visit(link.replace("&amp;", "&")))
            yield Till(running, bank, calls[0])
    finally:
        await service.stop()
        await bank.stop()


def with_field(call: Call, name: str, value: str | None) -> Call:
    """The call with another value in its form or query; None takes the field away."""
    part = "query" if name in dict(parse_qsl(call.query, keep_blank_values=True)) else "body"
    fields = dict(parse_qsl(getattr(call, part), keep_blank_values=True))
    fields = {key: text for key, text in (fields | {name: value}).items() if text is not None}
    return replace(call, **{part: urlencode(fields)})


def with_signature(make: Callable[[str], str | None]) -> Callable[[Till], Call]:
    """The true call with another signature."""

    def attack(till: Till) -> Call:
        name = SIGNATURES.get(till.bank.name)
        if name is not None:
            fields = dict(parse_qsl(till.good.query or till.good.body)) | dict(parse_qsl(till.good.body))
            return with_field(till.good, name, make(fields[name]))
        headers = {key: made for key, value in till.good.headers.items() if key not in HEADERS for made in [value]}
        for key in HEADERS:
            value = make(till.good.headers.get(key, "x"))
            headers |= {} if value is None else {key: value}
        return replace(till.good, headers=headers)

    return attack


def with_another(names: dict[str, str], value: str) -> Callable[[Till], Call]:
    """The true call about another sum or order, under the true signature."""
    return lambda till: with_field(till.good, names[till.bank.name], value)


def with_body(body: str, **headers: str) -> Callable[[Till], Call]:
    """Whatever it is, by POST."""
    return lambda _: Call("POST", body=body, headers=headers)


# The attack, whom it can be tried on, how it is made, and the answers that it may get.
ATTACKS: Final[Sequence[tuple[str, Sequence[str], Callable[[Till], Call], set[int]]]] = (
    ("no signature", SIGNED, with_signature(lambda _: None), {403}),
    ("an empty signature", SIGNED, with_signature(lambda _: ""), {403}),
    ("a signature of zeros", SIGNED, with_signature(lambda good: "0" * len(good)), {403}),
    ("a signature cut short", SIGNED, with_signature(lambda good: good[:-1]), {403}),
    ("a signature in Cyrillic", SIGNED, with_signature(lambda _: "подпись"), {403}),
    ("another secret", SIGNED, lambda till: till.bank.forge(till.good), {403}),
    ("another sum", SIGNED, with_another(SUMS, "1.00"), {403}),
    ("another order", SIGNED, with_another(ORDERS, "123456789"), {400, 403}),
    ("a stranger's machine", ["yookassa"], lambda till: replace(till.good, headers=FOREIGN), {403}),
    ("nothing", ALL, with_body(""), {400, 403}),
    ("bytes", ALL, with_body("\x00\xff\xfe"), {400, 403}),
    ("a list", ALL, with_body("[1, 2]", **{"Content-Type": "application/json"}), {400, 403}),
    ("deep nesting", ALL, with_body("[" * 60_000, **{"Content-Type": "application/json"}), {400, 403}),
    ("another type", ALL, with_body("<xml/>", **{"Content-Type": "text/xml"}), {400, 403, 415}),
    ("a thousand fields", ALL, with_body("&".join(f"a{n}=1" for n in range(1_000))), {400, 403}),
    ("too long a body", ALL, with_body("x" * (LIMIT + 1)), {413}),
    ("another verb", ALL, lambda till: replace(till.good, method="PUT"), {405}),
)


async def test_attacks(till: Till) -> None:
    """None of them changes anything; then the true call is one payment, however often it comes."""
    before = await till.rows()
    assert before[:2] == (["pending"], 0)
    for name, banks, make, answers in ATTACKS:
        if till.bank.name in banks:
            assert await till.send(make(till)) in answers, name
            assert await till.rows() == before, name
    assert await till.send(till.good, "nobody") == 404
    for _ in range(3):
        assert await till.send(till.good) == 200
    await till.running.service.payments.work()
    orders, _, cases = await till.rows()
    assert (orders, cases) == (["paid"], before[2])


@pytest.mark.parametrize(
    "till", [pytest.param(bank, id=bank.name) for bank in BANKS if bank.name != "robokassa"], indirect=True
)
async def test_a_refund_overtakes_the_payment(till: Till) -> None:
    """The calls come in the wrong order: what is true in the end stands. Robokassa tells nobody of a refund."""
    if till.bank.name == "yookassa":
        (payment_id,) = till.bank.payments
        till.bank.refund(payment_id)
        later = replace(till.good, body=till.bank.notification(payment_id, "refund.succeeded").decode())
    else:
        (kept,) = till.bank.of("1101")
        await till.bank.refund(kept)
        later = till.bank.calls[-1]
    for call in (later, till.good, later):
        assert await till.send(call) == 200
        await till.running.service.payments.work()
    assert (await till.rows())[0] == ["refunded"]
