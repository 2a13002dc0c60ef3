"""One-time links to our own page: what is behind one, and using it up."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.domain.accounts import Account
from core.domain.handovers import FILE_LASTS, Purpose, digest_of, is_token
from core.domain.messages import Address, Capabilities
from core.domain.orders import LASTS, Paid
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.handovers import Handover, account_of, find, put, use
from core.storage.holdings import Document, document
from core.storage.payments import Page, paid_lately, put_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a used link shows."""

    handover: Handover
    account: Account | None = None
    """For `BALANCE`; None where it is not on file any more."""
    paid: Sequence[Paid] = ()
    """For `BALANCE`: the account's payments of late."""
    document: Document = field(default_factory=dict, repr=False)
    """For `DATA` and `FILE`."""
    file_token: str = field(default="", repr=False)
    """For `DATA`: the token of another link, to the file."""
    pay_token: str = field(default="", repr=False)
    """For `PAYMENT`: the token of the payment page."""


class Handovers:
    """Looks behind links, and uses them up."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        capabilities: Mapping[str, Capabilities],
        new_token: Callable[[], str] = secrets.token_urlsafe,
        *,
        page_lasts: timedelta = LASTS,
    ) -> None:
        """Remember what to look with.

        Args:
            database: where links are kept.
            clock: tells whether they are still good.
            capabilities: of the channels; tells whose addresses are phones.
            new_token: makes 32 random bytes readable; it is replaced by tests.
            page_lasts: how long a payment page stays open.
        """
        self._database = database
        self._clock = clock
        self._capabilities = capabilities
        self._new_token = new_token
        self._page_lasts = page_lasts

    async def look(self, token: str) -> Handover | None:
        """What a link is for, if it is still good; uses nothing up."""
        if not is_token(token):
            return None
        now = self._clock.now()
        return await self._database.read(partial(find, digest=digest_of(token), now=now))

    async def use(self, token: str) -> Shown | None:
        """Use a link up, and what it shows; None for a link that is used, too old or none of ours.

        Of two who come at once, one gets it. Raises `Unavailable`; a balance is not used up then.
        """
        if not is_token(token):
            return None
        now, following = self._clock.now(), self._new_token()

        def job(connection: Any) -> Shown | None:  # noqa: ANN401 - storage's Connection, which services may not import
            handover = use(connection, digest_of(token), now)
            if handover is None:
                return None
            return self._behind(connection, handover, following, now)

        shown = await self._database.write(job)
        if shown is None or shown.handover.purpose in {Purpose.BALANCE, Purpose.PAYMENT}:
            return shown
        return replace(shown, document=await self.document(shown.handover.address))

    async def document(self, address: Address) -> Document:
        """Everything we hold about an address and its accounts."""
        known = self._capabilities.get(address.channel)
        is_phone = known is not None and known.address_is_phone
        return await self._database.read(partial(document, address=address, now=self._clock.now(), is_phone=is_phone))

    def _behind(self, connection: Any, handover: Handover, following: str, now: datetime) -> Shown:  # noqa: ANN401 - the same
        """What belongs into the transaction that uses the link up: it is short."""
        if handover.purpose is Purpose.DATA:
            file = replace(handover, purpose=Purpose.FILE)
            put(connection, digest_of(following), file, now, now + FILE_LASTS)
            return Shown(handover=handover, file_token=following)
        if handover.purpose is Purpose.PAYMENT and handover.account_id is not None:
            page = Page(
                digest=digest_of(following),
                account_id=handover.account_id,
                address=handover.address,
                language=handover.language,
                amount=None,
                order_id=None,
                expires_at=now + self._page_lasts,
            )
            put_page(connection, page, now)
            return Shown(handover=handover, pay_token=following)
        if handover.purpose is Purpose.BALANCE and handover.account_id is not None:
            paid = paid_lately(connection, [handover.account_id], now).get(handover.account_id, ())
            return Shown(handover=handover, account=account_of(connection, handover.account_id), paid=paid)
        return Shown(handover=handover)
