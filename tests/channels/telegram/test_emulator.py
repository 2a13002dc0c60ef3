import asyncio
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from channels.telegram import create
from channels.telegram.emulator import Fault, TelegramEmulator
from channels.toolkit.emulation import Handset, Shown
from core.domain.messages import (
    Address,
    Button,
    ButtonKind,
    ChoiceMade,
    ContactShared,
    Joined,
    Left,
    OtherReceived,
    Outbound,
    PhotoReceived,
    TextReceived,
)
from core.ports.channel import RecipientUnavailable
from tests.channels.telegram.front import Front
from tests.channels.telegram.harness import SUBSCRIBER, TOKEN
from tests.conftest import FixedClock

LINK = "https://pay.example.ru/t/7K2QM"
STRANGER = "5000000009"


async def say(emulator: TelegramEmulator, text: str = "Меню", **more: Any) -> None:
    channel = create(emulator.settings())
    try:
        await channel.send(Outbound(to=Address("telegram", SUBSCRIBER), text=text, idempotency_key="1", **more))
    finally:
        await channel.close()


async def call(emulator: TelegramEmulator, method: str, token: str = TOKEN, **fields: object) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{emulator.url}/bot{token}/{method}", json=fields) as response,
    ):
        answer: dict[str, Any] = await response.json()
        assert answer["ok"] is (response.status == 200)
        return answer


async def test_everything_a_subscriber_does(emulator: TelegramEmulator, front: Front) -> None:
    """Each action of the handset is heard as what it is."""
    handset: Handset = emulator
    statuses = [
        await handset.join(SUBSCRIBER, "bill42"),
        await handset.write(SUBSCRIBER, "4711"),
        await handset.send_photo(SUBSCRIBER, "счётчик"),
        await handset.share_contact(SUBSCRIBER, "+79161234567"),
        await handset.share_contact(SUBSCRIBER, "+79161234567", own=False),
        await emulator.send(SUBSCRIBER, voice={"file_id": "x", "duration": 3}),
        await handset.leave(SUBSCRIBER),
        await handset.join(SUBSCRIBER),
    ]
    kinds = [Joined, TextReceived, PhotoReceived, ContactShared, OtherReceived, OtherReceived, Left, Joined]
    assert statuses == [200] * len(kinds)
    assert [type(event) for event in front.heard] == kinds
    joined, _, photo, shared, *_ = front.heard
    assert isinstance(joined, Joined)
    assert isinstance(photo, PhotoReceived)
    assert isinstance(shared, ContactShared)
    assert (joined.start, photo.caption, shared.phone) == ("bill42", "счётчик", "+79161234567")
    assert len({event.event_id for event in front.heard}) == len(kinds)


async def test_shown_and_pressed(emulator: TelegramEmulator, front: Front) -> None:
    """A message shows its rows and its link; the newest button of a label counts, and a link tells nobody."""
    await say(emulator, buttons=((Button("Да", "old"),),))
    await say(emulator, buttons=((Button("Да", "new"), Button("Нет", "no")),), link=LINK, link_label="Оплатить")
    assert emulator.shown(SUBSCRIBER)[1:] == [Shown("Меню", (("Да", "Нет"),), LINK, "Оплатить", inline=True)]
    assert emulator.shown(STRANGER) == []
    assert await emulator.press(SUBSCRIBER, "Да") == 200
    assert await emulator.press(SUBSCRIBER, "Оплатить") == 0
    assert [event.token for event in front.heard if isinstance(event, ChoiceMade)] == ["new"]
    assert await emulator.press(SUBSCRIBER, "Да", under=0) == 200
    assert [event.token for event in front.heard if isinstance(event, ChoiceMade)] == ["new", "old"]
    with pytest.raises(LookupError):
        await emulator.press(SUBSCRIBER, "Нет", under=0)
    with pytest.raises(LookupError):
        await emulator.press(SUBSCRIBER, "Может быть")
    with pytest.raises(LookupError):
        await emulator.press(STRANGER, "Да")


