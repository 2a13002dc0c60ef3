"""Submitting a reading in steps: account, meter, one value per zone, a look at what it means, and yes."""

from typing import Final

from core.domain.accounts import Account, Level, Meter, mask
from core.domain.facts import PAY_FOR_READINGS
from core.domain.readings import Code, Status
from core.domain.validation import Verdict, baseline, judge
from core.domain.windows import local_day, place
from core.services.desk import replies
from core.services.desk.look_up import Match
from core.services.desk.settle import confirm, settle, take
from core.services.dialogue import choose, figures, menu, money, pairing, summary
from core.services.dialogue.summary import Summary
from core.services.dialogue.talk import Rows, Talk
from parsers import CommandKind

ACCOUNT: Final = "submit.account"
METER: Final = "submit.meter"
PAIR: Final = "submit.pair"
VALUES: Final = "submit.values"
CONFIRM: Final = "submit.confirm"

_REFUSED: Final = frozenset({Code.LESS_THAN_PREVIOUS, Code.ZERO, Code.TOO_MANY_DIGITS})
_DOUBTS: Final = {
    Code.TOO_LARGE: "doubt-too-large",
    Code.PHYSICAL_LIMIT: "doubt-physical-limit",
    Code.ROLLOVER: "doubt-rollover",
    Code.SWAPPED: "doubt-swapped",
    Code.X10: "doubt-x10",
    Code.TOO_MANY_DIGITS: "doubt-x10",
}


def begin(talk: Talk) -> None:
    """Ask only what is not clear: with one account and one meter, straight for the values."""
    talk.decision.code = "submit"
    own = talk.accounts
    if not own:
        ask_pair(talk)
    elif len(own) == 1:
        take_account(talk, own[0])
    else:
        talk.go(ACCOUNT)
        choose.accounts(talk, "choose-account", 0, talk.choice("choice-other-account", "other"))


def ask_pair(talk: Talk) -> None:
    """Nobody's account is known: it takes the numbers of account and meter."""
    talk.go(PAIR)
    talk.decision.code = "submit"
    talk.say("submit-pair", ((menu.cancel(talk),),), by_word=True)


def choose_account(talk: Talk) -> bool:
    """The answer to which account."""
    if talk.turn.pressed == "other":
        ask_pair(talk)
        return True
    other = talk.choice("choice-other-account", "other")
    return choose.account_answered(
        talk,
        lambda page: choose.accounts(talk, "choose-account", page, other),
        lambda account: take_account(talk, account),
    )


def take_account(talk: Talk, account: Account) -> None:
    """On to the meter."""
    talk.decision.code = "submit"
    talk.decision.account_id = account.id
    listed = choose.open_meters(talk, account)
    if len(listed) == 1:
        ask_values(talk, account, listed[0])
    elif listed:
        talk.go(METER, account=account.id)
        choose.meters(talk, account)
    else:
        automatic = talk.scene.facts.open_meters(account)
        key = "meter-automatic" if automatic else "no-meters"
        talk.end()
        talk.decision.code = Code.METER_AUTOMATIC.value if automatic else "no_meters"
        talk.say(key, meter=mask(automatic[0].serial) if automatic else "")
        menu.under(talk)


def choose_meter(talk: Talk) -> bool:
    """The answer to which meter."""
    return choose.meter_answered(talk, lambda account, meter: ask_values(talk, account, meter))


def take_pair(talk: Talk) -> bool:
    """The numbers of an account and its meter, which need not be the subscriber's own."""
    found = pairing.read(talk)
    if found is None:
        return False
    if found.meter is None or found.account is None:
        pairing.refuse(talk, found, ((menu.cancel(talk),),))
    elif found.meter.closed_on is not None or found.meter.automatic:
        closed = found.meter.closed_on is not None
        talk.decision.code = (Code.METER_ARCHIVED if closed else Code.METER_AUTOMATIC).value
        key = "meter-archived" if closed else "meter-automatic"
        talk.say(key, ((menu.cancel(talk),),), by_word=True, meter=mask(found.meter.serial))
    else:
        ask_values(talk, found.account, found.meter)
    return True


