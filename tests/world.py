"""A small retailer for tests: two branches, a few accounts of every kind, and builders for what subscribers send."""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from core.domain.accounts import Branch, Limits, search_key
from core.domain.messages import Address, Arrival, Capabilities, TextReceived, TextUnit
from core.services.desk import Policy, Rules
from core.services.texts import Texts
from core.storage.tables import account, account_alias, meter

SMS = Capabilities(text_limit=2, text_unit=TextUnit.SEGMENTS, address_is_phone=True, delivery_reports=True)
"""What the SMS channel can do."""

KHABAROVSK = Branch(code="khb", name="Хабаровск", timezone=ZoneInfo("Asia/Vladivostok"), phones=("8-800-100-37-77",))
AMUR = Branch(code="amur", name="Амур", timezone=ZoneInfo("Asia/Yakutsk"), phones=("8-800-100-72-00",))

SUBSCRIBER = "+79141234567"
"""The phone on file of every account that has one."""
STRANGER = "+79991112233"

_ids = itertools.count(1)


def rules(*branches: Branch, policy: Policy | None = None, limits: Limits | None = None) -> Rules:
    """The desk's rules over the given branches, or Khabarovsk and Amur."""
    chosen = {branch.code: branch for branch in branches or (KHABAROVSK, AMUR)}
    return Rules(branches=chosen, texts=Texts(), capabilities={"sms": SMS, "console": SMS}, policy=policy or Policy())


def text(body: str, sender: str = STRANGER, sent_at: datetime | None = None, event_id: str = "") -> TextReceived:
    """One SMS."""
    return TextReceived(
        event_id=event_id or f"test:{next(_ids)}",
        address=Address("sms", sender),
        sent_at=sent_at or datetime(2026, 11, 22, 2, 0, tzinfo=UTC),
        text=body,
    )


def arrivals(events: Sequence[TextReceived], received_at: datetime) -> list[Arrival]:
    """Events as an inbox hands them over."""
    return [Arrival(event, received_at) for event in events]


def fill(accounts: Sequence[dict[str, Any]]) -> Callable[[Connection], None]:
    """A job that stores accounts: `number`, `meters` (dicts of meter columns), and any column of `account`."""

    def job(connection: Connection) -> None:
        for given in accounts:
            row = dict(given)
            meters = row.pop("meters", [])
            old = row.pop("old", None)
            key = next(_ids)
            values = {"id": key, "number_key": search_key(row["number"]), "branch": "khb"} | row
            connection.execute(insert(account).values(values))
            if old:
                alias = {"old_key": search_key(old), "old_number": old, "account_id": key}
                connection.execute(insert(account_alias).values(alias))
            for item in meters:
                connection.execute(insert(meter).values(_meter(item, key)))

    return job


def _meter(given: dict[str, Any], account_id: int) -> dict[str, Any]:
    columns = {
        "id": next(_ids),
        "account_id": account_id,
        "serial_key": search_key(given["serial"]),
        "zones": 1,
        "digits": 5,
        "ratio": 1,
        "t1": 5000,
        "read_on": date(2026, 10, 23),
        "automatic": False,
    }
    return columns | given


def month_ago() -> date:
    """Thirty days before today, for tests of a process that has the real clock."""
    return date.fromordinal(datetime.now(UTC).date().toordinal() - 30)
