"""Posts and the vendor's ways: limits, failures, crashes, deleted posts, groups that move."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.domain.posts import Post
from core.storage import tables
from core.storage.database import Database
from tests.conftest import FixedClock
from tests.services.moderation.scene import NOW
from tests.services.staff_chat.stage import IRINA, InTelegram, Stage
from tests.storage.statements import counted


@pytest.fixture
async def small(database: Database, clock: FixedClock) -> AsyncIterator[Stage]:
    """A group in Telegram that is no supergroup yet."""
    messenger = InTelegram(clock)
    messenger.chat = "-4001"
    stage = Stage(database, clock, messenger)
    await stage.start()
    await stage.scene.with_meter()
    yield stage
    await stage.stop()


REPEATED = "This may be a repetition"


async def several(stage: Stage, count: int, kind: str = "hand_over") -> None:
    for number in range(count):
        at = stage.clock.now() - timedelta(minutes=5, seconds=-number)
        await stage.scene.case(kind=kind, branch="khb", opened_at=at, external_id=f"+7914{number:07}")


async def test_what_is_posted(stage: Stage) -> None:
    """Only open cases of the chosen kinds and of the last day; without a reading there is nothing to approve."""
    await several(stage, 1)
    await several(stage, 1, kind="photo")
    await stage.scene.case(kind="operator", opened_at=NOW - timedelta(days=2))
    await stage.scene.case(kind="operator", opened_at=NOW - timedelta(hours=1), state="closed")
    await stage.step()
    await stage.step()
    ((text, buttons),) = stage.messenger.posts()
    assert "not understood" in text
    assert buttons == [["Open"]]


async def test_many_at_once(telegram: Stage) -> None:
    """Beyond the vendor's limit comes a digest instead of silence, and nothing is posted twice or forgotten."""
    await several(telegram, 40)
    await telegram.step()
    texts = telegram.texts()
    assert len(texts) == 10
    assert texts[0].splitlines() == ["New cases: 31", "not understood: 31"]
    assert telegram.messenger.posts()[0][1] == [["Queue"]]
    await several(telegram, 3, kind="operator")
    await telegram.step()
    assert len(telegram.texts()) == 10
    await telegram.step(seconds=61)
    assert len(telegram.texts()) == 13
    states = await telegram.states()
    assert (states.count("digest"), states.count("posted")) == (31, 12)


async def test_changes_go_before_posts(telegram: Stage) -> None:
    """Half of the limit is kept for changes, so that a decision shows at once even while much is posted."""
    await several(telegram, 10)
    await telegram.step()
    await several(telegram, 10, kind="operator")
    await telegram.database.write(
        lambda connection: connection.execute(
            tables.case.update()
            .where(tables.case.c.kind == "hand_over")
            .values(state="closed", decision="closed", decided_by="oleg", closed_at=NOW, version=1)
        )
    )
    await telegram.step()
    assert sum("closed by oleg" in text for text in telegram.texts()) == 10


@pytest.mark.parametrize("how", ["busy", "away"])
async def test_the_vendor_refuses_a_post(stage: Stage, how: str) -> None:
    """What he certainly did not take goes out later, once, and says nothing of a repetition."""
    await several(stage, 2)
    stage.messenger.fail(how, "post")
    await stage.step()
    assert stage.texts() == []
    await stage.step(seconds=1)
    assert stage.texts() == []
    await stage.step(seconds=20)
    assert len(stage.texts()) == 2
    assert not any(REPEATED in text for text in stage.texts())
    assert await stage.states() == ["posted", "posted"]


async def test_nobody_knows_whether_it_was_posted(stage: Stage) -> None:
    """A post whose answer was lost is made again: VK knows it by its key, in Telegram it says what it may be."""
    await stage.doubtful()
    stage.messenger.fail("lost", "post")
    await stage.step()
    assert await stage.states() == ["sending"]
    await stage.step(seconds=20)
    texts = stage.texts()
    assert await stage.states() == ["posted"]
    if stage.messenger.name == "vk":
        assert len(texts) == 1
    else:
        assert [REPEATED in text for text in texts] == [False, True]


async def test_killed_between_post_and_record(stage: Stage) -> None:
    """After a crash in between nothing is lost; a press under either post decides, and both show it."""
    await stage.link("irina", IRINA)
    await stage.doubtful()
    posts = stage.messenger.channel

    async def crash(chat: str, post: Post, key: int) -> str:
        await type(posts).post(posts, chat, post, key)
        raise KeyboardInterrupt

    stage.chat.room.posts.post = crash  # type: ignore[method-assign] # dies where a process would
    with pytest.raises(KeyboardInterrupt):
        await stage.step()
    del stage.chat.room.posts.post
    await stage.begin()
    await stage.step()
    texts = stage.texts()
    assert await stage.states() == ["posted"]
    assert len(texts) == (1 if stage.messenger.name == "vk" else 2)
    key = (await stage.scene.row(tables.case))["id"]
    press = await stage.messenger.press_old(IRINA, 0, f"a.{key}.0")
    await stage.step()
    await stage.step()
    assert stage.messenger.told(press) == "approved"
    assert all("approved by irina" in text for text in stage.texts())


