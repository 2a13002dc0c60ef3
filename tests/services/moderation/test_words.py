from datetime import date

import pytest

from core.domain.lengths import segments
from core.domain.privacy import FORGOTTEN, restricted
from core.services.moderation import Moderation, Refused
from core.storage import tables
from tests.services.moderation.scene import IRINA, OLEG, Scene
from tests.world import SMS


@pytest.mark.parametrize("kind", ["hand_over", "failed_event", "undelivered"])
async def test_case_without_reading(scene: Scene, moderation: Moderation, kind: str) -> None:
    """There is nothing to approve or correct; a reply works, and a rejection closes without a message."""
    ref = await scene.case(kind=kind)
    with pytest.raises(Refused, match="no reading to approve; `reply`"):
        await moderation.approve(ref, IRINA)
    with pytest.raises(Refused, match="no reading to correct"):
        await moderation.correct(ref, (1,), IRINA)
    await moderation.reply(ref, "Перезвоним сегодня.", IRINA)
    assert (await scene.row(tables.case))["state"] == "open"
    await moderation.reject(ref, "called", IRINA)
    case = await scene.row(tables.case)
    assert (case["state"], case["decision"]) == ("closed", "closed")
    assert await scene.messages() == ["Перезвоним сегодня."]
    assert await scene.actions() == [(IRINA, "replied", "Перезвоним сегодня."), (IRINA, "closed", "Called")]


async def test_reply_and_close(scene: Scene, moderation: Moderation) -> None:
    """A reply can close the case; the reading in it stays undecided only if there is none."""
    ref = await scene.case(kind="hand_over")
    await moderation.reply(ref, "Всё в порядке.", IRINA, close=True)
    case = await scene.row(tables.case)
    assert (case["state"], case["decision"]) == ("closed", "answered")


async def test_reply_twice(scene: Scene, moderation: Moderation) -> None:
    """The same words again at once are a slip; after a while, or by somebody else, they are meant."""
    ref = await scene.case(kind="hand_over")
    first = await moderation.reply(ref, "Перезвоним.", IRINA)
    again = await moderation.reply(ref, "Перезвоним.", IRINA)
    assert (first.repeated, again.repeated, again.text) == (False, True, first.text)
    assert len(await scene.messages()) == 1
    await moderation.reply(ref, "Перезвоним.", OLEG)
    scene.clock.advance(minutes=11)
    await moderation.reply(ref, "Перезвоним.", OLEG)
    assert len(await scene.messages()) == 3


async def test_words_keep_numbers_short(scene: Scene, moderation: Moderation) -> None:
    """Whatever a moderator writes, the whole numbers of account and meter do not leave by SMS."""
    ref = await scene.case(await scene.reading())
    await moderation.reply(ref, "По счёту 1234567890 счётчик\n12345678   проверим.", IRINA)
    assert await scene.messages() == ["По счёту *7890 счётчик\n*5678 проверим."]


@pytest.mark.parametrize("words", ["", "  \n "])
async def test_nothing_to_say(scene: Scene, moderation: Moderation, words: str) -> None:
    """An empty reply or reason is refused."""
    ref = await scene.case(await scene.reading())
    with pytest.raises(Refused, match="empty"):
        await moderation.reply(ref, words, IRINA)
    with pytest.raises(Refused, match="reason"):
        await moderation.reject(ref, words, IRINA)


async def test_words_too_long(scene: Scene, moderation: Moderation) -> None:
    """Words that do not fit are refused rather than cut: cut short they might say something else."""
    reading = await scene.reading()
    ref = await scene.case(reading)
    with pytest.raises(Refused, match="3 segments, 2 fit"):
        await moderation.reply(ref, "я" * 135, IRINA)
    with pytest.raises(Refused, match="fewer words"):
        await moderation.reject(ref, "слово " * 30, IRINA)
    assert (await scene.row(tables.reading, reading))["status"] == "in_review"


UNFIT = {
    "К оплате 1284,50.": "a sum",
    "Долг 300 руб., оплатите до 25.11.": "a sum",
    "Начислено 1284.50": "a sum",
    "Оплатите на pay.example.ru/1": "a link",
    "Смотрите https://pay.example/1": "a link",
    "Это дом на Калинина?": "the address",
    "Передайте до 25.11, показание 5778, телефон 8-800-100-20-30, г. Хабаровск.": "",
}


@pytest.mark.parametrize("words", sorted(UNFIT))
async def test_restricted_channel_carries_no_personal_data(scene: Scene, words: str) -> None:
    """A sum, a link or the address in a moderator's own words is refused there, and nothing is sent or decided."""
    ref = await scene.case(await scene.reading())
    narrow = scene.moderation(capabilities={"sms": restricted(SMS)})
    if UNFIT[words]:
        for decide in (narrow.reply, narrow.reject):
            with pytest.raises(Refused, match=f"sms must not carry {UNFIT[words]}"):
                await decide(ref, words, IRINA)
        assert (await scene.row(tables.case))["state"] == "open"
        assert await scene.messages() == []
    else:
        await narrow.reply(ref, words, IRINA)
        assert await scene.messages() == [words]


async def test_other_channels_carry_it(scene: Scene, moderation: Moderation) -> None:
    """Where balances may be shown, a moderator may say one."""
    ref = await scene.case(kind="hand_over")
    await moderation.reply(ref, "К оплате 1284,50 руб.", IRINA)
    assert await scene.messages() == ["К оплате 1284,50 руб."]


async def test_every_text_fits(scene: Scene) -> None:
    """The widest meter's outcome fits two parts of an SMS."""
    await scene.with_meter(
        "987654", zones=3, digits=9, t1=1, t2=1, t3=1, serial="12345678901234", read_on=date(2026, 10, 1)
    )
    moderation = scene.moderation()
    widest = (999_999_999,) * 3
    await moderation.correct(await scene.case(await scene.reading(widest)), widest, IRINA, force=True)
    await moderation.reject(await scene.case(await scene.reading(widest, period=202612)), "проверьте цифры", IRINA)
    for text in await scene.messages():
        assert segments(text) <= 2


async def test_channel_not_set_up(scene: Scene) -> None:
    """A decision stands although nobody can carry the news of it, and the moderator is told so."""
    reading = await scene.reading()
    outcome = await scene.moderation(capabilities={}).approve(await scene.case(reading), IRINA)
    assert outcome.untold == "his channel is not set up here"
    assert (await scene.row(tables.reading, reading))["status"] == "accepted"
    assert await scene.messages() == []


async def test_forgotten_subscriber_is_told_nothing(scene: Scene, moderation: Moderation) -> None:
    """The case can be decided; there is nobody to write to, and nobody else's messages are shown in his place."""
    await scene.event("чужое", external_id=FORGOTTEN)
    ref = await scene.case(await scene.reading(external_id=FORGOTTEN), external_id=FORGOTTEN)
    assert (await moderation.picture(ref)).dialogue == ()
    outcome = await moderation.approve(ref, IRINA)
    assert (outcome.text, outcome.untold) == ("", "the subscriber asked to be forgotten")
    assert await scene.messages() == []
