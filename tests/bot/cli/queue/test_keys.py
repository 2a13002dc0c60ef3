import io
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.cli.queue.session import Session
from core.storage import tables
from core.storage.cases import Filters
from core.storage.database import Database
from tests.bot.cli.queue.conftest import Desktop
from tests.conftest import FixedClock
from tests.services.moderation.scene import IRINA, Scene

PATIENCE = 30.0


class Keys:
    """A moderator's keyboard and screen."""

    def __init__(self, scene: Scene) -> None:
        self.console = Console(record=True, width=80, file=io.StringIO())
        self.session = Session(scene.moderation(), IRINA, scene.clock, self.console.print, Filters())

    async def __call__(self, *keys: str) -> str:
        """Press keys, or type texts, and read what is new on the screen."""
        for key in "".join(keys):
            self.going = await self.session.press(key)
        return self.console.export_text()


@pytest.fixture
async def scene(database: Database, clock: FixedClock) -> Scene:
    """A scene with an account and its meter, on each database."""
    return await Scene(database, clock).with_meter()


@pytest.fixture
def keys(scene: Scene) -> Keys:
    return Keys(scene)


async def test_approve(scene: Scene, keys: Keys) -> None:
    """Space takes a case, `a` shows the message, Enter sends it; any other key does not."""
    await scene.case(await scene.reading())
    assert "Take a case first" in await keys("a")
    assert "Yours until 22 Nov 12:15" in await keys(" ")
    assert "reads: Оператор проверил и принял" in await keys("a")
    assert "Nothing done" in await keys("x")
    assert await scene.messages() == []
    assert "approved: 5778 / 2542" in await keys("a", "\n")
    assert len(await scene.messages()) == 1
    assert "Nothing more waits" in await keys(" ")


async def test_correct_reject_note(scene: Scene, keys: Keys) -> None:
    """What has to be typed is typed on a line, mended with backspace, and left with Escape; Russian keys do as well."""
    await scene.case(await scene.reading())
    await scene.case(await scene.reading(period=202612))
    await keys(" ")
    assert "noted" in await keys("т", "звонила\n")
    assert "whole numbers" in await keys("c", "5780 x\n")
    assert "would be corrected: 5780 / 2542" in await keys("c", "5780 25423\x7f\r")
    await keys("\n")
    assert "(digits, less, meter" in await keys(" ", "к")
    assert "Nothing done" in await keys("abc", "\x1b")
    assert "Проверьте число цифр" in await keys("r", "digits\n")
    await keys("\n")
    actions = [action for _, action, _ in await scene.actions()]
    assert actions == ["noted", "corrected", "rejected"]


async def test_space_goes_on(scene: Scene, keys: Keys) -> None:
    """Space lets the case at hand go and takes the one behind it; `q` lets go and ends."""
    first, second = [await scene.case(kind="hand_over") for _ in range(2)]
    shown = await keys(" ") + await keys(" ")
    assert {first, second} == set(re.findall(r"Case (\w{5})", shown))
    await keys("q")
    assert keys.going is False
    assert [row["claimed_by"] for row in await scene.rows(tables.case)] == ["", ""]
    assert "space next" in await keys("?")


def test_in_a_terminal(queue: Desktop) -> None:
    """In a real terminal of 80 columns every line fits, keys work, and the terminal is as before in the end."""
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "bot", "queue", "tail", "-n", "4", "--as", IRINA, "--config", str(queue.config)]
    env = os.environ | {"COLUMNS": "80", "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=env, start_new_session=True) as tail:  # noqa: S603
        os.close(inner)
        seen = _until(outer, "question unanswered")
        os.write(outer, b" ")
        seen += _until(outer, "Yours until")
        os.write(outer, b"q")
        seen += _until(outer, None)
        tail.wait(timeout=PATIENCE)
    os.close(outer)
    assert tail.returncode == 0
    assert "\x1b[" in seen
    plain = re.sub(r"\x1b\[[0-9;]*m", "", seen)
    assert all(cell_len(line) <= 80 for line in plain.splitlines())
    assert "unreadable messages" in plain


def _until(terminal: int, words: str | None) -> str:
    """What comes until these words do, or until the end."""
    seen, end = b"", time.monotonic() + PATIENCE
    while words is None or words.encode() not in seen:
        assert time.monotonic() < end, seen.decode(errors="replace")
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            part = b""
        if not part:
            break
        seen += part
    return seen.decode(errors="replace")
