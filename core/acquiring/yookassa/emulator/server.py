"""The emulated YooKassa: keeps payments by their idempotency keys, plays the subscriber's bank, and calls our hook."""

import asyncio
import base64
import itertools
import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from aiohttp import web

from core.acquiring.yookassa.emulator import lists
from core.acquiring.yookassa.emulator.answers import error, iso
from core.acquiring.yookassa.settings import Settings
from core.ports.clock import Clock, SystemClock

LOOPBACK: Final = "127.0.0.1"
SHOP: Final = "100500"
SECRET: Final = "test_emulated-secret-key"  # noqa: S105 - of an emulator
KEY_LIMIT: Final = 64


class Fault(StrEnum):
    """What can go wrong with the next call."""

    UNAUTHORIZED = "401"
    LIMITED = "429, Retry-After: 7"
    BROKEN = "500, before anything was kept"
    BROKEN_AFTER = "500, and the payment is kept all the same"
    RESET = "takes it, and drops the connection"
    HANG = "takes it, and does not answer"
    GARBLED = "takes it, and answers 200 with something unreadable"
    ECHO = "400, and repeats what it was sent, wherever a word of its own belongs"
    STUCK = "a list: each page leads to itself"


_AFTER: Final = frozenset({Fault.BROKEN_AFTER, Fault.RESET, Fault.HANG, Fault.GARBLED})


@dataclass(slots=True)
class Kept:
    """A payment: the request's body, and the object as it stands."""

    body: bytes = field(repr=False)
    key: str
    object: dict[str, Any]

    @property
    def id(self) -> str:
        """YooKassa's name for it."""
        return str(self.object["id"])


