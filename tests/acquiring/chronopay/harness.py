"""ChronoPay and its emulator, as the conformance suite wants to see them."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from core.acquiring.chronopay import sign
from core.acquiring.chronopay.emulator import KEY, SECRET, ChronopayEmulator
from core.acquiring.chronopay.provider import ChronopayProvider
from core.domain.messages import RawRequest
from core.domain.money import decimal
from core.ports.acquiring import Payment
from tests.acquiring.emulated import EmulatedHarness, sealed
from tests.acquiring.harness import AMOUNT, ORDER, Ability

NO_CALL = "a link is all there is: nothing of ours calls ChronoPay"


class ChronopayHarness(EmulatedHarness):
    secrets = (SECRET, KEY)
    signature = "sign"
    cannot: ClassVar = {Ability.CALLS: NO_CALL, Ability.LOOK: NO_CALL}

    def __init__(self, emulator: ChronopayEmulator) -> None:
        self.emulator: ChronopayEmulator = emulator
        self.provider: ChronopayProvider = self.build()
        self._visited: set[str] = set()

    def build(self, **settings: Any) -> ChronopayProvider:
        return ChronopayProvider(self.emulator.settings(**settings))

    @property
    def opened(self) -> int:
        return len(self._visited)

    async def visit(self, pay_url: str) -> Any:
        sale = self.emulator.visit(pay_url)
        self._visited.add(sale.parameters["order_id"])
        return sale

    async def pay(self, kept: Any, *, amount: int = AMOUNT, currency: str = "RUB") -> None:
        await self.emulator.pay(kept, total=decimal(amount), currency=currency)

    def sealed(self, fields: Mapping[str, str]) -> RawRequest:
        query = urlencode({"order": ORDER, "token": sign.token(ORDER, KEY)})
        return sealed("POST", {**fields, "sign": sign.notification(fields, SECRET)}, query)

    async def word(self, provider_id: str = "", attempt: int = 1) -> Payment:
        notification = self.provider.hear(self.notices[-1]).notification
        assert notification is not None
        assert notification.payment is not None
        return notification.payment
