"""Loads and stores what we know of addresses: profiles, links to accounts, failed proofs, one-time links.

Everything is done for a whole batch at once, with a fixed number of statements, as in `load` and `store`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, bindparam, case, func, select

from core.domain.autopay import Reason
from core.domain.decisions import Decision
from core.domain.facts import Facts
from core.domain.messages import Address
from core.domain.subscribers import Dialogue, Guesses, Link, Profile, Proof
from core.storage import autopay, tables
from core.storage.sets import Query, among, constant, insert_rows
from core.storage.tables import erasure, guess, handover, link, microseconds, moment, payment_page, profile

GUESSES_COUNT: Final = timedelta(days=1)
"""How long a failed proof counts against an address and an account."""
LATELY: Final = timedelta(hours=1)
CASE: Final = "case"
"""Under this name a dialogue's data keeps the case it has opened."""

_PROFILES = Query(
    select(profile, *link.c)
    .select_from(profile)
    .outerjoin(link, and_(link.c.external_id == profile.c.external_id, link.c.channel == profile.c.channel))
    .where(among(profile.c.external_id, "external_ids"))
    .order_by(link.c.id)
)
_LINKS = Query(select(link).where(among(link.c.account_id, "ids")).order_by(link.c.id))
_OPEN_CASES = Query(
    # Not `= 'open'`: SQLite would rather walk through all open cases than look these up.
    select(tables.case.c.id).where(among(tables.case.c.id, "ids"), tables.case.c.state != constant("closed"))
)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, constant(1)), else_=constant(0)))


# Three looks at one table, each by an index of its own, in one statement: `kind` tells them apart.
_GUESSES = Query(
    select(constant("sender"), guess.c.channel, guess.c.external_id, func.count(), func.max(guess.c.at))
    .where(among(guess.c.external_id, "external_ids"), guess.c.at >= bindparam("day", type_=BigInteger()))
    .group_by(guess.c.channel, guess.c.external_id)
    .union_all(
        select(constant("account"), constant(""), constant(""), func.count(), guess.c.account_id)
        .where(among(guess.c.account_id, "ids"), guess.c.at >= bindparam("day", type_=BigInteger()))
        .group_by(guess.c.account_id),
        select(constant("all"), constant(""), constant(""), func.count(), constant(0)).where(
            guess.c.at >= bindparam("hour", type_=BigInteger())
        ),
    )
)

_PROFILE: Final = (
    "external_id",
    "channel",
    "heard_at",
    "language",
    "closed_at",
    "reminders",
    "consent",
    "consent_at",
    "dialogue",
)
_LINK: Final = ("id", "account_id", "channel", "external_id", "name", "proof", "proved_at", "linked_at")
_GUESS: Final = ("id", "account_id", "channel", "external_id", "at")
_HANDOVER: Final = (
    "digest",
    "account_id",
    "channel",
    "external_id",
    "purpose",
    "language",
    "created_at",
    "expires_at",
)
_PAGE: Final = (
    "digest",
    "account_id",
    "amount",
    "channel",
    "external_id",
    "language",
    "created_at",
    "expires_at",
    "autopay_id",
)
_UNLINK: Final = link.delete().where(link.c.id == bindparam("key"))

# Twice as fast as calling the class.
_PROOFS: Final = {proof.value: proof for proof in Proof}

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Row = tuple[Any, ...]


def load_profiles(connection: Connection, facts: Facts, external_ids: Sequence[str]) -> None:
    """The profiles of those who write, and the accounts linked to their addresses."""
    width = len(_PROFILE)
    for row in _PROFILES.rows(connection, external_ids=external_ids):
        address = Address(row[1], row[0])
        if address not in facts.profiles:
            facts.profiles[address] = _to_profile(row[:width])
        if row[width] is not None:
            facts.links.setdefault(address, []).append(to_link(row[width:]))


def talked_about(facts: Facts) -> set[int]:
    """The accounts that the dialogues under way are about."""
    return {key for known in facts.profiles.values() if known.dialogue for key in known.dialogue.account_ids}


def load_around(connection: Connection, facts: Facts, now: datetime) -> None:
    """Who else is linked to the accounts loaded, which proofs have failed, and which dialogues' cases are open."""
    account_ids = list(facts.account_by_id)
    # Mostly the senders' own, which are there already.
    known = {each.id: each for links in facts.links.values() for each in links}
    for row in _LINKS.rows(connection, ids=account_ids):
        found = known.get(row[0]) or to_link(row)
        facts.links_of_account.setdefault(found.account_id, []).append(found)
    failed = _GUESSES.rows(
        connection,
        external_ids=[address.external_id for address in facts.profiles],
        ids=account_ids,
        day=microseconds(now - GUESSES_COUNT),
        hour=microseconds(now - LATELY),
    )
    for kind, channel, external_id, count, last in failed:
        if kind == "sender":
            facts.guesses[Address(channel, external_id)] = Guesses(count, moment(last))
        elif kind == "account":
            facts.guesses_of_account[last] = count
        else:
            facts.guesses_lately = count
    cases = [
        known.dialogue.data[CASE] for known in facts.profiles.values() if known.dialogue and CASE in known.dialogue.data
    ]
    facts.open_cases = {row[0] for row in _OPEN_CASES.rows(connection, ids=cases)} if cases else set()


