from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from core.domain.messages import Address, Arrival, TextReceived
from core.domain.privacy import restricted
from core.services.desk.desk import Desk
from core.services.moderation import Approve, Ask, Close, Correct, Merge, Moderation, Note, Refused, Reject, Reply
from core.services.texts import Texts
from core.storage import tables
from core.storage.cases import Elsewhere
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene
from tests.world import KHABAROVSK, SMS, SUBSCRIBER, rules

DAY = timedelta(days=1)


async def test_ask_again(scene: Scene, moderation: Moderation) -> None:
    """The subscriber is asked, the case closes, and his `ДА` takes the very values."""
    reading = await scene.reading()
    outcome = await moderation.decide(await scene.case(reading), Ask(moderator=IRINA, question="Не 577?"))
    assert outcome.action == "asked"
    stored = await scene.row(tables.reading, reading)
    assert (stored["status"], stored["asked_until"]) == ("needs_confirmation", NOW + DAY)
    expected = "Не 577? Ответьте ДА, если верно день 5778, ночь 2542, или пришлите снова."
    assert await scene.messages() == [expected]
    scene.clock.advance(hours=1)
    now = scene.clock.now()
    yes = TextReceived(event_id="1", address=Address("sms", SUBSCRIBER), sent_at=now, text="да")
    await Desk(scene.database, rules(), scene.clock).handle([Arrival(yes, now)])
    assert (await scene.row(tables.reading, reading))["status"] == "accepted"


async def test_ask_and_hear_nothing(scene: Scene, moderation: Moderation) -> None:
    """A plain question needs no words, and silence opens a case anew."""
    await moderation.decide(await scene.case(await scene.reading()), Ask(moderator=IRINA))
    assert (await scene.messages())[0].startswith("Проверьте показания счётчика *5678. Ответьте ДА")
    scene.clock.advance(hours=25)
    assert await Desk(scene.database, rules(), scene.clock).sweep() == 1
    assert [row["kind"] for row in await scene.rows(tables.case)] == ["physical_limit", "unconfirmed"]


async def test_nobody_to_ask(scene: Scene, moderation: Moderation) -> None:
    """Who has blocked us cannot be asked; a decision about his reading stands, and the moderator is told."""
    profile = {"channel": "sms", "external_id": SUBSCRIBER, "heard_at": NOW, "closed_at": NOW}
    await scene.database.write(lambda connection: connection.execute(insert(tables.profile).values(profile)))
    ref = await scene.case(await scene.reading())
    with pytest.raises(Refused, match="cannot be asked: the subscriber has blocked us"):
        await moderation.decide(ref, Ask(moderator=IRINA))
    assert (await moderation.approve(ref, IRINA)).untold == "the subscriber has blocked us"
    assert await scene.messages() == []


async def test_correct_the_meter(scene: Scene, moderation: Moderation) -> None:
    """Values sent for a wrong meter are judged and stored as the right one's, and the subscriber reads which."""
    await scene.with_meter("1234567899", serial="87654321", zones=2, t1=5700, t2=2500)
    right = scene.meter
    await scene.with_meter("5550001112", serial="44443333", zones=2, t1=1, t2=1)
    reading = await scene.reading()
    ref = await scene.case(reading)
    elsewhere = Elsewhere(account="1234567899", serial="8765 4321")
    outcome = await moderation.decide(ref, Correct(moderator=IRINA, elsewhere=elsewhere))
    stored = await scene.row(tables.reading, reading)
    assert (stored["meter_id"], stored["status"], stored["consumption"]) == (right, "accepted", 120)
    assert outcome.serial == "87654321"
    assert "счётчик *4321, день 5778, ночь 2542" in (await scene.messages())[0]


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        (Elsewhere(account="404404"), "no account with this number"),
        (Elsewhere(serial="1111"), "no such meter in use"),
        (Elsewhere(account="1234567899"), "say which meter: 111, 222"),
        (Elsewhere(account="1234567899", serial="111"), "111 has 1 zones"),
        (Elsewhere(account="1234567899", serial="222"), "lower than the previous"),
    ],
)
async def test_correct_to_nowhere(scene: Scene, moderation: Moderation, elsewhere: Elsewhere, why: str) -> None:
    """A meter that is not there, is not the only one, or cannot have these values is refused."""
    reading = await scene.reading()
    ref = await scene.case(reading)
    await scene.with_meter("1234567899", serial="111", zones=1, t2=None)
    row = {"serial": "222", "serial_key": "222", "zones": 2, "t1": 9000, "t2": 9000, "read_on": date(2026, 10, 23)}
    row |= {"id": 5, "account_id": scene.account, "digits": 5, "ratio": 1}
    await scene.database.write(lambda connection: connection.execute(insert(tables.meter).values(row)))
    with pytest.raises(Refused, match=why):
        await moderation.decide(ref, Correct(moderator=IRINA, elsewhere=elsewhere))
    assert (await scene.row(tables.reading, reading))["status"] == "in_review"


