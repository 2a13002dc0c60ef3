"""Opens orders and attempts, and says what a provider is asked for."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from core.domain.accounts import Account, Branches
from core.domain.autopay import SAVED
from core.domain.handovers import digest_of
from core.domain.orders import OPEN, PATH, Attempt, Order, OrderState, Terms
from core.domain.windows import local_day
from core.ports.acquiring import Invoice, PaymentProvider
from core.services.payments.applying import expire
from core.services.texts import Texts
from core.storage.payments import (
    Page,
    attempts_of,
    find_account,
    find_order,
    find_page,
    lead_page,
    open_order,
    put_attempt,
    put_order,
    put_page,
    save_order,
)

Connection = Any
"""Storage's own, which services may not import."""
CARD: Final = "bank_card"
SPARE: Final = timedelta(minutes=2)
"""A provider's page that closes sooner is not offered again."""


class Refused(Exception):
    """The subscriber's choice cannot be paid; `field` is what is wrong: `amount`, `method` or `email`."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def _fresh_key() -> str:
    return uuid.uuid4().hex


class Opening:
    """What happens when the button of our page is pressed, up to the call."""

    def __init__(
        self,
        providers: Mapping[str, PaymentProvider],
        *,
        terms: Terms,
        branches: Branches,
        texts: Texts,
        public_url: str,
        new_key: Callable[[datetime], int],
        new_idempotency_key: Callable[[], str] = _fresh_key,
    ) -> None:
        """`new_key` makes the keys of rows; `new_idempotency_key` those that providers know an attempt by."""
        self._providers = providers
        self._terms = terms
        self._branches = branches
        self._texts = texts
        self._public_url = public_url
        self._new_key = new_key
        self._new_idempotency_key = new_idempotency_key

    def begin(
        self,
        connection: Connection,
        *,
        digest: str,
        amount: int,
        method: str,
        email: str,
        back: str,
        now: datetime,
    ) -> int | None:
        """Open or take up an order and an attempt; the attempt's key, or None where the page allows no payment.

        `back` is the token of another page that shows the same order: the provider sends the subscriber there.

        Raises:
            Refused: the provider has no such method.
        """
        page = find_page(connection, digest)
        payer = find_account(connection, page.account_id) if page is not None else None
        if page is None or payer is None or page.expires_at <= now or _is_done(connection, page):
            return None
        provider = self._providers.get(self._terms.providers.get(payer.branch, ""))
        if provider is None or payer.branch not in self._branches:
            return None
        if method and method not in provider.methods:
            raise Refused("method")
        order = self._order(connection, page, payer, amount, provider=provider, now=now)
        lead_page(connection, digest, order)
        method = method or next(iter(provider.methods), "")
        if page.autopay_id is not None and CARD in provider.methods:
            # What can be charged again without its owner.
            method = CARD
        attempts = attempts_of(connection, order.id)
        for attempt in reversed(attempts):
            wanted = (provider.name, method, page.autopay_id)
            fits = (attempt.provider, attempt.method, attempt.autopay_id) == wanted and email in {"", attempt.email}
            if fits and attempt.state in OPEN and (attempt.expires_at is None or attempt.expires_at > now + SPARE):
                return attempt.id
        attempt = Attempt(
            id=self._new_key(now),
            order_id=order.id,
            number=len(attempts) + 1,
            provider=provider.name,
            key=self._new_idempotency_key(),
            state=OrderState.CREATED,
            created_at=now,
            method=method,
            email=email,
            return_url=f"{self._public_url}{PATH}{back}",
            # Should we stop before the provider has answered, this is taken up again at once.
            look_at=now,
            autopay_id=page.autopay_id,
        )
        put_attempt(connection, attempt)
        put_page(connection, _copy(page, digest_of(back), order), now)
        return attempt.id

    def invoice(self, attempt: Attempt, order: Order, payer: Account) -> Invoice:
        """What the provider is asked for, the same every time under one key.

        Only the account's own data may change meanwhile. Then the provider refuses the key; nobody has seen yet where
        to pay, and the next press of the button begins anew.
        """
        number = payer.number
        return Invoice(
            order_id=order.id,
            attempt=attempt.number,
            amount=order.amount,
            account_number=number,
            description=self._texts.render(order.language, "payment-description", account=number),
            return_url=attempt.return_url,
            notify_url=f"{self._public_url}/hooks/pay/{attempt.provider}",
            idempotency_key=attempt.key,
            expires_at=order.expires_at,
            period=order.period,
            method="" if attempt.method == SAVED else attempt.method,
            email=attempt.email,
            phone=payer.phone or "",
            language=order.language,
            saves=attempt.autopay_id is not None and attempt.method != SAVED,
        )

    def _order(
        self,
        connection: Connection,
        page: Page,
        payer: Account,
        amount: int,
        *,
        provider: PaymentProvider,
        now: datetime,
    ) -> Order:
        """The order that is open for this account and sum, or a new one. Whoever pressed last hears how it ends."""
        order = open_order(connection, page.account_id, amount)
        if order is not None:
            expire(connection, order, now)
        if order is None or order.state not in OPEN:
            order = self._new_order(page, payer, amount, provider.name, now)
            put_order(connection, order)
        elif order.address != page.address:
            order.address = page.address
            save_order(connection, order)
        return order

    def _new_order(self, page: Page, payer: Account, amount: int, provider: str, now: datetime) -> Order:
        today = local_day(self._branches[payer.branch], now)
        day = payer.balance_date or today
        return Order(
            id=self._new_key(now),
            account_id=page.account_id,
            branch=payer.branch,
            amount=amount,
            state=OrderState.CREATED,
            provider=provider,
            created_at=now,
            expires_at=now + self._terms.lasts,
            address=page.address,
            language=page.language,
            period=day.year * 100 + day.month,
        )


def _is_done(connection: Connection, page: Page) -> bool:
    order = find_order(connection, page.order_id) if page.order_id is not None else None
    return order is not None and order.state in {OrderState.PAID, OrderState.REFUNDED}


def _copy(page: Page, digest: str, order: Order) -> Page:
    """Another page about the same order."""
    return replace(page, digest=digest, amount=order.amount, order_id=order.id, expires_at=order.expires_at)
