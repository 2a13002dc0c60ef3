"""The emulated Bot API: https://core.telegram.org/bots/api, as far as we call it."""

import asyncio
import itertools
import json
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from channels.telegram.emulator.chats import Chats
from channels.telegram.emulator.deliveries import Deliveries
from channels.telegram.emulator.faults import TAKING, Fault, Refusal, answer, faulty, refusal
from channels.telegram.emulator.groups import Groups
from channels.toolkit.album import Album
from core.ports.clock import Clock

SEND: Final = "sendmessage"
TOO_OLD: Final = "Bad Request: query is too old and response timeout expired or query ID is invalid"
WRONG_FILE: Final = "Bad Request: wrong file_id or the file is temporarily unavailable"
FILE_LIMIT: Final = 20 * 1024 * 1024
_TOKEN: Final = re.compile(r"\d+:[\w-]+", re.ASCII)
_SECRET_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{0,256}", re.ASCII)

Fields = Mapping[str, Any]


class BotApi:
    """Does what the one bot that it knows asks for, or what `fail` ordered."""

    def __init__(self, token: str, chats: Chats, deliveries: Deliveries, album: Album, clock: Clock) -> None:
        self.token = token
        self.abandoned = asyncio.Event()
        """Set when a caller hung up on us."""
        self.arrived = asyncio.Condition()
        """Notified of every message taken."""
        self.calls: list[str] = []
        """The methods that were called, in lower case."""
        self.presses: list[str] = []
        """All presses; an app whose press is not acknowledged spins."""
        self.acknowledged: list[str] = []
        """The presses that were answered, by `answerCallbackQuery` or in an answer to a webhook's call."""
        self.groups = Groups(chats, deliveries, clock, self.pressed)
        self.said: dict[str, tuple[str, bool]] = {}
        """What the people who pressed were told, and whether in a window."""
        self.menu_button: dict[str, Any] = {"type": "commands"}
        """The button beside the field for typing, of all chats."""
        self._chats, self._deliveries, self._album, self._clock = chats, deliveries, album, clock
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._press_ids = itertools.count(4_382_000_000_000_000_001)
        self._methods: Mapping[str, Callable[[Fields], Awaitable[object]]] = {
            SEND: self._send_message,
            "answercallbackquery": self._answer_callback_query,
            "editmessagetext": self._edit_message_text,
            "getchatmember": self._get_chat_member,
            "getfile": self._get_file,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "getchatmenubutton": self._get_menu_button,
            "setchatmenubutton": self._set_menu_button,
        }

    def fail(self, fault: Fault, times: int, method: str) -> None:
        """Do this wrong with the next calls of this method."""
        self._faults[method.lower()].extend([fault] * times)

    def pressed(self) -> str:
        """The id of one more press."""
        self.presses.append(str(next(self._press_ids)))
        return self.presses[-1]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call of the Bot API, or what `fail` ordered."""
        token, name = request.match_info["token"], request.match_info["method"].lower()
        if not _TOKEN.fullmatch(token):
            return refusal(404, "Not Found")
        if token != self.token:
            return refusal(401, "Unauthorized")
        if name not in self._methods:
            return refusal(404, "Not Found: method not found")
        self.calls.append(name)
        faults = self._faults[name]
        fault = faults.popleft() if faults else None
        if fault is not None and fault not in TAKING:
            return faulty(fault)
        try:
            result = await self._methods[name](await _fields(request))
        except Refusal as refused:
            return refusal(refused.code, refused.description, **refused.parameters)
        if fault is Fault.HANG:
            await self._hang()
        if fault is Fault.RESET and request.transport is not None:
            request.transport.abort()
        return answer(result) if fault is None else faulty(fault)

    async def _hang(self) -> None:
        """Say nothing until the caller gives up."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.abandoned.set()
            raise

    async def _send_message(self, fields: Fields) -> object:
        async with self.arrived:
            message = self.groups.take(fields) or self._chats.take(fields, int(self._clock.now().timestamp()))
            self.arrived.notify_all()
        return message.as_telegram()

    async def _answer_callback_query(self, fields: Fields) -> object:
        press_id = str(fields.get("callback_query_id", ""))
        if press_id not in self.presses:
            raise Refusal(400, TOO_OLD)
        self.acknowledged.append(press_id)
        self.said[press_id] = (str(fields.get("text") or ""), str(fields.get("show_alert")).lower() == "true")
        return True

    async def _edit_message_text(self, fields: Fields) -> object:
        return self.groups.edit(fields).as_telegram()

    async def _get_chat_member(self, fields: Fields) -> object:
        return self.groups.member(fields)

    def call_in_answer(self, method: Fields) -> None:
        """A method in our answer to a webhook's call. Of those we use, only this one; its outcome is told to nobody."""
        if str(method["method"]).lower() == "answercallbackquery" and method.get("callback_query_id") in self.presses:
            self.acknowledged.append(str(method["callback_query_id"]))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file at a path that `getFile` gave: https://core.telegram.org/bots/api#getfile."""
        if request.match_info["token"] != self.token:
            return refusal(404, "Not Found")
        return await self._album.handle(request)

    async def _get_file(self, fields: Fields) -> object:
        file_id = str(fields.get("file_id", ""))
        name = next((name for name in self._album.names if file_id.endswith(name)), "")
        if not name:
            raise Refusal(400, WRONG_FILE)
        size = self._album.size(name)
        if size > FILE_LIMIT:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": name, "file_size": size, "file_path": f"photos/{name}"}

    async def _get_updates(self, fields: Fields) -> object:
        self._deliveries.allowed = _kinds(fields, self._deliveries.allowed)
        offset, limit = int(fields.get("offset") or 0), int(fields.get("limit") or 100)
        return await self._deliveries.poll(offset, limit, float(fields.get("timeout") or 0))

    async def _set_webhook(self, fields: Fields) -> object:
        url, secret = str(fields.get("url", "")), str(fields.get("secret_token", ""))
        if not url:
            return await self._delete_webhook(fields)
        if not re.match(r"https?://[^/]", url):  # http: as a Bot API server of one's own with --local allows
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not _SECRET_TOKEN.fullmatch(secret):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self._deliveries.hooks, self._deliveries.secret = url, secret
        self._deliveries.allowed = _kinds(fields, self._deliveries.allowed)
        return True

    async def _delete_webhook(self, _fields: Fields) -> object:
        self._deliveries.hooks = ""
        return True

    async def _get_webhook_info(self, _fields: Fields) -> object:
        ours = self._deliveries
        info: dict[str, Any] = {
            "url": ours.hooks,
            "has_custom_certificate": False,
            "pending_update_count": ours.waiting,
            "max_connections": 40,
        }
        if ours.allowed:
            info["allowed_updates"] = sorted(ours.allowed)
        if ours.last_error:
            info |= {"last_error_date": ours.last_error_at, "last_error_message": ours.last_error}
        return info

    async def _get_menu_button(self, _fields: Fields) -> object:
        return self.menu_button

    async def _set_menu_button(self, fields: Fields) -> object:
        wanted = fields.get("menu_button") or {"type": "default"}
        wanted = json.loads(wanted) if isinstance(wanted, str) else wanted
        if wanted["type"] == "web_app" and not str(wanted["web_app"]["url"]).startswith("https://"):
            raise Refusal(400, "Bad Request: menu button URL must use HTTPS")
        self.menu_button = {"type": "commands"} if wanted["type"] == "default" else wanted
        return True


async def _fields(request: web.Request) -> Fields:
    """The parameters: from the address, from a form or from JSON, as the Bot API takes all three."""
    fields: dict[str, Any] = dict(request.query)
    more = await (request.json() if request.content_type == "application/json" else request.post())
    return {**fields, **more}


def _kinds(fields: Fields, before: frozenset[str]) -> frozenset[str]:
    """`allowed_updates`; left out, the previous ones stay."""
    given = fields.get("allowed_updates")
    return before if given is None else frozenset(json.loads(given) if isinstance(given, str) else given)
