"""The words around the figures and what each says about the numbers beside it, spelled as `fold` leaves them."""

import re
from enum import Enum, auto
from functools import lru_cache

from parsers.message import Repair, Zone
from parsers.text import fold, fold_to_cyrillic


class Role(Enum):
    """What a word says about the number that follows."""

    ACCOUNT = auto()
    METER = auto()
    LIKELY_ACCOUNT = auto()
    """An abbreviation that some use for the meter."""
    LIKELY_METER = auto()
    """What the number may be the reading of: `счетчик 5778`."""
    NUMBER = auto()
    """A number sign: says nothing that we did not know."""
    TOTAL = auto()
    """The sum over the zones: no register's figure if the zones are there."""
    OTHER = auto()
    """A house, a flat, a phone, the figure of last month: the number is not for us."""
    UNIT = auto()
    FILLER = auto()
    """A greeting or another word that goes with readings."""
    STOP = auto()
    """The text speaks of something else: no figure in it is a reading."""


Meaning = Role | Zone

_SPELLINGS: tuple[tuple[Meaning, str], ...] = (
    (
        Role.ACCOUNT,
        """лс лиц лицевой лицевого лицевому личевой лицев личный счет счета счету счот абонент договор
        ls lc schet licevoy""",
    ),
    (
        Role.METER,
        "пу ипу эпу зав заводской pu",
    ),
    (Role.LIKELY_ACCOUNT, "сч"),
    (Role.LIKELY_METER, "прибор прибора счетчик счетчику счеччик счечик щетчик щечик эсч schetchik"),
    (Role.NUMBER, "№ номер ном n no nr nomer"),
    (Zone.T1, "т1 день дн д дневной дневная дневные днем денъ пик пиковая эд den d"),
    (Zone.T2, "т2 ночь ноч н нч ночной ночная ночные ночью ночъ эн noch"),
    (Zone.T3, "т3 полупик полупиковая пп"),
    (Role.TOTAL, "сумма сумм итого всего общее общий общая суммарно summa itogo vsego"),
    (
        Role.OTHER,
        """ул улица пер переулок проспект кв квартира дом корп корпус подъезд этаж оф офис тел телефон
        было вместо не пред предыдущее предыдущие предыдущий прошлый прошлые прошлое расход разница
        kv dom tel bylo""",
    ),
    (Role.UNIT, "квт квтч квтчас квч ч час часов kvt kw kwh kvtch"),
    (
        Role.FILLER,
        """здравствуйте здраствуйте здрасте здрасьте добрый доброе доброго утро вечер привет показание показания
        показаний показанье показ показаня передаю передаем передать подаю сдаю отправляю посылаю шлю примите
        прошу принять пожалуйста пож спасибо за на по мой моего наш наши и с от электричество электроэнергия
        электроэнергии электроэнергию свет света эл энергия энергии счетчика счетчиков электросчетчик
        электросчетчика учета месяц тек текущие текущее стало а последние новые мое мои г год года адрес я это вам
        уважением тариф зона
        pokazaniya pokazania pokazanie svet za zdravstvuyte spasibo dobryj peredayu""",
    ),
    (
        Role.STOP,
        """руб рублей рубля рубль р почему зачем сколько когда жалоба жалуюсь кредит кредита кредиты скидка скидки
        скидку акция акции код пароль заявка заявку оператор оператора звонил звонила перезвоните вызов вызова сети
        недоступен отписаться отпишись подписка выиграли приз ставка газ газа вода воды воду хвс гвс горячая
        холодная отопление отопления тепло карта карты карту авария отключили верните перерасчет
        начислили долг оплатил оплатила оплачено оплата баланс платеж бонус
        бонусов вклад займ займы
        http https www gaz voda promo sms rub vibrano code password""",
    ),
)
_ENGLISH: tuple[tuple[Meaning, str], ...] = (
    (Role.ACCOUNT, "account acc acct"),
    (Role.METER, "meter serial"),
    (Zone.T1, "day peak"),
    (Zone.T2, "night"),
    (Zone.T3, "halfpeak"),
    (Role.TOTAL, "total sum"),
    (Role.FILLER, "hello hi dear reading readings please thanks thank you my is the and good morning for of"),
    (Role.STOP, "why loan discount call unsubscribe balance pay"),
)
_MEANINGS = {word: meaning for meaning, words in _SPELLINGS for word in words.split()}
_ENGLISH_MEANINGS = {word: meaning for meaning, words in _ENGLISH for word in words.split()}
_LONGEST = max(map(len, [*_MEANINGS, *_ENGLISH_MEANINGS]))

