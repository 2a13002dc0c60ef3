"""Linking an account to an address: consent, account and meter, a second factor."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from core.domain.accounts import Account, mask, search_key
from core.domain.decisions import Notice
from core.domain.messages import Address, ButtonKind
from core.domain.subscribers import Proof
from core.services.desk import replies
from core.services.dialogue import choose, links, menu, pairing
from core.services.dialogue.talk import MENU, Rows, Talk
from core.services.fitting import compose
from parsers import CommandKind, numbers

CONSENT: Final = "link.consent"
PAIR: Final = "link.pair"
SERIAL: Final = "link.serial"
FACTOR: Final = "link.factor"
CODE: Final = "link.code"
BILL: Final = "link.bill"

_PHONE_SHOWN: Final = 2
"""Digits of the phone on file that tell its owner which one it is, and nobody else much."""


def begin(talk: Talk, *, billed: pairing.Billed | None = None) -> None:
    """Consent first, once; then what a bill has not told."""
    if pairing.is_barred(talk):
        return
    talk.decision.code = "link"
    if len(talk.scene.facts.links.get(talk.scene.address, ())) >= talk.scene.rules.identity.links_of_address:
        talk.end()
        talk.say("link-too-many")
        menu.under(talk)
    elif talk.profile.consent == talk.scene.rules.identity.consent:
        _ask_names(talk, {} if billed is None else billed.as_data())
    elif billed is not None:
        talk.go(CONSENT, **billed.as_data())
        talk.lead = talk.render("bill-account", account=mask(billed.number))
        ask_consent_again(talk)
    else:
        talk.go(CONSENT)
        ask_consent_again(talk)


def ask_consent_again(talk: Talk) -> None:
    """What is agreed to, and the two ways on."""
    talk.say("consent", ((talk.choice("choice-agree", "agree"),), (talk.choice("choice-not-now", "menu"),)))


def answer_consent(talk: Talk) -> bool:
    """Agreed: the version and the time are kept."""
    if talk.turn.pressed != "agree" and talk.turn.command is not CommandKind.YES:
        return False
    told = {name: value for name, value in talk.data.items() if name in pairing.TOLD}
    talk.profile.consent = talk.scene.rules.identity.consent
    talk.profile.consent_at = talk.scene.now
    talk.decision.code = "consent"
    _ask_names(talk, told)
    return True


def _ask_names(talk: Talk, told: Mapping[str, Any]) -> None:
    """Account and meter, or what a bill has not `told` of them."""
    if not told:
        talk.go(PAIR)
        talk.say("link-pair", ((menu.cancel(talk),),), by_word=True)
        return
    talk.go(SERIAL, **told)
    serial, account = talk.data.pop("serial", ""), _account(talk)
    if not serial:
        ask_serial_again(talk)
    elif pairing.is_barred(talk, account):
        return
    elif account is not None and talk.scene.facts.meter(account, serial) is not None:
        _prove_by_bill(talk, account)
    else:
        # A pair that is not on file counts like one that was typed.
        pairing.note_failure(talk, account)
        ask_serial_again(talk)


def ask_serial_again(talk: Talk) -> None:
    """The meter's number: the bill alone may be anybody's."""
    talk.say("link-serial", ((menu.cancel(talk),),), by_word=True, account=mask(talk.data.get("billed", "")))


def take_serial(talk: Talk) -> bool:
    """The meter's number to the account of a bill."""
    account = _account(talk)
    typed = numbers(talk.turn.text)
    if not typed:
        return False
    if pairing.is_barred(talk, account):
        return True
    if account is None or talk.scene.facts.meter(account, "".join(typed)) is None:
        pairing.refuse(talk, pairing.Pair(account), ((menu.cancel(talk),),))
    else:
        _prove_by_bill(talk, account)
    return True


