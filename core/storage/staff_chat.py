"""The staff chat's rows: links of people, one-time codes, groups that moved, and what was posted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, insert, or_, select, update

from core.domain.keys import Keys
from core.domain.staff import Member
from core.storage.cases.lookup import ENTRIES, to_entry
from core.storage.cases.types import OPEN, Entry
from core.storage.sets import constant
from core.storage.staff import by_id
from core.storage.tables import case, staff_chat_code, staff_chat_link, staff_chat_move, staff_post

UNDO_REACH: Final = timedelta(hours=1)
"""How long after it was shown as decided a case may be opened again: longer than any bulk decision can be undone."""


class PostState(StrEnum):
    """How far a post has come."""

    WAITING = "waiting"
    """It is not in the group, for certain."""
    SENDING = "sending"
    """It was handed over, and nobody has said yet whether it was taken: after a crash, nobody ever will."""
    POSTED = "posted"
    """It stands there, and the case is shown as open."""
    DONE = "done"
    """It stands there, and the case is shown as decided."""
    GONE = "gone"
    """It was deleted, or can be changed no more, or was never taken."""
    DIGEST = "digest"
    """The case was counted in a digest, and has no post of its own."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a messenger."""

    channel: str
    chat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPost:
    """A post about a case, and the case as it is now."""

    id: int
    number: str
    state: PostState
    shown_version: int
    entry: Entry


# ---------------------------------------------------------------- people


def offer_code(connection: Connection, digest: str, staff_id: int, now: datetime, expires_at: datetime) -> None:
    """Store a code; the earlier one of the same person is good no more, and others' old ones go on the occasion."""
    mine = or_(staff_chat_code.c.staff_id == staff_id, staff_chat_code.c.expires_at <= now)
    connection.execute(delete(staff_chat_code).where(mine))
    connection.execute(insert(staff_chat_code).values(digest=digest, staff_id=staff_id, expires_at=expires_at))


def use_code(connection: Connection, digest: str, channel: str, external_id: str, now: datetime) -> Member | None:
    """Link an account of a messenger to the person who was shown the code; None where the code is not good.

    The code is used up. Whoever either of the two was linked to before is so no more.
    """
    good = and_(staff_chat_code.c.digest == digest, staff_chat_code.c.expires_at > now)
    found = connection.execute(delete(staff_chat_code).where(good).returning(staff_chat_code.c.staff_id))
    staff_id = found.scalar_one_or_none()
    person = None if staff_id is None else by_id(connection, staff_id)
    if person is None or person.member.disabled_at is not None:
        return None
    links = staff_chat_link.c
    either = or_(links.external_id == external_id, links.staff_id == staff_id)
    connection.execute(delete(staff_chat_link).where(links.channel == channel, either))
    connection.execute(
        insert(staff_chat_link).values(external_id=external_id, channel=channel, staff_id=staff_id, linked_at=now)
    )
    return person.member


def linked(connection: Connection, channel: str, external_id: str) -> Member | None:
    """Who of the staff this account of a messenger is."""
    links = staff_chat_link.c
    query = select(links.staff_id).where(links.external_id == external_id, links.channel == channel)
    staff_id = connection.execute(query).scalar_one_or_none()
    found = None if staff_id is None else by_id(connection, staff_id)
    return None if found is None else found.member


def linked_since(connection: Connection, staff_id: int, channel: str) -> datetime | None:
    """Since when somebody is linked; None where he is not."""
    links = staff_chat_link.c
    query = select(links.linked_at).where(links.staff_id == staff_id, links.channel == channel)
    return connection.execute(query).scalar_one_or_none()


def unlink(connection: Connection, staff_id: int) -> int:
    """Take somebody's links and code back; how many links there were."""
    connection.execute(delete(staff_chat_code).where(staff_chat_code.c.staff_id == staff_id))
    return connection.execute(delete(staff_chat_link).where(staff_chat_link.c.staff_id == staff_id)).rowcount


# ---------------------------------------------------------------- the group


def present(connection: Connection, group: Group) -> Group:
    """The group under the number that it has now, however often it has moved."""
    moves = staff_chat_move.c
    rows = connection.execute(select(moves.chat, moves.moved_to).where(moves.channel == group.channel))
    known: dict[str, str] = {row.chat: row.moved_to for row in rows}
    chat, seen = group.chat, {group.chat}
    while (to := known.get(chat, chat)) not in seen:
        chat = to
        seen.add(to)
    return Group(group.channel, chat)


