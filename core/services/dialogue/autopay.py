"""Autopay in the conversation: agreeing to it step by step, seeing what is agreed, skipping a month, cancelling."""

from typing import Final

from core.domain import orders
from core.domain.accounts import Account, Level, mask
from core.domain.autopay import CONSENT, LAST_DAY, Autopay, Mode, State
from core.domain.decisions import NewPaymentPage
from core.domain.handovers import digest_of
from core.domain.money import roubles
from core.services.desk import replies
from core.services.dialogue import choose, menu
from core.services.dialogue.talk import Talk
from parsers import CommandKind, kopecks, numbers

ACCOUNT: Final = "autopay.account"
STATUS: Final = "autopay.status"
MODE: Final = "autopay.mode"
SUM: Final = "autopay.sum"
DAY: Final = "autopay.day"
CEILING: Final = "autopay.ceiling"
AGREE: Final = "autopay.agree"


def is_offered(talk: Talk, account: Account) -> bool:
    """Whether the account's provider keeps methods of payment, and the retailer wants it."""
    rules = talk.scene.rules
    return rules.takes_payments(account) and account.branch in rules.autopay.providers


def begin(talk: Talk) -> None:
    """What is agreed; or the first question. A dialogue about one account goes on with that."""
    known = choose.account_of(talk, talk.dialogue.data.get("account") if talk.dialogue is not None else None)
    accounts = [each for each in ([known] if known is not None else talk.accounts) if is_offered(talk, each)]
    talk.decision.code = "autopay"
    talk.end()
    if not accounts:
        talk.say("autopay-unavailable")
        menu.under(talk)
    elif len(accounts) > 1:
        talk.go(ACCOUNT)
        choose.accounts(talk, "choose-account", 0)
    else:
        show(talk, accounts[0])


def choose_account(talk: Talk) -> bool:
    """The answer to which account's autopay."""
    page = choose.number_in(talk.turn.pressed, "page")
    account = choose.account_of(talk, choose.number_in(talk.turn.pressed, "account"))
    if page is not None:
        choose.accounts(talk, "choose-account", page)
    elif account is not None and is_offered(talk, account):
        show(talk, account)
    else:
        return False
    return True


def show(talk: Talk, account: Account) -> None:
    """What is agreed for an account; nothing of it where the channel may not carry it."""
    talk.decision.account_id = account.id
    autopay = talk.scene.facts.autopays.get(account.id)
    if not talk.scene.capabilities.may_send_payment_link:
        talk.end()
        talk.say("autopay-elsewhere", phones=replies.phones(talk.scene, talk.scene.rules.branch(account)))
        menu.under(talk)
    elif autopay is not None:
        _show(talk, account, autopay)
    elif talk.scene.capabilities.address_is_phone:
        talk.end()
        talk.say("autopay-none", account=mask(account.number))
        menu.under(talk)
    else:
        ask_mode(talk, account)


def _show(talk: Talk, account: Account, autopay: Autopay) -> None:
    talk.go(STATUS, account=account.id)
    rows = [(talk.choice("choice-autopay-stop", f"autopay-stop:{account.id}"),)]
    if talk.scene.facts.autopay_charges.get(autopay.id) is not None:
        charge = talk.scene.facts.autopay_charges[autopay.id]
        rows.insert(0, (talk.choice("choice-autopay-skip", f"autopay-skip:{charge.id}"),))
    if not talk.scene.capabilities.address_is_phone:
        rows.append((talk.choice("choice-autopay-change", "autopay-change"),))
    key = "autopay-status-paused" if autopay.state is State.PAUSED else f"autopay-status-{autopay.mode.value}-linked"
    words = {"account": mask(account.number), "card": autopay.label or "-", "day": str(autopay.day)}
    sums = {"sum": roubles(autopay.amount), "ceiling": roubles(autopay.ceiling)}
    wanted = talk.scene.rules.texts.placeholders(talk.scene.language, key)
    given = {name: value for name, value in (words | sums).items() if name in wanted}
    talk.say_texts(talk.variants(key, **given), (*rows, (menu.cancel(talk),)))


