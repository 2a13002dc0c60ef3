from datetime import datetime, timedelta

import pytest

from bot.cli.queue.words import age
from bot.wording import daily, number
from tests.bot.cli.queue.conftest import Desktop
from tests.bot.cli.queue.scene import HOUSE
from tests.services.moderation.scene import IRINA, NOW

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


def test_list(queue: Desktop) -> None:
    """The list names every kind in words, the most urgent first, on 80 columns, with the counts below."""
    output = queue("list").stdout
    words = ("beyond the limit", "register restarted?", "verification expired", "change after export")
    for word in (*words, "question unanswered", "unreadable messages", "our mistake", "reply not delivered"):
        assert word in output
    assert "10 cases, 3 overdue: physical_limit:3, " in " ".join(output.split())
    assert output.index("unreadable messages") < output.index("beyond the limit") < output.index("verification expired")
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
    assert "overdue, the first 2 shown (--limit 10 shows all)" in queue("list", "--limit", "2").stdout
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
        ("hand_over", ("could not be read", "позвоните мне", "not known", "--close", "without a message")),
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


def test_show_nothing(empty: Desktop) -> None:
    """A case that is not there is one line on stderr and exit code 1."""
    result = empty("show", "ZZZZZ", code=1)
    assert (result.stdout, result.stderr) == ("", "there is no case 'ZZZZZ'\n")


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


def test_small_words() -> None:
    """Numbers have spaces that do not break, small ones a tenth."""
    assert (number(52314), daily(0), daily(6.84), daily(1751.8)) == ("52\u00a0314", "0", "6.8", "1\u00a0752")
