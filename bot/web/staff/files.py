"""`/staff/static/<name>`: style sheets and scripts under names that change with what is in them."""

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from bot.web.staff import looks
from bot.web.staff.gate import anybody

FOR_EVER: Final = "public, max-age=31536000, immutable"


class Files:
    """The files. They are read at the start, and there is nothing personal in them."""

    def __init__(self) -> None:
        looks.files()

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [web.get("/static/{name}", self.show)]

    @anybody
    async def show(self, request: web.Request) -> web.Response:
        """One of them."""
        file = looks.files().get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        headers = {hdrs.CONTENT_TYPE: file.content_type, hdrs.CACHE_CONTROL: FOR_EVER}
        return web.Response(status=HTTPStatus.OK, body=file.body, headers=headers)
