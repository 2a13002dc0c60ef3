from datetime import timedelta

import pytest

from tests.bot.cli.queue.conftest import Desktop
from tests.services.moderation.scene import IRINA, OLEG, Scene


def test_approve_several(queue: Desktop) -> None:
    """Several cases at once: each for itself, those that fail are listed, and the exit code tells."""
    refs = queue.refs()
    output = queue("approve", refs["rollover"], "ZZZZZ", refs["hand_over"], "--as", IRINA, code=1).stdout
    assert "approved: 115, 245 kWh" in output
    assert "told: Оператор проверил и принял" in output
    assert "not done: there is no case 'ZZZZZ'" in output
    assert "not done: there is no reading to approve" in output
    rows = queue.json("approve", refs["rollover"], "ZZZZZ", "--as", IRINA, code=1)
    assert [(row["ok"], row.get("repeated")) for row in rows] == [(True, True), (False, None)]
    output = queue("approve", refs["rollover"], "--as", OLEG, code=1).stdout
    assert "already decided by irina at 22.11.2026 16:00: approved" in output


def test_decisions(queue: Desktop) -> None:
    """Correct, reject and reply do what they say, and the subscriber's message is shown."""
    refs = queue.refs()
    corrected = queue.json("correct", refs["correction_after_export"], "3220", "1860", "--as", IRINA)[0]
    assert (corrected["values"], corrected["consumption"], corrected["status"]) == ([3220, 1860], 280, "accepted")
    rejected = queue("reject", refs["unconfirmed"], "--reason", "проверьте цифры", "--as", IRINA).stdout
    assert "rejected: 9000" in rejected
    assert "Проверьте цифры." in " ".join(rejected.split())
    assert "told: Перезвоним" in queue("reply", refs["hand_over"], "Перезвоним.", "--as", IRINA).stdout
    assert "replied already" in queue("reply", refs["hand_over"], "Перезвоним.", "--as", IRINA).stdout
    assert queue.json("reply", refs["failed_event"], "Спасибо.", "--close")[0]["action"] == "answered"
    assert "closed" in queue("reject", refs["undelivered"], "--reason", "номер отключён").stdout


def test_correct_by_force(queue: Desktop) -> None:
    """Values that look wrong need --force."""
    ref = queue.refs()["unconfirmed"]
    assert "--force" in queue("correct", ref, "2000", code=1).stdout
    assert "corrected: 2000" in queue("correct", ref, "2000", "--force").stdout


def test_closes_too(empty: Desktop) -> None:
    """A case that a decision makes superfluous is named."""

    async def two(scene: Scene) -> tuple[str, str]:
        await scene.with_meter()
        older = await scene.case(await scene.reading(ago=timedelta(hours=5)))
        return older, await scene.case(await scene.reading())

    older, newer = empty.with_scene(two)
    assert f"closes too: {older}" in empty("approve", newer).stdout


def test_login_name(queue: Desktop) -> None:
    """Without --as the login name decides."""
    ref = queue.refs()["rollover"]
    queue("approve", ref, env={"LOGNAME": "petrova"})
    assert queue.json("show", ref)["decided_by"] == "petrova"


@pytest.mark.parametrize(
    "args",
    [
        ["approve"],
        ["correct", "ABCDE"],
        ["correct", "ABCDE", "12,5"],
        ["correct", "ABCDE", "-5"],
        ["reject", "ABCDE"],
        ["reply", "ABCDE"],
        ["list", "--state", "lost"],
        ["list", "--after", "ZZZZZ"],
        ["frobnicate"],
    ],
)
def test_wrong_usage(empty: Desktop, args: list[str]) -> None:
    """Wrong usage exits with 2."""
    empty(*args, code=2)
