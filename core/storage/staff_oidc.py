"""OpenID Connect: which subject of an issuer is who, and browsers on their way there and back."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, or_, select

from core.storage.staff import Secrets, by_id
from core.storage.tables import staff, staff_oidc_journey, staff_oidc_link


def linked(connection: Connection, issuer: str, subject: str) -> Secrets | None:
    """Whose subject it is."""
    links = staff_oidc_link.c
    query = select(links.staff_id).where(links.issuer == issuer, links.subject == subject)
    staff_id = connection.execute(query).scalar_one_or_none()
    return None if staff_id is None else by_id(connection, staff_id)


def link(connection: Connection, issuer: str, subject: str, staff_id: int, now: datetime) -> bool:
    """Link a subject to an account; False, and nothing is changed, where either is linked to another already."""
    links = staff_oidc_link.c
    either = or_(links.subject == subject, links.staff_id == staff_id)
    rows = connection.execute(select(links.subject, links.staff_id).where(links.issuer == issuer, either)).all()
    if not rows:
        values = {"issuer": issuer, "subject": subject, "staff_id": staff_id, "linked_at": now}
        connection.execute(insert(staff_oidc_link).values(values))
    return all((row.subject, row.staff_id) == (subject, staff_id) for row in rows)


def unlink(connection: Connection, staff_id: int) -> int:
    """Take all links of an account back; how many there were."""
    return connection.execute(delete(staff_oidc_link).where(staff_oidc_link.c.staff_id == staff_id)).rowcount


def linked_since(connection: Connection, issuer: str) -> Mapping[str, datetime]:
    """Since when the accounts that are linked at this issuer are so, by name."""
    query = select(staff.c.name, staff_oidc_link.c.linked_at).join(staff, staff.c.id == staff_oidc_link.c.staff_id)
    return {row.name: row.linked_at for row in connection.execute(query.where(staff_oidc_link.c.issuer == issuer))}


def set_out(connection: Connection, digest: str, following: str, now: datetime, expires_at: datetime) -> None:
    """A browser sets out; those that never came back are forgotten."""
    connection.execute(delete(staff_oidc_journey).where(staff_oidc_journey.c.expires_at <= now))
    values = {"digest": digest, "following": following, "expires_at": expires_at}
    connection.execute(insert(staff_oidc_journey).values(values))


def come_back(connection: Connection, digest: str, now: datetime) -> str | None:
    """Where it goes on to; None for everybody but the first, and when it took too long."""
    mine = and_(staff_oidc_journey.c.digest == digest, staff_oidc_journey.c.expires_at > now)
    returned = delete(staff_oidc_journey).where(mine).returning(staff_oidc_journey.c.following)
    return connection.execute(returned).scalar_one_or_none()
