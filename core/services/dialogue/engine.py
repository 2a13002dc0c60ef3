"""Who answers a turn: what was asked for in a word or by a button, the step under way, or the desk's own rules."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from core.domain.accounts import Account, Level, Meter
from core.domain.subscribers import Dialogue
from core.services.dialogue import choose, history, linking, menu, money, operator, own, privacy, submit
from core.services.dialogue.talk import MENU, UNSAID, Talk, Turn, chosen
from parsers import Command, CommandKind, Outcome, Submission, parse

Step = Callable[[Talk], bool]
Ask = Callable[[Talk], None]

RESUME: Final = "resume"
SETTINGS: Final = "settings"
STALE: Final = timedelta(hours=6)
"""After such a pause a subscriber is asked before figures typed back then are used."""

ASKS: Final[Mapping[str, Ask]] = {
    MENU: menu.show,
    "submit": submit.begin,
    "balance": lambda talk: money.tell(talk, talk.accounts),
    "payment": money.pay,
    "accounts": own.begin,
    "history": history.begin,
    "help": menu.help_,
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
    history.ACCOUNT: history.choose_account,
    history.METER: history.choose_meter,
    history.LIST: history.answer_list,
    history.WITHDRAW: history.answer_withdraw,
    privacy.FORGET: privacy.answer_forget,
}
"""Who takes the answer of each step; False where it is none."""

_TYPED: Final = frozenset(
    {submit.PAIR, submit.VALUES, linking.PAIR, linking.SERIAL, linking.CODE, linking.BILL, own.NAME}
)
"""Steps whose answer is typed: whatever word it looks like, but the way out, the step has the first say."""
_WAYS_OUT: Final = frozenset({CommandKind.MENU, CommandKind.NO, CommandKind.HELP, CommandKind.OPERATOR})


def converse(talk: Talk) -> bool:
    """Answer a turn; False leaves it to the desk's rules for single messages."""
    dialogue = talk.dialogue
    if dialogue is None:
        return _ask(talk)
    waited, dialogue.at = talk.scene.now - dialogue.at, talk.scene.now
    talk.turn.pressed = talk.turn.pressed or chosen(talk.turn.text, dialogue)
    if dialogue.data.pop(UNSAID, False) and not _is_reading(talk):
        return _say_again(talk, dialogue)
    if dialogue.step == operator.STEP:
        return _with_operator(talk)
    if dialogue.step == RESUME:
        return _continue(talk, dialogue)
    if dialogue.data.get("values") and waited > STALE and not _is_reading(talk) and talk.turn.pressed not in ASKS:
        return _ask_to_resume(talk, dialogue)
    return _step(talk, dialogue) or _ask(talk) or _otherwise(talk, dialogue)


def _step(talk: Talk, dialogue: Dialogue) -> bool:
    """Let the step under way have the answer, unless it asks for something else."""
    turn = talk.turn
    if turn.pressed == "back" or (turn.command is CommandKind.BACK and not turn.pressed):
        _back(talk, dialogue)
        return True
    asks = turn.pressed in ASKS or (_word(turn) in ASKS if dialogue.step not in _TYPED else turn.command in _WAYS_OUT)
    step = STEPS.get(dialogue.step)
    return step is not None and not asks and step(talk)


def _ask(talk: Talk) -> bool:
    """What is asked for by its token or word, wherever the conversation stands."""
    turn = talk.turn
    ask = ASKS.get(turn.pressed) or ASKS.get(_word(turn))
    if ask is not None:
        ask(talk)
        return True
    account, _ = _about(talk)
    own_account = choose.account_of(talk, account.id) if account is not None else None
    proving = choose.account_of(talk, choose.number_in(turn.pressed, "prove"))
    if turn.pressed == "read" and own_account is not None:
        submit.take_account(talk, own_account)
    elif turn.pressed == "past" and own_account is not None:
        history.take_account(talk, own_account)
    elif proving is not None and talk.scene.level(proving) is not Level.ANONYMOUS:
        linking.send_code(talk, proving)
    elif turn.phone:
        menu.show(talk, "contact-unasked")
    elif turn.pressed and turn.pressed not in {"yes", "no"}:
        # A button of an old message, or one that somebody made up.
        talk.decision.code = "old_button"
        menu.show(talk, "old-button")
    else:
        return False
    return True


def _otherwise(talk: Talk, dialogue: Dialogue) -> bool:
    """Neither an answer nor a request: a reading is the desk's, «no» leaves, anything else is asked again."""
    turn = talk.turn
    if isinstance(turn.parsed, Submission):
        return False
    waiting = talk.scene.facts.waiting(talk.scene.address, talk.scene.now)
    if turn.command is CommandKind.NO and not waiting:
        menu.show(talk, "cancelled")
        return True
    if dialogue.step in {MENU, SETTINGS} or turn.command in {CommandKind.YES, CommandKind.NO}:
        return False
    return _say_again(talk, dialogue, not_understood=bool(turn.text))


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
    return not _is_reading(talk) and operator.answer(talk)


