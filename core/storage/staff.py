"""Staff accounts, their sessions, one-time links and known browsers. Conditions in the statements decide races."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from core.domain.staff import REMEMBERED, Member, Role, Session, Stage
from core.storage.tables import staff, staff_device, staff_invite, staff_session

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when a session was last seen: not every request needs a write."""
INVITES_KEPT: Final = timedelta(days=30)
AGENT_LENGTH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """An account with what is compared at sign-in."""

    member: Member
    password: str = field(repr=False)
    """The hash; empty before the first."""
    totp_secret: str = field(repr=False)
    totp_step: int


# ---------------------------------------------------------------- accounts


def add(connection: Connection, member: Member, now: datetime) -> bool:
    """Store a new account; False if the name is taken."""
    if connection.execute(select(staff.c.id).where(staff.c.name == member.name)).one_or_none() is not None:
        return False
    connection.execute(
        staff.insert().values(
            id=member.id,
            name=member.name,
            display_name=member.display_name,
            role=member.role.value,
            branches=json.dumps(sorted(member.branches)),
            language=member.language,
            created_at=now,
        )
    )
    return True


def by_name(connection: Connection, name: str) -> Secrets | None:
    """The account with this folded name."""
    row = connection.execute(select(staff).where(staff.c.name == name)).one_or_none()
    return None if row is None else _secrets(row)


def by_id(connection: Connection, staff_id: int) -> Secrets | None:
    """The account with this key."""
    row = connection.execute(select(staff).where(staff.c.id == staff_id)).one_or_none()
    return None if row is None else _secrets(row)


def everybody(connection: Connection) -> list[tuple[Member, datetime | None]]:
    """All accounts by name, each with when it was last seen in a session that is still on file."""
    seen = select(func.max(staff_session.c.seen_at)).where(staff_session.c.staff_id == staff.c.id).scalar_subquery()
    rows = connection.execute(select(staff, seen.label("seen_at")).order_by(staff.c.name))
    return [(_member(row), row.seen_at) for row in rows]


def is_anybody(connection: Connection) -> bool:
    """Whether there is an account at all."""
    return connection.execute(select(staff.c.id).limit(1)).one_or_none() is not None


