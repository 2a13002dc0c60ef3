"""A twin of Robokassa on this machine, for the demo and for tests: nothing leaves it.

It takes a link only with its signature, tells `ResultURL` that it was paid, and answers `OpStateExt`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

from aiohttp import web

from core.acquiring.emulation import Call, Emulator, Sleep, page, refusal
from core.acquiring.robokassa import sign
from core.acquiring.robokassa.settings import Settings
from core.acquiring.signing import same
from core.ports.clock import Clock

LOGIN: Final = "emulated"
PAGE: Final = "/Merchant/Index.aspx"
STATE: Final = "/Merchant/WebService/Service.asmx/OpStateExt"
NAMESPACE: Final = "http://merchant.roboxchange.com/WebService/"
BEGUN, CANCELLED, RETURNED, PAID = 5, 10, 60, 100


class NotSigned(Exception):
    """The page shows error 29 instead of ways to pay."""


@dataclass(slots=True)
class Operation:
    """A link that a subscriber opened."""

    parameters: Mapping[str, str] = field(repr=False)
    state: int = BEGUN
    total: str = ""
    """What was paid, with six digits as Robokassa writes it."""

    @property
    def carried(self) -> dict[str, str]:
        """What goes there and back."""
        return {name: value for name, value in self.parameters.items() if name.lower().startswith("shp_")}


class RobokassaEmulator(Emulator):
    """Robokassa, with a shop of ours."""

    def __init__(self, *, hook: str = "", clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(hook=hook, clock=clock, sleep=sleep)
        self.operations: dict[str, Operation] = {}
        """By `InvId`."""

    def settings(self, **changes: Any) -> Settings:  # noqa: ANN401 - any field of the settings
        """Settings that lead here."""
        ours = Settings(
            login=LOGIN,
            password1="emulated-password-1",
            password2="emulated-password-2",
            page_url=f"{self.url}{PAGE}",
            state_url=f"{self.url}{STATE}",
        )
        return replace(ours, **changes)

    def routes(self, router: web.UrlDispatcher) -> None:
        """The page, and the question how a payment stands."""
        router.add_get(PAGE, self._page)
        router.add_post(PAGE, self._decide)
        router.add_get(STATE, self._state)

    def visit(self, link: str) -> Operation:
        """The subscriber opens the page; again, it is the same operation.

        Raises:
            NotSigned: the link was changed on the way.
        """
        sent = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
        operation = Operation(sent)
        price, number, receipt = (sent.get(name, "") for name in ("OutSum", "InvId", "Receipt"))
        signature = sign.link(self.settings(), price, number, operation.carried, receipt)
        if sent.get("MerchantLogin") != LOGIN or not same(sent.get("SignatureValue", ""), signature):
            raise NotSigned
        return self.operations.setdefault(number, operation)

    async def pay(self, operation: Operation, *, total: str = "") -> None:
        """The subscriber pays; another total is what nobody should do."""
        operation.state, operation.total = PAID, f"{total or operation.parameters['OutSum']}0000"
        form = {"OutSum": operation.total, "InvId": operation.parameters["InvId"], **operation.carried}
        if operation.parameters.get("IsTest"):
            form["IsTest"] = "1"
        form |= {"PaymentMethod": "BankCard", "IncCurrLabel": "BankCardPSR", "Fee": "0.00"}
        await self.tell(Call("POST", body=urlencode(form | {"SignatureValue": self._signature(form)})))

    async def decline(self, operation: Operation) -> None:
        """He lets the time run out. Robokassa tells nobody."""
        operation.state = CANCELLED

    async def refund(self, operation: Operation) -> None:
        """The shop could not be credited, and the money went back. Robokassa tells nobody."""
        operation.state = RETURNED

    def forge(self, call: Call) -> Call:
        """The signature of another password."""
        form = dict(parse_qsl(call.body))
        signature = sign.result(self.settings(password2="another password"), form).upper()
        return Call("POST", body=urlencode(form | {"SignatureValue": signature}))

    def _signature(self, form: Mapping[str, str]) -> str:
        return sign.result(self.settings(), form).upper()

    async def _state(self, request: web.Request) -> web.StreamResponse:
        fault = self.next_fault()
        if (early := refusal(fault)) is not None:
            return early
        number, operation = request.query.get("InvoiceID", ""), None
        if isinstance(fault, int):
            code = fault
        elif request.query.get("MerchantLogin") != LOGIN:
            code = 2
        elif not same(request.query.get("Signature", "").lower(), sign.question(self.settings(), number)):
            code = 1
        else:
            operation = self.operations.get(number)
            code = 0 if operation else 3
        good = web.Response(text=self._document(code, operation), content_type="text/xml")
        return await self.spoil(fault, request, good)

    def _document(self, code: int, operation: Operation | None) -> str:
        """The documented answer; a number that is not known has the result alone."""
        rest = ""
        if operation is not None:
            fields = "".join(
                f"<Field><Name>{escape(name)}</Name><Value>{escape(value)}</Value></Field>"
                for name, value in operation.carried.items()
            )
            moment = self.clock.now().isoformat()
            rest = (
                f"<State><Code>{operation.state}</Code><RequestDate>{moment}</RequestDate>"
                f"<StateDate>{moment}</StateDate></State>"
                "<Info><IncCurrLabel>BankCardPSR</IncCurrLabel><PaymentMethod><Code>BankCard</Code></PaymentMethod>"
                f"<OutSum>{operation.total or operation.parameters['OutSum']}</OutSum></Info>"
                f"<UserField>{fields}</UserField>"
            )
        return (
            f'<?xml version="1.0" encoding="utf-8"?><OperationStateResponse xmlns="{NAMESPACE}">'
            f"<Result><Code>{code}</Code></Result>{rest}</OperationStateResponse>"
        )

    async def _page(self, request: web.Request) -> web.StreamResponse:
        try:
            operation = self.visit(str(request.url))
        except NotSigned:
            return page("Robokassa: ошибка 29, подпись не сходится")
        buttons = [("pay", "Оплатить"), ("decline", "Отказаться")]
        return page(f"Robokassa: к оплате {operation.parameters['OutSum']} ₽", buttons)

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        operation, form = self.visit(str(request.url)), await request.post()
        await (self.pay(operation) if form.get("do") == "pay" else self.decline(operation))
        return page("Robokassa: готово")
