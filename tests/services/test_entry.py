import itertools
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from core.services.entry import Entered, Entry, EntryDesk, EntryRefused
from core.storage import tables
from core.storage.database import Database
from tests.conftest import FixedClock
from tests.services.moderation.scene import IRINA, NOW, Scene
from tests.world import rules


@pytest.fixture
async def scene(database: Database, clock: FixedClock) -> Scene:
    """An account with a two-zone meter, last billed 5466 / 2301 thirty days ago, on each database."""
    return await Scene(database, clock).with_meter()


@pytest.fixture
def desk(scene: Scene) -> EntryDesk:
    return EntryDesk(scene.database, rules(), scene.clock)


_tokens = itertools.count(1)


def _entry(values: Sequence[int], **given: Any) -> Entry:
    row = {"account": "1234567890", "meter": "12345678", "token": str(next(_tokens))} | given
    return Entry(values=tuple(values), **row)


async def test_stored_as_the_desk_stores(scene: Scene, desk: EntryDesk) -> None:
    """An entry is an event and a reading under its source and the name of who entered it, and nobody is written to."""
    entered = await desk.enter(_entry((5778, 2542)), "paper", IRINA)
    assert (entered.code, entered.stored, entered.consumption) == ("accepted", True, 553)
    reading, event = await scene.row(tables.reading), await scene.row(tables.event)
    assert (reading["channel"], reading["external_id"], reading["status"]) == ("paper", IRINA, "accepted")
    assert (event["id"], event["text"]) == (reading["event_key"], "1234567890 12345678 5778 2542")
    assert await scene.messages() == []


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (_entry((1,), account="404404"), "account_not_found"),
        (_entry((1,), meter="999"), "meter_not_found"),
        (_entry((5778,)), "few_values"),
        (_entry((5778, 2542, 1)), "extra_values"),
        (_entry((5000, 2542)), "less_than_previous"),
        (_entry((578_000_000, 2542)), "too_many_digits"),
    ],
)
async def test_refused(scene: Scene, desk: EntryDesk, entry: Entry, code: str) -> None:
    """What the rules refuse is named by their code, and leaves nothing behind."""
    entered = await desk.enter(entry, "operator", IRINA)
    assert (entered.code, entered.stored, entered.reading) == (code, False, None)
    assert await scene.rows(tables.reading) == await scene.rows(tables.event) == []


async def test_only_meter(scene: Scene, desk: EntryDesk) -> None:
    """The meter need not be named where there is one."""
    assert (await desk.enter(_entry((5778, 2542), meter=""), "operator", IRINA)).serial == "12345678"
    await scene.with_meter("555")
    assert (await desk.enter(_entry((5778, 2542), account="555", meter=""), "operator", IRINA)).stored


@pytest.mark.parametrize(
    ("values", "code", "proposed", "status", "stored"),
    [
        ((8900, 2542), "too_large", (8900, 2542), "accepted", (8900, 2542)),
        ((57780, 2542), "x10", (5778, 2542), "in_review", (57780, 2542)),
        ((2542, 5778), "swapped_registers", (5778, 2542), "in_review", (2542, 5778)),
    ],
)
async def test_doubtful(  # noqa: PLR0917 - a row of a table
    scene: Scene,
    desk: EntryDesk,
    values: tuple[int, ...],
    code: str,
    proposed: tuple[int, ...],
    status: str,
    stored: tuple[int, ...],
) -> None:
    """What a subscriber would be asked is asked of whoever enters; once he is sure, the desk's rules go on."""
    first = await desk.enter(_entry(values), "operator", IRINA)
    if first.asks:
        assert (first.code, first.values) == (code, proposed)
        assert await scene.rows(tables.reading) == []
        await desk.enter(_entry(values, sure=True), "operator", IRINA)
    reading = await scene.row(tables.reading)
    assert (reading["status"], (reading["t1"], reading["t2"])) == (status, stored)
    assert reading["asked_until"] is None
    assert len(await scene.rows(tables.case)) == (status == "in_review")


