"""What a reminder says, whatever the files hold."""

from dataclasses import replace

import pytest

from core.domain.lengths import segments
from core.domain.messages import Capabilities
from core.domain.reminders import Kind, Round
from core.services.reminders.choosing import Wanted
from core.services.reminders.wording import extra, wording
from tests.services.reminders.scene import CHAT, NOVEMBER, reach
from tests.world import KHABAROVSK, SMS, texts

NUMBERS = ("2701001101", "2701001102", "2701001103", "2701001104", "2701001105")


def said(kind: Kind, *numbers: str, missed: int = 1, language: str = "", to: Capabilities = CHAT) -> str:
    wanted = Wanted(reach(language=language), numbers, missed)
    return wording(wanted, Round("khb", kind, NOVEMBER), KHABAROVSK, texts(), to)


@pytest.mark.parametrize(
    ("kind", "count", "says"),
    [
        (Kind.OPENS, 1, "за ноябрь по счёту *1101: с 20 по 25 число"),
        (Kind.OPENS, 2, "по счетам *1101, *1102: с 20 по 25 число"),
        (Kind.LAST_DAY, 1, "Сегодня последний день приёма показаний за ноябрь. По счёту *1101 их ещё нет"),
        (Kind.LAST_DAY, 3, "Их ещё нет по счетам *1101, *1102, *1103."),
        (Kind.LAST_DAY, 5, "Их ещё нет по счетам *1101, *1102, *1103 и ещё 2."),
        (Kind.MISSED, 1, "Счёт *1101: нет показаний за ноябрь"),
        (Kind.MISSED, 4, "*1101, *1102, *1103 и ещё 1."),
    ],
)
def test_reminder_names_what_it_is_about(kind: Kind, count: int, says: str) -> None:
    """Masked numbers, at most three of them; the window; never a whole number."""
    text = said(kind, *NUMBERS[:count])
    assert says in text
    assert NUMBERS[0] not in text


@pytest.mark.parametrize(
    ("missed", "says"),
    [
        (1, "ещё 2 месяца"),
        (2, "ещё месяц"),
        (3, "Следующий месяц - уже по нормативу"),
        (4, "три месяца до него"),
        (34, "три месяца"),
    ],
)
def test_missed_reading_says_how_long_until_the_norm(missed: int, says: str) -> None:
    """Three periods in a row are charged by average; how many of them are left."""
    assert says in said(Kind.MISSED, NUMBERS[0], missed=missed)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_sms_takes_the_fewest_parts(kind: Kind, count: int, language: str) -> None:
    """Paid by the part; at most two, with any number of accounts."""
    text = said(kind, *NUMBERS[:count], missed=2, language=language, to=SMS)
    assert segments(text) <= (1 if kind is not Kind.MISSED or language == "en" else 2)
    assert text.endswith(("НЕ НАПОМИНАТЬ", "REMINDERS OFF"))


def test_button_where_there_are_buttons() -> None:
    """One press leads into the dialogue; by SMS there is none."""
    wanted = Wanted(reach(), NUMBERS[:1], 1)
    ((button,),) = extra(wanted, texts(), CHAT).buttons
    assert (button.label, button.token) == ("Передать показания", "submit")
    assert extra(wanted, texts(), SMS).buttons == ()
    english = replace(wanted, to=reach(language="en"))
    assert extra(english, texts(), CHAT).buttons[0][0].label == "Submit readings"
