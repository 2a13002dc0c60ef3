"""Our payment page opened inside a messenger: which accounts may be paid for, and a page for the one that is chosen.

Who opened it is known by the vendor's signature (`core.ports.channel.Launches`), which the caller has checked.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.accounts import Branches
from core.domain.handovers import digest_of
from core.domain.messages import Address
from core.domain.orders import Terms
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.launches import Linked, language_of, linked_accounts
from core.storage.payments import Page, put_page

Connection = Any
"""Storage's own, which services may not import."""


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
        new_token: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """`new_token` is replaced by tests."""
        self._database = database
        self._clock = clock
        self._terms = terms
        self._branches = branches
        self._new_token = new_token

    async def choices(self, address: Address) -> Choices:
        """The accounts linked to an address; changes nothing. Raises `Unavailable`."""
        return await self._database.read(lambda connection: self._choices(connection, address))

    async def open(self, address: Address, account_id: int) -> str | None:
        """A new payment page for one of these accounts: its token. None for an account that is none of them.

        Raises:
            Unavailable: nothing was stored.
        """
        now, token = self._clock.now(), self._new_token()

        def job(connection: Connection) -> str | None:
            found = self._choices(connection, address)
            if account_id not in {item.account.id for item in found.accounts}:
                return None
            page = Page(
                digest=digest_of(token),
                account_id=account_id,
                address=address,
                language=found.language,
                amount=None,
                order_id=None,
                expires_at=now + self._terms.lasts,
            )
            put_page(connection, page, now)
            return token

        return await self._database.write(job)

    def _choices(self, connection: Connection, address: Address) -> Choices:
        linked = linked_accounts(connection, address)
        payable = [item for item in linked if self._takes(item.account.branch)]
        return Choices(language=language_of(connection, address), accounts=payable, is_linked=bool(linked))

    def _takes(self, branch: str) -> bool:
        return branch in self._branches and branch in self._terms.providers
