"""Who opens our page inside a messenger: his language, the accounts linked to his address, and the pages he has."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from core.domain.accounts import Account
from core.domain.messages import Address
from core.domain.orders import OrderState
from core.storage.tables import account, link, payment_order, payment_page, profile

_COLUMNS = ("id", "number", "branch", "address", "balance", "balance_date")


class Linked(NamedTuple):
    """A linked account, and what its subscriber calls it."""

    account: Account
    name: str


class Kept(NamedTuple):
    """A payment page of an address and an account, whoever made it."""

    digest: str
    language: str
    created_at: datetime
    order: OrderState | None
    """How the order stands that it shows; None for none."""


def language_of(connection: Connection, address: Address) -> str:
    """The language that the subscriber speaks in the chat; empty where we cannot tell."""
    query = select(profile.c.language).where(
        profile.c.channel == address.channel, profile.c.external_id == address.external_id
    )
    return connection.execute(query).scalar_one_or_none() or ""


def linked_accounts(connection: Connection, address: Address) -> list[Linked]:
    """The accounts that the address may ask about, those linked first before others."""
    query = (
        select(link.c.name.label("called"), *(account.c[name] for name in _COLUMNS))
        .join_from(link, account, link.c.account_id == account.c.id)
        .where(link.c.channel == address.channel, link.c.external_id == address.external_id)
        .order_by(link.c.id)
    )
    return [
        Linked(Account(**{name: getattr(row, name) for name in _COLUMNS}), row.called)
        for row in connection.execute(query)
    ]


def pages_since(connection: Connection, address: Address, account_id: int, since: datetime) -> list[Kept]:
    """The payment pages of an address and an account, the newest first; those of autopay are none of them."""
    query = (
        select(payment_page.c.digest, payment_page.c.language, payment_page.c.created_at, payment_order.c.state)
        .join_from(payment_page, payment_order, payment_page.c.order_id == payment_order.c.id, isouter=True)
        .where(
            payment_page.c.external_id == address.external_id,
            payment_page.c.channel == address.channel,
            payment_page.c.account_id == account_id,
            payment_page.c.autopay_id.is_(None),
            payment_page.c.created_at >= since,
        )
        .order_by(payment_page.c.created_at.desc())
    )
    return [
        Kept(digest, language, created_at, None if state is None else OrderState(state))
        for digest, language, created_at, state in connection.execute(query)
    ]


def begin_anew(connection: Connection, digest: str, expires_at: datetime) -> None:
    """Have a page show no order any more: it proposes what is owed, as it did at first."""
    connection.execute(
        update(payment_page)
        .where(payment_page.c.digest == digest)
        .values(order_id=None, amount=None, expires_at=expires_at)
    )
