import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from bot.cli import meterline
from bot.cli.context import App
from bot.cli.queue.follow import follow
from bot.cli.queue.words import age, daily, masked_address, masked_phone, number
from core.storage import tables
from core.storage.cases import News
from core.storage.database import Database, connect
from tests.bot.cli.queue_scene import HOUSE, populate
from tests.conftest import FixedClock
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene

KINDS = {
    "physical_limit",
    "rollover",
    "verification_expired",
    "correction_after_export",
    "unconfirmed",
    "hand_over",
    "failed_event",
    "undelivered",
}


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    """A configuration over a fresh database of each kind."""
    file = tmp_path / "meterline.toml"
    file.write_text(
        f"""
        [database]
        url = "{database_url}"
        [channels.sms]
        enabled = true
        own_numbers = ["+79990001122"]
        gateway = "generic"
        [channels.sms.generic]
        secret = "a-secret-of-the-generic-gateway"
        send_url = "http://127.0.0.1:9/"
        [[branch]]
        code = "khb"
        name = "Хабаровское отделение"
        timezone = "Asia/Vladivostok"
        [[branch]]
        code = "amur"
        name = "Амурское отделение"
        timezone = "Asia/Yakutsk"
        """,
        encoding="utf-8",
    )
    file.chmod(0o600)
    return file


class Desktop:
    """A moderator's terminal of 80 columns, and the rows behind it."""

    def __init__(self, url: str, config: Path, clock: FixedClock) -> None:
        self.url, self.config, self.clock = url, config, clock

    def __call__(self, *args: str, code: int = 0, env: dict[str, str] | None = None) -> Result:
        app = App(clock=self.clock)
        result = CliRunner(env=env).invoke(meterline, ["queue", *args, "--config", str(self.config)], obj=app)
        assert result.exit_code == code, result.output
        assert all(cell_len(line) <= 80 for line in result.stdout.splitlines() if "--json" not in args)
        return result

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self(*args, "--json", code=code).stdout)

    def with_scene(self, work: Callable[[Scene], Awaitable[Any]]) -> Any:
        """Do something in the database, in an event loop of its own as each command has."""

        async def main() -> Any:
            database = connect(self.url)
            try:
                return await work(Scene(database, self.clock))
            finally:
                await database.close()

        return asyncio.run(main())

    def refs(self) -> dict[str, str]:
        """The references of the open cases by kind."""
        return {row["kind"]: row["reference"] for row in self.json("list")}


@pytest.fixture
def queue(database_url: str, config: Path, clock: FixedClock) -> Desktop:
    """A terminal over a queue of every kind."""
    desktop = Desktop(database_url, config, clock)
    desktop.with_scene(lambda scene: populate(scene.database, clock))
    return desktop


@pytest.fixture
def empty(database_url: str, config: Path, clock: FixedClock) -> Desktop:
    """A terminal over an empty queue."""
    return Desktop(database_url, config, clock)


def test_list(queue: Desktop) -> None:
    """The list names every kind in words, the oldest first, on 80 columns, with the counts below."""
    output = queue("list").stdout
    words = ("beyond the limit", "register restarted?", "verification expired", "change after export")
    for word in (*words, "question unanswered", "unreadable messages", "our mistake", "reply not delivered"):
        assert word in output
    assert "10 cases: physical_limit:3, " in output
    assert output.index("verification expired") < output.index("beyond the limit") < output.index("change after")
    assert "\x1b" not in output


def test_list_for_programs(queue: Desktop) -> None:
    """`--json` gives rows with stable names, whole texts and moments in ISO 8601."""
    rows = queue.json("list")
    assert {row["kind"] for row in rows} == KINDS
    row = next(row for row in rows if row["kind"] == "rollover")
    assert row["values"] == [115]
    assert (row["account"], row["meter"], row["branch"], row["state"]) == ("1234567891", "87654321", "khb", "open")
    assert row["from"] == "sms …4501"
    assert datetime.fromisoformat(row["opened_at"]) < NOW
    assert len(row["reference"]) == 5


def test_list_filters(queue: Desktop) -> None:
    """Filters, a limit and a place to go on from; `--state all` shows what was decided."""
    everything = [row["reference"] for row in queue.json("list")]
    first = [row["reference"] for row in queue.json("list", "--limit", "4")]
    rest = [row["reference"] for row in queue.json("list", "--after", first[-1])]
    assert first + rest == everything
    assert "10 cases, the first 2 shown (--limit 10 shows all)" in queue("list", "--limit", "2").stdout
    assert [row["kind"] for row in queue.json("list", "--kind", "rollover")] == ["rollover"]
    assert queue.json("list", "--branch", "amur") == []
    queue("approve", queue.refs()["rollover"], "--as", IRINA)
    assert len(queue.json("list")) == 9
    assert "register restarted?: approved" in queue("list", "--state", "all").stdout
    assert [row["decided_by"] for row in queue.json("list", "--state", "closed")] == [IRINA]


