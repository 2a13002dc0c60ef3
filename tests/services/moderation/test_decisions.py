from datetime import timedelta
from typing import Any

import pytest

from core.services.moderation import AlreadyDecided, Moderation, Refused
from core.storage import tables
from core.storage.store import REPLY_EXPIRES
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene
from tests.world import SUBSCRIBER

DAY = timedelta(days=1)


@pytest.mark.parametrize("kind", ["physical_limit", "rollover", "verification_expired", "correction_after_export"])
async def test_approve(scene: Scene, moderation: Moderation, kind: str) -> None:
    """An approved reading is accepted, the case is closed, and the subscriber is told once."""
    reading = await scene.reading(code=kind)
    ref = await scene.case(reading, kind=kind)
    outcome = await moderation.approve(ref, IRINA)
    stored = await scene.row(tables.reading, reading)
    assert (stored["status"], stored["code"], stored["decided_by"]) == ("accepted", kind, IRINA)
    case = await scene.row(tables.case)
    assert (case["state"], case["decision"], case["decided_by"]) == ("closed", "approved", IRINA)
    assert case["closed_at"] == NOW
    message = await scene.row(tables.outbox)
    assert message["text"] == outcome.text
    assert "*5678" in message["text"]
    assert "день 5778, ночь 2542" in message["text"]
    assert "ноябрь" in message["text"]
    assert ref in message["text"]
    action = await scene.row(tables.case_action)
    assert (action["moderator"], action["action"], action["outbox_id"]) == (IRINA, "approved", message["id"])


async def test_message_is_a_reply(scene: Scene, moderation: Moderation) -> None:
    """The outcome goes to the channel and address of the case, before broadcasts, and expires after three days."""
    await moderation.approve(await scene.case(await scene.reading()), IRINA)
    message = await scene.row(tables.outbox)
    assert (message["channel"], message["external_id"]) == ("sms", SUBSCRIBER)
    assert (message["state"], message["priority"], message["attempts"]) == ("queued", 0, 0)
    assert (message["created_at"], message["due_at"]) == (NOW, NOW)
    assert message["expires_at"] == NOW + REPLY_EXPIRES


async def test_approve_what_waits_for_an_answer(scene: Scene, moderation: Moderation) -> None:
    """A moderator may accept what the subscriber was asked about; a late ДА then finds nothing to confirm."""
    reading = await scene.reading(status="needs_confirmation", code="x10", typed="57780 2542", asked_until=NOW + DAY)
    await moderation.approve(await scene.case(reading, kind="unconfirmed"), IRINA)
    stored = await scene.row(tables.reading, reading)
    assert (stored["status"], stored["typed"], stored["asked_until"]) == ("accepted", "57780 2542", None)


async def test_approve_replaces_older_ones(scene: Scene, moderation: Moderation) -> None:
    """Older readings of the same month give way, accepted or waiting, and nobody need decide about them any more."""
    accepted = await scene.reading((5700, 2500), status="accepted", ago=DAY)
    waiting = await scene.reading((5710, 2510), ago=DAY / 2)
    other = await scene.case(waiting)
    last_month = await scene.reading((5600, 2400), status="accepted", period=202610, ago=30 * DAY)
    reading = await scene.reading()
    ref = await scene.case(reading)
    outcome = await moderation.approve(ref, IRINA)
    states = {row["id"]: row["status"] for row in await scene.rows(tables.reading)}
    expected = {accepted: "superseded", waiting: "superseded", last_month: "accepted", reading: "accepted"}
    assert states == expected
    assert [case.reference for case in outcome.closed_too] == [other]
    assert {row["decision"] for row in await scene.rows(tables.case)} == {"approved", "superseded"}
    assert (IRINA, "superseded", f"replaced by {ref}") in await scene.actions()
    assert len(await scene.messages()) == 1


async def test_exported_stays(scene: Scene, moderation: Moderation) -> None:
    """What billing has stays as billing has it; the new one is accepted beside it, under a code that says so."""
    exported = await scene.reading((5700, 2500), status="exported", ago=DAY)
    reading = await scene.reading()
    await moderation.approve(await scene.case(reading), IRINA)
    states = {row["id"]: (row["status"], row["code"]) for row in await scene.rows(tables.reading)}
    assert states[exported] == ("exported", "physical_limit")
    assert states[reading] == ("accepted", "correction_after_export")


@pytest.mark.parametrize("status", ["accepted", "exported"])
async def test_newer_values_win(scene: Scene, moderation: Moderation, status: str) -> None:
    """The latest sent wins: older values cannot come back by an approval, and the refusal says what counts."""
    reading = await scene.reading()
    await scene.reading((5800, 2550), status=status, ago=timedelta(hours=1))
    ref = await scene.case(reading)
    with pytest.raises(Refused, match=r"newer values on 22\.11 11:00, 5800 / 2550"):
        await moderation.approve(ref, IRINA)
    assert (await scene.row(tables.case))["state"] == "open"
    assert await scene.messages() == []


