"""What the emulated Telegram can be told to do wrong, and with which answers."""

import json
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

RETRY_AFTER: Final = 7


class Fault(StrEnum):
    """What goes wrong with the next calls of a method."""

    BUSY = "429, wait 7 seconds"
    UNAVAILABLE = "503 of the balancer in front"
    BROKEN = "502 of the balancer in front, and nobody knows"
    RESTART = "500, the server restarts"
    BLOCKED = "403, the user blocked the bot"
    REJECTED = "400, this message will never go"
    STRANGER = "401, the token is not valid any more"
    CONFLICT = "409, somebody else polls"
    UNKNOWN = "418, which no table has"
    GARBLED = "takes it, and answers 200 with something unreadable"
    RESET = "takes it, and drops the connection"
    HANG = "takes it, and does not answer"


TAKING: Final = frozenset({Fault.GARBLED, Fault.RESET, Fault.HANG})
PAGES: Final[Mapping[Fault, tuple[int, str]]] = MappingProxyType(
    {
        Fault.UNAVAILABLE: (503, "<html><h1>503 Service Temporarily Unavailable</h1></html>"),
        Fault.BROKEN: (502, "<html><h1>502 Bad Gateway</h1></html>"),
        Fault.GARBLED: (200, "<html>Welcome to the hotel's network</html>"),
    }
)
REFUSALS: Final[Mapping[Fault, tuple[int, str]]] = MappingProxyType(
    {
        Fault.BUSY: (429, f"Too Many Requests: retry after {RETRY_AFTER}"),
        Fault.RESTART: (500, "Internal Server Error: restart"),
        Fault.BLOCKED: (403, "Forbidden: bot was blocked by the user"),
        Fault.REJECTED: (400, "Bad Request: message text is empty"),
        Fault.STRANGER: (401, "Unauthorized"),
        Fault.CONFLICT: (
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        ),
        Fault.UNKNOWN: (418, "I am a teapot"),
    }
)


class Refusal(Exception):
    """The Bot API does not do it: `code` and `description` are what it answers."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def answer(result: object) -> web.Response:
    """What the Bot API answers when it did what was asked."""
    return _json(200, {"ok": True, "result": result})


def refusal(code: int, description: str, **parameters: int) -> web.Response:
    """What it answers when it did not."""
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if code == REFUSALS[Fault.BUSY][0]:
        parameters = {"retry_after": RETRY_AFTER} | parameters
    if parameters:
        body["parameters"] = parameters
    return _json(code, body)


def faulty(fault: Fault) -> web.Response:
    """The answer that the fault is about."""
    if fault in REFUSALS:
        return refusal(*REFUSALS[fault])
    status, page = PAGES.get(fault, (200, ""))
    return web.Response(status=status, text=page, content_type="text/html")


def _json(status: int, body: object) -> web.Response:
    return web.Response(status=status, text=json.dumps(body, ensure_ascii=False), content_type="application/json")
