"""Robokassa as a payment provider: makes links, asks how a payment stands, and hears that it was paid."""

from collections.abc import Sequence

from core.acquiring.http import TOTAL_SECONDS
from core.acquiring.robokassa import decode, encode
from core.acquiring.robokassa.client import Client
from core.acquiring.robokassa.settings import Settings
from core.domain.messages import RawRequest
from core.ports.acquiring import Heard, Invoice, Opened, Payment


class RobokassaProvider:
    """Gives a signed link, looks, and hears."""

    name = "robokassa"
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
        """The link, for which nobody is called: Robokassa learns of the payment when the subscriber opens it."""
        number = encode.number(invoice.order_id, invoice.attempt)
        return Opened(provider_id=number, pay_url=encode.link(invoice, self._settings), expires_at=invoice.expires_at)

    async def look(self, *, order_id: int, attempt: int, provider_id: str) -> Payment:  # noqa: ARG002 - the port's
        """Ask how the payment stands; the number follows from order and attempt."""
        question = encode.question(order_id, attempt, self._settings)
        return decode.looked(await self._client.state(question), order_id, attempt, self._settings)

    def hear(self, request: RawRequest) -> Heard:
        """Check and read one call."""
        return decode.heard(request, self._settings)
