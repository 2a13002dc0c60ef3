"""The retailer's own site takes the payment: all we know of it is what its address looks like.

There is nobody to ask how a payment stands and nobody who tells us: the next balance does.
"""

from string import Formatter
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict

from core.domain.money import decimal
from core.ports.acquiring import Invoice, Opened

FIELDS: Final = frozenset({"account", "amount", "order"})


def _pattern(value: str) -> str:
    """An address whose only gaps are ours."""
    if not value:
        return value
    try:
        gaps = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    except ValueError:
        gaps = {""}
    if not value.startswith(("https://", "http://")) or not gaps <= FIELDS or "account" not in gaps:
        raise ValueError("should be a web address with {account}, and perhaps {amount} and {order}, in it")
    return value


class Settings(BaseModel):
    """The section [payments.template]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_pattern)] = ""
    """Such as `https://pay.example.ru/?ls={account}&sum={amount}`; the amount is in roubles, `987.65`."""

    @property
    def is_set(self) -> bool:
        """Whether payments can be taken by it."""
        return bool(self.url)


class TemplateProvider:
    """Makes the link."""

    name = "template"
    methods: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self._pattern = settings.url

    async def open(self) -> None:
        """Nothing to make ready."""

    async def close(self) -> None:
        """Nothing to free."""

    async def create(self, invoice: Invoice) -> Opened:
        """The address, filled in; nobody is called."""
        amount = decimal(invoice.amount)
        gaps = {"account": invoice.account_number, "amount": amount, "order": str(invoice.order_id)}
        url = self._pattern.format(**{name: quote(value, safe="") for name, value in gaps.items()})
        return Opened(provider_id="", pay_url=url)
