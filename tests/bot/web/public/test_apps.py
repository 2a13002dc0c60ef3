"""The payment page opened inside a messenger, over HTTP, with the real service on both databases."""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path

import pytest

from bot import logs
from core.domain.messages import Address
from core.storage.database import Unavailable
from core.storage.tables import payment_page
from tests.bot.web.public.counter import Counter, counter
from tests.bot.web.public.messengers import NAME, SECTIONS, TELEGRAM, VK, launch_data
from tests.bot.web.public.test_pages import said
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import NOW, put, stored

WHO = "700100200"
FRAMES = {
    TELEGRAM: "frame-ancestors https://web.telegram.org",
    VK: "frame-ancestors https://vk.com https://*.vk.com https://vk.ru https://*.vk.ru",
}
Opening = Callable[..., AbstractAsyncContextManager[Counter]]


@asynccontextmanager
async def opened(folder: Path, clock: FixedClock, url: str, more: str = SECTIONS) -> AsyncIterator[Counter]:
    """The service, and a subscriber who has linked one account in each messenger."""
    async with counter(folder, clock, more=more, database_url=url) as till:
        await put(till.running.service.database, kept.a_link(Address(VK, WHO)))
        yield till


@pytest.fixture
def opening(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Opening:
    return partial(opened, tmp_path, clock, sqlite_url)


@pytest.fixture
async def till(opening: Opening) -> AsyncIterator[Counter]:
    async with opening() as inside:
        yield inside


async def pages(till: Counter) -> list[str]:
    """Whose payment pages there are."""
    return [row.external_id for row in await stored(till.running.service.database, payment_page)]


async def enter(till: Counter, channel: str, data: str) -> tuple[int, str]:
    """Hand the data over as the messenger does: in the query, or by the script's form."""
    if channel == VK:
        status, text, headers = await till.call("GET", f"/pay/app/vk?{data}")
    else:
        status, text, headers = await till.call("POST", "/pay/app/telegram", launch=data)
    assert headers["Content-Security-Policy"].count(FRAMES[channel]) == 1
    assert "frame-ancestors 'none'" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    return status, text


@pytest.mark.parametrize("channel", [TELEGRAM, VK])
async def test_from_the_messenger_to_the_bank(
    database_url: str, tmp_path: Path, clock: FixedClock, channel: str
) -> None:
    """Looking makes nothing; the account chosen gets a page, which orders and leads to the bank as any other."""
    async with opened(tmp_path, clock, database_url) as till:
        data = launch_data(channel)
        for _ in range(2):
            status, text = await enter(till, channel, data)
            assert status == 200
        assert "*1101" in text
        assert "ул. Ле***" in text
        assert "2701001101" not in text
        assert "Ленина" not in text
        assert data in unescape(text)
        assert await pages(till) == []
        status, text, headers = await till.call("POST", f"/pay/app/{channel}", launch=data, account="1")
        assert (status, text) == (303, "")
        path = f"/pay/app/{headers['Location']}"
        assert path.startswith(f"/pay/app/{channel}/")
        again = [await till.call("POST", f"/pay/app/{channel}", launch=data, account="1") for _ in range(3)]
        assert {answer[2]["Location"] for answer in again} == {headers["Location"]}
        assert await pages(till) == [WHO]
        status, text, headers = await till.call("GET", path)
        assert 'value="987,65"' in text
        assert FRAMES[channel] in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
        page = await till.press(path, method="sbp")
        assert 'rel="noreferrer" target="_blank">' in page
        assert await till.orders() == ["pending"]


async def test_elsewhere_nobody_may_frame_it(till: Counter) -> None:
    """The same page by its ordinary link, the one-time links, and an app that there is not."""
    path = await till.link()
    for place in (path, "/my/nothing", "/pay/app/viber", "/pay/app/sms", "/pay/app/viber/x"):
        _, text, headers = await till.call("GET", place)
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "script" not in text + headers["Content-Security-Policy"]
        assert "_blank" not in text


@pytest.mark.parametrize("channel", [TELEGRAM, VK])
@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda data: data.replace(WHO, "700100201"), "Не получилось узнать"),
        (lambda data: data[:-1], "Не получилось узнать"),
        (lambda data: f"{data}&{data}", "Не получилось узнать"),
        (lambda _: "%00%ff=&&&", "Не получилось узнать"),
    ],
    ids=["another's", "cut off", "twice", "nonsense"],
)
async def test_forged(till: Counter, channel: str, spoil: Callable[[str], str], word: str) -> None:
    """403 and a clear word, before the list and at the choice; nothing is made, and the metric says why."""
    data = spoil(launch_data(channel))
    status, text = await enter(till, channel, data)
    assert (status, word in text, "*1101" in text) == (403, True, False)
    status, text, _ = await till.call("POST", f"/pay/app/{channel}", launch=data, account="1")
    assert (status, word in text) == (403, True)
    assert await pages(till) == []
    _, metrics = await till.running.get("/metrics")
    assert f'channel="{channel}",reason="launch_' in metrics


