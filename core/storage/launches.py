"""Who opens our page inside a messenger: his language and the accounts linked to his address."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from core.domain.accounts import Account
from core.domain.messages import Address
from core.storage.tables import account, link, profile

_COLUMNS = ("id", "number", "branch", "address", "balance", "balance_date")


class Linked(NamedTuple):
    """A linked account, and what its subscriber calls it."""

    account: Account
    name: str


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