def store_profiles(
    connection: Connection, decisions: Sequence[Decision], new_key: Callable[[], int], now: datetime
) -> None:
    """Write what a batch has changed about addresses."""
    # The last state of each counts: a subscriber may have written several times within the batch.
    changed = {each.profile.address: each.profile for each in decisions if each.profile is not None}
    insert_rows(
        connection, profile, _PROFILE, [_profile_row(each) for each in changed.values()], replacing=_PROFILE[:2]
    )
    unlinked = {gone.id: gone for each in decisions for gone in each.unlinked}
    links = {kept.id: kept for each in decisions for kept in each.links if kept.id not in unlinked}
    if unlinked:
        connection.execute(_UNLINK, [{"key": key} for key in unlinked])
    insert_rows(connection, link, _LINK, [_link_row(each) for each in links.values()], replacing=("id",))
    guesses = [
        (new_key(), account_id, *_names(each.event.address), microseconds(now))
        for each in decisions
        for account_id in each.guessed
    ]
    insert_rows(connection, guess, _GUESS, guesses)
    insert_rows(connection, handover, _HANDOVER, [row for each in decisions for row in _handover_rows(each, now)])
    insert_rows(connection, payment_page, _PAGE, [row for each in decisions for row in _page_rows(each, now)])
    autopay.put(connection, [item for each in decisions for item in each.autopays])
    autopay.skip(connection, [key for each in decisions for key in each.autopay_skips])
    autopay.end(connection, [key for each in decisions for key in each.autopay_stops], Reason.CANCELLED, now)
    forget(connection, [(each.key, each.event.address) for each in decisions if each.forgets], now)


def forget(connection: Connection, wishes: Sequence[tuple[int, Address]], now: datetime) -> None:
    """Drop what ties a person to an address at once; what he wrote goes in the background (`core.storage.erasure`).

    A wish's key says how far it reaches: rows with smaller keys, and with its own, are older than the wish.
    """
    if not wishes:
        return
    gone = [{"channel_": address.channel, "who": address.external_id} for _, address in wishes]
    for table in (link, guess, handover, payment_page, profile):
        mine = and_(table.c.external_id == bindparam("who"), table.c.channel == bindparam("channel_"))
        connection.execute(table.delete().where(mine), gone)
    insert_rows(
        connection,
        erasure,
        ("id", "channel", "external_id", "asked_at"),
        [(key, *_names(address), microseconds(now)) for key, address in wishes],
    )


def _names(address: Address) -> tuple[str, str]:
    return address.channel, address.external_id


def _to_profile(row: Sequence[Any]) -> Profile:
    external_id, channel, heard_at, language, closed_at, reminders, consent, consent_at, dialogue = row
    return Profile(
        address=Address(channel, external_id),
        heard_at=moment(heard_at),
        language=language,
        closed_at=None if closed_at is None else moment(closed_at),
        reminders=bool(reminders),
        consent=consent,
        consent_at=None if consent_at is None else moment(consent_at),
        dialogue=_to_dialogue(dialogue),
    )


def _profile_row(item: Profile) -> Row:
    return (
        item.address.external_id,
        item.address.channel,
        microseconds(item.heard_at),
        item.language,
        None if item.closed_at is None else microseconds(item.closed_at),
        item.reminders,
        item.consent,
        None if item.consent_at is None else microseconds(item.consent_at),
        _dialogue_text(item.dialogue),
    )


def _to_dialogue(text: str) -> Dialogue | None:
    if not text:
        return None
    kept = json.loads(text)
    return Dialogue(
        step=kept["step"],
        at=moment(kept["at"]),
        data=kept["data"],
        offered=[(label, token) for label, token in kept["offered"]],
        account_ids=kept["accounts"],
    )


def _dialogue_text(dialogue: Dialogue | None) -> str:
    if dialogue is None:
        return ""
    return _encode(
        {
            "step": dialogue.step,
            "at": microseconds(dialogue.at),
            "data": dialogue.data,
            "offered": dialogue.offered,
            "accounts": dialogue.account_ids,
        }
    )


def to_link(row: Sequence[Any]) -> Link:
    """A row of the table `link`, all columns in their order."""
    key, account_id, channel, external_id, name, proof, proved_at, linked_at = row
    return Link(
        id=key,
        account_id=account_id,
        address=Address(channel, external_id),
        name=name,
        proof=_PROOFS[proof],
        proved_at=moment(proved_at),
        linked_at=moment(linked_at),
    )


def _link_row(item: Link) -> Row:
    return (
        item.id,
        item.account_id,
        *_names(item.address),
        item.name,
        item.proof.value,
        microseconds(item.proved_at),
        microseconds(item.linked_at),
    )


def _handover_rows(decision: Decision, now: datetime) -> Iterable[Row]:
    return [
        (
            each.digest,
            each.account_id,
            *_names(decision.event.address),
            each.purpose,
            each.language,
            microseconds(now),
            microseconds(each.expires_at),
        )
        for each in decision.handovers
    ]


def _page_rows(decision: Decision, now: datetime) -> Iterable[Row]:
    return [
        (
            each.digest,
            each.account_id,
            each.amount,
            *_names(decision.event.address),
            each.language,
            microseconds(now),
            microseconds(each.expires_at),
            each.autopay_id,
        )
        for each in decision.payment_pages
    ]
