"""What a reply says when billing has told its own sum: everywhere ours stood, and nothing else changes."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.calculations import Calculated, Calculation, Item, Told, Usage
from core.domain.lengths import segments
from core.domain.orders import Paid
from core.domain.privacy import restricted
from core.services.calculating import stored
from core.services.desk.scene import Policy
from tests.services.dialogue.chat import CHANNELS, Chat
from tests.services.dialogue.test_estimates import chat

ASKED = Usage("31002201", (5200,), date(2026, 11, 22))
READING = "2701001101 31002201 5200"
PARTS = (Item("По счётчику", 120_000), Item("Льгота", -20_000))
PAY = "Да, и оплатить"


def talk(*said: str, prices: str = "ranges", **options: Any) -> Chat:
    """A conversation in a branch whose billing can be asked; `said` are words, or labels of buttons."""
    open_ = chat("one", prices=prices, **options)
    open_.rules = replace(open_.rules, calculated=frozenset({"khb"}))
    for number, words in enumerate(said):
        if number and words in open_.labels:
            open_.press(words)
        else:
            open_.say(words)
    return open_


def wanted(open_: Chat) -> Calculation:
    """What billing is to be asked about the last reply."""
    calculation = open_.decision.calculation
    assert calculation is not None
    return calculation


def retold(open_: Chat, **said: Any) -> Told:
    """The last reply once billing has answered; a charge of 1000 roubles unless said otherwise."""
    return wanted(open_).retell(stored(open_.decision), Calculated(**{"charge": 100_000} | said))


ACCEPTED = ("Принято", "в счёте сумма может отличаться")
SAID: dict[str, tuple[tuple[str, ...], str]] = {
    "one line": ((READING,), "Предварительно 1000,00 руб., в счёте сумма может отличаться."),
    "step by step": (("показания", "5200"), "предварительно 1000,00 руб., за ноябрь. Верно?"),
    "accepted": (("показания", "5200", "Да"), "Предварительно 1000,00 руб., в счёте сумма может отличаться."),
    "yes to a large one": (("2701001101 31002201 8000", "да"), "Предварительно 1000,00 руб."),
    "and pay": (("показания", "5200", PAY), "предварительно к оплате 1987,65 руб."),
    "pay below": ((READING, "Оплатить"), "предварительно к оплате 1987,65 руб."),
    "the debt": ((READING, "оплата"), "С последними показаниями предварительно 1987,65 руб."),
}


@pytest.mark.parametrize("name", SAID)
def test_billings_sum_takes_the_place_of_ours(name: str) -> None:
    """One sum in the reply, billing's; the text around it is the same letter by letter, and so are the buttons."""
    said, expected = SAID[name]
    open_ = talk(*said)
    told = retold(open_)
    assert expected in told.text
    assert told.buttons == open_.decision.buttons
    assert (told.link, told.link_label) == (open_.decision.link, open_.decision.link_label)
    assert told.text.split("\n\n")[0] == _with_sum(open_.reply.split("\n\n")[0], expected)


def _with_sum(ours: str, expected: str) -> str:
    """Our reply with the sum that billing names."""
    mine, theirs = (re.findall(r"(?<= )[0-9]+,[0-9]{2}(?= руб)", text)[-1] for text in (ours, expected))
    return ours.replace(mine, theirs)


@pytest.mark.parametrize("name", SAID)
def test_billing_is_asked_what_was_read(name: str) -> None:
    """The account's number, the meter's, the values and their day; and what our lists make of it."""
    open_ = talk(*SAID[name][0])
    calculation = wanted(open_)
    values = (8000,) if name == "yes to a large one" else (5200,)
    assert calculation.question.account == "2701001101"
    assert calculation.question.meters == (replace(ASKED, values=values),)
    assert calculation.ours is not None


def test_several_meters_are_asked_about_together() -> None:
    """A link is for all of an account's readings that billing has not taken."""
    open_ = chat("pair", prices="flat")
    open_.rules = replace(open_.rules, calculated=frozenset({"khb"}))
    open_.say("2701001104 31002204 5200")
    open_.say("2701001104 31002205 750 330")
    open_.press("Оплатить")
    assert [usage.serial for usage in wanted(open_).question.meters] == ["31002204", "31002205"]


def test_the_page_proposes_what_the_reply_says() -> None:
    """The sum of the page changes with the text; of the debt's page it does not."""
    open_ = talk("показания", "5200", PAY)
    (page,) = open_.decision.payment_pages
    told = retold(open_)
    assert (told.digest, told.amount) == (page.digest, 198_765)
    assert retold(talk(READING, "оплата")).digest == ""


OWED = {
    "the charge and the debt": ({}, "1987,65"),
    "all that is owed": ({"to_pay": 150_050}, "1500,50"),
    "less what it cannot know": ({"to_pay": 150_050, "to_pay_on": date(2026, 11, 20)}, "1300,50"),
    "with what it knows": ({"to_pay": 150_050, "to_pay_on": date(2026, 11, 22)}, "1500,50"),
}


@pytest.mark.parametrize("name", OWED)
def test_what_is_owed_is_billings_to_say(name: str) -> None:
    """The sum to pay where it names one; a payment of the day of its books or later is not in them."""
    said, expected = OWED[name]
    open_ = talk(READING)
    account = next(iter(open_.facts.account_by_id.values()))
    if name not in {"the charge and the debt", "all that is owed"}:
        open_.facts.paid[account.id] = [Paid(amount=20_000, paid_at=open_.now.replace(day=21))]
    open_.press("Оплатить")
    assert f"к оплате {expected} руб." in retold(open_, **said).text


