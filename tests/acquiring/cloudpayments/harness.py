"""CloudPayments and its emulator, as the conformance suite wants to see them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from core.acquiring.cloudpayments import sign
from core.acquiring.cloudpayments.emulator import SECRET, CloudpaymentsEmulator
from core.acquiring.cloudpayments.provider import CloudpaymentsProvider
from core.acquiring.emulation import Fault
from core.domain.messages import RawRequest
from core.ports.acquiring import Payment
from core.ports.channel import OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.emulated import EmulatedHarness, nobody
from tests.acquiring.harness import AMOUNT, ORDER, RECEIVED_AT, Ability


def signed(body: bytes, content_type: str = "application/x-www-form-urlencoded", secret: str = SECRET) -> RawRequest:
    """A call with this body."""
    headers = {"content-type": content_type, "content-hmac": sign.signature(body, secret)}
    return RawRequest(method="POST", path="", headers=headers, body=body, received_at=RECEIVED_AT)


class CloudpaymentsHarness(EmulatedHarness):
    secrets = (SECRET,)
    faults: ClassVar[dict[type[SendFailure], Fault | int]] = {
        RateLimited: Fault.LIMITED,
        OutcomeUnknown: Fault.GARBLED,
    }
    failures = tuple(faults)
    cannot: ClassVar = {
        Ability.PAYMENT: "its calls before and after a payment look alike",
        Ability.PENDING: "a search finds payments, and of an unpaid order there is none",
    }

    def __init__(self, emulator: CloudpaymentsEmulator) -> None:
        self.emulator: CloudpaymentsEmulator = emulator
        self.provider: CloudpaymentsProvider = self.build()

    def build(self, total_seconds: float = 20, **settings: Any) -> CloudpaymentsProvider:
        return CloudpaymentsProvider(
            self.emulator.settings(**settings), total_seconds=total_seconds, list_seconds=total_seconds
        )

    @property
    def opened(self) -> int:
        return len(self.emulator.orders)

    async def pay(self, kept: Any, *, amount: int = AMOUNT, currency: str = "RUB") -> None:
        await self.emulator.pay(kept, amount=amount, currency=currency)

    def refuse_charges(self) -> None:
        self.emulator.declines = "InsufficientFunds"

    def unreachable(self) -> CloudpaymentsProvider:
        return self.build(api_url=nobody())

    def intruder(self) -> CloudpaymentsProvider:
        return self.build(api_secret="wrong")

    def forged(self) -> list[RawRequest]:
        good = self.notices[-1]
        given = good.headers["content-hmac"]
        wrong = ["", given[:-1], given.swapcase(), "подпись", "\udcff\x00"]
        headers = [{}, *({name: value} for name in sign.HEADERS for value in wrong)]
        return [replace(good, headers={"content-type": good.headers["content-type"], **each}) for each in headers]

    def sealed(self, fields: Mapping[str, str]) -> RawRequest:
        return signed(urlencode(fields, errors="replace").encode())

    async def word(self, provider_id: str = "", attempt: int = 1) -> Payment:
        return await self.provider.look(order_id=ORDER, attempt=attempt, provider_id=provider_id)
