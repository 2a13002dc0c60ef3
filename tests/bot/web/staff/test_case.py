"""The page of one case: what it shows to whom, the decisions through its forms, and the table of scenarios."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html import escape

import pytest

from core.domain.staff import Role
from core.storage import tables
from core.storage.cases import Filters
from tests.bot.web.staff.cases import HOUR, come, desk, doubtful, scene_of
from tests.bot.web.staff.conftest import Answer, Reception, Visit, said
from tests.services.moderation.scenarios import SCENARIOS, Runner, Step, check_rows, check_step, lay_out
from tests.services.moderation.scene import NOW, Scene
from tests.world import fill

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def version_of(page: str) -> str:
    found = re.search(r'data-version="(\d+)"', page)
    assert found is not None
    return found[1]


def problem_of(page: str) -> str:
    found = re.search(r'<p class="problem" role="alert" id="problem"[^>]*>([^<]*)</p>', page)
    return found[1] if found else ""


async def decide(visit: Visit, ref: str, action: str, **form: str) -> Answer:
    """As a person does: open the page, and send its form."""
    _, page, _ = await visit.get(f"/staff/case/{ref}")
    return await visit.post(f"/staff/case/{ref}/decide", {"version": version_of(page), "action": action, **form})


def by_web(scene: Scene, visits: Mapping[str, Visit]) -> Runner:
    """Each step through the real pages over HTTP, by the member of its name."""

    async def do(step: Step, refs: Mapping[str, str]) -> str:
        visit, ref = visits[step["by"]], refs[step["case"]]
        if step["do"] in {"claim", "release"}:
            _, page, _ = await visit.post(f"/staff/case/{ref}/{step['do']}")
            return problem_of(page)
        form = {f"t{number}": str(value) for number, value in enumerate(step.get("values", ()), 1)}
        form |= {name: step[name] for name in ("code", "canned") if name in step}
        words = [step[name] for name in ("text", "note", "reason", "question") if name in step]
        form |= {"text": words[0]} if words else {}
        form |= {"override": "1"} if step.get("override") else {}
        form |= {"version": str(step["version"])} if "version" in step else {}
        if "others" in step:
            (other,) = step["others"]
            case = (await scene.moderation().picture(refs[other])).case
            form["other"] = case.long_reference
        _, page, _ = await decide(visit, ref, step["do"], **form)
        return problem_of(page)

    return do


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_scenario(reception: Reception, name: str) -> None:
    """Through the pages, each scenario of the table comes to the same rows as through the service."""
    scene = Scene(reception.database, reception.clock)
    refs = await lay_out(scene)
    # Who decides stays with the case: the next one would be claimed by him, and stand in the audit log.
    own = {"language": "en", "preferences": '{"case_next": "no"}'}
    roles = {"irina": Role.MODERATOR, "oleg": Role.MODERATOR, "anna": Role.SUPERVISOR}
    do = by_web(scene, {who: await come(reception, role, who, **own) for who, role in roles.items()})
    for step in SCENARIOS[name]["steps"]:
        shown = {"error": step["on_page"]} if "on_page" in step else {}
        check_step({**step, **shown}, await do(step, refs))
    # Whoever was refused has looked at the case, and that stands in the log of this skin.
    await reception.database.write(
        lambda connection: connection.execute(tables.audit.delete().where(tables.audit.c.what == "viewed"))
    )
    await check_rows(scene, SCENARIOS[name], refs)
    assert {row["skin"] for row in await scene.rows(tables.audit)} == {"web"}


async def test_what_it_shows(reception: Reception) -> None:
    """Message, values, reason, figures and drawing; address, phone and account masked; the look is audited."""
    scene = await scene_of(reception)
    key = await scene.event("1234567890 12345678 57780 2542")
    ref = await scene.case(await scene.reading((57780, 2542), event_key=key), event_key=key)
    status, page, _ = await (await come(reception, Role.MODERATOR)).get(f"/staff/case/{ref}")
    assert status == 200
    text = said(page)
    for shown in (
        ref,
        "57780 / 2542",
        "сверх предела",
        "*7890",
        "Ка***",
        "больше предела",
        "5778 / 2542",
        "*7890 *5678 57780 2542",
    ):
        assert shown in text
    assert "Калинина" not in page
    assert "1234567890" not in page
    assert '<svg class="chart"' in page
    assert "url(#hatch)" in page
    assert "style=" not in page
    assert [(row["who"], row["what"], row["skin"]) for row in await scene.rows(tables.audit)] == [
        ("irina", "viewed", "web")
    ]


async def test_reveal(reception: Reception) -> None:
    """A POST shows them whole and stands in the audit log; an auditor is refused and sees no forms."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    operator = await come(reception, Role.OPERATOR, "olga")
    _, page, _ = await operator.get(f"/staff/case/{ref}")
    assert "/decide" not in page
    status, page, _ = await operator.post(f"/staff/case/{ref}/reveal")
    assert (status, "Калинина" in page, "1234567890" in page) == (200, True, True)
    assert [row["what"] for row in await scene.rows(tables.audit)] == ["viewed", "revealed"]
    auditor = await come(reception, Role.AUDITOR, "anton")
    _, page, _ = await auditor.get(f"/staff/case/{ref}")
    assert "/reveal" not in page
    assert "/decide" not in page
    assert (await auditor.post(f"/staff/case/{ref}/reveal"))[0] == 403


