"""Calls to payment providers: made once, with a deadline, and what becomes of them in the words of the port.

The issuer by which staff sign in (`bot.oidc`) is called with it, too. Nothing here is logged. aiohttp's exceptions hold
the request's URL, and answers may repeat what we sent: neither stands in a failure's text.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from core.ports.channel import Misconfigured, OutcomeUnknown, RateLimited, TemporarilyUnavailable

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 20.0
"""A subscriber looks at our page meanwhile."""
PAUSE_SECONDS: Final = 30.0
"""After a 429 that names no time."""
LONGEST_PAUSE: Final = 3600.0
"""Whoever asks us to wait for more may be mistaken, and we ask again."""
LONGEST_BODY: Final = 1_000_000
"""Bytes; no answer about a payment comes near it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body stays out of reprs."""

    status: int
    body: bytes = field(default=b"", repr=False)
    retry_after: str = ""


class Caller:
    """A provider's line. Constructing one does no I/O; each call has a connection of its own.

    A connection that was kept and that the provider has closed in the meantime breaks when it is used, and nobody knows
    whether the call arrived; payments are too rare to need kept ones.
    """

    def __init__(
        self,
        provider: str,
        *,
        total: float = TOTAL_SECONDS,
        ca_file: Path | None = None,
        longest: int = LONGEST_BODY,
    ) -> None:
        """Remember how to call.

        Args:
            provider: for the wording, such as `YooKassa`.
            total: seconds for a whole call.
            ca_file: certificates to trust beside the system's own, in PEM; some banks use a national root.
            longest: bytes that an answer may have.
        """
        self._provider = provider
        self._total = total
        self._ca_file = ca_file
        self._longest = longest
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready; harmless when called twice.

        Raises:
            Misconfigured: the file of certificates cannot be read.
        """
        self._opened()

    async def close(self) -> None:
        """Free everything; harmless when called twice."""
        opened, self._session = self._session, None
        if opened is not None:
            await opened.close()

    async def get(
        self, url: str | URL, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask once.

        Raises:
            SendFailure: there was no answer (`TemporarilyUnavailable`, `OutcomeUnknown`, `Misconfigured`).
        """
        return await self._call("GET", url, params, None, headers)

    async def post(
        self, url: str | URL, data: bytes | Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Hand bytes, or the fields of a form, over once.

        Raises:
            SendFailure: there was no answer (`TemporarilyUnavailable`, `OutcomeUnknown`, `Misconfigured`).
        """
        return await self._call("POST", url, None, data, headers)

    async def _call(
        self,
        method: str,
        url: str | URL,
        params: Mapping[str, str] | None,
        data: bytes | Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        session = self._opened()
        try:
            # No redirection is followed: it would carry credentials to where they do not belong.
            async with session.request(
                method, url, params=params, data=data, headers=headers, allow_redirects=False
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_any():
                    body += chunk
                    if len(body) > self._longest:
                        raise OutcomeUnknown(f"the answer of {self._provider} is too long")
                return Answer(response.status, bytes(body), response.headers.get("Retry-After", ""))
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise Misconfigured(f"the address of {self._provider} is not an HTTP address") from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch, ssl.CertificateError):
            raise Misconfigured(f"the certificate of {self._provider} does not fit its address") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failure:
            raise TemporarilyUnavailable(f"no connection to {self._provider} ({_kind(failure)})") from None
        except (aiohttp.ClientError, TimeoutError, OSError, _Broken) as failure:
            raise OutcomeUnknown(f"the call to {self._provider} broke off ({_kind(failure)})") from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._total, sock_connect=CONNECT_SECONDS),
                connector=aiohttp.TCPConnector(force_close=True, ssl=self._trusted()),
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_never_twice,),
            )
        return self._session

    def _trusted(self) -> ssl.SSLContext | bool:
        if self._ca_file is None:
            return True
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(cafile=self._ca_file)
        except (OSError, ssl.SSLError):
            raise Misconfigured(f"the certificates for {self._provider} cannot be read") from None
        return context


def check(answer: Answer, provider: str) -> None:
    """Raise for the statuses that mean the same everywhere; whatever is left is the provider's own to read.

    401 and 403: he does not know us. 429: too fast. 5xx: he stumbled over a call that he had begun to read, so that
    nobody knows what he kept of it.

    Raises:
        Misconfigured: 401 or 403.
        RateLimited: 429.
        OutcomeUnknown: 5xx, or a redirection.
    """
    status = answer.status
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Misconfigured(f"{provider} does not accept our credentials (HTTP {status})")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(pause(answer.retry_after), f"{provider} is called too often")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise OutcomeUnknown(f"{provider} answered HTTP {status}")


def pause(retry_after: str) -> float:
    """Seconds that the header `Retry-After` asks for, an hour at most; half a minute where it names none."""
    if retry_after.isascii() and retry_after.isdecimal():
        return min(float(retry_after), LONGEST_PAUSE)
    return PAUSE_SECONDS


class _Broken(Exception):
    """The connection broke during a call. Not one of aiohttp's exceptions, so that aiohttp does not repeat the call."""


async def _never_twice(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET by itself (`IDEMPOTENT_METHODS` in aiohttp/client.py): some create by GET."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as failure:
        raise _Broken(_kind(failure)) from None


def _kind(failure: Exception) -> str:
    """The failure's class and, from the operating system, its number: nothing personal is in them."""
    if isinstance(failure, _Broken):
        return str(failure)
    number = getattr(failure, "errno", None)
    return type(failure).__name__ if number is None else f"{type(failure).__name__} {number}"
