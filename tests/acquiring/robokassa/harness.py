"""Robokassa and its emulator, as the conformance suite wants to see them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from core.acquiring.emulation import Fault
from core.acquiring.robokassa import sign
from core.acquiring.robokassa.emulator import RobokassaEmulator
from core.acquiring.robokassa.provider import RobokassaProvider
from core.domain.messages import RawRequest
from core.domain.money import decimal
from core.ports.acquiring import Payment
from core.ports.channel import Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.emulated import EmulatedHarness, sealed
from tests.acquiring.harness import AMOUNT, ORDER, Ability


class RobokassaHarness(EmulatedHarness):
    signature = "SignatureValue"
    secrets = ("emulated-password-1", "emulated-password-2")
    faults: ClassVar[dict[type[SendFailure], Fault | int]] = {
        RateLimited: Fault.LIMITED,
        OutcomeUnknown: Fault.GARBLED,
        Misconfigured: 1,
    }
    failures = tuple(faults)
    cannot: ClassVar = {
        Ability.CALLS: "a payment begins when the subscriber opens its link",
        Ability.CURRENCY: "sums are in the shop's own currency",
    }

    def __init__(self, emulator: RobokassaEmulator) -> None:
        self.emulator: RobokassaEmulator = emulator
        self.provider: RobokassaProvider = self.build()

    def build(self, total_seconds: float = 20, **settings: Any) -> RobokassaProvider:
        return RobokassaProvider(self.emulator.settings(**settings), total_seconds=total_seconds)

    @property
    def opened(self) -> int:
        return len(self.emulator.operations)

    async def pay(self, kept: Any, *, amount: int = AMOUNT, currency: str = "RUB") -> None:
        await self.emulator.pay(kept, total=decimal(amount))

    def sealed(self, fields: Mapping[str, str]) -> RawRequest:
        return sealed("POST", {**fields, "SignatureValue": sign.result(self.emulator.settings(), fields)})

    async def word(self, provider_id: str = "", attempt: int = 1) -> Payment:
        return await self.provider.look(order_id=ORDER, attempt=attempt, provider_id=provider_id)
