"""What the emulated VK can be told to do wrong."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from aiohttp import web


class Fault(StrEnum):
    """What VK can be told to do wrong, beside its own errors, which have numbers."""

    UNAVAILABLE = "503"
    BROKEN = "502 of a proxy, and nobody knows"
    BUSY = "429, Retry-After: 7"
    MOVED = "302, Location: /method/elsewhere"
    GARBLED = "takes it, and answers 200 with something unreadable"
    RESET = "takes it, and drops the connection"
    HANG = "takes it, and does not answer"


ANSWERS: Final[Mapping[Fault, tuple[int, str]]] = MappingProxyType(
    {
        Fault.UNAVAILABLE: (503, "Service Temporarily Unavailable"),
        Fault.BROKEN: (502, "<html>Bad Gateway</html>"),
        Fault.BUSY: (429, "Too many requests"),
        Fault.MOVED: (302, "Found"),
        Fault.GARBLED: (200, "<html>Welcome to the hotel's network</html>"),
    }
)
HEADERS: Final = {Fault.BUSY: {"Retry-After": "7"}, Fault.MOVED: {"Location": "/method/elsewhere"}}
TAKING: Final = frozenset({Fault.GARBLED, Fault.RESET, Fault.HANG})


def answer(fault: Fault) -> web.Response:
    """What comes instead of VK's own answer."""
    status, body = ANSWERS.get(fault, (200, ""))
    return web.Response(status=status, text=body, headers=HEADERS.get(fault))
