"""YooKassa and its emulator, as the conformance suite wants to see them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from core.acquiring.yookassa.emulator.server import SECRET, Fault, YookassaEmulator
from core.acquiring.yookassa.provider import YookassaProvider
from core.domain.messages import RawRequest
from core.domain.money import decimal
from core.ports.acquiring import Payment
from core.ports.channel import Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.emulated import nobody
from tests.acquiring.harness import AMOUNT, ORDER, RECEIVED_AT, Ability, Harness


class YookassaHarness(Harness):
    secrets = (SECRET,)
    faults: ClassVar[dict[type[SendFailure], Fault]] = {
        RateLimited: Fault.LIMITED,
        OutcomeUnknown: Fault.GARBLED,
        Misconfigured: Fault.UNAUTHORIZED,
    }
    failures = tuple(faults)
    doubts = (Fault.BROKEN, Fault.BROKEN_AFTER, Fault.GARBLED, Fault.RESET)
    cannot: ClassVar = {
        Ability.BLIND_LOOK: "YooKassa knows its own id only",
        Ability.SIGNATURES: "YooKassa signs nothing: its address is checked, and it is asked",
        Ability.PAYMENT: "its call says only where to look",
    }

    def __init__(self, emulator: YookassaEmulator) -> None:
        self.emulator = emulator
        self.provider: YookassaProvider = self.build()
        self._calls: list[bytes] = []

    def build(self, total_seconds: float = 20, **settings: Any) -> YookassaProvider:
        return YookassaProvider(self.emulator.settings(**settings), total_seconds=total_seconds)

    @property
    def opened(self) -> int:
        return len(self.emulator.payments)

    async def visit(self, pay_url: str) -> str:
        return pay_url.rpartition("/")[2]

    async def pay(self, kept: Any, *, amount: int = AMOUNT, currency: str = "RUB") -> None:
        self.emulator.succeed(kept, amount=decimal(amount))
        self.emulator.payments[kept].object["amount"]["currency"] = currency
        self._calls.append(self.emulator.notification(kept))

    async def decline(self, kept: Any) -> None:
        self.emulator.cancel(kept)
        self._calls.append(self.emulator.notification(kept))

    async def refund(self, kept: Any) -> None:
        self.emulator.refund(kept)
        self._calls.append(self.emulator.notification(kept, "refund.succeeded"))

    def fail(self, failure: type[SendFailure]) -> None:
        self.emulator.faults.append(self.faults[failure])

    def doubt(self, doubt: str) -> None:
        self.emulator.faults.append(Fault(doubt))

    def refuse_charges(self) -> None:
        self.emulator.declines = "insufficient_funds"

    def hang(self) -> asyncio.Event:
        self.emulator.faults.append(Fault.HANG)
        return self.emulator.abandoned

    def unreachable(self) -> YookassaProvider:
        return self.build(api_base=nobody())

    def intruder(self) -> YookassaProvider:
        return self.build(secret_key="wrong")

    @property
    def notices(self) -> Sequence[RawRequest]:
        return [self._request(body) for body in self._calls]

    def garbage(self) -> Sequence[RawRequest]:
        return [self._request(body) for body in (b"", b"\xff\xfe", b"[1]", b"null", b"[" * 5000, b"event=payment")]

    def sealed(self, fields: Mapping[str, str]) -> RawRequest:
        return self._request(json.dumps(fields).encode())

    async def word(self, provider_id: str = "", attempt: int = 1) -> Payment:
        return await self.provider.look(order_id=ORDER, attempt=attempt, provider_id=provider_id)

    @staticmethod
    def _request(body: bytes) -> RawRequest:
        return RawRequest(method="POST", path="", body=body, peer="127.0.0.1", received_at=RECEIVED_AT)
