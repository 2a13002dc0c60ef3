"""One event's decision. Pure: everything it knows is in the facts, which it keeps true for the next event."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from core.domain.accounts import Account, Level
from core.domain.bill_codes import Bill, NotABill
from core.domain.bill_codes import read as read_bill
from core.domain.decisions import FAILURES, HAND_OVER, Decision, NewCase, Outcome
from core.domain.deep_links import account_in
from core.domain.facts import AUTOPAY, MONEY, Facts, Needs, search_keys
from core.domain.messages import (
    ChoiceMade,
    DeliveryReported,
    Event,
    Joined,
    Left,
    PhotoRead,
    PhotoReceived,
    TextReceived,
)
from core.domain.readings import Status
from core.domain.subscribers import Profile
from core.domain.values import value
from core.domain.windows import believed
from core.services.desk import replies
from core.services.desk.look_up import find
from core.services.desk.scene import Draw, Rules, Scene
from core.services.desk.settle import confirm, settle, take
from core.services.dialogue.doorway import accompany, answer, hear, leave, offer_payment, tell_balance
from parsers import BillCode, Command, CommandKind, Parsed, RejectCode, Rejected, Repair, Submission, pairs, parse
from parsers import Outcome as Sureness

DEFAULT_LANGUAGE: Final = "ru"
LIMITED: Final = "limited"
"""Outcome code of a message left unanswered because its sender wrote too many."""


_ANSWERS: Final = {
    "yes": Command(CommandKind.YES, "yes", None),
    "no": Command(CommandKind.NO, "no", None),
}
"""Buttons that say the same as a word does: they may answer a question asked outside any dialogue."""


@value()
class Incoming:
    """An event on its way through the desk, with what the parser made of its text."""

    event: Event
    received_at: datetime
    parsed: Parsed | None
    bill: Bill | None = None
    """What the code of a bill says, that came as text or in a picture."""
    unreadable: bool = False
    """The parser failed on it: our mistake, to be stored as such."""


def read(event: Event, received_at: datetime) -> Incoming:
    """Parse an event's text, once."""
    text = text_of(event)
    if isinstance(event, ChoiceMade) and event.token in _ANSWERS:
        return Incoming(event, received_at, _ANSWERS[event.token])
    if isinstance(event, PhotoRead):
        return Incoming(event, received_at, None, event.bill)
    parsed = parse(text) if text or isinstance(event, TextReceived) else None
    bill = _bill_in(parsed) if isinstance(event, TextReceived) and isinstance(parsed, BillCode) else None
    return Incoming(event, received_at, parsed, bill)


def _bill_in(code: BillCode) -> Bill | None:
    try:
        return read_bill(code.payload)
    except NotABill:
        return None


def text_of(event: Event) -> str:
    """What the subscriber typed."""
    if isinstance(event, TextReceived):
        return event.text
    return event.caption if isinstance(event, (PhotoReceived, PhotoRead)) else ""


def needs_of(batch: Sequence[Incoming], rules: Rules) -> Needs:
    """What deciding a batch may ask for."""
    needs = Needs()
    for incoming in batch:
        event, parsed = incoming.event, incoming.parsed
        needs.events.append((event.address.channel, event.event_id))
        if isinstance(event, DeliveryReported):
            continue
        needs.addresses.add(event.address)
        needs.autopay = needs.autopay or _is_about_autopay(incoming)
        needs.money = needs.money or needs.autopay or _is_about_money(incoming)
        if rules.capabilities[event.address.channel].address_is_phone:
            needs.phones.add(event.address.external_id)
        if incoming.bill is not None:
            needs.account_keys |= search_keys((incoming.bill.account,))
            needs.proofs = True
            continue
        if isinstance(parsed, Submission):
            needs.account_keys |= search_keys(parsed.accounts)
            if parsed.candidates[0].entries[0].meter is not None:
                continue
        elif isinstance(parsed, Command) and parsed.account is not None:
            needs.account_keys |= search_keys((parsed.account,))
        elif isinstance(event, Joined) and event.start:
            needs.account_keys |= search_keys((account_in(event.start),))
            needs.proofs = True
        if parsed is not None and not isinstance(parsed, Command):
            # Where a step of a dialogue asks for account and meter, the text names them in no grammar.
            needs.account_keys |= search_keys(account for account, _ in pairs(text_of(event)))
    return needs


