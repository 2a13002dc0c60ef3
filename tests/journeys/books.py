"""What stands in the database beside a conversation: what billing has told, and what a step has left."""

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, func, or_, select

from core.domain.decisions import PHOTO_WAITS
from core.domain.messages import Address, PhotoRead
from core.domain.privacy import mask_address
from core.domain.windows import period_text
from core.storage.tables import account, case, case_action, event, link, meter, outbox, payment_order, profile, reading

_SEEN = (
    select(reading).order_by(reading.c.sent_at, reading.c.id),
    select(case).order_by(case.c.opened_at, case.c.id),
    select(case_action).order_by(case_action.c.id),
    select(link).order_by(link.c.linked_at, link.c.id),
    select(profile),
    select(event.c.channel, event.c.external_id, event.c.code).order_by(event.c.id),
    select(payment_order).order_by(payment_order.c.id),
)
_LOOKED_AT = select(event.c.channel, event.c.code).where(
    or_(event.c.code == PHOTO_WAITS, event.c.kind == PhotoRead.__name__)
)
_WAITING = select(outbox.c.channel, func.count()).group_by(outbox.c.channel)


class Seen:
    """What stands in the database after a step."""

    def __init__(self, connection: Connection) -> None:
        self.readings, self.cases, self.actions, self.links, self.profiles, self.events, self.orders = (
            connection.execute(query).all() for query in _SEEN
        )
        self.outbox: Counter[str] = Counter(dict(connection.execute(_WAITING).all()))
        self.photos: Counter[str] = Counter()
        """Pictures that wait to be looked at, by channel."""
        for channel, code in connection.execute(_LOOKED_AT):
            self.photos[channel] += 1 if code == PHOTO_WAITS else -1

    def code(self, address: Address) -> str:
        """The outcome's code of the latest event."""
        codes = [row.code for row in self.events if (row.channel, row.external_id) == _where(address)]
        return codes[-1] if codes else ""

    def links_of(self, address: Address) -> list[Any]:
        return [row for row in self.links if (row.channel, row.external_id) == _where(address)]

    def profile(self, address: Address) -> Any:
        """Its row; None where there is none."""
        return next((row for row in self.profiles if (row.channel, row.external_id) == _where(address)), None)

    def dialogue(self, address: Address) -> dict[str, Any]:
        """What is under way, as it is stored."""
        row = self.profile(address)
        nothing: dict[str, Any] = {"offered": [], "data": {}}
        return json.loads(row.dialogue) if row is not None and row.dialogue else nothing


class Books:
    """What billing has told us of accounts and meters; no message changes it."""

    def __init__(self, connection: Connection) -> None:
        self.accounts = {row.id: row for row in connection.execute(select(account).order_by(account.c.id))}
        self.meters = {row.id: row for row in connection.execute(select(meter))}

    def reading(self, row: Any) -> str:
        """A reading as the files write it."""
        values = "/".join(str(value) for value in (row.t1, row.t2, row.t3) if value is not None)
        return f"{self.meters[row.meter_id].serial} {period_text(row.period)} {values} {row.status}"

    def own(self, address: Address, phone: str, seen: Seen) -> set[int]:
        """The accounts that somebody may hear of: those linked to him, and those whose phone is certainly his."""
        by_phone = {key for key, row in self.accounts.items() if row.phone == phone}
        return by_phone | {row.account_id for row in seen.links_of(address)}

    def secrets(self, address: Address, own: set[int], seen: Seen) -> set[str]:
        """What this reader may not learn: all that only others' accounts have, as it would stand in a text."""
        by_owner: dict[bool, set[str]] = {True: set(), False: set()}
        for key, row in self.accounts.items():
            mine = by_owner[key in own]
            mine |= {row.number, row.bill_code, row.address, mask_address(row.address), (row.phone or "").lstrip("+")}
            if row.balance:
                mine.add(f"{abs(row.balance) // 100},{abs(row.balance) % 100:02d}")
        for row in self.meters.values():
            by_owner[row.account_id in own] |= {row.serial, *map(str, (row.t1, row.t2, row.t3))}
        for row in seen.readings:
            by_owner[row.account_id in own] |= set(map(str, (row.t1, row.t2, row.t3, row.consumption)))
        # On other channels the same play is on, with the same names.
        here = [row for row in seen.links if row.channel == address.channel]
        names = {row.name for row in here if row.external_id != address.external_id}
        return (by_owner[False] | names) - by_owner[True] - {"", "None", "0"}


def _where(address: Address) -> tuple[str, str]:
    return address.channel, address.external_id
