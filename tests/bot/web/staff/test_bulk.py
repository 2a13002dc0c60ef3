"""Decisions about many cases on the web: chosen, looked at, taken, undone."""

import json
import re

from core.domain.staff import Role
from core.storage import tables
from tests.bot.web.staff.cases import come, desk, doubtful, scene_of, several
from tests.bot.web.staff.conftest import Reception, Visit, said
from tests.services.moderation.scene import Scene

REPLY = {"action": "reply", "text": "Позвоните нам, пожалуйста."}


async def keys(scene: Scene) -> str:
    return " ".join(str(row["id"]) for row in await scene.rows(tables.case))


async def states(scene: Scene) -> list[str]:
    return [row["state"] for row in await scene.rows(tables.case)]


async def test_from_choice_to_undo(reception: Reception) -> None:
    """The form, the preview with each message, the decision, the bar with the time left, and all of it back."""
    scene = await scene_of(reception)
    await several(scene, 3)
    visit = await come(reception)
    chosen = await keys(scene)
    status, page, _ = await visit.post("/staff/queue/bulk", {"keys": chosen})
    assert (status, 'type="radio"' in page, "Решить:" in page) == (200, True, False)
    status, page, _ = await visit.post("/staff/queue/bulk", {"keys": chosen, **REPLY})
    assert (status, page.count("<q>Позвоните нам, пожалуйста.</q>")) == (200, 3)
    assert await states(scene) == ["open"] * 3
    status, _, headers = await visit.post("/staff/queue/bulk/apply", {"keys": chosen, "kind": "hand_over", **REPLY})
    assert (status, headers["Location"]) == (303, "/staff/queue?state=open&kind=hand_over")
    assert await states(scene) == ["closed"] * 3
    assert {row["skin"] for row in await scene.rows(tables.audit)} == {"web"}
    _, page, _ = await visit.get("/staff/queue?state=open")
    assert 'data-left="60"' in page
    name = re.search(r'name="name" value="(\w+)"', page)
    assert name is not None
    _, _, headers = await visit.post("/staff/queue/bulk/undo", {"name": name[1]})
    assert headers["Location"].endswith("said=undone")
    assert (await states(scene), await scene.messages()) == (["open"] * 3, [])
    _, _, headers = await visit.post("/staff/queue/bulk/undo", {"name": name[1]})
    assert headers["Location"].endswith("said=too_late")


async def test_all_that_match_means_those_that_were_shown(reception: Reception) -> None:
    """What comes in between the preview and the decision is not decided unseen."""
    scene = await scene_of(reception)
    await several(scene, 2)
    await scene.case(kind="photo", branch="khb")
    visit = await come(reception)
    _, page, _ = await visit.post("/staff/queue/bulk", {"all": "1", "kind": "hand_over", **REPLY})
    shown = re.search(r'name="keys" value="([\d ]+)"', page.partition("apply")[2])
    assert shown is not None
    await several(scene, 1)
    await visit.post("/staff/queue/bulk/apply", {"keys": shown[1], **REPLY})
    assert sorted(await states(scene)) == ["closed", "closed", "open", "open"]


async def test_refusals_are_shown_case_by_case(reception: Reception) -> None:
    """A case that a colleague holds stays his, and the page says whose it is; the others are decided."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    await several(scene, 1)
    await desk(scene).claim(ref, "oleg")
    visit = await come(reception)
    form = {"keys": await keys(scene), "action": "close"}
    assert "занято: oleg" in said((await visit.post("/staff/queue/bulk", form))[1])
    status, page, _ = await visit.post("/staff/queue/bulk/apply", form)
    assert (status, "Решено: 1. Не решено: 1." in page) == (200, True)
    assert sorted(await states(scene)) == ["closed", "open"]


async def test_too_many_none_and_no_words(reception: Reception) -> None:
    """Over five hundred, nothing chosen, and a rejection that says nothing are refused in words; nothing changes."""
    scene = await scene_of(reception)
    await several(scene, 501)
    visit = await come(reception)
    for form, words in (
        ({"all": "1"}, "не больше 500 дел"),
        ({"keys": "0 -1 x 99999999999999999999"}, "Не выбрано ни одного"),
        ({"keys": (await keys(scene))[:200], "action": "reject"}, "Нужны слова"),
    ):
        status, page, _ = await visit.post("/staff/queue/bulk", form)
        assert (status, words in page) == (422, True)
    status, _, _ = await visit.post("/staff/queue/bulk/apply", {"keys": await keys(scene), "action": "reject"})
    assert (status, set(await states(scene))) == (422, {"open"})


async def test_cases_of_other_branches_are_not_chosen(reception: Reception) -> None:
    """Neither by their keys nor by a filter."""
    scene = await scene_of(reception)
    await several(scene, 2)
    visit = await come(reception, Role.SUPERVISOR, branches=json.dumps(["amur"]))
    form = {"keys": await keys(scene), "action": "close"}
    assert [(await _post(visit, path, form)) for path in ("", "/apply")] == [422, 422]
    assert await _post(visit, "", {"all": "1", "branch": "khb", "action": "close"}) == 422
    assert set(await states(scene)) == {"open"}


async def _post(visit: Visit, path: str, form: dict[str, str]) -> int:
    return (await visit.post(f"/staff/queue/bulk{path}", form))[0]
