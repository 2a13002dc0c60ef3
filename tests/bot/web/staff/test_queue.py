"""The queue's list: what it shows to whom, its filters, pages, search, and what it remembers."""

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bot.web.staff.queue_rows import age, excerpt, hide, moment
from bot.web.staff.queue_wanted import Wanted, read, remembered
from core.domain.staff import Member, Role
from core.storage.cases import Entry
from tests.bot.web.staff.cases import HOUR, come, desk, doubtful, scene_of, several
from tests.bot.web.staff.conftest import Reception, said
from tests.services.moderation.scene import NOW

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def refs(page: str) -> list[str]:
    """The references of the lines, from the top."""
    return re.findall(r'class="ref" href="[^"]*"><span[^>]*>[^<]*</span>(\w{5})</a>', page)


async def test_a_line_says_what_matters_and_hides_what_is_personal(reception: Reception) -> None:
    """Reference, kind, age, due time, masked account, branch, channel, values, holder; in both languages."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    await desk(scene).claim(ref, "oleg")
    visit = await come(reception)
    status, page, _ = await visit.get("/staff/queue?state=open")
    words = said(page)
    assert status == 200
    for part in (
        ref,
        "сверх предела",
        "3\u00a0ч",
        "до 23.11 09:00",
        "*7890",
        "Хабаровск",
        "SMS",
        "5778 / 2542",
        "занято: oleg",
    ):
        assert part in words, part
    assert "1234567890" not in page
    await visit.post("/staff/account/appearance", {"language": "en"})
    assert "beyond the limit" in said((await visit.get("/staff/queue?state=open"))[1])


async def test_overdue_is_said_in_words(reception: Reception) -> None:
    """Whoever sees no colours, and whoever listens, is told; and counted by age and kind."""
    scene = await scene_of(reception)
    await scene.case(kind="operator", branch="khb", opened_at=NOW - 30 * HOUR)
    await scene.case(kind="operator", branch="khb", opened_at=NOW - HOUR / 2)
    _, page, _ = await (await come(reception)).get("/staff/queue?state=open")
    assert page.count('class="case late"') == 1
    assert "⚠ 1" in re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
    counts = dict(re.findall(r'data-count="(\w+)">(\d+)', page))
    assert counts == {"total": "2", "overdue": "1", "hour": "1", "day": "0", "older": "1"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=open", {"old", "money", "vk", "amur", "mine", "his"}),
        ("state=free", {"old", "money", "vk", "amur"}),
        ("state=mine", {"mine"}),
        ("state=claimed", {"mine", "his"}),
        ("state=decided", {"done"}),
        ("kind=photo", {"money"}),
        ("branch=amur", {"amur"}),
        ("channel=vk", {"vk"}),
        ("age=older", {"old"}),
        ("age=hour", {"vk"}),
        ("age=overdue", {"old"}),
        ("search=old", {"old"}),
        ("state=nonsense&age=nonsense", {"old", "money", "vk", "amur", "mine", "his"}),
        ("branch=nowhere", set()),
    ],
)
async def test_filters(reception: Reception, query: str, expected: set[str]) -> None:
    """Each filter lets through what it says, on the page and in the lines that htmx fetches."""
    scene = await scene_of(reception)
    moderation = desk(scene)
    common = {"kind": "hand_over", "branch": "khb", "opened_at": NOW - 2 * HOUR}
    for name, columns in {
        "old": {"opened_at": NOW - 50 * HOUR},
        "money": {"kind": "photo"},
        "vk": {"channel": "vk", "opened_at": NOW - HOUR / 2},
        "amur": {"branch": "amur"},
        "mine": {},
        "his": {},
        "done": {"state": "closed", "closed_at": NOW - HOUR, "decision": "closed", "decided_by": "oleg"},
    }.items():
        ref = await scene.case(text=f"text {name}", **common | columns)
        if name in {"mine", "his"}:
            await moderation.claim(ref, {"mine": "irina", "his": "oleg"}[name])
    visit = await come(reception)
    for path in ("/staff/queue", "/staff/queue/rows"):
        _, page, _ = await visit.get(f"{path}?{query}")
        assert set(re.findall(r"text (\w+)", page)) == expected


@pytest.mark.parametrize("how", ["account", "phone", "words", "reference", "long reference"])
async def test_search(reception: Reception, how: str) -> None:
    """By account, phone, text, and the reference that the subscriber was told."""
    scene = await scene_of(reception)
    ref = await doubtful(scene, text="Почему так много?")
    await several(scene, 3)
    sought = {
        "account": "1234567890",
        "phone": "+7 914 123-45-67",
        "words": "так много",
        "reference": ref.lower(),
        "long reference": (await desk(scene).picture(ref)).case.long_reference,
    }[how]
    visit = await come(reception)
    async with visit.session.get(f"{visit.url}/staff/queue", params={"search": sought}) as answer:
        assert refs(await answer.text()) == [ref]


async def test_pages_follow_each_other_without_javascript(reception: Reception) -> None:
    """The link to more leads on behind the last line, to the end, and shows every case once."""
    scene = await scene_of(reception)
    await several(scene, 120)
    visit, found, path = await come(reception), [], "/staff/queue?state=open"
    while path:
        _, page, _ = await visit.get(path)
        found += refs(page)
        more = re.search(r'class="button quiet" href="([^"]+)" hx-get', page)
        path = more[1] if more else ""
    assert (len(found), len(set(found))) == (120, 120)


async def test_decided_last_goes_first(reception: Reception) -> None:
    """Of what is done with, one looks for what was decided just now."""
    scene = await scene_of(reception)
    await several(scene, 60)
    moderation = desk(scene)
    for entry in await moderation.page(Wanted().filters(_member(), NOW), 60):
        reception.clock.advance(seconds=1)
        await moderation.reject(entry.case.long_reference, "no", "oleg")
    visit = await come(reception)
    _, page, _ = await visit.get("/staff/queue?state=decided")
    _, rest, _ = await visit.get(re.search(r'href="([^"]+)" hx-get', page)[1])  # type: ignore[index] # there are more
    texts = re.findall(r"Вопрос (\d+)", page + rest)
    assert texts == sorted(texts, reverse=True)
    assert len(texts) == 60


async def test_text_of_a_subscriber_is_text(reception: Reception) -> None:
    """Markup in a message, a search or a filter is shown as it was typed, and does nothing."""
    scene = await scene_of(reception)
    await scene.case(kind="hand_over", branch="khb", text=MARKUP)
    visit = await come(reception)
    for name in ("search", "kind", "branch", "channel"):
        async with visit.session.get(f"{visit.url}/staff/queue", params={name: MARKUP}) as answer:
            page = await answer.text()
        assert "<img" not in page.partition("<main")[2]
        assert "<script>" not in page
    async with visit.session.get(f"{visit.url}/staff/queue", params={"state": "open"}) as answer:
        assert "&lt;script&gt;alert(1)" in await answer.text()


async def test_what_is_remembered(reception: Reception) -> None:
    """The queue opens with the filters that were kept, not with the search; any query goes before them."""
    scene = await scene_of(reception)
    await several(scene, 2)
    await scene.case(kind="photo", branch="khb", text="снимок")
    visit = await come(reception)
    status, _, headers = await visit.post("/staff/queue/remember", {"kind": "photo", "search": "1234567890"})
    assert (status, headers["Location"].endswith("said=remembered")) == (303, True)
    session = await reception.sessions.find(visit.cookie())
    assert session is not None
    assert remembered(session.member) == Wanted(kind="photo")
    assert len(refs((await visit.get("/staff/queue"))[1])) == 1
    assert len(refs((await visit.get("/staff/queue?state=open"))[1])) == 3


async def test_next_case_is_claimed_and_opened(reception: Reception) -> None:
    """Through the filters, the most urgent free one; where there is none, that is said."""
    scene = await scene_of(reception)
    await several(scene, 2)
    await scene.case(kind="photo", branch="khb")
    visit = await come(reception, Role.MODERATOR)
    found = []
    for _ in range(3):
        _, _, headers = await visit.post("/staff/queue/next", {"kind": "hand_over", "state": "mine"})
        found.append(urlsplit(headers["Location"]).path)
    assert [path.rpartition("/")[0] for path in found] == ["/staff/case", "/staff/case", "/staff"]
    held = {(await desk(scene).picture(path[-8:])).case.claimed_by for path in found[:2]}
    assert held == {"irina"}


async def test_others_branches_do_not_exist(reception: Reception) -> None:
    """List, counts, search, choices and the next case know nothing of branches that are not his, nor of none at all."""
    scene = await scene_of(reception)
    await scene.case(kind="photo", branch="khb", text="чужое дело")
    await scene.case(kind="operator", branch="", text="чужое дело")
    mine = await scene.case(kind="hand_over", branch="amur", text="своё дело")
    visit = await come(reception, Role.SUPERVISOR, branches=json.dumps(["amur"]))
    for query in ("state=open", "branch=khb", "search=дело", "search=чужое", "kind=photo"):
        _, page, _ = await visit.get(f"/staff/queue?{query}")
        assert "чужое дело" not in page
        assert "Хабаровск" not in page
        counts = dict(re.findall(r'data-count="(\w+)">(\d+)', page))
        assert counts["total"] == "1"
    assert refs((await visit.get("/staff/queue?state=open"))[1]) == [mine]
    assert [(await visit.post("/staff/queue/next"))[2]["Location"][:11] for _ in range(2)] == [
        "/staff/case",
        "/staff/queu",
    ]


def _member(**values: object) -> Member:
    return Member(id=1, name="irina", display_name="Ирина", role=Role.MODERATOR, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kept", "expected"),
    [("", Wanted()), ("kind=photo&state=mine", Wanted(kind="photo", state="mine")), ("state=\0&x=1&%%", Wanted())],
)
def test_broken_preferences_are_none(kept: str, expected: Wanted) -> None:
    """What an older version has kept, or nobody, is read for what it is worth."""
    assert remembered(_member(preferences={"queue": kept})) == expected
    assert read({"search": "  a   b "}).search == "a b"


async def test_excerpt_hides_long_numbers(reception: Reception) -> None:
    """Accounts, meters and telephones are masked as they were typed; readings stay."""
    scene = await scene_of(reception)
    await doubtful(scene, text="")
    entry: Entry = (await desk(scene).page(Wanted().filters(_member(), NOW), 1))[0]
    text = "счёт 1234567890, счётчик 12345678: 5778,\n2542. Звоните +7 (914) 123-45-67 или 89141234567"
    assert excerpt(text, entry) == "счёт *7890, счётчик *5678: 5778, 2542. Звоните *4567 или *4567"
    assert hide("Звоните: 8-800-000-00-00, счёт 1234567890", "1234567890", ours=True).endswith("00-00, счёт *7890")
    assert len(excerpt("а" * 500, entry)) == 160


def test_ages_and_moments() -> None:
    """The largest unit that is full; the date only on another day."""
    units = {"d": "дн.", "h": "ч", "min": "мин"}
    spans = {"0\u00a0мин": 59, "1\u00a0мин": 60, "23\u00a0ч": 86_399, "2\u00a0дн.": 172_800}
    assert [age(NOW - timedelta(seconds=span), NOW, units) for span in spans.values()] == list(spans)
    assert moment(NOW, NOW, NOW.tzinfo) == "02:00"  # type: ignore[arg-type] # it has a zone
    assert moment(NOW, NOW + 24 * HOUR, NOW.tzinfo) == "22.11 02:00"  # type: ignore[arg-type] # the same
