"""Journeys of the dialogue as their files tell them: what a subscriber does, in his words, and what must come of it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import world

FILES = sorted((Path(__file__).parent / "dialogue").glob("*.toml"))
CHANNELS = ("sms", "console", "telegram", "viber", "vk")
BEGINS = datetime.fromisoformat("2026-11-22T12:00:00+10:00")
"""Noon in Khabarovsk, inside the window."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that somebody does (exactly one of the first block), and what must come of it."""

    write: str | None = None
    press: str | None = None
    """A button by its label. Where there are none, the number or the word that our last message gives for it."""
    press_old: str | None = None
    """A button of a message that is not the last one."""
    token: str | None = None
    """A button that somebody made up. `{id foreign}` is the key of an account."""
    join: str | None = None
    """Open the chat by a link that carries this: `{bill one}`, `{old bill one}`, `{forged bill one}`."""
    contact: str | None = None
    """Share a contact card: `own`, or `foreign`, which is the subscriber's card sent by somebody else."""
    photo: str | None = None
    """Send a picture with this caption."""
    picture: str | None = None
    """Send a picture of a code that holds this."""
    sticker: bool = False
    leave: bool = False
    sms_code: str = ""
    """Type the code that the phone on file has got: `right`, or another one, `wrong`."""
    operator: str = ""
    """The operator answers the newest case in these words, and closes it."""
    event: str = ""
    """`sweep` looks for overdue questions, `export` hands what is accepted to billing.

    `autopay` is a turn of its planner. `bill`: billing has new balances, of 1500 roubles; `rename`: accounts have other
    numbers; `no money`: from now on the bank refuses stored cards.
    """

    pay: str | None = None
    """Follow our payment link and press the page's button, for this sum; empty for the sum that it proposes."""
    bank: str = ""
    """The bank says what became of the newest payment: `succeeds`, `cancels` or `refunds`, or all it can, `babbles`."""
    pay_link: int = -1
    """Which of the payment links he has got; else the last."""

    who: str = ""
    """Who does it, where there are several `people`."""
    wait_minutes: float = 0
    """How long after the step before; else ten seconds."""

    reply: list[str] = field(default_factory=list)
    """Parts of the answer."""
    reply_short: list[str] = field(default_factory=list)
    """The same where the answer has to fit an SMS; else as `reply`."""
    not_in_reply: list[str] = field(default_factory=list)
    silent: bool = False
    buttons: list[str] = field(default_factory=list)
    """What must be on offer, by a button, a number or a word."""
    no_buttons: list[str] = field(default_factory=list)
    """What must not be."""
    page_says: list[str] = field(default_factory=list)
    """Parts of the payment page afterwards."""
    payments: list[str] | None = None
    """All orders of payments afterwards, as `kopecks state`, in the order of making."""
    page: bool | None = None
    """Whether the answer has a link to a page of ours that works once."""
    to_sms: list[str] | None = None
    """Parts of what the phone on file is told; empty for nothing."""
    hears: Mapping[str, list[str]] = field(default_factory=dict)
    """Parts of what others of the `people` are told; nobody else may hear anything."""

    code: str | None = None
    """The outcome's code."""
    readings: list[str] | None = None
    """All readings afterwards, as `serial month values status`, in the order of sending."""
    cases: list[str] | None = None
    """All cases afterwards, as `kind state`."""
    notes: list[str] | None = None
    """What subscribers have added to their cases."""
    links: list[str] | None = None
    """The accounts linked to who acts, as `number proof`, with the name that he gave."""
    profile: Mapping[str, Any] | None = None
    """Columns of his profile; empty where he has none."""

    @property
    def is_silent(self) -> bool:
        """Whether who acts is told nothing."""
        return self.silent or self.leave or (bool(self.event) and not self.reply) or self.pay is not None