ACTS = ("reveal", "decide", "claim", "release", "next", "ahead", "undo", "remember")


async def test_other_branches(reception: Reception) -> None:
    """Who has branches of his own finds no others' cases, and moves no reading to others' accounts."""
    scene = await scene_of(reception)
    ref = await doubtful(scene, branch="amur")
    visit = await come(reception, Role.SUPERVISOR, branches=json.dumps(["khb"]))
    assert (await visit.get(f"/staff/case/{ref}"))[0] == 404
    for act in ACTS:
        assert (await visit.post(f"/staff/case/{ref}/{act}", {"action": "approve"}))[0] == 404, act
    assert await scene.rows(tables.audit) == []
    own = await scene.case(await scene.reading(period=202610))
    meter = {"serial": "999", "zones": 2, "t1": 1, "t2": 1, "read_on": (NOW - timedelta(days=30)).date()}
    await reception.database.write(fill([{"number": "5550001", "branch": "amur", "meters": [meter]}]))
    form = {"account": "5550001", "t1": "5", "t2": "5", "preview": "1"}
    status, page, _ = await decide(visit, own, "correct", **form)
    assert (status, problem_of(page)) == (422, "Нет такого лицевого счёта.")
    everywhere = await come(reception, Role.SUPERVISOR, "anna")
    _, page, _ = await decide(everywhere, own, "correct", **form)
    assert "лицевого счёта" not in problem_of(page)


async def test_merge_only_what_is_shown(reception: Reception) -> None:
    """A case that the page does not offer cannot be merged by naming it."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    other = await scene.case(kind="operator", branch="khb", external_id="+79140000001")
    key = (await desk(scene).picture(other)).case.long_reference
    visit = await come(reception)
    status, page, _ = await decide(visit, ref, "merge", other=key)
    assert (status, problem_of(page)) == (422, "Выберите дела того же лицевого счёта.")


async def test_markup_is_text(reception: Reception) -> None:
    """Whatever a subscriber or a colleague writes is shown as text."""
    scene = await scene_of(reception)
    key = await scene.event(MARKUP)
    ref = await scene.case(kind="photo", branch="khb", text=MARKUP, event_key=key)
    visit = await come(reception, Role.SUPERVISOR, display_name=MARKUP[:60])
    await decide(visit, ref, "note", text=MARKUP)
    async with visit.session.get(f"{visit.url}/staff/case/{ref}") as answer:
        page = await answer.text()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count(escape(MARKUP[:25])) >= 3


async def test_forged(reception: Reception) -> None:
    """No form works without the session's token."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    visit = await come(reception)
    for act in ACTS:
        assert (await visit.post(f"/staff/case/{ref}/{act}", {"csrf": "0" * 64}))[0] == 403, act
    assert await scene.rows(tables.audit) == []