def _is_reading(talk: Talk) -> bool:
    """Whether the text is a reading in the strict grammar, of an account on file: no step can mean anything else."""
    parsed = talk.turn.parsed
    if not isinstance(parsed, Submission) or parsed.outcome is not Outcome.OK:
        return False
    entry = parsed.candidates[0].entries[0]
    account = talk.scene.facts.account(entry.account) if entry.account and entry.meter else None
    return account is not None and talk.scene.facts.meter(account, entry.meter or "") is not None


def _about(talk: Talk) -> tuple[Account | None, Meter | None]:
    """The account and the meter that the dialogue is about."""
    data = talk.dialogue.data if talk.dialogue is not None else {}
    account = talk.scene.facts.account_by_id.get(data.get("account", 0))
    meters = talk.scene.facts.open_meters(account) if account is not None else []
    return account, next((meter for meter in meters if meter.id == data.get("meter")), None)


def _back(talk: Talk, dialogue: Dialogue) -> None:
    """One step back: the value typed last, or the choice before."""
    account, meter = _about(talk)
    step, values = dialogue.step, dialogue.data.get("values") or []
    talk.decision.code = "back"
    if step in {submit.VALUES, submit.CONFIRM} and values and account is not None and meter is not None:
        submit.ask_values(talk, account, meter, *values[:-1])
    elif step == submit.VALUES and account is not None and len(choose.open_meters(talk, account)) > 1:
        submit.take_account(talk, account)
    elif step in {submit.VALUES, submit.METER} and len(talk.accounts) > 1:
        submit.begin(talk)
    elif step in {own.NAME, own.UNLINK} and account is not None:
        own.card(talk, account)
    else:
        _BEFORE.get(step, menu.show)(talk)


def _ask_to_resume(talk: Talk, dialogue: Dialogue) -> bool:
    """Figures were typed long ago: go on with them, or not? What was typed just now is kept for the answer."""
    late = "" if talk.turn.pressed else talk.turn.text
    talk.go(RESUME, **dialogue.data, was=dialogue.step, late=late)
    talk.decision.code = RESUME
    values = "/".join(map(str, dialogue.data["values"]))
    talk.say("resume", ((talk.choice("choice-continue", "continue"),), (menu.cancel(talk),)), values=values)
    return True


def _continue(talk: Talk, dialogue: Dialogue) -> bool:
    """Go on where the conversation stood, with what was typed when it was taken up again."""
    if talk.turn.pressed != "continue" and talk.turn.command is not CommandKind.YES:
        return _ask(talk) or _otherwise(talk, dialogue)
    data = {name: value for name, value in dialogue.data.items() if name not in {"was", "late", "numbered"}}
    talk.go(dialogue.data["was"], **data)
    resumed = talk.dialogue
    assert resumed is not None  # noqa: S101 - it was begun in the line before
    late = dialogue.data["late"]
    talk.turn.pressed, talk.turn.command = "", None
    talk.turn.text, talk.turn.parsed = late, parse(late) if late else None
    return (bool(late) and _step(talk, resumed)) or _say_again(talk, resumed)


def _say_again(talk: Talk, dialogue: Dialogue, *, not_understood: bool = False) -> bool:
    """Repeat the question that stands."""
    account, meter = _about(talk)
    talk.decision.code = "not_understood" if not_understood else "asked_again"
    hint = talk.render("not-understood") if not_understood else ""
    if account is not None and meter is not None and dialogue.step in {submit.VALUES, submit.CONFIRM, history.LIST}:
        values = tuple(dialogue.data.get("values") or ())
        if dialogue.step == submit.VALUES:
            submit.ask_values(talk, account, meter, *values, problem=hint)
        elif dialogue.step == submit.CONFIRM:
            submit.show(talk, account, meter, values)
        else:
            history.show(talk, account, meter)
    elif account is not None and dialogue.step in _OF_ACCOUNT:
        _OF_ACCOUNT[dialogue.step](talk, account)
    elif dialogue.step in _AGAIN:
        _AGAIN[dialogue.step](talk)
    else:
        menu.show(talk)
    if not_understood:
        talk.decision.code = "not_understood"
    return True


_BEFORE: Final[Mapping[str, Ask]] = {
    linking.BILL: linking.ask_factor_again,
    linking.CODE: linking.ask_factor_again,
    linking.FACTOR: linking.begin,
    own.CARD: own.begin,
    history.METER: history.begin,
}
"""Where «back» leads from a step, where the account does not matter."""
_OF_ACCOUNT: Final[Mapping[str, Callable[[Talk, Account], None]]] = {
    submit.METER: submit.take_account,
    history.METER: history.take_account,
    own.CARD: own.card,
    own.NAME: own.ask_name,
    own.UNLINK: own.ask_unlink,
}
_AGAIN: Final[Mapping[str, Ask]] = {
    submit.ACCOUNT: submit.begin,
    submit.PAIR: submit.ask_pair,
    linking.CONSENT: linking.ask_consent_again,
    linking.PAIR: linking.begin,
    linking.SERIAL: linking.ask_serial_again,
    linking.FACTOR: linking.ask_factor_again,
    linking.CODE: linking.ask_code_again,
    linking.BILL: linking.ask_bill_code,
    own.LIST: own.begin,
    history.ACCOUNT: history.begin,
    privacy.FORGET: privacy.ask_forget,
}
"""How each step's question is put again."""
