"""Answers of all parts of the server: JSON for ourselves, the vendor's bytes for hooks, no version anywhere."""

import json

from aiohttp import web

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


def vendor_answer(answer: RawAnswer) -> web.Response:
    """The bytes that the vendor wants back."""
    headers = {"Content-Type": answer.content_type, "Server": SERVER}
    return web.Response(status=answer.status, body=answer.body, headers=headers)
