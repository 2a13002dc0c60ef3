"""All pages of the staff as one application. A page that does not say who may come in is refused at the start."""

from collections.abc import Iterable
from functools import partial
from typing import Protocol, runtime_checkable

from aiohttp import web

from bot.web.staff.gate import PREFIX, Gate, declared


class Undeclared(Exception):
    """A handler does not say who may come in."""


class Part(Protocol):
    """Some of the pages."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Where they are, below `/staff`."""


@runtime_checkable
class Ends(Protocol):
    """A part with pages that do not end by themselves."""

    async def end(self) -> None:
        """The service stops: end them. May be called twice."""


def application(gate: Gate, parts: Iterable[Part]) -> web.Application:
    """The application, to be put below `/staff`.

    Raises:
        Undeclared: a handler bears none of `gate`'s decorators.
    """
    pages = web.Application(middlewares=[gate.middleware])
    pages.on_response_prepare.append(gate.sign)
    for part in parts:
        pages.add_routes(part.routes())
        if isinstance(part, Ends):
            pages.on_shutdown.append(partial(_end, part))
    for route in pages.router.routes():
        if declared(route.handler) is None:
            path = route.resource.canonical if route.resource else "?"
            raise Undeclared(f"{route.method} {PREFIX}{path} does not say who may come in")
    return pages


async def _end(part: Ends, _pages: web.Application) -> None:
    await part.end()


def entrance() -> web.RouteDef:
    """`/staff` without its slash, which people type."""

    async def lead(_request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": f"{PREFIX}/"})

    return web.get(PREFIX, lead)