@pytest.mark.parametrize("channel", [TELEGRAM, VK])
async def test_aged(till: Counter, clock: FixedClock, channel: str) -> None:
    """Good data is good for an hour, at the choice as before the list."""
    data = launch_data(channel)
    clock.advance(seconds=3601)
    status, text = await enter(till, channel, data)
    assert (status, "Страница устарела" in text) == (403, True)
    status, text, _ = await till.call("POST", f"/pay/app/{channel}", launch=data, account="1")
    assert (status, "Страница устарела" in text) == (403, True)
    assert (await enter(till, channel, launch_data(channel, at=NOW + timedelta(hours=2))))[0] == 403
    assert await pages(till) == []


@pytest.mark.parametrize("account", ["2", "0", "-1", "x", "٣", "9" * 30, "1 "])
async def test_not_ones_own_account(till: Counter, account: str) -> None:
    """Whatever is posted, only what is linked to the address that the vendor has signed."""
    status, text, _ = await till.call("POST", "/pay/app/vk", launch=launch_data(VK), account=account)
    assert (status, "Этот счёт больше не выбрать" in text) == (404, True)
    status, _, _ = await till.call("POST", "/pay/app/vk", launch=launch_data(VK, "7"), account="1")
    assert status == 404
    assert await pages(till) == []


async def test_nothing_linked(till: Counter) -> None:
    """Says how to link."""
    status, text = await enter(till, VK, launch_data(VK, "7"))
    assert (status, "ПРИВЯЗАТЬ" in text, "<button" in text) == (200, True, False)


async def test_nothing_payable(opening: Opening) -> None:
    """A branch that takes no payments by us."""
    async with opening() as till:
        await put(
            till.running.service.database,
            kept.accounts()[0] | {"id": 9, "number": "999", "number_key": "999", "branch": "gone"},
            kept.a_link(Address(VK, "9"), account_id=9),
        )
        status, text = await enter(till, VK, launch_data(VK, "9"))
        assert (status, "сейчас не принимается" in text) == (200, True)


async def test_opened_by_hand(till: Counter) -> None:
    """Without launch data each says where to open it; a preview makes nothing."""
    status, text, _ = await till.call("GET", "/pay/app/vk")
    assert (status, "Откройте из чата" in text) == (400, True)
    status, text, headers = await till.call("GET", "/pay/app/telegram?tgWebAppStartParam=x")
    assert (status, "*1101" in text) == (200, False)
    assert "script-src 'sha256-" in headers["Content-Security-Policy"]
    assert "Напишите в чате ОПЛАТА" in said(text)
    status, _, _ = await till.call("POST", "/pay/app/telegram")
    assert status == 403


@pytest.mark.parametrize("section", ['[privacy]\nrestricted = ["vk"]\n', "[privacy]\nstate_owned = true\n"])
async def test_where_privacy_forbids_it(opening: Opening, section: str) -> None:
    """Good launch data gets a clear word and nothing else, also on a page that was opened before."""
    async with opening(section + SECTIONS) as till:
        channel = VK if "vk" in section else TELEGRAM
        status, text, _ = await till.call("GET", f"/pay/app/{channel}?{launch_data(channel)}")
        assert (status, "Здесь оплата недоступна" in text) == (403, True)
        for form in ({"launch": launch_data(channel)}, {"launch": launch_data(channel), "account": "1"}):
            status, text, _ = await till.call("POST", f"/pay/app/{channel}", **form)
            assert (status, "*1101" in text) == (403, False)
        path = await till.link()
        status, text, _ = await till.call("GET", path.replace("/pay/", f"/pay/app/{channel}/"))
        assert (status, "*1101" in text) == (403, False)
        assert len(await pages(till)) == 1


async def test_the_database_is_away(till: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 at the list and at the choice; a moment later it works."""

    async def down(job: object) -> None:
        raise Unavailable("down")

    with monkeypatch.context() as broken:
        broken.setattr(till.running.service.database, "read", down)
        broken.setattr(till.running.service.database, "write", down)
        assert (await enter(till, TELEGRAM, launch_data(TELEGRAM)))[0] == 503
        assert (await till.call("POST", "/pay/app/vk", launch=launch_data(VK), account="1"))[0] == 503
    assert (await enter(till, TELEGRAM, launch_data(TELEGRAM)))[0] == 200


async def test_launch_data_is_in_no_log(till: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither when all goes well, nor when it is refused, nor when a page fails."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stdout", written)
    logs.configure("debug", "json", frozenset())
    data = [launch_data(TELEGRAM), launch_data(VK)]
    try:
        for channel, each in zip((TELEGRAM, VK), data, strict=True):
            await enter(till, channel, each)
            await enter(till, channel, each[:-1])
            _, _, headers = await till.call("POST", f"/pay/app/{channel}", launch=each, account="1")

        async def fail(*_args: object) -> None:
            raise RuntimeError("failed")

        monkeypatch.setattr("core.services.payments.launching.Launching.choices", fail)
        assert (await till.call("GET", f"/pay/app/vk?{data[1]}"))[0] == 500
    finally:
        logs.configure("info", "json", frozenset())
    secrets = [each[-20:] for each in data] + [NAME, WHO, headers["Location"].rpartition("/")[2]]
    assert "page_failed" in written.getvalue()
    assert [secret for secret in secrets if secret in written.getvalue()] == []