_MONTH = r"(?:январ|феврал|март|апрел|ма[йея]|июн|июл|август|сентябр|октябр|ноябр|декабр)[а-я]{0,3}+"
_DATES = re.compile(
    r"(?<![\w.,/-])(?:"
    r"[0-3]?[0-9]([./-])[01]?[0-9]\1(?:20)?[0-9]{2}(?![0-9])"  # 25.11.2026
    rf"|(?:[0-3]?[0-9]\s)?{_MONTH}(?![^\W\d_])(?:\s?20[0-9]{{2}}(?![0-9]))?"  # 25 ноября 2026
    r"|(?:на|за|от|с|до)\s[0-3]?[0-9]\.[01][0-9](?![0-9.])"  # на 25.11
    r"|[01][0-9]\.20[0-9]{2}(?![0-9.])"  # 11.2026
    r"|20[0-9]{2}\s?г(?:\.|ода?)?(?![^\W_])"  # 2026 г.
    r"|[0-2]?[0-9]:[0-5][0-9](?![0-9:])"  # 23:59
    r")(?:\s?г\.)?",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"(?<!\S)[1-9]\)")
_UNITS = re.compile(r"[кk][вvw][тt]?\s?[*/·.×x-]?\s?(?:ч(?:ас[а-я]{0,3}+)?|h)(?![^\W\d_])\.?", re.IGNORECASE)
_COMPOUNDS = re.compile(
    r"(?<![^\W_])(?:"
    r"(?P<лс>[лl]\s?[/\\.]\s?[сc](?![^\W\d_])\.?)"
    r"|(?P<пу>[пp]\s?[/\\.]\s?[уy](?![^\W\d_])\.?)"
    r"|(?P<пп>п\s?/\s?п(?![^\W\d_]))"
    r"|(?P<т1>(?:[тt][.\s-]{0,2}1|1\s?т|тариф\s?-?1|1-?й?\sтариф)(?![^\W_]))"
    r"|(?P<т2>(?:[тt][.\s-]{0,2}2|2\s?т|тариф\s?-?2|2-?й?\sтариф)(?![^\W_]))"
    r"|(?P<т3>(?:[тt][.\s-]{0,2}3|3\s?т|тариф\s?-?3|3-?й?\sтариф)(?![^\W_])))",
    re.IGNORECASE,
)
_GREETINGS = re.compile(r"добр[а-я]{2,3}+\s(?:день|дня)", re.IGNORECASE)
_EMAIL_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"


@lru_cache(maxsize=4096)
def meaning(word: str) -> tuple[Meaning | None, bool]:
    """Return what the word says, or None, and whether it is an English word."""
    if len(word) > _LONGEST:
        return None, False
    plain = word.casefold()
    if plain in _ENGLISH_MEANINGS:
        return _ENGLISH_MEANINGS[plain], True
    return _MEANINGS.get(fold(word)) or _MEANINGS.get(fold_to_cyrillic(word)), False


def without_phrases(text: str) -> tuple[str, frozenset[Repair]]:
    """Blank out what would be misread word by word, keeping every other character in its place.

    These are e-mail addresses, dates, times, `1)`, units and `добрый день`; `л/с`, `п/у` and `т. 1` lose their marks.
    """
    repairs = set()
    if "@" in text:
        text, count = _without_email(text)
        repairs |= {Repair.EMAIL} if count else set()
    for pattern, repair in (
        (_GREETINGS, Repair.WORDS),
        (_DATES, Repair.WORDS),
        (_NUMBERING, Repair.WORDS),
        (_UNITS, Repair.LABELS),
    ):
        text, count = pattern.subn(lambda found: " " * len(found[0]), text)
        repairs |= {repair} if count else set()
    text = _COMPOUNDS.sub(lambda found: str(found.lastgroup).ljust(len(found[0])), text)
    return text, frozenset(repairs)


def _without_email(text: str) -> tuple[str, int]:
    """Blank out each `@` with the characters that an address may have around it."""
    parts = text.split("@")
    count = 0
    for place in range(len(parts) - 1):
        name = parts[place].rstrip(_EMAIL_CHARACTERS)
        domain = parts[place + 1].lstrip(_EMAIL_CHARACTERS)
        count += len(name) < len(parts[place])
        parts[place] = name.ljust(len(parts[place]))
        parts[place + 1] = domain.rjust(len(parts[place + 1]))
    return " ".join(parts), count