def _prove_by_bill(talk: Talk, account: Account) -> None:
    """Account and meter are right: does the bill prove the rest?"""
    proof, is_linked = talk.data.get("proof", ""), bool(talk.scene.facts.links_of_account.get(account.id))
    if proof in set(Proof) and not is_linked:
        links.make(talk, account, Proof(proof))
        return
    if proof == pairing.DIFFERS and not is_linked:
        pairing.note_failure(talk, account)
    # A bill may lie about; where somebody is linked already, the phone on file decides.
    talk.lead = talk.render("bill-account", account=mask(talk.data.get("billed", account.number)))
    _ask_factor(talk, account, bill=not is_linked)


def take_pair(talk: Talk) -> bool:
    """Account and meter."""
    if pairing.is_barred(talk):
        return True
    found = pairing.read(talk)
    if found is None:
        return False
    account = found.account
    if account is None or found.meter is None:
        pairing.refuse(talk, found, ((menu.cancel(talk),),))
    elif talk.scene.link(account) is not None or talk.scene.is_phone_on_file(account):
        talk.end()
        talk.decision.code = "linked_already"
        talk.say("linked-already", account=choose.title(talk, account))
        menu.under(talk)
    elif not pairing.is_barred(talk, account):
        _ask_factor(talk, account, bill=not talk.scene.facts.links_of_account.get(account.id))
    return True


def _ask_factor(talk: Talk, account: Account, *, bill: bool) -> None:
    """What the subscriber can prove it with; an account that somebody has linked already takes a fresh proof."""
    ways = []
    if account.phone and talk.scene.rules.identity.code_channel:
        ways.append(talk.choice("factor-sms", "sms", phone=account.phone[-_PHONE_SHOWN:]))
    if account.phone and talk.scene.capabilities.contact_button:
        ways.append(talk.choice("factor-contact", "contact", ButtonKind.CONTACT))
    if account.bill_code and bill:
        ways.append(talk.choice("factor-bill", "bill"))
    if not ways:
        talk.go(MENU)
        talk.decision.code = "no_factor"
        phones = replies.phones(talk.scene, talk.scene.rules.branch(account))
        talk.say("link-no-factor", ((talk.choice("menu-operator", "operator"),), (menu.cancel(talk),)), phones=phones)
        return
    left = talk.data.get("left", talk.scene.rules.identity.code_tries)
    talk.go(FACTOR, account=account.id, left=left)
    talk.decision.code = talk.decision.code or "link"
    talk.say("link-factor", (*((way,) for way in ways), (menu.cancel(talk),)))


def choose_factor(talk: Talk) -> bool:
    """Send a code, ask for the bill's, or take the contact card."""
    account = _account(talk)
    if account is None:
        return False
    offered = {token for _, token in talk.profile.dialogue.offered} if talk.profile.dialogue else set()
    if talk.turn.phone:
        take_contact(talk, account)
    elif talk.turn.pressed == "sms" and "sms" in offered:
        send_code(talk, account)
    elif talk.turn.pressed == "bill" and "bill" in offered:
        talk.go(BILL, account=account.id)
        talk.decision.code = "link"
        ask_bill_code(talk)
    else:
        return False
    return True


def send_code(talk: Talk, account: Account) -> None:
    """A code to the phone on file. Each counts as a try, so that nobody's phone can be flooded."""
    if pairing.is_barred(talk, account) or account.phone is None:
        return
    identity = talk.scene.rules.identity
    code = talk.scene.draw.code()
    until = talk.scene.now + identity.code_lasts
    salt = str(talk.scene.new_key())
    kept = {"digest": _digest(code, salt), "salt": salt, "until": until.timestamp(), "left": identity.code_tries}
    talk.go(CODE, account=account.id, **kept)
    to = Address(identity.code_channel, account.phone)
    minutes = str(int(identity.code_lasts / timedelta(minutes=1)))
    variants = talk.scene.rules.texts.variants(talk.scene.language, "sms-code", code=code, minutes=minutes)
    text = compose(variants, (), talk.scene.rules.capabilities[to.channel])
    talk.decision.notices.append(Notice(to=to, text=text, lasts=identity.code_lasts))
    pairing.note_failure(talk, account)
    talk.decision.code = "code_sent"
    ask_code_again(talk)