class YookassaEmulator:
    """YooKassa on a port of the loopback interface."""

    def __init__(self, *, hook: str = "", clock: Clock | None = None) -> None:
        """Nothing listens before `start`. `hook` is our address for notifications; without it nobody is called."""
        self.hook = hook
        self.payments: dict[str, Kept] = {}
        self.keys: dict[str, Kept] = {}
        self.faults: deque[Fault] = deque()
        self.calls: list[tuple[str, str]] = []
        """(method, path) of every call, refused ones included."""
        self.statuses: list[int] = []
        """Of our answers to notifications; 0 where nobody answered."""
        self.refunds: list[dict[str, Any]] = []
        self.methods: set[str] = set()
        """Stored methods, by the payment that stored them."""
        self.declines = ""
        """Why charges of stored methods are refused, as long as they are."""
        self.is_test = False
        self.abandoned = asyncio.Event()
        """Set when a caller hung up on us."""
        self.url = ""
        self._clock = clock or SystemClock()
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    def settings(self, **more: Any) -> Settings:  # noqa: ANN401 - any of the settings
        """Settings that lead here."""
        return Settings.model_validate(
            {"shop_id": SHOP, "secret_key": SECRET, "api_base": f"{self.url}/v3", "networks": ["127.0.0.0/8"]} | more
        )

    async def start(self, port: int = 0) -> None:
        """Listen, on a free port unless one is given."""
        app = web.Application()
        app.router.add_post("/v3/payments", self._create)
        app.router.add_get("/v3/payments", self._list)
        app.router.add_get("/v3/payments/{id}", self._look)
        app.router.add_get("/v3/refunds", self._list)
        app.router.add_get("/v3/me", self._me)
        app.router.add_get("/checkout/{id}", self._checkout)
        app.router.add_post("/checkout/{id}", self._pressed)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, port).start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        """Stop listening; harmless when called twice."""
        runner, self._runner = self._runner, None
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if runner is not None:
            await runner.cleanup()

    def succeed(self, payment_id: str, *, amount: str = "", test: bool | None = None) -> None:
        """The subscriber pays; `amount` and `test` make it another payment than the one we asked for."""
        known = self.payments[payment_id].object
        known |= {"status": "succeeded", "paid": True, "captured_at": iso(self._clock.now())}
        if known["payment_method"].get("wanted"):
            card = {"last4": "4242", "first6": "555555"}
            known["payment_method"] = {"type": "bank_card", "id": payment_id, "saved": True, "card": card}
            self.methods.add(payment_id)
        if amount:
            known["amount"] = known["amount"] | {"value": amount}
        if test is not None:
            known["test"] = test

    def cancel(self, payment_id: str, reason: str = "expired_on_confirmation") -> None:
        """The payment comes to nothing."""
        self.payments[payment_id].object |= {"status": "canceled", "cancellation_details": {"reason": reason}}

    def refund(self, payment_id: str) -> None:
        """The shop gives all of it back."""
        known = self.payments[payment_id].object
        known["refunded_amount"] = known["amount"]
        made = {"id": f"refund-{payment_id}", "payment_id": payment_id, "amount": known["amount"]}
        self.refunds.append(made | {"status": "succeeded", "created_at": iso(self._clock.now())})

    def notification(self, payment_id: str, event: str = "") -> bytes:
        """A call's body, with the object as it stands now."""
        known = self.payments[payment_id].object
        named = event or f"payment.{known['status']}"
        about = {"id": f"refund-{payment_id}", "payment_id": payment_id} if named.startswith("refund.") else known
        return json.dumps({"type": "notification", "event": named, "object": about}).encode()

    async def notify(self, body: bytes) -> int:
        """Call our hook once; the status of our answer, 0 where nobody answered."""
        assert self._session is not None  # noqa: S101 - to be called after start
        try:
            async with self._session.post(self.hook, data=body, headers={"Content-Type": "application/json"}) as answer:
                self.statuses.append(answer.status)
        except aiohttp.ClientError:
            self.statuses.append(0)
        return self.statuses[-1]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fault = await self._begin(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        body, key = await request.read(), request.headers.get("Idempotence-Key", "")
        if not 0 < len(key) <= KEY_LIMIT:
            return error(400, "invalid_request", "Idempotence-Key")
        known = self.keys.get(key)
        if known is not None and known.body != body:
            return error(400, "invalid_request", "Idempotence-Key")
        if known is None:
            try:
                known = self._kept(json.loads(body), body, key)
            except (ValueError, KeyError, TypeError):
                return error(400, "invalid_request", "amount")
        return await self._answer(request, fault, known.object)

    def _kept(self, asked: dict[str, Any], body: bytes, key: str) -> Kept:
        number = f"{next(self._ids):08x}-000f-5000-8000-{len(self.payments):012x}"
        now = self._clock.now()
        if "payment_method_id" in asked:
            return self._charged(asked, Kept(body, key, {"id": number, "created_at": iso(now)}), now)
        made: dict[str, Any] = {
            "id": number,
            "status": "pending",
            "paid": False,
            "amount": {"value": asked["amount"]["value"], "currency": asked["amount"]["currency"]},
            "confirmation": {
                "type": "redirect",
                "return_url": asked["confirmation"]["return_url"],
                "confirmation_url": f"{self.url}/checkout/{number}",
            },
            "created_at": iso(now),
            "description": asked["description"],
            "metadata": asked["metadata"],
            "payment_method": {"type": asked.get("payment_method_data", {}).get("type", "bank_card"), "id": number},
            "recipient": {"account_id": SHOP, "gateway_id": "1"},
            "refundable": False,
            "test": self.is_test,
        }
        if asked.get("save_payment_method") is True:
            made["payment_method"]["wanted"] = True
        known = Kept(body, key, made)
        self.payments[number] = self.keys[key] = known
        return known

    def _charged(self, asked: dict[str, Any], kept: Kept, now: datetime) -> Kept:
        """A charge of a stored method: it is over at once."""
        refused = self.declines or ("" if asked["payment_method_id"] in self.methods else "permission_revoked")
        kept.object |= {
            "status": "canceled" if refused else "succeeded",
            "paid": not refused,
            "amount": asked["amount"],
            "description": asked["description"],
            "metadata": asked["metadata"],
            "payment_method": {"type": "bank_card", "id": asked["payment_method_id"], "saved": True},
            "refundable": not refused,
            "test": self.is_test,
        }
        kept.object |= {"cancellation_details": {"reason": refused}} if refused else {"captured_at": iso(now)}
        self.payments[kept.id] = self.keys[kept.key] = kept
        return kept

    async def _look(self, request: web.Request) -> web.StreamResponse:
        fault = await self._begin(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        known = self.payments.get(request.match_info["id"])
        if known is None:
            return error(404, "not_found", "payment_id")
        return await self._answer(request, fault, known.object)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        fault = await self._begin(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        payments = [kept.object for kept in self.payments.values()]
        found = lists.page(self.refunds if request.path.endswith("/refunds") else payments, request.query)
        if isinstance(found, str):
            return error(400, "invalid_request", found)
        if fault is Fault.STUCK:
            found |= {"next_cursor": cursor} if (cursor := request.query.get("cursor")) else {}
        return await self._answer(request, fault, found)

    async def _me(self, request: web.Request) -> web.StreamResponse:
        fault = await self._begin(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        return await self._answer(request, fault, {"account_id": SHOP, "status": "enabled", "test": self.is_test})

    async def _begin(self, request: web.Request) -> web.StreamResponse | Fault | None:
        """An error, or the fault that comes after the work is done."""
        self.calls.append((request.method, request.path))
        expected = f"Basic {base64.b64encode(f'{SHOP}:{SECRET}'.encode()).decode()}"
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.UNAUTHORIZED or request.headers.get("Authorization") != expected:
            return error(401, "invalid_credentials", "Authorization")
        if fault is Fault.LIMITED:
            answer = error(429, "too_many_requests", "")
            answer.headers["Retry-After"] = "7"
            return answer
        if fault is Fault.BROKEN:
            return error(500, "internal_server_error", "")
        if fault is Fault.ECHO:
            sent = (await request.text()) or request.path_qs
            return error(400, sent, sent)
        return fault

    async def _answer(self, request: web.Request, fault: Fault | None, found: dict[str, Any]) -> web.StreamResponse:
        if fault not in _AFTER:
            return web.json_response(found)
        if fault is Fault.BROKEN_AFTER:
            return error(500, "internal_server_error", "")
        if fault is Fault.GARBLED:
            return web.Response(body=b"<html>", content_type="text/html")
        if fault is Fault.HANG:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.abandoned.set()
                raise
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _checkout(self, request: web.Request) -> web.StreamResponse:
        """The bank's page, as far as a subscriber sees one."""
        known = self.payments[request.match_info["id"]].object
        sum_ = known["amount"]["value"]
        page = f"<!doctype html><title>Bank</title><h1>{sum_}</h1><form method=post><button>Pay</button></form>"
        return web.Response(text=page, content_type="text/html")

    async def _pressed(self, request: web.Request) -> web.StreamResponse:
        """The subscriber pays and comes back to us."""
        number = request.match_info["id"]
        self.succeed(number)
        known = self.payments[number].object
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": known["confirmation"]["return_url"]})
