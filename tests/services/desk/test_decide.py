"""What holds for every conversation, whatever is said and in whichever order."""

import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.accounts import Account
from core.domain.lengths import segments
from core.domain.messages import Left
from core.domain.readings import LIVE, Status
from core.services.desk.decide import decide, read
from tests import world
from tests.services.desk.talk import ALL, MESSAGES, MOMENTS, NOON, VALUES, Talk, figures

SENDERS = st.sampled_from([world.SUBSCRIBER, world.STRANGER, "+79145550000"])
ANYTHING = st.lists(st.tuples(MESSAGES, SENDERS, MOMENTS), max_size=12)
ONE = "2701001101 31002201"
FIXED = {"20", "25", "8", "800", "100", "37", "77", "72", "00", "1234567890", "12345678", "5778", "2542", "2", "3", "5"}
"""Numbers that stand in our own texts: window, phones, the example, counts, and digits of a register."""


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_nothing_that_is_said_breaks_the_desk(messages: list[tuple[str, str, datetime]]) -> None:
    """No text raises, every reading is answered in two segments, and a meter has one accepted reading a month."""
    talk = Talk(*ALL)
    for body, sender, moment in messages:
        decision = talk.say(body, sender, moment)
        assert decision.reply
        assert segments(decision.reply) <= 2
        accepted = [(reading.meter_id, reading.period) for reading in talk.with_status(Status.ACCEPTED)]
        assert max(Counter(accepted).values(), default=0) <= 1
        in_review = {reading.id for reading in decision.readings if reading.status is Status.IN_REVIEW}
        assert in_review <= {case.reading_id for case in decision.cases}


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_nobody_learns_more_of_a_foreign_account_than_he_wrote(messages: list[tuple[str, str, datetime]]) -> None:
    """No answer to another phone shows a previous value, a consumption, a balance or a whole number on file."""
    talk = Talk(*ALL)
    written: dict[str, str] = {}
    for body, sender, moment in messages:
        written[sender] = written.get(sender, "") + " " + body
        reply = talk.say(body, sender, moment).reply or ""
        typed = re.sub(r"\D", "", written[sender])
        shown = {number for number in figures(reply) - FIXED if number not in typed}
        foreign, own = set(), set()
        for account in talk.facts.account_by_id.values():
            (own if account.phone == sender else foreign).update(_secrets(talk, account))
        assert not shown & (foreign - own)


def _secrets(talk: Talk, account: Account) -> set[str]:
    meters = talk.facts.meters[account.id]
    secrets = {account.number, *(meter.serial for meter in meters)}
    secrets |= {str(value) for meter in meters for value in meter.billed}
    if account.balance:
        secrets.add(f"{abs(account.balance) // 100},{abs(account.balance) % 100:02d}")
    for reading in talk.readings.values():
        if reading.account_id == account.id:
            secrets |= {str(value) for value in (reading.consumption, *reading.values) if value is not None}
    return secrets


FORMS = ["{} {} 5123", "{} {} 5123 2100", "{}#{}#5123", "ЛС {} ПУ {} 5123", "{} 5123", "{1} {0} 5123", "{} {} 0"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ALL)
def test_stranger_cannot_tell_a_wrong_account_from_a_wrong_meter(name: str, form: str) -> None:
    """The answers are the same to the byte, whether the account exists or not."""
    number = world.ACCOUNTS[name]["number"]
    unknown = number[:-1] + str((int(number[-1]) + 5) % 10)
    answers = {Talk(*ALL).say(form.format(account, "39999999")).reply for account in (number, unknown)}
    assert len(answers) == 1


SENT = st.lists(st.sampled_from(VALUES), min_size=2, max_size=5)


@given(SENT, st.randoms(use_true_random=False), SENDERS)
@settings(max_examples=400, deadline=None)
def test_order_of_handling_does_not_matter(values: list[int], random: Random, sender: str) -> None:
    """The latest sent wins, in whichever order the messages of a month are handled."""
    messages = [(f"{ONE} {value}", sender, NOON + timedelta(minutes=n)) for n, value in enumerate(values)]
    shuffled = list(messages)
    random.shuffle(shuffled)
    assert _accepted(shuffled) == _accepted(messages)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_order_of_four_corrections_ends_alike(order: tuple[int, ...]) -> None:
    """There and back, with one beyond belief among them: the last sent is accepted."""
    sent = [(f"{ONE} {value}", world.SUBSCRIBER, NOON + timedelta(minutes=n)) for n, value in enumerate([1, 2, 3, 1])]
    named = {1: 5123, 2: 5132, 3: 20000}
    messages = [(f"{ONE} {named[int(body[-1])]}", sender, moment) for body, sender, moment in sent]
    assert _accepted([messages[place] for place in order]) == [(5123,)]


def _accepted(messages: list[tuple[str, str, datetime]]) -> list[tuple[int, ...]]:
    """What is accepted in the end; the desk's clock goes on, so all are handled at the same moment."""
    talk = Talk("one")
    for body, sender, moment in messages:
        talk.say(body, sender, moment)
    return [reading.values for reading in talk.with_status(Status.ACCEPTED)]


def test_who_leaves_is_noted_and_not_answered() -> None:
    """Nothing reaches the address any more, until it is heard from again."""
    talk = Talk("one")
    event = Left(event_id="j", address=world.text("").address, sent_at=NOON)
    decision = decide(read(event, NOON), talk.facts, NOON, talk.rules, lambda: 1, draw=world.DRAW)
    assert (decision.code, decision.reply) == ("left", None)
    assert decision.profile is not None
    assert decision.profile.closed_at == NOON


def test_every_live_reading_of_a_meter_is_seen_by_the_next_message() -> None:
    """What one message stores, the next one finds: the facts are kept true."""
    talk = Talk("one")
    talk.say(f"{ONE} 5123")
    (meter,) = talk.facts.meters[1]
    assert [reading.values for reading in talk.facts.live(meter) if reading.status in LIVE] == [(5123,)]
