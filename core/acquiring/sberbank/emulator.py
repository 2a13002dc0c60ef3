"""A twin of the bank's gateway on this machine, for the demo and for tests: nothing leaves it.

It refuses what the bank refuses, by the same codes: a number used twice (1), a missing amount (4), wrong credentials
(5), an unknown order (6). Its answers have those fields of the documented ones that anybody reads.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from core.acquiring.emulation import Call, Emulator, Sleep, onward, page, refusal
from core.acquiring.sberbank import sign
from core.acquiring.sberbank.settings import Settings
from core.acquiring.signing import same
from core.domain.money import decimal
from core.ports.clock import Clock

KEY: Final = "emulated-callback-key"
PAGE: Final = "/payment/merchants/emulated/payment_ru.html"
REST: Final = "/payment/rest"


@dataclass(slots=True)
class Order:
    """An order as the bank has it."""

    number: str
    id: str
    form: Mapping[str, str] = field(repr=False)
    status: int = 0
    deposited: int = 0
    refunded: int = 0
    currency: str = "643"
    paid_at: int | None = None


class SberbankEmulator(Emulator):
    """The bank."""

    def __init__(
        self,
        *,
        hook: str = "",
        user_name: str = "emulated-api",
        password: str = "emulated",  # noqa: S107 - nobody's
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(hook=hook, clock=clock, sleep=sleep)
        self.orders: dict[str, Order] = {}
        """By our number."""
        self._user_name, self._password = user_name, password

    def settings(self, **changes: Any) -> Settings:  # noqa: ANN401 - any field of the settings
        """Settings that lead here."""
        ours = Settings(
            user_name=self._user_name,
            password=self._password,
            callback_key=KEY,
            api_url=f"{self.url}{REST}",
            page_url=f"{self.url}{PAGE}",
        )
        return replace(ours, **changes)

    def routes(self, router: web.UrlDispatcher) -> None:
        """The bank's two calls, and its page."""
        router.add_post(f"{REST}/register.do", self._register)
        router.add_post(f"{REST}/getOrderStatusExtended.do", self._status)
        router.add_get(PAGE, self._page)
        router.add_post(PAGE, self._decide)

    def visit(self, link: str) -> Order:
        """The subscriber opens the bank's page."""
        found = parse_qs(urlsplit(link).query)["mdOrder"][0]
        return next(order for order in self.orders.values() if order.id == found)

    async def pay(self, order: Order, *, amount: int | None = None, currency: str = "643") -> None:
        """The subscriber pays; another amount or currency is what no bank should do."""
        order.deposited = int(order.form["amount"]) if amount is None else amount
        order.status, order.currency = 2, currency
        order.paid_at = int(self.clock.now().timestamp() * 1000)
        await self._notify(order, "deposited", order.deposited)

    async def decline(self, order: Order) -> None:
        """His card is refused, or he lets the time run out."""
        order.status = 6
        await self._notify(order, "declinedByTimeout", int(order.form["amount"]))

    async def refund(self, order: Order, *, amount: int | None = None) -> None:
        """The shop gives the money back, or a part of it."""
        order.refunded = order.deposited if amount is None else amount
        order.status = 4
        await self._notify(order, "refunded", order.refunded)

    def forge(self, call: Call) -> Call:
        """The checksum of another key."""
        fields = {name: values[0] for name, values in parse_qs(call.query).items()}
        return Call("GET", urlencode(fields | {"checksum": sign.checksum(fields, "another key")}))

    async def _notify(self, order: Order, operation: str, amount: int) -> None:
        fields = {
            "mdOrder": order.id,
            "orderNumber": order.number,
            "operation": operation,
            "status": "1",
            "amount": str(amount),
        }
        await self.tell(Call("GET", urlencode(fields | {"checksum": sign.checksum(fields, KEY)})))

    async def _register(self, request: web.Request) -> web.StreamResponse:
        fault, form = self.next_fault(), await _form(request)
        if (early := refusal(fault)) is not None:
            return early
        code = fault if isinstance(fault, int) else self._objection(form)
        if code:
            return _error(code)
        number = form["orderNumber"]
        order = self.orders[number] = Order(number, str(uuid5(NAMESPACE_URL, f"{self.url}/{number}")), form)
        good = web.json_response({"orderId": order.id, "formUrl": f"{self.url}{PAGE}?mdOrder={order.id}"})
        return await self.spoil(fault, request, good)

    def _objection(self, form: Mapping[str, str]) -> int:
        if not self._knows(form):
            return 5
        if not form.get("amount", "").isdecimal() or not form.get("returnUrl") or not form.get("orderNumber"):
            return 4
        return 1 if form["orderNumber"] in self.orders else 0

    async def _status(self, request: web.Request) -> web.StreamResponse:
        fault, form = self.next_fault(), await _form(request)
        if (early := refusal(fault)) is not None:
            return early
        if isinstance(fault, int) or not self._knows(form):
            return _error(fault if isinstance(fault, int) else 5)
        wanted = form.get("orderId") or form.get("orderNumber")
        order = next((each for each in self.orders.values() if wanted in {each.id, each.number}), None)
        good = _error(6) if order is None else web.json_response(_state(order))
        return await self.spoil(fault, request, good)

    def _knows(self, form: Mapping[str, str]) -> bool:
        return same(form.get("userName", ""), self._user_name) and same(form.get("password", ""), self._password)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        amount = decimal(int(self.visit(str(request.url)).form["amount"]))
        return page(f"Банк: к оплате {amount} ₽", [("pay", "Оплатить"), ("decline", "Отказаться")])

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        order, wish = self.visit(str(request.url)), (await _form(request)).get("do")
        await (self.pay(order) if wish == "pay" else self.decline(order))
        return onward(order.form["returnUrl"])


def _state(order: Order) -> Mapping[str, object]:
    state = {
        "errorCode": "0",
        "errorMessage": "Успешно",
        "orderNumber": order.number,
        "orderStatus": order.status,
        "actionCode": 0 if order.status in {2, 4} else -2007 if order.status == 6 else -100,  # noqa: PLR2004 - the bank's
        "actionCodeDescription": "Истёк срок оплаты" if order.status == 6 else "",  # noqa: PLR2004 - the bank's
        "amount": int(order.form["amount"]),
        "currency": order.currency,
        "attributes": [{"name": "mdOrder", "value": order.id}],
        "paymentAmountInfo": {"depositedAmount": order.deposited, "refundedAmount": order.refunded},
    }
    return state | ({"authDateTime": order.paid_at} if order.paid_at is not None else {})


def _error(code: int) -> web.Response:
    return web.json_response({"errorCode": str(code), "errorMessage": "Ошибка"})


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
