"""The only network of the provider: two calls of the bank's REST interface."""

from collections.abc import Mapping

from core.acquiring.http import TOTAL_SECONDS, Answer, Caller
from core.acquiring.sberbank.decode import BANK
from core.acquiring.sberbank.settings import Settings


class Client:
    """Calls the bank. What the answers mean, `decode` tells."""

    def __init__(self, settings: Settings, total_seconds: float = TOTAL_SECONDS) -> None:
        self._url = settings.api_url.rstrip("/")
        self._caller = Caller(BANK, total=total_seconds, ca_file=settings.ca_bundle)

    async def open(self) -> None:
        """Make ready to call.

        Raises:
            Misconfigured: the file of certificates cannot be read.
        """
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()

    async def register(self, form: Mapping[str, str]) -> Answer:
        """Register an order, once.

        Raises:
            SendFailure: there was no answer.
        """
        return await self._caller.post(f"{self._url}/register.do", form)

    async def status(self, form: Mapping[str, str]) -> Answer:
        """Ask how an order stands.

        Raises:
            SendFailure: there was no answer.
        """
        return await self._caller.post(f"{self._url}/getOrderStatusExtended.do", form)
