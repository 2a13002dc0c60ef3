"""The messenger phones without a browser: each through its emulator to the real hook, and back."""

import re
import threading
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection, select

from bot.demo.clock import DemoClock
from bot.demo.household import OWN_PHONE, STRANGER
from bot.demo.running import Demo, running
from channels.telegram import adapter
from channels.telegram.api import Api
from core.storage.tables import profile
from tests.bot.demo.visitor import MESSENGERS, PAIR, SESSION, Visitor, from_noon, visit

EACH = pytest.mark.parametrize("messenger", MESSENGERS)


@pytest.fixture
def clock() -> DemoClock:
    """The demo's, in place of the fixed one."""
    return from_noon()


async def prove(visitor: Visitor, messenger: str, pair: str = PAIR) -> None:
    """Open the conversation and go on until it asks for a proof."""
    await visitor.do(messenger, "open")
    await visitor.until(messenger, "Здравствуйте")
    await visitor.press(messenger, "Мои счета")
    await visitor.until(messenger, "Счёт ещё не привязан")
    await visitor.press(messenger, "Привязать счёт")
    await visitor.until(messenger, "Согласны?")
    await visitor.press(messenger, "Согласен")
    await visitor.until(messenger, "номер лицевого счёта")
    await visitor.do(messenger, "type", text=pair)
    await visitor.until(messenger, "Как подтвердить")


@EACH
async def test_guided_submission(demo: Demo, messenger: str) -> None:
    """A reading is handed in step by step by buttons and figures, is accepted and counted."""
    async with visit(demo) as visitor:
        accepted = visitor.state["counters"]["accepted"]
        await visitor.do(messenger, "open")
        await visitor.until(messenger, "Здравствуйте")
        await visitor.press(messenger, "Передать показания")
        await visitor.until(messenger, "номер лицевого счёта")
        await visitor.do(messenger, "type", text=PAIR)
        await visitor.until(messenger, "Показание дня")
        await visitor.do(messenger, "type", text="5778")
        await visitor.until(messenger, "Показание ночи")
        await visitor.do(messenger, "type", text="2542")
        await visitor.until(messenger, "Верно?")
        await visitor.press(messenger, "Да")
        await visitor.until(messenger, "Принято")
        assert visitor.state["counters"]["accepted"] == accepted + 1


@EACH
async def test_linked_by_a_code_on_the_sms_phone(demo: Demo, messenger: str) -> None:
    """The code comes to the SMS phone beside, and typed into the messenger it links the account."""
    async with visit(demo) as visitor:
        await prove(visitor, messenger)
        await visitor.press(messenger, "Код по СМС на номер *22")
        code = re.search(r"Код (\d+)", await visitor.until("sms", "Код "))
        assert code is not None
        await visitor.until(messenger, "Отправили код")
        await visitor.do(messenger, "type", text=code[1])
        await visitor.until(messenger, "Готово: счёт *7890 привязан")


@EACH
async def test_a_reading_is_told_with_what_it_would_cost(demo: Demo, messenger: str) -> None:
    """210 by day at 6.69 and 90 by night at 3.49: the sample branch has price lists."""
    async with visit(demo) as visitor:
        await prove(visitor, messenger)
        await visitor.press(messenger, "Код из квитанции")
        await visitor.until(messenger, "напечатанный в квитанции")
        await visitor.do(messenger, "type", text=demo.sample.own.bill_code)
        await visitor.until(messenger, "Готово: счёт *7890 привязан")
        await visitor.do(messenger, "type", text="5778 2542")
        await visitor.until(messenger, "Предварительно 1719,00 руб.")


@EACH
async def test_linked_by_the_code_on_the_bill(demo: Demo, messenger: str) -> None:
    """The code on the page's bill is the one that billing gave the account."""
    own = demo.sample.own
    async with visit(demo) as visitor:
        await prove(visitor, messenger)
        await visitor.press(messenger, "Код из квитанции")
        await visitor.until(messenger, "напечатанный в квитанции")
        await visitor.do(messenger, "type", text=own.bill_code)
        await visitor.until(messenger, "Готово: счёт *7890 привязан")
        # Nobody has sent a code to the phone on file, so it is told.
        await visitor.until("sms", "привязан ещё один чат")


