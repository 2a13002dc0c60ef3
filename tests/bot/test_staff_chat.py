"""The staff chat in the running service: configured, linked on a page, posted, pressed; and what `doctor` says."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import checkup, checkup_chat
from bot.assembly import build
from bot.cli import meterline
from bot.cli.context import App
from bot.complaints import FaultySettings
from bot.registry import lines
from bot.settings import load
from bot.staff_chat import chatting
from channels.telegram.emulator import TelegramEmulator
from core.domain.staff import Role
from core.services.texts import Texts
from core.storage import tables
from core.storage.database import connect
from tests.bot.web.staff.cases import HOUR, come, doubtful, scene_of
from tests.bot.web.staff.conftest import Reception
from tests.conftest import FixedClock

CHAT, IRINA = -1001234567890, 5001
NAME = "METERLINE__"


def environment(emulator: TelegramEmulator, **more: str) -> dict[str, str]:
    settings = emulator.settings()
    ours = {
        "SERVER__PUBLIC_URL": "https://sms.example.ru",
        "CHANNELS__TELEGRAM__ENABLED": "true",
        "CHANNELS__TELEGRAM__TOKEN": settings.token.get_secret_value(),
        "CHANNELS__TELEGRAM__WEBHOOK_SECRET": settings.webhook_secret.get_secret_value(),
        "CHANNELS__TELEGRAM__API_BASE": settings.api_base,
        "STAFF_CHAT__ENABLED": "true",
        "STAFF_CHAT__CHAT": str(CHAT),
        "STAFF_CHAT__LOCALE": "en",
    }
    return {f"{NAME}{key}": value for key, value in (ours | more).items()}


def nowhere() -> TelegramEmulator:
    """Nobody listens there."""
    emulator = TelegramEmulator()
    emulator.url = "http://127.0.0.1:9"
    return emulator


@pytest.fixture
async def emulator(clock: FixedClock) -> AsyncIterator[TelegramEmulator]:
    emulator = TelegramEmulator(clock=clock)
    await emulator.start()
    emulator.groups.present.add(CHAT)
    yield emulator
    await emulator.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the emulator and the service have no event for all of this
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_from_the_page_to_the_group(
    config: Path, clock: FixedClock, emulator: TelegramEmulator, mode: str
) -> None:
    """A code from the page links; a case comes to the group; its button decides; the post shows it."""
    public = environment(emulator, SERVER__PUBLIC_URL="", CHANNELS__TELEGRAM__MODE=mode)
    service = build(load(config, public), Texts(), clock)
    host, port = await service.start()
    if mode == "webhook":
        emulator.hooks = f"http://{host}:{port}/hooks/telegram"
    reception = Reception(type("R", (), {"service": service, "url": f"http://{host}:{port}"})(), clock)
    try:
        visit = await come(reception, Role.MODERATOR, language="ru")
        assert "не привязан" in (await visit.get("/staff/account"))[1]
        status, page, _ = await visit.post("/staff/account/chat")
        assert status == 200
        code = re.search(r"/link ([0-9A-Z]{10})", page)
        assert code is not None
        await emulator.write(str(IRINA), f"/link {code[1]}")
        await until(lambda: [one.text for one in emulator.shown(str(IRINA))] == ["Linked: irina"])
        assert "привязан с 22.11.2026" in (await visit.get("/staff/account"))[1]
        scene = await scene_of(reception)
        await doubtful(scene, opened_at=clock.now() - HOUR)
        await until(lambda: len(emulator.groups.posts(CHAT)) == 1)
        press = await emulator.groups.press(IRINA, CHAT, "Approve")
        await until(lambda: "approved by irina" in emulator.groups.posts(CHAT)[0].text)
        await until(lambda: emulator.api.said.get(press) == ("approved", False))
        assert [row["skin"] for row in await scene.rows(tables.audit)] == ["chat"]
        assert (await visit.post("/staff/account/chat/end"))[2]["Location"] == "/staff/account?said=chat"
        assert "не привязан" in (await visit.get("/staff/account"))[1]
    finally:
        for session in reception.opened:
            await session.close()
        await service.stop()


async def test_what_doctor_says(config: Path, emulator: TelegramEmulator) -> None:
    """Whether we are in the group, what to do if not; nothing where there is no staff chat."""
    settings = load(config, environment(emulator))
    (well,) = await checkup_chat.staff_chat(settings)
    assert well.verdict is checkup.Verdict.OK
    emulator.groups.present.clear()
    (wrong,) = await checkup_chat.staff_chat(settings)
    assert (wrong.verdict, bool(wrong.todo)) == (checkup.Verdict.FAULT, True)
    closed = load(config, environment(emulator, STAFF__ENABLED="false"))
    assert [one.verdict.value for one in await checkup_chat.staff_chat(closed)] == ["fault", "warning"]
    assert await checkup_chat.staff_chat(load(config, {})) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"STAFF_CHAT__CHAT": ""}, "is needed where the staff chat is enabled"),
        ({"STAFF_CHAT__CHAT": "@meterline"}, "should be the group's number"),
        ({"STAFF_CHAT__KINDS": "['photos']"}, "photo"),
        ({"STAFF_CHAT__CHANNEL": "vk"}, "[channels.vk]"),
        ({"STAFF_CHAT__CHANNEL": "sms"}, "telegram"),
    ],
)
def test_what_is_refused(config: Path, more: dict[str, str], words: str) -> None:
    """A configuration that cannot work says what is wrong."""
    with pytest.raises(FaultySettings, match=re.escape(words)):
        load(config, environment(nowhere(), **more))


def test_state_owned_shows_no_figures(config: Path, clock: FixedClock) -> None:
    """Where the law forbids personal data in foreign messengers, posts have none, in the messengers on the list."""
    settings = load(config, environment(nowhere(), PRIVACY__STATE_OWNED="true"))
    for known, shown in ((settings, False), (load(config, environment(nowhere())), True)):
        database = connect(known.database.url)
        chat = chatting(known, database, clock, Texts(), lines(known))
        assert chat is not None
        assert chat.presses._wording.shows_figures is shown


def test_links_by_the_command_line(config: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """`staff link` prints a code alone, `staff unlink` takes the link back; without a staff chat both say so."""

    def invoke(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(meterline, ["staff", *words, "--config", str(config)], obj=App(clock=clock))
        assert result.exit_code == code, result.output
        return result.stdout or result.stderr

    invoke("add", "irina", "--role", "moderator")
    assert "there is no staff chat" in invoke("link", "irina", code=2)
    for name, value in environment(nowhere()).items():
        monkeypatch.setenv(name, value)
    assert re.fullmatch(r"[0-9A-Z]{10}\n", invoke("link", "irina"))
    assert json.loads(invoke("link", "irina", "--json"))["name"] == "irina"
    assert "was not linked" in invoke("unlink", "irina")
    assert "there is no nobody" in invoke("link", "nobody", code=2)