def ask_values(talk: Talk, account: Account, meter: Meter, *values: int, problem: str = "") -> None:
    """Ask for the next zone's value, after saying what was wrong with the last one; several may be typed at once."""
    if _is_refused_now(talk, account):
        return
    typed = list(values)
    talk.go(VALUES, account=account.id, meter=meter.id, values=typed)
    talk.decision.code = talk.decision.code or "submit"
    talk.decision.account_id = account.id
    prompt = talk.render(_prompt(meter, len(typed)), meter=mask(meter.serial))
    asked = f"{problem} {prompt}".strip()
    variants = [asked, problem or prompt]
    if talk.scene.level(account) is not Level.ANONYMOUS and not problem:
        previous = _before(talk, account, meter)[len(typed)]
        variants.insert(0, f"{asked} {talk.render('value-before-linked', previous=str(previous))}")
    talk.say_texts(variants, _value_choices(talk, account, typed), by_word=True)


def _is_refused_now(talk: Talk, account: Account) -> bool:
    """Whether the branch takes no readings today; if so, says so: better now than after all has been typed."""
    branch = talk.scene.rules.branch(account)
    if branch.outside != "reject" or place(branch, talk.scene.sent_at).inside:
        return False
    talk.end()
    talk.decision.code, talk.decision.account_id = Code.OUTSIDE_WINDOW.value, account.id
    first, last = map(str, branch.window)
    talk.say("outside-window", open=first, close=last)
    menu.under(talk)
    return True


def _value_choices(talk: Talk, account: Account, typed: list[int]) -> Rows:
    controls = (menu.back(talk), menu.cancel(talk))
    if typed or talk.scene.level(account) is Level.ANONYMOUS:
        return (controls,)
    return ((talk.choice("choice-same", "same"),), controls)


def _prompt(meter: Meter, place_: int) -> str:
    if meter.zones == 1:
        return "enter-value"
    return f"enter-value-{meter.zones}-{place_ + 1}"


def take_values(talk: Talk) -> bool:
    """One value or several, or the same as before."""
    account, meter = _about(talk)
    if account is None or meter is None:
        return False
    typed: list[int] = list(talk.data["values"])
    if talk.turn.pressed == "same" or talk.turn.command is CommandKind.SAME:
        if talk.scene.level(account) is Level.ANONYMOUS:
            return False
        typed = list(_before(talk, account, meter))
    else:
        more = figures.read(talk, meter.zones - len(typed))
        if more is None:
            return False
        if len(typed) + len(more) > meter.zones:
            talk.decision.code = Code.EXTRA_VALUES.value
            problem = talk.render("value-extra", expected=meter.zones - len(typed))
            ask_values(talk, account, meter, *typed, problem=problem)
            return True
        typed += more
    if len(typed) < meter.zones and all(value < 10**meter.digits for value in typed):
        ask_values(talk, account, meter, *typed)
    else:
        show(talk, account, meter, tuple(typed))
    return True


def show(talk: Talk, account: Account, meter: Meter, values: tuple[int, ...]) -> None:
    """Say what the values mean before anything is stored; what cannot be is said at once, and asked anew."""
    full = (*values, *_before(talk, account, meter)[len(values) :])
    verdict = _judge(talk, account, meter, full)
    if verdict.code in _REFUSED and (not verdict.suggestion or len(values) < meter.zones):
        talk.decision.code = verdict.code.value
        place_, problem = _problem(talk, account, meter, full, verdict.code)
        ask_values(talk, account, meter, *values[:place_], problem=problem)
        return
    talk.go(CONFIRM, account=account.id, meter=meter.id, values=list(values))
    talk.decision.code = "submit"
    talk.decision.account_id = account.id
    rows: Rows = ((talk.choice("choice-yes", "yes"), talk.choice("choice-edit", "edit")), (menu.cancel(talk),))
    doubts: tuple[str, ...] = ("",)
    if verdict.code in _DOUBTS:
        doubts = talk.variants(_DOUBTS[verdict.code])
        if verdict.suggestion:
            talk.data["instead"] = list(verdict.suggestion)
            other = "/".join(map(str, verdict.suggestion))
            instead = talk.choice("choice-instead", "instead", values=other)
            # More digits than the register has cannot be insisted on.
            first = (instead, talk.choice("choice-edit", "edit"))
            rows = (first, rows[1]) if verdict.code is Code.TOO_MANY_DIGITS else ((instead,), *rows)
    said = summary.of(talk, account, meter, values, verdict)
    if said.priced and not verdict.suggestion and money.may_pay(talk, account):
        rows = (rows[0], (talk.choice("choice-yes-pay", PAY_FOR_READINGS),), *rows[1:])

    def say(talk: Talk, said: Summary) -> None:
        texts = [f"{doubt} {text}".strip() for text in said.texts for doubt in doubts]
        talk.say_texts(texts, rows, fuller=[f"{doubts[0]} {text}".strip() for text in said.priced])

    say(talk, said)
    summary.want(talk, account, said, say)