@pytest.mark.parametrize("messenger", ["telegram", "vk"])
async def test_linked_by_the_qr_code_on_the_bill(demo: Demo, messenger: str) -> None:
    """A conversation that the bill's QR code opened knows the account, and the meter's number is enough."""
    async with visit(demo) as visitor:
        await visitor.do(messenger, "open", account=demo.sample.own.number)
        await visitor.until(messenger, "Согласны?")
        await visitor.press(messenger, "Согласен")
        await visitor.until(messenger, "Счёт *7890 из квитанции")
        await visitor.do(messenger, "type", text="12345678")
        await visitor.until(messenger, "Готово: счёт *7890 привязан")
        opened = visitor.state["messengers"][messenger]["entries"][0]
        assert (opened["kind"], opened["text"], opened["state"]) == ("opened", "1234567890", "delivered")


async def test_viber_asks_about_the_bill_once_something_was_written(demo: Demo) -> None:
    """Viber lets nothing but its welcome be said before the subscriber writes; then the bill is gone on with."""
    async with visit(demo) as visitor:
        await visitor.do("viber", "open", account=demo.sample.own.number)
        await visitor.until("viber", "Здравствуйте")
        await visitor.do("viber", "type", text="привет")
        await visitor.until("viber", "Согласны?")


async def test_linked_by_the_contact_of_telegram(demo: Demo) -> None:
    """The key below the field for typing shares the number of the SMS phone, which must be the one on file."""
    async with visit(demo) as visitor:
        await prove(visitor, "telegram")
        assert visitor.button("telegram", "Поделиться номером телефона") == -1
        await visitor.press("telegram", "Поделиться номером телефона", phone=STRANGER)
        await visitor.until("telegram", "Этого номера у нас для счёта нет")
        await visitor.do("telegram", "share", phone=OWN_PHONE)
        await visitor.until("telegram", "Готово: счёт *7890 привязан")
        shared = [entry for entry in visitor.state["messengers"]["telegram"]["entries"] if entry["kind"] == "contact"]
        assert [entry["text"] for entry in shared] == [STRANGER, OWN_PHONE]


async def test_choices_beside_the_contact_are_typed(demo: Demo) -> None:
    """Telegram's keyboard below the field types the other labels as messages; elsewhere a press is no message."""
    async with visit(demo) as visitor:
        await prove(visitor, "telegram")
        await visitor.press("telegram", "Меню")
        await visitor.until("telegram", "Выберите")
        assert visitor.state["messengers"]["telegram"]["keyboard"] is None
        kinds = [entry["kind"] for entry in visitor.state["messengers"]["telegram"]["entries"]]
        assert [kind for kind in kinds if kind != "said"] == ["opened", *["pressed"] * 3, "typed", "typed"]


async def test_presses_as_each_messenger_shows_them(demo: Demo) -> None:
    """VK shows a press as the subscriber's message, Telegram and Viber show nothing."""
    async with visit(demo) as visitor:
        for messenger, kind in (("telegram", "pressed"), ("viber", "pressed"), ("vk", "typed")):
            await visitor.do(messenger, "open")
            await visitor.until(messenger, "Здравствуйте")
            await visitor.press(messenger, "Помощь")
            await visitor.until(messenger, "Показания с 20 по 25")
            entries = visitor.state["messengers"][messenger]["entries"]
            assert [entry["kind"] for entry in entries] == ["opened", "said", kind, "said"], messenger


async def test_old_buttons_of_telegram_can_be_pressed(demo: Demo) -> None:
    """A button under an old message sends that message's own choice."""
    async with visit(demo) as visitor:
        await prove(visitor, "telegram")
        await visitor.do("telegram", "press", text="Помощь", place=0)
        await visitor.until("telegram", "Показания с 20 по 25")
        assert await visitor.act("telegram", "press", text="Согласен", place=0) == (422, {"error": "no_button"})


@EACH
async def test_blocked_and_let_in_again(demo: Demo, messenger: str) -> None:
    """Who blocks us is written to no more; who lets us in again is welcomed, or can write at once."""
    async with visit(demo) as visitor:
        await visitor.do(messenger, "open")
        await visitor.until(messenger, "Здравствуйте")
        await visitor.do(messenger, "type", text="меню")
        await visitor.until(messenger, "Выберите")
        await visitor.do(messenger, "block")
        assert await demo.service.database.read(closed) == 1
        while not visitor.state["messengers"][messenger]["blocked"]:
            await visitor.look()
        await visitor.do(messenger, "unblock")
        await visitor.do(messenger, "type", text="помощь")
        await visitor.until(messenger, "Показания с 20 по 25")
        assert not visitor.state["messengers"][messenger]["blocked"]
        assert await demo.service.database.read(closed) == 0