def ask_code_again(talk: Talk) -> None:
    """The code that is on its way."""
    account, lasts = _account(talk), talk.scene.rules.identity.code_lasts
    phone = (account.phone or "")[-_PHONE_SHOWN:] if account is not None else ""
    talk.say(
        "enter-code", _code_choices(talk), by_word=True, phone=phone, minutes=str(int(lasts / timedelta(minutes=1)))
    )


def _code_choices(talk: Talk) -> Rows:
    """Beside typing a code: another one where it came by SMS, or another way."""
    controls = (menu.back(talk), menu.cancel(talk))
    if talk.dialogue is not None and talk.dialogue.step == CODE:
        return ((talk.choice("choice-again", "again"),), controls)
    return (controls,)


def ask_bill_code(talk: Talk) -> None:
    """The code printed on the bill."""
    talk.say("enter-bill-code", _code_choices(talk), by_word=True)


def take_code(talk: Talk) -> bool:
    """The code from the SMS; three tries, ten minutes."""
    account = _account(talk)
    if account is None:
        return False
    if talk.turn.pressed == "again":
        send_code(talk, account)
        return True
    typed = "".join(numbers(talk.turn.text))
    if not typed:
        return False
    data = talk.data
    if talk.scene.now.timestamp() > data["until"]:
        talk.decision.code = "code_expired"
        talk.say("code-expired", _code_choices(talk), by_word=True)
    elif hmac.compare_digest(_digest(typed, data["salt"]), data["digest"]):
        links.make(talk, account, Proof.SMS_CODE)
    else:
        _wrong(talk, account, "code-wrong")
    return True


def take_bill_code(talk: Talk) -> bool:
    """The code printed on the bill."""
    account = _account(talk)
    if account is None or not talk.turn.text.strip():
        return False
    if pairing.is_barred(talk, account):
        return True
    typed, right = (search_key("".join(text.split())).encode() for text in (talk.turn.text, account.bill_code))
    if account.bill_code and hmac.compare_digest(typed, right):
        links.make(talk, account, Proof.BILL_CODE)
    else:
        _wrong(talk, account, "bill-code-wrong")
    return True


def _wrong(talk: Talk, account: Account, key: str) -> None:
    pairing.note_failure(talk, account)
    talk.decision.code = "proof_failed"
    talk.decision.account_id = account.id
    left = talk.data.get("left", talk.scene.rules.identity.code_tries) - 1
    if left <= 0:
        talk.end()
        talk.say("link-failed", phones=replies.phones(talk.scene, talk.scene.rules.branch(account)))
        menu.under(talk)
        return
    talk.data["left"] = left
    if talk.dialogue is not None and talk.dialogue.step == FACTOR:
        talk.lead = talk.render(key, left=left)
        ask_factor_again(talk)
    else:
        talk.say(key, _code_choices(talk), by_word=True, left=left)


def take_contact(talk: Talk, account: Account) -> None:
    """The platform's own card of the sender: his phone must be the one on file."""
    if talk.turn.phone == account.phone:
        links.make(talk, account, Proof.CONTACT)
        return
    _wrong(talk, account, "contact-differs")


def ask_factor_again(talk: Talk) -> None:
    """The ways of proving."""
    account = _account(talk)
    if account is None:
        menu.show(talk)
        return
    _ask_factor(talk, account, bill=not talk.scene.facts.links_of_account.get(account.id))


def _account(talk: Talk) -> Account | None:
    """The account that the dialogue is about: not the subscriber's own yet."""
    return talk.scene.facts.account_by_id.get(talk.data.get("account", 0))


def _digest(code: str, salt: str) -> str:
    """What is kept of a code, which lasts ten minutes and three tries."""
    return sha256(f"{salt}:{code}".encode()).hexdigest()
