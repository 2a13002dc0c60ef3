"""What is owed, and how to pay: in the chat where the channel may, else on our own page by a one-time link."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from core.domain.accounts import Account, Meter, mask
from core.domain.calculations import Calculated, Told
from core.domain.facts import PAY_WITH_READINGS
from core.domain.money import roubles
from core.domain.readings import Code
from core.services.desk import replies
from core.services.desk.estimates import Unbilled, may_be_told, unbilled, want
from core.services.dialogue import choose, menu, pages
from core.services.dialogue.talk import Rows, Talk
from parsers import kopecks

ACCOUNT: Final = "balance.account"
PAY_ACCOUNT: Final = "payment.account"
PAY_SUM: Final = "payment.sum"
READINGS_ACCOUNT: Final = "payment.readings"


def tell(talk: Talk, accounts: list[Account]) -> None:
    """The balance of the subscriber's accounts."""
    talk.end()
    talk.decision.code = "balance"
    if not accounts:
        _ask_to_link(talk, "balance")
        return
    talk.decision.account_id = accounts[0].id
    if talk.scene.capabilities.may_show_balance:
        talk.decision.reply = replies.balance(talk.scene, accounts)
        menu.under(talk)
    elif len(accounts) > 1:
        # A page shows one of them.
        talk.go(ACCOUNT)
        choose.accounts(talk, "choose-account", 0)
    else:
        pages.hand_over(talk, accounts[0], "balance")


def choose_account(talk: Talk) -> bool:
    """The answer to which account's page."""
    return _choose(talk, tell)


def offer(talk: Talk, accounts: list[Account]) -> None:
    """A link to pay for one of the accounts; where payments are not taken by us, how else to pay."""
    talk.end()
    talk.decision.code = "payment"
    rules = talk.scene.rules
    payable = [account for account in accounts if rules.takes_payments(account)]
    if not accounts and rules.payments.providers and rules.identity.public_url:
        _ask_to_link(talk, "payment")
    elif not payable:
        branch = rules.branch(next(iter(accounts or talk.accounts), None))
        talk.say("payment", phones=replies.phones(talk.scene, branch))
        menu.under(talk)
    elif len(payable) > 1:
        talk.go(PAY_ACCOUNT)
        choose.accounts(talk, "choose-account", 0)
    else:
        _offer_one(talk, payable[0])


def choose_payment(talk: Talk) -> bool:
    """The answer to which account is to be paid."""
    return _choose(talk, offer)


def take_sum(talk: Talk) -> bool:
    """The sum that the subscriber names himself."""
    account = choose.account_of(talk, talk.data.get("account"))
    amount = kopecks(talk.turn.text)
    if account is None or not talk.scene.rules.takes_payments(account) or amount is None:
        return False
    if not talk.scene.rules.payments.allows(amount):
        ask_sum(talk)
        talk.decision.code = "payment_sum"
        return True
    talk.end()
    _send_link(talk, account, amount)
    return True


def ask_sum(talk: Talk) -> None:
    """How much is it to be?"""
    terms = talk.scene.rules.payments
    least, most = (roubles(limit) for limit in (terms.least, terms.most))
    talk.say("payment-sum", ((menu.cancel(talk),),), least=least, most=most)


def may_pay(talk: Talk, account: Account) -> bool:
    """Whether a link to pay for the account may be sent here at all."""
    return talk.scene.capabilities.may_send_payment_link and talk.scene.rules.takes_payments(account)


def offer_for_reading(talk: Talk, account: Account, meter: Meter) -> None:
    """A link for what is owed and what readings cost, the one just stored among them, in place of the answer to it.

    That answer stands where the reading was not accepted, or where a credit covers all of it.
    """
    stored = [reading for reading in talk.decision.readings if reading.meter_id == meter.id]
    if talk.decision.code == Code.ACCEPTED.value and stored:
        _send_link_with_readings(talk, account)


def offer_with_readings(talk: Talk, accounts: list[Account]) -> None:
    """The same for readings that were stored before; where they cost nothing that we know of, what is owed."""
    rules = talk.scene.rules
    payable = [each for each in accounts if rules.takes_payments(each) and unbilled(talk.scene, each) is not None]
    if len(payable) > 1:
        talk.go(READINGS_ACCOUNT)
        choose.accounts(talk, "choose-account", 0)
        return
    talk.end()
    if not payable or not _send_link_with_readings(talk, payable[0]):
        offer(talk, payable or accounts)


def choose_for_readings(talk: Talk) -> bool:
    """The answer to which account's readings are to be paid."""
    return _choose(talk, offer_with_readings)


def offer_below(talk: Talk) -> None:
    """Under the answer to a reading that was accepted: pay for it. The sum is said when it is asked for."""
    decision, scene = talk.decision, talk.scene
    if decision.code != Code.ACCEPTED.value or not decision.readings or not scene.capabilities.button_rows:
        return
    account = scene.facts.account_by_id.get(decision.account_id or 0)
    if account is not None and may_pay(talk, account) and may_be_told(scene, account):
        talk.put_below(((talk.choice("choice-pay", PAY_WITH_READINGS),), *menu.rows(talk)))


