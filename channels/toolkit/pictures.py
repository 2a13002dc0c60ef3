"""Pictures that vendors keep for us: fetched within limits, and from the open internet only.

The address of a picture comes in a message. The vendor signs for it, but what he says must not make us call a machine
of our own network (server-side request forgery).
"""

import socket
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from channels.toolkit.http import CONNECT_SECONDS, TOTAL_SECONDS, pause, vendor_call
from core.ports.channel import PHOTO_LIMIT, ContentRejected, RateLimited, TemporarilyUnavailable

TOO_LARGE: Final = "too_large"
ELSEWHERE: Final = "elsewhere"
"""Codes of our own in `ContentRejected`: beyond `PHOTO_LIMIT`, and an address that we do not call."""
REDIRECTIONS: Final = 3
RETRY_SECONDS: Final = 10.0
_CHUNK: Final = 64 * 1024
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_LATER: Final = frozenset({408, 425, 500, 502, 503, 504})


class Pictures:
    """A channel's way to its vendor's pictures; the session is made when it is first needed."""

    def __init__(self, vendor: str, api_base: str, *, total: float = TOTAL_SECONDS) -> None:
        """`api_base`: the vendor's own address, or that of a server of ours that stands for it, is always called."""
        self._vendor = vendor
        self._home = URL(api_base).origin()
        self._total = total
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the session, if there is one."""
        opened, self._session = self._session, None
        if opened is not None:
            await opened.close()

    async def fetch(self, address: str) -> bytes:
        """The picture at an address.

        Raises:
            SendFailure: it is gone, too large or not to be had now.
        """
        try:
            url = URL(address)
        except ValueError:
            raise ContentRejected(ELSEWHERE, "the picture's address is none") from None
        for _ in range(REDIRECTIONS + 1):
            self._check(url)
            async with vendor_call(self._vendor), self._opened().get(url, allow_redirects=False) as response:
                if response.status not in _MOVED:
                    return await _content(response)
                url = _next(url, response.headers)
        raise ContentRejected(ELSEWHERE, "the picture's address leads round in circles")

    def _check(self, url: URL) -> None:
        if url.scheme in {"http", "https"} and url.host and url.origin() == self._home:
            return
        if url.scheme != "https" or not url.host or _is_literal(url.host):
            raise ContentRejected(ELSEWHERE, "the picture's address is not one that we call")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._total, sock_connect=CONNECT_SECONDS),
                connector=aiohttp.TCPConnector(resolver=PublicResolver(self._home.host or ""), force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is counted is what is kept: no compressed answer grows in our hands.
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
            )
        return self._session


class PublicResolver(AbstractResolver):
    """Finds addresses of the open internet only, but for one host that the operator has named."""

    def __init__(self, home: str, resolver: AbstractResolver | None = None) -> None:
        self._home = home
        self._resolver = resolver or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The host's public addresses.

        Raises:
            OSError: it has none.
        """
        found = await self._resolver.resolve(host, port, family)
        public = [each for each in found if host == self._home or ip_address(each["host"]).is_global]
        if not public:
            raise OSError("no public address")
        return public

    async def close(self) -> None:
        """Free what the resolver holds."""
        await self._resolver.close()


async def _content(response: aiohttp.ClientResponse) -> bytes:
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(pause(response.headers.get("Retry-After", ""), RETRY_SECONDS))
    if response.status in _LATER:
        raise TemporarilyUnavailable(f"the picture's server answered {response.status}")
    if response.status != HTTPStatus.OK:
        raise ContentRejected(str(response.status), f"the picture's server answered {response.status}")
    content = bytearray()
    too_large = (response.content_length or 0) > PHOTO_LIMIT
    while not too_large and (chunk := await response.content.read(_CHUNK)):
        content += chunk
        too_large = len(content) > PHOTO_LIMIT
    if too_large:
        raise ContentRejected(TOO_LARGE, f"the picture has more than {PHOTO_LIMIT} bytes")
    return bytes(content)


def _next(url: URL, headers: Mapping[str, Any]) -> URL:
    try:
        return url.join(URL(str(headers.get("Location", ""))))
    except ValueError:
        raise ContentRejected(ELSEWHERE, "the picture's address leads nowhere") from None


def _is_literal(host: str) -> bool:
    """Whether it is an address in figures: a vendor's servers have names."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        # Also 127.1 and 2130706433, which some systems take for addresses.
        return host.rpartition(".")[2].isdecimal()
    return True