def answer_status(talk: Talk) -> bool:
    """Change it: agree anew."""
    account = _account(talk)
    if account is None or talk.turn.pressed != "autopay-change":
        return False
    ask_mode(talk, account)
    return True


def ask_mode(talk: Talk, account: Account) -> None:
    """The debt, or the same every month? Only who has proved himself just now may agree to it."""
    if talk.scene.level(account) is not Level.FRESH:
        talk.go(STATUS, account=account.id)
        talk.decision.code = "needs_fresh_proof"
        prove = talk.choice("choice-prove", f"prove:{account.id}")
        talk.say("autopay-needs-proof", ((prove,), (menu.cancel(talk),)))
        return
    talk.go(MODE, account=account.id)
    billed, fixed = talk.choice("choice-autopay-billed", "billed"), talk.choice("choice-autopay-fixed", "fixed")
    talk.say("autopay-mode", ((billed,), (fixed,), (menu.cancel(talk),)))


def answer_mode(talk: Talk) -> bool:
    """Billed or fixed."""
    account = _account(talk)
    if account is None or talk.turn.pressed not in set(Mode):
        return False
    mode = Mode(talk.turn.pressed)
    talk.go(SUM if mode is Mode.FIXED else DAY, account=account.id, mode=mode.value)
    (ask_sum if mode is Mode.FIXED else ask_day)(talk)
    return True


def ask_sum(talk: Talk) -> None:
    """How much every month?"""
    _ask_money(talk, "autopay-sum")


def ask_ceiling(talk: Talk) -> None:
    """How much at most?"""
    _ask_money(talk, "autopay-ceiling")


def _ask_money(talk: Talk, key: str) -> None:
    terms = talk.scene.rules.autopay
    least, most = (roubles(limit) for limit in (terms.least, terms.most))
    talk.say(key, ((menu.cancel(talk),),), least=least, most=most)


def ask_day(talk: Talk) -> None:
    """On which day of the month?"""
    talk.say("autopay-day", ((menu.cancel(talk),),))


def take_money(talk: Talk) -> bool:
    """The fixed sum, or the ceiling; another one is asked for where it is beyond the limits."""
    account, amount = _account(talk), kopecks(talk.turn.text)
    if account is None or amount is None or talk.dialogue is None:
        return False
    terms, is_sum = talk.scene.rules.autopay, talk.dialogue.step == SUM
    talk.decision.code = "autopay"
    if not terms.least <= amount <= terms.most:
        (ask_sum if is_sum else ask_ceiling)(talk)
    elif is_sum:
        talk.go(DAY, **_kept(talk), sum=amount)
        ask_day(talk)
    else:
        talk.go(AGREE, **_kept(talk), ceiling=amount)
        ask_agree(talk)
    return True


def take_day(talk: Talk) -> bool:
    """The day of the month; all months have the first 28."""
    typed = numbers(talk.turn.text)
    if _account(talk) is None or len(typed) != 1 or len(typed[0]) > len(str(LAST_DAY)):
        return False
    day = int(typed[0])
    talk.decision.code = "autopay"
    if not 1 <= day <= LAST_DAY:
        ask_day(talk)
    elif talk.data["mode"] == Mode.FIXED:
        talk.go(AGREE, **_kept(talk), day=day)
        ask_agree(talk)
    else:
        talk.go(CEILING, **_kept(talk), day=day)
        ask_ceiling(talk)
    return True


def ask_agree(talk: Talk) -> None:
    """All that is agreed to, in one text."""
    data, account = talk.data, _account(talk)
    words = {"account": mask(account.number) if account is not None else "", "day": str(data["day"])}
    name = "sum" if data["mode"] == Mode.FIXED else "ceiling"
    words |= {name: roubles(data[name]), "days": str(talk.scene.rules.autopay.notice_days)}
    rows = ((talk.choice("choice-agree", "agree"),), (menu.cancel(talk),))
    talk.say_texts(talk.variants(f"autopay-consent-{data['mode']}-linked", **words), rows)


