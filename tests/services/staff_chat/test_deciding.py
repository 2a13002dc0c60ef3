"""From a new case to the subscriber's answer, through a group of a messenger."""

import pytest

from core.domain.staff import Role
from core.services.staff_chat import Links
from core.storage import tables
from core.storage.database import Unavailable
from core.storage.staff import change
from tests.services.staff_chat.stage import IRINA, OLEG, STRANGER, Stage

APPROVE = [["Approve", "Reject"], ["Open"]]


async def test_a_case_is_posted_and_approved(stage: Stage) -> None:
    """Posted with the least; a linked person approves; the subscriber is told, the post changed, the skin noted."""
    await stage.link("irina", IRINA)
    ref = await stage.doubtful()
    await stage.step()
    ((text, buttons),) = stage.messenger.posts()
    assert text.splitlines() == [
        f"Case {ref}: beyond the limit",
        "Opened 22.11. 11:59, to be decided by 23.11. 11:59",
        "Account *7890",
        "Reading 57780 / 2542",
        "Consumption 553 kWh",
    ]
    assert buttons == APPROVE
    assert await stage.press(IRINA, "Approve") == "approved"
    assert "проверил и принял" in (await stage.scene.messages())[0]
    await stage.step()
    ((text, buttons),) = stage.messenger.posts()
    assert text.splitlines() == [f"Case {ref}: beyond the limit", "approved by irina at 22.11. 12:00"]
    assert buttons == [["Open"]]
    log = [(row["who"], row["what"], row["skin"]) for row in await stage.scene.rows(tables.audit)]
    assert log == [("irina", "approved", "chat")]


async def test_a_reason_is_asked_for(stage: Stage) -> None:
    """Reject shows the reasons, back hides them, and a reason rejects; the subscriber reads it."""
    await stage.link("irina", IRINA)
    await stage.doubtful()
    await stage.step()
    assert await stage.press(IRINA, "Reject") == ""
    await stage.step()
    assert stage.messenger.posts()[0][1] == [
        ["Wrong number of digits", "Less than before"],
        ["Meter was removed", "Too much"],
        ["Photo needed", "Photo unreadable"],
        ["Back"],
    ]
    await stage.press(IRINA, "Back")
    await stage.step()
    assert stage.messenger.posts()[0][1] == APPROVE
    await stage.press(IRINA, "Reject")
    await stage.step()
    assert await stage.press(IRINA, "Photo needed") == "rejected"
    await stage.step()
    assert "rejected by irina" in stage.texts()[0]
    assert "фото" in (await stage.scene.messages())[0]


async def test_decided_elsewhere(stage: Stage) -> None:
    """A decision on the page changes the post; whoever presses in between hears who decided, and when."""
    await stage.link("irina", IRINA)
    ref = await stage.doubtful()
    await stage.step()
    await stage.scene.moderation().approve(ref, "oleg")
    press = await stage.messenger.press(IRINA, "Approve")
    await stage.step()
    assert stage.messenger.told(press).startswith("already decided by oleg at 22.11. 12:00")
    await stage.step()
    assert "approved by oleg" in stage.texts()[0]
    assert len(await stage.scene.messages()) == 1


async def test_the_reasons_of_a_decided_case(stage: Stage) -> None:
    """Who asks for the reasons too late decides nothing, and hears who did."""
    await stage.link("irina", IRINA)
    ref = await stage.doubtful()
    await stage.step()
    await stage.scene.moderation().reject(ref, "не то", "oleg")
    press = await stage.messenger.press(IRINA, "Reject")
    await stage.step()
    assert stage.messenger.told(press).startswith("already decided by oleg")


async def test_a_held_case(stage: Stage) -> None:
    """What a colleague works on is his; the post stays as it is."""
    await stage.link("irina", IRINA)
    ref = await stage.doubtful()
    await stage.step()
    await stage.scene.moderation().claim(ref, "oleg")
    assert await stage.press(IRINA, "Approve") == "oleg works on it until 22.11. 12:15"
    await stage.step()
    assert stage.messenger.posts()[0][1] == APPROVE


async def test_a_changed_case(stage: Stage) -> None:
    """A post that shows an older case decides nothing, and is brought up to date."""
    await stage.link("irina", IRINA)
    ref = await stage.doubtful()
    await stage.step()
    key = (await stage.scene.moderation().find(ref)).id
    table = tables.case
    await stage.database.write(lambda connection: connection.execute(table.update().values(version=7)))
    assert await stage.press(IRINA, "Approve") == "The case has changed since you saw it. Look at it again."
    await stage.step()
    assert await stage.press(IRINA, "Approve") == "approved"
    assert (await stage.scene.moderation().picture(ref)).case.id == key


