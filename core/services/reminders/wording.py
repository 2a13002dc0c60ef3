"""What a reminder says. Pure."""

from typing import Final

from core.domain.accounts import Branch, mask
from core.domain.messages import Button, Capabilities
from core.domain.reminders import AVERAGE_PERIODS, Kind, Round, window
from core.services.fitting import compose
from core.services.reminders.choosing import Wanted
from core.services.texts import Texts
from core.storage.extras import NOTHING, Extra

DEFAULT_LANGUAGE: Final = "ru"
LISTED: Final = 3
"""Accounts that are named in a message; of more there is only the number."""
SUBMIT: Final = "submit"
"""The dialogue's token for submitting readings."""
_KEYS: Final = {Kind.OPENS: "reminder-opens", Kind.LAST_DAY: "reminder-last-day", Kind.MISSED: "reminder-missed"}


def wording(wanted: Wanted, which: Round, branch: Branch, texts: Texts, capabilities: Capabilities) -> str:
    """The text, with masked numbers, neither address nor balance; where SMS are paid for, the one of fewest parts."""
    language = wanted.to.language or DEFAULT_LANGUAGE
    first, last = window(branch, which.period)
    key = _KEYS[which.kind] if len(wanted.numbers) == 1 else f"{_KEYS[which.kind]}-several"
    variants = texts.variants(
        language,
        key,
        account=mask(wanted.numbers[0]),
        accounts=_listed(wanted.numbers, language, texts),
        month=which.period % 100,
        open=str(first.day),
        close=str(last.day),
        missed=min(wanted.missed, AVERAGE_PERIODS + 1),
    )
    return compose(variants, (), capabilities, thrifty=True)


def extra(wanted: Wanted, texts: Texts, capabilities: Capabilities) -> Extra:
    """The button for submitting, where there are buttons."""
    if not capabilities.button_rows:
        return NOTHING
    label = texts.render(wanted.to.language or DEFAULT_LANGUAGE, "menu-submit")
    return Extra(buttons=((Button(label, SUBMIT),),))


def _listed(numbers: tuple[str, ...], language: str, texts: Texts) -> str:
    shown = ", ".join(mask(number) for number in numbers[:LISTED])
    if len(numbers) <= LISTED:
        return shown
    return texts.render(language, "reminder-more", accounts=shown, count=str(len(numbers) - LISTED))
