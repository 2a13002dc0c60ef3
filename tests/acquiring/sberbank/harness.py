"""Sberbank and its emulator, as the conformance suite wants to see them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from core.acquiring.emulation import Fault
from core.acquiring.sberbank import sign
from core.acquiring.sberbank.emulator import KEY, SberbankEmulator
from core.acquiring.sberbank.provider import SberbankProvider
from core.domain.messages import RawRequest
from core.ports.acquiring import Payment
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.emulated import EmulatedHarness, nobody, sealed
from tests.acquiring.harness import AMOUNT, ORDER, Ability

PASSWORD = "made-up password"
CURRENCIES = {"RUB": "643", "KZT": "398"}


class SberbankHarness(EmulatedHarness):
    secrets = (PASSWORD, KEY)
    signature = "checksum"
    faults: ClassVar[dict[type[SendFailure], Fault | int]] = {
        RateLimited: Fault.LIMITED,
        OutcomeUnknown: Fault.GARBLED,
        ContentRejected: 4,
        Misconfigured: 5,
    }
    failures = tuple(faults)
    cannot: ClassVar = {Ability.PAYMENT: "its call says only where to look"}

    def __init__(self, emulator: SberbankEmulator) -> None:
        self.emulator: SberbankEmulator = emulator
        self.provider: SberbankProvider = self.build()

    def build(self, total_seconds: float = 20, **settings: Any) -> SberbankProvider:
        return SberbankProvider(self.emulator.settings(**settings), total_seconds=total_seconds)

    @property
    def opened(self) -> int:
        return len(self.emulator.orders)

    async def pay(self, kept: Any, *, amount: int = AMOUNT, currency: str = "RUB") -> None:
        await self.emulator.pay(kept, amount=amount, currency=CURRENCIES[currency])

    def unreachable(self) -> SberbankProvider:
        return self.build(api_url=nobody())

    def intruder(self) -> SberbankProvider:
        return self.build(password="wrong")

    def sealed(self, fields: Mapping[str, str]) -> RawRequest:
        return sealed("GET", {**fields, "checksum": sign.checksum(fields, KEY)})

    async def word(self, provider_id: str = "", attempt: int = 1) -> Payment:
        return await self.provider.look(order_id=ORDER, attempt=attempt, provider_id=provider_id)
