"""The only network of the provider: four calls of CloudPayments' API."""

from datetime import date
from typing import Final

from core.acquiring.cloudpayments import encode
from core.acquiring.cloudpayments.decode import SHOP
from core.acquiring.cloudpayments.settings import Settings
from core.acquiring.http import TOTAL_SECONDS, Answer, Caller
from core.ports.acquiring import Invoice

LIST_SECONDS: Final = 120.0
"""Nobody looks at a page of ours meanwhile, and a day is one answer."""
LIST_BYTES: Final = 200_000_000
"""A transaction is about two kilobytes: a hundred thousand of them."""


class Client:
    """Calls CloudPayments. What the answers mean, `decode` tells."""

    def __init__(
        self, settings: Settings, total_seconds: float = TOTAL_SECONDS, list_seconds: float = LIST_SECONDS
    ) -> None:
        self._settings = settings
        self._url = settings.api_url.rstrip("/")
        self._caller = Caller(SHOP, total=total_seconds)
        self._lister = Caller(SHOP, total=list_seconds, longest=LIST_BYTES)

    async def open(self) -> None:
        """Make ready to call."""
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()
        await self._lister.close()

    async def create(self, invoice: Invoice) -> Answer:
        """Create an order, once under its key.

        Raises:
            SendFailure: there was no answer.
        """
        headers = encode.headers(self._settings, invoice.idempotency_key)
        return await self._caller.post(f"{self._url}/orders/create", encode.order(invoice), headers=headers)

    async def charge(self, invoice: Invoice, token: str) -> Answer:
        """Charge a stored card, once under its key.

        Raises:
            SendFailure: there was no answer.
        """
        headers = encode.headers(self._settings, invoice.idempotency_key)
        form = encode.charge(invoice, token)
        return await self._caller.post(f"{self._url}/payments/tokens/charge", form, headers=headers)

    async def find(self, order_id: int, attempt: int) -> Answer:
        """Search for the last payment of an order.

        Raises:
            SendFailure: there was no answer.
        """
        form = encode.search(order_id, attempt)
        return await self._caller.post(f"{self._url}/v2/payments/find", form, headers=encode.headers(self._settings))

    async def list(self, day: date) -> Answer:
        """List the transactions of a day in Moscow.

        Raises:
            SendFailure: there was no answer.
        """
        form = encode.day(day)
        return await self._lister.post(f"{self._url}/payments/list", form, headers=encode.headers(self._settings))
