"""The subscribers of the emulated Viber: what they do, and what they see."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from channels.toolkit.album import PICTURE
from channels.toolkit.emulation import Shown
from channels.viber.emulator import callbacks, rules
from channels.viber.emulator.server import EMULATED, Sleep, ViberServer
from channels.viber.settings import Settings
from core.ports.clock import Clock


class ViberEmulator(ViberServer):
    """Viber: its API, and its users (a `channels.toolkit.emulation.Handset`).

    emulator = ViberEmulator(hooks="http://127.0.0.1:8080/hooks/viber")
    await emulator.start()
    channel = create(emulator.settings())
    ...
    user = user_id("Anna")
    await emulator.join(user, "7K2QM")
    await emulator.write(user, "1001234567 12345 4711")
    await emulator.wait_for(1)
    emulator.shown(user)[-1].text
    await emulator.press(user, "Да")
    emulator.fail(Fault.UNAVAILABLE, times=2)
    await emulator.stop()
    """

    def __init__(
        self,
        *,
        hooks: str = "",
        token: str = EMULATED,
        language: str = "ru",
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """As `ViberServer`; `language` is that of the subscribers' phones."""
        super().__init__(hooks=hooks, token=token, clock=clock, sleep=sleep)
        self.language = language

    def settings(self, **more: object) -> Settings:
        """Settings with which the channel talks to this emulator and believes it."""
        ours = {"enabled": True, "token": self.token, "sender_name": "Meterline", "api_base": self.url}
        return Settings.model_validate(ours | more)

    async def write(self, user: str, text: str) -> int:
        """Type a text and send it; the first one subscribes, without an event of its own."""
        return await self._say(user, {"type": "text", "text": text})

    async def press(self, user: str, label: str) -> int:
        """Press a button of the keyboard, which is the last message's.

        Raises:
            LookupError: the last message has no such button.
        """
        messages = self.chat(user).messages
        for button in rules.keys(messages[-1]) if messages else []:
            if rules.label(button) == label:
                # A link is opened, and its address is sent to the bot as well.
                content = {"type": "text", "text": button["ActionBody"]}
                return await self._say(user, content, silent=button.get("Silent", False))
        raise LookupError(f"no button {label!r} on the keyboard")

    async def join(self, user: str, start: str = "") -> int:
        """Open the conversation by a deep link. The welcome, if we answer with one, is shown; nobody is subscribed."""
        chat = self.chat(user)
        status, answer = await self.tell(
            callbacks.conversation_started(
                user,
                start,
                self.next_token(),
                self.clock.now(),
                subscribed=chat.is_subscribed,
                language=self.language,
            )
        )
        if status == HTTPStatus.OK and answer.strip():
            self._show_welcome(user, answer)
        return status

    async def subscribe(self, user: str) -> int:
        """Press Viber's own button that subscribes."""
        self.chat(user).is_subscribed = True
        profile = callbacks.profile(user, self.language)
        return await self._told(callbacks.event("subscribed", self.next_token(), self.clock.now(), user=profile))

    async def leave(self, user: str) -> int:
        """Stop receiving messages from us."""
        self.chat(user).is_subscribed = False
        return await self._told(callbacks.event("unsubscribed", self.next_token(), self.clock.now(), user_id=user))

    async def share_contact(self, user: str, phone: str, *, own: bool = True) -> int:
        """Share a contact card. Viber does not say whose it is, so `own` changes but the name."""
        name = "Subscriber" if own else "Neighbour"
        return await self._say(user, {"type": "contact", "contact": {"name": name, "phone_number": phone}})

    async def send_photo(self, user: str, caption: str = "", picture: bytes = PICTURE) -> int:
        """Send a picture."""
        media = f"{self.url.removesuffix('/pa')}/media/{self.album.keep(picture)}"
        return await self._say(user, {"type": "picture", "media": media, "text": caption, "file_name": "1.jpg"})

    def shown(self, user: str) -> Sequence[Shown]:
        """What we said to this subscriber, oldest first; a keyboard is on the screen with the last message only."""
        messages = self.chat(user).messages
        return [rules.shown(body, is_last=body is messages[-1]) for body in messages]

    def keyboard(self, user: str) -> Shown | None:
        """The last message, if it has a keyboard."""
        shown = self.shown(user)
        return shown[-1] if shown and (shown[-1].rows or shown[-1].link) else None

    async def receipt(self, kind: str, user: str, message_token: int, **more: object) -> int:
        """Tell that a message was `delivered`, `seen` or `failed`."""
        return await self._told(callbacks.event(kind, message_token, self.clock.now(), user_id=user, **more))

    async def _say(self, user: str, content: Mapping[str, Any], *, silent: bool = False) -> int:
        """Send something; the last message's `tracking_data` comes along."""
        chat = self.chat(user)
        chat.is_subscribed = True
        chat.unanswered.clear()
        tracking = chat.messages[-1].get("tracking_data") if chat.messages else None
        content = {**content, **({"tracking_data": tracking} if tracking else {})}
        body = callbacks.message(user, content, self.next_token(), self.clock.now(), silent=silent)
        return await self._told(body)

    async def _told(self, body: Mapping[str, Any]) -> int:
        status, _ = await self.tell(body)
        return status

    def _show_welcome(self, user: str, answer: bytes) -> None:
        """Show the answer to `conversation_started`, if Viber would."""
        try:
            body = json.loads(answer)
        except ValueError:
            body = None
        problem = (3, "larger than 30 kB") if len(answer) > rules.JSON_LIMIT else rules.refusal(body)
        if problem is None and "receiver" not in body:
            self.chat(user).messages.append(body)
        else:
            self.problems.append("it names a receiver" if problem is None else problem[1])
