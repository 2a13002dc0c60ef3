"""What the operator says about Robokassa."""

from dataclasses import dataclass, field
from typing import Final, Literal

PAGE: Final = "https://auth.robokassa.ru/Merchant/Index.aspx"
STATE: Final = "https://auth.robokassa.ru/Merchant/WebService/Service.asmx/OpStateExt"

Algorithm = Literal["md5", "sha1", "sha256", "sha384", "sha512"]
"""Of Robokassa's six; RIPEMD-160 is missing from many builds of OpenSSL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What Robokassa's cash register prints (Federal Law No. 54), in his codes; the accountant decides.

    https://docs.robokassa.ru/fiscalization/
    """

    sno: str
    """The system of taxation: `osn`, `usn_income`."""
    tax: str
    """`none`, `vat22`, `vat122`."""
    payment_method: str = "full_payment"
    payment_object: str = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A shop and its two passwords; in test mode the test passwords, which are others."""

    login: str
    password1: str = field(default="", repr=False)
    """Signs our links."""
    password2: str = field(default="", repr=False)
    """Signs Robokassa's calls, and our questions. Empty refuses every call."""
    algorithm: Algorithm = "sha256"
    """As the shop's technical settings say."""
    receipt: Receipt | None = None
    """None where another cash register prints it."""
    page_url: str = PAGE
    state_url: str = STATE
    is_test: bool = False
    """Links are for test payments: no money moves."""