def move(connection: Connection, group: Group, to: str, now: datetime) -> None:
    """Note that a group has another number. What stands in the old one can be reached no more: open cases are new."""
    moves, posts = staff_chat_move.c, staff_post.c
    connection.execute(delete(staff_chat_move).where(moves.channel == group.channel, moves.chat.in_([group.chat, to])))
    connection.execute(insert(staff_chat_move).values(chat=group.chat, channel=group.channel, moved_to=to))
    there = and_(posts.channel == group.channel, posts.chat == group.chat, posts.state != PostState.DIGEST)
    connection.execute(update(staff_post).where(there).values(state=PostState.GONE, changed_at=now))


# ---------------------------------------------------------------- posts


def fresh(
    connection: Connection, group: Group, *, kinds: Iterable[str], since: datetime, until: datetime, limit: int
) -> list[Entry]:
    """Open cases of these kinds, opened since then, that this group knows nothing of; the earliest first."""
    query = ENTRIES.where(_fresh(group, kinds, since, until)).order_by(case.c.opened_at, case.c.id).limit(limit)
    return [to_entry(row) for row in connection.execute(query)]


def take_up(
    connection: Connection, group: Group, keys: Keys, entries: Sequence[Entry], *, state: PostState, now: datetime
) -> None:
    """Note that cases are to be posted, or are counted in a digest; one statement."""
    rows = [
        {
            "id": keys.new(now),
            "case_id": entry.case.id,
            "channel": group.channel,
            "chat": group.chat,
            "state": state,
            "shown_version": entry.case.version,
            "created_at": now,
            "changed_at": now,
        }
        for entry in entries
    ]
    if rows:
        connection.execute(insert(staff_post), rows)


def unposted(connection: Connection, group: Group) -> list[StaffPost]:
    """Posts that are not known to stand in the group, the earliest first."""
    states = [constant(PostState.WAITING.value), constant(PostState.SENDING.value)]
    query = _posts(group).where(staff_post.c.state.in_(states)).order_by(staff_post.c.id)
    return [_post(row) for row in connection.execute(query)]


def stale(connection: Connection, group: Group, now: datetime, limit: int) -> list[StaffPost]:
    """Posts that do not show their case as it is, those longest unchanged first."""
    lately = and_(staff_post.c.state == constant(PostState.DONE.value), staff_post.c.changed_at > now - UNDO_REACH)
    shown = or_(staff_post.c.state == constant(PostState.POSTED.value), lately)
    query = _posts(group).where(shown, staff_post.c.shown_version != case.c.version)
    return [_post(row) for row in connection.execute(query.order_by(staff_post.c.changed_at).limit(limit))]


def of_case(connection: Connection, group: Group, case_id: int) -> StaffPost | None:
    """The post about a case."""
    row = connection.execute(_posts(group).where(staff_post.c.case_id == case_id)).one_or_none()
    return None if row is None else _post(row)


def entry_of(connection: Connection, case_id: int) -> Entry | None:
    """A case as a line of the list."""
    row = connection.execute(ENTRIES.where(case.c.id == case_id)).one_or_none()
    return None if row is None else to_entry(row)


def record(
    connection: Connection,
    key: int,
    state: PostState,
    now: datetime,
    *,
    number: str | None = None,
    version: int | None = None,
) -> None:
    """Note what became of a post, and perhaps its number and the version of the case that it shows."""
    values: dict[str, object] = {"state": state, "changed_at": now}
    values |= {} if number is None else {"number": number}
    values |= {} if version is None else {"shown_version": version}
    connection.execute(update(staff_post).where(staff_post.c.id == key).values(**values))


def _of(kinds: Iterable[str]) -> ColumnElement[bool]:
    return case.c.kind.in_(sorted(kinds))


def _fresh(group: Group, kinds: Iterable[str], since: datetime, until: datetime) -> ColumnElement[bool]:
    known = exists().where(
        staff_post.c.case_id == case.c.id, staff_post.c.chat == group.chat, staff_post.c.channel == group.channel
    )
    lately = and_(case.c.opened_at > since, case.c.opened_at <= until)
    return and_(case.c.state == constant(OPEN), lately, _of(kinds), ~known)


def _posts(group: Group) -> Select[tuple[object, ...]]:
    columns = [staff_post.c[name].label(f"post_{name}") for name in ("id", "number", "state", "shown_version")]
    query = ENTRIES.add_columns(*columns).join(staff_post, staff_post.c.case_id == case.c.id)
    return query.where(staff_post.c.channel == group.channel, staff_post.c.chat == group.chat)


def _post(row: Row[tuple[object, ...]]) -> StaffPost:
    return StaffPost(
        id=row.post_id,
        number=row.post_number,
        state=PostState(row.post_state),
        shown_version=row.post_shown_version,
        entry=to_entry(row),
    )
