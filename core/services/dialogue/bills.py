"""A bill that a subscriber shows: by its signed link, by the text of its code, or by a picture of that.

A signed link is ours. The code is not signed: whoever has held one bill can write another. So it names the account and
the meter, and counts as a proof only where it tells the amount that is owed (docs/decisions/0012-codes-of-bills.md).
"""

from core.domain.accounts import Account, mask
from core.domain.bill_codes import Bill, is_for
from core.domain.deep_links import verify
from core.domain.subscribers import Proof
from core.services.desk import replies
from core.services.dialogue import again, choose, linking
from core.services.dialogue.pairing import DIFFERS, Billed
from core.services.dialogue.talk import Talk


def begin_from_link(talk: Talk, start: str) -> bool:
    """Go on from a signed link; False where it is none of ours."""
    number = verify(start, talk.scene.rules.identity.deep_link_secret, talk.scene.now.date())
    account = talk.scene.facts.account(number) if number else None
    if account is None or talk.scene.link(account) is not None:
        return False
    linking.begin(talk, billed=Billed(account.number, account, proof=Proof.BILL_LINK))
    return True


def take(talk: Talk, bill: Bill | None) -> None:
    """Answer the code of a bill; None where what looked like one could not be read.

    What is asked next is the same whether there is such an account or not.
    """
    talk.decision.text = "" if bill is None else _kept(bill)
    account = talk.scene.facts.account(bill.account) if bill is not None and bill.account else None
    if bill is not None and _is_foreign(talk, bill):
        _answer(talk, "bill-foreign")
    elif bill is None or not bill.account:
        _answer(talk, "bill-unreadable")
    elif account is not None and (talk.scene.link(account) is not None or talk.scene.is_phone_on_file(account)):
        talk.decision.account_id = account.id
        _answer(talk, "bill-own", account=choose.title(talk, account))
    elif again.is_under_way(talk) and talk.data.get("values"):
        # Figures that were typed are worth more than a beginning.
        _answer(talk, "bill-later", account=mask(bill.account))
    else:
        billed = Billed(bill.account, account, serial=bill.meter, proof=_proof(talk, bill, account))
        linking.begin(talk, billed=billed)


def _answer(talk: Talk, key: str, **arguments: str) -> None:
    """An answer that ends the matter; what was under way goes on."""
    talk.decision.code = key.replace("-", "_")
    talk.decision.reply = replies.plain(talk.scene, key, **arguments)
    again.lead_on(talk)


def _kept(bill: Bill) -> str:
    """What a case's history needs to know: no names or addresses."""
    told = {"PersAcc": bill.account, "CounterId": bill.meter, "Sum": bill.amount, "PaymPeriod": bill.period}
    return " ".join(f"{key}={value}" for key, value in told.items() if value)


def _is_foreign(talk: Talk, bill: Bill) -> bool:
    """Whether it is to be paid to somebody else. Of a branch that has not told its payee we cannot tell."""
    payees = [branch.payee for branch in talk.scene.rules.branches.values()]
    is_told = bool(bill.payee.inn or bill.payee.account)
    return is_told and all(payee is not None and not is_for(bill, payee) for payee in payees)


def _proof(talk: Talk, bill: Bill, account: Account | None) -> str:
    """Whether the code proves the account, says another amount than is owed, or says nothing that would prove it."""
    payee = talk.scene.rules.branch(account).payee
    if not bill.amount or payee is None or not is_for(bill, payee):
        return ""
    # A balance of nothing, or in the subscriber's favour, is no secret of his.
    is_owed = account is not None and account.balance is not None and account.balance == bill.amount
    return Proof.BILL_QR if is_owed else DIFFERS