def closed(connection: Connection) -> int:
    """How many addresses nothing is sent to."""
    return len(connection.execute(select(profile.c.external_id).where(profile.c.closed_at.is_not(None))).all())


async def test_telegram_speaks_as_soon_as_its_library_is_loaded(
    tmp_path: Path, clock: DemoClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then Telegram hears and answers nothing, and the other phones are answered all the same."""
    loaded, load = threading.Event(), adapter._api_class

    def slowly() -> type[Api]:
        loaded.wait()
        return load()

    monkeypatch.setattr(adapter, "_api_class", slowly)
    async with running(tmp_path, port=0, clock=clock) as demo, visit(demo) as visitor:
        try:
            await visitor.do("telegram", "open")
            await visitor.do("vk", "open")
            await visitor.until("vk", "Здравствуйте")
            (opened,) = visitor.state["messengers"]["telegram"]["entries"]
            assert opened["state"] == "delivered"
        finally:
            loaded.set()
        await visitor.until("telegram", "Здравствуйте")


async def test_each_session_has_subscribers_of_its_own(demo: Demo) -> None:
    """What one visitor writes does not stand on another visitor's phones."""
    async with visit(demo) as visitor, visit(demo, session="f" * 16) as other:
        for messenger in MESSENGERS:
            await visitor.do(messenger, "open")
            await visitor.until(messenger, "Здравствуйте")
        await other.do("vk", "open")
        await other.until("vk", "Здравствуйте")
        assert other.state["messengers"]["telegram"]["entries"] == []
        assert len(demo.emulators.vk.sent) == 2


WRONG: list[tuple[dict[str, object], int, str]] = [
    ({"messenger": "icq"}, 400, "unreadable"),
    ({"session": "../../etc/passwd"}, 400, "unreadable"),
    ({"session": ""}, 400, "unreadable"),
    ({"act": "shout"}, 400, "unreadable"),
    ({"account": "5550000000"}, 400, "unreadable"),
    ({"text": 7}, 400, "unreadable"),
    ({"place": "0"}, 400, "unreadable"),
    ({"more": "x"}, 400, "unreadable"),
    ({"text": " \n"}, 422, "length"),
    ({"text": "я" * 4097}, 422, "length"),
    ({"phone": "112"}, 422, "no_subscriber"),
    ({"act": "share", "messenger": "telegram"}, 422, "no_subscriber"),
    ({"act": "share", "phone": OWN_PHONE}, 422, "no_button"),
    ({"act": "press", "text": "Баланс"}, 422, "no_button"),
    ({"act": "press", "text": "Баланс", "messenger": "telegram"}, 422, "no_button"),
    ({"act": "press", "text": "Баланс", "messenger": "telegram", "place": 3}, 422, "no_button"),
]


async def test_what_no_phone_can_do_is_refused(demo: Demo) -> None:
    """A refusal names its reason in one word, and nothing stands in the conversation."""
    async with visit(demo) as visitor:
        for body, status, error in WRONG:
            asked = {"session": SESSION, "messenger": "vk", "act": "type", "text": "привет", **body}
            async with aiohttp.ClientSession() as http, http.post(demo.url + "/act", json=asked) as answer:
                assert (answer.status, await answer.json()) == (status, {"error": error}), body
        assert all(not visitor.state["messengers"][name]["entries"] for name in MESSENGERS)


async def test_another_site_cannot_use_the_phones(demo: Demo) -> None:
    """A form of another site can post text, but no JSON."""
    async with aiohttp.ClientSession() as http, http.post(demo.url + "/act", data="{}") as answer:
        assert (answer.status, await answer.json()) == (415, {"error": "not_json"})


async def test_a_reading_in_one_line_just_works(demo: Demo) -> None:
    """What can be sent by SMS can be written into a chat as it stands."""
    async with visit(demo) as visitor:
        await visitor.do("vk", "type", text=f"{PAIR} 5778 2542")
        await visitor.until("vk", "Принято")


async def test_messengers_have_secrets_of_their_own(tmp_path: Path, clock: DemoClock) -> None:
    """Two demos on one machine do not believe each other's vendors."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with (
        running(tmp_path / "one", port=0, clock=clock) as one,
        running(tmp_path / "two", port=0, clock=clock) as two,
    ):
        texts = [demo.config.read_text() for demo in (one, two)]
    found = [re.findall(r'^(?:secret|webhook_secret|deep_link_secret) = "(.+)"$', text, re.MULTILINE) for text in texts]
    assert len(found[0]) == len(found[1]) == 4
    assert not set(found[0]) & set(found[1])
