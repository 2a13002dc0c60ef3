"""Our payment page opened inside a messenger: which accounts may be paid for, and a page for the one that is chosen.

Who opened it is known by the vendor's signature (`core.ports.channel.Launches`), which the caller has checked.

The same choice leads to the same page again, so that pressing a button a thousand times stores one row. Of a page's
token only the digest is stored; so it is not drawn but derived, from whose page it is and when it was made, under a key
that this process alone has and that is written down nowhere. After a restart the choice leads to another page.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from core.domain.accounts import Branches
from core.domain.handovers import digest_of
from core.domain.messages import Address
from core.domain.orders import OrderState, Terms
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.launches import Kept, Linked, begin_anew, language_of, linked_accounts, pages_since
from core.storage.payments import Page, put_page

Connection = Any
"""Storage's own, which services may not import."""
KEY_BYTES: Final = 32
FRESH: Final = 2
"""A page is led to again in the first half of its life: whoever gets to it has as long to pay."""
TICK: Final = timedelta(microseconds=1)
"""No two pages of an account and an address are made at the same moment, for it is what their tokens come from."""
_DONE: Final = frozenset({OrderState.PAID, OrderState.REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What somebody may pay for. `is_linked`: accounts are linked to his address, though perhaps none is payable."""

    language: str
    accounts: Sequence[Linked]
    is_linked: bool


class Launching:
    """Lists what can be paid, and makes payment pages. Makes no order: that is for the page's own button."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        terms: Terms,
        branches: Branches,
    ) -> None:
        self._database = database
        self._clock = clock
        self._terms = terms
        self._branches = branches
        self._key = secrets.token_bytes(KEY_BYTES)

    async def choices(self, address: Address) -> Choices:
        """The accounts linked to an address; changes nothing. Raises `Unavailable`."""
        return await self._database.read(lambda connection: self._choices(connection, address))

    async def open(self, address: Address, account_id: int) -> str | None:
        """The payment page for one of these accounts: its token. None for an account that is none of them.

        It is the page that the same choice led to before, while it is fresh and nothing was paid on it. Where it shows
        an order that is not paid, it begins anew; the order stays, and is taken up again when the same sum is chosen.

        Raises:
            Unavailable: nothing was stored.
        """
        now = self._clock.now()

        def job(connection: Connection) -> str | None:
            found = self._choices(connection, address)
            if account_id not in {item.account.id for item in found.accounts}:
                return None
            kept = pages_since(connection, address, account_id, now - self._terms.lasts / FRESH)
            again = self._again(connection, kept, address, account_id, found.language)
            return again or self._made(connection, kept, address, account_id, found.language, now)

        return await self._database.write(job)

    def _again(
        self, connection: Connection, kept: Sequence[Kept], address: Address, account_id: int, language: str
    ) -> str:
        """The token of the page that the same choice led to; empty where there is none to go back to."""
        for page in kept:
            token = self._token(address, account_id, page.created_at)
            if page.digest != digest_of(token) or page.language != language or page.order in _DONE:
                continue
            if page.order is not None:
                begin_anew(connection, page.digest, page.created_at + self._terms.lasts)
            return token
        return ""

    def _made(  # noqa: PLR0917 - whose page it is
        self,
        connection: Connection,
        kept: Sequence[Kept],
        address: Address,
        account_id: int,
        language: str,
        now: datetime,
    ) -> str:
        """The token of a new page."""
        made_at = max([now, *(page.created_at + TICK for page in kept)])
        token = self._token(address, account_id, made_at)
        page = Page(
            digest=digest_of(token),
            account_id=account_id,
            address=address,
            language=language,
            amount=None,
            order_id=None,
            expires_at=made_at + self._terms.lasts,
        )
        put_page(connection, page, made_at)
        return token

    def _token(self, address: Address, account_id: int, made_at: datetime) -> str:
        whose = json.dumps([address.channel, address.external_id, account_id, made_at.isoformat()])
        return base64.urlsafe_b64encode(hmac.digest(self._key, whose.encode(), sha256)).decode().rstrip("=")

    def _choices(self, connection: Connection, address: Address) -> Choices:
        linked = linked_accounts(connection, address)
        payable = [item for item in linked if self._takes(item.account.branch)]
        return Choices(language=language_of(connection, address), accounts=payable, is_linked=bool(linked))

    def _takes(self, branch: str) -> bool:
        return branch in self._branches and branch in self._terms.providers
