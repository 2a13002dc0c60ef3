"""Requests in a word: balance, payment, help, yes and no, in Russian, in its Latin spelling and in English."""

import re

from parsers.foreign import card_in, reject_card
from parsers.message import Command, CommandKind, Language, Outcome, Rejected
from parsers.shapes import NAME_DIGITS
from parsers.strict import MAX_MATCHED
from parsers.text import fold, normalise

_MAX_LENGTH = 80
"""A longer text is a letter to a person, whatever words are in it."""

_SPELLINGS: tuple[tuple[CommandKind, Language, str], ...] = (
    (CommandKind.BALANCE, "ru", "баланс, балланс, боланс, балас, баланз, бал, долг, долги, сальдо, остаток"),
    (CommandKind.BALANCE, "ru", "задолженность, задолжность, сколько должен, сколько должна, какой долг, какой баланс"),
    (CommandKind.BALANCE, "ru", "balans, ballans, bal, balanc, dolg, saldo"),
    (CommandKind.BALANCE, "en", "balance, debt"),
    (CommandKind.PAYMENT, "ru", "оплата, оплатить, оплати, аплата, оплатит, платеж, платить, заплатить"),
    (CommandKind.PAYMENT, "ru", "oplata, oplatit, platezh, platej"),
    (CommandKind.PAYMENT, "en", "pay, payment"),
    (CommandKind.AUTOPAY, "ru", "автоплатеж, авто платеж, автоплатежи, автооплата, avtoplatezh"),
    (CommandKind.AUTOPAY, "en", "autopay, auto pay"),
    (CommandKind.AUTOPAY_SKIP, "ru", "пропустить, пропустить автоплатеж, propustit"),
    (CommandKind.AUTOPAY_SKIP, "en", "skip, skip autopay"),
    (CommandKind.HELP, "ru", "помощь, помощ, помошь, памощь, помогите, справка, инфо, старт, команды, хелп"),
    (CommandKind.HELP, "ru", "pomosh, pomosch, pomoshch, spravka, ?"),
    (CommandKind.HELP, "en", "help, info, start"),
    (CommandKind.MENU, "ru", "меню, миню, главное меню, начать, в меню, menyu"),
    (CommandKind.MENU, "en", "menu, main menu"),
    (CommandKind.SUBMIT, "ru", "показания, показание, передать показания, передать показание, сдать показания"),
    (CommandKind.SUBMIT, "ru", "pokazaniya, peredat pokazaniya"),
    (CommandKind.SUBMIT, "en", "readings, reading, submit, submit readings, submit reading"),
    (CommandKind.ACCOUNTS, "ru", "счета, мои счета, счета мои, лицевые счета, scheta"),
    (CommandKind.ACCOUNTS, "en", "accounts, my accounts"),
    (CommandKind.HISTORY, "ru", "история, мои показания, история показаний, прошлые показания, istoriya"),
    (CommandKind.HISTORY, "en", "history, my readings"),
    (CommandKind.OPERATOR, "ru", "оператор, оператора, позовите оператора, человек, живой человек, operator"),
    (CommandKind.OPERATOR, "en", "agent, human, person"),
    (CommandKind.BACK, "ru", "назад, nazad"),
    (CommandKind.BACK, "en", "back"),
    (CommandKind.SAME, "ru", "прежние, те же, прежнее, то же, без изменений, прошлые, prezhnie"),
    (CommandKind.SAME, "en", "same, as before"),
    (CommandKind.LINK, "ru", "привязать, привязать счет, добавить счет, подключить счет"),
    (CommandKind.LINK, "en", "link, link account, add account"),
    (CommandKind.SETTINGS, "ru", "настройки, nastroyki"),
    (CommandKind.SETTINGS, "en", "settings"),
    (CommandKind.REMIND, "ru", "напоминать, напоминания, включить напоминания"),
    (CommandKind.REMIND, "en", "reminders on"),
    (CommandKind.DO_NOT_REMIND, "ru", "не напоминать, не напоминайте, выключить напоминания"),
    (CommandKind.DO_NOT_REMIND, "en", "reminders off"),
    (CommandKind.RUSSIAN, "ru", "русский, по русски, русский язык"),
    (CommandKind.RUSSIAN, "en", "russian"),
    (CommandKind.ENGLISH, "ru", "английский, по английски"),
    (CommandKind.ENGLISH, "en", "english"),
    (CommandKind.MY_DATA, "ru", "мои данные, данные"),
    (CommandKind.MY_DATA, "en", "my data"),
    (CommandKind.THANKS, "ru", "спасибо, спасибо большое, большое спасибо, спс, благодарю, всего доброго, spasibo"),
    (CommandKind.THANKS, "en", "thanks, thank you, thank you very much"),
    (CommandKind.FORGET_ME, "ru", "забыть меня, забудь меня, забудьте меня, удалить мои данные, удалить данные"),
    (CommandKind.FORGET_ME, "en", "forget me, delete data"),
    (CommandKind.YES, "ru", "да, дад, дп, д, ок, окей, верно, все верно, правильно, все правильно, подтверждаю, +"),
    (CommandKind.YES, "ru", "подтвердить, да верно, да подтверждаю, согласен, согласна, da, verno, podtverzhdayu"),
    (CommandKind.YES, "en", "yes, y, ok, okay, confirm"),
    (CommandKind.NO, "ru", "нет, не, неверно, не верно, неправильно, не правильно, нет неверно, отмена, отменить, -"),
    (CommandKind.NO, "ru", "net, ne, nyet, neverno, otmena"),
    (CommandKind.NO, "en", "no, n, cancel"),
)
_COMMANDS = {
    spelling.strip(): (kind, language) for kind, language, spellings in _SPELLINGS for spelling in spellings.split(",")
}
_ABOUT_AN_ACCOUNT = frozenset({CommandKind.BALANCE, CommandKind.PAYMENT})
_FILLER_WORDS = """
    мой моя мои мне узнать хочу прошу пожалуйста пож по за свет электроэнергию электроэнергии на
    лс л с лицевой лицевому лицевого счет счету счета номер пу счетчик счетчику
    ls schet schetu po account acc my please
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_PART = re.compile(r"[0-9]++(?:-[0-9]++)*+|[^\W\d_]++")
_SIGNS = re.compile(r"[\s\"'«».!,()]++")
_MAX_JOINED_PART = 6
_MAX_NUMBERS = 2


def read(text: str) -> Command | Rejected | None:
    """Read a request, perhaps with the account and the meter it is about, or return None for any other text."""
    if len(text) > _MAX_LENGTH:
        return None
    text = normalise(text)
    parts = _PART.findall(text)
    words = [fold(part) for part in parts if not part[0].isdigit()]
    numbers = [part for part in parts if part[0].isdigit()]
    telling = [word for word in words if word not in _FILLERS]
    # As it stands first: «мои показания» asks for other ones than «показания» does.
    known = _COMMANDS.get(" ".join(words)) or _COMMANDS.get(" ".join(telling) if parts else _SIGNS.sub("", text)[:1])
    if known is None or (not parts and len(set(_SIGNS.sub("", text))) > 1):
        return None
    kind, language = known
    if numbers and kind not in _ABOUT_AN_ACCOUNT:
        return None
    if card := card_in([number for part in numbers for number in part.split("-")]):
        return reject_card(card)
    names = _names(numbers)
    if names is None:
        return None
    account, meter = names
    plain = words == telling and [account, meter][: len(numbers)] == numbers
    outcome = Outcome.OK if plain else Outcome.OK_WITH_REPAIR
    return Command(kind, text[:MAX_MATCHED], language, outcome, account, meter)


def _names(numbers: list[str]) -> tuple[str | None, str | None] | None:
    """Return the account and the meter among the numbers, or None if they are something else."""
    numbers = [number.replace("-", "") for number in numbers]
    if len(numbers) > _MAX_NUMBERS and max(map(len, numbers)) <= _MAX_JOINED_PART:
        numbers = ["".join(numbers)]
    if len(numbers) > _MAX_NUMBERS or any(len(number) not in NAME_DIGITS for number in numbers):
        return None
    account, meter = (*numbers, None, None)[:2]
    return account, meter
