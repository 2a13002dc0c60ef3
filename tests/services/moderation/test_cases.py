from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from core.domain.keys import reference
from core.services.moderation import Moderation, Refused
from core.storage import cases
from core.storage.cases import CLOSED, Filters, Mark
from core.storage.cases.types import long_reference
from tests.services.moderation.scene import IRINA, NOW, Scene

HOUR = timedelta(hours=1)
KEY = 95_653_033_809_529_191
COLLIDING = KEY + 32**5
"""Another key with the same last five letters."""


async def test_find_by_either_reference(scene: Scene, moderation: Moderation) -> None:
    """A case is found by its reading's reference, by its own, in any case of letters, and by more of the key."""
    reading = await scene.reading(id=KEY)
    await scene.case(reading, id=KEY + 7)
    for ref in (reference(KEY), reference(KEY).lower(), f" №{reference(KEY)}", reference(KEY + 7)):
        assert (await moderation.picture(ref)).case.id == KEY + 7
    assert (await moderation.picture(long_reference(KEY))).case.reading_id == reading


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("ZZZZZ", "there is no case 'ZZZZZ'"),
        ("ZZZZZZZZZZZZZ", "there is no case"),
        ("7ZZZZZZZZZZZZ", "there is no case"),
        ("", "not a reference"),
        ("7K2-M", "not a reference"),
        ("ДА", "not a reference"),
        ("7K", "too short"),
    ],
)
async def test_bad_references(scene: Scene, moderation: Moderation, ref: str, why: str) -> None:
    """A reference that names nothing is refused in words, to look at and to decide about."""
    with pytest.raises(Refused, match=why):
        await moderation.picture(ref)
    with pytest.raises(Refused, match=why):
        await moderation.approve(ref, IRINA)


async def test_ambiguous_reference(scene: Scene, moderation: Moderation) -> None:
    """Two open cases with the same letters are both named by more letters, and nothing is decided."""
    for key in (KEY, COLLIDING):
        await scene.case(id=key, kind="hand_over")
    with pytest.raises(Refused, match="may mean several") as caught:
        await moderation.reject(reference(KEY), "closed", IRINA)
    for key in (KEY, COLLIDING):
        assert long_reference(key) in str(caught.value)
        assert (await moderation.picture(long_reference(key))).case.id == key
    assert await scene.actions() == []


async def test_open_before_closed(scene: Scene, moderation: Moderation) -> None:
    """The letters of an open case mean it, whatever closed ones share them."""
    await scene.case(id=KEY, state="closed", kind="hand_over")
    await scene.case(id=COLLIDING, kind="hand_over")
    assert (await moderation.picture(reference(KEY))).case.id == COLLIDING


async def test_pages(scene: Scene, moderation: Moderation) -> None:
    """Pages go on where the last one ended, also among cases of one instant; the newest come in the same order."""
    refs = [await scene.case(kind="hand_over", opened_at=NOW - HOUR * (5 - number // 2)) for number in range(9)]
    first = await moderation.page(Filters(), 4)
    second = await moderation.page(Filters(), 9, first[-1].case)
    assert [entry.case.reference for entry in first + second] == refs
    newest = await moderation.page(Filters(), 3, newest=True)
    assert [entry.case.reference for entry in newest] == refs[-3:]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"physical_limit": 1, "hand_over": 1}),
        (Filters(kind="hand_over"), {"hand_over": 1}),
        (Filters(branch="amur"), {"hand_over": 1}),
        (Filters(branch="khb", kind="hand_over"), {}),
        (Filters(state=CLOSED), {"rollover": 1}),
        (Filters(state=""), {"physical_limit": 1, "hand_over": 1, "rollover": 1}),
    ],
)
async def test_filters(scene: Scene, moderation: Moderation, filters: Filters, expected: dict[str, int]) -> None:
    """Filters hold for the page and for the counts alike."""
    await scene.case(await scene.reading())
    await scene.case(kind="hand_over", branch="amur")
    await scene.case(await scene.reading(status="accepted"), kind="rollover", state="closed")
    assert {count.kind: count.total for count in await moderation.counts(filters)} == expected
    assert sorted(entry.case.kind for entry in await moderation.page(filters, 10)) == sorted(expected)


