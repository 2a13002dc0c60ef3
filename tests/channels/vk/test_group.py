"""The staff's chat: what each payload in staff/ means."""

import json
from pathlib import Path
from typing import Any

import pytest

from channels.vk import Settings
from channels.vk.adapter import VkCallback
from channels.vk.emulator import VkEmulator
from core.domain.posts import Post, PostButton
from core.ports.channel import RecipientUnavailable
from tests.channels.vk.harness import CONFIRMATION, GROUP_ID, SECRET, posted

DATA = Path(__file__).parent / "staff"
CASES = sorted(path.stem for path in DATA.glob("*.json"))
CHAT = "2000000007"
SETTINGS = Settings.model_validate({"group_id": GROUP_ID, "secret": SECRET, "confirmation": CONFIRMATION})
CHANNEL = VkCallback(SETTINGS)
CHANNEL.attend(CHAT)


def case_of(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return case


@pytest.mark.parametrize("name", CASES)
def test_payload(name: str) -> None:
    """Each update means what its file says, and VK hears `ok`."""
    case = case_of(name)
    decoded, expected = CHANNEL.decode(posted(case["update"])), case["expect"]
    assert (decoded.answer.status, decoded.answer.body) == (200, b"ok")
    assert case.get("problem", "") in decoded.problem
    assert bool(decoded.problem) is ("problem" in case)
    assert [type(event).__name__ for event in decoded.events] == ([expected["type"]] if expected else [])
    for event in decoded.events:
        wanted = {key: value for key, value in expected.items() if key not in {"type", "person"}}
        assert {key: getattr(event, key) for key in wanted} == wanted
        assert event.address.external_id == expected["person"]


@pytest.mark.parametrize("name", CASES)
def test_without_a_group(name: str) -> None:
    """A channel that attends no chat hears nothing of staff."""
    events = VkCallback(SETTINGS).decode(posted(case_of(name)["update"])).events
    assert not any(type(event).__name__.startswith("Staff") for event in events)


async def test_posts_too_old_to_change(emulator: VkEmulator) -> None:
    """VK changes a post for a day; then it stays as it is, which is no failure. A chat we are not in is one."""
    emulator.chats.present.add(int(CHAT))
    channel = VkCallback(emulator.settings())
    number = await channel.post(CHAT, Post("Дело", ((PostButton("Принять", "a.1.0"),),)), 4711)
    assert await channel.post(CHAT, Post("Дело"), 4711) == number
    assert await channel.edit(CHAT, number, Post("Решено"))
    emulator.chats.expired.add(int(number))
    assert not await channel.edit(CHAT, number, Post("Снова"))
    with pytest.raises(RecipientUnavailable):
        await channel.post("2000000008", Post("Дело"), 4712)
    assert "no chat of VK" in (await channel.probe_group("4"))[0]
    await channel.close()