def change(connection: Connection, staff_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of an account."""
    connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


def set_rights(connection: Connection, member: Member) -> None:
    """Store an account's role and branches."""
    change(connection, member.id, {"role": member.role.value, "branches": json.dumps(sorted(member.branches))})


def rehash(connection: Connection, staff_id: int, old: str, new: str) -> None:
    """Replace a password's hash by one with newer parameters, unless the password was changed meanwhile."""
    connection.execute(update(staff).where(staff.c.id == staff_id, staff.c.password == old).values(password=new))


def prefer(connection: Connection, staff_id: int, preferences: Mapping[str, str]) -> None:
    """Add to what somebody prefers."""
    kept = json.loads(connection.execute(select(staff.c.preferences).where(staff.c.id == staff_id)).scalar_one())
    change(connection, staff_id, {"preferences": json.dumps({**kept, **preferences}, ensure_ascii=False)})


def use_step(connection: Connection, staff_id: int, step: int) -> bool:
    """Use a time step's code up; False if it, or a later one, was used."""
    newer = and_(staff.c.id == staff_id, staff.c.totp_step < step)
    return bool(connection.execute(update(staff).where(newer).values(totp_step=step)).rowcount)


# ---------------------------------------------------------------- sessions


def open_session(connection: Connection, session: Session, now: datetime, *, rotated_from: str = "") -> None:
    """Store a session in place of the one it is rotated from; sessions that are over go on the occasion."""
    gone = staff_session.c.expires_at <= now
    connection.execute(
        delete(staff_session).where(gone | (staff_session.c.digest == rotated_from) if rotated_from else gone)
    )
    connection.execute(
        staff_session.insert().values(
            digest=session.digest,
            staff_id=session.member.id,
            stage=session.stage.value,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            rotated_from=rotated_from,
            user_agent=session.user_agent[:AGENT_LENGTH],
        )
    )


def find_session(connection: Connection, digest: str, now: datetime, idle: timedelta) -> Session | None:
    """The session, unless it is over, idle for too long, or its account is disabled."""
    query = (
        select(staff_session, *(column.label(f"his_{column.name}") for column in staff.c))
        .join(staff, staff.c.id == staff_session.c.staff_id)
        .where(_alive(now, idle), staff_session.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _session(row, _member(row, "his_"))


def sessions_of(connection: Connection, member: Member, now: datetime, idle: timedelta) -> list[Session]:
    """Somebody's sessions, the one seen last first."""
    query = select(staff_session).where(_mine(member.id), _alive(now, idle)).order_by(staff_session.c.seen_at.desc())
    return [_session(row, member) for row in connection.execute(query.join(staff))]


def see(connection: Connection, digest: str, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(update(staff_session).where(staff_session.c.digest == digest).values(seen_at=now))


def end_session(connection: Connection, digest: str) -> None:
    """End one."""
    connection.execute(delete(staff_session).where(staff_session.c.digest == digest))


def end_sessions(connection: Connection, staff_id: int, *, but: str = "") -> None:
    """End somebody's sessions, perhaps all but one."""
    connection.execute(delete(staff_session).where(_mine(staff_id), staff_session.c.digest != but))


def offer(connection: Connection, digest: str, secret: str) -> str:
    """The second factor's secret that a session shows: the one it has shown before, else the new one."""
    mine = staff_session.c.digest == digest
    connection.execute(update(staff_session).where(mine, staff_session.c.totp_offer == "").values(totp_offer=secret))
    return str(connection.execute(select(staff_session.c.totp_offer).where(mine)).scalar_one_or_none() or "")


# ---------------------------------------------------------------- one-time links


def invite(connection: Connection, digest: str, staff_id: int, now: datetime, expires_at: datetime) -> None:
    """Store a link; earlier ones of the same account are good no more."""
    stale = staff_invite.c.expires_at < now - INVITES_KEPT
    unused = and_(staff_invite.c.staff_id == staff_id, staff_invite.c.used_at.is_(None))
    connection.execute(delete(staff_invite).where(stale | unused))
    connection.execute(
        staff_invite.insert().values(digest=digest, staff_id=staff_id, created_at=now, expires_at=expires_at)
    )


def invited(connection: Connection, digest: str, now: datetime) -> Member | None:
    """Whose link it is, if it is still good. Uses nothing up."""
    query = select(staff).join(staff_invite, staff_invite.c.staff_id == staff.c.id)
    row = connection.execute(query.where(_good(digest, now), staff.c.disabled_at.is_(None))).one_or_none()
    return None if row is None else _member(row)


def use_invite(connection: Connection, digest: str, now: datetime) -> bool:
    """Use it up; False for everybody but the first."""
    return bool(connection.execute(update(staff_invite).where(_good(digest, now)).values(used_at=now)).rowcount)


def end_invites(connection: Connection, staff_id: int) -> None:
    """Take back links that were not used."""
    connection.execute(
        delete(staff_invite).where(staff_invite.c.staff_id == staff_id, staff_invite.c.used_at.is_(None))
    )


# ---------------------------------------------------------------- known browsers


def is_known(connection: Connection, digest: str, name: str, now: datetime) -> bool:
    """Whether this browser was signed in under this name before."""
    query = select(staff_device.c.digest).join(staff, staff.c.id == staff_device.c.staff_id)
    lately = staff_device.c.seen_at > now - REMEMBERED
    found = connection.execute(query.where(staff_device.c.digest == digest, staff.c.name == name, lately))
    return found.one_or_none() is not None


def know(connection: Connection, digest: str, staff_id: int, now: datetime, *, instead_of: str) -> None:
    """Remember a browser in place of the digest it had before; those not seen for long are forgotten."""
    stale = staff_device.c.seen_at <= now - REMEMBERED
    connection.execute(delete(staff_device).where((staff_device.c.digest == instead_of) | stale))
    connection.execute(staff_device.insert().values(digest=digest, staff_id=staff_id, seen_at=now))


def forget_devices(connection: Connection, staff_id: int) -> None:
    """Forget all browsers of an account."""
    connection.execute(delete(staff_device).where(staff_device.c.staff_id == staff_id))


def _mine(staff_id: int) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy
    return staff_session.c.staff_id == staff_id


def _alive(now: datetime, idle: timedelta) -> Any:  # noqa: ANN401 - the same
    return and_(staff_session.c.expires_at > now, staff_session.c.seen_at > now - idle, staff.c.disabled_at.is_(None))


def _good(digest: str, now: datetime) -> Any:  # noqa: ANN401 - the same
    return and_(staff_invite.c.digest == digest, staff_invite.c.used_at.is_(None), staff_invite.c.expires_at > now)


def _secrets(row: Row[Any]) -> Secrets:
    return Secrets(
        member=_member(row), password=row.password, totp_secret=row.totp_secret, totp_step=int(row.totp_step)
    )


def _member(row: Row[Any], prefix: str = "") -> Member:
    values = {name.removeprefix(prefix): value for name, value in row._mapping.items() if name.startswith(prefix)}  # noqa: SLF001 - SQLAlchemy's public name
    return Member(
        id=values["id"],
        name=values["name"],
        display_name=values["display_name"],
        role=Role(values["role"]),
        branches=frozenset(json.loads(values["branches"])),
        language=values["language"],
        preferences=json.loads(values["preferences"]),
        has_password=bool(values["password"]),
        has_second_factor=bool(values["totp_secret"]),
        disabled_at=values["disabled_at"],
    )


def _session(row: Row[Any], member: Member) -> Session:
    return Session(
        digest=row.digest,
        stage=Stage(row.stage),
        member=member,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        user_agent=row.user_agent,
    )
