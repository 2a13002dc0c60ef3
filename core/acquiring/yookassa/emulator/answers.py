"""How the emulated YooKassa writes errors and moments."""

from datetime import datetime

from aiohttp import web


def error(status: int, code: str, parameter: str) -> web.Response:
    """The object of an error; `code` also stands for its description."""
    values = {"type": "error", "id": "e", "code": code, "parameter": parameter, "description": code}
    return web.json_response(values, status=status)


def iso(moment: datetime) -> str:
    """A moment in UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
