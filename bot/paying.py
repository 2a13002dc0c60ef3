"""Payments: what the operator says about them, and which providers there are. A new provider adds three lines here."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.banks import Chronopay, Cloudpayments, Robokassa, Sberbank
from core.acquiring.template import Settings as TemplateSettings
from core.acquiring.template import TemplateProvider
from core.acquiring.yookassa import Settings as YookassaSettings
from core.acquiring.yookassa import create as create_yookassa
from core.domain.autopay import AutopayTerms
from core.domain.money import KOPECKS
from core.domain.orders import Terms
from core.domain.reminders import Hours
from core.ports.acquiring import PaymentProvider

SAVING: Final = frozenset({"yookassa", "cloudpayments"})
"""Providers that charge a stored method (`core.ports.acquiring.ChargesSaved`); a test compares."""
NONE: Final = "none"
"""A branch's word for taking no payments by us."""


class AutopaySettings(BaseModel):
    """The section [payments.autopay]."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    enabled: bool = Field(default=False, examples=[False])
    """Offered where the branch's provider can charge a stored card: yookassa, cloudpayments."""
    notice_days: int = Field(default=2, ge=1, le=10, examples=[2])
    """How many days before a charge the subscriber hears of it."""
    least: int = Field(default=100, ge=1, examples=[100])
    most: int = Field(default=30_000, ge=1, examples=[30_000])
    """Roubles, both included, of a ceiling and of a fixed sum."""

    @model_validator(mode="after")
    def _usable(self) -> "AutopaySettings":
        if self.least > self.most:
            raise ValueError("least should not be above most")
        return self


class PaymentSettings(BaseModel):
    """The section [payments]. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    provider: str = Field(default="", examples=["yookassa"])
    """Who takes the payments of branches that name nobody themselves; empty: no payment links."""
    least: int = Field(default=Terms().least // KOPECKS, ge=1, examples=[10])
    most: int = Field(default=Terms().most // KOPECKS, ge=1, examples=[100_000])
    """Roubles, both included, of one payment."""
    order_hours: int = Field(default=24, ge=1, le=168, examples=[24])
    """How long a link and an order stay open."""
    stale_days: int = Field(default=Terms().stale.days, ge=1, examples=[35])
    """How old a balance may be before we say so."""
    commission_free: bool = Field(default=True, examples=[True])
    """The retailer bears the provider's commission; otherwise our page says that the bank shows it."""
    autopay: AutopaySettings = AutopaySettings()
    template: TemplateSettings = TemplateSettings()
    yookassa: YookassaSettings = YookassaSettings()
    sberbank: Sberbank = Sberbank()
    cloudpayments: Cloudpayments = Cloudpayments()
    robokassa: Robokassa = Robokassa()
    chronopay: Chronopay = Chronopay()

    @model_validator(mode="after")
    def _usable(self) -> "PaymentSettings":
        self.known(self.provider)
        if self.least > self.most:
            raise ValueError("least should not be above most")
        return self

    def known(self, provider: str) -> str:
        """The name, if payments can be taken by it.

        Raises:
            ValueError: there is no such provider, or its section is not filled in.
        """
        if not provider:
            return provider
        if provider not in PROVIDERS:
            raise ValueError(f"no payment provider is called {provider!r}: there are {', '.join(PROVIDERS)}")
        if not getattr(self, provider).is_set:
            raise ValueError(f"provider = {provider!r} needs the keys of [payments.{provider}]")
        return provider


PROVIDERS: Final[Mapping[str, Callable[[PaymentSettings], PaymentProvider]]] = MappingProxyType(
    {
        "template": lambda settings: TemplateProvider(settings.template),
        "yookassa": lambda settings: create_yookassa(settings.yookassa),
        "sberbank": lambda settings: settings.sberbank.build(),
        "cloudpayments": lambda settings: settings.cloudpayments.build(),
        "robokassa": lambda settings: settings.robokassa.build(),
        "chronopay": lambda settings: settings.chronopay.build(),
    }
)
"""By name, which is also the section's and the folder's."""


def terms(settings: PaymentSettings, branches: Mapping[str, str]) -> Terms:
    """What the core goes by. `branches`: by code, what each says for itself."""
    chosen = {code: own or settings.provider for code, own in branches.items()}
    return Terms(
        providers={code: name for code, name in chosen.items() if name not in {"", NONE}},
        least=settings.least * KOPECKS,
        most=settings.most * KOPECKS,
        lasts=timedelta(hours=settings.order_hours),
        stale=timedelta(days=settings.stale_days),
        test=frozenset(name for name in PROVIDERS if getattr(getattr(settings, name), "test", False)),
    )


def autopay(settings: PaymentSettings, payments: Terms, hours: Hours) -> AutopayTerms:
    """What the core goes by about autopay. `hours`: when subscribers may be written to unasked."""
    section = settings.autopay
    kept = {code: name for code, name in payments.providers.items() if name in SAVING} if section.enabled else {}
    return AutopayTerms(
        providers=kept,
        notice_days=section.notice_days,
        least=section.least * KOPECKS,
        most=section.most * KOPECKS,
        hours=hours,
    )


def providers(settings: PaymentSettings) -> dict[str, PaymentProvider]:
    """Every provider that is filled in: one that no branch uses any more may still owe us words about old orders."""
    return {name: build(settings) for name, build in PROVIDERS.items() if getattr(settings, name).is_set}
