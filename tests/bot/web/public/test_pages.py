"""One-time links over HTTP, with the real service: shown once, to whoever presses first, and to nobody's log."""

import asyncio
import io
import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bot import logs
from bot.web.public import looks
from core.domain.accounts import Account
from core.storage.database import Unavailable
from core.storage.tables import handover
from tests.bot.conftest import Running
from tests.bot.web.public.links import TOKEN, WHO, link, subscriber
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import NOW, put, stored

OTHER_TOKEN = "another-token-of-enough-letters"
TAGS_AND_BREAKS = re.compile(r"(?:<[^>]*>|[ \n])+")


async def call(running: Running, method: str, path: str) -> tuple[int, str, Any]:
    """Status, text and headers."""
    async with running.session.request(method, f"{running.url}{path}", allow_redirects=False) as answer:
        return answer.status, await answer.text(), answer.headers


def said(page: str) -> str:
    """The words of a page's main part, on one line."""
    return TAGS_AND_BREAKS.sub(" ", page.partition("<main>")[2]).replace("&nbsp;", "\N{NO-BREAK SPACE}")


@pytest.fixture
async def path(running: Running) -> str:
    await subscriber(running.service.database)
    return await link(running.service.database)


async def test_looking_uses_nothing_up(running: Running, path: str) -> None:
    """Messengers fetch links for a preview, some of them several times: that tells nothing and costs nothing."""
    for method in ("GET", "HEAD", "GET"):
        status, text, _ = await call(running, method, path)
        assert status == 200
        assert not re.search(r"987|1101|Хабаровск|Ленина", text)
    status, text, _ = await call(running, "POST", path)
    assert (status, "987,65" in text) == (200, True)


async def test_balance_is_shown_once_with_its_date_and_little_of_the_rest(running: Running, path: str) -> None:
    """Sum, sign and day; of number and address only what the owner knows them by."""
    _, text, _ = await call(running, "POST", path)
    assert "К оплате 987,65\N{NO-BREAK SPACE}₽ данные на 01.11.2026" in said(text)
    assert "*1101" in text
    assert "г. Хабаровск, ул. Ле***, 5*, кв. **" in text
    assert not re.search(r"2701001101|Ленина|57|SECRET", said(text))
    status, again, _ = await call(running, "POST", path)
    assert (status, "987,65" in again) == (404, False)


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        pytest.param(
            123_456_789,
            "К оплате 1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,89\N{NO-BREAK SPACE}₽ данные на 01.11.2026",
            id="debt",
        ),
        pytest.param(-5_005, "Переплата 50,05\N{NO-BREAK SPACE}₽ данные на 01.11.2026", id="overpaid"),
        pytest.param(0, "Всё оплачено, спасибо данные на 01.11.2026", id="zero"),
        pytest.param(None, "Сведений о балансе пока нет", id="unknown"),
    ],
)
async def test_every_balance_has_its_words(running: Running, balance: int | None, expected: str) -> None:
    """The sign is said in words: nobody takes an overpayment for a debt."""
    await subscriber(running.service.database, balance=balance)
    _, text, _ = await call(running, "POST", await link(running.service.database))
    assert expected in said(text)


async def test_what_is_paid_and_not_credited_is_told_beside_the_balance(running: Running, path: str) -> None:
    """Whoever has paid yesterday need not wonder where his money is."""
    paid = [kept.an_order(at=NOW - timedelta(days=days), amount=50_000) for days in (1, 2, 40)]
    await put(running.service.database, *paid)
    _, text, _ = await call(running, "POST", path)
    assert "Оплачено, ещё не зачислено 1\N{NO-BREAK SPACE}000,00" in said(text)


async def test_english_link_has_an_english_page(running: Running) -> None:
    """The language is the one the subscriber speaks in the chat."""
    await subscriber(running.service.database)
    path = await link(running.service.database, language="en")
    _, page, _ = await call(running, "GET", path)
    assert '<html lang="en">' in page
    assert "Show the balance" in page
    _, page, _ = await call(running, "POST", path)
    assert "To be paid 987,65\N{NO-BREAK SPACE}₽ as of 01.11.2026" in said(page)


async def test_of_two_who_press_at_once_one_sees_it(running: Running, path: str) -> None:
    """A race ends with one page; the others get what a used link gets."""
    answers = await asyncio.gather(*(call(running, "POST", path) for _ in range(12)))
    assert Counter(status for status, _, _ in answers) == {200: 1, 404: 11}
    assert sum("987,65" in text for _, text, _ in answers) == 1


async def test_no_answer_tells_why_a_link_does_not_work(running: Running, path: str, clock: FixedClock) -> None:
    """Used, too old, unknown and malformed: one answer, to the byte, in both languages."""
    await call(running, "POST", path)
    expired = await link(running.service.database, token=OTHER_TOKEN, expires_at=NOW)
    paths = [path, expired, "/my/unknown-but-well-formed-token", "/my/x", "/my/%00", "/my/" + "a" * 500, "/my/ключ"]
    answers = [await call(running, method, each) for each in paths for method in ("GET", "POST")]
    assert {status for status, _, _ in answers} == {404}
    assert len({text for _, text, _ in answers}) == 1
    assert all("Ссылка не действует" in text and "This link does not work" in text for _, text, _ in answers)
    kinds = [{name: value for name, value in headers.items() if name != "Date"} for _, _, headers in answers]
    assert all(kind == kinds[0] for kind in kinds)


