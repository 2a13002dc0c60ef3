"""The question that stands, put again: as it is, below another answer, or the one before it."""

from collections.abc import Callable, Mapping
from typing import Final

from core.domain.accounts import Account, Meter
from core.domain.subscribers import Dialogue
from core.services.dialogue import autopay, choose, history, linking, menu, money, operator, own, privacy, submit
from core.services.dialogue.talk import MENU, Talk
from core.services.fitting import compose

Ask = Callable[[Talk], None]

RESUME: Final = "resume"
"""The step after a long pause: go on with what was typed, or not?"""
SETTINGS: Final = "settings"


def is_under_way(talk: Talk) -> bool:
    """Whether a question stands that the next message may answer."""
    return talk.dialogue is not None and talk.dialogue.step not in {MENU, SETTINGS}


def keep_asking(talk: Talk) -> None:
    """Put the question under way below an answer that stands already; an SMS may have no room for it."""
    decision, dialogue = talk.decision, talk.dialogue
    if dialogue is None or decision.reply is None:
        return
    said, code, account_id = decision.reply, decision.code, decision.account_id
    calculation = talk.scene.calculation
    say_again(talk, dialogue)
    decision.reply = compose([f"{said}\n{decision.reply}", said], (), talk.scene.capabilities)
    decision.code, decision.account_id = code, account_id
    # Not the question's: its reply would be the question alone.
    talk.scene.calculation = calculation


def lead_on(talk: Talk) -> None:
    """Under an answer that stands already, the question under way, or else the menu."""
    if is_under_way(talk):
        keep_asking(talk)
    else:
        menu.under(talk)
        money.offer_below(talk)


def ask_resume(talk: Talk) -> None:
    """Go on with what was typed before the pause?"""
    talk.decision.code = RESUME
    values = "/".join(map(str, talk.data["values"]))
    talk.say("resume", ((talk.choice("choice-continue", "continue"),), (menu.cancel(talk),)), values=values)


def about(talk: Talk) -> tuple[Account | None, Meter | None]:
    """The account and the meter that the dialogue is about."""
    data = talk.dialogue.data if talk.dialogue is not None else {}
    account = talk.scene.facts.account_by_id.get(data.get("account", 0))
    meters = talk.scene.facts.open_meters(account) if account is not None else []
    return account, next((meter for meter in meters if meter.id == data.get("meter")), None)


def back(talk: Talk, dialogue: Dialogue) -> None:
    """One step back: the value typed last, or the choice before."""
    account, meter = about(talk)
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


def say_again(talk: Talk, dialogue: Dialogue, *, not_understood: bool = False) -> bool:
    """Repeat the question that stands."""
    account, meter = about(talk)
    talk.decision.code = "not_understood" if not_understood else "asked_again"
    if not_understood:
        talk.lead = talk.render("not-understood")
    if account is not None and meter is not None and dialogue.step in {submit.VALUES, submit.CONFIRM, history.LIST}:
        values = tuple(dialogue.data.get("values") or ())
        if dialogue.step == submit.VALUES:
            submit.ask_values(talk, account, meter, *values)
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
    autopay.STATUS: autopay.show,
    autopay.MODE: autopay.ask_mode,
    history.WITHDRAW: history.ask_again,
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
    money.ACCOUNT: lambda talk: money.tell(talk, talk.accounts),
    money.PAY_ACCOUNT: lambda talk: money.offer(talk, talk.accounts),
    money.PAY_SUM: money.ask_sum,
    autopay.ACCOUNT: autopay.begin,
    autopay.SUM: autopay.ask_sum,
    autopay.DAY: autopay.ask_day,
    autopay.CEILING: autopay.ask_ceiling,
    autopay.AGREE: autopay.ask_agree,
    operator.STEP: operator.ask_again,
    RESUME: ask_resume,
    privacy.FORGET: privacy.ask_forget,
}
"""How each step's question is put again."""