@pytest.mark.parametrize(
    ("meter", "values", "consumption"),
    [
        ({"zones": 2, "t1": 5466, "t2": 2301}, (5778, 2542), 312 + 241),
        ({"zones": 1, "t1": 99870}, (115,), 245),
        ({"zones": 1, "t1": 1000, "ratio": 30}, (1100,), 3000),
        ({"zones": 3, "t1": 100, "t2": 200, "t3": 300}, (101, 202, 303), 6),
        ({"zones": 1, "t1": 5466}, (5466,), 0),
        ({"zones": 1, "digits": 6, "t1": 99_990}, (100_090,), 100),
    ],
)
async def test_correct(scene: Scene, meter: dict[str, Any], values: tuple[int, ...], consumption: int) -> None:
    """Corrected values are stored with their own consumption, and what was sent is kept beside them."""
    await scene.with_meter("987654", **({"t2": None, "t3": None} | meter))
    reading = await scene.reading((99,) * len(values), consumption=None)
    outcome = await scene.moderation().correct(await scene.case(reading), values, IRINA, "by  telephone")
    stored = await scene.row(tables.reading, reading)
    assert tuple(value for value in (stored["t1"], stored["t2"], stored["t3"]) if value is not None) == values
    assert (stored["status"], stored["consumption"], stored["decided_by"]) == ("accepted", consumption, IRINA)
    assert stored["typed"] == " ".join(["99"] * len(values))
    written = " ".join(map(str, values))
    assert await scene.actions() == [(IRINA, "corrected", f"{written}: by telephone")]
    assert await scene.messages() == [outcome.text]
    assert "исправил" in outcome.text


async def test_correct_compares_with_the_last_accepted(scene: Scene, moderation: Moderation) -> None:
    """The consumption counts from the last month accepted, not from an older bill."""
    await scene.reading((5700, 2500), status="accepted", period=202610, ago=20 * DAY)
    reading = await scene.reading()
    await moderation.correct(await scene.case(reading), (5710, 2505), IRINA)
    assert (await scene.row(tables.reading, reading))["consumption"] == 15


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((5778,), "2 zones"),
        ((5778, 2542, 1), "2 zones"),
        ((100_000, 2542), "5 digits"),
        ((-1, 2542), "5 digits"),
        ((5000, 2542), "lower than the previous 5466 / 2301.*--force"),
        ((57780, 2542), "52555 kWh.*--force"),
    ],
)
async def test_correct_refuses(scene: Scene, moderation: Moderation, values: tuple[int, ...], why: str) -> None:
    """Values that cannot be, or look wrong themselves, are refused and leave everything as it was."""
    reading = await scene.reading()
    ref = await scene.case(reading)
    with pytest.raises(Refused, match=why):
        await moderation.correct(ref, values, IRINA)
    assert (await scene.row(tables.reading, reading))["status"] == "in_review"
    assert await scene.actions() == []


async def test_correct_by_force(scene: Scene, moderation: Moderation) -> None:
    """A moderator who knows better may store doubtful values."""
    reading = await scene.reading()
    await moderation.correct(await scene.case(reading), (57780, 2542), IRINA, force=True)
    assert (await scene.row(tables.reading, reading))["consumption"] == 52_555


async def test_reject(scene: Scene, moderation: Moderation) -> None:
    """A rejected reading does not count, and the subscriber reads why, as a sentence."""
    reading = await scene.reading()
    await moderation.reject(await scene.case(reading), " проверьте  номер счётчика. ", IRINA)
    stored = await scene.row(tables.reading, reading)
    assert (stored["status"], stored["decided_by"], stored["t1"]) == ("rejected", IRINA, 5778)
    assert (await scene.row(tables.case))["decision"] == "rejected"
    expected = "Показания не приняты: счётчик *5678, день 5778, ночь 2542. Проверьте номер счётчика."
    assert await scene.messages() == [expected]


@pytest.mark.parametrize("status", ["superseded", "withdrawn", "accepted", "exported"])
async def test_reading_that_does_not_wait(scene: Scene, moderation: Moderation, status: str) -> None:
    """A case whose reading was settled elsewhere can only be closed, silently."""
    reading = await scene.reading(status=status)
    ref = await scene.case(reading)
    with pytest.raises(Refused, match=f"it is {status}"):
        await moderation.approve(ref, IRINA)
    await moderation.reject(ref, "settled", IRINA)
    assert (await scene.row(tables.reading, reading))["status"] == status
    assert (await scene.row(tables.case))["decision"] == "closed"
    assert await scene.messages() == []


@pytest.mark.parametrize("decision", ["approve", "correct", "reject", "close"])
async def test_repeats(scene: Scene, moderation: Moderation, decision: str) -> None:
    """The same decision again gives the same answer, and nothing twice; another one learns who was first."""
    reading = await scene.reading()
    ref = await scene.case(reading)

    async def decide(moderator: str) -> Any:
        if decision == "approve":
            return await moderation.approve(ref, moderator)
        if decision == "correct":
            return await moderation.correct(ref, (5780, 2542), moderator)
        if decision == "reject":
            return await moderation.reject(ref, "проверьте", moderator)
        return await moderation.reply(ref, "Спасибо.", moderator, close=True)

    first = await decide(IRINA)
    scene.clock.advance(hours=1)
    again = await decide(IRINA)
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.action, again.text) == (first.action, first.text)
    with pytest.raises(AlreadyDecided, match=rf"already decided by irina at 22\.11\.2026 12:00: {first.action}"):
        await decide(OLEG)
    with pytest.raises(AlreadyDecided):
        await moderation.correct(ref, (1, 2), IRINA)
    assert len(await scene.messages()) == len(await scene.actions()) == 1


@pytest.mark.parametrize("name", ["", "x" * 61])
async def test_nameless_moderator(scene: Scene, moderation: Moderation, name: str) -> None:
    """A decision has a name that fits its column."""
    with pytest.raises(Refused, match="1 to 60"):
        await moderation.approve(await scene.case(await scene.reading()), name)