async def test_latest_wins(scene: Scene, desk: EntryDesk) -> None:
    """An entry supersedes an older reading and closes its case; a slip thrown in before it does not count."""
    old = await scene.reading((57780, 2542))
    await scene.case(old)
    await desk.enter(_entry((5778, 2542)), "operator", IRINA)
    assert (await scene.row(tables.reading, old))["status"] == "superseded"
    assert (await scene.row(tables.case))["decision"] == "superseded"
    late = await desk.enter(_entry((5700, 2500), on=NOW.date() - timedelta(days=1)), "paper", IRINA)
    assert late.code == "outdated"


@pytest.mark.parametrize(("days", "period"), [(0, 202611), (1, 202611), (22, 202611), (27, 202611), (28, 202610)])
async def test_the_slips_day_tells_the_period(scene: Scene, desk: EntryDesk, days: int, period: int) -> None:
    """It is 22 November in Khabarovsk; what was thrown in after 25 October counts for November, else for October."""
    entered = await desk.enter(_entry((5778, 2542), on=NOW.date() - timedelta(days=days), sure=True), "paper", IRINA)
    assert entered.reading is not None
    assert (await scene.row(tables.reading))["period"] == period


@pytest.mark.parametrize("days", [-1, 32])
async def test_a_day_that_cannot_be(scene: Scene, desk: EntryDesk, days: int) -> None:
    """Tomorrow's slip, or one older than a month, is refused and not taken for today's."""
    with pytest.raises(EntryRefused) as problem:
        await desk.enter(_entry((5778, 2542), on=NOW.date() - timedelta(days=days)), "paper", IRINA)
    assert problem.value.code == "date"
    assert await scene.rows(tables.reading) == []


async def test_rehearsal(scene: Scene, desk: EntryDesk) -> None:
    """It says what would become of an entry, and stores nothing; the entry itself is not known afterwards."""
    entry = _entry((5778, 2542))
    would = await desk.enter(entry, "operator", IRINA, rehearse=True)
    assert (would.code, would.consumption, would.previous) == ("accepted", 553, (5466, 2301))
    assert await scene.rows(tables.reading) == await scene.rows(tables.event) == []
    assert (await desk.enter(entry, "operator", IRINA)).stored


async def test_what_is_on_file(scene: Scene, desk: EntryDesk) -> None:
    """The account's meters in use and the newest reading of each."""
    reading = await scene.reading((5500, 2310), status="accepted")
    found = await desk.look("1234567890", IRINA)
    assert found is not None
    assert [(meter.serial, meter.zones, meter.billed) for meter in found.meters] == [("12345678", 2, (5466, 2301))]
    assert found.latest[found.meters[0].id].id == reading
    assert await desk.look("404404", IRINA) is None
    assert await desk.look(" ", IRINA) is None
    looks = await scene.rows(tables.audit)
    assert [(row["who"], row["what"]) for row in looks] == [(IRINA, "looked_up")]
    assert json.loads(looks[0]["new"]) == {"account_id": scene.account}


async def test_accounts_of_other_branches_are_not_found(scene: Scene, desk: EntryDesk) -> None:
    """Whoever works for Amur neither sees nor enters for Khabarovsk."""
    assert await desk.look("1234567890", IRINA, branches={"amur"}) is None
    entered = await desk.enter(_entry((5778, 2542)), "operator", IRINA, branches={"amur"})
    assert (entered.code, entered.account) == ("account_not_found", "")
    assert await scene.rows(tables.reading) == []
    assert (await desk.enter(_entry((5778, 2542)), "operator", IRINA, branches={"amur", "khb"})).stored


async def test_twice(scene: Scene, desk: EntryDesk) -> None:
    """The same form twice, or the same values twice, is one reading."""
    entry = _entry((5778, 2542))
    results: list[Entered] = [
        await desk.enter(each, "operator", IRINA) for each in (entry, entry, _entry((5778, 2542)))
    ]
    assert [item.code for item in results] == ["accepted", "duplicate", "duplicate"]
    assert len(await scene.rows(tables.reading)) == 1


@pytest.mark.parametrize(
    ("given", "who"), [({"account": " "}, IRINA), ({"values": ()}, IRINA), ({"values": (-1,)}, IRINA), ({}, "")]
)
async def test_no_entry(desk: EntryDesk, given: dict[str, Any], who: str) -> None:
    """An entry without account, values or a name is none."""
    with pytest.raises(EntryRefused):
        await desk.enter(_entry(**{"values": (1, 2)} | given), "operator", who)
