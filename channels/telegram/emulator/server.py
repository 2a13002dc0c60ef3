"""The emulated Telegram: its server, and the subscribers' apps that make it call us."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from channels.telegram.emulator import updates
from channels.telegram.emulator.bot_api import SEND, BotApi
from channels.telegram.emulator.chats import Chats, SentMessage
from channels.telegram.emulator.deliveries import Deliveries
from channels.telegram.emulator.faults import Fault
from channels.telegram.emulator.groups import Groups
from channels.telegram.settings import Settings
from channels.toolkit.album import PICTURE, Album
from channels.toolkit.emulation import Shown
from core.ports.clock import Clock, SystemClock

TOKEN: Final = "7000000001:AA-emulated-token-of-no-bot-at-all"  # noqa: S105 - of no bot at all
SECRET: Final = "emulated-webhook-secret"  # noqa: S105 - opens nothing
_PHONE_DIGITS: Final = 10_000_000


class TelegramEmulator:
    """Telegram on a port of the loopback interface. A `Handset` of `channels.toolkit.emulation`.

    emulator = TelegramEmulator()
    await emulator.start()
    channel = create(emulator.settings())
    emulator.hooks = "http://127.0.0.1:8080/hooks/telegram"      # or settings(mode="polling"), and no hooks
    await emulator.join("1001", "bill42")
    await emulator.wait_for(1)
    await emulator.press("1001", "Передать показания")
    emulator.shown("1001")[-1].text
    emulator.fail(Fault.BUSY, times=2)
    await emulator.stop()
    """

    def __init__(
        self,
        *,
        hooks: str = "",
        token: str = TOKEN,
        secret: str = SECRET,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing listens before `start`.

        Args:
            hooks: our address of `/hooks/telegram`; may be set later, also by `setWebhook`.
            token: the only one that is known.
            secret: what calls to us carry.
            clock: dates messages and tells when an update is too old.
            sleep: waits between repetitions of a call to us.
        """
        self.phones: dict[str, str] = {}
        """Subscribers' own numbers; one is made up for everybody else."""
        self.url = ""
        self._clock = clock or SystemClock()
        self._chats = Chats()
        self.deliveries = Deliveries(clock=self._clock, sleep=sleep)
        self.deliveries.hooks, self.deliveries.secret = hooks, secret
        self.album = Album()
        """The pictures that subscribers have sent."""
        self.api = BotApi(token, self._chats, self.deliveries, self.album, self._clock)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self.api.handle)
        app.router.add_get("/file/bot{token}/photos/{name}", self.api.file)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.deliveries.start(called=self.api.call_in_answer)

    async def stop(self) -> None:
        """Stop listening and hang up; harmless when called twice."""
        await self.deliveries.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def settings(self, **more: object) -> Settings:
        """Settings with which the Telegram channel talks to this emulator and believes it."""
        ours = {
            "enabled": True,
            "token": self.api.token,
            "webhook_secret": self.deliveries.secret,
            "api_base": self.url,
        }
        return Settings.model_validate({**ours, **more})

    @property
    def hooks(self) -> str:
        """Our address of `/hooks/telegram`; without one, updates wait for a poll."""
        return self.deliveries.hooks

    @hooks.setter
    def hooks(self, address: str) -> None:
        self.deliveries.hooks = address

    @property
    def sent(self) -> list[SentMessage]:
        """The messages that were taken, in order."""
        return self._chats.sent

    def fail(self, fault: Fault, times: int = 1, method: str = SEND) -> None:
        """Do this wrong with the next calls of this method."""
        self.api.fail(fault, times, method)

    def know(self, user: str) -> None:
        """Have the subscriber in the list of chats, as if he had started the bot long ago."""
        self._chats.known.add(int(user))

    async def wait_for(self, count: int, seconds: float = 10) -> list[SentMessage]:
        """Wait until so many messages were taken; gives them."""
        async with asyncio.timeout(seconds), self.api.arrived:
            await self.api.arrived.wait_for(lambda: len(self.sent) >= count)
        return self.sent[:count]

    @property
    def groups(self) -> Groups:
        """The groups that the bot may be in, and what people do there."""
        return self.api.groups

    # What subscribers do.

    async def write(self, user: str, text: str) -> int:
        """Type a text and send it."""
        return await self.send(user, text=text)

    async def send(self, user: str, **content: object) -> int:
        """Send anything: the fields of a message, such as `sticker`."""
        chat = int(user)
        self._chats.known.add(chat)
        self._chats.blocked.discard(chat)
        update = updates.message(chat, self._chats.number(chat), self._clock.now(), **content)
        return await self.deliveries.deliver(chat, update)

    async def press(self, user: str, label: str, under: int | None = None) -> int:
        """Press the newest button with this label; a link opens the browser and tells nobody.

        Args:
            user: who.
            label: the button's.
            under: the place in `shown` of the message that it stands under, for a button that is not the newest.
        """
        chat = int(user)
        message, button = self._chats.button(chat, label, under)
        if "url" in button:
            return 0
        if "callback_data" in button:
            update = updates.press(chat, self.api.pressed(), button["callback_data"], message.as_telegram())
            return await self.deliveries.deliver(chat, update)
        self._chats.used(message)
        if button.get("request_contact"):
            return await self.share_contact(user, self.phones.get(user, f"+7900{chat % _PHONE_DIGITS:07}"))
        return await self.write(user, label)

    async def join(self, user: str, start: str = "") -> int:
        """Press the button that starts the bot; who had blocked it lets it in again by that."""
        chat = int(user)
        if chat in self._chats.blocked:
            await self.deliveries.deliver(chat, updates.membership(chat, self._clock.now(), "kicked", "member"))
        return await self.write(user, f"/start {start}".rstrip())

    async def leave(self, user: str) -> int:
        """Block the bot."""
        chat = int(user)
        self._chats.blocked.add(chat)
        update = updates.membership(chat, self._clock.now(), "member", "kicked")
        return await self.deliveries.deliver(chat, update)

    async def share_contact(self, user: str, phone: str, *, own: bool = True) -> int:
        """Share a contact card, the subscriber's own or somebody else's."""
        return await self.send(user, contact=updates.contact(int(user), phone, own=own))

    async def send_photo(self, user: str, caption: str = "", picture: bytes = PICTURE) -> int:
        """Send a picture."""
        photo = updates.photo(self.album.keep(picture))
        return await self.send(user, photo=photo, **({"caption": caption} if caption else {}))

    def shown(self, user: str) -> list[Shown]:
        """What the chat shows of ours, oldest first."""
        return self._chats.shown(int(user))

    def keyboard(self, user: str) -> Shown | None:
        """The message whose keyboard is below the field for typing: one that asks for the contact."""
        return self._chats.keyboard(int(user))
