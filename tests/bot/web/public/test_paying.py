"""The payment page and the providers' hook over HTTP, with the real service and an emulated YooKassa."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from core.domain import bill_codes
from core.storage.database import Unavailable
from core.storage.tables import account, payment_notice, payment_order
from tests.bot.web.public.counter import FROM_YOOKASSA, TOKEN, Counter, counter
from tests.bot.web.public.test_pages import said
from tests.conftest import FixedClock
from tests.storage.kept import NOW, put, stored


@pytest.fixture
async def till(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Counter]:
    async with counter(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def path(till: Counter) -> str:
    return await till.link()


async def paid(till: Counter, path: str) -> str:
    """Pay the debt, and have the bank say so; the payment's name."""
    await till.press(path)
    payment_id = list(till.bank.payments)[-1]
    till.bank.succeed(payment_id)
    assert await till.notify(payment_id) == 200
    await until_done(till)
    return payment_id


async def until_done(till: Counter) -> None:
    """What the background does at once after a call, done here."""
    await till.running.service.payments.work()


async def test_looking_changes_nothing(till: Counter, path: str) -> None:
    """A preview of the link orders nothing; of number and address only what the owner knows them by."""
    for method in ("GET", "HEAD", "GET"):
        status, text, headers = await till.call(method, path)
        assert status == 200
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
    assert "*1101" in text
    assert "ул. Ле***, 5*, кв. **" in text
    assert "К оплате данные на 01.11.2026 987,65" in said(text)
    assert 'value="987,65"' in text
    assert not re.search(r"2701001101|Ленина|SECRET", said(text))
    assert await till.orders() == []
    assert till.bank.calls == []


async def test_the_button_leads_to_the_bank(till: Counter, path: str) -> None:
    """By way of the page itself, which then holds a plain link; pressed again, it is the same payment."""
    page = await till.press(path, method="sbp", email="me@example.ru")
    (payment,) = till.bank.payments.values()
    assert f'href="{payment.object["confirmation"]["confirmation_url"]}"' in page
    assert "Осталось заплатить" in page
    await till.press(path, method="sbp")
    assert len(till.bank.payments) == 1
    assert await till.orders() == ["pending"]


async def test_paid(till: Counter, path: str) -> None:
    """The page says so, and so does the chat, once; pressing again pays nothing."""
    payment_id = await paid(till, path)
    _, page, headers = await till.call("GET", path)
    assert "Оплачено, спасибо" in page
    assert "Оплачено, ещё не зачислено 987,65" in said(page)
    assert "Refresh" not in headers
    for _ in range(3):
        assert await till.notify(payment_id) == 200
    await until_done(till)
    assert "Оплачено" in await till.press(path)
    assert await till.orders() == ["paid"]
    (told,) = await till.told()
    assert "987,65" in told
    assert len(till.bank.payments) == 1
    _, metrics = await till.running.get("/metrics")
    assert 'meterline_payments_total{provider="yookassa",result="paid"} 1.0' in metrics


async def test_a_wrong_sum_is_not_credited(till: Counter, path: str) -> None:
    """The bank says paid, but not what we asked for."""
    await till.press(path)
    (payment_id,) = till.bank.payments
    till.bank.succeed(payment_id, amount="1.00")
    assert await till.notify(payment_id) == 200
    await until_done(till)
    assert await till.orders() == ["pending"]
    assert await till.told() == []


async def test_a_failed_payment_can_be_tried_again(till: Counter, path: str) -> None:
    """The page says that no money was taken, and has the form again; the next press is another payment."""
    await till.press(path)
    (payment_id,) = till.bank.payments
    till.bank.cancel(payment_id)
    await till.notify(payment_id)
    await until_done(till)
    _, page, _ = await till.call("GET", path)
    assert "Платёж не завершён" in page
    assert "Попробовать ещё раз" in page
    assert "Осталось заплатить" in await till.press(path)
    assert len(till.bank.payments) == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"amount": "много"}, "Напишите сумму числом"),
        ({"amount": ""}, "Напишите сумму числом"),
        ({"amount": "0"}, "10,00"),
        ({"amount": "1000000"}, "100\N{NO-BREAK SPACE}000,00"),
        ({"email": "me@nowhere"}, "опечатка"),
        ({"email": "<script>@x.ru"}, "опечатка"),
        ({"email": "me\x00@x.ru"}, "опечатка"),
        ({"method": "cash"}, "Выберите, как заплатить"),
    ],
)
async def test_what_cannot_be_used_is_said_beside_it(
    till: Counter, path: str, form: dict[str, str], words: str
) -> None:
    """The form comes back with what was typed, escaped; nothing is ordered."""
    status, page, _ = await till.call("POST", path, **{"amount": "987,65"} | form)
    assert status == 422
    assert words in page
    assert "<script>" not in page
    assert await till.orders() == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe=%zz&&==", "application/x-www-form-urlencoded"),
        (b"amount=500", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"", "text/plain"),
        (b"&".join([b"a=b"] * 10_000), "application/x-www-form-urlencoded"),
    ],
)
async def test_a_form_that_is_none(till: Counter, path: str, body: bytes, content_type: str) -> None:
    """Whatever a stranger posts, he gets a page and no traceback."""
    headers = {"Content-Type": content_type}
    url = f"{till.running.url}{path}"
    async with till.running.session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
        assert answer.status in {303, 422}


