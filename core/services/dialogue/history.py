"""Past readings, and taking this period's one back while it is ours to give."""

from typing import Final

from core.domain.accounts import Account, Meter, mask
from core.domain.readings import Reading, Status
from core.domain.windows import local_day, place
from core.services.dialogue import choose, menu, submit
from core.services.dialogue.talk import Choice, Talk
from parsers import CommandKind

ACCOUNT: Final = "history.account"
METER: Final = "history.meter"
LIST: Final = "history.list"
WITHDRAW: Final = "history.withdraw"

SHOWN: Final = 6
"""Half a year: as much as the average consumption is taken from."""
_STATES: Final = {
    Status.ACCEPTED: "state-accepted",
    Status.EXPORTED: "state-billed",
    Status.IN_REVIEW: "state-review",
    Status.NEEDS_CONFIRMATION: "state-asked",
}
_OURS: Final = frozenset({Status.ACCEPTED, Status.IN_REVIEW, Status.NEEDS_CONFIRMATION})


def begin(talk: Talk) -> None:
    """Ask which account, if it is not clear."""
    talk.decision.code = "history"
    own = talk.accounts
    if not own:
        talk.go("accounts.list")
        talk.say("history-link-first", ((talk.choice("choice-link", "link"),), (menu.cancel(talk),)))
    elif len(own) == 1:
        take_account(talk, own[0])
    else:
        talk.go(ACCOUNT)
        choose.accounts(talk, "choose-account", 0)


def choose_account(talk: Talk) -> bool:
    """The answer to which account."""
    return choose.account_answered(
        talk, lambda page: choose.accounts(talk, "choose-account", page), lambda account: take_account(talk, account)
    )


def take_account(talk: Talk, account: Account) -> None:
    """On to the meter."""
    talk.decision.code = "history"
    talk.decision.account_id = account.id
    listed = choose.open_meters(talk, account)
    if len(listed) == 1:
        show(talk, account, listed[0])
    elif listed:
        talk.go(METER, account=account.id)
        choose.meters(talk, account)
    else:
        talk.end()
        talk.say("no-meters")
        menu.under(talk)


def choose_meter(talk: Talk) -> bool:
    """The answer to which meter."""
    return choose.meter_answered(talk, lambda account, meter: show(talk, account, meter))


def show(talk: Talk, account: Account, meter: Meter) -> None:
    """The last half year, newest first; the current one can be corrected or taken back."""
    talk.go(LIST, account=account.id, meter=meter.id)
    talk.decision.code = talk.decision.code or "history"
    talk.decision.account_id = account.id
    readings = list(reversed(talk.scene.facts.live(meter)))[:SHOWN]
    branch = talk.scene.rules.branch(account)
    lines = [
        talk.render(
            "history-line",
            date=local_day(branch, reading.sent_at).strftime("%d.%m.%Y"),
            values="/".join(map(str, reading.values)),
            state=talk.render(_STATES[reading.status]),
        )
        for reading in readings
    ]
    rows: list[tuple[Choice, ...]] = []
    current = _current(talk, account, meter)
    if current is not None:
        rows.append((talk.choice("choice-correct", "correct"), talk.choice("choice-withdraw", "withdraw")))
    rows.append((menu.cancel(talk),))
    if not lines:
        billed = "/".join(map(str, meter.billed))
        read_on = meter.read_on.strftime("%d.%m.%Y")
        talk.say("history-empty", rows, meter=mask(meter.serial), values=billed, date=read_on)
        return
    variants = [
        talk.render("history", meter=mask(meter.serial), lines="\n".join(lines[:count]))
        for count in range(len(lines), 0, -1)
    ]
    talk.say_texts(variants, rows)


def answer_list(talk: Talk) -> bool:
    """Correct or withdraw this period's reading."""
    account = choose.account_of(talk, talk.data.get("account"))
    meter = choose.meter_of(talk, account, talk.data.get("meter")) if account else None
    if account is None or meter is None:
        return False
    if talk.turn.pressed == "correct":
        submit.ask_values(talk, account, meter)
    elif talk.turn.pressed == "withdraw":
        _ask_withdraw(talk, account, meter)
    else:
        return False
    return True


def _ask_withdraw(talk: Talk, account: Account, meter: Meter) -> None:
    current = _current(talk, account, meter)
    if current is None:
        _refuse_withdraw(talk)
        return
    talk.go(WITHDRAW, account=account.id, meter=meter.id, reading=current.id)
    talk.decision.code = "withdraw"
    values = "/".join(map(str, current.values))
    yes_no = (talk.choice("choice-yes", "yes"), talk.choice("choice-no", "no"))
    talk.say("confirm-withdraw", (yes_no,), meter=mask(meter.serial), values=values)


def _refuse_withdraw(talk: Talk) -> None:
    talk.end()
    talk.decision.code = "too_late"
    talk.say("withdraw-too-late")
    menu.under(talk)


def ask_again(talk: Talk, account: Account) -> None:
    """Whether to take back the reading that was meant."""
    meter = choose.meter_of(talk, account, talk.data.get("meter"))
    if meter is None:
        menu.show(talk)
    else:
        _ask_withdraw(talk, account, meter)


def answer_withdraw(talk: Talk) -> bool:
    """Yes takes the reading back, as long as billing has not got it and its window is open."""
    account = choose.account_of(talk, talk.data.get("account"))
    meter = choose.meter_of(talk, account, talk.data.get("meter")) if account else None
    if account is None or meter is None:
        return False
    if talk.turn.pressed == "no" or talk.turn.command is CommandKind.NO:
        show(talk, account, meter)
        return True
    if talk.turn.pressed != "yes" and talk.turn.command is not CommandKind.YES:
        return False
    current, meant = _current(talk, account, meter), talk.data.get("reading")
    if current is None or current.id != meant:
        _refuse_withdraw(talk)
        return True
    talk.end()
    current.status, current.decided_by = Status.WITHDRAWN, "subscriber"
    talk.decision.changed.append(current)
    talk.decision.code = "withdrawn"
    talk.say("withdrawn", meter=mask(meter.serial))
    menu.under(talk)
    return True


def _current(talk: Talk, account: Account, meter: Meter) -> Reading | None:
    """The reading of the period that a message sent now would count for, while its window is open."""
    branch = talk.scene.rules.branch(account)
    placement = place(branch, talk.scene.sent_at)
    if not placement.inside:
        return None
    counted = [reading for reading in talk.scene.facts.live(meter) if reading.period == placement.period]
    latest = counted[-1] if counted else None
    return latest if latest is not None and latest.status in _OURS else None
