"""The tokens of payment pages are in no log: not the link's, nor the one that the bank sends the subscriber back with.

The log is read as it is written, by the service's own configuration and at its most talkative. Each test first sees
that what it is about is in there at all.
"""

import io
import json
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from core.acquiring.yookassa.emulator import Fault
from core.ports.acquiring import Invoice
from core.storage.tables import payment_attempt
from tests.bot.web.public.counter import TOKEN, Counter, counter
from tests.bot.web.public.messengers import SECTIONS
from tests.conftest import FixedClock
from tests.storage.kept import stored

REFUSALS = {Fault.UNAUTHORIZED, Fault.ECHO}
PLACES = ("/pay/", "/pay/app/telegram/", "/pay/app/vk/")
HANDLERS = ("view", "pay")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("debug", "json", (), stream)
    yield stream
    logs.configure("info", "json")


@pytest.fixture
async def till(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Counter]:
    async with counter(tmp_path, clock, more=SECTIONS) as opened:
        yield opened


@pytest.fixture
async def path(till: Counter) -> str:
    return await till.link()


def events(log: io.StringIO) -> list[str]:
    """What was logged; by whom, where it is no event of ours."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["event"] if line["event"].isidentifier() else line["logger"] for line in lines]


async def backs(till: Counter) -> list[str]:
    """The tokens of the addresses to which the bank sends the subscriber back, as far as they are still kept."""
    attempts = await stored(till.running.service.database, payment_attempt)
    return [attempt.return_url.rpartition("/")[2] for attempt in attempts if attempt.return_url]


async def test_a_token_is_in_no_log(till: Counter, path: str, log: io.StringIO) -> None:
    """From the first look to the receipt; who looks at which page is no matter of a log at all."""
    await till.call("GET", path)
    await till.press(path)
    (payment,) = till.bank.payments.values()
    back = payment.object["confirmation"]["return_url"].rpartition("/")[2]
    assert (await till.call("GET", f"/pay/{back}"))[0] == 200
    assert (await till.call("GET", f"/pay/{back[::-1]}"))[0] == 404
    assert (await till.call("POST", path, amount="a lot"))[0] == 422
    till.bank.succeed(payment.id)
    assert await till.notify(payment.id) == 200
    await till.running.service.payments.work()
    assert "order_moved" in events(log)
    assert [name for name in events(log) if name.startswith("aiohttp")] == []
    assert [token for token in (TOKEN, back, back[::-1]) if token in log.getvalue()] == []
    (attempt,) = await stored(till.running.service.database, payment_attempt)
    assert back not in repr(attempt)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in {Fault.HANG, Fault.STUCK}])
async def test_nor_when_the_provider_fails(
    till: Counter, path: str, log: io.StringIO, clock: FixedClock, fault: Fault
) -> None:
    """Whatever he answers, be it all that he was sent."""
    # Several, for the service's own look may come between.
    till.bank.faults.extend([Fault.BROKEN] * 9)
    await till.press(path)
    (back,) = await backs(till)
    before = len(events(log))
    till.bank.faults.clear()
    till.bank.faults.extend([fault] * 9)
    clock.advance(minutes=1)
    await till.running.service.payments.work()
    expected = "payment_refused" if fault in REFUSALS else "payment_call_failed"
    assert expected in events(log)[before:]
    assert [token for token in (TOKEN, back) if token in log.getvalue()] == []


def failing(token: str, kind: str) -> Exception:
    """What a page may fail with: words with the link in them, or with the token alone, or a cause with either."""
    if kind == "caused":
        outer = RuntimeError("the page failed")
        outer.__cause__ = KeyError(token)
        return outer
    return RuntimeError(f"failed at https://sms.example.ru/pay/{token}") if kind == "link" else KeyError(token)


@pytest.mark.parametrize("case", list(product(PLACES, HANDLERS, ("link", "bare", "caused"))))
async def test_nor_when_a_page_fails(
    till: Counter, path: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str]
) -> None:
    """On the web and inside a messenger: the traceback is there, and the token is not."""
    place, handler, kind = case
    verb = "GET" if handler == "view" else "POST"

    async def fail(token: str, **_typed: Any) -> None:
        raise failing(token, kind)

    monkeypatch.setattr(till.running.service.payments, handler, fail)
    assert (await till.call(verb, place + path.rpartition("/")[2], amount="987,65"))[0] == 500
    assert events(log) == ["page_failed"]
    assert "Traceback" in log.getvalue()
    assert TOKEN not in log.getvalue()


async def test_nor_when_we_fail_at_the_provider(
    till: Counter, path: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours while he is called: with all that he was to be sent in its words."""
    sent: list[Invoice] = []

    async def fail(_provider: object, invoice: Invoice) -> None:
        sent.append(invoice)
        raise RuntimeError(f"{invoice!r}, {invoice.return_url}, {invoice.return_url.rpartition('/')[2]}")

    monkeypatch.setattr("core.acquiring.yookassa.provider.YookassaProvider.create", fail)
    await till.press(path)
    assert "payment_call_broken" in events(log)
    back = sent[0].return_url.rpartition("/")[2]
    assert [token for token in (TOKEN, back) if token in log.getvalue()] == []
