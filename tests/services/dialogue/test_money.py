"""Balance and payment in the pure dialogue: what is owed, what is on its way, and for how much a link is given."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.domain.handovers import digest_of
from core.domain.lengths import segments
from core.domain.orders import Paid, Terms
from core.domain.privacy import restricted
from tests.services.desk.talk import NOON
from tests.services.dialogue.chat import CHANNELS, CHAT, Chat

BOTH = pytest.mark.parametrize("channel", ["chat", "sms"])


def changed(chat: Chat, balance: int | None, balance_date: date | None = date(2026, 11, 1)) -> Chat:
    """The same chat, whose accounts owe that much."""
    facts = chat.facts
    new = {key: replace(each, balance=balance, balance_date=balance_date) for key, each in facts.account_by_id.items()}
    facts.account_by_id = new
    facts.accounts = {key: new[each.id] for key, each in facts.accounts.items()}
    facts.accounts_of_phone = {
        phone: [new[each.id] for each in accounts] for phone, accounts in facts.accounts_of_phone.items()
    }
    return chat


def has_paid(chat: Chat, amount: int, days_ago: float = 1) -> None:
    for key in chat.facts.account_by_id:
        chat.facts.paid[key] = [Paid(amount=amount, paid_at=NOON - timedelta(days=days_ago))]


@BOTH
def test_the_debt_is_proposed(channel: str) -> None:
    """The link is for the account, and its token is in the decision as a digest only."""
    chat = Chat("one", channel=channel)
    decision = chat.say("оплата")
    (page,) = decision.payment_pages
    assert (page.amount, page.expires_at) == (98_765, chat.now + timedelta(hours=24))
    assert "987,65" in chat.reply
    link = decision.link or chat.reply.splitlines()[-1]
    assert link.startswith("https://meterline.example/pay/")
    assert digest_of(link.rpartition("/")[2]) == page.digest


@BOTH
@pytest.mark.parametrize(
    ("balance", "paid", "proposed"),
    [
        (98_765, 0, 98_765),
        (98_765, 50_000, 48_765),
        (98_765, 98_765, None),
        (98_765, 200_000, None),
        (0, 0, None),
        (-100, 0, None),
        (None, 0, None),
        (500, 0, 1_000),
        (99_999_999, 0, 10_000_000),
    ],
)
def test_what_is_proposed(channel: str, balance: int | None, paid: int, proposed: int | None) -> None:
    """What is owed and not on its way already, within the limits; else the subscriber is asked for a sum."""
    chat = changed(Chat("one", channel=channel), balance, date(2026, 11, 1) if balance is not None else None)
    if paid:
        has_paid(chat, paid)
    decision = chat.say("оплата")
    assert [page.amount for page in decision.payment_pages] == ([] if proposed is None else [proposed])
    assert (chat.dialogue is not None and chat.dialogue.step == "payment.sum") is (proposed is None)
    assert proposed is not None or "сумму" in chat.reply


@BOTH
@pytest.mark.parametrize(("typed", "amount"), [("500", 50_000), ("1 234,56 руб", 123_456), ("10", 1_000)])
def test_a_sum_of_ones_own(channel: str, typed: str, amount: int) -> None:
    """As people write sums."""
    chat = changed(Chat("one", channel=channel), 0)
    chat.say("оплата")
    (page,) = chat.say(typed).payment_pages
    assert page.amount == amount
    assert chat.dialogue is None


@BOTH
@pytest.mark.parametrize("typed", ["5", "0", "999999999", "9,99"])
def test_a_sum_beyond_the_limits_is_asked_again(channel: str, typed: str) -> None:
    """With the limits; the question stands."""
    chat = changed(Chat("one", channel=channel), 0)
    chat.say("оплата")
    assert chat.say(typed).payment_pages == []
    assert "10,00" in chat.reply
    assert [page.amount for page in chat.say("500").payment_pages] == [50_000]


@BOTH
@pytest.mark.parametrize("word", ["меню", "нет", "помощь"])
def test_the_way_out_of_the_question(channel: str, word: str) -> None:
    """Nobody has to name a sum."""
    chat = changed(Chat("one", channel=channel), 0)
    chat.say("оплата")
    assert chat.say(word).payment_pages == []
    assert "сумму" not in chat.reply or word == "помощь"


@BOTH
def test_where_nobody_takes_payments(channel: str) -> None:
    """As ever: by the bill, and whom to call."""
    chat = Chat("one", channel=channel)
    for rules in (
        replace(chat.rules, payments=Terms()),
        replace(chat.rules, payments=Terms(providers={"amur": "bank"})),
        replace(chat.rules, identity=replace(chat.rules.identity, public_url="")),
    ):
        chat.rules = rules
        assert chat.say("оплата").payment_pages == []
        assert "по квитанции" in chat.reply
        assert "8-800-100-37-77" in chat.reply


@BOTH
def test_a_stranger_learns_nothing(channel: str) -> None:
    """Neither from the word nor from the word with somebody's account."""
    chat = Chat("one", channel=channel, known=False)
    for said in ("оплата", "оплата 2701001101", "500"):
        decision = chat.say(said)
        assert decision.payment_pages == []
        assert decision.handovers == []
        assert "987" not in chat.reply


