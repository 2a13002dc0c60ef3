"""Loads whom a round of reminders may concern, chunk by chunk, with a fixed number of statements.

It only reads, beside the writer; `core.storage.reminders` writes what comes of it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, String, and_, bindparam, func, select

from core.domain.messages import Address
from core.domain.prospects import Chunk, Lacking, Prospect, Reach
from core.domain.readings import Status
from core.storage.sets import Query, among, constant
from core.storage.tables import account, link, meter, moment, profile, reading

COUNTED: Final = (Status.ACCEPTED, Status.EXPORTED, Status.IN_REVIEW)
"""A reading in one of these states has been submitted, as far as the subscriber is concerned."""

_ACCOUNT = (account.c.id, account.c.number, account.c.phone)
_OURS = and_(account.c.branch == bindparam("branch", type_=String()), account.c.closed_on.is_(None))
_NEXT = (
    select(*_ACCOUNT)
    .where(_OURS, account.c.id > bindparam("cursor", type_=BigInteger()))
    .order_by(account.c.id)
    .limit(bindparam("most"))
)
_mine, _other = link.alias("mine"), link.alias("other")
_BY_LINK = (
    select(_other.c.account_id)
    .join_from(_mine, _other, and_(_other.c.external_id == _mine.c.external_id, _other.c.channel == _mine.c.channel))
    .where(among(_mine.c.account_id, "ids"))
)
_RELATED = Query(select(*_ACCOUNT).where(_OURS, account.c.id.in_(_BY_LINK)))
_OF_PHONES = Query(select(*_ACCOUNT).where(_OURS, among(account.c.phone, "phones")))
_METERS = Query(
    select(
        meter.c.account_id,
        meter.c.read_on,
        select(func.max(reading.c.period))
        .where(
            reading.c.meter_id == meter.c.id,
            reading.c.period <= bindparam("period", type_=BigInteger()),
            reading.c.status.in_([constant(status) for status in COUNTED]),
        )
        .scalar_subquery(),
    ).where(among(meter.c.account_id, "ids"), meter.c.closed_on.is_(None), meter.c.automatic.is_(False))
)
_PROFILE = (profile.c.heard_at, profile.c.language, profile.c.closed_at, profile.c.reminders)
_LINKS = Query(
    select(link.c.account_id, link.c.channel, link.c.external_id, link.c.linked_at, link.c.id, *_PROFILE)
    .outerjoin_from(
        link, profile, and_(profile.c.external_id == link.c.external_id, profile.c.channel == link.c.channel)
    )
    .where(among(link.c.account_id, "ids"))
)
_PHONES = Query(
    select(profile.c.external_id, *_PROFILE).where(
        among(profile.c.external_id, "phones"), profile.c.channel == bindparam("of_channel", type_=String())
    )
)


def chunk(
    connection: Connection, branch: str, period: int, *, cursor: int, most: int, phone_channel: str | None
) -> Chunk:
    """The next accounts of a branch, at most so many, with all that tells whether, where and of what to remind them.

    `phone_channel` names the channel that reaches a phone on file; None where that is not wanted.
    """
    rows = connection.execute(_NEXT, {"branch": branch, "cursor": cursor, "most": most}).all()
    ids = [row[0] for row in rows]
    if not ids:
        return Chunk((), ())
    found = {row[0]: Prospect(id=row[0], number=row[1], phone=row[2]) for row in rows}
    related = list(_RELATED.rows(connection, branch=branch, ids=ids))
    phones = list({row[2] for row in rows if row[2]}) if phone_channel else []
    if phones:
        related += _OF_PHONES.rows(connection, branch=branch, phones=phones)
    for key, number, phone in related:
        found.setdefault(key, Prospect(id=key, number=number, phone=phone))
    everybody = list(found)
    for account_id, read_on, last in _METERS.rows(connection, ids=everybody, period=period):
        day = date.fromisoformat(read_on) if isinstance(read_on, str) else read_on
        found[account_id].meters.append(Lacking(day, last))
    for account_id, channel, external_id, linked_at, key, *kept in _LINKS.rows(connection, ids=everybody):
        found[account_id].links.append(_reach(Address(channel, external_id), moment(linked_at), key, kept))
    if phone_channel and phones:
        _load_phones(connection, found.values(), phones, phone_channel)
    return Chunk(tuple(ids), tuple(found.values()))


def _load_phones(connection: Connection, prospects: Iterable[Prospect], phones: list[str], channel: str) -> None:
    """What we keep of phones on file; of most there is nothing, and they are reached all the same."""
    kept = {row[0]: row[1:] for row in _PHONES.rows(connection, phones=phones, of_channel=channel)}
    never = moment(0)
    for each in prospects:
        if each.phone:
            each.at_phone = _reach(
                Address(channel, each.phone), never, 0, kept.get(each.phone, (None,) * len(_PROFILE))
            )


def _reach(address: Address, linked_at: datetime, key: int, kept: Sequence[Any]) -> Reach:
    heard_at, language, closed_at, wanted = kept
    return Reach(
        address=address,
        heard_at=linked_at if heard_at is None else max(linked_at, moment(heard_at)),
        linked_at=linked_at,
        key=key,
        language=language or "",
        is_closed=closed_at is not None,
        is_wanted=wanted is None or bool(wanted),
    )
