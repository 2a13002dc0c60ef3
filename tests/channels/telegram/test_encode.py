from typing import Any

import pytest

from channels.telegram.encode import BUTTON_ROWS, BUTTONS_PER_ROW, encode
from core.domain.messages import Address, Button, ButtonKind, Outbound
from core.ports.channel import UnsupportedContent
from tests.channels.telegram.harness import CHAT, SUBSCRIBER

YES, NO = Button("Да", "confirm:7K2QM"), Button("Нет", "reject:7K2QM")
SHARE = Button("Поделиться номером", "contact", ButtonKind.CONTACT)
LINK = "https://pay.example.ru/t/7K2QM"


def outbound(text: str = "Верно?", **more: Any) -> Outbound:
    values = {"to": Address("telegram", SUBSCRIBER), "text": text, "idempotency_key": "1001"} | more
    return Outbound(**values)


def test_text_alone() -> None:
    """A text goes out as it is, to its chat, without a preview of links, and takes a left-over keyboard away."""
    assert encode(outbound("*не* <b>разметка</b> & _точка_.")) == {
        "chat_id": CHAT,
        "text": "*не* <b>разметка</b> & _точка_.",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"remove_keyboard": True},
    }


def test_choices_stand_under_the_message() -> None:
    """Choices keep their rows and bring their tokens."""
    fields = encode(outbound(buttons=((YES, NO), (Button("Меню", "menu"),))))
    assert fields["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Да", "callback_data": "confirm:7K2QM"}, {"text": "Нет", "callback_data": "reject:7K2QM"}],
            [{"text": "Меню", "callback_data": "menu"}],
        ]
    }


@pytest.mark.parametrize(("label", "shown"), [("Оплатить", "Оплатить"), ("", "pay.example.ru")])
def test_link_is_the_last_row(label: str, shown: str) -> None:
    """A link is a button below the others, called as the core says, else by its host."""
    fields = encode(outbound(buttons=((YES,),), link=LINK, link_label=label))
    assert fields["reply_markup"]["inline_keyboard"][1:] == [[{"text": shown, "url": LINK}]]
    assert LINK not in fields["text"]


def test_contact_asks_below_the_field_for_typing() -> None:
    """A contact button makes all buttons typed ones, on a keyboard that goes after one press."""
    fields = encode(outbound(buttons=((SHARE,), (YES, NO))))
    assert fields["reply_markup"] == {
        "keyboard": [[{"text": "Поделиться номером", "request_contact": True}], [{"text": "Да"}, {"text": "Нет"}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }


def test_contact_puts_the_link_into_the_text() -> None:
    """Where the keyboard can hold no link, the text does, and nothing of it is lost."""
    assert (
        encode(outbound(buttons=((SHARE,),), link=LINK, link_label="Оплатить"))["text"] == f"Верно?\n\nОплатить {LINK}"
    )
    with pytest.raises(UnsupportedContent):
        encode(outbound("я" * 4096, buttons=((SHARE,),), link=LINK))


def test_largest_keyboard() -> None:
    """What the capabilities allow in rows and buttons is within Telegram's hundred, a link included."""
    row = tuple(Button(str(number), "x" * 64) for number in range(BUTTONS_PER_ROW))
    rows = encode(outbound(buttons=(row,) * BUTTON_ROWS, link=LINK))["reply_markup"]["inline_keyboard"]
    assert sum(map(len, rows)) <= 100


BEYOND: dict[str, dict[str, Any]] = {
    "empty": {"text": ""},
    "blank": {"text": " \n"},
    "too_long": {"text": "👍" * 2049},
    "image": {"image": b"1"},
    "group": {"to": Address("telegram", "-1001987654321")},
    "user_name": {"to": Address("telegram", "@meterline")},
    "other_digits": {"to": Address("telegram", "٥٠")},
    "label_too_long": {"buttons": ((Button("я" * 65, "x"),),)},
    "label_empty": {"buttons": ((Button(" ", "x"),),)},
    "token_too_long": {"buttons": ((Button("Да", "x" * 65),),)},
    "token_too_long_in_bytes": {"buttons": ((Button("Да", "я" * 33),),)},
    "token_empty": {"buttons": ((Button("Да", ""),),)},
    "row_empty": {"buttons": ((),)},
    "link_label_too_long": {"link": LINK, "link_label": "я" * 65},
}


@pytest.mark.parametrize("name", list(BEYOND))
def test_beyond_capabilities(name: str) -> None:
    """What Telegram would refuse is our mistake, before any call."""
    with pytest.raises(UnsupportedContent):
        encode(outbound(**BEYOND[name]))