@pytest.mark.parametrize("said", [{"to_pay": 0}, {"to_pay": -5_000}])
def test_nothing_may_be_left_to_pay(said: dict[str, int]) -> None:
    """Then the reply says so, and the page proposes nothing, not the debt either."""
    told = retold(talk("показания", "5200", PAY), **said)
    assert "вместе с ними платить сейчас нечего" in told.text
    assert (told.amount, told.digest != "") == (0, True)


def test_the_debts_reply_says_no_more_of_readings_that_cost_nothing() -> None:
    """And offers no button to pay for them."""
    told = retold(talk(READING, "оплата"), to_pay=0)
    assert "С последними показаниями" not in told.text
    assert "987,65" in told.text
    assert not [button for row in told.buttons for button in row if button.token == "pay-readings"]


def test_no_button_leads_in_a_circle() -> None:
    """Our lists see a credit that covers all, billing does not: its sum is said, and no link for it is offered."""
    told = retold(talk(READING, "оплата", account={"balance": -200_000}), to_pay=15_000)
    assert told.text.endswith("С последними показаниями предварительно 150,00 руб.")
    assert [button.label for row in told.buttons for button in row] == ["Меню"]


BELOW: dict[str, tuple[dict[str, Any], str, list[str], str]] = {
    "a reading that waits for yes": ({}, "2701001101 31002201 8000", ["Да", "Нет"], ""),
    "the sum to pay": (
        {"balance": 0},
        "",
        ["Меню"],
        "\nНапишите сумму в рублях, от 10,00 до 100000,00. Пример: 987,65",
    ),
}


@pytest.mark.parametrize("name", BELOW)
def test_what_else_is_asked_stays(name: str) -> None:
    """Of a payment asked for in one line, below which a question stands: the sum changes, text and buttons do not."""
    account, asked, labels, behind = BELOW[name]
    open_ = talk(READING, *([asked] if asked else []), "оплата 2701001101", account=account)
    told = retold(open_)
    assert open_.labels == labels
    assert told.buttons == open_.decision.buttons
    assert (
        told.text
        == _with_sum(open_.reply.removesuffix(behind), " 1000,00 руб." if account else " 1987,65 руб.") + behind
    )
    assert bool(told.link) == (not account)


def test_what_the_sum_is_made_of_is_in_billings_words() -> None:
    """In the place of our lines; a benefit is below zero."""
    told = retold(talk("показания", "5200"), items=PARTS)
    assert told.text.split("Верно?\n\nИз чего сумма:\n")[1] == "По счётчику: 1200,00\nЛьгота: -200,00"


@pytest.mark.parametrize(
    ("prices", "said", "expected"),
    [
        ("norm", (READING,), "Предварительно 1000,00 руб., в счёте сумма может отличаться."),
        ("norm", ("показания", "5200"), "предварительно 1000,00 руб., за ноябрь. Верно?"),
    ],
)
def test_billing_tells_what_our_lists_do_not(prices: str, said: tuple[str, ...], expected: str) -> None:
    """A norm for each resident of an unknown number: we say nothing, and billing does."""
    open_ = talk(*said, prices=prices)
    assert "редварительно" not in open_.reply
    assert wanted(open_).ours is None
    assert expected in retold(open_).text


def test_a_question_below_an_answer_stays() -> None:
    """A reading in one line while another is asked about: the sum goes into its answer, and the question stands."""
    open_ = talk("показания", "баланс")
    assert open_.decision.calculation is None
    open_ = chat("one", "two", prices="flat")
    open_.rules = replace(open_.rules, calculated=frozenset({"khb"}))
    open_.say("показания")
    open_.say(READING)
    before, question = open_.reply.split("отличаться.")
    assert question
    assert retold(open_).text == f"{before.replace('1076,00', '1000,00')}отличаться.{question}"


def test_who_is_handed_over_reads_that() -> None:
    """The last of many texts that nobody understood is answered by that, and not by the question it stood below."""
    open_ = talk("показания", "5200")
    open_.rules = replace(open_.rules, policy=Policy(messages_per_hour=100, format_errors_per_day=2))
    assert open_.say("абракадабра").calculation is not None
    assert open_.say("абракадабра").code == "hand_over"
    assert open_.decision.calculation is None


SILENT = {
    "a branch whose billing cannot be asked": {"branches": frozenset[str]()},
    "a stranger": {"known": False},
    "a restricted channel": {"restricted": True},
}


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("said", [(READING,), ("показания", "5200"), (READING, "оплата"), ("баланс",)])
def test_billing_is_not_asked(name: str, said: tuple[str, ...]) -> None:
    """Where nothing may be told there is nothing to ask."""
    options: dict[str, Any] = SILENT[name]
    open_ = chat("one", known=options.get("known", True))
    open_.rules = replace(open_.rules, calculated=options.get("branches", frozenset({"khb"})))
    if "restricted" in options:
        open_.rules = replace(open_.rules, capabilities={key: restricted(can) for key, can in CHANNELS.items()})
    for words in said:
        open_.say(words)
        assert open_.decision.calculation is None


@pytest.mark.parametrize("charge", [0, 100, 99_999_999])
@pytest.mark.parametrize("said", [(READING,), ("показания", "5200"), ("показания", "5200", "да"), (READING, "оплата")])
def test_no_sms_takes_another_part(charge: int, said: tuple[str, ...]) -> None:
    """A longer sum is left out rather than paid for with another part."""
    open_ = talk(*said, channel="sms")
    if open_.decision.calculation is not None:
        assert segments(retold(open_, charge=charge).text) <= segments(open_.reply)
