"""What readings would cost: to whom it is said, where, and that it costs no part of an SMS."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.lengths import segments
from core.domain.privacy import restricted
from tests import world
from tests.domain.test_estimate import LISTS
from tests.services.dialogue.chat import CHANNELS, Chat

SUM = "Предварительно"


def chat(*names: str, prices: str = "ranges", account: dict[str, Any] | None = None, **options: Any) -> Chat:
    """A conversation in a branch with price lists; `account` are columns of the first account."""
    talk = Chat(*names, **options)
    talk.rules = replace(
        talk.rules, branches={"khb": replace(world.KHABAROVSK, tariffs=LISTS[prices] if prices else None)}
    )
    first = next(iter(talk.facts.account_by_id.values()))
    changed = replace(first, **account or {})
    talk.facts.account_by_id[first.id] = changed
    talk.facts.accounts[changed.number] = changed
    of_phone = talk.facts.accounts_of_phone
    of_phone[world.SUBSCRIBER] = [changed if item.id == first.id else item for item in of_phone[world.SUBSCRIBER]]
    return talk


def test_it_is_told_before_and_after() -> None:
    """In the guided submission, beside the consumption, and once more when the reading is accepted."""
    talk = chat("one")
    talk.say("показания")
    talk.say("5200")
    assert "Расход 200 кВт·ч, предварительно 1162,50 руб., за ноябрь" in talk.reply
    talk.press("Да")
    assert talk.reply.endswith(f"{SUM} 1162,50 руб., в счёте сумма может отличаться.")


def test_it_is_told_in_english() -> None:
    """The same words of caution."""
    talk = chat("one")
    talk.say("submit readings")
    talk.say("5200")
    assert "preliminary sum 1162,50 RUB" in talk.reply
    talk.press("Yes")
    assert talk.reply.endswith("Preliminary sum: 1162,50 RUB; the bill may differ.")


@pytest.mark.parametrize(
    ("prices", "account", "roubles"),
    [
        ("flat", {}, "1076,00"),
        ("flat", {"tariff": "village"}, "754,00"),
        ("norm", {"residents": 2}, "1169,00"),
    ],
)
def test_it_is_the_accounts_own(prices: str, account: dict[str, Any], roubles: str) -> None:
    """By its group and its residents: 200*5.38, 200*3.77, 130*5.25 + 70*6.95."""
    talk = chat("one", prices=prices, account=account)
    talk.say("2701001101 31002201 5200")
    assert f"{SUM} {roubles} руб." in talk.reply


SILENT = {
    "no price lists": {"prices": ""},
    "an unknown group": {"account": {"tariff": "dacha"}},
    "residents unknown": {"prices": "norm"},
    "a stranger": {"known": False},
}


@pytest.mark.parametrize("name", SILENT)
def test_it_is_not_told(name: str) -> None:
    """Where it may not be said, or the lists do not tell it; the reading is taken all the same."""
    talk = chat("one", **SILENT[name])
    talk.say("2701001101 31002201 5200")
    assert talk.decision.code == "accepted"
    assert "редварительно" not in talk.reply


def test_it_is_not_told_on_a_restricted_channel() -> None:
    """What one pays is as personal as what one owes."""
    talk = chat("one")
    talk.rules = replace(talk.rules, capabilities={name: restricted(can) for name, can in CHANNELS.items()})
    talk.say("показания")
    said = [talk.say("5200").reply, talk.say("да").reply]
    assert talk.decision.code == "accepted"
    assert not any("редварительно" in (text or "") for text in said)


@pytest.mark.parametrize(("prices", "is_told"), [("ranges", False), ("flat", True)])
def test_ranges_of_several_meters_are_not_guessed(prices: str, *, is_told: bool) -> None:
    """Ranges are for all meters of an account together; a flat price is a flat price."""
    talk = chat("pair", prices=prices)
    talk.say("2701001104 31002204 5200")
    assert ("редварительно" in talk.reply) == is_told


@pytest.mark.parametrize(
    ("values", "is_told"),
    [("5200", True), ("8000", True), ("5000", False), ("51234", False), ("50000", False), ("16000", False)],
)
def test_it_is_told_of_what_may_be_true(values: str, *, is_told: bool) -> None:
    """Usual and large consumption; not nothing, not what is likely a mistake, not what is impossible."""
    talk = chat("one")
    talk.say("показания")
    talk.say(values)
    assert ("редварительно" in talk.reply) == is_told


def test_a_correction_is_counted_from_what_was_billed() -> None:
    """The second reading of a period replaces the first, and so does its sum."""
    talk = chat("one", prices="flat")
    talk.say("2701001101 31002201 5200")
    talk.say("2701001101 31002201 5150")
    assert f"{SUM} 807,00 руб." in talk.reply


def test_a_confirmed_reading_is_told_with_its_sum() -> None:
    """`ДА` to a large consumption: 3000 kWh."""
    talk = chat("one", prices="flat")
    talk.say("2701001101 31002201 8000")
    assert "редварительно" not in talk.reply
    talk.say("да")
    assert (talk.decision.code, f"{SUM} 16140,00 руб." in talk.reply) == ("confirmed", True)


TEXTS = ("2701001101 31002201 5200", "2701001101 31002201 5200,7", "ЛС 2701001101 ПУ 31002201 показание 52ОО")
SMS = [*((text,) for text in TEXTS), ("показания", "5200"), ("показания", "5200", "да"), ("показания", "8000")]


@pytest.mark.parametrize("said", SMS)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_sms_takes_another_part(said: tuple[str, ...], language: str) -> None:
    """With price lists as many parts as without; the common answer to a reading is one, without the sum."""
    told = []
    for prices in ("ranges", ""):
        talk = chat("one", prices=prices, channel="sms")
        talk.say("english" if language == "en" else "русский")
        for text in said:
            talk.say(text)
        told.append(talk.reply)
    with_prices, without = told
    assert segments(with_prices) == segments(without)
    if said == (TEXTS[0],) and language == "ru":
        assert "редварительно" not in with_prices
        assert segments(with_prices) == 1


def test_an_sms_with_room_has_it() -> None:
    """The check of the guided submission costs two parts anyway."""
    talk = chat("one", channel="sms")
    talk.say("показания")
    talk.say("5200")
    assert "предварительно 1162,50 руб." in talk.reply
    assert segments(talk.reply) == 2
    assert talk.reply.endswith("1 Да\n2 Исправить\n3 Да, и оплатить\n4 Меню")


PAY = "Да, и оплатить"
SUMS = {
    "with a debt": ({"balance": 10_000}, 10_000 + 116_250),
    "with a credit": ({"balance": -16_250}, 100_000),
    "an unknown balance": ({"balance": None}, 116_250),
}


@pytest.mark.parametrize("channel", ["chat", "sms"])
@pytest.mark.parametrize("name", SUMS)
def test_it_can_be_paid_at_once(name: str, channel: str) -> None:
    """Yes and pay: the reading is stored, and the link is for what is owed and what it costs."""
    account, amount = SUMS[name]
    talk = chat("one", channel=channel, account=account)
    talk.say("показания")
    talk.say("5200")
    if channel == "sms":
        talk.say("3")
    else:
        talk.press(PAY)
    assert [reading.values for reading in talk.decision.readings] == [(5200,)]
    assert [page.amount for page in talk.decision.payment_pages] == [amount]
    assert f"{amount // 100},{amount % 100:02}" in talk.reply
    assert "редварительно" in talk.reply
    assert channel != "sms" or segments(talk.reply) <= 2


def test_a_credit_may_cover_it() -> None:
    """Nothing is to be paid then: the reading is stored and answered as any other."""
    talk = chat("one", account={"balance": -200_000})
    talk.say("показания")
    talk.say("5200")
    talk.press(PAY)
    assert talk.decision.code == "accepted"
    assert not talk.decision.payment_pages


@pytest.mark.parametrize("name", SILENT)
def test_it_cannot_be_paid_untold(name: str) -> None:
    """Where no sum is told, none is offered to be paid."""
    talk = chat("one", **SILENT[name])
    talk.say("показания")
    if name == "a stranger":
        talk.say("2701001101 31002201")
    talk.say("5200")
    assert PAY not in talk.reply
    assert PAY not in [button.label for row in talk.decision.buttons for button in row]


def labels(talk: Chat) -> list[str]:
    return [button.label for row in talk.decision.buttons for button in row]


@pytest.mark.parametrize(
    ("prices", "account", "lines"),
    [
        ("flat", {}, ["200 кВт·ч × 5,38 = 1076,00"]),
        ("ranges", {}, ["150 кВт·ч × 5,38 = 807,00", "50 кВт·ч × 7,11 = 355,50"]),
        ("norm", {"residents": 2}, ["130 кВт·ч × 5,25 = 682,50", "70 кВт·ч × 6,95 = 486,50"]),
    ],
)
def test_it_is_told_by_line(prices: str, account: dict[str, Any], lines: list[str]) -> None:
    """What a messenger has room for: each line's consumption, price and sum, below the question."""
    talk = chat("one", prices=prices, account=account)
    talk.say("показания")
    talk.say("5200")
    assert talk.reply.split("Верно?\n\nИз чего сумма:\n")[1].split("\n") == lines


