import re

import pytest

from tests.bot.cli.queue.conftest import Desktop
from tests.services.moderation.scene import IRINA, OLEG


def test_next_and_release(queue: Desktop) -> None:
    """`next` claims the most urgent case, once; `release` gives it back; nothing left says so."""
    first = queue.json("next", "--as", IRINA)
    assert (first["kind"], first["claimed_by"]) == ("hand_over", IRINA)
    second = queue.json("next", "--kind", "rollover", "--as", OLEG)
    assert second["kind"] == "rollover"
    assert "Nothing waits" in queue("next", "--kind", "rollover", "--as", IRINA).stdout
    assert [row["reference"] for row in queue.json("list", "--claimed-by", IRINA)] == [first["reference"]]
    assert len(queue.json("list", "--free")) == 8
    assert "it was not yours" in queue("release", first["reference"], "--as", OLEG).stdout
    assert "released" in queue("release", first["reference"], "--as", OLEG, "--override").stdout
    assert "yours until 22 Nov 16:15" in queue("claim", first["reference"], "--as", OLEG).stdout


def test_list_narrowed(queue: Desktop) -> None:
    """Age, channel and a search narrow the list down."""
    assert len(queue.json("list", "--older", "20")) == 2
    assert len(queue.json("list", "--channel", "vk")) == 0
    assert [row["kind"] for row in queue.json("list", "--search", "1234567896")] == ["correction_after_export"]
    assert [row["kind"] for row in queue.json("list", "--search", "ПОЗВОНИТЕ")] == ["hand_over"]


def test_preview(queue: Desktop) -> None:
    """`--preview` shows the very message and changes nothing."""
    ref = queue.refs()["rollover"]
    output = queue("approve", ref, "--preview").stdout
    assert "would be approved: 115" in output
    assert "reads: Оператор проверил и принял" in output
    assert queue.json("show", ref)["state"] == "open"


def test_bulk(queue: Desktop) -> None:
    """A selection is looked at, decided, and taken back; what does not suit is listed with the reason."""
    selection = ("--kind", "physical_limit", "--as", IRINA)
    assert "3  would be decided" in queue("bulk", "preview", "approve", *selection).stdout
    output = queue("bulk", "apply", "approve", *selection).stdout
    assert re.search(r"3 +decided", output)
    assert "meterline queue bulk undo" in output
    assert len(queue.json("list")) == 7
    assert (
        "irina has decided that"
        in queue("bulk", "undo", queue.json("bulk", "list")[0]["name"], "--as", OLEG, code=1).stderr
    )
    assert "3 cases are open again" in queue("bulk", "undo", "--as", IRINA).stdout
    assert len(queue.json("list")) == 10
    refused = queue.json("bulk", "apply", "approve", queue.refs()["hand_over"], "--as", IRINA, code=1)
    assert "no reading to approve" in refused["refused"][0]["error"]


@pytest.mark.parametrize("args", [["approve"], ["approve", "ABCDE", "--kind", "x"], ["frobnicate", "ABCDE"]])
def test_bulk_needs_a_selection(empty: Desktop, args: list[str]) -> None:
    """Everything at once is never meant: cases are named, or chosen by a filter."""
    empty("bulk", "apply", *args, code=2)


def test_audit(queue: Desktop) -> None:
    """Who looked and decided is listed, of one case or of one moderator; values before and after stand there."""
    ref = queue.refs()["rollover"]
    queue("show", ref, "--full", "--as", OLEG)
    queue("correct", ref, "120", "--as", IRINA)
    # The clock stands still, so which comes first is left to chance.
    listed = {(row["who"], row["what"]) for row in queue.json("audit", ref)}
    assert listed == {(IRINA, "corrected"), (OLEG, "revealed")}
    assert "115 → 120" in queue("audit", "--who", IRINA).stdout
    assert queue.json("audit", "--what", "approved") == []
    assert "there is no case" in queue("audit", "ZZZZZ", code=1).stderr
