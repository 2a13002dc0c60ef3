import json
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from bot.cli.queue.follow import follow
from core.storage import tables
from core.storage.cases import News
from core.storage.database import Database
from tests.bot.cli.queue.conftest import Desktop
from tests.conftest import FixedClock
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene


async def test_follow(database: Database, clock: FixedClock) -> None:
    """The follower shows the last open cases, then each new case and decision once, in order."""
    scene = await Scene(database, clock).with_meter()
    moderation = scene.moderation()
    refs = [await scene.case(kind="hand_over", opened_at=NOW - timedelta(minutes=9 - n)) for n in range(5)]
    heard: list[tuple[str, str]] = []

    def show(item: News) -> None:
        heard.append((item.entry.case.reference, item.action.action if item.action else "opened"))

    async def something_happens() -> None:
        clock.advance(seconds=1)
        if len(heard) == 2:
            refs.append(await scene.case(await scene.reading(), opened_at=clock.now()))
            await moderation.reply(refs[0], "Перезвоним.", OLEG)
        elif len(heard) == 4:
            await moderation.approve(refs[-1], IRINA)

    await follow(database, show, 2, wait=something_happens, polls=4)
    assert heard[:2] == [(refs[3], "opened"), (refs[4], "opened")]
    assert sorted(heard[2:4]) == sorted([(refs[5], "opened"), (refs[0], "replied")])
    assert heard[4:] == [(refs[5], "approved")]


@pytest.mark.parametrize("as_json", [False, True])
def test_tail(queue: Desktop, as_json: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """In a pipe, one whole line a case; a decision made elsewhere appears, and Ctrl-C ends cleanly."""
    command = [sys.executable, "-m", "bot", "queue", "tail", "-n", "2", "--config", str(queue.config)]
    command += ["--json"] if as_json else []
    ref = queue.refs()["undelivered"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tail:  # noqa: S603
        assert tail.stdout is not None
        lines = [tail.stdout.readline(), tail.stdout.readline()]
        queue("reply", ref, "Принято, показание 7100.", "--as", IRINA)
        lines.append(tail.stdout.readline())
        tail.send_signal(signal.SIGINT)
        rest, errors = tail.communicate(timeout=20)
    assert (tail.returncode, rest, errors.strip()) == (0, "", "")
    if as_json:
        rows = [json.loads(line) for line in lines]
        assert [row["event"] for row in rows] == ["opened", "opened", "replied"]
        assert (rows[2]["reference"], rows[2]["moderator"]) == (ref, IRINA)
    else:
        assert "question unanswered" in lines[1]
        assert f"{ref}  replied   by irina  Принято, показание 7100." in lines[2]


async def test_nothing_is_written_by_looking(database: Database, clock: FixedClock) -> None:
    """Following leaves no trace."""
    scene = await Scene(database, clock).with_meter()
    await scene.case(kind="hand_over")

    async def nothing_happens() -> None:
        """Wait not at all."""

    await follow(database, lambda _: None, 10, wait=nothing_happens, polls=2)
    assert await scene.rows(tables.case_action) == []
    assert await scene.messages() == []
