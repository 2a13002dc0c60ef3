"""A twin of ChronoPay's page on this machine, for the demo and for tests: nothing leaves it.

It takes a link only with its signature, and tells the link's own `cb_url` what became of it.
"""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from core.acquiring.chronopay import sign
from core.acquiring.chronopay.settings import Settings
from core.acquiring.emulation import Call, Emulator, Sleep, onward, page
from core.acquiring.signing import same
from core.ports.clock import Clock

SECRET: Final = "emulated-shared-secret"  # noqa: S105 - nobody's
KEY: Final = "emulated key of our own"
PRODUCT: Final = "001234-0001-0001"
FIRST: Final = 987_654_321


class NotSigned(Exception):
    """The page shows an error instead of a form for the card."""


@dataclass(slots=True)
class Sale:
    """A link that a subscriber opened. `transaction` is ChronoPay's, empty until something happened."""

    parameters: Mapping[str, str] = field(repr=False)
    transaction: str = ""


class ChronopayEmulator(Emulator):
    """ChronoPay."""

    def __init__(self, *, hook: str = "", clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(hook=hook, clock=clock, sleep=sleep)
        self._transactions = itertools.count(FIRST)

    def settings(self, **changes: Any) -> Settings:  # noqa: ANN401 - any field of the settings
        """Settings that lead here."""
        ours = Settings(product_id=PRODUCT, shared_secret=SECRET, token_key=KEY, page_url=f"{self.url}/")
        return replace(ours, **changes)

    def routes(self, router: web.UrlDispatcher) -> None:
        """The page."""
        router.add_get("/", self._page)
        router.add_post("/", self._decide)

    def visit(self, link: str) -> Sale:
        """The subscriber opens the page.

        Raises:
            NotSigned: the link was changed on the way.
        """
        sent = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
        product, price, order = (sent.get(name, "") for name in ("product_id", "product_price", "order_id"))
        if product != PRODUCT or not same(sent.get("sign", ""), sign.link(product, price, SECRET, order)):
            raise NotSigned
        return Sale(sent)

    async def pay(self, sale: Sale, *, total: str = "", currency: str = "RUB") -> None:
        """The subscriber pays; another total is what nobody should do."""
        sale.transaction = str(next(self._transactions))
        await self._notify(sale, "onetime", total or sale.parameters["product_price"], currency)

    async def decline(self, sale: Sale) -> None:
        """His card is refused."""
        sale.transaction = str(next(self._transactions))
        await self._notify(sale, "decline", sale.parameters["product_price"])

    async def refund(self, sale: Sale) -> None:
        """The shop gives the money back, which is a transaction of its own."""
        sale.transaction = str(next(self._transactions))
        await self._notify(sale, "refund", sale.parameters["product_price"])

    def forge(self, call: Call) -> Call:
        """The signature of another secret."""
        body = dict(parse_qsl(call.body))
        return Call("POST", call.query, urlencode(body | {"sign": sign.notification(body, "another secret")}))

    async def _notify(self, sale: Sale, kind: str, total: str, currency: str = "RUB") -> None:
        body = {
            "customer_id": "001234-000000001",
            "transaction_id": sale.transaction,
            "transaction_type": kind,
            "total": total,
            "currency": currency,
            "order_id": sale.parameters["order_id"],
        }
        signed = body | {"sign": sign.notification(body, SECRET)}
        await self.tell(Call("POST", urlsplit(sale.parameters["cb_url"]).query, urlencode(signed)))

    async def _page(self, request: web.Request) -> web.StreamResponse:
        try:
            sale = self.visit(str(request.url))
        except NotSigned:
            return page("ChronoPay: подпись не сходится")
        buttons = [("pay", "Оплатить"), ("decline", "Отказаться")]
        return page(f"ChronoPay: к оплате {sale.parameters['product_price']} ₽", buttons)

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        sale, form = self.visit(str(request.url)), await request.post()
        paid = form.get("do") == "pay"
        await (self.pay(sale) if paid else self.decline(sale))
        return onward(sale.parameters["success_url" if paid else "decline_url"])