def test_a_restricted_channel_hands_over() -> None:
    """A one-time link for each account, and no payment link; nothing of the sum."""
    chat = Chat("one")
    chat.rules = replace(chat.rules, capabilities=CHANNELS | {"chat": restricted(CHAT)})
    decision = chat.say("оплата")
    assert decision.payment_pages == []
    (handover,) = decision.handovers
    assert handover.purpose == "payment"
    assert "/my/" in decision.link
    assert "987" not in chat.reply


@BOTH
def test_the_chosen_account_is_paid(channel: str) -> None:
    """Of several one is chosen; a made-up token of another's account leads nowhere."""
    chat = Chat("one", "two", "foreign", channel=channel)
    chat.say("оплата")
    foreign = next(each.id for each in chat.facts.account_by_id.values() if each.number.endswith("1118"))
    if channel == "chat":
        assert chat.choose(f"account:{foreign}").payment_pages == []
        chat.say("оплата")
        decision = chat.press("*1102")
    else:
        decision = chat.say("2")
    (page,) = decision.payment_pages
    assert chat.facts.account_by_id[page.account_id].number.endswith("1102")


@BOTH
def test_what_is_on_its_way_is_told(channel: str) -> None:
    """In the full text and in the short one."""
    chat = Chat("one", channel=channel)
    has_paid(chat, 50_000)
    assert "500,00" in (chat.say("баланс").reply or "")
    many = Chat("one", "two", "three", "pair", "renamed", "transformer", channel=channel)
    has_paid(many, 50_000)
    many.say("баланс")
    assert many.reply.count("500,00") >= 1
    assert channel == "chat" or segments(many.reply) <= 2


@BOTH
@pytest.mark.parametrize(("day", "is_stale"), [(date(2026, 11, 1), False), (date(2026, 10, 17), True)])
def test_an_old_balance_says_that_it_is_old(channel: str, day: date, is_stale: bool) -> None:  # noqa: FBT001 - a column
    """After 35 days; a payment of before the balance's day is in the balance."""
    chat = changed(Chat("one", channel=channel), 98_765, day)
    has_paid(chat, 50_000, days_ago=60)
    chat.say("баланс")
    assert ("Свежих сведений" in chat.reply) is is_stale
    assert "500,00" not in chat.reply


def test_a_card_below_a_picture_is_refused() -> None:
    """A caption is a text like any other: neither it nor the picture's payload is kept, and no case is opened."""
    chat = Chat("one")
    chat.picture("оплатите с карты 4111 1111 1111 1111")
    decision = chat.decision
    assert (decision.code, decision.text, decision.keep_raw) == ("card_number", "************1111", False)
    assert decision.cases == []
    assert "4111" not in chat.reply
