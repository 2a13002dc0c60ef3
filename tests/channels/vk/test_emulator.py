import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from channels.toolkit.album import PICTURE
from channels.toolkit.emulation import Handset, Shown
from channels.vk.adapter import VkCallback
from channels.vk.emulator import VkEmulator, updates
from core.domain.messages import (
    Address,
    Button,
    ChoiceMade,
    Joined,
    Left,
    OtherReceived,
    Outbound,
    PhotoReceived,
    TextReceived,
)
from core.ports.channel import RateLimited, RecipientUnavailable
from tests.channels.vk.front import Front
from tests.channels.vk.harness import TOKEN, USER
from tests.conftest import FixedClock

ME = str(USER)
MENU = ((Button("Передать", "menu:send"), Button("Баланс", "menu:balance")),)


def outbound(text: str = "Принято", key: str = "1001", **more: object) -> Outbound:
    return Outbound(to=Address("vk", ME), text=text, idempotency_key=key, **more)  # type: ignore[arg-type]


@pytest.fixture
async def channel(emulator: VkEmulator) -> AsyncIterator[VkCallback]:
    channel = VkCallback(emulator.settings())
    yield channel
    await channel.close()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_handset(emulator: VkEmulator, channel: VkCallback, front: Front, clock: FixedClock) -> None:
    """What a subscriber does becomes the event that it should, at the time when he does it."""
    handset: Handset = emulator
    assert await handset.join(ME, "7K2QM") == 200
    await channel.send(outbound("Что сделать?", buttons=MENU, link="https://example.ru/p", link_label="Оплатить"))
    assert await handset.press(ME, "Баланс") == 200
    assert await handset.write(ME, "4711 👍") == 200
    assert await handset.send_photo(ME, "вот") == 200
    assert await handset.leave(ME) == 200
    assert await emulator.allow(ME) == 200
    joined, choice, text, photo, left, back = front.heard
    assert isinstance(joined, Joined)
    assert joined.start == "7K2QM"
    assert isinstance(choice, ChoiceMade)
    assert choice.token == "menu:balance"
    assert isinstance(text, TextReceived)
    assert (text.text, text.sent_at) == ("4711 👍", clock.now())
    assert isinstance(photo, PhotoReceived)
    assert photo.caption == "вот"
    assert photo.photo.endswith("size=w")
    assert await channel.fetch(photo.photo) == PICTURE
    assert isinstance(left, Left)
    assert isinstance(back, Joined)
    assert handset.shown(ME) == [Shown("Что сделать?", (("Передать", "Баланс"),), "https://example.ru/p", "Оплатить")]
    assert handset.shown("5550002") == []


async def test_only_the_newest_keyboard_is_shown(emulator: VkEmulator, channel: VkCallback, front: Front) -> None:
    """A keyboard stays over messages without one, and a new one takes its place; a link asks nobody of us."""
    await emulator.join(ME)
    assert emulator.keyboard(ME) is None
    with pytest.raises(LookupError):
        await emulator.press(ME, "Баланс")
    await channel.send(outbound(buttons=MENU))
    await channel.send(outbound("Баланс: 0", key="1002"))
    assert emulator.keyboard(ME) == emulator.shown(ME)[0]
    assert await emulator.press(ME, "Баланс") == 200
    await channel.send(outbound(key="1003", link="https://example.ru/p", link_label="Оплатить"))
    with pytest.raises(LookupError):
        await emulator.press(ME, "Баланс")
    heard = len(front.heard)
    assert await emulator.press(ME, "Оплатить") == 0
    assert len(front.heard) == heard


async def test_no_contact_cards(emulator: VkEmulator, front: Front) -> None:
    """VK has none, so nobody is asked."""
    assert await emulator.share_contact(ME, "+79161234567") == 0
    assert not front.heard


async def test_anything_else(emulator: VkEmulator, front: Front) -> None:
    """A sticker is a message of which we learn only that it came."""
    assert await emulator.say(ME, "", attachments=[{"type": "sticker", "sticker": {"sticker_id": 9}}]) == 200
    (event,) = front.heard
    assert isinstance(event, OtherReceived)
    assert event.what == "sticker"


async def test_who_may_be_written_to(emulator: VkEmulator, channel: VkCallback) -> None:
    """VK refuses us (901) until a subscriber has written, and again when he has forbidden it."""
    with pytest.raises(RecipientUnavailable, match="901"):
        await channel.send(outbound())
    await emulator.write(ME, "4711")
    await channel.send(outbound())
    await emulator.leave(ME)
    with pytest.raises(RecipientUnavailable, match="901"):
        await channel.send(outbound(key="1002"))
    await emulator.allow(ME)
    await channel.send(outbound(key="1003"))


async def test_repeats_are_shown_once(emulator: VkEmulator, channel: VkCallback) -> None:
    """A known `random_id` in one dialogue is one message with one number; in another dialogue it is another message."""
    emulator.dialogues.open |= {ME, "5550002"}
    first, again = await channel.send(outbound()), await channel.send(outbound())
    other = await channel.send(Outbound(to=Address("vk", "5550002"), text="Принято", idempotency_key="1001"))
    assert first == again != other
    assert (len(emulator.sent), len(emulator.keys)) == (2, 3)
    assert len(await emulator.wait_for(2)) == 2


