"""The emulated VK's server: takes our messages, keeps them, fails when told to, and tells us what subscribers do."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from channels.toolkit.album import PICTURE, Album
from channels.toolkit.emulation import Shown
from channels.toolkit.signatures import as_bytes, same
from channels.vk.emulator import updates
from channels.vk.emulator.callbacks import Callbacks, Sleep
from channels.vk.emulator.chats import Chats
from channels.vk.emulator.community import Community
from channels.vk.emulator.dialogues import ApiError, Dialogues, SentMessage
from channels.vk.emulator.faults import TAKING, Fault, answer
from channels.vk.emulator.polling import Queue
from channels.vk.emulator.updates import Update
from channels.vk.settings import Settings
from core.ports.clock import Clock, SystemClock

SEND: Final = "messages.send"
POLL: Final = "a_check"
GROUP_ID: Final = 223_000_111
SECOND: Final = timedelta(seconds=1)


class VkEmulator:
    """VK's API, callbacks and long poll on a port of the loopback interface; a `Handset` for its subscribers.

    emulator = VkEmulator(hooks="http://127.0.0.1:8080/hooks/vk")
    await emulator.start()
    channel = create(emulator.settings())
    await emulator.write("5550001", "1001234567 12345 4711")
    await emulator.wait_for(1)
    emulator.shown("5550001")
    emulator.fail(901)
    emulator.fail(Fault.UNAVAILABLE, times=2)
    await emulator.stop()
    """

    def __init__(
        self,
        *,
        hooks: str = "",
        token: str = "vk1.a.emulated",  # noqa: S107 - nothing behind it
        secret: str = "emulated-secret",  # noqa: S107 - the same
        confirmation: str = "c0ffee42",
        group_id: int = GROUP_ID,
        per_second: int | None = None,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Nothing listens before `start`.

        Args:
            hooks: our own address up to `/hooks/vk`; may be set later, as an attribute, or by registering.
            token: the community's.
            secret: the callback server's, until registering sets another one.
            confirmation: what VK wants to hear when it confirms an address.
            group_id: the community's.
            per_second: how many calls a second are allowed; None for any number.
            clock: tells when subscribers act.
            sleep: waits between the attempts of a callback.
        """
        self.token = token
        self.secret = secret
        self.per_second = per_second
        self.community = Community(group_id, confirmation, self._confirm)
        self.dialogues = Dialogues()
        self.chats = Chats(self.dialogues, self.tell)
        self.album = Album()
        """The pictures that subscribers have sent; VK itself keeps them on other servers."""
        self.queue = Queue()
        self.methods: list[str] = []
        """The method of each call."""
        self.keys: list[str] = []
        """The `random_id` of each message that was handed over, repeated ones too."""
        self.abandoned = asyncio.Event()
        """Set when a caller hung up on us."""
        self.url = ""
        self._clock = clock or SystemClock()
        self.callbacks = Callbacks(hooks, self._clock, sleep)
        self._faults: dict[str, deque[Fault | int]] = defaultdict(deque)
        self._calls: deque[datetime] = deque()
        self._numbers: dict[str, int] = defaultdict(int)
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/method/{method}", self._method)
        app.router.add_get("/poll", self._poll)
        app.router.add_get("/pictures/{name}", self.album.handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        await self.callbacks.start()

    async def stop(self) -> None:
        """Stop listening and hang up; harmless when called twice."""
        runner, self._runner = self._runner, None
        await self.callbacks.stop()
        if runner is not None:
            await runner.cleanup()

    def settings(self, **more: object) -> Settings:
        """Settings with which the VK channel talks to this emulator and believes it."""
        ours = {
            "enabled": True,
            "token": self.token,
            "group_id": self.community.group_id,
            "secret": self.secret,
            "confirmation": self.community.confirmation,
            "api_base": self.url or "http://127.0.0.1:9",
        }
        return Settings.model_validate({**ours, **more})

    @property
    def hooks(self) -> str:
        """Our own address, the one that is called; empty where there is none."""
        return self.callbacks.hooks

    @hooks.setter
    def hooks(self, url: str) -> None:
        self.callbacks.hooks = url

    @property
    def sent(self) -> list[SentMessage]:
        """What was taken from us, in order; a repeated message stands there once."""
        return self.dialogues.sent

    def fail(self, fault: Fault | int, times: int = 1, *, method: str = SEND) -> None:
        """Do this wrong with the next calls of a method, or `POLL`; a number is an error of VK's."""
        self._faults[method].extend([fault] * times)

    async def wait_for(self, count: int, seconds: float = 10) -> list[SentMessage]:
        """Wait until so many messages were taken; gives them."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.sent) >= count)
        return self.sent[:count]

    # The subscribers' side: `channels.toolkit.emulation.Handset`.

    async def write(self, user: str, text: str) -> int:
        """Type a text and send it."""
        return await self.say(user, text)

    async def press(self, user: str, label: str) -> int:
        """Press a button of the keyboard that is shown: VK shows only the newest one. A link asks nobody of us: 0."""
        action = self.dialogues.button(user, label)
        return 0 if action["type"] == "open_link" else await self.say(user, label, payload=action["payload"])

    async def join(self, user: str, start: str = "") -> int:
        """Press the Start button of a dialogue that `https://vk.me/club...?ref=` opened."""
        return await self.say(user, "Начать", payload=updates.START, **({"ref": start} if start else {}))

    async def leave(self, user: str) -> int:
        """Forbid us to write."""
        self.dialogues.open.discard(user)
        return await self.tell("message_deny", {"user_id": int(user)})

    async def allow(self, user: str) -> int:
        """Let us write again, by the switch in the dialogue's menu."""
        self.dialogues.open.add(user)
        return await self.tell("message_allow", {"user_id": int(user), "key": ""})

    async def share_contact(self, user: str, phone: str, *, own: bool = True) -> int:  # noqa: ARG002 - `Handset`'s
        """Nothing: VK has no contact cards, so nobody is asked."""
        return 0

    async def send_photo(self, user: str, caption: str = "", picture: bytes = PICTURE) -> int:
        """Send a picture."""
        at = f"{self.url}/pictures/{self.album.keep(picture)}"
        return await self.say(user, caption, attachments=[updates.photo(at=at)])

    def shown(self, user: str) -> list[Shown]:
        """What we said to this subscriber, oldest first."""
        return [message.shown for message in self.dialogues.with_user(user)]

    def keyboard(self, user: str) -> Shown | None:
        """The message whose keyboard is below the field for typing."""
        message = self.dialogues.keyboard(user)
        return message.shown if message is not None and any(message.actions) else None

    async def say(self, user: str, text: str, **more: object) -> int:
        """Send a message with any fields (`updates.message`): who writes may be written to."""
        self.dialogues.open.add(user)
        self._numbers[user] += 1
        now = self._clock.now()
        return await self.tell(
            "message_new", updates.message(int(user), text, at=now, number=self._numbers[user], **more)
        )

    async def tell(self, kind: str, content: Mapping[str, Any]) -> int:
        """Tell us of something, by both ways; gives the last status of ours, 0 where nobody was asked or answered."""
        group_id = self.community.group_id
        update = updates.update(kind, content, group_id=group_id, secret=self.secret)
        if self.community.polls(kind):
            await self.queue.put({name: value for name, value in update.items() if name != "secret"})
        return await self.callbacks.deliver(update) if self.community.calls(self.hooks, kind) else 0

    async def _confirm(self, url: str, secret: str) -> bool:
        """Ask an address for the confirmation string; the one that gives it is called from now on."""
        update = updates.update("confirmation", None, group_id=self.community.group_id, secret="")
        attempt = await self.callbacks.call(url, update)
        if attempt.body != self.community.confirmation.encode():
            return False
        self.hooks, self.secret = url, secret
        return True

    # VK's side.

    async def _method(self, request: web.Request) -> web.StreamResponse:
        """One call of the API."""
        method, form = request.match_info["method"], dict(await request.post())
        self.methods.append(method)
        parameters = {name: str(value) for name, value in form.items()}
        fault = self._next_fault(method)
        if isinstance(fault, Fault) and fault not in TAKING:
            return answer(fault)
        try:
            self._check(parameters, fault)
            response = await self._do(method, parameters)
        except ApiError as error:
            return web.json_response({"error": _error(error, method, parameters)})
        return await self._answer(request, fault) or web.json_response({"response": response})

    def _check(self, form: Mapping[str, str], fault: Fault | int | None) -> None:
        """What VK looks at before the method's own parameters."""
        if isinstance(fault, int):
            raise ApiError(fault, f"Error {fault}, for {form.get('message', 'nobody')}")
        if not form.get("v"):
            raise ApiError(8, "Invalid request: v is required")
        if not same(form.get("access_token", ""), as_bytes(self.token)):
            raise ApiError(5, "User authorization failed: invalid access_token (4).")
        now = self._clock.now()
        while self._calls and now - self._calls[0] >= SECOND:
            self._calls.popleft()
        if self.per_second is not None and len(self._calls) >= self.per_second:
            raise ApiError(6, "Too many requests per second")
        self._calls.append(now)

    async def _do(self, method: str, form: Mapping[str, str]) -> object:
        if self.chats.does(method, form):
            return self.chats.do(method, form)
        if method == SEND:
            message, is_new = self.dialogues.take(form)
            self.keys.append(form["random_id"])
            if is_new:
                async with self._arrived:
                    self._arrived.notify_all()
            return message.id
        if method == "groups.getLongPollServer":
            if not self.community.long_poll["is_enabled"]:
                raise ApiError(100, "One of the parameters specified was missing or invalid: longpoll is not enabled")
            return self.queue.server(self.url)
        return await self.community.call(method, form)

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        fault = self._next_fault(POLL)
        if isinstance(fault, Fault) and fault not in TAKING:
            return answer(fault)
        news = await self.queue.poll(request.query)
        return await self._answer(request, fault) or web.json_response(news)

    async def _answer(self, request: web.Request, fault: Fault | int | None) -> web.StreamResponse | None:
        """What a fault makes of an answer after the work is done; None where there is no fault."""
        if fault is Fault.HANG:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.abandoned.set()
                raise
        if fault is Fault.RESET and request.transport is not None:
            request.transport.abort()
        if fault is None or isinstance(fault, int):
            return None
        return answer(fault)

    def _next_fault(self, method: str) -> Fault | int | None:
        return self._faults[method].popleft() if self._faults[method] else None


def _error(error: ApiError, method: str, form: Mapping[str, str]) -> Update:
    """VK's error, which repeats what it was given."""
    given = {"method": method, "oauth": "1", **form}
    parameters = [{"key": name, "value": value} for name, value in given.items()]
    return {"error_code": error.code, "error_msg": error.words, "request_params": parameters}
