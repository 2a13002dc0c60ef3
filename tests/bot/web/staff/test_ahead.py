"""The next case, loaded before it is wanted: who holds it, what is written down, and what is never shown stale."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from bot.web.staff.ahead import FEW, LASTS, Loaded, read
from core.domain.staff import Role
from core.services.moderation import CLAIM
from core.storage import tables
from core.storage.cases import Case
from tests.bot.web.staff.cases import HOUR, come, desk, scene_of
from tests.bot.web.staff.conftest import Answer, Reception, Visit
from tests.services.moderation.scene import NOW, Scene

JSON = {"Accept": "application/json"}


class Line:
    """Cases that wait, the most urgent first, and a moderator who looks at the first of them."""

    def __init__(self, scene: Scene, visit: Visit, refs: Sequence[str]) -> None:
        self.scene, self.visit, self.refs = scene, visit, refs

    async def case(self, number: int) -> Case:
        return (await desk(self.scene).picture(self.refs[number])).case

    async def load(self) -> Answer:
        return await self.visit.post(f"/staff/case/{self.refs[0]}/ahead")

    async def close(self, ahead: str, number: int = 0, **headers: str) -> Answer:
        """Close a case by its form, as the script or the browser sends it."""
        form = {"version": str((await self.case(number)).version), "action": "close", "text": "ok", "ahead": ahead}
        return await self.visit.post(f"/staff/case/{self.refs[number]}/decide", form, **headers)

    async def written(self) -> list[tuple[str, str]]:
        """The audit log: who did what."""
        return [(row["who"], row["what"]) for row in await self.scene.rows(tables.audit)]


async def line_of(reception: Reception, count: int = FEW + 3, **columns: str) -> Line:
    scene = await scene_of(reception)
    refs = [
        await scene.case(kind="hand_over", branch="khb", opened_at=NOW - HOUR + timedelta(minutes=number))
        for number in range(count)
    ]
    visit = await come(reception, columns.pop("role", Role.MODERATOR), **columns)
    return Line(scene, visit, refs)


async def test_it_is_claimed_and_written_down(reception: Reception) -> None:
    """For a short while; its page is in his browser, so the log says so, and says later when he has seen it."""
    line = await line_of(reception)
    status, page, headers = await line.load()
    held = await line.case(1)
    assert (status, line.refs[1] in page) == (200, True)
    assert headers["X-Case"] == f"{held.long_reference}.{held.version}"
    assert (held.claimed_by, held.claimed_until) == ("irina", NOW + LASTS)
    assert (await line.case(0)).claimed_by == ""
    assert await line.written() == [("irina", "claimed"), ("irina", "loaded")]


async def test_where_few_wait_each_is_left_to_whoever_is_free(reception: Reception) -> None:
    """The last cases of the evening are nobody's in advance."""
    line = await line_of(reception, FEW)
    status, page, _ = await line.load()
    assert (status, page) == (204, "")
    assert await line.written() == []


async def test_what_colleagues_work_on_does_not_wait(reception: Reception) -> None:
    """With all of them at work the last ones are still nobody's in advance."""
    line = await line_of(reception)
    for ref in line.refs[3:]:
        await desk(line.scene).claim(ref, "oleg")
    assert (await line.load())[0] == 204
    assert (await line.case(1)).claimed_by == ""


async def test_a_script_gets_what_its_page_lacks(reception: Reception) -> None:
    """Where the page is, and the bar that takes the decision back; now it is looked at, and held as long as any."""
    line = await line_of(reception)
    _, _, headers = await line.load()
    status, body, _ = await line.close(headers["X-Case"], **JSON)
    answer = json.loads(body)
    held = await line.case(1)
    assert status == 200
    assert answer["at"].startswith(f"/staff/case/{held.long_reference}?undo=")
    assert 'id="undo"' in answer["undo"]
    assert answer["holder"] == "Дело у Вас до 12:15"
    assert line.refs[0] in answer["undo"]
    assert held.claimed_until == NOW + CLAIM
    assert ("irina", "viewed") in await line.written()


