"""Answers of all parts of the server: JSON for ourselves, the vendor's bytes for hooks, no version anywhere."""

import json
from datetime import datetime
from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from core.domain.messages import RawAnswer

SERVER = "Meterline"
"""The `Server` header. aiohttp's own names the versions of itself and of Python to everybody who asks."""
JSON = "application/json; charset=utf-8"
RETRY_SECONDS = 5
"""What `Retry-After` asks of a vendor whose message we could not store: long enough for a database to restart."""


def json_answer(status: int, value: object, **headers: str) -> web.Response:
    """A JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return web.Response(status=status, body=body, headers={"Content-Type": JSON, "Server": SERVER, **headers})


def refusal(status: int, reason: str, **headers: str) -> web.Response:
    """A 4xx or 5xx in one word; the connection closes where the rest of the request is not worth reading."""
    answer = json_answer(status, {"error": reason}, **headers)
    if status in {400, 408, 413}:
        answer.force_close()
    return answer


def vendor_answer(answer: RawAnswer, request: web.BaseRequest, now: datetime) -> web.StreamResponse:
    """The bytes that the vendor wants back."""
    if answer.status == 200 and request.version == HttpVersion11:  # noqa: PLR2004 - OK, as nearly always
        return Accepted(answer, now, closes=not request.keep_alive)
    headers = {"Content-Type": answer.content_type, "Server": SERVER}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


class Accepted(web.StreamResponse):
    """A 200 whose head is put together once a second and not once a request: a third of aiohttp's work on a request."""

    def __init__(self, answer: RawAnswer, now: datetime, *, closes: bool) -> None:
        super().__init__()
        self._answer = answer
        self._second = int(now.timestamp())
        self._closes = closes

    @property
    def keep_alive(self) -> bool:
        """Whether the connection is kept."""
        return not self._closes

    def force_close(self) -> None:
        """Close the connection behind this answer."""
        self._closes = True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Write head and body at once."""
        body = self._answer.body
        await request.writer.write(_head(self._answer.content_type, len(body), self._second, self._closes) + body)
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


@lru_cache(maxsize=16)
def _head(content_type: str, length: int, second: int, closes: bool) -> bytes:  # noqa: FBT001 - a key of the cache
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Type: {content_type}",
        f"Server: {SERVER}",
        f"Content-Length: {length}",
        f"Date: {formatdate(second, usegmt=True)}",
        *(["Connection: close"] if closes else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