def _send_link_with_readings(talk: Talk, account: Account) -> bool:
    """False where there is nothing to pay, or it may not be told here."""
    found = unbilled(talk.scene, account) if may_pay(talk, account) else None
    if found is None or (amount := _owed(talk, account) + found.kopecks) <= 0:
        return False
    amount, month = talk.scene.rules.payments.proposed(amount), found.period % 100
    url, digest = pages.new(talk, account, amount)
    pages.say_link(talk, account, amount, url, month=month)

    def retell(told: Told, calculated: Calculated) -> Told:
        owed = _owed_by_billing(talk, account, calculated)
        sum_ = talk.scene.rules.payments.proposed(owed) if owed > 0 else None
        aside = talk.aside()
        pages.say_link(aside, account, sum_, url, month=month)
        return replace(told, text=aside.decision.reply or told.text, digest=digest, amount=sum_ or 0)

    want(talk.scene, account, found.usages, found.kopecks, retell)
    return True


def _owed(talk: Talk, account: Account) -> int:
    """Kopecks; what is on its way is paid."""
    return (account.balance or 0) - talk.scene.transit(account)


def _owed_by_billing(talk: Talk, account: Account, calculated: Calculated) -> int:
    """The same with readings, by billing's calculation."""
    if calculated.to_pay is None:
        return _owed(talk, account) + calculated.charge
    return calculated.to_pay - talk.scene.transit(account, calculated.to_pay_on)


def _choose(talk: Talk, then: Callable[[Talk, list[Account]], None]) -> bool:
    return choose.account_answered(
        talk, lambda page: choose.accounts(talk, "choose-account", page), lambda account: then(talk, [account])
    )


def _offer_one(talk: Talk, account: Account) -> None:
    """The debt, if there is one; else whatever the subscriber would like to pay."""
    talk.decision.account_id = account.id
    if not talk.scene.capabilities.may_send_payment_link:
        pages.hand_over(talk, account, "payment")
        return
    say: Callable[[Talk, Sequence[str], Rows], None]
    debt = _owed(talk, account)
    if debt > 0:
        debt = talk.scene.rules.payments.proposed(debt)
        url, _ = pages.new(talk, account, debt)

        def say(talk: Talk, notes: Sequence[str], rows: Rows) -> None:
            pages.say_link(talk, account, debt, url, notes=notes, rows=rows)
    else:
        talk.go(PAY_SUM, account=account.id)
        key = "payment-unknown-linked" if account.balance is None else "payment-nothing-linked"

        def say(talk: Talk, notes: Sequence[str], rows: Rows) -> None:
            talk.say(key, (*rows, (menu.cancel(talk),)), by_word=bool(rows), notes=notes, account=mask(account.number))

    found = _found_by_readings(talk, account)
    ours = None if found is None else _owed(talk, account) + found.kopecks
    say(talk, *_by_readings(talk, account, ours))
    if found is None or ours is None:
        return
    said, buttons = talk.decision.reply or "", talk.decision.buttons

    def retell(told: Told, calculated: Calculated) -> Told:
        notes, rows = _by_readings(talk, account, _owed_by_billing(talk, account, calculated))
        aside = talk.aside()
        # The button leads to a link only where our own lists leave something to pay as well.
        say(aside, notes, rows if ours > 0 else ())
        # A question may stand below by now, and its buttons with it.
        text = told.text.replace(said, aside.decision.reply or said, 1)
        return replace(told, text=text, buttons=aside.decision.buttons if told.buttons == buttons else told.buttons)

    want(talk.scene, account, found.usages, found.kopecks, retell)


def _found_by_readings(talk: Talk, account: Account) -> Unbilled | None:
    """What readings cost that billing has not taken, where it may be told. An SMS with a link has no room for it."""
    if not may_be_told(talk.scene, account) or not talk.scene.capabilities.button_rows:
        return None
    return unbilled(talk.scene, account)


def _by_readings(talk: Talk, account: Account, amount: int | None) -> tuple[list[str], Rows]:
    """What readings make of what is owed, and the choice to pay it; or the choice to send readings first."""
    if not may_be_told(talk.scene, account) or not talk.scene.capabilities.button_rows:
        return [], ()
    if amount is None:
        can_send = any(not meter.automatic for meter in talk.scene.facts.open_meters(account))
        return [], ((talk.choice("choice-readings-first", "submit"),),) if can_send else ()
    if amount <= 0:
        return [], ()
    note = talk.render("payment-with-readings-linked", sum=roubles(amount))
    return [note], ((talk.choice("choice-with-readings", PAY_WITH_READINGS),),)


def _send_link(talk: Talk, account: Account, amount: int) -> None:
    """A link to our payment page; the provider hears of it only when the button there is pressed."""
    url, _ = pages.new(talk, account, amount)
    pages.say_link(talk, account, amount, url)


def _ask_to_link(talk: Talk, purpose: str) -> None:
    if talk.scene.capabilities.address_is_phone:
        talk.say(f"{purpose}-unlinked")
    else:
        talk.go("accounts.list")
        talk.say(f"{purpose}-link-first", ((talk.choice("choice-link", "link"),), (menu.cancel(talk),)))