def answer_check(talk: Talk) -> bool:
    """Yes stores; no, or new values, go back to them."""
    account, meter = _about(talk)
    if account is None or meter is None:
        return False
    pressed, command = talk.turn.pressed, talk.turn.command
    if pressed == "yes" or (command is CommandKind.YES and not pressed):
        finish(talk, account, meter, insist="instead" in talk.data)
    elif pressed == PAY_FOR_READINGS:
        finish(talk, account, meter, insist=False)
        money.offer_for_reading(talk, account, meter)
    elif pressed == "instead" and "instead" in talk.data:
        finish(talk, account, meter, insist=False)
    elif pressed in {"edit", "no"} or command is CommandKind.NO:
        ask_values(talk, account, meter)
    elif figures.read(talk) is not None:
        talk.data["values"] = []
        return take_values(talk)
    else:
        return False
    return True


def finish(talk: Talk, account: Account, meter: Meter, *, insist: bool) -> None:
    """Store by the desk's own rules. The subscriber has seen what is doubtful and said yes, so nothing is asked again.

    `insist`: a suggestion was shown and refused; what was typed then goes to a moderator.
    """
    scene, values = talk.scene, tuple(talk.data["values"])
    match = Match(account, meter, values, scene.level(account), renamed=False)
    item = take(settle(match, scene, ask=False), scene, talk.decision)
    if insist and item.reading is not None and item.reading.status is Status.NEEDS_CONFIRMATION:
        item = take(settle(match, scene, ask=False), scene, talk.decision)
    if item.reading is not None and item.reading.status is Status.NEEDS_CONFIRMATION:
        item = take(confirm(item.reading, scene) or item, scene, talk.decision)
    talk.end()
    talk.decision.code = item.code.value
    talk.decision.account_id = account.id
    talk.decision.reply = replies.answer(scene, [item], frozenset())
    menu.under(talk)
    money.offer_below(talk)


def _judge(talk: Talk, account: Account, meter: Meter, values: tuple[int, ...]) -> Verdict:
    branch = talk.scene.rules.branch(account)
    period = place(branch, talk.scene.sent_at).period
    before = baseline(meter, talk.scene.facts.live(meter), period, branch)
    return judge(meter, before, values, local_day(branch, talk.scene.sent_at), branch.limits)


def _before(talk: Talk, account: Account, meter: Meter) -> tuple[int, ...]:
    branch = talk.scene.rules.branch(account)
    period = place(branch, talk.scene.sent_at).period
    return baseline(meter, talk.scene.facts.live(meter), period, branch).values


def _problem(talk: Talk, account: Account, meter: Meter, values: tuple[int, ...], code: Code) -> tuple[int, str]:
    """The first register that cannot be, and what is wrong with it."""
    capacity = 10**meter.digits
    for place_, (new, old) in enumerate(zip(values, _before(talk, account, meter), strict=True)):
        if code is Code.TOO_MANY_DIGITS and new >= capacity:
            return place_, talk.render("value-too-long", value=str(new), digits=str(meter.digits))
        if code is Code.ZERO and old > new == 0:
            return place_, talk.render("value-zero")
        if code is Code.LESS_THAN_PREVIOUS and new < old:
            if talk.scene.level(account) is Level.ANONYMOUS:
                return place_, talk.render("value-less", value=str(new))
            return place_, talk.render("value-less-linked", value=str(new), previous=str(old))
    return 0, ""


def _about(talk: Talk) -> tuple[Account | None, Meter | None]:
    """The account and the meter that the dialogue is about; they came by look-up, so they need not be one's own."""
    account = talk.scene.facts.account_by_id.get(talk.data.get("account", 0))
    meters = talk.scene.facts.open_meters(account) if account is not None else []
    return account, next((meter for meter in meters if meter.id == talk.data.get("meter")), None)