def _is_about_money(incoming: Incoming) -> bool:
    if isinstance(incoming.event, ChoiceMade):
        return incoming.event.token in MONEY
    return isinstance(incoming.parsed, Command) and incoming.parsed.kind in MONEY


def _is_about_autopay(incoming: Incoming) -> bool:
    if isinstance(incoming.event, ChoiceMade):
        return incoming.event.token.startswith(AUTOPAY)
    return isinstance(incoming.parsed, Command) and incoming.parsed.kind.startswith(AUTOPAY)


def decide(
    incoming: Incoming, facts: Facts, now: datetime, rules: Rules, new_key: Callable[[], int], *, draw: Draw
) -> Decision:
    """What to store and to answer. Raises only for a mistake of ours; the caller then fails this one event."""
    event, parsed = incoming.event, incoming.parsed
    sent_at = event.sent_at if believed(event.sent_at, incoming.received_at) else incoming.received_at
    decision = Decision(key=new_key(), event=event, received_at=incoming.received_at, sent_at=sent_at)
    if isinstance(event, DeliveryReported):
        decision.delivery = event.delivery
        decision.code = event.delivery.value
        return decision
    scene = Scene(
        rules=rules,
        facts=facts,
        address=event.address,
        sent_at=sent_at,
        received_at=incoming.received_at,
        now=now,
        language=_language(parsed, facts.profiles.get(event.address)),
        new_key=new_key,
        draw=draw,
    )
    if isinstance(event, Left):
        leave(scene, decision)
        return decision
    decision.text = text_of(event)
    if not isinstance(event, PhotoRead):
        hear(scene, decision)
    if isinstance(parsed, Rejected) and parsed.code is RejectCode.CARD_NUMBER:
        # Neither the text nor the payload may be kept, nor reach any step of a dialogue: they hold the card.
        _reject(parsed, scene, decision)
        accompany(scene, decision)
    elif not answer(event, parsed, incoming.bill, scene, decision):
        _single(parsed, scene, decision)
    _limit(scene, decision)
    if decision.reply is not None:
        decision.calculation = scene.calculation
    return decision


def _language(parsed: Parsed | None, known: Profile | None) -> str:
    """The language of the word that was typed, else the one chosen, else what the letters tell."""
    if isinstance(parsed, Command) and parsed.language and (known is None or not known.language):
        return parsed.language
    chosen = known.language if known is not None else ""
    return chosen or (parsed.language if parsed is not None else None) or DEFAULT_LANGUAGE


def _single(parsed: Parsed | None, scene: Scene, decision: Decision) -> None:
    """A message that stands for itself, as most SMS do."""
    if isinstance(parsed, Submission):
        _submit(parsed, scene, decision)
    elif isinstance(parsed, Command):
        _obey(parsed, scene, decision)
    elif isinstance(parsed, Rejected):
        _reject(parsed, scene, decision)
    accompany(scene, decision)


def _submit(submission: Submission, scene: Scene, decision: Decision) -> None:
    found = find(submission, scene)
    if found.code is not None:
        decision.code = found.code.value
        decision.account_id = found.account.id if found.account else None
        known = found.account is not None and scene.level(found.account) is not Level.ANONYMOUS
        if submission.phone_like and not known:
            decision.code = RejectCode.PHONE_FOR_ACCOUNT.value
            decision.reply = replies.plain(scene, RejectCode.PHONE_FOR_ACCOUNT.value.replace("_", "-"))
        else:
            decision.reply = replies.not_found(scene, found)
        return
    ask = Repair.SWAPPED in found.repairs or submission.outcome is Sureness.NEEDS_CONFIRMATION
    items = []
    for match in found.matches:
        item = settle(match, scene, ask=ask)
        take(item, scene, decision)
        items.append(item)
    decision.code = items[0].code.value
    decision.account_id = items[0].account.id
    decision.reply = replies.answer(scene, items, found.repairs)


