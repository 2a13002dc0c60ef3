"""The only network of the provider: the question how a payment stands."""

from collections.abc import Mapping

from core.acquiring.http import TOTAL_SECONDS, Answer, Caller
from core.acquiring.robokassa.decode import SHOP
from core.acquiring.robokassa.settings import Settings


class Client:
    """Calls Robokassa. What the answers mean, `decode` tells."""

    def __init__(self, settings: Settings, total_seconds: float = TOTAL_SECONDS) -> None:
        self._url = settings.state_url
        self._caller = Caller(SHOP, total=total_seconds)

    async def open(self) -> None:
        """Make ready to call."""
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()

    async def state(self, question: Mapping[str, str]) -> Answer:
        """Ask once.

        Raises:
            SendFailure: there was no answer.
        """
        return await self._caller.get(self._url, params=question)
