"""One event's decision. Pure: everything it knows is in the facts, which it keeps true for the next event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.accounts import Account, Level
from core.domain.decisions import FAILURES, HAND_OVER, Decision, NewCase, Outcome
from core.domain.facts import Facts, Needs, search_keys
from core.domain.messages import DeliveryReported, Event, TextReceived
from core.domain.readings import Status
from core.domain.windows import believed
from core.services.desk import replies
from core.services.desk.look_up import find
from core.services.desk.scene import Rules, Scene
from core.services.desk.settle import Item, confirm, settle
from parsers import Command, CommandKind, Parsed, RejectCode, Rejected, Repair, Submission, parse
from parsers import Outcome as Sureness

DEFAULT_LANGUAGE: Final = "ru"
LIMITED: Final = "limited"
"""Outcome code of a message left unanswered because its sender wrote too many."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event on its way through the desk, with what the parser made of its text."""

    event: Event
    received_at: datetime
    parsed: Parsed | None
    unreadable: bool = False
    """The parser failed on it: our mistake, to be stored as such."""


def read(event: Event, received_at: datetime) -> Incoming:
    """Parse an event's text, once."""
    return Incoming(event, received_at, parse(event.text) if isinstance(event, TextReceived) else None)


def needs_of(batch: Sequence[Incoming], rules: Rules) -> Needs:
    """What deciding a batch may ask for."""
    needs = Needs()
    for incoming in batch:
        event, parsed = incoming.event, incoming.parsed
        needs.events.append((event.address.channel, event.event_id))
        if parsed is None:
            continue
        needs.addresses.add(event.address)
        if rules.capabilities[event.address.channel].address_is_phone:
            needs.phones.add(event.address.external_id)
        if isinstance(parsed, Submission):
            needs.account_keys |= search_keys(parsed.accounts)
        elif isinstance(parsed, Command) and parsed.account is not None:
            needs.account_keys |= search_keys((parsed.account,))
    return needs


def decide(incoming: Incoming, facts: Facts, now: datetime, rules: Rules, new_key: Callable[[], int]) -> Decision:
    """What to store and to answer. Raises only for a mistake of ours; the caller then fails this one event."""
    event, parsed = incoming.event, incoming.parsed
    sent_at = event.sent_at if believed(event.sent_at, incoming.received_at) else incoming.received_at
    decision = Decision(key=new_key(), event=event, received_at=incoming.received_at, sent_at=sent_at)
    if isinstance(event, DeliveryReported):
        decision.delivery = event.delivery
        decision.code = event.delivery.value
        return decision
    if not isinstance(event, TextReceived) or parsed is None:
        decision.outcome, decision.code = Outcome.IGNORED, "unsupported"
        return decision
    decision.text = event.text
    scene = Scene(
        rules=rules,
        facts=facts,
        address=event.address,
        sent_at=sent_at,
        received_at=incoming.received_at,
        now=now,
        language=parsed.language or DEFAULT_LANGUAGE,
        new_key=new_key,
    )
    if isinstance(parsed, Submission):
        _submit(parsed, scene, decision)
    elif isinstance(parsed, Command):
        _obey(parsed, scene, decision)
    else:
        _reject(parsed, scene, decision)
    _limit(scene, decision)
    return decision


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
        _take(item, scene, decision)
        items.append(item)
    decision.code = items[0].code.value
    decision.account_id = items[0].account.id
    decision.reply = replies.answer(scene, items, found.repairs)


def _take(item: Item, scene: Scene, decision: Decision) -> None:
    """Add an item to the decision, and to the facts, so that the next message sees it."""
    if item.new and item.reading is not None:
        decision.readings.append(item.reading)
        scene.facts.add(item.reading)
    decision.changed += item.changed
    if item.resent and item.reading is not None:
        decision.resent.append(item.reading)
    if item.case is not None:
        item.case.text = decision.text
        decision.cases.append(item.case)


def _obey(command: Command, scene: Scene, decision: Decision) -> None:
    decision.code = command.kind.value
    match command.kind:
        case CommandKind.YES:
            _confirm(scene, decision)
        case CommandKind.NO:
            _decline(scene, decision)
        case CommandKind.BALANCE:
            _tell_balance(command, scene, decision)
        case CommandKind.PAYMENT | CommandKind.HELP:
            branch = scene.rules.branch(next(iter(scene.own_accounts()), None))
            first, last = (str(day) for day in branch.window)
            phones = replies.phones(scene, branch)
            decision.reply = replies.plain(scene, command.kind.value, phones=phones, open=first, close=last)


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
        _take(item, scene, decision)
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


def _tell_balance(command: Command, scene: Scene, decision: Decision) -> None:
    own = scene.own_accounts()
    if command.account is not None:
        asked: Account | None = scene.facts.account(command.account)
        own = [account for account in own if asked is not None and account.id == asked.id]
    if not own or not scene.capabilities.may_show_balance:
        decision.reply = replies.plain(scene, "balance-unlinked")
        return
    decision.account_id = own[0].id
    decision.reply = replies.balance(scene, own)


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
            decision.outcome, decision.reply = Outcome.IGNORED, None
        elif sender.failures >= policy.format_errors_per_day:
            _hand_over(scene, decision)
    if sender.last_hour > policy.messages_per_hour and not stored:
        decision.outcome, decision.code, decision.reply = Outcome.IGNORED, LIMITED, None


def _hand_over(scene: Scene, decision: Decision) -> None:
    scene.facts.sender(scene.address).handed_over = True
    account = next(iter(scene.own_accounts()), None)
    branch = scene.rules.branch(account)
    decision.code = HAND_OVER
    decision.cases.append(
        NewCase(kind=HAND_OVER, branch=branch.code, account_id=account.id if account else None, text=decision.text)
    )
    decision.reply = replies.plain(scene, "hand-over", phones=replies.phones(scene, branch))