async def test_contact_keyboard(emulator: TelegramEmulator, front: Front) -> None:
    """A keyboard that asks for the contact gives it, types other labels, and is gone after use or a plain message."""
    buttons = ((Button("Мой номер", "contact", ButtonKind.CONTACT), Button("Позже", "later")),)
    emulator.phones[SUBSCRIBER] = "+79161234567"
    await say(emulator, buttons=buttons)
    assert emulator.shown(SUBSCRIBER) == [Shown("Меню", (("Мой номер", "Позже"),), contact="Мой номер")]
    assert emulator.keyboard(SUBSCRIBER) == emulator.shown(SUBSCRIBER)[0]
    assert emulator.keyboard(STRANGER) is None
    await emulator.press(SUBSCRIBER, "Мой номер")
    with pytest.raises(LookupError):
        await emulator.press(SUBSCRIBER, "Позже")
    assert emulator.keyboard(SUBSCRIBER) is None
    await say(emulator, buttons=buttons)
    await emulator.press(SUBSCRIBER, "Позже")
    await say(emulator, buttons=buttons)
    await say(emulator, "Спасибо")
    with pytest.raises(LookupError):
        await emulator.press(SUBSCRIBER, "Мой номер")
    shared, typed = front.heard
    assert isinstance(shared, ContactShared)
    assert isinstance(typed, TextReceived)
    assert (shared.phone, typed.text) == ("+79161234567", "Позже")


async def test_made_up_phone(emulator: TelegramEmulator, front: Front) -> None:
    """A subscriber without a number gets one that could be real."""
    await say(emulator, buttons=((Button("Мой номер", "contact", ButtonKind.CONTACT),),))
    await emulator.press(SUBSCRIBER, "Мой номер")
    (shared,) = front.heard
    assert isinstance(shared, ContactShared)
    assert shared.phone == "+79001223344"


async def test_blocked_and_unknown(emulator: TelegramEmulator, front: Front) -> None:
    """Who blocked the bot or never started it cannot be written to, until he starts it."""
    await emulator.leave(SUBSCRIBER)
    with pytest.raises(RecipientUnavailable, match="blocked"):
        await say(emulator)
    await emulator.join(SUBSCRIBER)
    await say(emulator)
    assert (await call(emulator, "sendMessage", chat_id=int(STRANGER), text="x"))["error_code"] == 400
    await emulator.join(STRANGER)
    assert (await call(emulator, "sendMessage", chat_id=int(STRANGER), text="x"))["ok"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no_chat": ({"chat_id": ""}, "chat_id is empty"),
    "user_name": ({"chat_id": "@somebody"}, "chat not found"),
    "no_text": ({"text": " "}, "message text is empty"),
    "too_long": ({"text": "я" * 4097}, "message is too long"),
    "formatted": ({"parse_mode": "HTML"}, "can't parse entities"),
    "markup": ({"reply_markup": "{"}, "can't parse reply keyboard markup"),
    "data": (
        {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "я" * 33}]]}},
        "BUTTON_DATA_INVALID",
    ),
    "url": ({"reply_markup": {"inline_keyboard": [[{"text": "x", "url": "javascript:x"}]]}}, "BUTTON_URL_INVALID"),
    "both": ({"reply_markup": {"inline_keyboard": [[{"text": "x"}]]}}, "text buttons are unallowed"),
    "label": ({"reply_markup": {"inline_keyboard": [[{"text": "", "url": LINK}]]}}, "must be non-empty"),
    "typed_label": ({"reply_markup": {"keyboard": [[{"text": ""}]]}}, "must be non-empty"),
    "many": ({"reply_markup": {"inline_keyboard": [[{"text": "x", "url": LINK}]] * 101}}, "reply markup is too long"),
}


@pytest.mark.parametrize("name", list(REFUSED))
async def test_refuses_what_telegram_refuses(emulator: TelegramEmulator, name: str) -> None:
    """A message beyond Telegram's limits is refused in its words and not kept."""
    more, words = REFUSED[name]
    answer = await call(emulator, "sendMessage", **{"chat_id": SUBSCRIBER, "text": "x", **more})
    assert answer["error_code"] == 400
    assert words in answer["description"]
    assert not emulator.sent


async def test_who_may_call(emulator: TelegramEmulator) -> None:
    """No token, another bot's and a method that there is not are refused as Telegram refuses them."""
    codes = [
        (await call(emulator, "getWebhookInfo", token="nonsense"))["error_code"],
        (await call(emulator, "getWebhookInfo", token="1:AA"))["error_code"],
        (await call(emulator, "sendTelepathy"))["error_code"],
    ]
    assert codes == [404, 401, 404]


