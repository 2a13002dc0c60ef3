"""A small retailer for tests: two branches, a few accounts of every kind, and builders for what subscribers send."""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from core.domain.accounts import Branch, Limits, search_key
from core.domain.messages import Address, Arrival, Capabilities, TextReceived, TextUnit
from core.services.desk.scene import Draw, Policy, Rules
from core.services.texts import Texts
from core.storage.tables import account, account_alias, meter

SMS = Capabilities(
    text_limit=2, text_unit=TextUnit.SEGMENTS, address_is_phone=True, delivery_reports=True, may_show_address=False
)
"""What the SMS channel can do."""

KHABAROVSK = Branch(code="khb", name="Хабаровск", timezone=ZoneInfo("Asia/Vladivostok"), phones=("8-800-100-37-77",))
AMUR = Branch(code="amur", name="Амур", timezone=ZoneInfo("Asia/Yakutsk"), phones=("8-800-100-72-00",))

SUBSCRIBER = "+79141234567"
"""The phone on file of every account that has one."""
STRANGER = "+79991112233"

CODE = "123456"
DRAW = Draw(code=lambda: CODE, token=lambda: f"token-of-enough-letters-{next(_ids)}")
"""Codes that tests can type, and tokens that differ."""

_ids = itertools.count(1)


@cache
def texts() -> Texts:
    """The service's texts, read once."""
    return Texts()


def rules(*branches: Branch, policy: Policy | None = None, limits: Limits | None = None) -> Rules:
    """The desk's rules over the given branches, or Khabarovsk and Amur."""
    chosen = {branch.code: branch for branch in branches or (KHABAROVSK, AMUR)}
    return Rules(branches=chosen, texts=texts(), capabilities={"sms": SMS, "console": SMS}, policy=policy or Policy())


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


_ADDRESS = "г. Хабаровск, ул. Ленина, 57, кв. 12"


def _named(number: str, *meters: dict[str, Any], **columns: Any) -> dict[str, Any]:
    row = {"number": number, "address": _ADDRESS, "phone": SUBSCRIBER, "balance": 98_765}
    return row | {"balance_date": date(2026, 11, 1), "meters": list(meters)} | columns


ACCOUNTS: dict[str, dict[str, Any]] = {
    "one": _named("2701001101", {"serial": "31002201"}),
    "two": _named("2701001102", {"serial": "31002202", "zones": 2, "t1": 5000, "t2": 2000}),
    "three": _named("2701001103", {"serial": "31002203", "zones": 3, "t1": 3000, "t2": 2000, "t3": 1000}),
    "pair": _named(
        "2701001104",
        {"serial": "31002204"},
        {"serial": "31002205", "zones": 2, "t1": 700, "t2": 300},
    ),
    "renamed": _named("2701001106", {"serial": "31002206"}, old="990011"),
    "automatic": _named("2701001107", {"serial": "31002207", "automatic": True}),
    "expired": _named("2701001108", {"serial": "31002208", "verification_due": date(2026, 10, 31)}),
    "replaced": _named(
        "2701001109", {"serial": "31002209", "closed_on": date(2026, 9, 1)}, {"serial": "31002210", "t1": 120}
    ),
    "transformer": _named("2701001111", {"serial": "31002211", "ratio": 20}),
    "rolling": _named("2701001112", {"serial": "31002212", "t1": 99900}),
    "long": _named("2701001113", {"serial": "31002213", "t1": 50000}),
    "amur": _named("2801001114", {"serial": "31002214"}, branch="amur"),
    "magadan": _named("0010334090", {"serial": "0002009", "t1": 8090}),
    "overpaid": _named("2701001115", {"serial": "31002215"}, balance=-5_050),
    "settled": _named("2701001116", {"serial": "31002216"}, balance=0),
    "unbilled": _named("2701001117", {"serial": "31002217"}, balance=None, balance_date=None),
    "foreign": _named("2701001118", {"serial": "31002218"}, phone="+79145550000"),
    "astray": _named("2701001119", {"serial": "31002219"}, branch="nowhere"),
    "phonelike": _named("79141112233", {"serial": "31002220"}, phone=None),
}
"""Accounts by what is special about them, all of the subscriber's unless said otherwise.

Last billed: 5000 on 23 October. So on 22 November, 30 days later, more than 450 kWh is unusual, above 1800 too large
and above 10800 beyond belief.
"""


def street(count: int) -> list[dict[str, Any]]:
    """So many plain accounts with a meter each; `sent_from` writes for them."""
    return [{"number": f"40{n:08}", "meters": [{"serial": f"5{n:07}"}]} for n in range(count)]


def sent_from(house: int, *values: int, sender: str = "", sent_at: datetime | None = None) -> TextReceived:
    """A reading of an account in the street, from a phone of its own."""
    body = " ".join(map(str, (f"40{house:08}", f"5{house:07}", *values)))
    return text(body, sender or f"+7914{house:07}", sent_at)
