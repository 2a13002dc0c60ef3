"""Linking an account to an address: consent, account and meter, a second factor."""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Final

from core.domain.accounts import Account, mask, search_key
from core.domain.decisions import Notice
from core.domain.deep_links import verify
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


def begin(talk: Talk, *, billed: Account | None = None) -> None:
    """Consent first, once; `billed` is the account of a signed link, which is the second factor already."""
    if pairing.is_barred(talk):
        return
    talk.decision.code = "link"
    if len(talk.scene.facts.links.get(talk.scene.address, ())) >= talk.scene.rules.identity.links_of_address:
        talk.end()
        talk.say("link-too-many")
        menu.under(talk)
    elif talk.profile.consent == talk.scene.rules.identity.consent:
        _ask_names(talk, billed)
    elif billed is not None:
        talk.go(CONSENT, account=billed.id)
        ask_consent_again(talk)
    else:
        talk.go(CONSENT)
        ask_consent_again(talk)


def ask_consent_again(talk: Talk) -> None:
    """What is agreed to, and the two ways on."""
    talk.say("consent", ((talk.choice("choice-agree", "agree"),), (talk.choice("choice-not-now", "menu"),)))


def begin_from_bill(talk: Talk, start: str) -> bool:
    """Go on from a signed link; False where it is none of ours."""
    number = verify(start, talk.scene.rules.identity.deep_link_secret, talk.scene.now.date())
    account = talk.scene.facts.account(number) if number else None
    if account is None or talk.scene.link(account) is not None:
        return False
    begin(talk, billed=account)
    return True


def answer_consent(talk: Talk) -> bool:
    """Agreed: the version and the time are kept."""
    if talk.turn.pressed != "agree" and talk.turn.command is not CommandKind.YES:
        return False
    billed = _account(talk)
    talk.profile.consent = talk.scene.rules.identity.consent
    talk.profile.consent_at = talk.scene.now
    talk.decision.code = "consent"
    _ask_names(talk, billed)
    return True


def _ask_names(talk: Talk, billed: Account | None) -> None:
    if billed is not None:
        talk.go(SERIAL, account=billed.id)
        ask_serial_again(talk)
    else:
        talk.go(PAIR)
        talk.say("link-pair", ((menu.cancel(talk),),), by_word=True)


def ask_serial_again(talk: Talk) -> None:
    """The meter's number: the bill alone may be anybody's."""
    account = _account(talk)
    number = mask(account.number) if account is not None else ""
    talk.say("link-serial", ((menu.cancel(talk),),), by_word=True, account=number)


def take_serial(talk: Talk) -> bool:
    """The meter's number to the account of a signed link."""
    account = _account(talk)
    typed = numbers(talk.turn.text)
    if account is None or not typed:
        return False
    if pairing.is_barred(talk, account):
        return True
    if talk.scene.facts.meter(account, "".join(typed)) is None:
        pairing.refuse(talk, pairing.Pair(account), ((menu.cancel(talk),),))
    elif talk.scene.facts.links_of_account.get(account.id):
        # A bill may lie about; where somebody is linked already, the phone on file decides.
        _ask_factor(talk, account, bill=False)
    else:
        links.make(talk, account, Proof.BILL_LINK)
    return True


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
