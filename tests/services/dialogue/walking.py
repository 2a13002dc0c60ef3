"""What subscribers may do next, whatever that is: words, buttons real and forged, pauses, pictures."""

from hypothesis import strategies as st

from core.domain.messages import ButtonKind
from core.services.dialogue.engine import ASKS
from tests import world
from tests.services.dialogue.chat import Chat, listed

HOUSEHOLDS = (
    ("one",),
    ("two", "foreign"),
    ("three", "pair"),
    ("one", "two", "three", "pair", "automatic", "replaced"),
    ("rolling", "long"),
    ("phonelike",),
)
_WORDS = """
    меню показания баланс оплата счета история оператор назад прежние привязать настройки напоминать да нет отмена
    оплата 500 5 987,65 помощь дача привет english русский K7M1101 K7M1102 4276380012345679
    1 2 3 4 5 6 7 8 9 10 0 5100 4900 51004 8000 91000 999999 2050 050 5100,7 123456
"""
_LINES = """
    мои данные/забыть меня/5100 2050/2050 5100/3050 2020 1010/ночь 2050/5 100/2701001101 31002201/2701001118 31002218/
    2701001101 39999999/2701001101 31002201 5150/2701001102 31002202 5150 2050/баланс 2701001101
"""
BILLS = (
    "ST00012|Name=ПАО Свет|PersAcc=2701001101|CounterId=31002201|Sum=98765",
    "ST00012|Name=ПАО Свет|PersAcc=2701001118|Sum=100",
    "ST00012|Name=ПАО Свет|PersAcc=2709999999|CounterId=31002218",
    "ST00012|Name=ПАО Свет|Sum=100",
    "ST00012|Discount=5",
)
WORDS = (*_WORDS.split(), *(line.strip() for line in _LINES.split("/")), *BILLS)
TOKENS = (*ASKS, "agree", "sms", "bill", "again", "same", "yes", "no", "edit", "instead", "back", "continue", "other")
MORE_TOKENS = ("here", "others", "name", "unlink", "owe", "read", "past", "correct", "withdraw", "forget", "page:1")
FORGED = (*TOKENS, *MORE_TOKENS, *(f"{kind}:{key}" for kind in ("account", "meter", "prove") for key in range(1, 9)))
ACTIONS = st.one_of(
    st.tuples(st.just("offered"), st.integers(0, 12)),
    st.tuples(st.just("offered"), st.integers(0, 12)),
    st.tuples(st.just("offered"), st.integers(0, 12)),
    st.tuples(st.just("say"), st.sampled_from(WORDS)),
    st.tuples(st.just("say"), st.sampled_from(WORDS)),
    st.tuples(st.just("choose"), st.sampled_from(FORGED)),
    st.tuples(st.just("wait"), st.sampled_from([20, 700, 3000, 12_000])),
    st.tuples(st.just("other"), st.sampled_from(["photo", "sticker", "contact", "join", "leave"])),
)


def act(chat: Chat, kind: str, what: object) -> bool:
    """Do one thing; whether it is to be answered."""
    if kind == "wait":
        assert isinstance(what, int)
        chat.wait(minutes=what)
        return False
    if kind == "offered":
        assert isinstance(what, int)
        return _take_up(chat, what)
    if kind == "say":
        chat.say(str(what))
        return True
    if chat.address.channel == "sms":
        return False
    if kind == "choose":
        chat.choose(str(what))
        return True
    happen = {
        "photo": chat.picture,
        "sticker": chat.sticker,
        "contact": lambda: chat.share(world.STRANGER),
        "join": chat.join,
        "leave": chat.leave,
    }
    happen[str(what)]()
    return what != "leave"


def _take_up(chat: Chat, place: int) -> bool:
    """Choose something that the last answer offers."""
    if chat.buttons:
        button = chat.buttons[place % len(chat.buttons)]
        if button.kind is ButtonKind.CONTACT:
            chat.share(world.SUBSCRIBER if place % 2 else world.STRANGER)
        else:
            chat.choose(button.token)
        return True
    numbered = listed(chat.reply)
    if numbered:
        chat.say(numbered[place % len(numbered)][0])
    return bool(numbered)