def _obey(command: Command, scene: Scene, decision: Decision) -> None:
    decision.code = command.kind.value
    match command.kind:
        case CommandKind.YES:
            _confirm(scene, decision)
        case CommandKind.NO:
            _decline(scene, decision)
        case CommandKind.THANKS:
            decision.reply = replies.plain(scene, "thanks")
        case CommandKind.BALANCE:
            tell_balance(_asked_about(command, scene), scene, decision)
        case _:
            offer_payment(_asked_about(command, scene), scene, decision)


def _confirm(scene: Scene, decision: Decision) -> None:
    items = [
        item
        for reading in scene.facts.waiting(scene.address, scene.now)
        if (item := confirm(reading, scene)) is not None
    ]
    if not items:
        decision.code = "nothing_to_confirm"
        decision.reply = replies.plain(scene, "nothing-to-confirm")
        return
    for item in items:
        take(item, scene, decision)
    decision.code = "confirmed"
    decision.account_id = items[0].account.id
    decision.reply = replies.answer(scene, items, frozenset())


def _decline(scene: Scene, decision: Decision) -> None:
    waiting = scene.facts.waiting(scene.address, scene.now)
    for reading in waiting:
        reading.status, reading.decided_by = Status.REJECTED, "subscriber"
        decision.changed.append(reading)
        decision.account_id = reading.account_id
    decision.code = "declined" if waiting else "nothing_to_confirm"
    decision.reply = replies.plain(scene, decision.code.replace("_", "-"))


def _asked_about(command: Command, scene: Scene) -> list[Account]:
    """The sender's own accounts; of a named one nothing, unless it is among them."""
    own = scene.own_accounts()
    if command.account is None:
        return own
    asked = scene.facts.account(command.account)
    return [account for account in own if asked is not None and account.id == asked.id]


def _reject(rejected: Rejected, scene: Scene, decision: Decision) -> None:
    decision.code = rejected.code.value
    if rejected.code is RejectCode.CARD_NUMBER:
        # Neither the text nor the payload may be kept: they hold the card.
        decision.text = rejected.matched
        decision.keep_raw = False
    decision.reply = replies.plain(scene, rejected.code.value.replace("_", "-"))


def _limit(scene: Scene, decision: Decision) -> None:
    """Stop answering a sender who gets nowhere, or who writes like a machine. What was stored is always answered."""
    sender, policy = scene.facts.sender(scene.address), scene.rules.policy
    sender.last_hour += 1
    stored = bool(decision.readings or decision.changed)
    if decision.code in FAILURES:
        sender.failures += 1
        if sender.handed_over:
            silence(decision)
        elif sender.failures >= policy.format_errors_per_day:
            _hand_over(scene, decision)
    if sender.last_hour > policy.messages_per_hour and not stored:
        silence(decision)
        decision.code = LIMITED


def silence(decision: Decision) -> None:
    """Read it, and answer nothing."""
    decision.outcome, decision.reply = Outcome.IGNORED, None
    decision.buttons, decision.link, decision.link_label = (), "", ""


def _hand_over(scene: Scene, decision: Decision) -> None:
    scene.facts.sender(scene.address).handed_over = True
    account = next(iter(scene.own_accounts()), None)
    branch = scene.rules.branch(account)
    decision.code = HAND_OVER
    decision.cases.append(
        NewCase(
            kind=HAND_OVER,
            branch=branch.code,
            account_id=account.id if account else None,
            text=decision.text,
            language=scene.language,
        )
    )
    decision.reply = replies.plain(scene, "hand-over", phones=replies.phones(scene, branch))
    # The reply that a calculation would say again is not this one.
    scene.calculation = None
