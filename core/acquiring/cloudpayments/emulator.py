"""A twin of CloudPayments on this machine, for the demo and for tests: nothing leaves it.

It knows a request again by `X-Request-ID`, finds the last payment of a number, refunds among them, lists a day, and
signs its calls.
"""

import asyncio
import base64
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from core.acquiring.amounts import kopecks
from core.acquiring.cloudpayments import sign
from core.acquiring.cloudpayments.settings import Settings
from core.acquiring.emulation import Call, Emulator, Sleep, onward, page, refusal
from core.acquiring.signing import same
from core.domain.money import decimal
from core.ports.clock import Clock

JSON: Final = "application/json"
PUBLIC_ID: Final = "pk_emulated"
SECRET: Final = "emulated-api-secret"  # noqa: S105 - nobody's
ZONES: Final = {"UTC": ZoneInfo("UTC"), "MSK": ZoneInfo("Europe/Moscow")}
"""Of the codes of time zones those that are asked for here."""
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class Order:
    """An order with its page, and the last thing that happened to it."""

    id: str
    form: Mapping[str, str] = field(repr=False)
    last: dict[str, object] = field(default_factory=dict)
    """`Model` of the last transaction; empty before the first."""


class CloudpaymentsEmulator(Emulator):
    """CloudPayments."""

    def __init__(self, *, hook: str = "", clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(hook=hook, clock=clock, sleep=sleep)
        self.orders: dict[str, Order] = {}
        """By the request's id."""
        self.transactions: list[tuple[datetime, dict[str, object]]] = []
        """Everything that ever happened, with its moment."""
        self.is_test = False
        self.cards: dict[str, str] = {}
        """Stored cards: whose each token is."""
        self.declines = ""
        """Why charges of stored cards are refused, as long as they are."""
        self._transactions = itertools.count(504_735_239)

    def settings(self, **changes: Any) -> Settings:  # noqa: ANN401 - any field of the settings
        """Settings that lead here."""
        return replace(Settings(public_id=PUBLIC_ID, api_secret=SECRET, api_url=self.url), **changes)

    def routes(self, router: web.UrlDispatcher) -> None:
        """The four calls, and the order's page."""
        router.add_post("/orders/create", self._create)
        router.add_post("/payments/tokens/charge", self._charge)
        router.add_post("/v2/payments/find", self._find)
        router.add_post("/payments/list", self._list)
        router.add_get("/d/{id}", self._page)
        router.add_post("/d/{id}", self._decide)

    def visit(self, link: str) -> Order:
        """The subscriber opens the page."""
        found = link.rpartition("/")[2]
        return next(order for order in self.orders.values() if order.id == found)

    async def pay(self, order: Order, *, amount: int | None = None, currency: str = "RUB") -> None:
        """The subscriber pays; another amount or currency is what nobody should do."""
        paid = order.form["Amount"] if amount is None else decimal(amount)
        moment = self.clock.now().replace(tzinfo=None).isoformat(timespec="seconds")
        more: dict[str, object] = {"Currency": currency, "AuthDateIso": moment, "ConfirmDateIso": moment}
        if owner := order.form.get("AccountId"):
            token = order.form.get("Token") or f"tk_{len(self.cards):032}"
            self.cards[token] = owner
            more |= {"AccountId": owner, "Token": token, "CardLastFour": "4242"}
        await self._happen(order, paid, "Completed", "Approved", **more)

    async def decline(self, order: Order) -> None:
        """His card is refused; he may try another."""
        await self._happen(order, order.form["Amount"], "Declined", "InsufficientFunds")

    async def refund(self, order: Order, *, amount: int | None = None) -> None:
        """The shop gives the money back, or a part of it: a transaction of its own."""
        back = order.form["Amount"] if amount is None else decimal(amount)
        await self._happen(order, back, "Completed", "Approved", Type=1)

    def forge(self, call: Call) -> Call:
        """The signature of another secret."""
        return _signed(call.body, "another secret")

    async def _happen(self, order: Order, amount: str, status: str, reason: str, **more: object) -> None:
        order.last = {
            "TransactionId": next(self._transactions),
            "Amount": amount,
            "Currency": "RUB",
            "InvoiceId": order.form["InvoiceId"],
            "Status": status,
            "Reason": reason,
            "Type": 0,
            "TestMode": self.is_test,
            "PaymentMethod": "",
        } | more
        self.transactions.append((self.clock.now(), order.last))
        kind = "Refund" if order.last["Type"] else "Payment"
        told = {name: order.last[name] for name in ("TransactionId", "Amount", "Currency", "InvoiceId", "Status")}
        form = told | {"OperationType": kind, "TestMode": int(self.is_test)}
        await self.tell(_signed(urlencode(form), SECRET))

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fault = self.next_fault()
        if (early := refusal(fault) or self._stranger(request)) is not None:
            return early
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        if isinstance(fault, int) or not kopecks(form.get("Amount", "")):
            return web.json_response({"Success": False, "Message": "Amount is required"})
        key = request.headers.get("X-Request-ID", "") or str(len(self.orders))
        order = self.orders.setdefault(key, Order(f"f2K8LV6reGE{len(self.orders):05}", form))
        model = {"Id": order.id, "Number": len(self.orders), "Url": f"{self.url}/d/{order.id}"}
        return await self.spoil(fault, request, web.json_response({"Model": model, "Success": True}))

    async def _charge(self, request: web.Request) -> web.StreamResponse:
        fault = self.next_fault()
        if (early := refusal(fault) or self._stranger(request)) is not None:
            return early
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        token, owner = form.get("Token", ""), form.get("AccountId", "")
        if isinstance(fault, int) or self.cards.get(token) != owner or not owner:
            return web.json_response({"Success": False, "Message": "Unknown token"})
        key = request.headers.get("X-Request-ID", "") or str(len(self.orders))
        order = self.orders.get(key)
        if order is None:
            order = self.orders[key] = Order(f"charge{len(self.orders):05}", form)
            if self.declines:
                await self._happen(order, form["Amount"], "Declined", self.declines, ReasonCode=5051)
            else:
                await self.pay(order)
        return await self.spoil(fault, request, web.Response(text=_document(order.last), content_type=JSON))

    async def _find(self, request: web.Request) -> web.StreamResponse:
        fault = self.next_fault()
        if (early := refusal(fault) or self._stranger(request)) is not None:
            return early
        wanted = (await request.post()).get("InvoiceId")
        last = next((order.last for order in self.orders.values() if order.last.get("InvoiceId") == wanted), None)
        if isinstance(fault, int) or last is None:
            good = web.json_response({"Success": False, "Message": "Not found"})
        else:
            good = web.Response(text=_document(last), content_type=JSON)
        return await self.spoil(fault, request, good)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """The transactions of a day, by the clock that is asked for: UTC where none is."""
        fault = self.next_fault()
        if (early := refusal(fault) or self._stranger(request)) is not None:
            return early
        form = await request.post()
        zone = ZONES.get(str(form.get("TimeZone", "UTC")))
        if isinstance(fault, int) or zone is None or not DAY.fullmatch(str(form.get("Date"))):
            return await self.spoil(
                fault, request, web.json_response({"Success": False, "Message": "Date is required"})
            )
        day = date.fromisoformat(str(form["Date"]))
        models = [_model(last) for moment, last in self.transactions if moment.astimezone(zone).date() == day]
        good = f'{{"Model":[{",".join(models)}],"Success":true,"Message":null}}'
        return await self.spoil(fault, request, web.Response(text=good, content_type=JSON))

    def _stranger(self, request: web.Request) -> web.Response | None:
        account = base64.b64encode(f"{PUBLIC_ID}:{SECRET}".encode()).decode()
        known = same(request.headers.get("Authorization", ""), f"Basic {account}")
        return None if known else web.Response(status=401)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        order = self.visit(request.path)
        buttons = [("pay", "Оплатить"), ("decline", "Отказаться")]
        return page(f"CloudPayments: к оплате {order.form['Amount']} ₽", buttons)

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        order, form = self.visit(request.path), await request.post()
        paid = form.get("do") == "pay"
        await (self.pay(order) if paid else self.decline(order))
        return onward(order.form["SuccessRedirectUrl" if paid else "FailRedirectUrl"])


def _signed(body: str, secret: str) -> Call:
    return Call("POST", body=body, headers={"Content-HMAC": sign.signature(body.encode(), secret)})


def _document(last: Mapping[str, object]) -> str:
    """The answer of a search."""
    return f'{{"Model":{_model(last)},"Success":{json.dumps(last["Status"] != "Declined")},"Message":null}}'


def _model(last: Mapping[str, object]) -> str:
    """A transaction: the amount is a number with five digits behind the point."""
    model = json.dumps({name: value for name, value in last.items() if name != "Amount"})
    return f'{{"Amount":{last["Amount"]}000,{model[1:]}'
