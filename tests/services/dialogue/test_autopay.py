"""Autopay in the pure dialogue: who may agree to it, to what, and how it is seen, skipped and cancelled."""

from dataclasses import replace
from datetime import datetime

import pytest

from core.domain.autopay import Autopay, AutopayTerms, Charge, Mode, Month, State
from core.domain.privacy import restricted
from tests.services.desk.talk import NOON
from tests.services.dialogue.chat import CHANNELS, CHAT, Chat

TERMS = AutopayTerms(providers={"khb": "bank"})
BOTH = pytest.mark.parametrize("channel", ["chat", "sms"])


def chat_with(*names: str, channel: str = "chat", fresh: bool = True, offered: bool = True) -> Chat:
    chat = Chat(*(names or ("one",)), channel=channel)
    chat.rules = replace(chat.rules, autopay=TERMS if offered else AutopayTerms())
    if fresh:
        for links in chat.facts.links.values():
            for link in links:
                link.proved_at = chat.now
    return chat


def agreed(chat: Chat, mode: Mode = Mode.BILLED, at: datetime = NOON) -> Autopay:
    """An autopay in force, with a charge that is announced."""
    (account,) = chat.facts.account_by_id.values()
    autopay = Autopay(
        id=5,
        account_id=account.id,
        account_number=account.number,
        branch="khb",
        provider="bank",
        mode=mode,
        amount=50_000,
        day=10,
        ceiling=200_000,
        state=State.ACTIVE,
        address=chat.address,
        language="ru",
        consent="1",
        consent_at=at,
        label="*4242",
    )
    chat.facts.autopays[account.id] = autopay
    charge = Charge(id=6, autopay_id=5, month=202612, state=Month.NOTICED, due_at=at)
    chat.facts.autopay_charges[5] = charge
    return autopay


def test_agreed_step_by_step() -> None:
    """Mode, day, ceiling, the whole text, then a link whose payment binds the card."""
    chat = chat_with()
    chat.say("автоплатеж")
    chat.press("По счёту")
    assert "От 1 до 28" in chat.reply
    for wrong in ("29", "0"):
        chat.say(wrong)
        assert "От 1 до 28" in chat.reply
    chat.say("10")
    chat.say("5")
    assert "100,00" in chat.reply
    chat.say("2000")
    for part in ("*1101", "10", "2000,00", "за 2 дн"):
        assert part in chat.reply
    decision = chat.press("Согласен")
    (autopay,), (page,) = decision.autopays, decision.payment_pages
    assert (autopay.mode, autopay.day, autopay.ceiling, autopay.amount) == (Mode.BILLED, 10, 200_000, 0)
    assert (autopay.state, autopay.consent, autopay.consent_at) == (State.BINDING, "1", chat.now)
    assert (page.autopay_id, page.amount) == (autopay.id, 98_765)
    assert "/pay/" in decision.link


def test_a_fixed_sum_is_its_own_ceiling() -> None:
    """Mode, sum, day."""
    chat = chat_with()
    for said in ("автоплатеж", "Одна и та же сумма", "700", "3"):
        chat.say(said)
    (autopay,) = chat.say("да").autopays
    assert (autopay.mode, autopay.amount, autopay.ceiling, autopay.day) == (Mode.FIXED, 70_000, 70_000, 3)


def test_only_with_a_fresh_proof() -> None:
    """Who was linked a week ago is asked to prove himself; ten minutes later again, even at the last step."""
    chat = chat_with(fresh=False)
    assert chat.say("автоплатеж").code == "needs_fresh_proof"
    assert "Прислать код" in chat.labels
    late = chat_with()
    for said in ("автоплатеж", "По счёту", "10", "2000"):
        late.say(said)
    late.wait(minutes=11)
    decision = late.press("Согласен")
    assert decision.autopays == []
    assert decision.code == "needs_fresh_proof"


def test_never_by_sms() -> None:
    """The phone on file may look, skip and cancel; agreeing takes a messenger."""
    chat = chat_with(channel="sms")
    decision = chat.say("АВТОПЛАТЕЖ")
    assert decision.autopays == []
    assert "автоплатежа нет" in chat.reply


@BOTH
@pytest.mark.parametrize(("mode", "says"), [(Mode.BILLED, "2000,00"), (Mode.FIXED, "500,00")])
def test_what_is_agreed_is_shown(channel: str, mode: Mode, says: str) -> None:
    """In a chat and by SMS, at L1."""
    chat = chat_with(channel=channel, fresh=False)
    agreed(chat, mode)
    chat.say("автоплатеж")
    assert says in chat.reply
    assert "10" in chat.reply


@BOTH
def test_skipped_in_a_word(channel: str) -> None:
    """Once; then there is nothing more to skip."""
    chat = chat_with(channel=channel, fresh=False)
    agreed(chat)
    assert chat.say("пропустить").autopay_skips == [6]
    assert chat.say("SKIP").autopay_skips == []


def test_skipped_and_cancelled_by_the_buttons_of_an_announcement() -> None:
    """One tap each; a button that somebody made up, or of another's autopay, does nothing."""
    chat = chat_with(fresh=False)
    autopay = agreed(chat)
    assert chat.choose("autopay-skip:7").autopay_skips == []
    assert chat.choose("autopay-skip:6").autopay_skips == [6]
    assert chat.choose("autopay-stop:123456").autopay_stops == []
    assert chat.choose(f"autopay-stop:{autopay.account_id}").autopay_stops == [5]
    assert chat.choose(f"autopay-stop:{autopay.account_id}").autopay_stops == []


@BOTH
def test_cancelled_from_the_status(channel: str) -> None:
    """From any address that may ask about the account, without a fresh proof."""
    chat = chat_with(channel=channel, fresh=False)
    agreed(chat)
    chat.say("автоплатеж")
    decision = chat.press("Отменить автоплатёж") if channel == "chat" else chat.say("2")
    assert decision.autopay_stops == [5]


def test_a_strangers_buttons_do_nothing() -> None:
    """Nobody sees, skips or cancels what is another's."""
    chat = chat_with("foreign")
    autopay = agreed(chat)
    for act in (lambda: chat.say("автоплатеж"), lambda: chat.say("пропустить"), lambda: chat.choose("autopay-skip:6")):
        decision = act()
        assert (decision.autopay_skips, decision.autopays) == ([], [])
        assert "4242" not in chat.reply
    assert chat.choose(f"autopay-stop:{autopay.account_id}").autopay_stops == []


@pytest.mark.parametrize("offered", [True, False])
def test_offered_where_the_provider_can(offered: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """On the account's card, and by its word."""
    chat = chat_with(offered=offered)
    chat.say("счета")
    chat.press("*1101")
    assert ("Автоплатёж" in chat.labels) is offered
    chat.say("автоплатеж")
    assert ("Автоплатежа по вашему счёту нет" in chat.reply) is not offered


def test_a_restricted_channel_refuses_politely() -> None:
    """Neither what is agreed nor a way to agree."""
    chat = chat_with()
    chat.rules = replace(chat.rules, capabilities=CHANNELS | {"chat": restricted(CHAT)})
    agreed(chat)
    chat.say("автоплатеж")
    assert "подключать нельзя" in chat.reply
    assert chat.dialogue is None
