"""The running demo without a browser: what it fills itself with, how it answers, how it stops."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select

from bot.assembly import build
from bot.demo.configuration import FILE, FolderInUse
from bot.demo.household import OWN_PHONE, STRANGER, Kind, SampleAccount
from bot.demo.running import Demo, running
from bot.settings import load
from core.services.texts import Texts
from core.storage.cases import Filters, count
from core.storage.tables import meter
from tests.conftest import FixedClock


async def say(demo: Demo, sender: str, text: str) -> str:
    """Text as a phone; gives the reply."""
    before = len(demo.emulator.sent)
    status, _ = await post(demo, {"from": sender, "text": text})
    assert status == 200
    return (await demo.emulator.wait_for(before + 1))[-1].text


async def post(demo: Demo, body: object, **options: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session:
        given = options or {"json": body}
        async with session.post(demo.url + "/send", **given) as answer:
            return answer.status, await answer.json()


async def news(demo: Demo, session: aiohttp.ClientSession, sender: str = OWN_PHONE) -> aiohttp.ClientResponse:
    return await session.get(demo.url + "/news", params={"from": sender})


async def next_state(stream: aiohttp.ClientResponse) -> Any:
    """The next state of a stream."""
    async for line in stream.content:
        if line.startswith(b"data: "):
            return json.loads(line.removeprefix(b"data: "))["state"]
    raise AssertionError("the stream has ended")


async def test_queue_is_not_empty_at_the_start(demo: Demo, clock: FixedClock) -> None:
    """The prologue has left open cases of four kinds, and has gone through the real hook."""
    found = await demo.service.database.read(lambda connection: count(connection, Filters(), clock.now()))
    assert {each.kind: each.total for each in found} == {
        "physical_limit": 1,
        "rollover": 1,
        "verification_expired": 1,
        "hand_over": 1,
    }


async def test_replaced_meter_was_closed_by_the_import(demo: Demo) -> None:
    """The old meter is closed because billing's second file names another one."""

    def closed(connection: Connection) -> list[str]:
        return list(connection.execute(select(meter.c.serial).where(meter.c.closed_on.is_not(None))).scalars())

    assert await demo.service.database.read(closed) == ["20147704"]


TRIES = {
    "right": "Принято: ЛС *7890, ПУ *5678, день 5778, ночь 2542, 300 кВт·ч.",
    "balance": "Счёт *7890: к оплате 1284,50 руб.",
    "payment": "Счёт *7890: оплатить 1284,50 руб. Сумму можно изменить на странице.",
    "words": "Цифры после запятой не нужны",
    "letters": "день 5801, ночь 2550",
    "swapped": "Похоже, показания переставлены местами. Верно так: день 5778, ночь 2542?",
    "x10": "Похоже, есть лишняя цифра. Верно так: день 5778, ночь 2542?",
    "less": "5478 меньше прежнего показания 5568.",
    "too_large": "Расход 3300 кВт·ч необычно велик.",
    "physical": "Показания проверит оператор.",
    "zero": "Ноль не принят.",
    "chat": "Не разобрали сообщение.",
    "strangers_balance": "Баланс сообщаем только на тот телефон",
    "strangers_less": "5478 меньше прежнего показания. Проверьте",
    "few": "нужны два показания, день и ночь",
    "strangers_reading": "Принято: счёт *7890, счётчик *5678, день 5790, ночь 2550. №",
}


async def test_each_try_of_the_own_account_gets_the_answer_it_is_there_for(demo: Demo, clock: FixedClock) -> None:
    """Every mistake is met by its own rule; what is accepted does not spoil the next one."""
    tries = {item.name: item for item in demo.sample.own.tries}
    assert list(tries) == list(TRIES)
    # Backwards, so that a reading that was accepted already is not the same as the first one.
    for name in reversed(tries):
        clock.advance(seconds=1)
        assert TRIES[name] in await say(demo, tries[name].sender, tries[name].text), name


OTHERS = {
    (Kind.ONE_ZONE, "right"): "показание 18427",
    (Kind.THREE_ZONES, "right"): "пик 4167, ночь 2944, полупик 6108",
    (Kind.RENAMED, "old_number"): "Номер вашего счёта теперь *0103",
    (Kind.REPLACED, "old_meter"): "Счётчик *7704 снят",
    (Kind.REPLACED, "new_meter"): "Принято",
    (Kind.AUTOMATIC, "reading"): "передаёт показания сам",
    (Kind.EXPIRED, "reading"): "Вышел срок его поверки",
    (Kind.ROLLOVER, "past_the_end"): "Похоже, он начал счёт с нуля",
    (Kind.RATIO, "right"): "3840 кВт·ч",
    (Kind.TWO_METERS, "both"): "*7709: принято, 22590/10955; *7799: принято, 851",
    (Kind.TWO_METERS, "which"): "несколько счётчиков: *7709, *7799",
    (Kind.DEBT, "balance"): "к оплате 6730,90 руб.",
    (Kind.OVERPAID, "balance"): "переплата 350,00 руб.",
    (Kind.PAID, "balance"): "всё оплачено",
    (Kind.UNKNOWN_BALANCE, "balance"): "сведений о балансе пока нет",
    (Kind.AMUR, "right"): "день 12040, ночь 6490",
    (Kind.AMUR, "no_zeros"): "уже приняты",
}


