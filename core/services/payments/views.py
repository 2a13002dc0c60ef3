"""What our payment page shows, read at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from core.domain.accounts import Account, Branches
from core.domain.orders import OPEN, Attempt, Order, OrderState, Terms, in_transit
from core.storage.payments import Page, attempts_of, find_account, find_order, paid_lately


class Stage(StrEnum):
    """Where a payment stands, as the page says it."""

    OPEN = "open"
    """Nothing is under way: the sum can be changed, and paid."""
    ASKING = "asking"
    """The provider has not answered yet; the page asks again by itself."""
    WAITING = "waiting"
    """The provider waits for the subscriber."""
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    UNPAYABLE = "unpayable"
    """The account's branch takes no payments now, or the account is not on file any more."""


_ENDED: Final = {
    OrderState.PAID: Stage.PAID,
    OrderState.REFUNDED: Stage.REFUNDED,
    OrderState.FAILED: Stage.FAILED,
    OrderState.EXPIRED: Stage.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page. Money is in kopecks."""

    stage: Stage
    language: str
    account: Account | None = field(default=None, repr=False)
    transit: int = 0
    """Paid already, and not in the balance yet."""
    amount: int | None = None
    """What is being paid, or proposed; None where the subscriber is to say."""
    provider: str = ""
    method: str = ""
    pay_url: str = field(default="", repr=False)
    receipt_url: str = field(default="", repr=False)
    saves: bool = False
    """The payment stores the card for autopay, as was agreed to in the chat."""


def view_of(connection: Any, page: Page, terms: Terms, branches: Branches, now: datetime) -> View:  # noqa: ANN401 - storage's Connection, which services may not import
    """What a page shows now. Reads only."""
    order = None if page.order_id is None else find_order(connection, page.order_id)
    account = find_account(connection, page.account_id)
    if account is None or account.branch not in branches:
        return View(stage=Stage.UNPAYABLE, language=page.language)
    paid = paid_lately(connection, [account.id], now).get(account.id, ())
    transit = in_transit(paid, account.balance_date, branches[account.branch].timezone)
    attempt = _telling(attempts_of(connection, order.id)) if order is not None else None
    stage = _stage(page, order, attempt, now)
    provider = terms.providers.get(account.branch, "")
    if stage is Stage.OPEN and not provider:
        stage = Stage.UNPAYABLE
    return View(
        stage=stage,
        language=page.language,
        account=account,
        transit=transit,
        amount=order.amount if order is not None else _proposed(page, account, transit, terms),
        provider=attempt.provider if attempt is not None and stage is Stage.WAITING else provider,
        method=attempt.method if attempt is not None else "",
        pay_url=attempt.pay_url if attempt is not None and stage is Stage.WAITING else "",
        receipt_url=order.receipt_url if order is not None else "",
        saves=page.autopay_id is not None,
    )


def _proposed(page: Page, account: Account, transit: int, terms: Terms) -> int | None:
    """What the page was made with, else the debt; None where there is nothing to propose."""
    if page.amount is not None:
        return page.amount or None
    owed = (account.balance or 0) - transit
    return terms.proposed(owed) if owed > 0 else None


def _telling(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that the page speaks of: the last one that is open, else the last."""
    return next((each for each in reversed(attempts) if each.state in OPEN), attempts[-1] if attempts else None)


def _stage(page: Page, order: Order | None, attempt: Attempt | None, now: datetime) -> Stage:
    if order is not None and order.state in {OrderState.PAID, OrderState.REFUNDED}:
        return _ENDED[order.state]
    if page.expires_at <= now:
        return Stage.EXPIRED
    if order is None:
        return Stage.OPEN
    if order.state in OPEN:
        return Stage.WAITING if attempt is not None and attempt.pay_url else Stage.ASKING
    return _ENDED[order.state]
