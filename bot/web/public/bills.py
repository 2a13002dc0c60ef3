"""What the payment page says and asks, at every stage of a payment."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bot.web.public.bank_code import BankCode, bank_code
from bot.web.public.looks import Words, dialled, language_of, render, roubles, words
from core.domain.accounts import Account, Payee, mask
from core.domain.money import roubles as written
from core.domain.orders import Terms
from core.domain.privacy import mask_address
from core.services.payments import Stage, View

FORMS: Final = frozenset({Stage.OPEN, Stage.FAILED})
"""Stages at which the sum is asked for first of all."""


CODED: Final = FORMS | {Stage.UNPAYABLE}
"""Stages at which nothing is under way, so that a bank's app may pay: a payment begun would be made twice."""


class Typed(NamedTuple):
    """What stands in the form."""

    amount: str
    method: str = ""
    email: str = ""


def bill(
    view: View,
    *,
    terms: Terms,
    methods: Sequence[str],
    hears: bool,
    commission_free: bool,
    phones: Sequence[str],
    payee: Payee | None = None,
    typed: Typed | None = None,
    wrong: str = "",
    coded: bool = False,
    coded_sum: int | None = None,
    apart: bool = False,
) -> str:
    """The page. `wrong` is the field of the form that cannot be used; `hears`: we get to know how it ends.

    `payee`: who is paid by a bank's app; None where that is not offered. `coded`: the code was asked for, with a sum of
    `coded_sum` kopecks; it has the whole account number, which nothing else on the page has.
    `apart`: links to others open in a window of their own.
    """
    said = words(language_of(view.language))["pay"]
    account = view.account
    known = account is not None and account.balance is not None and account.balance_date is not None
    balance = account.balance if account is not None and known and account.balance is not None else 0
    state = "unknown" if not known else "debt" if balance > 0 else "overpaid" if balance < 0 else "zero"
    codes = view.stage in CODED and payee is not None and account is not None
    code = _code(account, payee, coded_sum, said["code"]) if coded and codes else None
    form = typed or Typed(_typed(view.amount), view.method or next(iter(methods), ""))
    return render(
        "pay.html",
        view.language,
        stage=view.stage.value,
        asks=view.stage in FORMS,
        changes=view.stage in {Stage.WAITING, Stage.ASKING},
        account=mask(account.number) if account else "",
        address=mask_address(account.address) if account else "",
        state=state,
        balance=roubles(abs(balance)) if known and balance else "",
        date=f"{account.balance_date:%d.%m.%Y}" if account is not None and account.balance_date else "",
        transit=roubles(view.transit) if view.transit else "",
        sum=roubles(view.amount) if view.amount is not None else "",
        form=form,
        wrong=wrong,
        least=roubles(terms.least),
        most=roubles(terms.most),
        methods=[(name, said["methods"].get(name, name)) for name in methods],
        commission=said["no_commission"] if commission_free else said["commission"],
        saves=view.saves,
        codes=codes,
        code=code,
        code_sum=roubles(coded_sum) if coded_sum is not None else "",
        pay_url=view.pay_url,
        apart=apart,
        receipt_url=view.receipt_url,
        hears=hears,
        phones=dialled(phones),
    )


def _typed(amount: int | None) -> str:
    """A sum as one would type it."""
    return "" if amount is None else written(amount)


def _code(account: Account | None, payee: Payee | None, amount: int | None, said: Words) -> BankCode | None:
    """The code for a bank's app."""
    if account is None or payee is None:
        return None
    purpose = f"{said['purpose']} {account.number}"
    return bank_code(account, payee, amount, title=said["picture"], purpose=purpose)
