"""A restricted channel: no way through the dialogue, and no text of it, tells what must not be told there."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.privacy import restricted
from core.services.texts import Texts
from core.services.texts.catalogue import Argument
from tests import world
from tests.domain.test_estimate import LISTS
from tests.services.desk.test_restricted import FACTS, leaks, payment_links
from tests.services.dialogue.chat import CHANNELS, Chat
from tests.services.dialogue.walking import ACTIONS, HOUSEHOLDS, act

PRIVATE = frozenset({"sum", "address"})
"""Placeholders of what a restricted channel must not say; whole account numbers are looked for in the answers."""
TELLING = frozenset(
    [
        "balance-debt",
        "balance-overpaid",
        "balance-transit",
        "account-card-address",
        "estimate-linked",
        "check-estimate-linked",
        "estimate-line-linked",
        "calculation-line-linked",
        "payment-with-readings-linked",
        "payment-link-linked",
        "payment-reading-linked",
        "payment-paid-linked",
        "payment-failed-linked",
        "payment-refunded-linked",
        "autopay-consent-fixed-linked",
        "autopay-link-linked",
        "autopay-status-fixed-linked",
        "autopay-notice-billed-linked",
        "autopay-notice-fixed-linked",
        "autopay-over-linked",
        "autopay-failed-linked",
        "autopay-paused-linked",
    ]
)
"""The texts that hold them."""
UNSAID = TELLING | {"balance-zero", "balance-unknown", "balance-more"}
"""What is never said on a restricted channel: a debt of nothing is a balance, too."""


class Watched(Texts):
    """The texts, noting which are used."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def variants(self, language: str, key: str, **args: Argument) -> tuple[str, ...]:
        self.used.add(key)
        return super().variants(language, key, **args)

    def render(self, language: str, key: str, **args: Argument) -> str:
        self.used.add(key)
        return super().render(language, key, **args)


def chat_with(facts: dict[str, Any], names: tuple[str, ...], channel: str, *, known: bool, is_restricted: bool) -> Chat:
    """A household whose accounts all have these facts on file."""
    chat = Chat(*names, channel=channel, known=known)
    changed = {key: replace(account, **facts) for key, account in chat.facts.account_by_id.items()}
    chat.facts.account_by_id = changed
    chat.facts.accounts = {key: changed[account.id] for key, account in chat.facts.accounts.items()}
    chat.facts.accounts_of_phone = {
        phone: [changed[account.id] for account in accounts] for phone, accounts in chat.facts.accounts_of_phone.items()
    }
    capabilities = {name: restricted(given) if is_restricted else given for name, given in CHANNELS.items()}
    branches = {code: replace(branch, tariffs=LISTS["flat"]) for code, branch in chat.rules.branches.items()}
    chat.rules = replace(chat.rules, branches=branches, capabilities=capabilities, texts=Watched())
    return chat


def told(chat: Chat) -> list[str]:
    """What the last answer tells of any account on file, and where it leads to."""
    found = payment_links(chat.decision)
    for account in chat.facts.account_by_id.values():
        found += leaks(chat.decision, account)
    return found


@given(
    FACTS,
    st.sampled_from(HOUSEHOLDS),
    st.sampled_from(sorted(CHANNELS)),
    st.sampled_from(["known", "stranger"]),
    st.lists(ACTIONS, min_size=1, max_size=25),
)
@settings(max_examples=400, deadline=None)
def test_no_way_through_the_dialogue_tells_it(
    facts: dict[str, Any], names: tuple[str, ...], channel: str, who: str, actions: list[tuple[str, object]]
) -> None:
    """No balance, address, whole account number or payment link, whatever is on file and whatever is done."""
    chat = chat_with(facts, names, channel, known=who == "known", is_restricted=True)
    chat.say("меню")
    for kind, what in actions:
        if act(chat, kind, what):
            assert told(chat) == []
    watched = chat.rules.texts
    assert isinstance(watched, Watched)
    assert not UNSAID & watched.used


FACTS_ON_FILE = {"balance": 123_456, "address": "г. Хабаровск, ул. Ленина, д. 157, кв. 112"}
NO_ROOM = ("preliminary sum", "sms")
"""Beside an accepted reading."""
WAYS = {
    "preliminary sum": ("2701001101 31002201 5150", "807,00"),
    "sum": ("баланс", "1234,56"),
    "number": ("990011 31002206 5123", world.ACCOUNTS["renamed"]["number"]),
}


@pytest.mark.parametrize(
    ("way", "channel"),
    [(way, channel) for way in sorted(WAYS) for channel in sorted(CHANNELS) if (way, channel) != NO_ROOM],
)
def test_the_property_has_something_to_forbid(way: str, channel: str) -> None:
    """On a channel that may say everything, its owner is told just what the restricted one leaves out."""
    said, secret = WAYS[way]
    chats = [
        chat_with(FACTS_ON_FILE, ("one", "renamed"), channel, known=True, is_restricted=flag) for flag in (False, True)
    ]
    for chat in chats:
        chat.say(said)
    assert [secret in chat.reply for chat in chats] == [True, False]


def test_every_text_that_could_tell_is_known() -> None:
    """A new text with a sum or an address must be thought about here first."""
    texts = Texts()
    for language in texts.languages:
        holding = {key for key in texts.keys(language) if PRIVATE & texts.placeholders(language, key)}
        assert holding == TELLING