async def test_merge(scene: Scene, moderation: Moderation) -> None:
    """Cases of one account become one; the older reading of the same month goes with its case."""
    older = await scene.reading((5777, 2541), ago=timedelta(hours=5))
    first, second = await scene.case(older), await scene.case(await scene.reading())
    words = await scene.case(kind="hand_over", account_id=scene.account)
    with pytest.raises(Refused, match="merge the older into it"):
        await moderation.merge(first, [second], IRINA)
    outcome = await moderation.merge(second, [first, words], IRINA)
    assert (outcome.action, len(outcome.closed_too)) == ("merged", 2)
    states = {row["decision"] for row in await scene.rows(tables.case) if row["state"] == "closed"}
    assert states == {"merged"}
    assert (await scene.row(tables.reading, older))["status"] == "superseded"
    assert (await moderation.picture(second)).case.state == "open"
    assert await scene.messages() == []


async def test_merge_strangers(scene: Scene, moderation: Moderation) -> None:
    """Cases of different people are never one."""
    ref = await scene.case(await scene.reading())
    other = await scene.case(kind="hand_over", external_id="+79990000000")
    with pytest.raises(Refused, match="only open cases of the same account"):
        await moderation.merge(ref, [other], IRINA)


async def test_close_and_note(scene: Scene, moderation: Moderation) -> None:
    """Notes leave a case as it is; closing without words is for cases that nobody's reading waits in."""
    waiting, words = await scene.case(await scene.reading()), await scene.case(kind="hand_over")
    with pytest.raises(Refused, match="its reading waits"):
        await moderation.decide(waiting, Close(moderator=IRINA))
    with pytest.raises(Refused, match="nothing to note"):
        await moderation.decide(words, Note(moderator=IRINA, text=" "))
    await moderation.decide(words, Note(moderator=IRINA, text=" звонила,  не берёт "))
    await moderation.decide(words, Close(moderator=OLEG))
    assert (await moderation.decide(words, Close(moderator=OLEG))).repeated
    assert await scene.actions() == [(IRINA, "noted", "звонила, не берёт"), (OLEG, "closed", "")]
    assert await scene.messages() == []


@pytest.mark.parametrize(
    ("language", "profile", "expected"),
    [
        ("en", None, "Reading not accepted: meter *5678, day 5778, night 2542. Check the number of digits"),
        ("ru", None, "Показания не приняты: счётчик *5678, день 5778, ночь 2542. Проверьте число цифр"),
        ("ru", "en", "Reading not accepted"),
        ("en", "", "Reading not accepted"),
    ],
)
async def test_his_language(
    scene: Scene, moderation: Moderation, language: str, profile: str | None, expected: str
) -> None:
    """A decision is told in the subscriber's language: what he chose, else what he was answered in."""
    if profile is not None:
        row = {"channel": "sms", "external_id": SUBSCRIBER, "heard_at": NOW, "language": profile}
        await scene.database.write(lambda connection: connection.execute(insert(tables.profile).values(row)))
    ref = await scene.case(await scene.reading(), language=language)
    await moderation.decide(ref, Reject(moderator=IRINA, code="digits"))
    assert (await scene.messages())[0].startswith(expected)
    assert await scene.actions() == [(IRINA, "rejected", "digits")]


