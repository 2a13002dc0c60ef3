"""The only network of the channel: one call of Viber's REST API."""

import json
from collections.abc import Mapping
from typing import Any, Final

from viberbot.api.consts import BOT_API_ENDPOINT

from channels.toolkit.http import Answer, Caller
from channels.toolkit.pictures import Pictures
from channels.viber import failures
from channels.viber.settings import Settings

HEADER: Final = "X-Viber-Auth-Token"


class Api:
    """Calls Viber. viberbot's own caller blocks, has no time limit and logs the token."""

    def __init__(self, settings: Settings, total_seconds: float) -> None:
        self._base = settings.api_base
        self._token = settings.token.get_secret_value()
        # A new connection for each call: see `toolkit.http.session`.
        self._caller = Caller("Viber", total=total_seconds, keep_connections=False)
        self._pictures = Pictures("Viber's pictures", self._base, total=total_seconds)

    async def open(self) -> None:
        """Make ready to call."""
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()
        await self._pictures.close()

    async def send_message(self, body: bytes) -> Answer:
        """Hand one message over, never twice.

        Raises:
            SendFailure: there was no answer (`toolkit.http.vendor_call`).
        """
        return await self._call(BOT_API_ENDPOINT.SEND_MESSAGE, body)

    async def picture(self, media: str) -> bytes:
        """The picture at the address that came as `media`.

        Raises:
            SendFailure: it cannot be had (`toolkit.pictures.Pictures.fetch`).
        """
        return await self._pictures.fetch(media)

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
        headers = {HEADER: self._token, "Content-Type": "application/json"}
        return await self._caller.call("POST", f"{self._base}/{method}", data=body, headers=headers)