async def test_each_special_account_shows_what_is_special(demo: Demo) -> None:
    """Every try of the other featured accounts is answered as its words on the page promise."""
    featured: list[SampleAccount] = [account for account in demo.sample.accounts[1:] if account.featured]
    assert {(account.kind, item.name) for account in featured for item in account.tries} == set(OTHERS)
    for account in featured:
        for item in account.tries:
            reply = await say(demo, item.sender or STRANGER, item.text)
            assert OTHERS[account.kind, item.name] in reply, (account.kind, item.name)


async def test_news_come_at_once_and_again_after_each_change(demo: Demo) -> None:
    """A stream begins with the whole state, and tells of a text, its reply and its delivery."""
    async with aiohttp.ClientSession() as session, await news(demo, session) as stream:
        state = await next_state(stream)
        assert state["messages"] == []
        assert [branch["open"] for branch in state["branches"]] == [True, True]
        accepted = state["counters"]["accepted"]
        await say(demo, OWN_PHONE, "1234567890 12345678 5778 2542")
        while [message["state"] for message in state["messages"]] != ["delivered", "delivered"]:
            state = await next_state(stream)
        assert [message["mine"] for message in state["messages"]] == [True, False]
        assert state["messages"][1]["parts"] == 1
        assert state["counters"]["accepted"] == accepted + 1


async def test_silence_is_explained(demo: Demo) -> None:
    """After the day's stop a text is not answered, and its message says why."""
    for _ in range(5):
        await say(demo, STRANGER, "абв")
    status, message = await post(demo, {"from": STRANGER, "text": "абв"})
    assert (status, message["silence"]) == (200, "format")


REFUSED: list[tuple[object, int, str]] = [
    ({"from": "4747", "text": "ДА"}, 422, "no_subscriber"),
    ({"from": OWN_PHONE, "text": ""}, 422, "length"),
    ({"from": OWN_PHONE, "text": "я" * 671}, 422, "length"),
    ({"from": 7, "text": "ДА"}, 400, "unreadable"),
    ({"from": OWN_PHONE, "text": None}, 400, "unreadable"),
    ({"text": "ДА"}, 400, "unreadable"),
    (["ДА"], 400, "unreadable"),
]


async def test_what_no_phone_could_send_is_refused(demo: Demo) -> None:
    """A refusal names its reason in one word, and nothing reaches the service."""
    before = len(demo.emulator.sent)
    for body, status, error in REFUSED:
        assert await post(demo, body) == (status, {"error": error}), body
    assert len(demo.emulator.sent) == before


async def test_another_site_cannot_send(demo: Demo) -> None:
    """A form of another site can post text, but no JSON."""
    body = json.dumps({"from": OWN_PHONE, "text": "ДА"})
    assert await post(demo, None, data=body) == (415, {"error": "not_json"})


async def test_half_a_character_breaks_nothing(demo: Demo) -> None:
    """A lone surrogate becomes a question mark before it reaches anybody."""
    status, message = await post(
        demo, None, data=b'{"from": "+79990001122", "text": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert (status, message["text"]) == (200, "?")


async def test_an_open_page_does_not_hold_the_stop_up(tmp_path: Path, clock: FixedClock) -> None:
    """A stream ends when the demo stops, well before the service would lose patience."""
    async with aiohttp.ClientSession() as session:
        async with running(tmp_path, port=0, clock=clock) as demo:
            stream = await news(demo, session)
            await next_state(stream)
            stop_at = asyncio.get_running_loop().time() + demo.service.stop_seconds / 2
        assert asyncio.get_running_loop().time() < stop_at
        stream.close()


async def test_a_kept_folder_goes_on_where_it_ended(tmp_path: Path, clock: FixedClock) -> None:
    """The second start neither imports nor plays the prologue again."""
    async with running(tmp_path, port=0, clock=clock) as first:
        await say(first, OWN_PHONE, "1234567890 12345678 5778 2542")
    async with running(tmp_path, port=0, clock=clock) as second:
        assert second.emulator.sent == []
        assert "уже приняты" in await say(second, OWN_PHONE, "1234567890 12345678 5778 2542")


async def test_a_folder_with_a_configuration_is_left_alone(tmp_path: Path) -> None:
    """Somebody's own meterline.toml is not overwritten."""
    (tmp_path / FILE).write_text("[server]\nport = 1\n")
    with pytest.raises(FolderInUse):
        async with running(tmp_path, port=0):
            pass
    assert (tmp_path / FILE).read_text() == "[server]\nport = 1\n"


async def test_a_taken_port_is_stepped_around(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A second demo on the same port listens elsewhere."""
    async with running(tmp_path_factory.mktemp("second"), port=demo.port) as second:
        assert second.port != demo.port


async def test_a_service_that_is_merely_run_has_no_demo(tmp_path: Path, clock: FixedClock) -> None:
    """The same configuration under `meterline run` answers 404 to everything that the demo adds."""
    async with running(tmp_path, port=0, clock=clock) as demo:
        config = demo.config
    service = build(load(config, {}), Texts(), clock)
    _, port = await service.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            for path in ("/", "/demo", "/demo/news", "/demo/send", "/demo/files/page.js"):
                async with session.get(path) as answer:
                    assert answer.status == 404, path
    finally:
        await service.stop()
