"""ChronoPay as a payment provider. It makes links and hears calls: nothing of ours ever calls ChronoPay."""

from collections.abc import Sequence

from core.acquiring.chronopay import decode, encode
from core.acquiring.chronopay.settings import Settings
from core.acquiring.senders import networks
from core.domain.messages import RawRequest
from core.ports.acquiring import Heard, Invoice, Opened


class ChronopayProvider:
    """Gives a signed link, and hears what became of it."""

    name = "chronopay"
    methods: Sequence[str] = ()

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            ValueError: one of `senders` is neither an address nor a network.
        """
        self._settings = settings
        self._senders = networks(settings.senders)

    async def open(self) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """Nothing is held."""

    async def create(self, invoice: Invoice) -> Opened:
        """The link. ChronoPay learns of the payment when the subscriber opens it, and names it only in his call."""
        return Opened(provider_id="", pay_url=encode.link(invoice, self._settings))

    def hear(self, request: RawRequest) -> Heard:
        """Check and read one call."""
        return decode.heard(request, self._settings, self._senders)
