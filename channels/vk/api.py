"""The only place where the VK channel uses the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from yarl import URL

from channels.toolkit import http
from channels.toolkit.pictures import Pictures
from channels.vk import failures
from channels.vk.settings import Settings
from core.ports.channel import Misconfigured

VERSION: Final = "5.199"
"""Of the API: what https://dev.vk.com/ru/api/api-requests calls the current one. Older ones have other shapes."""
WAIT_SECONDS: Final = 25
"""How long VK holds a long poll without news: what its documentation advises because of proxies."""
POLL_MARGIN: Final = 15.0


@dataclass(frozen=True, slots=True)
class PollServer:
    """Where and from which update on to poll. `key` is a secret."""

    server: str = field(repr=False)
    key: str = field(repr=False)
    ts: str


class Api:
    """Calls VK. Connections are kept: a call that breaks off is harmless, because `random_id` lets it be repeated."""

    def __init__(self, settings: Settings, total_seconds: float = http.TOTAL_SECONDS) -> None:
        self._base = settings.api_base.rstrip("/")
        self.token = settings.token.get_secret_value()
        self._caller = http.Caller("VK", total=total_seconds)
        self._pictures = Pictures("VK's pictures", self._base, total=total_seconds)

    async def open(self) -> None:
        """Make ready to call."""
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()
        await self._pictures.close()

    async def post(self, method: str, parameters: Mapping[str, str]) -> http.Answer:
        """Call a method once, as a form: the token is in the body, where no log of addresses has it.

        Raises:
            SendFailure: there was no answer (`toolkit.http.vendor_call`), or there is no token.
        """
        if not self.token:
            raise Misconfigured("the token of VK is not set")
        form = {**parameters, "access_token": self.token, "v": VERSION}
        return await self._caller.call("POST", f"{self._base}/method/{method}", data=form)

    async def call(self, method: str, parameters: Mapping[str, str]) -> object:
        """The `response` of a method that sends nothing to anybody.

        Raises:
            SendFailure: VK refuses, or there was no answer.
        """
        hide = (self.token, parameters.get("secret_key", ""))
        return failures.response(await self.post(method, parameters), hide)

    async def picture(self, url: str) -> bytes:
        """The picture at the address that came with an attachment.

        Raises:
            SendFailure: it cannot be had (`toolkit.pictures.Pictures.fetch`).
        """
        return await self._pictures.fetch(url)

    async def updates(self, at: PollServer) -> bytes:
        """One long poll: what is new behind `ts`, or nothing after `WAIT_SECONDS`.

        Raises:
            SendFailure: there was no answer.
        """
        query = {"act": "a_check", "key": at.key, "ts": at.ts, "wait": str(WAIT_SECONDS)}
        patience = aiohttp.ClientTimeout(total=WAIT_SECONDS + POLL_MARGIN, sock_connect=http.CONNECT_SECONDS)
        async with (
            http.vendor_call("VK's long poll"),
            (await self._caller.open()).get(
                URL(at.server).update_query(query), timeout=patience, allow_redirects=False
            ) as answer,
        ):
            return await answer.read()
