"""Choosing among accounts, meters and whatever else is offered: by buttons, by numbers, by words."""

from dataclasses import replace

import pytest

from core.domain.subscribers import Dialogue
from core.services.dialogue.choose import PAGE, number_in
from core.services.dialogue.talk import chosen
from tests.services.desk.talk import NOON
from tests.services.dialogue.chat import Chat, listed

NINE = ("one", "two", "three", "pair", "renamed", "automatic", "expired", "replaced", "transformer")
LAST_FOUR = ("1101", "1102", "1103", "1104", "1106", "1107", "1108", "1109", "1111")


@pytest.mark.parametrize("channel", ["chat", "sms"])
def test_nine_accounts_are_paged(channel: str) -> None:
    """Four at a time; the page behind the last one is the first again."""
    chat = Chat(*NINE, channel=channel)
    chat.say("показания")
    pages = []
    for _ in range(4):
        shown = chat.labels if channel == "chat" else [label for _, label in listed(chat.reply)]
        pages.append([label.removeprefix("*") for label in shown if label.startswith("*")])
        assert shown[-3:] == ["Ещё", "Другой счёт", "Меню"]
        chat.press("Ещё") if channel == "chat" else chat.say(str(shown.index("Ещё") + 1))
    assert pages == [list(LAST_FOUR[:4]), list(LAST_FOUR[4:8]), list(LAST_FOUR[8:]), list(LAST_FOUR[:4])]


@pytest.mark.parametrize("names", [NINE[:1], NINE[: PAGE - 1], NINE[:PAGE]])
def test_one_page_has_no_more(names: tuple[str, ...]) -> None:
    """Where all fit, there is nothing to page."""
    chat = Chat(*names)
    chat.say("мои счета")
    assert "Ещё" not in chat.labels
    assert len([label for label in chat.labels if label.startswith("*")]) == len(names)


@pytest.mark.parametrize("token", ["page:3", "page:999999999999999999"])
def test_page_that_is_not_there(token: str) -> None:
    """Made up: nothing is on it, and it leads back to the first."""
    chat = Chat(*NINE)
    chat.say("показания")
    chat.choose(token)
    assert [label for label in chat.labels if label.startswith("*")] == []
    chat.press("Ещё")
    assert "*1101" in chat.labels


def test_long_labels_are_cut_for_buttons() -> None:
    """What a button has no room for ends in dots; it chooses the same."""
    chat = Chat("one", "two")
    chat.rules = replace(
        chat.rules, capabilities={**chat.rules.capabilities, "chat": replace(chat.capabilities, label_limit=12)}
    )
    chat.facts.links[chat.address][0].name = "Квартира на Ленина"
    chat.say("показания")
    assert chat.labels[0] == "Квартира..."
    chat.press("Квартира...")
    assert "*2201" in chat.reply


OFFERED = [("Показания", "submit"), ("Баланс", "balance"), ("*1101", "account:1")]


@pytest.mark.parametrize(
    ("text", "by_number", "by_word"),
    [
        ("1", "submit", ""),
        (" 2 ", "balance", ""),
        ("3.", "account:1", ""),
        ("3)", "account:1", ""),
        ("0", "", ""),
        ("4", "", ""),
        ("99", "", ""),
        ("100", "", ""),
        ("001", "", ""),
        ("-1", "", ""),
        ("1 2", "", ""),
        ("¹", "", ""),
        ("٣", "", ""),
        ("баланс", "balance", "balance"),
        (" БАЛАНС ", "balance", "balance"),
        ("*1101", "account:1", "account:1"),
        ("1101", "", ""),
        ("балансы", "", ""),
        ("", "", ""),
    ],
)
def test_chosen(text: str, by_number: str, by_word: str) -> None:
    """A number counts where numbers were shown, a label always, and nothing else."""
    dialogue = Dialogue(step="menu", at=NOON, data={"numbered": True}, offered=OFFERED)
    assert chosen(text, dialogue) == by_number
    assert chosen(text, replace(dialogue, data={})) == by_word


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("account:17", 17),
        ("account:0", 0),
        ("account:", None),
        ("account:-1", None),
        ("account:1.5", None),
        ("account:٣", None),
        ("account:9223372036854775807", None),
        ("account:999999999999999999", 999_999_999_999_999_999),
        ("accounts", None),
        ("meter:17", None),
        ("", None),
    ],
)
def test_number_in(token: str, number: int | None) -> None:
    """A key of a token; it never exceeds what a database can look for."""
    assert number_in(token, "account") == number


def test_thanks_are_no_name() -> None:
    """A word of courtesy at the naming of an account is answered, and the name is still asked for."""
    chat = Chat("one")
    chat.say("мои счета")
    chat.press("*1101")
    chat.press("Назвать")
    asked = chat.dialogue
    assert asked is not None
    chat.say("спасибо")
    assert (chat.decision.code, chat.dialogue) == ("thanks", asked)
    chat.say("дача")
    assert chat.facts.links[chat.address][0].name == "дача"
