import asyncio
import json
from typing import Any

import aiohttp
import pytest

from channels.toolkit.emulation import Handset, Shown
from channels.viber import create
from channels.viber.emulator import ViberEmulator, rules, user_id
from core.domain.messages import Address, Button, ChoiceMade, OtherReceived, Outbound, PhotoReceived, TextReceived
from core.ports.channel import ContentRejected, Misconfigured, RecipientUnavailable
from tests.channels.viber.conftest import Front
from tests.channels.viber.harness import ANNA, TOKEN

LINK = "https://pay.example.ru/t/7K2QM"
MENU = ((Button("Передать", "send:1"), Button("Долг", "debt")), (Button("Помощь", "help"),))
GOOD: dict[str, Any] = {"receiver": ANNA, "type": "text", "text": "4711", "sender": {"name": "M"}}


def message(text: str = "Принято", user: str = ANNA, **more: object) -> Outbound:
    return Outbound(to=Address("viber", user), text=text, idempotency_key="1", **more)  # type: ignore[arg-type]


def keyboard(**button: object) -> dict[str, Any]:
    """A message with one good button but for what is given."""
    good = {"Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": "a", "Text": "A"}
    return GOOD | {"keyboard": {"Type": "keyboard", "Buttons": [good | button]}}


def test_ids_are_as_vibers() -> None:
    """Ids have 24 characters, the three that break paths among them, and differ by name."""
    assert len(ANNA) == 24
    assert set("/+=") < set(ANNA)
    assert user_id("Anna") == ANNA != user_id("Boris")


async def test_journey(emulator: ViberEmulator, front: Front) -> None:
    """A subscriber opens the conversation, writes, presses, sends a picture and a card, and leaves: all is heard."""
    handset: Handset = emulator
    assert await handset.join(ANNA, "7K2QM") == 200
    assert await handset.write(ANNA, "показания\n4711 👍") == 200
    await front.channel.send(message(buttons=MENU))
    assert await handset.press(ANNA, "Долг") == 200
    assert await handset.send_photo(ANNA, "счётчик") == 200
    assert await handset.share_contact(ANNA, "79160000000") == 200
    assert await handset.share_contact(ANNA, "79160000001", own=False) == 200
    assert await handset.leave(ANNA) == 200
    joined, wrote, pressed, photo, own, other, left = front.heard
    assert isinstance(wrote, TextReceived)
    assert isinstance(pressed, ChoiceMade)
    assert isinstance(photo, PhotoReceived)
    assert (wrote.text, pressed.token, photo.caption) == ("показания\n4711 👍", "debt", "счётчик")
    assert isinstance(own, OtherReceived)
    assert isinstance(other, OtherReceived)
    assert own.what == other.what == "contact"
    assert [type(event).__name__ for event in (joined, left)] == ["Joined", "Left"]
    assert {event.address for event in front.heard} == {Address("viber", ANNA)}
    assert len({event.event_id for event in front.heard}) == 7


async def test_only_the_last_keyboard_is_there(emulator: ViberEmulator, front: Front) -> None:
    """A keyboard is replaced by the next one and vanishes with a message that has none."""
    await emulator.write(ANNA, "4711")
    await front.channel.send(message("раз", buttons=MENU))
    assert emulator.shown(ANNA) == [Shown("раз", (("Передать", "Долг"), ("Помощь",)))]
    assert emulator.keyboard(ANNA) == emulator.shown(ANNA)[0]
    await front.channel.send(message("два", link=LINK, link_label="Оплатить"))
    assert emulator.shown(ANNA) == [Shown("раз"), Shown("два", (), LINK, "Оплатить")]
    with pytest.raises(LookupError):
        await emulator.press(ANNA, "Долг")
    assert emulator.keyboard(ANNA) == Shown("два", (), LINK, "Оплатить")
    await front.channel.send(message("три"))
    assert emulator.keyboard(ANNA) is None
    with pytest.raises(LookupError):
        await emulator.press(ANNA, "Оплатить")
    with pytest.raises(LookupError):
        await emulator.press(user_id("Boris"), "Долг")


async def test_a_pressed_link_is_not_heard(emulator: ViberEmulator, front: Front) -> None:
    """Viber sends the address of a pressed link to the bot; we do not take it for something that was written."""
    await emulator.write(ANNA, "4711")
    await front.channel.send(message(link=LINK, link_label="Оплатить", buttons=MENU))
    assert await emulator.press(ANNA, "Оплатить") == 200
    assert await emulator.write(ANNA, LINK + "2") == 200
    assert [event.text for event in front.heard if isinstance(event, TextReceived)] == ["4711", LINK + "2"]
    assert not front.problems