async def test_pace(emulator: VkEmulator, channel: VkCallback, clock: FixedClock) -> None:
    """More calls in a second than are allowed are error 6; a second later it goes on."""
    emulator.dialogues.open.add(ME)
    emulator.per_second = 2
    await channel.send(outbound())
    await channel.send(outbound(key="1002"))
    with pytest.raises(RateLimited) as caught:
        await channel.send(outbound(key="1003"))
    assert caught.value.retry_after == 1.0
    clock.advance(seconds=1)
    await channel.send(outbound(key="1003"))
    assert len(emulator.sent) == 3


def keyboard(*rows: list[dict[str, Any]], **more: object) -> str:
    return json.dumps({"one_time": False, "inline": False, "buttons": list(rows)} | more)


def button(**more: object) -> dict[str, Any]:
    colour = more.pop("color", "secondary")
    return {"color": colour, "action": {"type": "text", "label": "Да", "payload": '{"t":"a"}'} | more}


REFUSED: dict[str, tuple[int, dict[str, str]]] = {
    "no_version": (8, {"v": ""}),
    "stranger": (5, {"access_token": "vk1.a.wrong"}),
    "no_random_id": (100, {"random_id": ""}),
    "wide_random_id": (100, {"random_id": str(2**31)}),
    "no_peer": (100, {"peer_id": "me"}),
    "empty": (100, {"message": ""}),
    "too_long": (914, {"message": "я" * 4097}),
    "unknown_peer": (901, {"peer_id": "7"}),
    "no_json": (911, {"keyboard": "{"}),
    "no_buttons": (911, {"keyboard": "{}"}),
    "odd_keyboard": (911, {"keyboard": "[]"}),
    "empty_row": (911, {"keyboard": keyboard([button()], [])}),
    "six_in_a_row": (911, {"keyboard": keyboard([button()] * 6)}),
    "eleven_rows": (911, {"keyboard": keyboard(*[[button()]] * 11)}),
    "forty_one": (911, {"keyboard": keyboard(*[[button()] * 5] * 8, [button()])}),
    "inline_eleven": (911, {"keyboard": keyboard(*[[button()] * 4] * 3, inline=True)}),
    "inline_one_time": (911, {"keyboard": keyboard([button()], inline=True, one_time=True)}),
    "long_label": (911, {"keyboard": keyboard([button(label="я" * 41)])}),
    "no_label": (911, {"keyboard": keyboard([button(label="")])}),
    "long_payload": (911, {"keyboard": keyboard([button(payload=json.dumps({"t": "x" * 249}))])}),
    "odd_payload": (911, {"keyboard": keyboard([button(payload="t")])}),
    "object_payload": (911, {"keyboard": keyboard([button(payload={"t": "a"})])}),
    "colour": (911, {"keyboard": keyboard([button(color="default")])}),
    "coloured_link": (911, {"keyboard": keyboard([button(type="open_link", link="https://example.ru")])}),
    "no_link": (911, {"keyboard": keyboard([button(type="open_link", color=None)])}),
    "script": (911, {"keyboard": keyboard([button(type="open_link", link="javascript:1", color=None)])}),
    "type": (911, {"keyboard": keyboard([button(type="request_contact")])}),
}


@pytest.mark.parametrize("name", list(REFUSED))
async def test_refuses(name: str, emulator: VkEmulator, client: aiohttp.ClientSession) -> None:
    """The emulated VK refuses what the real one refuses, by its numbers, and repeats what it was given."""
    emulator.dialogues.open.add(ME)
    code, more = REFUSED[name]
    good = {"v": "5.199", "access_token": TOKEN, "random_id": "7", "peer_id": ME, "message": "Да"}
    good["keyboard"] = keyboard([button()])
    url = f"{emulator.url}/method/messages.send"
    answer = await (await client.post(url, data=good | more)).json()
    assert answer["error"]["error_code"] == code
    assert {"key": "peer_id", "value": (good | more)["peer_id"]} in answer["error"]["request_params"]
    assert not emulator.sent
    assert await (await client.post(url, data=good)).json() == {"response": 1}


async def test_unknown_method(emulator: VkEmulator, client: aiohttp.ClientSession) -> None:
    """There is no such method."""
    form = {"v": "5.199", "access_token": TOKEN}
    for method in ("messages.shout", "groups.leave", "getById"):
        answer = await (await client.post(f"{emulator.url}/method/{method}", data=form)).json()
        assert answer["error"]["error_code"] == 3


async def test_stops_twice() -> None:
    """Stopping is harmless before starting and twice."""
    emulator = VkEmulator()
    await emulator.stop()
    await emulator.start()
    await emulator.stop()
    await emulator.stop()


def test_event_ids_are_like_vks() -> None:
    """40 hexadecimal digits, each time others."""
    first, second = updates.event_key(), updates.event_key()
    assert first != second
    assert (len(first), int(first, 16) > 0) == (40, True)