@pytest.mark.parametrize("by_htmx", [False, True])
async def test_preview(reception: Reception, *, by_htmx: bool) -> None:
    """The very text that is sent later, with what was typed kept; nothing changes."""
    scene = await scene_of(reception)
    ref = await doubtful(scene, (57780, 2542))
    visit = await come(reception)
    form = {"action": "correct", "t1": "5779", "t2": "2543", "text": "по телефону"}
    headers = {"HX-Request": "true"} if by_htmx else {}
    _, page, _ = await visit.post(f"/staff/case/{ref}/decide", {**form, "preview": "1"}, **headers)
    found = re.search(r'<div class="forecast".*?<blockquote>([^<]*)</blockquote>', page, re.DOTALL)
    assert found is not None
    assert by_htmx != ('value="5779"' in page and "по телефону" in page)
    assert await scene.messages() == []
    await decide(visit, ref, **form)
    assert await scene.messages() == [found[1]]


async def test_refusals_keep_what_was_typed(reception: Reception) -> None:
    """Decided, held, moved: who and when, beside the words that were typed."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    visit = await come(reception, Role.MODERATOR, language="en")
    words = "долгий текст"
    form = {"action": "reject", "text": words, "version": "0"}
    await desk(scene).claim(ref, "oleg")
    status, page, _ = await visit.post(f"/staff/case/{ref}/decide", form)
    assert (status, words in page, "oleg works on it until" in problem_of(page)) == (422, True, True)
    await desk(scene).release(ref, "oleg")
    await visit.post(f"/staff/case/{ref}/decide", {"action": "note", "text": "x"})
    _, page, _ = await visit.post(f"/staff/case/{ref}/decide", form)
    assert (words in page, "changed since you saw it" in problem_of(page)) == (True, True)
    await desk(scene).approve(ref, "oleg")
    _, page, _ = await visit.post(f"/staff/case/{ref}/decide", form)
    assert words in page
    assert problem_of(page).startswith("already decided by oleg at 22.11.2026")


async def test_next_and_undo(reception: Reception) -> None:
    """After a decision the next case is claimed and shown, and the decision can be taken back for a minute."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    following = await scene.case(kind="undelivered", branch="khb", opened_at=NOW - HOUR)
    visit = await come(reception, Role.MODERATOR)
    status, _, headers = await decide(visit, ref, "approve")
    key = (await desk(scene).picture(following)).case
    assert (status, key.claimed_by) == (303, "irina")
    assert headers["Location"].startswith(f"/staff/case/{key.long_reference}?undo=")
    _, page, _ = await visit.get(headers["Location"])
    form = re.search(r'action="(/staff/case/\w+/undo)".*?name="name" value="(\w+)"', page, re.DOTALL)
    assert form is not None
    # Under the letters that the subscriber was told, which are his reading's.
    assert f">{(await desk(scene).picture(ref)).case.reference}</a>" in page
    stranger = await come(reception, Role.MODERATOR, "oleg")
    assert (await stranger.post(form[1], {"name": form[2]}))[2]["Location"].endswith("said=too_late")
    assert (await visit.post(form[1], {"name": form[2]}))[2]["Location"].endswith("said=undone")
    seen = await desk(scene).picture(ref)
    assert (seen.case.state, seen.reading and seen.reading.status.value) == ("open", "in_review")
    assert await scene.messages() == []
    await decide(visit, ref, "approve")
    reception.clock.advance(seconds=61)
    _, page, _ = await visit.get(headers["Location"])
    assert "/undo" not in page


async def test_undo_of_a_move_brings_everything_back(reception: Reception) -> None:
    """A reading that went to another meter, and the one that it replaced there, are as they were."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    home = (scene.account, scene.meter)
    await scene.with_meter("5550001", serial="999", t1=5466, t2=2301)
    await scene.reading((5700, 2500), status="accepted", ago=9 * HOUR)
    before = await scene.rows(tables.reading)
    assert home != (scene.account, scene.meter)
    visit = await come(reception)
    _, _, headers = await decide(visit, ref, "correct", account="5550001", t1="5778", t2="2542")
    after = await scene.rows(tables.reading)
    assert sorted(row["status"] for row in after) == ["accepted", "superseded"]
    name = re.search(r"undo=(\w+)&of=(\w+)", headers["Location"])
    assert name is not None
    await visit.post(f"/staff/case/{name[2]}/undo", {"name": name[1]})
    assert await scene.rows(tables.reading) == before


async def test_own_default_and_neighbours(reception: Reception) -> None:
    """Whether the next case opens is remembered; the list's order leads up and down."""
    scene = await scene_of(reception)
    refs = [
        await scene.case(kind="operator", branch="khb", opened_at=NOW - timedelta(minutes=minutes))
        for minutes in (9, 6, 3)
    ]
    order = [entry.case.long_reference for entry in await desk(scene).page(Filters(), 9)]
    visit = await come(reception)
    _, page, _ = await visit.get(f"/staff/case/{refs[1]}")
    assert re.findall(r'href="/staff/case/(\w+)" rel', page) == [order[0], order[2]]
    await visit.post(f"/staff/case/{refs[1]}/remember", {})
    _, _, headers = await decide(visit, refs[1], "close")
    assert headers["Location"].startswith(f"/staff/case/{order[1]}?undo=")
    _, _, headers = await visit.post(f"/staff/case/{refs[0]}/next")
    assert headers["Location"] == f"/staff/case/{order[2]}"


