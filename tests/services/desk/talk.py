"""Deciding without a database: the facts of a few accounts in memory, and messages one after another."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from core.domain.accounts import Account, Meter, search_key
from core.domain.decisions import Decision
from core.domain.facts import Facts
from core.domain.keys import Keys
from core.domain.readings import Reading, Status
from core.services.desk.decide import decide, read
from core.services.desk.scene import Policy
from tests import world

NOON = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ALL = tuple(name for name in world.ACCOUNTS if name != "astray")
VALUES = (0, 50, 4900, 5000, 5100, 5123, 5132, 5400, 7500, 20000, 51234, 51000, 501234, 512345)
"""Around the 5000 last billed: less, the same, usual, too large, beyond belief, with a digit too many."""


class Talk:
    """A conversation. `rules` has no limits on messages unless a policy is given: they are tested for themselves."""

    def __init__(self, *names: str, policy: Policy | None = None) -> None:
        self.facts = facts_of(*names)
        self.rules = world.rules(policy=policy or Policy(messages_per_hour=10_000, format_errors_per_day=10_000))
        self.readings: dict[int, Reading] = {}
        self._keys = Keys()

    def say(self, body: str, sender: str = world.STRANGER, sent_at: datetime = NOON) -> Decision:
        incoming = read(world.text(body, sender, sent_at), sent_at)
        decision = decide(incoming, self.facts, sent_at, self.rules, lambda: self._keys.new(sent_at), draw=world.DRAW)
        self.readings |= {reading.id: reading for reading in decision.readings}
        return decision

    def with_status(self, *statuses: Status) -> list[Reading]:
        return [reading for reading in self.readings.values() if reading.status in statuses]


def facts_of(*names: str) -> Facts:
    """The facts as `load` would find them for everything that could be asked about these accounts."""
    facts, keys = Facts(), count(1)
    for name in names:
        given = world.ACCOUNTS[name]
        account = Account(
            id=next(keys),
            number=given["number"],
            branch=given.get("branch", "khb"),
            phone=given["phone"],
            balance=given["balance"],
            balance_date=given["balance_date"],
            address=given["address"],
        )
        facts.account_by_id[account.id] = account
        for number in filter(None, (account.number, given.get("old"))):
            facts.accounts[search_key(number)] = account
        if account.phone:
            facts.accounts_of_phone.setdefault(account.phone, []).append(account)
        facts.meters[account.id] = [_meter(item, account, next(keys)) for item in given["meters"]]
    return facts


def _meter(given: dict[str, object], account: Account, key: int) -> Meter:
    columns = {"zones": 1, "digits": 5, "ratio": 1, "t1": 5000, "read_on": date(2026, 10, 23)} | given
    billed = [columns.pop(name, None) for name in ("t1", "t2", "t3")]
    billed_values = tuple(value for value in billed if isinstance(value, int))
    return Meter(id=key, account_id=account.id, billed=billed_values, **columns)  # type: ignore[arg-type] # columns


def numbers() -> Iterator[str]:
    """Every number of an account or a meter on file, as a subscriber may type it."""
    for name in ALL:
        given = world.ACCOUNTS[name]
        yield given["number"]
        yield from (item["serial"] for item in given["meters"])


def pairs() -> Iterator[str]:
    """Every account with each of its meters."""
    for name in ALL:
        given = world.ACCOUNTS[name]
        yield from (f"{given['number']} {item['serial']}" for item in given["meters"])


_VALUE = st.sampled_from([*map(str, VALUES), "05123", "5123,7", "2100", "760", "330", "1080"])
_SUBMISSION = st.tuples(st.sampled_from(list(pairs())), st.lists(_VALUE, min_size=1, max_size=3)).map(
    lambda parts: " ".join([parts[0], *parts[1]])
)
_MARKS = st.sampled_from(["#", ";", "/", "\n", "лс", "пу", "Т1", "Т2", "день", "ночь"])
_TOKENS = st.lists(st.one_of(st.sampled_from(list(numbers())), _VALUE, _MARKS), max_size=8).map(" ".join)
_COMMAND = st.tuples(
    st.sampled_from(
        ["ДА", "да", "НЕТ", "БАЛАНС", "BALANCE", "ОПЛАТА", "ПОМОЩЬ", "yes", "no", "help", "4111111111111111"]
    ),
    st.one_of(st.just(""), st.sampled_from(list(numbers()))),
).map(lambda parts: " ".join(filter(None, parts)))
MESSAGES = st.one_of(_SUBMISSION, _SUBMISSION, _COMMAND, _TOKENS, st.text(max_size=40))
"""What may come: mostly sensible, partly jumbled, partly anything at all."""
MOMENTS = st.integers(-5 * 24 * 60, 40 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))

_NUMBER = re.compile(r"\d+(?:,\d\d)?")


def figures(text: str) -> set[str]:
    """The numbers that a text shows, references left out."""
    return set(_NUMBER.findall(re.sub(r"(№|Ref\. )[0-9A-Z]{5}\b", "", text)))
