"""Telegram as a channel: puts decoding, encoding and the network together."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from channels.telegram import encode, launch, polling, webhook
from channels.telegram.group import GroupDecoder, GroupPosts
from channels.telegram.settings import Settings
from channels.toolkit.http import TOTAL_SECONDS
from core.domain.messages import Address, Capabilities, Decoded, Outbound, RawRequest, Receipt, TextUnit
from core.ports.channel import Accept, LaunchPlace, LaunchRefused
from core.ports.clock import Clock, SystemClock

if TYPE_CHECKING:
    from channels.telegram.api import Api


class TelegramChannel(GroupPosts):
    """A bot that Telegram calls."""

    name = "telegram"

    def __init__(self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._settings = settings
        self._total_seconds = total_seconds
        self._decoder = GroupDecoder(self.name, settings)
        self._opened: Api | None = None
        self.capabilities = Capabilities(
            text_limit=encode.TEXT_LIMIT,
            text_unit=TextUnit.UTF16,
            button_rows=encode.BUTTON_ROWS,
            buttons_per_row=encode.BUTTONS_PER_ROW,
            label_limit=encode.LABEL_LIMIT,
            link_buttons=True,
            contact_button=True,
            photos_in=True,
            can_write_first=False,
        )

    async def open(self) -> None:
        """Make ready to send."""
        await (await self._api()).open()

    async def close(self) -> None:
        """Free the connections."""
        if self._opened is not None:
            await self._opened.close()

    async def send(self, outbound: Outbound) -> Receipt:
        """Hand one message to Telegram, once."""
        fields = encode.encode(outbound)
        return await (await self._api()).send(fields)

    async def fetch(self, photo: str) -> bytes:
        """The picture that a subscriber sent."""
        return await (await self._api()).picture(photo)

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one call of Telegram."""
        return self._decoder.decode(request)

    async def register(self, public_url: str) -> Sequence[str]:
        """Set the webhook, or remove it where we poll."""
        return await webhook.register(await self._api(), self._settings, public_url)

    async def probe(self) -> Sequence[str]:
        """What is wrong with the way to Telegram and back."""
        return await webhook.probe(await self._api(), self._settings)

    @property
    def launch(self) -> LaunchPlace | None:
        """How Telegram opens our page, where it is to."""
        return LaunchPlace(frames=launch.FRAMES, script=launch.SCRIPT, hidden=True) if self._settings.mini_app else None

    def launched(self, data: str, now: datetime) -> Address:
        """Who opened the page."""
        if not self._settings.mini_app:
            raise LaunchRefused("foreign")
        return launch.launched(self.name, data, token=self._settings.token.get_secret_value(), now=now)

    async def offer(self, page_url: str) -> Sequence[str]:
        """Have the button beside the field for typing open the page, or be Telegram's own again."""
        return await webhook.offer(await self._api(), self._settings, page_url)

    async def offered(self) -> str:
        """The page that the button opens."""
        return await (await self._api()).menu_page()

    async def _api(self) -> "Api":
        """The network, imported in a thread when it is first needed: it takes seconds, and the loop has other work."""
        if self._opened is None:
            load = await asyncio.to_thread(_api_class)
            # Another call may have been faster.
            self._opened = self._opened or load(self._settings, self._total_seconds)
        return self._opened


def _api_class() -> type["Api"]:
    from channels.telegram.api import Api  # noqa: PLC0415 - see `TelegramChannel._api`

    return Api


class PollingTelegramChannel(TelegramChannel):
    """A bot that asks Telegram, on a machine that cannot be called."""

    def __init__(
        self,
        settings: Settings,
        *,
        total_seconds: float = TOTAL_SECONDS,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings, total_seconds=total_seconds)
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._chance = chance

    async def poll(self, accept: Accept) -> None:
        """Fetch and accept for ever, until cancelled."""
        await polling.poll(
            await self._api(), self._decoder, accept, clock=self._clock, sleep=self._sleep, chance=self._chance
        )