async def test_any_sum_within_the_limits(till: Counter, path: str) -> None:
    """What the subscriber types is what the bank is asked for, to the kopeck."""
    await till.press(path, amount="1 234,5 руб")
    (payment,) = till.bank.payments.values()
    assert payment.object["amount"] == {"value": "1234.50", "currency": "RUB"}


async def test_an_old_link_says_how_to_get_a_new_one(till: Counter, clock: FixedClock) -> None:
    """It takes no payment any more, by either method."""
    path = await till.link(expires_at=NOW)
    status, page, _ = await till.call("GET", path)
    assert (status, "напишите ОПЛАТА" in page) == (200, True)
    assert "напишите ОПЛАТА" in await till.press(path)
    assert await till.orders() == []


@pytest.mark.parametrize("path", ["/pay/x", "/pay/%00", "/pay/unknown-but-well-formed-token", "/pay/" + "a" * 500])
async def test_no_such_link(till: Counter, path: str) -> None:
    """One answer for whatever is none of ours."""
    for method in ("GET", "POST"):
        status, text, _ = (
            await till.call(method, path, amount="500") if method == "POST" else await till.call(method, path)
        )
        assert status == 404
        assert "Ссылка не действует" in text


async def test_english(till: Counter) -> None:
    """The language is the one the subscriber speaks in the chat."""
    path = await till.link(language="en")
    _, page, _ = await till.call("GET", path)
    assert '<html lang="en">' in page
    assert "To be paid" in page
    assert "No commission" in page
    assert "One step left" in await till.press(path)


async def test_the_bank_does_not_answer(till: Counter, path: str) -> None:
    """The page says that it is at it, renews itself, and shows the way once the bank has answered."""
    from core.acquiring.yookassa.emulator import Fault  # noqa: PLC0415 - for this test alone

    till.bank.faults.extend([Fault.BROKEN_AFTER])
    page = await till.press(path)
    assert "Связываемся с банком" in page
    _, _, headers = await till.call("GET", path)
    assert headers["Refresh"] == "3"
    assert "Осталось заплатить" in await till.press(path)
    assert len(till.bank.payments) == 1


@pytest.mark.parametrize(
    ("site", "seconds"), [("cross-site", "3"), ("same-site", "3"), ("same-origin", "15"), ("none", "15"), ("", "15")]
)
async def test_who_comes_back_from_the_bank_sees_soon(till: Counter, path: str, site: str, seconds: str) -> None:
    """The bank is about to call us; from then on the page leaves whoever reads it in peace for longer."""
    await till.press(path)
    sent = {"Sec-Fetch-Site": site} if site else {}
    async with till.running.session.get(f"{till.running.url}{path}", headers=sent) as answer:
        assert answer.headers["Refresh"] == seconds


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}, {"X-Forwarded-For": "nonsense"}],
    ids=["no proxy", "the forger wrote the left one", "nonsense"],
)
async def test_calls_from_elsewhere_are_refused(till: Counter, path: str, headers: dict[str, str]) -> None:
    """Only what the trusted proxy has written counts; nothing of the call is kept."""
    await till.press(path)
    (payment_id,) = till.bank.payments
    assert await till.notify(payment_id, headers) == 403
    assert await stored(till.running.service.database, payment_notice) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/hooks/pay/nobody", 404),
        ("POST", "/hooks/pay/", 404),
        ("POST", "/hooks/pay/template", 404),
        ("PUT", "/hooks/pay/yookassa", 405),
    ],
)
async def test_hooks_of_nobody(till: Counter, method: str, path: str, status: int) -> None:
    """A provider that does not call, and one that does not exist."""
    assert (await till.call(method, path))[0] == status


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"event": 7}', b"\xff", b'{"event":"payment.x","object":7}']
)
async def test_nonsense_changes_nothing(till: Counter, body: bytes) -> None:
    """Any bytes get an answer, and none of them a 500."""
    url = f"{till.running.url}/hooks/pay/yookassa"
    async with till.running.session.post(url, data=body, headers=FROM_YOOKASSA) as answer:
        assert answer.status in {200, 400}
    assert await stored(till.running.service.database, payment_notice) == []


