"""The pictures that an emulated vendor's subscribers have sent, where we fetch them, faults included."""

import asyncio
import base64
import itertools
from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from aiohttp import web

from core.ports.channel import PHOTO_LIMIT

PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
"""A grey dot: what is sent where it does not matter what is on the picture."""
_CHUNK: Final = bytes(1 << 20)


class AlbumFault(StrEnum):
    """What can go wrong with fetching a picture."""

    GONE = "404"
    BUSY = "429, Retry-After: 7"
    UNAVAILABLE = "503"
    MOVED = "302, to the same place once more"
    TOO_LARGE = "more bytes than we take, without saying so"
    RESET = "drops the connection in the middle"
    SLOW = "does not answer"


_STATUS: Final[Mapping[AlbumFault | None, int]] = {
    AlbumFault.GONE: 404,
    AlbumFault.BUSY: 429,
    AlbumFault.UNAVAILABLE: 503,
}


class Album:
    """Keeps pictures under names, and answers for them as a vendor's file server does."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """The name in each call, in order."""
        self._pictures: dict[str, bytes] = {}
        self._faults: deque[AlbumFault] = deque()
        self._numbers = itertools.count(1)

    def keep(self, picture: bytes) -> str:
        """Keep a picture; gives its name."""
        name = f"picture_{next(self._numbers)}.jpg"
        self._pictures[name] = picture
        return name

    @property
    def names(self) -> list[str]:
        """Of all pictures, the newest first."""
        return list(reversed(self._pictures))

    def size(self, name: str) -> int:
        """How many bytes a picture has."""
        return len(self._pictures[name])

    def fail(self, fault: AlbumFault, times: int = 1) -> None:
        """Do this wrong with the next calls."""
        self._faults.extend([fault] * times)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Give out the picture `name`, or do what `fail` ordered."""
        name = request.match_info["name"]
        self.asked.append(name)
        fault = self._faults.popleft() if self._faults else None
        if fault is AlbumFault.SLOW:
            await asyncio.Event().wait()
        if fault is AlbumFault.MOVED:
            return web.Response(status=302, headers={"Location": name})
        if fault in _STATUS:
            return web.Response(status=_STATUS[fault], headers={"Retry-After": "7"})
        if name not in self._pictures:
            return web.Response(status=404)
        if fault is None:
            return web.Response(body=self._pictures[name], content_type="image/jpeg")
        return await self._break_off(request, fault)

    async def _break_off(self, request: web.Request, fault: AlbumFault) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(_CHUNK)
        if fault is AlbumFault.RESET and request.transport is not None:
            request.transport.abort()
            return response
        for _ in range(PHOTO_LIMIT // len(_CHUNK)):
            await response.write(_CHUNK)
        return response