async def test_who_may_be_written_to(emulator: ViberEmulator, front: Front) -> None:
    """Nobody who is unknown, has only opened the conversation, or has left can be written to; who writes can."""
    with pytest.raises(RecipientUnavailable, match=r"^5, "):
        await front.channel.send(message())
    await emulator.join(ANNA)
    with pytest.raises(RecipientUnavailable, match=r"^6, "):
        await front.channel.send(message())
    await emulator.write(ANNA, "4711")
    await front.channel.send(message())
    await emulator.leave(ANNA)
    with pytest.raises(RecipientUnavailable, match=r"^6, "):
        await front.channel.send(message())
    await emulator.subscribe(ANNA)
    await front.channel.send(message())
    assert [sent.user for sent in await emulator.wait_for(2)] == [ANNA, ANNA]


async def test_a_bot_without_webhook_sends_nothing(emulator: ViberEmulator) -> None:
    """A bot that has no webhook may not send."""
    channel = create(emulator.settings())
    with pytest.raises(Misconfigured, match=r"^10, "):
        await channel.send(message())
    await channel.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (GOOD, 0),
        ({**GOOD, "receiver": ""}, 4),
        ({**GOOD, "receiver": 7}, 4),
        ({**GOOD, "sender": {"name": ""}}, 4),
        ({**GOOD, "sender": "M"}, 4),
        ({**GOOD, "sender": {"name": "я" * 28}}, 0),
        ({**GOOD, "sender": {"name": "я" * 29}}, 3),
        ({**GOOD, "type": "poem"}, 3),
        ({**GOOD, "text": ""}, 4),
        ({**GOOD, "text": "я" * 7000}, 0),
        ({**GOOD, "text": "я" * 7001}, 3),
        ({**GOOD, "tracking_data": "x" * 4001}, 3),
        (keyboard(), 0),
        (keyboard(ActionType="share-phone"), 3),
        (keyboard(ActionType="share-phone") | {"min_api_version": 3}, 0),
        (keyboard(ActionType="dance"), 3),
        (keyboard(ActionBody=""), 3),
        (keyboard(ActionType="open-url", ActionBody="pay"), 3),
        (keyboard(Text="я" * 251), 3),
        (keyboard(Columns=7), 3),
        (keyboard(Rows=3), 3),
        (GOOD | {"keyboard": {"Buttons": []}}, 3),
        (GOOD | {"keyboard": {**keyboard()["keyboard"], "InputFieldState": "hidden"}}, 3),
        (GOOD | {"keyboard": {**keyboard()["keyboard"], "InputFieldState": "hidden"}, "min_api_version": 4}, 0),
        (GOOD | {"keyboard": {"Buttons": keyboard()["keyboard"]["Buttons"] * 13}}, 3),
        ({**GOOD, "text": "я" * 6000, "tracking_data": "я" * 4000, "pad": "я" * 5100}, 3),
        ([], 3),
    ],
)
async def test_limits(emulator: ViberEmulator, body: object, status: int) -> None:
    """The emulated Viber refuses what the real one refuses, and keeps nothing of it."""
    emulator.hooks = "http://127.0.0.1:9/hooks/viber"
    emulator.chat(ANNA).is_subscribed = True
    content = json.dumps(body, ensure_ascii=False).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{emulator.url}/send_message", data=content, headers={"X-Viber-Auth-Token": TOKEN}) as response,
    ):
        answer = await response.json()
    assert (response.status, answer["status"]) == (200, status)
    assert len(emulator.sent) == (status == 0)


def test_a_welcome_that_viber_would_not_show() -> None:
    """An answer to an opened conversation that is no message of Viber's is not shown, and why is kept."""
    emulator = ViberEmulator()
    for answer, problem in [
        (b"<html>", "badData"),
        (b"{}", "missing parameter sender.name"),
        (json.dumps(GOOD).encode(), "it names a receiver"),
        (b" " * 30_001, "larger than 30 kB"),
    ]:
        emulator._show_welcome(ANNA, answer)
        assert emulator.problems.pop() == problem
    assert emulator.shown(ANNA) == []


async def test_faults_are_used_up(emulator: ViberEmulator, front: Front) -> None:
    """A fault lasts as often as was said, and what is refused is not kept."""
    await emulator.write(ANNA, "4711")
    emulator.fail(3, times=2)
    outcomes = []
    for _ in range(3):
        outcomes += await asyncio.gather(front.channel.send(message()), return_exceptions=True)
    assert [isinstance(outcome, ContentRejected) for outcome in outcomes] == [True, True, False]
    (sent,) = emulator.sent
    assert (sent.text, sent.token.bit_length()) == ("Принято", 63)


def test_layout() -> None:
    """Buttons fill six columns; what does not fit begins a row, and a button without a width has one for itself."""
    widths = [4, 3, 3, None, 1]
    rows = rules.layout([{"Columns": width} if width else {} for width in widths])
    assert [[button.get("Columns") for button in row] for row in rows] == [[4], [3, 3], [None], [1]]


async def test_stops_twice() -> None:
    """Stopping is harmless before starting and twice."""
    emulator = ViberEmulator()
    await emulator.stop()
    await emulator.start()
    await emulator.stop()
    await emulator.stop()