async def test_next_stays_in_the_line(reception: Reception) -> None:
    """What somebody filters the list by, the cases that open one after another are of, too."""
    scene = await scene_of(reception)
    for kind in ("operator", "hand_over", "operator", "operator"):
        await scene.case(kind=kind, branch="khb", external_id="+79140000009")
    wanted = [case.case.long_reference for case in await desk(scene).page(Filters(kind="operator"), 9)]
    visit = await come(reception)
    await visit.get("/staff/queue?kind=operator")
    _, _, headers = await decide(visit, wanted[0], "close")
    assert headers["Location"].startswith(f"/staff/case/{wanted[1]}?")
    _, page, _ = await visit.get(headers["Location"])
    assert re.findall(r'href="/staff/case/(\w+)" rel', page) == [wanted[2]]
    await decide(visit, wanted[1], "close")
    _, _, headers = await decide(visit, wanted[2], "close")
    assert headers["Location"].endswith("said=none")


async def test_passed_over_is_not_next(reception: Reception) -> None:
    """A case put aside does not come back at the next decision, but when the list is taken up again."""
    scene = await scene_of(reception)
    for _ in range(3):
        await scene.case(kind="operator", branch="khb", external_id="+79140000009")
    order = [entry.case.long_reference for entry in await desk(scene).page(Filters(), 9)]
    visit = await come(reception)
    _, _, headers = await visit.post(f"/staff/case/{order[0]}/next")
    assert headers["Location"] == f"/staff/case/{order[1]}"
    _, _, headers = await decide(visit, order[1], "close")
    assert headers["Location"].startswith(f"/staff/case/{order[2]}?")
    _, _, headers = await visit.post(f"/staff/case/{order[2]}/next")
    assert headers["Location"].endswith("said=none")
    _, _, headers = await visit.post("/staff/queue/next")
    assert headers["Location"] == f"/staff/case/{order[0]}"


async def test_phone_of_a_stranger_is_revealed(reception: Reception) -> None:
    """Who has no account on file may want to be called back; in a messenger there is no phone to show."""
    scene = await scene_of(reception)
    texter = await scene.case(kind="hand_over", branch="khb", text="позвоните", external_id="+79141239876")
    chatter = await scene.case(
        kind="hand_over", branch="khb", text="позвоните", channel="telegram", external_id="7001239876"
    )
    visit = await come(reception, Role.OPERATOR, "olga")
    _, page, _ = await visit.get(f"/staff/case/{texter}")
    assert ("sms …9876" in page, "+79141239876" in page) == (True, False)
    _, page, _ = await visit.post(f"/staff/case/{texter}/reveal")
    assert "+79141239876" in page
    assert [row["what"] for row in await scene.rows(tables.audit)] == ["viewed", "revealed"]
    _, page, _ = await visit.get(f"/staff/case/{chatter}")
    assert "/reveal" not in page


@pytest.mark.parametrize(
    "cookie", ["staff-line=%00&kind=<b>", "staff-passed=1.x.-2.99999999999999999999.%", "staff-line=; staff-passed="]
)
async def test_cookies_of_nobody(reception: Reception, cookie: str) -> None:
    """What stands in the cookies besides the session may be anything."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    visit = await come(reception)
    status, _, _ = await visit.get(f"/staff/case/{ref}", Cookie=f"staff={visit.cookie()}; {cookie}")
    assert status == 200