def answer_agree(talk: Talk) -> bool:
    """Agreed: version and time are kept, and the first payment binds the card."""
    account, data = _account(talk), talk.data
    if account is None or (talk.turn.pressed != "agree" and talk.turn.command is not CommandKind.YES):
        return False
    if talk.scene.level(account) is not Level.FRESH or not is_offered(talk, account):
        ask_mode(talk, account)
        return True
    scene, rules = talk.scene, talk.scene.rules
    amount = data.get("sum", 0)
    autopay = Autopay(
        id=scene.new_key(),
        account_id=account.id,
        account_number=account.number,
        branch=account.branch,
        provider=rules.autopay.providers[account.branch],
        mode=Mode(data["mode"]),
        amount=amount,
        day=data["day"],
        ceiling=data.get("ceiling", amount),
        state=State.BINDING,
        address=scene.address,
        language=scene.language,
        consent=CONSENT,
        consent_at=scene.now,
    )
    talk.decision.autopays.append(autopay)
    talk.end()
    _send_link(talk, account, autopay)
    return True


def _send_link(talk: Talk, account: Account, autopay: Autopay) -> None:
    scene, terms = talk.scene, talk.scene.rules.payments
    owed = (account.balance or 0) - scene.transit(account)
    amount = terms.proposed(max(owed, autopay.amount))
    token = scene.draw.token()
    talk.decision.code = "autopay_link"
    talk.decision.account_id = account.id
    talk.decision.payment_pages.append(
        NewPaymentPage(
            digest=digest_of(token),
            account_id=account.id,
            amount=amount,
            language=scene.language,
            expires_at=scene.now + terms.lasts,
            autopay_id=autopay.id,
        )
    )
    link = (f"{scene.rules.identity.public_url}{orders.PATH}{token}", talk.render("open-payment"))
    choices = menu.rows(talk) if scene.capabilities.button_rows else ()
    talk.say("autopay-link-linked", choices, link=link, account=mask(account.number), sum=roubles(amount))


def skip(talk: Talk) -> None:
    """Skip what is announced: the charge of a button, or every one of the sender's accounts."""
    wanted = choose.number_in(talk.turn.pressed, "autopay-skip")
    charges = talk.scene.facts.autopay_charges
    own = [talk.scene.facts.autopays.get(account.id) for account in talk.accounts]
    found = [charges[each.id] for each in own if each is not None and each.id in charges]
    found = [each for each in found if wanted in {None, each.id}]
    talk.end()
    talk.decision.code = "autopay_skipped" if found else "autopay"
    for each in found:
        talk.decision.autopay_skips.append(each.id)
        del charges[each.autopay_id]
    talk.say("autopay-skipped" if found else "autopay-nothing-to-skip")
    menu.under(talk)


def stop(talk: Talk) -> None:
    """Cancel: at any time, from any chat that the account is linked to, and by SMS from the phone on file."""
    account = choose.account_of(talk, choose.number_in(talk.turn.pressed, "autopay-stop"))
    autopay = talk.scene.facts.autopays.pop(account.id, None) if account is not None else None
    talk.end()
    talk.decision.code = "autopay_stopped" if autopay is not None else "autopay"
    if account is not None and autopay is not None:
        talk.decision.autopay_stops.append(autopay.id)
        talk.decision.account_id = account.id
        talk.say("autopay-stopped", account=mask(account.number))
    else:
        talk.say("autopay-nothing-to-skip")
    menu.under(talk)


def _account(talk: Talk) -> Account | None:
    return choose.account_of(talk, talk.data.get("account"))


def _kept(talk: Talk) -> dict[str, int | str]:
    return {name: talk.data[name] for name in ("account", "mode", "sum", "day", "ceiling") if name in talk.data}
