from collections.abc import AsyncIterator

import pytest

from channels.telegram import create
from channels.telegram.adapter import TelegramChannel
from channels.telegram.emulator import Fault, TelegramEmulator
from core.ports.channel import ContentRejected, Misconfigured
from tests.channels.telegram.harness import SECRET, TOKEN

OURS = "https://readings.example.ru/hooks/telegram"
KINDS = {"message", "callback_query", "my_chat_member"}


@pytest.fixture
async def channel(emulator: TelegramEmulator) -> AsyncIterator[TelegramChannel]:
    channel = create(emulator.settings())
    yield channel
    await channel.close()


async def test_sets_the_webhook(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """A bot without a webhook gets ours, with the secret and the kinds of updates that we understand."""
    emulator.deliveries.secret = ""
    (done,) = await channel.register("https://readings.example.ru/")
    assert done == f"The webhook was set to {OURS}."
    assert (emulator.hooks, emulator.deliveries.secret, emulator.deliveries.allowed) == (OURS, SECRET, KINDS)


async def test_again_changes_the_secret_only(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """Registering twice ends the same; the secret is set each time, because nobody can look which one there is."""
    await channel.register("https://readings.example.ru")
    emulator.deliveries.secret = "of-yesterday"
    (done,) = await channel.register("https://readings.example.ru")
    assert "was right" in done
    assert (emulator.hooks, emulator.deliveries.secret) == (OURS, SECRET)


async def test_corrects_the_kinds(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """A webhook that brings other updates is set right."""
    await channel.register("https://readings.example.ru")
    emulator.deliveries.allowed = frozenset({"message", "edited_message"})
    (done,) = await channel.register("https://readings.example.ru")
    assert "kinds of updates" in done
    assert emulator.deliveries.allowed == KINDS


async def test_another_webhook_is_replaced(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """A webhook that led elsewhere is replaced; of its address only the machine is told."""
    emulator.hooks = "https://old.example.ru/hook/their-secret"
    (done,) = await channel.register("https://readings.example.ru")
    assert done == f"The webhook was set to {OURS}; it led to old.example.ru."


async def test_polling_removes_the_webhook(emulator: TelegramEmulator) -> None:
    """Where we poll there must be none, and none is no change."""
    channel = create(emulator.settings(mode="polling"))
    emulator.hooks = "https://old.example.ru/hook"
    (removed,), (nothing,) = await channel.register(""), await channel.register("")
    await channel.close()
    assert "old.example.ru was removed" in removed
    assert "no webhook" in nothing
    assert emulator.api.calls.count("deletewebhook") == 1


async def test_refused_address(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """An address that Telegram refuses is told in its words, and a bad token as such."""
    with pytest.raises(ContentRejected, match="HTTPS URL must be provided"):
        await channel.register("")
    emulator.fail(Fault.STRANGER, method="getWebhookInfo")
    with pytest.raises(Misconfigured):
        await channel.register("https://readings.example.ru")


async def test_probe_is_content(channel: TelegramChannel) -> None:
    """After registering nothing is wrong."""
    await channel.register("https://readings.example.ru")
    assert await channel.probe() == []


async def advice(channel: TelegramChannel) -> tuple[str, str]:
    """The one thing that is wrong, and what to do, as `meterline doctor` parts them."""
    (line,) = await channel.probe()
    found, mark, todo = line.partition(": ")
    assert mark
    assert TOKEN not in line
    return found, todo


async def test_probe_without_a_webhook(channel: TelegramChannel) -> None:
    """Without a webhook nothing is heard."""
    assert (await advice(channel))[0] == "no webhook is set, so nothing is heard"


async def test_probe_of_another_webhook(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """A webhook that leads elsewhere is named by its machine."""
    emulator.hooks = "https://old.example.ru/hook/their-secret"
    found, todo = await advice(channel)
    assert found == "the webhook leads to old.example.ru and not to /hooks/telegram"
    assert "register" in todo


async def test_probe_of_missing_kinds(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """Kinds of updates that are not brought are named."""
    await channel.register("https://readings.example.ru")
    emulator.deliveries.allowed = frozenset({"message"})
    assert (await advice(channel))[0] == "the webhook brings no callback_query and no my_chat_member"


async def test_probe_of_failing_calls(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """Updates that wait behind a failing webhook are counted, with Telegram's reason; a failure long past is none."""
    await channel.register("https://readings.example.ru")
    emulator.deliveries.last_error = "Wrong response from the webhook: 403 Forbidden"
    assert await channel.probe() == []
    emulator.deliveries._waiting[1] = {}
    found, todo = await advice(channel)
    assert found.startswith("1 updates wait")
    assert "403 Forbidden" in found
    assert "register again" in todo


async def test_probe_of_many_waiting(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """Many waiting updates are a sign of slowness."""
    await channel.register("https://readings.example.ru")
    emulator.deliveries._waiting.update({number: {} for number in range(100)})
    assert (await advice(channel))[0] == "100 updates wait"


async def test_probe_of_polling(emulator: TelegramEmulator) -> None:
    """Polling is content without a webhook and not beside one."""
    channel = create(emulator.settings(mode="polling"))
    assert await channel.probe() == []
    emulator.hooks = "https://old.example.ru/hook"
    assert "polling hears nothing" in (await advice(channel))[0]
    await channel.close()


async def test_probe_of_a_wrong_token(emulator: TelegramEmulator) -> None:
    """A token that is not a bot's is told as such."""
    channel = create(emulator.settings(token="7123456789:AAanother"))
    assert (await advice(channel))[0] == "401 Unauthorized"
    await channel.close()


async def test_probe_of_an_absent_vendor(emulator: TelegramEmulator, channel: TelegramChannel) -> None:
    """An unreachable Telegram is told with the address that was tried."""
    await emulator.stop()
    found, todo = await advice(channel)
    assert "no connection to Telegram" in found
    assert emulator.url in todo
