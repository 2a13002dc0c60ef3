import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from channels.vk import create
from channels.vk.adapter import VkCallback, VkChannel
from channels.vk.emulator import Fault, VkEmulator
from core.domain.messages import TextReceived
from core.ports.channel import Misconfigured, OutcomeUnknown, Probes, Registers
from tests.channels.vk.front import Front
from tests.channels.vk.harness import CONFIRMATION, GROUP_ID, SECRET, USER

Made = Callable[..., VkChannel]


@pytest.fixture
async def made(emulator: VkEmulator) -> AsyncIterator[Made]:
    """Channels for this emulator, closed at the end."""
    channels: list[VkChannel] = []

    def build(**more: object) -> VkChannel:
        channels.append(create(emulator.settings(**more)))
        return channels[-1]

    yield build
    for channel in channels:
        await channel.close()


@pytest.fixture
async def public_url(emulator: VkEmulator, front: Front) -> str:
    """Our address, which VK does not know yet."""
    url = emulator.hooks.removesuffix("/hooks/vk")
    emulator.hooks = ""
    return url


async def test_registers_from_nothing(emulator: VkEmulator, made: Made, public_url: str, front: Front) -> None:
    """The server is added, confirmed, told our secret and set to our events; then subscribers are heard."""
    channel = made()
    assert isinstance(channel, Registers)
    done = await channel.register(f"{public_url}/")
    assert done == [
        f"added the callback server {public_url}/hooks/vk",
        "set api_version, message_new, message_event, message_allow, message_deny of the callback server",
    ]
    (server,) = emulator.community.servers
    assert (server["status"], server["secret_key"], server["title"]) == ("ok", SECRET, "Meterline")
    assert await emulator.write(str(USER), "4711") == 200
    assert [event.text for event in front.heard if isinstance(event, TextReceived)] == ["4711"]
    assert await channel.probe() == []


async def test_registers_once(emulator: VkEmulator, made: Made, public_url: str) -> None:
    """Registering again changes nothing, even when VK has another confirmation string by then."""
    await made().register(public_url)
    changes = list(emulator.community.changes)
    emulator.community.confirmation = "5e6f7a8b"
    assert await made(confirmation=CONFIRMATION).register(public_url) == [
        f"VK delivers to {public_url}/hooks/vk already: nothing was changed"
    ]
    assert emulator.community.changes == changes


async def test_our_server_moves(emulator: VkEmulator, made: Made, public_url: str) -> None:
    """Another address of ours replaces the old one, so that the ten servers of a community are not used up."""
    other = {
        "id": 7,
        "title": "CRM",
        "url": "https://crm.example/vk",
        "secret_key": "x",
        "status": "ok",
        "creator_id": 1,
    }
    emulator.community.servers.append(other)
    old = {**other, "id": 8, "title": "Meterline", "url": "https://old.example/hooks/vk"}
    emulator.community.servers.append(old)
    assert "changed secret_key and url of the callback server" in await made().register(public_url)
    urls = [server["url"] for server in emulator.community.servers]
    assert urls == ["https://crm.example/vk", f"{public_url}/hooks/vk"]


async def test_another_confirmation_string(emulator: VkEmulator, made: Made, public_url: str) -> None:
    """VK would refuse our address: staff learn what to set, and nothing is changed."""
    channel = made()
    emulator.community.confirmation = "5e6f7a8b"
    with pytest.raises(Misconfigured, match=r'set confirmation = "5e6f7a8b" in \[channels.vk\]'):
        await channel.register(public_url)
    assert not emulator.community.changes


async def test_not_reached(emulator: VkEmulator, made: Made) -> None:
    """An address that VK does not reach is said to be unconfirmed, and registering again asks VK to try again."""
    nowhere = "http://127.0.0.1:9"
    done = await made().register(nowhere)
    assert f"VK has not confirmed {nowhere}/hooks/vk yet (failed)" in done[-1]
    again = await made().register(nowhere)
    assert again[0] == "asked VK to try again"
    assert len(emulator.community.servers) == 1