async def test_link_works_until_its_last_moment(running: Running, clock: FixedClock) -> None:
    """It expires at a moment, not a day; a subscriber who waited asks anew."""
    await subscriber(running.service.database)
    path = await link(running.service.database)
    clock.moment = NOW + timedelta(minutes=30) - timedelta(microseconds=1)
    assert (await call(running, "GET", path))[0] == 200
    clock.advance(microseconds=1)
    assert (await call(running, "GET", path))[0] == 404
    assert (await call(running, "POST", path))[0] == 404


async def test_data_is_told_in_short_and_handed_out_as_a_file(running: Running) -> None:
    """The summary counts; its button fetches everything, once, from a link of its own."""
    await subscriber(running.service.database)
    status, page, _ = await call(running, "POST", await link(running.service.database, "data"))
    assert status == 200
    assert "Лицевой счёт *1101" in said(page)
    assert "Ваши сообщения 1" in said(page)
    action = re.search(r'action="([\w-]+)"', page)
    assert action is not None
    assert (await call(running, "GET", f"/my/{action[1]}"))[0] == 200
    status, text, headers = await call(running, "POST", f"/my/{action[1]}")
    assert status == 200
    assert headers["Content-Disposition"] == 'attachment; filename="meterline-2026-11-22.json"'
    document = json.loads(text)
    assert document["address"] == WHO.external_id
    assert [item["text"] for item in document["messages"]] == [f"{kept.WORDS} 5123"]
    assert [item["sent_by_this_address"] for item in document["readings"]] == [True, False]
    assert not [secret for secret in ("SECRET-CODE", "+79141234567", "чужое", kept.OTHER.external_id) if secret in text]
    assert (await call(running, "POST", f"/my/{action[1]}"))[0] == 404


async def test_file_lasts_ten_minutes(running: Running, clock: FixedClock) -> None:
    """Longer than it takes to find the button, shorter than it takes to find the telephone."""
    await subscriber(running.service.database)
    _, page, _ = await call(running, "POST", await link(running.service.database, "data"))
    action = re.search(r'action="([\w-]+)"', page)
    assert action is not None
    clock.advance(minutes=10)
    assert (await call(running, "POST", f"/my/{action[1]}"))[0] == 404


async def test_data_of_somebody_without_an_account(running: Running) -> None:
    """An address that no account is linked to may ask, too."""
    path = await link(running.service.database, "data", account_id=None)
    status, page, _ = await call(running, "POST", path)
    assert (status, "Ничего, кроме этой ссылки." in page) == (200, True)


@pytest.mark.parametrize(("method", "gone"), [("GET", False), ("POST", False), ("POST", True)])
async def test_answers_are_for_nobody_else(running: Running, path: str, method: str, *, gone: bool) -> None:
    """Not kept by a cache, a search engine, a frame or the next page; nothing runs in them."""
    _, text, headers = await call(running, method, "/my/unknown-but-well-formed-token" if gone else path)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "Meterline"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "script" not in text
    assert TOKEN not in text


async def test_token_is_written_down_nowhere(running: Running, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither logs nor metrics nor the database have it, whatever happens, a failing page included."""
    stream = io.StringIO()
    logs.configure("debug", "json", (), stream)
    await call(running, "GET", path)
    await call(running, "POST", path)
    await call(running, "POST", path)
    monkeypatch.setattr(looks, "missed", _fail)
    assert (await call(running, "GET", path))[0] == 500
    _, metrics, _ = await call(running, "GET", "/metrics")
    assert "page_failed" in stream.getvalue()
    for text in (stream.getvalue(), metrics, await kept.everything(running.service.database)):
        assert TOKEN not in text
    assert 'meterline_requests_refused_total{channel="",reason="no_such_link"}' in metrics


def _fail(_phones: Any) -> str:
    raise ZeroDivisionError


async def test_outage_uses_nothing_up(running: Running, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is down: the subscriber is asked to try again, and then sees his balance."""

    async def down(_job: Any) -> Any:
        raise Unavailable("down")

    for method, name in (("GET", "read"), ("POST", "write")):
        with monkeypatch.context() as patch:
            patch.setattr(running.service.database, name, down)
            status, text, headers = await call(running, method, path)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "Попробуйте ещё раз через минуту." in text
    assert "987,65" in (await call(running, "POST", path))[1]


async def test_link_of_a_forgotten_subscriber_is_none(running: Running, path: str) -> None:
    """Its row is gone with the wish."""
    await running.service.database.write(lambda connection: connection.execute(handover.delete()))
    assert (await call(running, "POST", path))[0] == 404


async def test_use_is_noted(running: Running, path: str) -> None:
    """When it was used stays for a month."""
    await call(running, "POST", path)
    assert [row.used_at for row in await stored(running.service.database, handover)] == [NOW]


def test_what_billing_writes_is_only_text() -> None:
    """An address with markup is shown as it was written, as far as it is shown."""
    account = Account(id=1, number='"><script>x', branch="khb", address="г. <b>Хаб</b>, ул. <script>alert(1)</script>")
    page = looks.balance("ru", account, ("<i>8-800</i>",))
    assert not re.search(r"<script|<b>|<i>", page.partition("<main>")[2])


def test_both_languages_have_the_same_words() -> None:
    """A key that one of them lacks would be an error in a subscriber's face."""

    def keys(words: Any, place: str = "") -> set[str]:
        if not isinstance(words, dict):
            return {place}
        return {key for name, part in words.items() for key in keys(part, f"{place}.{name}")}

    assert keys(looks.words("ru")) == keys(looks.words("en"))
