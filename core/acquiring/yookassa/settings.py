"""What the operator says about YooKassa: the section [payments.yookassa] of meterline.toml."""

from ipaddress import ip_network
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

NETWORKS: Final = (
    "185.71.76.0/27",
    "185.71.77.0/27",
    "77.75.153.0/25",
    "77.75.154.128/25",
    "77.75.156.11/32",
    "77.75.156.35/32",
    "2a02:5180::/32",
)
"""https://yookassa.ru/developers/using-api/webhooks, "IP address of the sender"."""

ApiBase = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/]\S*$", strip_whitespace=True),
    AfterValidator(lambda value: value.rstrip("/")),
]
Digits = Annotated[str, StringConstraints(pattern=r"^\d*$", strip_whitespace=True)]


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network)
    return value


def _in_a_header(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("should be the key as YooKassa shows it: letters, digits, dashes and underscores")
    return secret


class _Section(BaseModel):
    """Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Receipt(_Section):
    """The fiscal receipt of Federal Law No. 54. What stands in it is the accountant's decision."""

    enabled: bool = False
    """Send its contents with each payment; switched off where the cash register gets them by another way."""
    item: str = Field(default="Электроэнергия", min_length=1, max_length=128)
    """What was paid for."""
    vat_code: int = Field(default=11, ge=1, le=12)
    """https://yookassa.ru/developers/payment-acceptance/receipts/54fz/parameters-values: 11 is 22 %, 12 is 22/122."""
    payment_subject: str = "service"
    payment_mode: str = "full_payment"
    tax_system_code: int = Field(default=0, ge=0, le=6)
    """0 leaves it out: a shop with one tax system need not name it."""


class Utilities(_Section):
    """The payment order that a shop for housing and utilities sends with each payment (registered in GIS ZhKH).

    https://yookassa.ru/developers/payment-acceptance/scenario-extensions/utility-payments
    """

    enabled: bool = False
    purpose: str = Field(default="Оплата электроэнергии", max_length=150)
    """Stands before the account's number."""
    name: str = ""
    inn: Digits = ""
    kpp: Digits = ""
    bank: str = Field(default="", max_length=45)
    bic: Digits = ""
    account: Digits = ""
    correspondent_account: Digits = ""
    kbk: Digits = ""
    oktmo: Digits = ""

    @model_validator(mode="after")
    def _usable(self) -> "Utilities":
        needed = {"inn": 10, "kpp": 9, "bic": 9, "account": 20, "correspondent_account": 20}
        wrong = [name for name, length in needed.items() if len(getattr(self, name)) != length]
        if self.enabled and (wrong or not self.name or not self.bank):
            raise ValueError("enabled needs name, inn (10 digits), kpp, bank, bic, account, correspondent_account")
        return self


class Settings(_Section):
    """YooKassa."""

    shop_id: Digits = ""
    secret_key: Annotated[SecretStr, AfterValidator(_in_a_header)] = SecretStr("")
    methods: tuple[Literal["bank_card", "sbp"], ...] = Field(default=("bank_card", "sbp"), min_length=1)
    """What the subscriber chooses from, the first one chosen already."""
    test: bool = False
    """A test shop: only test payments count, and no others."""
    networks: Annotated[tuple[str, ...], AfterValidator(_networks)] = NETWORKS
    """Where YooKassa calls from; calls from elsewhere are refused."""
    api_base: ApiBase = "https://api.yookassa.ru/v3"
    receipt: Receipt = Receipt()
    utilities: Utilities = Utilities()

    @property
    def is_set(self) -> bool:
        """Whether payments can be taken by it."""
        return bool(self.shop_id and self.secret_key.get_secret_value())
