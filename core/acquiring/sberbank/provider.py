"""Sberbank as a payment provider: puts encoding, decoding and the network together."""

from collections.abc import Sequence

from core.acquiring.http import TOTAL_SECONDS
from core.acquiring.sberbank import decode, encode
from core.acquiring.sberbank.client import Client
from core.acquiring.sberbank.settings import Settings
from core.domain.messages import RawRequest
from core.ports.acquiring import Heard, Invoice, Opened, Payment


class SberbankProvider:
    """Opens payments, looks at them, and hears the bank's callbacks."""

    name = "sberbank"
    methods: Sequence[str] = ()

    def __init__(self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._settings = settings
        self._client = Client(settings, total_seconds)

    async def open(self) -> None:
        """Make ready to call."""
        await self._client.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._client.close()

    async def create(self, invoice: Invoice) -> Opened:
        """Register the order with the bank.

        The bank knows a repeat by `orderNumber` alone, and refuses it. Then an earlier call arrived whose answer did
        not: the bank is asked for the order, and its page is made of `page_url`.
        """
        answer = await self._client.register(encode.registration(invoice, self._settings))
        opened = decode.registered(answer, invoice)
        if opened is not None:
            return opened
        question = encode.question(invoice.order_id, invoice.attempt, "", self._settings)
        return decode.found(await self._client.status(question), invoice, self._settings)

    async def look(self, *, order_id: int, attempt: int, provider_id: str) -> Payment:
        """Ask the bank how the payment stands."""
        question = encode.question(order_id, attempt, provider_id, self._settings)
        return decode.looked(await self._client.status(question), provider_id, self._settings)

    def hear(self, request: RawRequest) -> Heard:
        """Check and read one callback."""
        return decode.heard(request, self._settings)
