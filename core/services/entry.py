"""Readings that staff enter: read to them over the telephone, or written on a slip from the paper box.

An entry is an event on a channel of its own, named after its source, and goes the desk's way: the same facts, the same
rules, the same rows. There is no reply: whoever is on the telephone hears the result. What the rules would ask a
subscriber, they ask whoever enters; nothing doubtful is stored until he is sure.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final, Literal

from core.domain.accounts import Account, Branch, Level, Meter, search_key
from core.domain.decisions import Decision, Outcome
from core.domain.facts import Facts, Needs
from core.domain.keys import Keys
from core.domain.messages import Address, Capabilities, TextReceived, TextUnit
from core.domain.readings import Code, Reading, Status
from core.domain.windows import local_day
from core.ports.clock import Clock
from core.services.desk.look_up import Match
from core.services.desk.scene import Draw, Rules, Scene
from core.services.desk.settle import Item, confirm, settle, take
from core.storage.cases import Record
from core.storage.cases import write as write_records
from core.storage.database import Database
from core.storage.load import load
from core.storage.store import store

Source = Literal["operator", "paper"]
"""`operator`: a phone call; `paper`: a slip. It is the reading's channel."""
Result = Literal["stored", "review", "doubtful", "on file", "refused"]

LANGUAGE: Final = "ru"
NAME_LENGTH: Final = 60
_SILENT: Final = Capabilities(text_limit=0, text_unit=TextUnit.CHARACTERS, can_write_first=False)
"""Of a channel that nothing is ever sent by."""


LOOKED_UP: Final = "looked_up"
"""In the audit log: somebody has looked at an account in order to enter for it."""
LATEST: Final = timedelta(days=31)
"""A slip may have lain in its box for so long."""
NOON: Final = time(12)


