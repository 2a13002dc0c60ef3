"""Every payment provider, emulated, for tests that kill the service in the middle of a call to it.

What plays the part of the key, by which each knows that a creation is one that he has had already:

- YooKassa: the header `Idempotence-Key`, which is stored with the attempt.
- CloudPayments: the header `X-Request-ID`, the same one; it is remembered for an hour.
- Sberbank: `orderNumber`, of order and attempt; he refuses it when it comes again, and is then asked for the order.
- Robokassa: `InvId`, a hash of order and attempt. He is not called: the link is the creation, whoever opens it.
- ChronoPay: `order_id`, the order's own number. The same holds of him.
- The template: `{order}`, where the retailer's address has it. The same holds of him.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from aiohttp import web

from core.acquiring.chronopay.emulator import KEY as TOKEN_KEY
from core.acquiring.chronopay.emulator import PRODUCT, ChronopayEmulator, Sale
from core.acquiring.chronopay.emulator import SECRET as SHARED
from core.acquiring.cloudpayments.emulator import PUBLIC_ID, CloudpaymentsEmulator
from core.acquiring.cloudpayments.emulator import SECRET as API_SECRET
from core.acquiring.emulation import Call, Emulator
from core.acquiring.emulation import Fault as SharedFault
from core.acquiring.robokassa.emulator import LOGIN, PAGE, STATE, Operation, RobokassaEmulator
from core.acquiring.robokassa.encode import number
from core.acquiring.sberbank.emulator import KEY as CALLBACK_KEY
from core.acquiring.sberbank.emulator import PAGE as SBERBANK_PAGE
from core.acquiring.sberbank.emulator import REST, SberbankEmulator
from core.acquiring.yookassa.emulator import Fault, YookassaEmulator
from core.acquiring.yookassa.emulator.server import SECRET, SHOP


class Tried(NamedTuple):
    """An attempt as it is stored here."""

    order_id: int
    number: int
    key: str


class Striking:
    """Says when it was called, and answers only when the caller is dead."""

    is_called = True
    """A payment is created by a call, and not by the link alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.countdown = 0
        self.struck = asyncio.Event()
        self.killed = asyncio.Event()
        self.asked: list[tuple[str, str]] = []
        """Every creation that ever arrived, be it for the third time: its key, and all that was said with it."""
        self.at_creation = False
        """The next creation is the moment at which the service may be killed: it is taken, and not answered."""

    async def create(
        self, key: str, said: str, request: web.Request, take: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Note a creation, and take it."""
        self.asked.append((key, said))
        is_chosen, self.at_creation = self.at_creation, False
        answer = await take(request)
        if is_chosen:
            self.struck.set()
            await self.killed.wait()
        return answer

    def strike(self) -> bool:
        """One more of the moments at which the service may be killed; True for the one that is chosen."""
        self.countdown -= 1
        if self.countdown == 0:
            self.struck.set()
        return self.countdown == 0

    async def hold(self) -> None:
        """Count a call; the one that is chosen is taken, and not answered while its caller lives."""
        if self.strike():
            await self.killed.wait()


class Bank(Protocol):
    """What the test needs of a provider."""

    name: str
    url: str
    struck: asyncio.Event
    killed: asyncio.Event
    countdown: int
    asked: list[tuple[str, str]]
    at_creation: bool
    is_called: bool

    async def start(self) -> None:
        """Listen."""

    async def stop(self) -> None:
        """Hang up."""

    def strike(self) -> bool:
        """As `Striking` has it."""

    def section(self) -> Mapping[str, Any]:
        """Settings that lead here, by their names in the configuration."""

    def visit(self, link: str) -> Any:
        """The subscriber opens the provider's page."""

    async def take(self, kept: Any) -> Sequence[Call]:
        """The subscriber pays; the calls that tell of it, the last word among them."""

    def of(self, account: str) -> Sequence[Any]:
        """What the provider keeps for an account, paid or not: all that could be paid."""

    def key(self, attempt: Tried) -> str:
        """What he is to know the attempt by."""


class Yookassa(Striking, YookassaEmulator):
    name = "yookassa"

    async def _create(self, request: web.Request) -> web.StreamResponse:
        return await self.create(request.headers["Idempotence-Key"], await request.text(), request, super()._create)

    async def _answer(self, request: web.Request, fault: Fault | None, found: dict[str, Any]) -> web.StreamResponse:
        await self.hold()
        return await super()._answer(request, fault, found)

    def section(self) -> Mapping[str, Any]:
        return {
            "shop_id": SHOP,
            "secret_key": SECRET,
            "api_base": f"{self.url}/v3",
            "networks": ["127.0.0.0/8"],
        }

    def visit(self, link: str) -> Any:
        return self.payments[link.rpartition("/")[2]]

    async def take(self, kept: Any) -> Sequence[Call]:
        self.succeed(kept.id)
        bodies = [self.notification(kept.id), self.notification(kept.id, "payment.waiting_for_capture")]
        return [Call("POST", body=body.decode(), headers={"Content-Type": "application/json"}) for body in bodies]

    def of(self, account: str) -> Sequence[Any]:
        return [each for each in self.payments.values() if each.object["description"].endswith(account)]

    def key(self, attempt: Tried) -> str:
        return attempt.key


class _Shop(Striking, Emulator):
    """One of those that share `core.acquiring.emulation`."""

    async def spoil(
        self, fault: SharedFault | int | None, request: web.Request, good: web.Response
    ) -> web.StreamResponse:
        await self.hold()
        return await super().spoil(fault, request, good)

    async def take(self, kept: Any) -> Sequence[Call]:
        await self.pay(kept)  # type: ignore[attr-defined] # every one of them has it
        return self.calls[-1:]


class Sberbank(_Shop, SberbankEmulator):
    name = "sberbank"

    async def _register(self, request: web.Request) -> web.StreamResponse:
        form = dict(parse_qsl(await request.text()))
        return await self.create(form["orderNumber"], urlencode(form), request, super()._register)

    def section(self) -> Mapping[str, Any]:
        ours = self.settings()
        return {
            "user_name": ours.user_name,
            "password": ours.password,
            "callback_key": CALLBACK_KEY,
            "api_url": f"{self.url}{REST}",
            "page_url": f"{self.url}{SBERBANK_PAGE}",
        }

    def of(self, account: str) -> Sequence[Any]:
        return [each for each in self.orders.values() if each.form["description"].endswith(account)]

    def key(self, attempt: Tried) -> str:
        return f"{attempt.order_id}-{attempt.number}"


class Cloudpayments(_Shop, CloudpaymentsEmulator):
    name = "cloudpayments"

    async def _create(self, request: web.Request) -> web.StreamResponse:
        return await self.create(request.headers["X-Request-ID"], await request.text(), request, super()._create)

    def section(self) -> Mapping[str, Any]:
        return {"public_id": PUBLIC_ID, "api_secret": API_SECRET, "api_url": self.url}

    def of(self, account: str) -> Sequence[Any]:
        return [each for each in self.orders.values() if each.form["Description"].endswith(account)]

    def key(self, attempt: Tried) -> str:
        return attempt.key


class Robokassa(_Shop, RobokassaEmulator):
    name = "robokassa"
    is_called = False

    def section(self) -> Mapping[str, Any]:
        ours = self.settings()
        return {
            "login": LOGIN,
            "password1": ours.password1,
            "password2": ours.password2,
            "page_url": f"{self.url}{PAGE}",
            "state_url": f"{self.url}{STATE}",
        }

    def visit(self, link: str) -> Operation:
        self.asked.append((parse_qs(urlsplit(link).query)["InvId"][0], link))
        return super().visit(link)

    def of(self, account: str) -> Sequence[Any]:
        return [each for each in self.operations.values() if each.parameters["Description"].endswith(account)]

    def key(self, attempt: Tried) -> str:
        return number(attempt.order_id, attempt.number)


class Chronopay(_Shop, ChronopayEmulator):
    name = "chronopay"
    is_called = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sales: dict[str, Sale] = {}

    def section(self) -> Mapping[str, Any]:
        return {
            "product_id": PRODUCT,
            "shared_secret": SHARED,
            "token_key": TOKEN_KEY,
            "page_url": f"{self.url}/",
        }

    def visit(self, link: str) -> Sale:
        order = parse_qs(urlsplit(link).query)["order_id"][0]
        self.asked.append((order, link))
        return self.sales.setdefault(order, super().visit(link))

    def of(self, account: str) -> Sequence[Any]:
        return [each for each in self.sales.values() if each.parameters["product_name"].endswith(account)]

    def key(self, attempt: Tried) -> str:
        return str(attempt.order_id)


class Template(Striking):
    """The retailer's own site: nobody calls it, and it tells nobody."""

    name = "template"
    is_called = False
    url = "https://pay.example.ru/"

    async def start(self) -> None:
        """There is nothing to start."""

    async def stop(self) -> None:
        """Nor to stop."""

    def section(self) -> Mapping[str, Any]:
        return {"url": f"{self.url}?ls={{account}}&sum={{amount}}&no={{order}}"}

    def visit(self, link: str) -> str:
        order = parse_qs(urlsplit(link).query)["no"][0]
        self.asked.append((order, link))
        return order

    async def take(self, kept: Any) -> Sequence[Call]:
        raise NotImplementedError(kept)

    def of(self, account: str) -> Sequence[Any]:
        return [*{key for key, link in self.asked if parse_qs(urlsplit(link).query)["ls"] == [account]}]

    def key(self, attempt: Tried) -> str:
        return str(attempt.order_id)


BANKS = (Yookassa, Sberbank, Cloudpayments, Robokassa, Chronopay)
