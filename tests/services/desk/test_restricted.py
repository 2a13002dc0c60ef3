"""A restricted channel: whatever is on file and whatever is said, no personal or payment data go out."""

import re
import tomllib
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.accounts import Account
from core.domain.decisions import Decision
from core.domain.money import roubles
from core.domain.orders import Terms
from core.domain.privacy import restricted
from core.domain.subscribers import Identity
from tests import world
from tests.domain.test_estimate import LISTS
from tests.journeys.player import FILES, SENDERS
from tests.services.desk.talk import ALL, MESSAGES, MOMENTS, NOON, Talk

SAID = sorted(
    {
        step["text"]
        for path in FILES
        for journey in tomllib.loads(path.read_text(encoding="utf-8"))["journey"]
        for step in journey["step"]
        if step.get("text")
    }
)
"""Everything that somebody says in a journey."""
ESTIMATE = "редварительно"
"""Stands in every text that tells what readings would cost."""
STREETS = ("Ленина", "Карла Маркса", "Уссурийский бульвар")
FACTS = st.fixed_dictionaries(
    {
        # Sums of at least four digits: `0,05` may stand anywhere.
        "balance": st.one_of(st.none(), st.integers(100_000, 10**9), st.integers(-(10**9), -100_000)),
        "balance_date": st.dates(date(2026, 1, 1), date(2026, 11, 22)),
        "address": st.tuples(st.sampled_from(STREETS), st.integers(100, 999), st.integers(100, 999)).map(
            lambda parts: "г. Хабаровск, ул. {}, д. {}, кв. {}".format(*parts)
        ),
    }
)
TALKS = st.lists(
    st.tuples(st.one_of(st.sampled_from(SAID), MESSAGES), st.sampled_from(sorted(SENDERS.values())), MOMENTS),
    min_size=1,
    max_size=8,
)


def talk_over(facts: dict[str, Any], *, is_restricted: bool = True) -> Talk:
    """A conversation about every account of the world with other facts on file."""
    talk = Talk(*ALL)
    branches = {code: replace(branch, tariffs=LISTS["flat"]) for code, branch in talk.rules.branches.items()}
    identity, payments = Identity(public_url="https://sms.example.ru"), Terms(providers={"khb": "bank", "amur": "bank"})
    talk.rules = replace(talk.rules, branches=branches, identity=identity, payments=payments)
    if is_restricted:
        talk.rules = replace(talk.rules, capabilities={"sms": restricted(world.SMS)})
    changed = {key: replace(account, **facts) for key, account in talk.facts.account_by_id.items()}
    talk.facts.account_by_id = changed
    talk.facts.accounts = {key: changed[account.id] for key, account in talk.facts.accounts.items()}
    talk.facts.accounts_of_phone = {
        phone: [changed[account.id] for account in accounts] for phone, accounts in talk.facts.accounts_of_phone.items()
    }
    return talk


def leaks(decision: Decision, account: Account) -> list[str]:
    """What of an account's facts stands in anything that a decision sends to its sender."""
    sent = "\n".join(
        [decision.reply or "", decision.link, decision.link_label]
        + [f"{button.label} {button.token}" for row in decision.buttons for button in row]
    )
    # A sum may be written with or without separators, and with a point.
    sums = []
    if account.balance:
        plain = roubles(abs(account.balance))
        sums = [plain, plain.replace(",", "."), plain.partition(",")[0] + " руб"]
    street, house, flat = (re.sub(r"^.*?\. ", "", part) for part in account.address.split(", ")[1:])
    secrets = [account.number, account.address, street, f"д. {house}", f"кв. {flat}", ESTIMATE, *sums]
    return [secret for secret in secrets if secret in sent or secret in re.sub(r"[ \N{NO-BREAK SPACE}]", "", sent)]


def payment_links(decision: Decision) -> list[str]:
    """Links that lead to paying. Our own page takes over (`core.domain.handovers`): its links may go out."""
    found = re.findall(r"https?://\S+", f"{decision.reply or ''} {decision.link}")
    return [link for link in found if not re.fullmatch(r"https?://\S+/my/[\w-]+", link)]


@given(FACTS, TALKS)
@settings(max_examples=300, deadline=None)
def test_restricted_channel_tells_nothing_personal(
    facts: dict[str, Any], said: list[tuple[str, str, datetime]]
) -> None:
    """No balance, no address, no whole account number, no payment link: not to the owner either."""
    talk = talk_over(facts)
    for body, sender, moment in said:
        decision = talk.say(body, sender, moment)
        assert decision.reply
        assert payment_links(decision) == []
        for account in talk.facts.account_by_id.values():
            assert leaks(decision, account) == []


@given(TALKS)
@settings(max_examples=200, deadline=None)
def test_restricted_channel_takes_readings_like_any_other(said: list[tuple[str, str, datetime]]) -> None:
    """What becomes of a message does not depend on what its answer may say."""
    facts = {"balance": 98_765, "balance_date": date(2026, 11, 1)}
    full, narrow = (talk_over(facts, is_restricted=flag) for flag in (False, True))
    for body, sender, moment in said:
        one, other = full.say(body, sender, moment), narrow.say(body, sender, moment)
        if one.readings or other.readings:
            # Elsewhere the conversations part: here it is asked whose balance the page shall show.
            assert (one.code, one.outcome) == (other.code, other.outcome)
        assert [(item.values, item.status) for item in one.readings] == [
            (item.values, item.status) for item in other.readings
        ]


LEAKING = {
    "balance": ("БАЛАНС", "balance"),
    "balance of one account": ("баланс 2701001101", "balance"),
    "payment": ("оплата 2701001101", "balance"),
    "a number that changed": ("990011 31002206 5123", "number"),
    "what readings would cost": ("2701001103 31002203 3100 2050 1080", "sum"),
}


@pytest.mark.parametrize("name", sorted(LEAKING))
def test_other_channels_do_tell(name: str) -> None:
    """The property has something to forbid: to the owner on a full channel the same messages are answered in full."""
    body, column = LEAKING[name]
    facts = {"balance": 123_456, "address": "г. Хабаровск, ул. Ленина, д. 157, кв. 112"}
    talk = talk_over(facts, is_restricted=False)
    decision = talk.say(body, world.SUBSCRIBER, NOON)
    found = [leak for account in talk.facts.account_by_id.values() for leak in leaks(decision, account)]
    expected = {"balance": "1234,56", "number": world.ACCOUNTS["renamed"]["number"], "sum": ESTIMATE}
    assert expected[column] in found
    assert bool(payment_links(decision)) is (name == "payment")