class EntryRefused(Exception):
    """The entry is not one at all; the text says why, and `code` the same for skins with words of their own."""

    def __init__(self, code: Literal["name", "incomplete", "date"], text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was read out or written down.

    `meter` may be empty where the account has one meter only. `values` are whole numbers: day or single, night,
    half-peak. `token` is the same when a form is sent twice. `on` is the day on which the slip was thrown in, by the
    branch's clock, if that is known: it tells the period, and a reading sent later wins.
    """

    account: str = field(repr=False)
    values: tuple[int, ...]
    token: str
    meter: str = field(default="", repr=False)
    sure: bool = False
    """Values that a subscriber would be asked about are right: they were read out twice."""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of an entry. `code` is the rule's (docs/architecture.md)."""

    code: str
    stored: bool = False
    """A stored reading is accepted, or in review where a rule asks for a moderator."""
    account: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    branch: str = ""
    values: tuple[int, ...] = ()
    """Those stored, or those that the rules would rather believe."""
    consumption: int | None = None
    previous: tuple[int, ...] = field(default=(), repr=False)
    reading: Reading | None = None
    """The one stored; of a duplicate, the one on file."""
    asks: bool = False
    """Doubtful: enter it again as `sure`, or with other values."""

    @property
    def result(self) -> Result:
        """In a word."""
        if self.asks:
            return "doubtful"
        if self.stored and self.reading is not None:
            return "stored" if self.reading.status is Status.ACCEPTED else "review"
        return "on file" if self.code == Code.DUPLICATE else "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """What somebody who enters sees of an account: enough to tell the right one, and its meters in use."""

    account: Account
    branch: Branch
    meters: tuple[Meter, ...]
    latest: dict[int, Reading] = field(default_factory=dict)
    """By meter, the newest reading that counts."""


class EntryDesk:
    """Enters readings, each in one transaction. One for each process: it makes keys."""

    def __init__(self, database: Database, rules: Rules, clock: Clock, *, skin: str = "cli") -> None:
        self._skin = skin
        staff = dict.fromkeys(("operator", "paper"), _SILENT)
        self._database = database
        self._rules = replace(rules, capabilities={**rules.capabilities, **staff})
        self._clock = clock
        self._keys = Keys()

    async def enter(
        self, entry: Entry, source: Source, who: str, *, branches: Collection[str] = (), rehearse: bool = False
    ) -> Entered:
        """Enter a reading. The same token again changes nothing: its code is `duplicate`.

        `branches` are those whose accounts he may enter for, empty = all; other accounts are not found. `rehearse`:
        say what would become of it, and store nothing.

        Raises:
            EntryRefused: no name, no account or values, or a day that cannot be.
        """
        if not 0 < len(who) <= NAME_LENGTH:
            raise EntryRefused("name", f"a name has 1 to {NAME_LENGTH} characters")
        if not entry.account.strip() or not entry.values or min(entry.values) < 0:
            raise EntryRefused("incomplete", "an entry has an account, and values that are not below zero")
        address = Address(source, who)
        work = partial(self._work, entry=entry, address=address, branches=branches, rehearse=rehearse)
        return await (self._database.read(work) if rehearse else self._database.write(work))

    async def look(self, number: str, who: str, *, branches: Collection[str] = ()) -> OnFile | None:
        """An account, present or former number, and its meters; None where there is none, or none of his branches.

        That he looked stands in the audit log before he sees it.
        """
        key = search_key(number)
        if not key:
            return None
        now = self._clock.now()
        facts = await self._database.read(lambda connection: load(connection, Needs(account_keys={key}), now))
        account = _account(number, facts, branches)
        if account is None:
            return None
        record = Record(
            id=self._keys.new(now), at=now, who=who, skin=self._skin, what=LOOKED_UP, new={"account_id": account.id}
        )
        await self._database.write(lambda connection: write_records(connection, [record]))
        meters = tuple(facts.open_meters(account))
        latest = {meter.id: history[-1] for meter in meters if (history := facts.live(meter))}
        return OnFile(account=account, branch=self._rules.branch(account), meters=meters, latest=latest)

    def _work(
        self,
        connection: Any,  # noqa: ANN401 - storage's Connection
        *,
        entry: Entry,
        address: Address,
        branches: Collection[str],
        rehearse: bool,
    ) -> Entered:
        """Load, decide, store, as the desk does; the facts are this entry's own, so nothing has to be put back."""
        now = self._clock.now()
        event = (address.channel, entry.token)
        facts = load(connection, Needs(events=[event], account_keys={search_key(entry.account)}), now)
        if event in facts.known_events:
            return Entered(code=Code.DUPLICATE)
        account = _account(entry.account, facts, branches)
        if account is None:
            return Entered(code=Code.ACCOUNT_NOT_FOUND)
        meter = _meter(entry, account, facts)
        if meter is None:
            code = Code.METER_NOT_FOUND if entry.meter else Code.METER_MISSING
            return Entered(code=code, account=account.number, branch=account.branch)
        scene = self._scene(facts, address, _moment(entry, self._rules.branch(account), now), now)
        item = settle(Match(account, meter, entry.values, Level.LINKED, renamed=False), scene, ask=False)
        if _asks(item):
            if not entry.sure:
                return replace(_entered(item), stored=False, reading=None, asks=True)
            item = _insist(item, entry, scene)
        if (item.new or item.resent) and not rehearse:
            store(connection, [_decision(entry, item, scene)], scene.new_key, now)
        return _entered(item)

    def _scene(self, facts: Facts, address: Address, sent_at: datetime, now: datetime) -> Scene:
        return Scene(
            rules=self._rules,
            facts=facts,
            address=address,
            sent_at=sent_at,
            received_at=now,
            now=now,
            language=LANGUAGE,
            new_key=partial(self._keys.new, now),
            draw=Draw(code=str, token=str),  # nothing secret is sent to staff
        )


def _account(number: str, facts: Facts, branches: Collection[str]) -> Account | None:
    account = facts.account(number)
    return account if account is not None and (not branches or account.branch in branches) else None


def _moment(entry: Entry, branch: Branch, now: datetime) -> datetime:
    """When the slip was thrown in: at noon of its day, for nobody knows the hour; today's is of now."""
    today = local_day(branch, now)
    if entry.on is None or entry.on == today:
        return now
    if not today - LATEST <= entry.on < today:
        raise EntryRefused("date", f"the day lies ahead, or more than {LATEST.days} days back")
    return datetime.combine(entry.on, NOON, branch.timezone).astimezone(UTC)


def _meter(entry: Entry, account: Account, facts: Facts) -> Meter | None:
    """The meter named, or the account's only one in use."""
    if entry.meter.strip():
        return facts.meter(account, entry.meter)
    in_use = facts.open_meters(account)
    return in_use[0] if len(in_use) == 1 else None


def _asks(item: Item) -> bool:
    return item.new and item.reading is not None and item.reading.status is Status.NEEDS_CONFIRMATION


def _insist(item: Item, entry: Entry, scene: Scene) -> Item:
    """What the desk makes of a `ДА`; or of the same values again, where it has proposed others: a moderator decides."""
    asked = item.reading
    assert asked is not None  # noqa: S101 - it asks about a reading
    scene.facts.add(asked)
    if item.code in {Code.X10, Code.SWAPPED}:
        sure = settle(Match(item.account, item.meter, entry.values, item.level, renamed=False), scene, ask=False)
    else:
        confirmed = confirm(asked, scene)
        assert confirmed is not None  # noqa: S101 - account and meter are among the facts
        sure = confirmed
        sure.new, asked.asked_until, sure.previous = True, None, item.previous
    # The question itself is never stored.
    sure.changed = [other for other in (*item.changed, *sure.changed) if other is not asked]
    if sure.reading is not None:
        sure.reading.decided_by = scene.address.external_id
    return sure


def _decision(entry: Entry, item: Item, scene: Scene) -> Decision:
    """The entry as an event that is handled and not answered."""
    line = " ".join((item.account.number, item.meter.serial, *map(str, entry.values)))
    decision = Decision(
        key=scene.new_key(),
        event=TextReceived(event_id=entry.token, address=scene.address, sent_at=scene.sent_at, text=line),
        received_at=scene.received_at,
        sent_at=scene.sent_at,
        outcome=Outcome.HANDLED,
        code=item.code.value,
        text=line,
        account_id=item.account.id,
    )
    take(item, scene, decision)
    return decision


def _entered(item: Item) -> Entered:
    return Entered(
        code=item.code.value,
        stored=item.new,
        account=item.account.number,
        serial=item.meter.serial,
        branch=item.account.branch,
        values=item.values,
        consumption=item.consumption,
        previous=item.previous,
        reading=item.reading,
    )