def test_empty_list(empty: Desktop) -> None:
    """An empty queue says so, and is an empty list to programs."""
    assert empty("list").stdout == "No such cases.\n"
    assert empty.json("list") == []


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("verification_expired", ("ran out on 1 Mar 2026", "verification due 1 Mar 2026", "+190", "approve", "SINGLE")),
        ("rollover", ("near its end at 99870", "passed 99999", "+245, restarted", "8.2 a day")),
        ("correction_after_export", ("Billing has 3200 / 1850 for this month", "next export", "DAY NIGHT")),
        ("unconfirmed", ("We asked", "nobody answered", "6~000 kWh", "usually 6.8 a day")),
        ("hand_over", ("could not be read", "позвоните мне", "not known", "--close", "closes it without a message")),
        ("failed_event", ("We failed", "\\x1b[31m5778 ⏎ ночь 2542", "--close")),
        ("undelivered", ("could not be delivered", "Принято", "0010334090", "55556666 7100")),
    ],
)
def test_show(queue: Desktop, kind: str, says: tuple[str, ...]) -> None:
    """One screen says why the case is open, everything there is to compare, and what to type next."""
    ref = queue.refs()[kind]
    output = queue("show", ref).stdout
    joined = " ".join(output.replace("\u00a0", "~").split())
    for part in says:
        assert part in joined
    assert f"meterline queue reply {ref}" in output
    assert "\x1b" not in output
    assert len(output.splitlines()) <= 48


def test_show_suggests(queue: Desktop) -> None:
    """Where the rules see what was meant, the screen says so and has the command ready; the dialogue is there."""
    ref = next(row["reference"] for row in queue.json("list") if row["account"] == "1234567890")
    output = queue("show", ref.lower()).stdout
    assert f"queue correct {ref} 5778 2542" in output
    assert "Ответьте ДА" in output
    assert "superseded" in output
    assert "22 Nov 11:20" in output


def test_show_masks(queue: Desktop) -> None:
    """Address and telephone are masked until asked for, to people and to programs."""
    ref = queue.refs()["rollover"]
    hidden, shown = queue("show", ref).stdout, queue("show", ref, "--full").stdout
    assert "кв. **" in hidden
    assert "+7…4501" in hidden
    assert "+79141234501" not in hidden
    assert "кв. 27" in shown
    assert "+79141234501" in shown
    assert queue.json("show", ref)["account"]["phone"] == "+7…4501"
    assert queue.json("show", ref, "--full")["account"]["address"] == HOUSE


def test_show_for_programs(queue: Desktop) -> None:
    """`show --json` has the whole picture."""
    row = queue.json("show", queue.refs()["rollover"])
    assert row["typed"] == "1234567891 87654321 115"
    assert row["meter"]["billed"] == [99870]
    assert row["reading"]["status"] == "in_review"
    assert row["previous"]["values"] == [99870]
    assert [item["period"] for item in row["readings"]] == ["2026-07", "2026-08", "2026-09", "2026-11"]
    assert [line["from"] for line in row["dialogue"]] == ["subscriber", "us"]
    assert (row["actions"], row["related"], row["suggestion"]) == ([], [], [])


def test_show_after_a_decision(queue: Desktop) -> None:
    """A decided case says who decided, and offers no commands."""
    ref = queue.refs()["rollover"]
    queue("correct", ref, "120", "--as", IRINA, "--note", "по телефону")
    output = queue("show", ref).stdout
    assert "corrected by irina" in output
    assert "120: по телефону" in output
    assert "Next" not in output


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


def test_show_nothing(empty: Desktop) -> None:
    """A case that is not there is one line on stderr and exit code 1."""
    result = empty("show", "ZZZZZ", code=1)
    assert (result.stdout, result.stderr) == ("", "there is no case 'ZZZZZ'\n")


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

    await follow(database, show, 2, something_happens, polls=4)
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


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=3, seconds=59), "3 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=2, hours=5), "2 d"),
    ],
)
def test_age(span: timedelta, words: str) -> None:
    """An age is told in its largest full unit."""
    assert age(NOW - span, NOW) == words


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        (HOUSE, "г. Хабаровск, ул. Ка***, д. 1*, кв. **"),
        ("г. Благовещенск, ул. 50 лет Октября, д. 19", "г. Благовещенск, ул. 5* ле*** Ок***, д. 1*"),
        ("с. Матвеевка", "с. Матвеевка"),
        ("", ""),
    ],
)
def test_masked_address(address: str, masked: str) -> None:
    """Of an address the town stays, and just enough of the rest to compare with."""
    assert masked_address(address) == masked


def test_small_words() -> None:
    """Numbers have spaces that do not break, small ones a tenth; a missing telephone is said."""
    assert (number(52314), daily(0), daily(6.84), daily(1751.8)) == ("52\u00a0314", "0", "6.8", "1\u00a0752")
    assert masked_phone(None) == "no phone on file"


async def test_nothing_is_written_by_looking(database: Database, clock: FixedClock) -> None:
    """Following leaves no trace."""
    scene = await Scene(database, clock).with_meter()
    await scene.case(kind="hand_over")

    async def nothing_happens() -> None:
        """Wait not at all."""

    await follow(database, lambda _: None, 10, nothing_happens, polls=2)
    assert await scene.rows(tables.case_action) == []
    assert await scene.messages() == []
