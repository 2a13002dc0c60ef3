import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.domain.cases import KINDS, urgency
from core.domain.messages import Address, Arrival, TextReceived
from core.services.desk.desk import Desk
from core.services.moderation import AlreadyDecided, Approve, Held, Moderation, Moved, Note, Refused
from core.storage import cases, tables
from core.storage.cases import Filters
from core.storage.database import Database, connect
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene
from tests.world import SUBSCRIBER, rules

HOUR = timedelta(hours=1)


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[Database]:
    """The same database, opened by another process so to speak."""
    database = connect(database_url)
    yield database
    await database.close()


async def test_order(scene: Scene, moderation: Moderation) -> None:
    """Whoever waits for a person goes first, then what is due first, whatever the age."""
    late = await scene.case(kind="undelivered", opened_at=NOW - 90 * HOUR)
    young = await scene.case(kind="physical_limit", opened_at=NOW - 2 * HOUR)
    export = await scene.case(kind="correction_after_export", opened_at=NOW - HOUR)
    person = await scene.case(kind="operator", opened_at=NOW)
    unheard = await scene.case(kind="a_new_kind", opened_at=NOW - HOUR)
    listed = [entry.case.reference for entry in await moderation.page(Filters(), 10)]
    assert listed == [person, export, young, unheard, late]


def test_every_kind_is_ranked() -> None:
    """No kind waits for ever, and what a person waits for is due within half a day."""
    for kind in KINDS:
        priority, within = urgency(kind)
        assert within <= 72 * HOUR
        assert priority > 1 or within <= 12 * HOUR


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("1234567890", ["account"]),
        ("00 1234567890", ["account"]),
        ("8 914 123-45-67", ["account", "words", "other"]),
        ("ПОЗВОНИТЕ", ["words"]),
        ("позвоните мне", ["words"]),
        ("100%", ["other"]),
        ("%", ["other"]),
        ("nothing", []),
    ],
)
async def test_search(scene: Scene, moderation: Moderation, search: str, found: list[str]) -> None:
    """A case is found by account, by phone however it is written, and by words in any capitals."""
    refs = {
        "account": await scene.case(await scene.reading()),
        "words": await scene.case(kind="hand_over", text="Позвоните мне"),
        "other": await scene.case(kind="undelivered", text="100% точно"),
        "foreign": await scene.case(kind="verification_expired", external_id="+79990000000"),
    }
    listed = [entry.case.reference for entry in await moderation.page(Filters(search=search), 10)]
    assert sorted(listed) == sorted(refs[name] for name in found)


async def test_filters_of_claims_and_age(scene: Scene, moderation: Moderation) -> None:
    """The queue can be cut down to the free, to one's own, to old cases, and to a channel."""
    old = await scene.case(kind="hand_over", opened_at=NOW - 5 * HOUR)
    mine = await scene.case(kind="hand_over", opened_at=NOW - HOUR, channel="vk")
    await moderation.claim(mine, IRINA)

    async def listed(filters: Filters) -> list[str]:
        return [entry.case.reference for entry in await moderation.page(filters, 10)]

    assert await listed(Filters(free=True, at=NOW)) == [old]
    assert await listed(Filters(claimed_by=IRINA, at=NOW)) == [mine]
    assert await listed(Filters(claimed_by=IRINA, at=NOW + HOUR)) == []
    assert await listed(Filters(opened_before=NOW - 2 * HOUR)) == [old]
    assert await listed(Filters(channel="vk")) == [mine]
    (count,) = await moderation.counts(Filters())
    assert (count.total, count.within_hour, count.within_day, count.older) == (2, 0, 2, 0)
    assert (count.overdue, count.claimed) == (1, 1)


async def test_claims(scene: Scene, moderation: Moderation) -> None:
    """A claimed case is its holder's until the claim ends; a supervisor may decide, and the holder learns of it."""
    ref = await scene.case(await scene.reading())
    mark = await scene.database.read(cases.mark)
    claimed = await moderation.claim(ref, IRINA)
    assert claimed.claimed_until == NOW + timedelta(minutes=15)
    for refused in (moderation.claim(ref, OLEG), moderation.approve(ref, OLEG)):
        with pytest.raises(Held, match=r"irina works on it until 12:15; a supervisor may") as caught:
            await refused
        assert (caught.value.by, caught.value.until) == (IRINA, claimed.claimed_until)
    assert await moderation.release(ref, OLEG) is False
    scene.clock.advance(minutes=10)
    renewed = await moderation.claim(ref, IRINA)
    assert renewed.claimed_until == NOW + timedelta(minutes=25)
    await moderation.decide(ref, Approve(moderator=OLEG), override=True)
    news = await scene.database.read(lambda connection: cases.since(connection, mark))
    assert [item.action.action for item in news if item.action and item.concerns(IRINA)] == ["approved"]
    assert not any(item.concerns(OLEG) for item in news)
    with pytest.raises(AlreadyDecided, match="already decided by oleg"):
        await moderation.claim(ref, IRINA)