async def test_canned(scene: Scene, moderation: Moderation) -> None:
    """Canned replies carry the case's figures, and are offered only where it has them."""
    with_meter, without = await scene.case(await scene.reading()), await scene.case(kind="hand_over")
    offered = {item.name: item.text for item in moderation.canned(await moderation.picture(with_meter))}
    assert offered["photo"].startswith("Пришлите, пожалуйста, фото счётчика *5678")
    fewer = {item.name for item in moderation.canned(await moderation.picture(without))}
    assert set(offered) - fewer == {"photo", "verification"}
    with pytest.raises(Refused, match="the case has no meter"):
        await moderation.decide(without, Reply(moderator=IRINA, canned="photo"))
    with pytest.raises(Refused, match="there is no canned reply 'nonsense'; there are accepted, call"):
        await moderation.decide(without, Reply(moderator=IRINA, canned="nonsense"))
    with pytest.raises(Refused, match="there is no reason 'nonsense'"):
        await moderation.decide(with_meter, Reject(moderator=IRINA, code="nonsense"))
    await moderation.decide(without, Reply(moderator=IRINA, canned="call", close=True))
    assert await scene.messages() == ["Позвоните нам, пожалуйста: 8-800-100-37-77."]
    assert {item.name for item in moderation.reasons(await moderation.picture(without))} >= {"digits", "photo"}


async def test_preview_is_the_message(scene: Scene, moderation: Moderation) -> None:
    """A preview shows to the letter what would be sent, refuses what would be refused, and changes nothing."""
    ref = await scene.case(await scene.reading())
    requests = (Approve(moderator=IRINA), Correct(moderator=IRINA, values=(1, 1)))
    shown = await moderation.preview(ref, requests[0])
    with pytest.raises(Refused, match="lower than the previous"):
        await moderation.preview(ref, requests[1])
    for table in (tables.outbox, tables.case_action, tables.audit):
        assert await scene.rows(table) == []
    assert (await moderation.decide(ref, requests[0])).text == shown.text
    assert await scene.messages() == [shown.text]


async def test_audit(scene: Scene, moderation: Moderation) -> None:
    """Who looked, claimed and decided, from where, with the values before and after; no name, no words."""
    reading = await scene.reading()
    ref = await scene.case(reading, text="1234567890 12345678 57780 2542")
    await moderation.look(ref, IRINA)
    await moderation.look(ref, IRINA, reveal=True)
    await moderation.claim(ref, IRINA)
    await moderation.correct(ref, (5780, 2542), IRINA, "сказал по телефону")
    log = await moderation.audit(ref)
    assert [(item.who, item.skin, item.what) for item in log[::-1]] == [
        (IRINA, "cli", what) for what in ("viewed", "revealed", "claimed", "corrected")
    ]
    assert (log[0].old["values"], log[0].new["values"]) == ([5778, 2542], [5780, 2542])
    assert (log[0].old["status"], log[0].new["status"]) == ("in_review", "accepted")
    everything = str(await scene.rows(tables.audit))
    for secret in ("1234567890", SUBSCRIBER, "сказал", "Калинина"):
        assert secret not in everything
    assert [item.what for item in await moderation.audit(who=IRINA, limit=2)] == ["corrected", "claimed"]
    assert [item.what for item in await moderation.audit(limit=9, before=log[2].id)] == ["viewed"]
    assert await moderation.audit(what="rejected") == []


async def test_merge_by_address(scene: Scene, moderation: Moderation) -> None:
    """Where the account is not known, cases of one address can be one."""
    first, second = [await scene.case(kind="hand_over") for _ in range(2)]
    keys = ((await moderation.picture(second)).case.id,)
    assert (await moderation.decide(first, Merge(moderator=IRINA, others=keys))).action == "merged"


async def test_an_operators_own_texts(scene: Scene, tmp_path: Path) -> None:
    """An operator words canned replies anew; what a restricted channel must not carry is refused in them, too."""
    (tmp_path / "ru.ftl").write_text("canned-call = Счёт: https://pay.example/1, { $phones }\n", encoding="utf-8")
    parts: dict[str, Any] = {"branches": {"khb": KHABAROVSK}, "texts": Texts(tmp_path), "clock": scene.clock}
    wide = Moderation(scene.database, capabilities={"sms": SMS}, **parts)
    narrow = Moderation(scene.database, capabilities={"sms": restricted(SMS)}, **parts)
    ref = await scene.case(kind="hand_over")
    with pytest.raises(Refused, match="must not carry a link"):
        await narrow.decide(ref, Reply(moderator=IRINA, canned="call"))
    await wide.decide(ref, Reply(moderator=IRINA, canned="call"))
    assert await scene.messages() == ["Счёт: https://pay.example/1, 8-800-100-37-77"]
