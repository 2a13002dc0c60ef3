"""SMS as a channel: puts decoding, encoding and the network together."""

from collections.abc import Sequence
from typing import Final

from channels.sms import encode, failures
from channels.sms.api import Api
from channels.sms.decode import Decoder
from channels.sms.settings import Settings
from channels.toolkit.http import TOTAL_SECONDS
from core.domain.messages import Capabilities, Decoded, Outbound, RawRequest, Receipt, TextUnit

IDEMPOTENT: Final = frozenset({"generic", "smsgate"})
"""Gateways that take our id and send a message with the same one only once. Kannel's sendsms has nothing like it."""


class SmsChannel:
    """Hears every gateway that has a secret, and sends through the one that is set."""

    name = "sms"

    def __init__(self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._settings = settings
        self._decoder = Decoder(self.name, settings)
        self._api = Api(settings, total_seconds)
        self.capabilities = Capabilities(
            text_limit=encode.SEGMENTS_LIMIT,
            text_unit=TextUnit.SEGMENTS,
            delivery_reports=True,
            idempotent_send=settings.gateway in IDEMPOTENT,
            address_is_phone=True,
            # Parts are paid for, and others may read over a shoulder: an SMS names no address.
            may_show_address=False,
        )

    async def open(self) -> None:
        """Make ready to send."""
        await self._api.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._api.close()

    async def send(self, outbound: Outbound) -> Receipt:
        """Hand one message to the gateway, once."""
        call = encode.encode(outbound, self._settings)
        answer = await self._api.call(call)
        return failures.receipt(self._settings.gateway, answer, key=outbound.idempotency_key, hide=call.hide)

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one request of a gateway."""
        return self._decoder.decode(request)

    async def probe(self) -> Sequence[str]:
        """What is wrong with the way to the gateway."""
        return await self._api.probe()
