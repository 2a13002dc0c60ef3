"""The sections of the payment providers whose settings are plain data: [payments.sberbank] and the like.

docs/payments has a page for each: what to ask the bank for, and what is checked.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, StringConstraints, model_validator

from bot.sections import MaybeUrl
from core.acquiring import chronopay, cloudpayments, robokassa, sberbank
from core.ports.acquiring import PaymentProvider

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]\S*$", strip_whitespace=True)]
NOTHING = SecretStr("")


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network)
    return value


class _Section(BaseModel):
    """Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sberbank(_Section):
    """Either `user_name` and `password`, or `token`; the bank gives one or the other."""

    user_name: str = ""
    password: SecretStr = NOTHING
    token: SecretStr = NOTHING
    callback_key: SecretStr = NOTHING
    """Empty refuses every call of the bank's, and only the regular look is left."""
    api_url: Url = sberbank.LIVE
    page_url: MaybeUrl = ""
    ca_bundle: str = ""
    """A file with the Russian Trusted Root CA."""
    test: bool = False

    @property
    def is_set(self) -> bool:
        """Whether payments can be taken by it."""
        return bool(self.token.get_secret_value() or (self.user_name and self.password.get_secret_value()))

    def build(self) -> PaymentProvider:
        """The provider; nothing is opened yet."""
        return sberbank.create(
            sberbank.Settings(
                user_name=self.user_name,
                password=self.password.get_secret_value(),
                token=self.token.get_secret_value(),
                callback_key=self.callback_key.get_secret_value(),
                api_url=self.api_url,
                page_url=self.page_url,
                ca_bundle=Path(self.ca_bundle) if self.ca_bundle else None,
                is_test=self.test,
            )
        )


class Cloudpayments(_Section):
    """A site of CloudPayments'. Whether a payment is a test, the payment says itself."""

    public_id: str = ""
    api_secret: SecretStr = NOTHING
    api_url: Url = cloudpayments.LIVE
    test: bool = False
    """A test site: only test payments count."""

    @property
    def is_set(self) -> bool:
        """Whether payments can be taken by it."""
        return bool(self.public_id and self.api_secret.get_secret_value())

    def build(self) -> PaymentProvider:
        """The provider; nothing is opened yet."""
        secret = self.api_secret.get_secret_value()
        return cloudpayments.create(
            cloudpayments.Settings(public_id=self.public_id, api_secret=secret, api_url=self.api_url)
        )


class RobokassaReceipt(_Section):
    """What Robokassa's cash register prints, in his codes; the accountant decides."""

    enabled: bool = False
    sno: str = ""
    tax: str = ""
    payment_method: str = "full_payment"
    payment_object: str = "service"

    @model_validator(mode="after")
    def _usable(self) -> "RobokassaReceipt":
        if self.enabled and not (self.sno and self.tax):
            raise ValueError("enabled needs sno and tax, in Robokassa's codes: sno = 'osn', tax = 'vat22'")
        return self


class Robokassa(_Section):
    """A shop and its two passwords; in test mode the test passwords, which are others."""

    login: str = ""
    password1: SecretStr = NOTHING
    password2: SecretStr = NOTHING
    algorithm: Literal["md5", "sha1", "sha256", "sha384", "sha512"] = "sha256"
    """As the shop's technical settings say."""
    page_url: Url = robokassa.PAGE
    state_url: Url = robokassa.STATE
    test: bool = False
    receipt: RobokassaReceipt = RobokassaReceipt()

    @property
    def is_set(self) -> bool:
        """Whether payments can be taken by it."""
        return bool(self.login and self.password1.get_secret_value() and self.password2.get_secret_value())

    def build(self) -> PaymentProvider:
        """The provider; nothing is opened yet."""
        return robokassa.create(
            robokassa.Settings(
                login=self.login,
                password1=self.password1.get_secret_value(),
                password2=self.password2.get_secret_value(),
                algorithm=self.algorithm,
                receipt=(
                    robokassa.Receipt(**self.receipt.model_dump(exclude={"enabled"})) if self.receipt.enabled else None
                ),
                page_url=self.page_url,
                state_url=self.state_url,
                is_test=self.test,
            )
        )


class Chronopay(_Section):
    """The contract's product and its secret, and a key of our own."""

    product_id: str = ""
    shared_secret: SecretStr = NOTHING
    token_key: SecretStr = NOTHING
    """Ours alone: ties a call to its order, which ChronoPay's signature does not."""
    signs_order: bool = True
    page_url: Url = chronopay.LIVE
    senders: Annotated[tuple[str, ...], AfterValidator(_networks)] = ()
    """Where ChronoPay calls from; empty where that is not checked."""
    test: bool = False

    @model_validator(mode="after")
    def _usable(self) -> "Chronopay":
        if 0 < len(self.token_key.get_secret_value()) < chronopay.KEY_LEAST:
            raise ValueError(f"token_key should have at least {chronopay.KEY_LEAST} characters")
        return self

    @property
    def is_set(self) -> bool:
        """Whether payments can be taken by it."""
        return bool(self.product_id and self.shared_secret.get_secret_value() and self.token_key.get_secret_value())

    def build(self) -> PaymentProvider:
        """The provider; nothing is opened yet."""
        return chronopay.create(
            chronopay.Settings(
                product_id=self.product_id,
                shared_secret=self.shared_secret.get_secret_value(),
                token_key=self.token_key.get_secret_value(),
                signs_order=self.signs_order,
                page_url=self.page_url,
                senders=self.senders,
                is_test=self.test,
            )
        )