async def test_the_same_press_twice(stage: Stage) -> None:
    """A second delivery, or a second finger, decides nothing more."""
    await stage.link("irina", IRINA)
    await stage.link("oleg", OLEG)
    await stage.doubtful()
    await stage.step()
    presses = [await stage.messenger.press(who, "Approve") for who in (IRINA, IRINA, OLEG)]
    await stage.step()
    told = [stage.messenger.told(press) for press in presses]
    assert told[:2] == ["approved", "approved"]
    assert told[2].startswith("already decided by irina")
    assert len(await stage.scene.messages()) == 1
    assert len([row for row in await stage.scene.rows(tables.audit) if row["what"] == "approved"]) == 1


@pytest.mark.parametrize(
    ("role", "columns", "told"),
    [
        (Role.OPERATOR, {}, "You may not decide cases."),
        (Role.AUDITOR, {}, "You may not decide cases."),
        (Role.MODERATOR, {"branches": ["amur"]}, "This case is another branch's."),
        (None, {}, "You are not linked."),
    ],
)
async def test_who_may_not(stage: Stage, role: Role | None, columns: dict[str, object], told: str) -> None:
    """Whoever is not linked, or whose role or branch it is not, changes nothing and is told why, alone."""
    if role is not None:
        await stage.link("irina", IRINA, role, **columns)
    await stage.doubtful()
    await stage.step()
    assert (await stage.press(IRINA, "Approve")).startswith(told)
    assert await stage.scene.rows(tables.audit) == []
    assert await stage.scene.messages() == []
    assert stage.messenger.posts()[0][1] == APPROVE


async def test_a_disabled_person(stage: Stage) -> None:
    """Who was disabled after he was linked decides nothing."""
    member = await stage.link("irina", IRINA)
    await stage.doubtful()
    await stage.step()
    now = stage.clock.now()
    await stage.database.write(lambda connection: change(connection, member.id, {"disabled_at": now}))
    assert await stage.press(IRINA, "Approve") == "Your access is closed."
    assert await stage.scene.messages() == []


@pytest.mark.parametrize("token", ["a.1.0", "x.1.0.digits", "menu", "a.99999999999999999999.1", "a.1.0;drop"])
async def test_forged_tokens(stage: Stage, token: str) -> None:
    """A token that we never made, or of a case that there is not, is answered and does nothing."""
    await stage.link("irina", IRINA)
    await stage.doubtful()
    await stage.step()
    press = await stage.messenger.press_old(IRINA, 0, token)
    await stage.step()
    assert stage.messenger.told(press) == "There is no such case."
    assert await stage.scene.messages() == []


async def test_a_code_links_once(stage: Stage) -> None:
    """A code works once and in time, in private too; the newest counts; a link can be taken back."""
    member = await stage.hire("irina")
    links = Links(stage.database, stage.clock, stage.messenger.name)
    old, code = await links.offer(member), await links.offer(member)
    for text in (old.text, code.text, code.text):
        await stage.messenger.write(IRINA, f"/link {text.lower()}", privately=True)
        await stage.step()
    bad = "The code is wrong or too old. Get a new one on the page My account."
    assert stage.messenger.said_to(IRINA) == [bad, "Linked: irina", bad]
    assert await links.since(member) is not None
    late = await links.offer(member)
    stage.clock.advance(minutes=11)
    await stage.messenger.write(STRANGER, f"/link {late.text}", privately=True)
    await stage.step()
    assert stage.messenger.said_to(STRANGER) == [bad]
    assert await links.end(member)
    assert not await links.end(member)
    assert await links.since(member) is None
    assert stage.passed_on == []


async def test_what_else_is_said(stage: Stage) -> None:
    """The dialogue of subscribers runs in their own chats as before, and never in the group."""
    await stage.messenger.write(IRINA, "1234567890 12345678 5778")
    assert stage.passed_on == []
    await stage.messenger.write(IRINA, "помощь", privately=True)
    assert [type(event).__name__ for event in stage.passed_on] == ["TextReceived"]


async def test_the_database_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press that could not be stored is delivered again, and decides then."""
    await stage.link("irina", IRINA)
    await stage.doubtful()
    await stage.step()
    decide = stage.chat.presses._moderation.decide
    times = iter([Unavailable("away")])

    async def once(*arguments: object, **more: object) -> object:
        for error in times:
            raise error
        return await decide(*arguments, **more)  # type: ignore[arg-type] # whatever was given

    monkeypatch.setattr(stage.chat.presses._moderation, "decide", once)
    await stage.messenger.press(IRINA, "Approve")
    await stage.step()
    assert stage.statuses[-2:] == [503, 200]
    assert len(await stage.scene.messages()) == 1


async def test_nothing_personal(stage: Stage) -> None:
    """No address, phone, whole account or word of the subscriber; where the law forbids more, no figures either."""
    await stage.doubtful(text="Меня зовут Мария, 1234567890")
    await stage.step()
    (text,) = stage.texts()
    for hidden in ("1234567890", "Калинина", "914", "Мария"):
        assert hidden not in text
    await stage.begin(shows_figures=False)
    await stage.scene.case(opened_at=stage.clock.now())
    ref = await stage.doubtful()
    await stage.step()
    text, buttons = next(post for post in stage.messenger.posts() if ref in post[0])
    assert len(text.splitlines()) == 2
    assert buttons == [["Open"]]