async def test_entry(scene: Scene, moderation: Moderation) -> None:
    """A line of the list says whose meter and which values the case is about."""
    await scene.case(await scene.reading())
    (entry,) = await moderation.page(Filters(), 10)
    assert (entry.account, entry.serial, entry.values, entry.consumption) == (
        "1234567890",
        "12345678",
        (5778, 2542),
        553,
    )


async def test_picture(scene: Scene, moderation: Moderation) -> None:
    """The picture has the message typed, the dialogue with our answers, the history, actions and what else is open."""
    typed = await scene.event("1234567890 12345678 57780 2542", at=NOW - 2 * HOUR)
    await scene.answer(typed, "Записали", NOW - 2 * HOUR)
    confirmed = await scene.event("да", at=NOW - HOUR)
    await scene.event("somebody else's", external_id="+79990000000")
    await scene.reading((5700, 2500), status="exported", period=202610, ago=30 * 24 * HOUR)
    await scene.reading((1, 1), status="exported", period=202509, ago=450 * 24 * HOUR)
    other = await scene.case(kind="hand_over", account_id=scene.account)
    await scene.case(kind="hand_over")
    ref = await scene.case(await scene.reading(event_key=typed), event_key=confirmed)
    await moderation.reply(ref, "Проверяем", IRINA)
    seen = await moderation.picture(ref)
    assert seen.typed == "1234567890 12345678 57780 2542"
    assert [(line.ours, line.text) for line in seen.dialogue] == [
        (False, "1234567890 12345678 57780 2542"),
        (True, "Записали"),
        (False, "да"),
        (True, "Проверяем"),
    ]
    assert [item.values for item in seen.readings] == [(5700, 2500), (5778, 2542)]
    assert [item.action for item in seen.actions] == ["replied"]
    assert [item.reference for item in seen.related] == [other]
    assert seen.account is not None
    assert seen.account.number == "1234567890"


async def test_account_of_undelivered_reply(scene: Scene, moderation: Moderation) -> None:
    """A reply that did not arrive leads to the account of the message it answers."""
    key = await scene.event("1234567890 12345678 5778 2542", account_id=scene.account)
    await scene.answer(key, "Принято")
    seen = await moderation.picture(await scene.case(kind="undelivered", event_key=key, text="Принято"))
    assert seen.account is not None
    assert seen.account.number == "1234567890"
    assert seen.typed == "1234567890 12345678 5778 2542"


async def test_picture_costs_the_same(scene: Scene) -> None:
    """However long history and dialogue are, the number of statements stays."""

    async def statements(ref: str) -> int:
        seen: list[str] = []

        def job(connection: Connection) -> None:
            item = cases.find(connection, ref)
            event.listen(connection, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))
            cases.picture(connection, item, NOW)

        await scene.database.write(job)
        return len(seen)

    short = await statements(await scene.case(kind="hand_over"))
    for number in range(12):
        key = await scene.event(f"message {number}")
        await scene.answer(key, "answer")
        await scene.case(await scene.reading(status="superseded"))
    assert await statements(await scene.case(await scene.reading())) == short == 9


async def test_news(scene: Scene, moderation: Moderation) -> None:
    """A follower hears of each case and action once, in order, and of what was there before not at all."""
    await scene.case(kind="hand_over")
    database = scene.database
    seen = await database.read(cases.mark)
    assert await database.read(lambda connection: cases.since(connection, seen)) == []
    scene.clock.advance(minutes=1)
    ref = await scene.case(await scene.reading(), opened_at=scene.clock.now())
    scene.clock.advance(minutes=1)
    await moderation.approve(ref, IRINA)
    news = await database.read(lambda connection: cases.since(connection, seen))
    assert [(item.entry.case.reference, item.action.action if item.action else "") for item in news] == [
        (ref, ""),
        (ref, "approved"),
    ]
    assert await database.read(lambda connection: cases.since(connection, seen)) == []


async def test_late_news(scene: Scene) -> None:
    """A case committed after one with a later key is heard of too; one on an empty queue as well."""
    seen: Mark = await scene.database.read(cases.mark)
    for seconds in (0, -30):
        ref = await scene.case(kind="hand_over", opened_at=NOW + timedelta(seconds=seconds))
        news = await scene.database.read(lambda connection: cases.since(connection, seen))
        assert [item.entry.case.reference for item in news] == [ref]
