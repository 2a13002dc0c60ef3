"""Calls to vendors: a session with time limits, and what its failures mean for a message."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from core.ports.channel import Misconfigured, OutcomeUnknown, TemporarilyUnavailable

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
"""Longer than any vendor of ours needs for an answer, shorter than a subscriber's patience."""
LONGEST_PAUSE = 3600.0
"""Whoever asks us to wait for more may be mistaken, and we ask again."""


class _Broken(Exception):
    """The connection broke during a call. Not one of aiohttp's exceptions, so that aiohttp does not repeat the call."""


async def _never_twice(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET by itself when the connection breaks: the vendor may have taken the first.

    It does so for the methods that HTTP calls idempotent (`IDEMPOTENT_METHODS` in aiohttp/client.py), and Kannel sends
    SMS by GET.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as failure:
        raise _Broken(_kind(failure)) from None


def session(
    *, total: float = TOTAL_SECONDS, connect: float = CONNECT_SECONDS, keep_connections: bool = True
) -> aiohttp.ClientSession:
    """A session for one channel; call it inside a running loop and close it.

    Args:
        total: seconds for a whole call.
        connect: seconds for making a connection.
        keep_connections: False where calls are rare and must not be in doubt: a kept connection that the vendor has
            closed in the meantime breaks when it is used, and nobody knows whether the call arrived.
    """
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=total, sock_connect=connect),
        connector=aiohttp.TCPConnector(force_close=not keep_connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_never_twice,),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; the body may repeat what we sent, so it stays out of reprs."""

    status: int
    body: bytes = field(default=b"", repr=False)
    retry_after: str = ""


class Caller:
    """A channel's way to its vendor: a session that is made when it is first needed, and calls that are made once."""

    def __init__(self, vendor: str, *, total: float = TOTAL_SECONDS, keep_connections: bool = True) -> None:
        """Makes no session yet. `vendor` is for the wording; the others are as for `session`."""
        self._vendor = vendor
        self._total = total
        self._keep_connections = keep_connections
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> aiohttp.ClientSession:
        """The session, made if there is none."""
        if self._session is None:
            self._session = session(total=self._total, keep_connections=self._keep_connections)
        return self._session

    async def close(self) -> None:
        """Close the session, if there is one."""
        opened, self._session = self._session, None
        if opened is not None:
            await opened.close()

    async def call(
        self,
        method: str,
        url: str | URL,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call, never twice. No redirection is followed: it would carry a token to where it does not belong.

        Raises:
            SendFailure: there was no answer (`vendor_call`).
        """
        opened = await self.open()
        async with (
            vendor_call(self._vendor),
            opened.request(method, url, headers=headers, data=data, allow_redirects=False) as response,
        ):
            return Answer(response.status, await response.read(), response.headers.get("Retry-After", ""))


def pause(retry_after: str, default: float) -> float:
    """Seconds that the header `Retry-After` asks for, an hour at most; the default where it says nothing in seconds."""
    return min(float(retry_after), LONGEST_PAUSE) if retry_after.isascii() and retry_after.isdecimal() else default


@asynccontextmanager
async def vendor_call(vendor: str) -> AsyncIterator[None]:
    """Turn aiohttp's exceptions into send failures: before the connection stood nothing was sent, after it who knows.

    The causes are dropped from the chain: aiohttp's exceptions hold the request's URL, and with it passwords and texts.

    Args:
        vendor: for the wording, such as `Kannel`.

    Raises:
        TemporarilyUnavailable: no connection was made.
        OutcomeUnknown: the connection broke or the answer did not come in time.
        Misconfigured: the address is no HTTP address, or the vendor's certificate is not valid for it.
    """
    try:
        yield
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        raise Misconfigured(f"the address of {vendor} is not an HTTP address") from None
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch, ssl.CertificateError):
        raise Misconfigured(f"the certificate of {vendor} does not fit its address") from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failure:
        raise TemporarilyUnavailable(f"no connection to {vendor} ({_kind(failure)})") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        raise OutcomeUnknown(f"the call to {vendor} broke off ({_kind(failure)})") from None
    except _Broken as broken:
        raise OutcomeUnknown(f"the call to {vendor} broke off ({broken})") from None


def _kind(failure: Exception) -> str:
    """The failure's class and, from the operating system, its number: nothing personal is in them."""
    number = getattr(failure, "errno", None)
    return type(failure).__name__ if number is None else f"{type(failure).__name__} {number}"
