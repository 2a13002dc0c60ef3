"""Whatever subscribers do, in whatever order: the dialogue answers, and its promises hold."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.lengths import segments
from core.domain.messages import ButtonKind
from core.services.dialogue.engine import ASKS, STEPS
from core.services.dialogue.talk import MENU
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
WORDS = (*_WORDS.split(), *(line.strip() for line in _LINES.split("/")))
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


@given(
    st.sampled_from(HOUSEHOLDS),
    st.sampled_from(["chat", "sms"]),
    st.sampled_from(["known", "stranger"]),
    st.lists(ACTIONS, min_size=1, max_size=25),
)
@settings(max_examples=400, deadline=None)
def test_no_way_through_the_dialogue_breaks_it(
    names: tuple[str, ...], channel: str, who: str, actions: list[tuple[str, object]]
) -> None:
    """Every message is answered, in what its channel can carry; nothing of others is told; no list is cut."""
    chat = Chat(*names, channel=channel, known=who == "known")
    typed: set[str] = set()
    chat.say("меню")
    for kind, what in actions:
        typed |= set(re.findall(r"\d+", str(what))) if kind == "say" else set()
        if _act(chat, kind, what):
            _check(chat, typed)


def _act(chat: Chat, kind: str, what: object) -> bool:
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


def _check(chat: Chat, typed: set[str]) -> None:
    decision, dialogue = chat.decision, chat.dialogue
    assert decision.code
    assert decision.reply
    if chat.address.channel == "sms":
        assert 1 <= segments(decision.reply) <= 2, decision.reply
        assert "..." not in decision.reply
        numbered = listed(decision.reply)
        if numbered:
            assert dialogue is not None, decision.reply
            assert numbered == [(str(n), label) for n, (label, _) in enumerate(dialogue.offered, 1)], decision.reply
            assert dialogue.data.get("numbered")
    else:
        assert decision.buttons, decision.reply
        assert len(chat.labels) == len(set(chat.labels))
        assert len(decision.buttons) <= chat.capabilities.button_rows
        assert all(len(row) <= chat.capabilities.buttons_per_row for row in decision.buttons)
    assert dialogue is None or dialogue.step in {*STEPS, MENU, "settings", "operator", "resume"}
    _check_private(chat, typed)


def _check_private(chat: Chat, typed: set[str]) -> None:
    """Nothing of an account that is neither linked nor of this phone, but what the subscriber has typed."""
    own = {link.account_id for link in chat.facts.links.get(chat.address, ())}
    secrets: dict[bool, set[str]] = {True: set(), False: set()}
    for account in chat.facts.account_by_id.values():
        mine = account.id in own or (chat.address.channel == "sms" and account.phone == chat.address.external_id)
        meters = chat.facts.meters[account.id]
        secrets[mine] |= {account.number, account.bill_code, *(meter.serial for meter in meters)}
        secrets[mine] |= {str(value) for meter in meters for value in meter.billed}
    shown = set(re.findall(r"\w+", f"{chat.reply} {' '.join(chat.labels)}"))
    forbidden = secrets[False] - secrets[True] - typed
    left = {str(value) for value in (10, 15, 0)}
    assert not shown & forbidden - left, chat.reply