@dataclass(frozen=True, kw_only=True)
class Journey:
    name: str
    about: str
    accounts: list[str]
    people: Mapping[str, str] = field(default_factory=lambda: {"me": "subscriber"})
    """By name, the first acts where a step names nobody.

    subscriber: writes from the phone on file, or from a chat that all his accounts were linked to a week ago.
    owner: the same phone, but a chat that we have never seen.
    stranger: another phone, or a chat that we have never seen.
    """
    begins: datetime = BEGINS
    restricted: bool = False
    """Whether no channel may show balances or addresses."""
    nowhere: list[str] = field(default_factory=list)
    """What must not stand in any table at the end."""
    impossible: Mapping[str, str] = field(default_factory=dict)
    """Channels on which this cannot be, each with the reason."""
    steps: list[Step]

    @property
    def channels(self) -> tuple[str, ...]:
        """Where it can be."""
        return tuple(channel for channel in CHANNELS if channel not in self.impossible)


def journeys(*files: Path) -> Iterator[tuple[str, Journey]]:
    """All journeys, or those of some files, with their names, behind the name of their file."""
    for path in files or FILES:
        for given in tomllib.loads(path.read_text(encoding="utf-8"))["journey"]:
            steps = [Step(**step) for step in given.pop("step")]
            yield f"{path.stem}: {given['name']}", Journey(**given, steps=steps)


def _with_bill(given: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """An account as its bill shows it: with a code, and a balance that no other account has."""
    last = columns.get("number", given["number"])[-4:]
    return given | {"bill_code": f"K7M{last}", "balance": 100_000 + int(last)} | columns


def _many(number: int) -> dict[str, Any]:
    meter = {"serial": f"3100300{number}", "t1": 5000 + number}
    return {**world.ACCOUNTS["one"], "number": f"270100200{number}", "meters": [meter]}


_FOREIGN: dict[str, Any] = {
    "address": "г. Бикин, ул. Октябрьская, 8, кв. 4",
    "meters": [{"serial": "31002218", "t1": 6123}],
}
ACCOUNTS: dict[str, dict[str, Any]] = {
    **{name: _with_bill(given) for name, given in world.ACCOUNTS.items()},
    **{f"many{number}": _with_bill(_many(number)) for number in range(1, 10)},
    "foreign": _with_bill(world.ACCOUNTS["foreign"], **_FOREIGN),
    "strict": _with_bill(world.ACCOUNTS["one"], number="2901001201", branch="strict", meters=[{"serial": "31004001"}]),
    "unproven": _with_bill(
        world.ACCOUNTS["one"], number="2701001202", phone=None, bill_code="", meters=[{"serial": "31004002"}]
    ),
    "nameless": _with_bill(world.ACCOUNTS["one"], number="2701001203", phone=None, meters=[{"serial": "31004003"}]),
    "mansion": _with_bill(
        world.ACCOUNTS["one"],
        number="2701001204",
        meters=[{"serial": f"3100500{number}", "t1": 1000 * number} for number in range(1, 7)],
    ),
    "priced": _with_bill(
        world.ACCOUNTS["one"],
        number="2701001206",
        branch="priced",
        meters=[{"serial": "31006001", "zones": 2, "t1": 5000, "t2": 2000}],
    ),
    "ranged": _with_bill(
        world.ACCOUNTS["one"], number="2701001207", branch="priced", tariff="small", meters=[{"serial": "31006002"}]
    ),
    "prepaid": _with_bill(world.ACCOUNTS["amur"], number="2801001206", balance=0, meters=[{"serial": "31004006"}]),
    "second": _with_bill(world.ACCOUNTS["amur"], number="2801001207", meters=[{"serial": "31004007"}]),
    "empty": _with_bill(world.ACCOUNTS["one"], number="2701001205", meters=[]),
}
"""`world.ACCOUNTS` with codes on their bills, and a few more: nine of one subscriber, one without a phone, and so on.

`strict` is of a branch that refuses readings outside the window; `priced` and `ranged` are of one that has price lists;
payments are taken for those three and for those of Amur.
"""
