"""Who answers a turn: what was asked for in a word or by a button, the step under way, or the desk's own rules."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from core.domain.accounts import Level
from core.domain.facts import PAY_WITH_READINGS
from core.domain.subscribers import Dialogue
from core.services.dialogue import (
    again,
    autopay,
    choose,
    figures,
    history,
    linking,
    menu,
    money,
    operator,
    own,
    pairing,
    privacy,
    submit,
)
from core.services.dialogue.again import RESUME, SETTINGS, Ask
from core.services.dialogue.talk import MENU, UNSAID, Talk, Turn, chosen
from parsers import Command, CommandKind, Submission, parse

Step = Callable[[Talk], bool]

STALE: Final = timedelta(hours=6)
"""After such a pause a subscriber is asked before figures typed back then are used."""


def _help(talk: Talk) -> None:
    """Help; whoever asks for it in the middle of something, goes on with that."""
    menu.help_(talk)
    if again.is_under_way(talk):
        again.keep_asking(talk)


ASKS: Final[Mapping[str, Ask]] = {
    MENU: menu.show,
    "submit": submit.begin,
    "balance": lambda talk: money.tell(talk, talk.accounts),
    "payment": lambda talk: money.offer(talk, talk.accounts),
    PAY_WITH_READINGS: lambda talk: money.offer_with_readings(talk, talk.accounts),
    "autopay": autopay.begin,
    "autopay_skip": autopay.skip,
    "accounts": own.begin,
    "history": history.begin,
    "help": _help,
    "operator": operator.begin,
    "link": linking.begin,
    SETTINGS: menu.settings,
    "remind": lambda talk: menu.set_reminders(talk, wanted=True),
    "do_not_remind": lambda talk: menu.set_reminders(talk, wanted=False),
    "russian": lambda talk: menu.set_language(talk, "ru"),
    "english": lambda talk: menu.set_language(talk, "en"),
    "my_data": privacy.show_data,
    "forget_me": privacy.ask_forget,
}
"""What can be asked for at any time: tokens of buttons, and the words of the same name."""

STEPS: Final[Mapping[str, Step]] = {
    submit.ACCOUNT: submit.choose_account,
    submit.METER: submit.choose_meter,
    submit.PAIR: submit.take_pair,
    submit.VALUES: submit.take_values,
    submit.CONFIRM: submit.answer_check,
    linking.CONSENT: linking.answer_consent,
    linking.PAIR: linking.take_pair,
    linking.SERIAL: linking.take_serial,
    linking.FACTOR: linking.choose_factor,
    linking.CODE: linking.take_code,
    linking.BILL: linking.take_bill_code,
    own.LIST: own.answer_list,
    own.CARD: own.answer_card,
    own.NAME: own.take_name,
    own.UNLINK: own.answer_unlink,
    money.ACCOUNT: money.choose_account,
    money.PAY_ACCOUNT: money.choose_payment,
    money.PAY_SUM: money.take_sum,
    money.READINGS_ACCOUNT: money.choose_for_readings,
    autopay.ACCOUNT: autopay.choose_account,
    autopay.STATUS: autopay.answer_status,
    autopay.MODE: autopay.answer_mode,
    autopay.SUM: autopay.take_money,
    autopay.DAY: autopay.take_day,
    autopay.CEILING: autopay.take_money,
    autopay.AGREE: autopay.answer_agree,
    history.ACCOUNT: history.choose_account,
    history.METER: history.choose_meter,
    history.LIST: history.answer_list,
    history.WITHDRAW: history.answer_withdraw,
    privacy.FORGET: privacy.answer_forget,
}
"""Who takes the answer of each step; False where it is none."""

_TYPED: Final = frozenset(
    {submit.PAIR, submit.VALUES, linking.PAIR, linking.SERIAL, linking.CODE, linking.BILL, own.NAME, money.PAY_SUM}
    | {autopay.SUM, autopay.DAY, autopay.CEILING}
)
"""Steps whose answer is typed: whatever word it looks like, but the way out, the step has the first say."""
_WAYS_OUT: Final = frozenset(
    {CommandKind.MENU, CommandKind.NO, CommandKind.HELP, CommandKind.OPERATOR, CommandKind.THANKS}
)


def converse(talk: Talk) -> bool:
    """Answer a turn; False leaves it to the desk's rules for single messages."""
    dialogue = talk.dialogue
    if dialogue is None:
        return _ask(talk)
    waited, dialogue.at = talk.scene.now - dialogue.at, talk.scene.now
    talk.turn.pressed = talk.turn.pressed or chosen(talk.turn.text, dialogue)
    if dialogue.data.pop(UNSAID, False) and not _is_reading(talk):
        return again.say_again(talk, dialogue)
    if dialogue.step == operator.STEP:
        return _with_operator(talk)
    if dialogue.step == RESUME:
        return _continue(talk, dialogue)
    if dialogue.data.get("values") and waited > STALE and not _is_reading(talk) and talk.turn.pressed not in ASKS:
        ask_to_resume(talk)
        return True
    return _step(talk, dialogue) or _ask(talk) or _otherwise(talk, dialogue)


def _step(talk: Talk, dialogue: Dialogue) -> bool:
    """Let the step under way have the answer, unless it asks for something else."""
    turn = talk.turn
    if turn.pressed == "back" or (turn.command is CommandKind.BACK and not turn.pressed):
        again.back(talk, dialogue)
        return True
    asks = turn.pressed in ASKS or (_word(turn) in ASKS if dialogue.step not in _TYPED else turn.command in _WAYS_OUT)
    step = STEPS.get(dialogue.step)
    return step is not None and not asks and not _is_reading(talk) and step(talk)