async def test_an_unavailable_database_makes_the_bank_call_again(
    till: Counter, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 for the bank and for the subscriber; what was said is not lost."""
    await till.press(path)
    (payment_id,) = till.bank.payments
    till.bank.succeed(payment_id)

    async def down(job: object) -> None:
        raise Unavailable("down")

    database = till.running.service.database
    with monkeypatch.context() as broken:
        broken.setattr(database, "write", down)
        broken.setattr(database, "read", down)
        assert await till.notify(payment_id) == 503
        assert (await till.call("GET", path))[0] == 503
        assert (await till.call("POST", path, amount="500"))[0] == 503
    assert await till.notify(payment_id) == 200
    await until_done(till)
    assert await till.orders() == ["paid"]


async def test_the_retailers_own_site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> None:
    """The link leads there, with account and sum; the page promises no answer, and asks for no e-mail."""
    async with counter(tmp_path, clock, "template") as till:
        path = await till.link()
        _, page, _ = await till.call("GET", path)
        assert "Почта" not in page
        page = await till.press(path)
        assert 'href="https://pay.example.ru/?ls=2701001101&amp;sum=987.65"' in page
        assert "на другой странице нашего сайта" in page


async def test_paid_by_two_at_once(till: Counter, path: str) -> None:
    """Five presses at the same instant, on two links: one order, one payment."""
    other = await till.link("pAy2-QpKx_9sVb7cN2mLd4Wt6")
    await asyncio.gather(*(till.press(each) for each in (path, other, path, other, path)))
    assert len(till.bank.payments) == 1
    assert await till.orders() == ["pending"]


async def test_code_for_a_banks_app(till: Counter, path: str) -> None:
    """Asked for, it pays the typed sum to ourselves; nothing is ordered for it."""
    status, text, _ = await till.call("POST", path, amount="500", code="1")
    assert status == 200
    assert "Сумма в коде: 500,00" in said(text)
    code = bill_codes.read(re.search(r"ST00012[^<]+", unescape(text))[0])  # type: ignore[index] # or it fails here
    assert (code.account, code.amount, code.payee.inn) == ("2701001101", 50_000, "2721000001")
    assert code.more["Purpose"] == "Электроэнергия, лицевой счёт 2701001101"
    assert await till.orders() == []


@pytest.mark.parametrize(
    ("form", "status", "has"),
    [
        ({"amount": ""}, 200, "ST00012"),
        ({"amount": "двести"}, 422, "Напишите сумму числом"),
        ({"amount": "0,01"}, 422, "Напишите сумму числом"),
        ({"amount": "987,65", "email": "нет"}, 200, "ST00012"),
    ],
)
async def test_sums_of_a_code(till: Counter, path: str, form: dict[str, str], status: int, has: str) -> None:
    """Without one the bank's app asks; one that cannot be paid is refused as at the button."""
    got, text, _ = await till.call("POST", path, **{"code": "1"} | form)
    assert (got, has in text) == (status, True)
    assert ("Sum=" in text) is ("98765" in text)


@pytest.mark.parametrize("stage", ["asked", "paid", "expired", "unknown"])
async def test_no_code_where_it_would_pay_twice(till: Counter, path: str, stage: str) -> None:
    """Not while the bank waits, nor afterwards, nor for an old or foreign link."""
    if stage == "asked":
        await till.press(path)
    elif stage == "paid":
        await paid(till, path)
    elif stage == "expired":
        path = await till.link("another-token-of-a-page-1", expires_at=NOW)
    else:
        path = "/pay/another-token-of-a-page-1"
    _, text, _ = await till.call("POST", path, amount="500", code="1")
    assert "ST00012" not in text
    assert "2701001101" not in text


async def test_nothing_but_the_sum_can_be_asked_for(till: Counter, path: str) -> None:
    """Account, order, currency and link are those of the page, whatever a form says besides."""
    forged = {"account": "2", "account_id": "2", "order": "7", "order_id": "7", "currency": "USD", "token": "x"}
    await till.press(path, **forged, return_url="https://elsewhere.example")
    (payment,) = till.bank.payments.values()
    assert payment.object["amount"] == {"value": "987.65", "currency": "RUB"}
    assert payment.object["description"].endswith("2701001101")
    (order,) = await stored(till.running.service.database, payment_order)
    assert (order.account_id, order.amount) == (1, 98_765)


async def test_a_strangers_link_shows_nobody_elses_order(till: Counter, path: str) -> None:
    """Each link knows the order made on it; another account's shows nothing of it, and guesses find nothing."""
    await paid(till, path)
    row = {"table": account, "id": 2, "number": "2701001102", "number_key": "2701001102", "branch": "khb"}
    await put(till.running.service.database, row)
    other = await till.link("another-token-of-enough-letters", account_id=2, amount=None)
    _, page, _ = await till.call("GET", other)
    assert "*1101" not in page
    assert "987,65" not in page
    status, guessed, _ = await till.call("GET", f"/pay/{TOKEN[:-1]}7")
    _, unknown, _ = await till.call("GET", "/pay/nothing-like-it-was-ever-made")
    assert (status, guessed) == (404, unknown)
