"""Viber as a channel: puts decoding, encoding and the network together."""

from collections.abc import Mapping, Sequence
from typing import Final

from channels.toolkit.http import TOTAL_SECONDS
from channels.viber import encode, failures, webhook
from channels.viber.api import Api
from channels.viber.decode import Decoder
from channels.viber.settings import Settings
from core.domain.messages import Capabilities, Decoded, Greeting, Outbound, RawRequest, Receipt

CAPABILITIES: Final = Capabilities(
    text_limit=encode.TEXT_LIMIT,
    text_unit=encode.TEXT_UNIT,
    button_rows=encode.BUTTON_ROWS,
    buttons_per_row=encode.COLUMNS,
    label_limit=encode.LABEL_LIMIT,
    link_buttons=True,
    greets_itself=True,
    photos_in=True,
    can_write_first=False,
)


class ViberChannel:
    """One bot."""

    name = "viber"
    capabilities = CAPABILITIES

    def __init__(
        self, settings: Settings, greetings: Mapping[str, Greeting], *, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._sender = settings.sender_name
        self._token = settings.token.get_secret_value()
        self._api = Api(settings, total_seconds)
        welcomes = {language: encode.welcome(greeting, self._sender) for language, greeting in greetings.items()}
        self._decoder = Decoder(self.name, self._token, welcomes)

    async def open(self) -> None:
        """Make ready to send."""
        await self._api.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._api.close()

    async def send(self, outbound: Outbound) -> Receipt:
        """Hand one message to Viber, once."""
        answer = await self._api.send_message(encode.encode(outbound, self._sender))
        hide = (outbound.text, outbound.to.external_id, self._token)
        return failures.receipt(answer, hide)

    async def fetch(self, photo: str) -> bytes:
        """The picture that a subscriber sent."""
        return await self._api.picture(photo)

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one call of Viber."""
        return self._decoder.decode(request)

    async def register(self, public_url: str) -> Sequence[str]:
        """Tell Viber to deliver to `<public_url>/hooks/viber`."""
        return await webhook.register(self._api, f"{public_url.rstrip('/')}/hooks/{self.name}")

    async def probe(self) -> Sequence[str]:
        """What is wrong with the way to Viber."""
        return await webhook.probe(self._api, f"/hooks/{self.name}")