async def test_no_server_left(emulator: VkEmulator, made: Made, public_url: str) -> None:
    """A community has ten servers at most."""
    emulator.community.servers += [{"id": n, "title": "x", "url": f"https://x.example/{n}"} for n in range(10)]
    with pytest.raises(Misconfigured, match=r"2000: .* delete one"):
        await made().register(public_url)


async def test_registers_the_long_poll(emulator: VkEmulator, made: Made) -> None:
    """In the mode longpoll the long poll is switched on with our events, once."""
    emulator.community.long_poll = {"is_enabled": False, "api_version": "5.92", "events": {"message_new": 1}}
    channel = made(mode="longpoll")
    assert await channel.register("") == [
        "set enabled, api_version, message_event, message_allow, message_deny of the long poll"
    ]
    assert await channel.register("") == ["VK keeps its events for us already: nothing was changed"]
    assert emulator.community.changes == ["groups.setLongPollSettings"]
    assert await channel.probe() == []


PROBES: dict[str, tuple[dict[str, Any], dict[str, object], str]] = {
    "stranger": ({}, {"token": "vk1.a.wrong"}, "5: the token is wrong .*: see token, group_id and api_base"),
    "no_right_to_messages": ({"rights": {"manage": 1}}, {}, "no right to community messages: make a new one"),
    "no_right_to_manage": ({"rights": {"messages": 1}}, {}, "no right to community management: make a new one"),
    "other_community": ({}, {"group_id": 7}, f"the token is of the community {GROUP_ID}: set group_id or token"),
    "no_server": ({"servers": []}, {}, "no callback server of the community ends in /hooks/vk: register"),
    "other_secret": ({}, {"secret": "another"}, "VK's secret key is not ours"),
    "long_poll_off": (
        {"long_poll": {"is_enabled": False}},
        {"mode": "longpoll"},
        "the long poll is switched off in the community: register",
    ),
    "long_poll_old": (
        {"long_poll": {"is_enabled": True, "api_version": "5.92", "events": {"message_new": 0}}},
        {"mode": "longpoll"},
        "api_version, message_new, .* should be set for us at VK .*: register",
    ),
}


@pytest.mark.parametrize("name", list(PROBES))
async def test_probe(name: str, emulator: VkEmulator, made: Made, public_url: str) -> None:
    """What is wrong at VK is told in a sentence with what to do."""
    await made().register(public_url)
    there, here, words = PROBES[name]
    for attribute, value in there.items():
        setattr(emulator.community, attribute, value)
    channel = made(**here)
    assert isinstance(channel, Probes)
    (advice,) = await channel.probe()
    assert re.search(words, advice)


async def test_probe_sees_a_failed_server(emulator: VkEmulator, made: Made, public_url: str) -> None:
    """VK's own view of our server is told, with all else that is wrong with it."""
    await made().register(public_url)
    emulator.community.servers[0] |= {"status": "failed", "id": 99}
    failed, unset = await made().probe()
    assert f"VK says failed of {public_url}/hooks/vk" in failed
    assert "message_new" in unset


async def test_probe_without_vk(emulator: VkEmulator, made: Made) -> None:
    """An absent VK is told, too."""
    channel = made()
    await emulator.stop()
    (advice,) = await channel.probe()
    assert re.search("no connection to VK .*: see that api_base", advice)


async def test_unreadable_answers(emulator: VkEmulator, made: Made) -> None:
    """An answer that is not VK's does not pass for one."""
    channel = made()
    emulator.fail(Fault.GARBLED, method="groups.getCallbackServers")
    with pytest.raises(OutcomeUnknown):
        await channel.register("https://readings.example.ru")


async def test_sends_nothing(emulator: VkEmulator, made: Made, public_url: str) -> None:
    """Neither registering nor probing writes to anybody."""
    channel = made()
    assert isinstance(channel, VkCallback)
    await channel.register(public_url)
    await channel.probe()
    assert not emulator.sent
    assert not emulator.keys