def test_an_sms_has_no_lines() -> None:
    """They would cost a part."""
    talk = chat("one", channel="sms")
    talk.say("показания")
    talk.say("5200")
    assert "×" not in talk.reply


@pytest.mark.parametrize("name", SUMS)
def test_a_line_that_was_accepted_can_be_paid(name: str) -> None:
    """A reading in one line: the button below brings the link, for what is owed and what the reading costs."""
    account, amount = SUMS[name]
    talk = chat("one", account=account)
    talk.say("2701001101 31002201 5200")
    assert labels(talk)[0] == "Оплатить"
    talk.press("Оплатить")
    assert talk.decision.code == "payment_link"
    assert [page.amount for page in talk.decision.payment_pages] == [amount]
    assert "Показания приняты за ноябрь" in talk.reply


@pytest.mark.parametrize("said", ["2701001101 31002201 4000", "2701001101 31002201 8000", "2701001101 31002201"])
def test_only_what_was_accepted_can_be_paid(said: str) -> None:
    """Not what was refused, and not what still is a question."""
    talk = chat("one")
    talk.say(said)
    assert "Оплатить" not in labels(talk)


@pytest.mark.parametrize("name", SILENT)
def test_no_button_where_no_sum_is_told(name: str) -> None:
    """Strangers are offered nothing; where the lists do not tell the sum, the button leads to what is owed."""
    talk = chat("one", **SILENT[name])
    talk.say("2701001101 31002201 5200")
    if name in {"a stranger", "no price lists"}:
        assert "Оплатить" not in labels(talk)
    else:
        talk.press("Оплатить")
        assert [page.amount for page in talk.decision.payment_pages] == [98_765]


