"""The only network of the channel: one call of Viber's REST API."""

import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from viberbot.api.consts import BOT_API_ENDPOINT

from channels.toolkit import http
from channels.viber import failures
from channels.viber.failures import Answer
from channels.viber.settings import Settings

HEADER: Final = "X-Viber-Auth-Token"


class Api:
    """Calls Viber. viberbot's own caller blocks, has no time limit and logs the token."""

    def __init__(self, settings: Settings, total_seconds: float) -> None:
        self._base = settings.api_base
        self._token = settings.token.get_secret_value()
        self._total_seconds = total_seconds
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session, if there is none. A new connection for each call: see `toolkit.http.session`."""
        if self._session is None:
            self._session = http.session(total=self._total_seconds, keep_connections=False)

    async def close(self) -> None:
        """Close the session, if there is one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send_message(self, body: bytes) -> Answer:
        """Hand one message over, never twice.

        Raises:
            SendFailure: there was no answer (`toolkit.http.vendor_call`).
        """
        return await self._call(BOT_API_ENDPOINT.SEND_MESSAGE, body)

    async def account(self) -> Mapping[str, Any]:
        """What Viber knows of the bot: `webhook` and `event_types` among it.

        Raises:
            SendFailure: Viber cannot be asked.
        """
        return self._read(await self._call(BOT_API_ENDPOINT.GET_ACCOUNT_INFO, b"{}"))

    async def set_webhook(self, url: str, event_types: list[str]) -> None:
        """Tell Viber where we are; it calls there before it answers.

        Raises:
            SendFailure: Viber cannot be told, or does not like the address.
        """
        body = json.dumps({"url": url, "event_types": event_types, "send_name": False, "send_photo": False})
        self._read(await self._call(BOT_API_ENDPOINT.SET_WEBHOOK, body.encode()))

    def _read(self, answer: Answer) -> Mapping[str, Any]:
        return failures.content(answer, (self._token,))

    async def _call(self, method: str, body: bytes) -> Answer:
        await self.open()
        assert self._session is not None  # noqa: S101 - `open` has just made it; for the type checker
        headers = {HEADER: self._token, "Content-Type": "application/json"}
        async with (
            http.vendor_call("Viber"),
            self._session.post(f"{self._base}/{method}", data=body, headers=headers, allow_redirects=False) as response,
        ):
            return Answer(response.status, await response.read(), response.headers.get("Retry-After", ""))