async def test_webhook_settings(emulator: TelegramEmulator) -> None:
    """A webhook is set, shown and removed; kinds left out stay as they were."""
    assert (await call(emulator, "setWebhook", url="ftp://x"))["error_code"] == 400
    assert (await call(emulator, "setWebhook", url="https://x.ru", secret_token="a.b"))["error_code"] == 400
    await call(emulator, "setWebhook", url="https://x.ru/hook", allowed_updates=json.dumps(["message"]))
    await call(emulator, "setWebhook", url="https://x.ru/hooks/telegram")
    info = (await call(emulator, "getWebhookInfo"))["result"]
    assert (info["url"], info["allowed_updates"]) == ("https://x.ru/hooks/telegram", ["message"])
    assert (await call(emulator, "getUpdates"))["error_code"] == 409
    await call(emulator, "setWebhook", url="")
    assert (await call(emulator, "getWebhookInfo"))["result"]["url"] == ""


async def test_kinds_that_are_not_asked_for(emulator: TelegramEmulator, front: Front) -> None:
    """Updates of other kinds than those asked for are not made."""
    emulator.deliveries.allowed = frozenset({"message"})
    assert await emulator.leave(SUBSCRIBER) == 0
    assert front.statuses == []


async def test_second_poller_wins(emulator: TelegramEmulator) -> None:
    """Of two pollers the first is sent away."""
    first = asyncio.create_task(call(emulator, "getUpdates", timeout=30))
    async with asyncio.timeout(10):
        while not emulator.api.calls:  # noqa: ASYNC110 - a call has no event to wait for
            await asyncio.sleep(0)
    second = asyncio.create_task(call(emulator, "getUpdates", timeout=30))
    assert (await first)["error_code"] == 409
    await emulator.write(SUBSCRIBER, "4711")
    (update,) = (await second)["result"]
    assert update["message"]["text"] == "4711"


async def test_gives_up_after_a_day(emulator: TelegramEmulator, front: Front, clock: FixedClock) -> None:
    """An update that is never stored is repeated for 24 hours, in the end every minute or two, and dropped."""
    began = clock.now()
    front.refuses = {SUBSCRIBER}
    assert await emulator.write(SUBSCRIBER, "4711") == 503
    assert timedelta(hours=23, minutes=58) < clock.now() - began <= timedelta(hours=24)
    assert all(60 <= pause <= 120 for pause in emulator.deliveries.pauses[8:])
    assert emulator.deliveries.waiting == 0
    assert (await call(emulator, "getWebhookInfo"))["result"]["last_error_message"].endswith("503 Service Unavailable")


async def test_stranger_gets_no_answer(emulator: TelegramEmulator, front: Front, clock: FixedClock) -> None:
    """A call with another secret is refused, as often as it comes."""
    emulator.deliveries.secret = "another"
    status, _ = await emulator.deliveries.call({"update_id": 1})
    assert status == 403
    assert front.heard == []


async def test_nobody_there(emulator: TelegramEmulator, clock: FixedClock) -> None:
    """Where nobody answers, the repetitions end with no status."""
    emulator.hooks = "http://127.0.0.1:9/hooks/telegram"
    assert await emulator.write(SUBSCRIBER, "4711") == 0
    assert emulator.deliveries.last_error == "Webhook connection closed"


async def test_faults_are_used_up(emulator: TelegramEmulator) -> None:
    """A fault lasts as often as was said, and what is refused is not kept."""
    emulator.fail(Fault.UNAVAILABLE, times=2)
    channel = create(emulator.settings())
    outcomes = []
    for number in range(3):
        message = Outbound(to=Address("telegram", SUBSCRIBER), text=f"{number}", idempotency_key=str(number))
        outcomes += await asyncio.gather(channel.send(message), return_exceptions=True)
    await channel.close()
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "TemporarilyUnavailable",
        "TemporarilyUnavailable",
        "Receipt",
    ]
    assert [message.text for message in await emulator.wait_for(1)] == ["2"]


async def test_stops_twice() -> None:
    """Stopping is harmless before starting and twice."""
    emulator = TelegramEmulator()
    await emulator.stop()
    await emulator.start()
    await emulator.stop()
    await emulator.stop()
    assert await emulator.deliveries.call({}) == (0, 0.0)