@pytest.mark.parametrize("channel", ["chat", "sms"])
def test_the_word_offers_both(channel: str) -> None:
    """«Оплата» after readings: the debt; where there is room, what they add is said and can be chosen."""
    talk = chat("one", channel=channel)
    talk.say("2701001101 31002201 5200")
    talk.say("оплата")
    assert [page.amount for page in talk.decision.payment_pages] == [98_765]
    if channel == "sms":
        assert segments(talk.reply) <= 2
        return
    assert talk.reply.endswith("С последними показаниями предварительно 2150,15 руб.")
    talk.press("Оплатить с показаниями")
    assert [page.amount for page in talk.decision.payment_pages] == [98_765 + 116_250]


@pytest.mark.parametrize("balance", [98_765, 0])
def test_readings_first(balance: int) -> None:
    """«Оплата» before readings offers to send them first, and the way from there to the link is straight."""
    talk = chat("one", account={"balance": balance})
    talk.say("оплата")
    talk.press("Сначала показания")
    talk.say("5200")
    talk.press(PAY)
    assert [page.amount for page in talk.decision.payment_pages] == [balance + 116_250]


def test_two_months_that_billing_has_not_taken() -> None:
    """From what billing took last: a reading of October and one of November cost what both used, and not the last."""
    talk = chat("one", prices="flat")
    talk.now -= timedelta(days=25)
    talk.say("2701001101 31002201 5100")
    talk.now += timedelta(days=25)
    talk.say("2701001101 31002201 5200")
    talk.press("Оплатить")
    assert [page.amount for page in talk.decision.payment_pages] == [98_765 + 107_600]


@pytest.mark.parametrize(("day", "amount"), [(22, 98_765 + 116_250), (23, 98_765)])
def test_a_later_balance_may_have_it_already(day: int, amount: int) -> None:
    """Of a balance that was drawn up after the reading came nobody knows what is in it: nothing is added."""
    talk = chat("one", account={"balance_date": date(2026, 11, day)})
    talk.say("2701001101 31002201 5200")
    talk.press("Оплатить")
    assert [page.amount for page in talk.decision.payment_pages] == [amount]


def test_which_of_several_accounts() -> None:
    """It is asked where readings of several wait to be paid; with one of them, it is clear."""
    talk = chat("one", "two", prices="flat")
    talk.say("2701001101 31002201 5200")
    talk.press("Оплатить")
    assert [page.amount for page in talk.decision.payment_pages] == [98_765 + 107_600]
    other = next(account for account in talk.facts.account_by_id.values() if account.number != "2701001101")
    (meter,) = talk.facts.open_meters(other)
    talk.say(f"{other.number} {meter.serial} " + " ".join(str(value + 100) for value in meter.billed))
    talk.press("Оплатить")
    assert talk.decision.payment_pages == []
    talk.press("*1101")
    assert [page.amount for page in talk.decision.payment_pages] == [98_765 + 107_600]
