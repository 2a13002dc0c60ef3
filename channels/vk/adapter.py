"""VK as a channel: puts decoding, encoding and the network together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from channels.toolkit.http import TOTAL_SECONDS
from channels.vk import encode, failures, launch
from channels.vk.api import Api
from channels.vk.group import GroupDecoder, GroupPosts
from channels.vk.longpoll import LongPoll
from channels.vk.registration import Registration
from channels.vk.settings import Settings
from core.domain.messages import Address, Capabilities, Decoded, Outbound, RawRequest, Receipt, TextUnit
from core.ports.channel import Accept, LaunchPlace, LaunchRefused

CAPABILITIES: Final = Capabilities(
    text_limit=encode.TEXT_LIMIT,
    text_unit=TextUnit.UTF16,
    button_rows=encode.ROWS_LIMIT,
    buttons_per_row=encode.ROW_LIMIT,
    label_limit=encode.LABEL_LIMIT,
    link_buttons=True,
    photos_in=True,
    can_write_first=False,
    idempotent_send=True,
)


class VkChannel(GroupPosts):
    """Sends, and can be registered; the subclasses hear."""

    name = "vk"
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._group_id = settings.group_id
        self._app_id = settings.app_id
        self._app_secret = settings.app_secret
        self._api = Api(settings, total_seconds)
        self._decoder = GroupDecoder(self.name, settings)
        self._registration = Registration(self._api, settings)

    async def open(self) -> None:
        """Make ready to send."""
        await self._api.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._api.close()

    async def send(self, outbound: Outbound) -> Receipt:
        """Hand one message to VK, once."""
        message = encode.encode(outbound)
        answer = await self._api.post("messages.send", message.parameters)
        return failures.receipt(answer, (*message.hide, self._api.token))

    async def fetch(self, photo: str) -> bytes:
        """The picture that a subscriber sent."""
        return await self._api.picture(photo)

    async def register(self, public_url: str) -> Sequence[str]:
        """Tell VK where we are and what to tell us of."""
        return await self._registration.register(public_url)

    async def probe(self) -> Sequence[str]:
        """What is wrong with the way to VK and back."""
        return await self._registration.probe()

    @property
    def launch(self) -> LaunchPlace | None:
        """How VK opens our page, where it is to."""
        return LaunchPlace(frames=launch.FRAMES, script=launch.SCRIPT, hidden=False) if self._app_id else None

    def launched(self, data: str, now: datetime) -> Address:
        """Who opened the page."""
        if not self._app_id:
            raise LaunchRefused("foreign")
        secret = self._app_secret.get_secret_value().encode()
        return launch.launched(self.name, data, app_id=self._app_id, secret=secret, now=now)


class VkCallback(VkChannel):
    """Hears by the Callback API: VK calls us."""

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one call of VK."""
        return self._decoder.decode(request)


class VkLongPoll(VkChannel):
    """Hears by Bots Long Poll: we ask VK."""

    def __init__(self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS) -> None:
        super().__init__(settings, total_seconds=total_seconds)
        self._long_poll = LongPoll(self._api, self._decoder, self._group_id)

    def resume(self, raw: Mapping[str, str]) -> None:
        """Go on where we had got to before we stopped."""
        self._long_poll.resume(raw)

    async def poll(self, accept: Accept) -> None:
        """Ask and accept for ever, until cancelled."""
        await self._long_poll.run(accept)
