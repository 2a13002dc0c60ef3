"""One's own link to the messenger of the staff's group: a one-time code, and the end of it."""

from aiohttp import web

from bot.web.staff import looks
from bot.web.staff.gate import SESSION, VIEW, allowed, see_other
from core.domain.staff import Permission
from core.services.staff_chat import Links


class Linking:
    """Where there is a staff chat."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.post("/account/chat", self.offer), web.post("/account/chat/end", self.unlink)]

    @allowed(Permission.OWN_ACCOUNT)
    async def offer(self, request: web.Request) -> web.Response:
        """A code, shown once. It comes by POST, so no browser keeps or fetches it by itself."""
        self._must_be_there()
        code = await self._links.offer(request[SESSION].member)
        return looks.page(request[VIEW], "chat_code.html", code=code.text, messenger=self._links.channel)

    @allowed(Permission.OWN_ACCOUNT)
    async def unlink(self, request: web.Request) -> web.Response:
        """No link any more."""
        self._must_be_there()
        await self._links.end(request[SESSION].member)
        return see_other("/staff/account?said=chat")

    def _must_be_there(self) -> None:
        if not self._links.channel:
            raise web.HTTPNotFound
