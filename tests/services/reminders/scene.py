"""Subscribers of messengers for the tests of reminders: linked addresses, profiles, and rules over three channels."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from core.domain.accounts import Branch
from core.domain.messages import Address, Capabilities, TextUnit
from core.domain.prospects import Lacking, Prospect, Reach
from core.domain.reminders import Hours, Kind
from core.services.reminders import Route, Rules
from core.storage.tables import account, link, meter, outbox, profile
from tests.world import KHABAROVSK, SMS, texts

CHAT = Capabilities(text_limit=4096, text_unit=TextUnit.CHARACTERS, button_rows=10, buttons_per_row=5, label_limit=40)
HEARD = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
MORNING_OF_THE_20TH = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
MORNING_OF_THE_25TH = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
MORNING_OF_THE_26TH = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
"""Nine o'clock in Khabarovsk, ten hours ahead of UTC: the window opens, its last day, the day after."""
NOVEMBER = 202611

_ids = itertools.count(1)


def rules(branch: Branch = KHABAROVSK, *, sms: bool = False, **changes: Any) -> Rules:
    """Telegram and VK, and SMS where it is wanted; all rounds by themselves, as fast as the rates allow."""
    routes = {"telegram": Route(CHAT, 15.0), "vk": Route(CHAT, 10.0)} | ({"sms": Route(SMS, 5.0)} if sms else {})
    made = Rules(
        branches={branch.code: branch},
        texts=texts(),
        routes=routes,
        phone_channel="sms" if sms else None,
        kinds=tuple(Kind),
        hours=Hours(time(9), time(21)),
        spread=timedelta(0),
    )
    return replace(made, **changes)


def reach(channel: str = "telegram", heard: int = 0, **changes: Any) -> Reach:
    """An address linked on the first of November, and heard so many days later."""
    key = next(_ids)
    given = {"address": Address(channel, f"id{key}"), "heard_at": HEARD + timedelta(days=heard), "linked_at": HEARD}
    return Reach(**(given | {"key": key} | changes))


def prospect(*links: Reach, read_on: date = date(2026, 10, 23), period: int | None = None, **changes: Any) -> Prospect:
    """An account with one meter, whose last values were read in October, and which may have a reading since."""
    key = next(_ids)
    given = {"id": key, "number": f"27010{key:05}", "meters": [Lacking(read_on, period)], "links": list(links)}
    return Prospect(**(given | changes))


def linked(number: str, channel: str, external_id: str, heard: int = 0, **columns: Any) -> Callable[[Connection], None]:
    """A job that links an account to an address heard so many days after the first of November."""

    def job(connection: Connection) -> None:
        of = connection.execute(select(account.c.id).where(account.c.number == number)).scalar_one()
        address = {"channel": channel, "external_id": external_id}
        proof = {"proof": "bill_code", "proved_at": HEARD, "linked_at": HEARD}
        connection.execute(insert(link).values({"id": next(_ids), "account_id": of} | address | proof))
        there = (profile.c.channel == channel, profile.c.external_id == external_id)
        if connection.execute(select(profile.c.channel).where(*there)).first() is None:
            kept = {"heard_at": HEARD + timedelta(days=heard), "language": "", "reminders": True}
            connection.execute(insert(profile).values(address | kept | columns))

    return job


def tower(flats: int, *channels: str, sharing: int = 1) -> Callable[[Connection], None]:
    """A job that makes accounts `40…` with a meter each, linked to `t0`, `t1` …, `sharing` accounts an address.

    Several channels take turns.
    """

    def job(connection: Connection) -> None:
        first = next(_ids) * 1_000_000
        where = channels or ("telegram",)
        addresses = [
            {"channel": where[n // sharing % len(where)], "external_id": f"t{n // sharing}"} for n in range(flats)
        ]
        numbers = [f"40{n:08}" for n in range(flats)]
        ids = [{"id": first + n, "account_id": first + n} for n in range(flats)]
        accounts = [
            {"id": key["id"], "number": number, "number_key": number, "branch": "khb"}
            for key, number in zip(ids, numbers, strict=True)
        ]
        shape = {"zones": 1, "digits": 5, "ratio": 1, "t1": 5000, "read_on": date(2026, 10, 23), "automatic": False}
        serials = [{"serial": f"5{n:07}", "serial_key": f"5{n:07}"} for n in range(flats)]
        proof = {"proof": "bill_code", "proved_at": HEARD, "linked_at": HEARD}
        profiles = [address | {"heard_at": HEARD} for address in addresses[::sharing]]
        connection.execute(insert(account), accounts)
        connection.execute(insert(meter), [key | serial | shape for key, serial in zip(ids, serials, strict=True)])
        connection.execute(insert(link), [key | address | proof for key, address in zip(ids, addresses, strict=True)])
        connection.execute(insert(profile), profiles)

    return job


def queued(connection: Connection) -> list[Any]:
    """What stands in the outbox, in the order in which it is due."""
    return list(connection.execute(select(outbox).order_by(outbox.c.due_at, outbox.c.id)).all())
