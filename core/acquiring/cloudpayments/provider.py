"""CloudPayments as a payment provider: puts encoding, decoding and the network together."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

from core.acquiring.cloudpayments import decode
from core.acquiring.cloudpayments.client import LIST_SECONDS, Client
from core.acquiring.cloudpayments.settings import Settings
from core.acquiring.http import TOTAL_SECONDS
from core.domain.messages import RawRequest
from core.domain.registers import Entry, Unread
from core.ports.acquiring import Heard, Invoice, Opened, Payment


class CloudpaymentsProvider:
    """Opens payments, looks at them, and hears CloudPayments' calls."""

    name = "cloudpayments"
    methods: Sequence[str] = ()

    def __init__(
        self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS, list_seconds: float = LIST_SECONDS
    ) -> None:
        self._settings = settings
        self._client = Client(settings, total_seconds, list_seconds)

    async def open(self) -> None:
        """Make ready to call."""
        await self._client.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._client.close()

    async def create(self, invoice: Invoice) -> Opened:
        """Create an order with a page of its own.

        Its key is remembered for an hour. Asked again later it would be another order under the same number, which
        does no harm: nobody has the link of the first.
        """
        return decode.opened(await self._client.create(invoice))

    async def charge(self, invoice: Invoice, token: str) -> str:
        """Charge a stored card; CloudPayments' name for the payment.

        The key is remembered for an hour; who asks again later looks first whether the number has been paid.
        """
        return decode.charged(await self._client.charge(invoice, token))

    async def look(self, *, order_id: int, attempt: int, provider_id: str) -> Payment:
        """Search for the payment by our number."""
        return decode.looked(await self._client.find(order_id, attempt), provider_id)

    async def list_payments(self, day: date) -> AsyncIterator[Entry | Unread]:
        """The transactions that were registered on a day in Moscow: one answer, without pages.

        A payment is registered when the card is typed, a minute before its money is taken.
        """
        for each in decode.listed(await self._client.list(day)):
            yield each

    def hear(self, request: RawRequest) -> Heard:
        """Check and read one call."""
        return decode.heard(request, self._settings)
