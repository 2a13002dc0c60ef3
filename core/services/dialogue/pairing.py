"""An account and its meter by their numbers, and the limits on guessing them."""

from datetime import timedelta
from typing import Any, Final, NamedTuple

from core.domain.accounts import Account, Meter
from core.domain.subscribers import Guesses
from core.services.desk import replies
from core.services.dialogue import menu
from core.services.dialogue.talk import Rows, Talk
from parsers import Entry, Outcome, Submission, numbers, pairs

FREE: Final = 2
"""Failed proofs before the first wait."""
FIRST_WAIT: Final = timedelta(seconds=30)


class Pair(NamedTuple):
    """What the numbers turned out to be.

    `account` without `meter` is for the record only: the answer must not let on that it exists.
    """

    account: Account | None = None
    meter: Meter | None = None


DIFFERS: Final = "differs"
"""Stands for the proof of a bill whose amount is not what is owed: a guess, once account and meter are known."""
TOLD: Final = frozenset({"billed", "account", "serial", "proof"})
"""What a dialogue keeps of a bill."""


class Billed(NamedTuple):
    """What a bill says (`core.services.dialogue.bills`). Whether the account exists, the subscriber is not told."""

    number: str
    account: Account | None
    serial: str = ""
    proof: str = ""
    """The `Proof` that it is, `DIFFERS`, or nothing."""

    def as_data(self) -> dict[str, Any]:
        """As a dialogue keeps it."""
        account = {} if self.account is None else {"account": self.account.id}
        return {"billed": self.number, "serial": self.serial, "proof": self.proof, **account}


def is_reading(talk: Talk, *, strictly: bool) -> bool:
    """Whether the text is a reading with account and meter on file; `strictly`: in the grammar that nobody mistakes."""
    parsed = talk.turn.parsed
    if not isinstance(parsed, Submission) or (strictly and parsed.outcome is not Outcome.OK):
        return False
    candidates = parsed.candidates[:1] if strictly else parsed.candidates
    return any(_is_on_file(talk, candidate.entries[0]) for candidate in candidates)


def _is_on_file(talk: Talk, entry: Entry) -> bool:
    if entry.account is None or entry.meter is None:
        return False
    account = talk.scene.facts.account(entry.account)
    return account is not None and talk.scene.facts.meter(account, entry.meter) is not None


def read(talk: Talk) -> Pair | None:
    """Look up the account and the meter that a text names; None where it names no two numbers, or is a reading."""
    if is_reading(talk, strictly=False):
        return None
    if len(numbers(talk.turn.text)) < 2:  # noqa: PLR2004 - a pair
        return None
    found = Pair()
    for account_number, serial in pairs(talk.turn.text):
        account = talk.scene.facts.account(account_number)
        if account is None:
            continue
        meter = talk.scene.facts.meter(account, serial)
        if meter is not None:
            return Pair(account, meter)
        found = Pair(account)
    return found


def refuse(talk: Talk, found: Pair, rows: Rows) -> None:
    """One answer, whether the account or the meter is wrong; and it counts."""
    note_failure(talk, found.account)
    talk.decision.code = "account_not_found" if found.account is None else "meter_not_found"
    talk.decision.account_id = found.account.id if found.account else None
    talk.say("not-found", rows, by_word=True)


def note_failure(talk: Talk, account: Account | None) -> None:
    """Count a failed proof, for the next message of this batch too."""
    key = account.id if account else None
    talk.decision.guessed.append(key)
    facts = talk.scene.facts
    guesses = facts.guesses.setdefault(talk.scene.address, Guesses())
    guesses.count += 1
    guesses.last_at = talk.scene.now
    facts.guesses_lately += 1
    if key is not None:
        facts.guesses_of_account[key] = facts.guesses_of_account.get(key, 0) + 1


def is_barred(talk: Talk, account: Account | None = None) -> bool:
    """Whether this address, this account or everybody has failed too often; if so, says so."""
    facts, identity = talk.scene.facts, talk.scene.rules.identity
    guesses = facts.guesses.get(talk.scene.address, Guesses())
    full = guesses.count >= identity.address_guesses or facts.guesses_lately >= identity.all_guesses
    if account is not None and facts.guesses_of_account.get(account.id, 0) >= identity.account_guesses:
        full = True
    if not full and not _must_wait(talk, guesses):
        return False
    branch = talk.scene.rules.branch(account)
    if full:
        talk.end()
    talk.decision.code = "barred" if full else "wait"
    if full:
        talk.say("link-barred", phones=replies.phones(talk.scene, branch))
        menu.under(talk)
    else:
        talk.say("link-wait", ((menu.cancel(talk),),), by_word=True)
    return True


def _must_wait(talk: Talk, guesses: Guesses) -> bool:
    """After `FREE` failures a wait that doubles with each."""
    if guesses.last_at is None or guesses.count <= FREE:
        return False
    wait: timedelta = FIRST_WAIT * (1 << (guesses.count - FREE - 1))
    return talk.scene.now - guesses.last_at < wait
