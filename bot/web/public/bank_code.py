"""The code by which any bank's app pays this account (ГОСТ Р 56042-2014), as a picture and as text to copy."""

from typing import Final, NamedTuple

import segno

from core.domain.accounts import Account, Payee
from core.domain.bill_codes import Bill, UnwritableBill, write

UTILITIES: Final = "02"
"""`TechCode` of housing and communal services, as it stands in the codes of retailers' own bills."""


class BankCode(NamedTuple):
    """What a bank's app reads."""

    picture: str
    """SVG to stand in a page, black on white whatever the page's colours are."""
    text: str


def bank_code(account: Account, payee: Payee, amount: int | None, *, title: str, purpose: str) -> BankCode | None:
    """The code that pays so many kopecks to our own requisites; without a sum the app asks for it.

    None where the standard has no room for the account's number, so that no page fails for it.
    """
    more = {"Purpose": purpose, "TechCode": UTILITIES}
    try:
        payload = write(Bill(payee=payee, account=account.number, amount=amount, more=more))
    except UnwritableBill:
        return None
    drawn = segno.make(payload, error="m", micro=False)
    picture = drawn.svg_inline(border=4, light="#fff", dark="#000", title=title, omitsize=True, svgclass=None)
    return BankCode(picture, payload.decode())