async def test_a_plain_form_goes_on_with_it(reception: Reception) -> None:
    """As where the script broke: the browser asks for the page, and it is the one that was loaded."""
    line = await line_of(reception)
    _, _, headers = await line.load()
    status, _, answer = await line.close(headers["X-Case"])
    assert (status, answer["Location"].partition("?")[0]) == (303, f"/staff/case/{(await line.case(1)).long_reference}")


async def test_a_page_that_is_no_longer_true_is_asked_for_again(reception: Reception) -> None:
    """The subscriber or a colleague has added something meanwhile."""
    line = await line_of(reception)
    _, _, headers = await line.load()
    await line.scene.database.write(
        lambda connection: connection.execute(tables.case.update().values(version=tables.case.c.version + 1))
    )
    status, _, answer = await line.close(headers["X-Case"], **JSON)
    assert (status, answer["Location"].partition("?")[0]) == (303, f"/staff/case/{(await line.case(1)).long_reference}")


async def test_a_supervisor_may_have_taken_it(reception: Reception) -> None:
    """Then the next one is another."""
    line = await line_of(reception)
    _, _, headers = await line.load()
    await desk(line.scene).claim(line.refs[1], "anna", override=True)
    status, _, answer = await line.close(headers["X-Case"], **JSON)
    assert (status, answer["Location"].partition("?")[0]) == (303, f"/staff/case/{(await line.case(2)).long_reference}")
    assert (await line.case(1)).claimed_by == "anna"


async def test_a_colleague_gets_another_one(reception: Reception) -> None:
    """What is loaded for one is nobody else's next case; when it has run out, it is."""
    line = await line_of(reception)
    await line.load()
    oleg = Line(line.scene, await come(reception, Role.MODERATOR, "oleg"), line.refs)
    _, _, headers = await oleg.load()
    assert headers["X-Case"].startswith((await line.case(2)).long_reference)
    reception.clock.advance(seconds=LASTS.total_seconds() + 1)
    assert (await desk(line.scene).next_case("oleg")) is not None
    assert (await line.case(0)).claimed_by == "oleg"


@pytest.mark.parametrize("act", ["next", "release"])
async def test_passing_over_and_letting_go(reception: Reception, act: str) -> None:
    """Passing this one over leads to it; going back to the list frees it."""
    line = await line_of(reception)
    _, _, headers = await line.load()
    _, _, answer = await line.visit.post(f"/staff/case/{line.refs[0]}/{act}", {"ahead": headers["X-Case"]})
    held = await line.case(1)
    expected = {"next": (f"/staff/case/{held.long_reference}", "irina"), "release": ("/staff/queue", "")}
    assert (answer["Location"], held.claimed_by) == expected[act]


async def test_a_page_that_is_left_looks_at_no_list(reception: Reception) -> None:
    """Its script frees what was loaded; the list to go on with is the one that he looked at himself."""
    line = await line_of(reception)
    await line.load()
    status, _, headers = await line.visit.post(f"/staff/case/{line.refs[1]}/release", {"left": "1"})
    assert (status, headers.get("Location"), (await line.case(1)).claimed_by) == (204, None, "")


FORGED = {
    "a colleague's": lambda line: str(Loaded(line.refs[3], 1)),
    "nobody's": lambda line: str(Loaded(line.refs[4], 1)),
    "none": lambda _: "NONE5.1",
    "nonsense": lambda _: "../../etc/passwd",
    "endless": lambda _: "A" * 1000,
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_form_cannot_take_what_was_not_loaded(reception: Reception, name: str) -> None:
    """It is as if it had said nothing: the most urgent case comes next."""
    line = await line_of(reception)
    await desk(line.scene).claim(line.refs[3], "oleg")
    _, _, answer = await line.close(FORGED[name](line), **JSON)
    assert answer["Location"].partition("?")[0] == f"/staff/case/{(await line.case(1)).long_reference}"
    assert ((await line.case(3)).claimed_by, (await line.case(4)).claimed_by) == ("oleg", "")


READ: Mapping[str, Loaded | None] = {
    "K7M2Q.3": Loaded("K7M2Q", 3),
    "K7M2Q": None,
    "K7M2Q.": None,
    ".3": None,
    "K7M2Q.-3": None,
    "": None,
}


@pytest.mark.parametrize("text", READ)
def test_what_a_form_says_was_loaded(text: str) -> None:
    """A reference and a version, or nothing."""
    assert read(text) == READ[text]
