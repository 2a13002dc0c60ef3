import pytest

from channels.viber import create
from channels.viber.emulator import ViberEmulator
from channels.viber.webhook import WANTED
from core.ports.channel import Misconfigured, TemporarilyUnavailable
from tests.channels.viber.conftest import Front


async def test_registers_once(emulator: ViberEmulator, front: Front) -> None:
    """A new bot is told our address, tried by Viber at once; a second time nothing is done."""
    emulator.hooks = ""
    assert await front.channel.register(front.url) == [
        f"Viber delivers to {front.url}/hooks/viber now (there was none; events were missing: {', '.join(WANTED)})."
    ]
    assert emulator.hooks == f"{front.url}/hooks/viber"
    assert emulator.attempts == [200]
    assert await front.channel.register(f"{front.url}/") == [f"Viber delivers to {front.url}/hooks/viber already."]
    assert emulator.attempts == [200]
    assert await front.channel.probe() == []


@pytest.mark.parametrize(
    ("hooks", "events", "said"),
    [
        ("https://old.example.ru/hooks/viber", list(WANTED), "it was another address"),
        ("", [*WANTED, "message", "delivered", "seen"], "receipts are switched off"),
        ("", WANTED[:2], "events were missing: conversation_started, failed"),
    ],
)
async def test_changes_what_differs(
    emulator: ViberEmulator, front: Front, hooks: str, events: list[str], said: str
) -> None:
    """What was set otherwise is set as we need it, and said."""
    emulator.hooks = hooks or f"{front.url}/hooks/viber"
    emulator.event_types = list(events)
    assert await front.channel.register(front.url) == [f"Viber delivers to {front.url}/hooks/viber now ({said})."]
    assert (emulator.hooks, emulator.event_types) == (f"{front.url}/hooks/viber", list(WANTED))


async def test_more_events_than_we_know_are_left(emulator: ViberEmulator, front: Front) -> None:
    """Events that Viber adds by itself are no difference."""
    emulator.event_types = ["message", "client_status", *WANTED]
    assert await front.channel.register(front.url) == [f"Viber delivers to {front.url}/hooks/viber already."]
    assert not emulator.attempts


@pytest.mark.parametrize("url", ["http://example.ru", "http://127.0.0.1:9"])
async def test_address_that_viber_refuses(emulator: ViberEmulator, front: Front, url: str) -> None:
    """An address without TLS, or where nobody answers, is not taken, and what to see to is said."""
    before = emulator.hooks
    with pytest.raises(Misconfigured, match="must be running, and the address reachable from outside by https"):
        await front.channel.register(url)
    assert emulator.hooks == before


async def test_nothing_is_changed_blindly(emulator: ViberEmulator) -> None:
    """A stranger's token, and a Viber that is away, are failures before anything is set."""
    stranger = create(emulator.settings(token="wrong"))
    with pytest.raises(Misconfigured, match="the token is not valid"):
        await stranger.register("https://example.ru")
    await stranger.close()
    nobody = create(emulator.settings(api_base="http://127.0.0.1:9/pa"))
    with pytest.raises(TemporarilyUnavailable):
        await nobody.register("https://example.ru")
    await nobody.close()
    assert not emulator.attempts


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"token": "wrong"}, "Viber refuses us, 2, the token is not valid (invalidAuthToken): compare token"),
        ({"api_base": "http://127.0.0.1:9/pa"}, "no connection to Viber (ClientConnectorError 111): see whether"),
    ],
)
async def test_probe_finds_what_is_in_the_way(emulator: ViberEmulator, changes: dict[str, str], found: str) -> None:
    """A wrong token and a closed way out are told apart, with what to do."""
    channel = create(emulator.settings(**changes))
    (advice,) = await channel.probe()
    await channel.close()
    assert advice.startswith(found)
    assert "[channels.viber]" in advice


async def test_probe_looks_at_the_webhook(emulator: ViberEmulator, front: Front) -> None:
    """No webhook, one that leads elsewhere and one that hears too little are told, each with what to do."""
    emulator.hooks = ""
    assert await front.channel.probe() == [
        "Viber has no webhook, so that nothing comes in and nothing may go out: register it"
    ]
    emulator.hooks, emulator.event_types = "https://example.ru/bot", ["subscribed", "failed"]
    assert await front.channel.probe() == [
        "Viber delivers elsewhere than to /hooks/viber of ours: register the webhook again",
        "Viber does not tell of unsubscribed, conversation_started: register the webhook again",
    ]
    assert not emulator.sent