def _ask(talk: Talk) -> bool:
    """What is asked for by its token or word, wherever the conversation stands."""
    turn = talk.turn
    ask = ASKS.get(turn.pressed) or ASKS.get(_word(turn))
    if ask is not None:
        ask(talk)
        return True
    account, _ = again.about(talk)
    own_account = choose.account_of(talk, account.id) if account is not None else None
    proving = choose.account_of(talk, choose.number_in(turn.pressed, "prove"))
    if turn.pressed == "read" and own_account is not None:
        submit.take_account(talk, own_account)
    elif turn.pressed == "past" and own_account is not None:
        history.take_account(talk, own_account)
    elif choose.number_in(turn.pressed, "autopay-skip") is not None:
        autopay.skip(talk)
    elif choose.number_in(turn.pressed, "autopay-stop") is not None:
        autopay.stop(talk)
    elif proving is not None and talk.scene.level(proving) is not Level.ANONYMOUS:
        linking.send_code(talk, proving)
    elif turn.phone:
        talk.decision.code = "contact_unasked"
        if again.is_under_way(talk):
            talk.decision.reply = talk.render("contact-unasked")
            again.keep_asking(talk)
        else:
            menu.show(talk, "contact-unasked")
    elif turn.pressed and not (turn.pressed in {"yes", "no"} and _is_asked(talk)):
        _refuse_button(talk)
    else:
        return False
    return True


def _is_asked(talk: Talk) -> bool:
    """Whether the desk has asked about a reading, and waits for yes or no."""
    return bool(talk.scene.facts.waiting(talk.scene.address, talk.scene.now))


def _refuse_button(talk: Talk) -> None:
    """A button of an old message, pressed twice or made up by somebody: the question under way stands."""
    if talk.dialogue is not None and again.is_under_way(talk):
        talk.lead = talk.render("old-button-again")
        again.say_again(talk, talk.dialogue)
    else:
        menu.show(talk, "old-button")
    talk.decision.code = "old_button"


def _otherwise(talk: Talk, dialogue: Dialogue) -> bool:
    """Neither an answer nor a request: a reading is the desk's, «no» leaves, anything else is asked again."""
    turn = talk.turn
    if isinstance(turn.parsed, Submission) or (turn.command is not None and not _word(turn)):
        return False
    if turn.command is CommandKind.THANKS or (turn.command in {CommandKind.YES, CommandKind.NO} and _is_asked(talk)):
        return False
    if turn.command is CommandKind.NO:
        menu.show(talk, "cancelled")
        return True
    if not again.is_under_way(talk):
        return False
    return again.say_again(talk, dialogue, not_understood=bool(turn.text))


def _word(turn: Turn) -> str:
    """The word's name, unless it came with an account: `БАЛАНС 1234567890` is for the desk, which knows whose it is."""
    named = isinstance(turn.parsed, Command) and turn.parsed.account is not None
    return "" if turn.command is None or named else turn.command.value


def _with_operator(talk: Talk) -> bool:
    """Everything goes to the operator but the way out, and readings that nobody could mistake."""
    turn = talk.turn
    if turn.pressed in ASKS or turn.command in {CommandKind.MENU, CommandKind.BACK}:
        ASKS.get(turn.pressed, menu.show)(talk)
        return True
    return not _is_reading(talk) and (operator.answer(talk) or _ask(talk))


def _is_reading(talk: Talk) -> bool:
    """Whether no step can mean anything else by this text."""
    return pairing.is_reading(talk, strictly=True)


def come_back(talk: Talk) -> bool:
    """Somebody joins who had begun to submit: what he has typed is not forgotten."""
    if not again.is_under_way(talk) or not talk.data.get("values"):
        return False
    if talk.data.get("was") is None:
        ask_to_resume(talk)
    else:
        again.ask_resume(talk)
    return True


def ask_to_resume(talk: Talk) -> None:
    """Figures were typed long ago: go on with them, or not? What was typed just now is kept for the answer."""
    data, step = talk.data, talk.dialogue.step if talk.dialogue is not None else ""
    talk.go(RESUME, **data, was=step, late="" if talk.turn.pressed else talk.turn.text)
    again.ask_resume(talk)


def _continue(talk: Talk, dialogue: Dialogue) -> bool:
    """Go on where the conversation stood, with what was typed when it was taken up again, or figures typed now."""
    turn = talk.turn
    typed = figures.read(talk) if not turn.pressed else None
    if turn.pressed != "continue" and turn.command is not CommandKind.YES and typed is None:
        return _ask(talk) or _otherwise(talk, dialogue)
    late = dialogue.data["late"]
    data = {name: value for name, value in dialogue.data.items() if name not in {"was", "late", "numbered"}}
    if typed is None:
        turn.text, turn.parsed = late, parse(late) if late else None
    else:
        data = figures.with_room_for(typed, data, again.about(talk)[1])
    talk.go(submit.VALUES if typed is not None else dialogue.data["was"], **data)
    turn.pressed, turn.command = "", None
    resumed = talk.dialogue
    assert resumed is not None  # noqa: S101 - it was begun two lines before
    return (bool(turn.text) and _step(talk, resumed)) or again.say_again(talk, resumed)
