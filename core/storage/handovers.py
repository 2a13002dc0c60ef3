"""One-time links: found while they are good, and used up by whoever comes first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from core.domain.accounts import Account
from core.domain.handovers import Purpose
from core.domain.messages import Address
from core.storage.tables import account, handover


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Whom a link was sent to, and what it shows."""

    address: Address
    account_id: int | None
    purpose: Purpose
    language: str


def find(connection: Connection, digest: str, now: datetime) -> Handover | None:
    """The link with this digest, if it is still good. Uses nothing up: messengers fetch links to preview them."""
    row = connection.execute(select(handover).where(_good(digest, now))).one_or_none()
    if row is None:
        return None
    return Handover(
        address=Address(row.channel, row.external_id),
        account_id=row.account_id,
        purpose=Purpose(row.purpose),
        language=row.language,
    )


def use(connection: Connection, digest: str, now: datetime) -> Handover | None:
    """Use the link up; None for everybody but the first. The condition in the statement decides a race."""
    found = find(connection, digest, now)
    if found is None or not connection.execute(update(handover).where(_good(digest, now)).values(used_at=now)).rowcount:
        return None
    return found


def put(connection: Connection, digest: str, item: Handover, now: datetime, expires_at: datetime) -> None:
    """Store one more link for the same address."""
    connection.execute(
        handover.insert().values(
            digest=digest,
            account_id=item.account_id,
            channel=item.address.channel,
            external_id=item.address.external_id,
            purpose=item.purpose.value,
            language=item.language,
            created_at=now,
            expires_at=expires_at,
        )
    )


def account_of(connection: Connection, account_id: int) -> Account | None:
    """What the page tells of an account."""
    columns = ("id", "number", "branch", "address", "balance", "balance_date")
    query = select(*(account.c[name] for name in columns)).where(account.c.id == account_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Account(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def _good(digest: str, now: datetime) -> ColumnElement[bool]:
    return and_(handover.c.digest == digest, handover.c.used_at.is_(None), handover.c.expires_at > now)