async def test_claim_runs_out(scene: Scene, moderation: Moderation) -> None:
    """An expired or released claim is none: the next one gets the case."""
    ref = await scene.case(kind="hand_over")
    assert await moderation.next_case(IRINA) is not None
    assert await moderation.next_case(OLEG) is None
    scene.clock.advance(minutes=15)
    taken = await moderation.next_case(OLEG)
    assert taken is not None
    assert taken.claimed_by == OLEG
    assert await moderation.release(ref, OLEG) is True
    taken = await moderation.next_case(IRINA)
    assert taken is not None
    assert await moderation.release(ref, OLEG, override=True) is True
    assert (await scene.row(tables.case))["claimed_by"] == ""


async def test_next_goes_on(scene: Scene, moderation: Moderation) -> None:
    """The next case is the most urgent free one, of the filters, behind the one just left."""
    await scene.case(kind="undelivered")
    first = await scene.case(kind="hand_over", opened_at=NOW - HOUR)
    second = await scene.case(kind="hand_over")
    taken = await moderation.next_case(IRINA, Filters(kind="hand_over"))
    assert taken is not None
    assert taken.reference == second
    await moderation.release(second, IRINA)
    taken = await moderation.next_case(IRINA, after=taken)
    assert taken is not None
    assert taken.reference == first


async def test_two_moderators_never_get_one_case(scene: Scene, elsewhere: Database) -> None:
    """However many ask at once, in two processes, each case goes to one of them."""
    refs = [await scene.case(kind="hand_over") for _ in range(12)]
    services = [scene.moderation(), scene.moderation(elsewhere)]
    asked = [services[number % 2].next_case(f"moderator {number}") for number in range(16)]
    taken = [case.reference for case in await asyncio.gather(*asked) if case is not None]
    assert sorted(taken) == sorted(refs)


async def test_version(scene: Scene, moderation: Moderation) -> None:
    """A decision about a case that has changed since it was seen is refused, and says what has happened."""
    ref = await scene.case(await scene.reading())
    seen = (await moderation.picture(ref)).case.version
    await moderation.claim(ref, IRINA)
    await moderation.decide(ref, Note(moderator=IRINA, text="звонила"), version=seen)
    with pytest.raises(Moved, match=r"changed since you saw it: noted by irina at 12:00; look"):
        await moderation.decide(ref, Approve(moderator=IRINA), version=seen)
    await moderation.decide(ref, Approve(moderator=IRINA), version=seen + 1)
    again = await moderation.decide(ref, Approve(moderator=IRINA), version=seen + 1)
    assert again.repeated
    with pytest.raises(AlreadyDecided, match=r"already decided by irina at 22\.11\.2026 12:00: approved") as caught:
        await moderation.decide(ref, Approve(moderator=OLEG), version=seen + 1)
    assert (caught.value.by, caught.value.at, caught.value.decision) == (IRINA, NOW, "approved")


async def test_subscriber_settles_it_himself(scene: Scene, moderation: Moderation) -> None:
    """A claimed case closes when its subscriber sends better values, and its holder learns of it, once."""
    scene.clock.moment = NOW + HOUR
    ref = await scene.case(await scene.reading((57780, 2542)))
    await moderation.claim(ref, IRINA)
    mark = await scene.database.read(cases.mark)
    scene.clock.advance(minutes=1)
    now = scene.clock.now()
    sent = TextReceived(
        event_id="1", address=Address("sms", SUBSCRIBER), sent_at=now, text="1234567890 12345678 5700 2400"
    )
    assert await Desk(scene.database, rules(), scene.clock).handle([Arrival(sent, now)]) == [True]
    with pytest.raises(AlreadyDecided, match=r"already decided by subscriber at 22\.11\.2026 13:01: superseded"):
        await moderation.approve(ref, IRINA)
    news = await scene.database.read(lambda connection: cases.since(connection, mark))
    assert [(item.action.action, item.concerns(IRINA)) for item in news if item.action] == [("superseded", True)]
    assert await scene.database.read(lambda connection: cases.since(connection, mark)) == []


@pytest.mark.parametrize("method", ["claim", "next_case", "look"])
async def test_nobody_claims_without_a_name(scene: Scene, moderation: Moderation, method: str) -> None:
    """Who works on a case or looks at it has a name."""
    ref = await scene.case(kind="hand_over")
    with pytest.raises(Refused, match="1 to 60"):
        await (moderation.next_case("") if method == "next_case" else getattr(moderation, method)(ref, ""))