async def test_a_case_decided_while_it_waited(stage: Stage) -> None:
    """What was decided before it could be posted is not posted at all."""
    ref = await stage.doubtful()
    stage.messenger.fail("away", "post")
    await stage.step()
    await stage.scene.moderation().approve(ref, "oleg")
    await stage.step(seconds=20)
    assert stage.texts() == []
    assert await stage.states() == ["gone"]


@pytest.mark.parametrize("how", ["busy", "away", "lost"])
async def test_the_vendor_refuses_a_change(stage: Stage, how: str) -> None:
    """A change is made later, and twice is as good as once."""
    ref = await stage.doubtful()
    await stage.step()
    await stage.scene.moderation().approve(ref, "oleg")
    stage.messenger.fail(how, "edit")
    await stage.step()
    assert await stage.states() == ["posted"]
    await stage.step(seconds=20)
    assert "approved by oleg" in stage.texts()[0]
    assert await stage.states() == ["done"]


async def test_a_deleted_post(stage: Stage) -> None:
    """Who deletes a post in the group has dealt with it: no error, no new post, and the queue has the case still."""
    ref = await stage.doubtful()
    await stage.step()
    stage.messenger.delete()
    await stage.scene.moderation().approve(ref, "oleg")
    await stage.step()
    await stage.step()
    assert stage.texts() == []
    assert await stage.states() == ["gone"]


async def test_opened_again(stage: Stage) -> None:
    """A decision that is taken back within its time shows as open again."""
    ref = await stage.doubtful()
    await stage.step()
    await stage.scene.moderation().approve(ref, "oleg")
    await stage.step()
    assert await stage.states() == ["done"]
    table = tables.case
    again = {"state": "open", "decision": "", "decided_by": "", "closed_at": None, "version": table.c.version + 1}
    await stage.database.write(lambda connection: connection.execute(table.update().values(**again)))
    await stage.step()
    assert stage.messenger.posts()[0][1] == [["Approve", "Reject"], ["Open"]]
    assert await stage.states() == ["posted"]


async def test_thrown_out_of_the_group(stage: Stage) -> None:
    """Nothing is lost while we are not in the group; `doctor` says so, and afterwards the posts come."""
    probe = stage.messenger.channel.probe_group
    assert await probe(stage.messenger.chat) == []
    await several(stage, 1)
    stage.messenger.leave()
    await stage.step()
    assert await stage.states() == ["waiting"]
    assert ": " in (await probe(stage.messenger.chat))[0]
    emulator = stage.messenger.emulator  # type: ignore[attr-defined] # either has one
    getattr(emulator, "groups", None or getattr(emulator, "chats", None)).present.add(int(stage.messenger.chat))
    await stage.step(seconds=301)
    assert len(stage.texts()) == 1


@pytest.mark.parametrize("told", [True, False], ids=["told", "by the refusal"])
async def test_a_group_becomes_a_supergroup(small: Stage, *, told: bool) -> None:
    """We follow it to its new number, after a restart too; what is open is posted there, and decided there."""
    stage, messenger = small, small.messenger
    assert isinstance(messenger, InTelegram)
    old = messenger.chat
    await stage.link("irina", IRINA)
    await stage.doubtful()
    await stage.step()
    messenger.chat = str(await messenger.emulator.groups.upgrade(int(old), told=told))
    if not told:
        assert "set chat in [staff_chat]" in (await messenger.channel.probe_group(old))[0]
        await several(stage, 1)
        await stage.step()
    await stage.step()
    assert stage.chat.room.group.chat == messenger.chat
    new, messenger.chat = messenger.chat, old
    await stage.begin()
    messenger.chat = new
    assert stage.chat.room.group.chat == new
    await stage.step()
    assert await stage.press(IRINA, "Approve") == "approved"
    assert (await stage.states()).count("gone") == (1 if told else 2)


async def test_statements_do_not_grow(telegram: Stage) -> None:
    """A turn with nothing to do is three reads; taking up many cases is one statement."""
    with counted(telegram.database) as idle:
        await telegram.step()
    await several(telegram, 200)
    await telegram.step()
    assert (await telegram.states()).count("digest") == 191
    assert len([one for one in idle if one.lstrip().upper().startswith("SELECT")]) == 3
