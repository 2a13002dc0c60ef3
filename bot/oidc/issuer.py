"""The issuer at the other end of the network: his documents, kept for a while, and the code's redemption."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from joserfc.jwk import KeySet

from bot.oidc import protocol
from bot.oidc.protocol import Client, Distrusted, Down, Journey, NewKeys, Places
from bot.oidc.settings import Oidc
from core.acquiring.http import Caller
from core.domain.staff import Vouched
from core.ports.channel import SendFailure
from core.ports.clock import Clock

SECONDS: Final = 10.0
"""How long he may take to answer: somebody looks at an empty page meanwhile."""
KEPT: Final = timedelta(hours=1)
"""How long his documents are believed; a key that he has taken back is good no longer than that."""
CALLBACK: Final = "/staff/oidc/callback"
"""Where browsers come back to."""


def client(section: Oidc, public_url: str) -> Client:
    """Who we are to him."""
    return Client(
        issuer=section.issuer,
        client_id=section.client_id,
        secret=section.client_secret.get_secret_value(),
        redirect_uri=f"{public_url}{CALLBACK}",
        scopes=section.scopes,
        claim=section.claim,
        domain=section.domain,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What was fetched, and when."""

    places: Places
    keys: KeySet
    at: datetime


class Issuer:
    """Sends browsers to him, and redeems what they bring back. Constructing one does no I/O."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._caller = Caller("the issuer", total=SECONDS)
        self._known: _Known | None = None

    async def address(self, journey: Journey) -> str:
        """Where a browser is to be sent.

        Raises:
            Down: he does not answer, or what he says of himself cannot be used.
        """
        return protocol.authorization_url(self._client, (await self._documents()).places, journey)

    async def redeem(self, query: Mapping[str, str], journey: Journey) -> Vouched:
        """Whom he vouches for in an answer that a browser brought back; its `state` was looked at before.

        Raises:
            Down: he does not answer, or does not know us.
            Distrusted: he refused, or what he says is not to be believed.
        """
        known = await self._documents()
        code = protocol.code_of(query, known.places, self._client)
        body, headers = protocol.token_request(self._client, known.places, code, journey)
        text = protocol.id_token(*await self._post(known.places.token, body, headers))
        with contextlib.suppress(NewKeys):
            return self._vouched(text, known, journey)
        return self._vouched(text, await self._fetch(), journey)

    def _vouched(self, text: str, known: _Known, journey: Journey) -> Vouched:
        return protocol.vouched(self._client, text, known.keys, journey, self._clock.now())

    async def look(self) -> Places:
        """His documents, fetched anew.

        Raises:
            Down: he does not answer, or what he says of himself cannot be used.
        """
        return (await self._fetch()).places

    async def close(self) -> None:
        """Hang up. May be called twice."""
        await self._caller.close()

    async def _documents(self) -> _Known:
        if self._known is not None and self._clock.now() < self._known.at + KEPT:
            return self._known
        return await self._fetch()

    async def _fetch(self) -> _Known:
        found = protocol.places(await self._get(protocol.discovery_url(self._client.issuer), "discovery"), self._client)
        keys = protocol.keys(await self._get(found.keys, "keys"))
        self._known = _Known(found, keys, self._clock.now())
        return self._known

    async def _get(self, url: str, what: str) -> bytes:
        try:
            answer = await self._caller.get(url, headers={"Accept": "application/json"})
        except SendFailure as failure:
            raise Down(str(failure)) from None
        if answer.status != HTTPStatus.OK:
            raise Down(f"{what} answered HTTP {answer.status}")
        return answer.body

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            answer = await self._caller.post(url, body, headers=headers)
        except SendFailure as failure:
            raise Down(str(failure)) from None
        return answer.status, answer.body


__all__ = ["CALLBACK", "Distrusted", "Down", "Issuer", "Journey", "client"]
