"""Which reading of a text the facts bear out: candidates of the parser against accounts and meters on file."""

from typing import NamedTuple

from core.domain.accounts import Account, Level, Meter
from core.domain.readings import Code
from core.services.desk.scene import Scene
from parsers import Candidate, Entry, Repair, Submission


class Match(NamedTuple):
    """An entry whose account and meter are on file. `values` stand in the meter's order of zones."""

    account: Account
    meter: Meter
    values: tuple[int, ...]
    level: Level
    renamed: bool
    """The subscriber wrote a number the account had before."""


class Found(NamedTuple):
    """What a submission turned out to be: one match per entry, or the code of why there is none."""

    matches: tuple[Match, ...] = ()
    repairs: frozenset[Repair] = frozenset()
    code: Code | None = None
    account: Account | None = None
    """For the history of a case; an answer must not let on that it exists."""


def find(submission: Submission, scene: Scene) -> Found:
    """The first candidate that fits the files, one with the right number of values before any other.

    Where a meter on file is named, its number is not read as a value, however well the count would fit then.
    """
    loose: Found | None = None
    is_named = False
    for candidate in submission.candidates:
        names_all = all(entry.meter is not None for entry in candidate.entries)
        if is_named and not names_all:
            continue
        matches = _match(candidate, scene)
        if matches is None:
            continue
        is_named = is_named or names_all
        found = Found(matches, candidate.repairs)
        if all(len(match.values) == match.meter.zones for match in matches):
            return found
        loose = loose or found
    return loose or _missing(submission, scene)


def _match(candidate: Candidate, scene: Scene) -> tuple[Match, ...] | None:
    matches = []
    for entry in candidate.entries:
        match = _match_entry(entry, scene)
        if match is None:
            return None
        matches.append(match)
    return tuple(matches)


def _match_entry(entry: Entry, scene: Scene) -> Match | None:
    if entry.account is None:
        accounts = scene.own_accounts()
    else:
        known = scene.facts.account(entry.account)
        if known is None:
            return None
        accounts = [known]
    fitting = [(account, meter) for account in accounts if (meter := _meter(entry, account, scene)) is not None]
    if len(fitting) != 1:
        return None
    account, meter = fitting[0]
    renamed = entry.account is not None and _is_former(entry.account, account)
    return Match(account, meter, in_order(entry), scene.level(account), renamed)


def _meter(entry: Entry, account: Account, scene: Scene) -> Meter | None:
    """The meter named; or the only open one, if we know the writer: else anybody could write into any account.

    A first number much longer than the register is the number of a meter that we do not know.
    """
    if entry.meter is not None:
        return scene.facts.meter(account, entry.meter)
    if scene.level(account) is Level.ANONYMOUS:
        return None
    meters = scene.facts.open_meters(account)
    if len(meters) != 1:
        return None
    first, *others = entry.values
    return None if others and first.digits > meters[0].digits + 1 else meters[0]


def in_order(entry: Entry) -> tuple[int, ...]:
    """The values by their labels where every one has its own, else as typed."""
    zones = {value.zone for value in entry.values}
    if len(zones) == len(entry.values) and None not in zones:
        return tuple(value.number for value in sorted(entry.values, key=lambda value: value.zone or ""))
    return tuple([value.number for value in entry.values])


def _is_former(number: str, account: Account) -> bool:
    return number.lstrip("0") != account.number.lstrip("0")


def _missing(submission: Submission, scene: Scene) -> Found:
    """Why nothing fits. The codes differ for staff; an anonymous writer gets the same answer to all."""
    for entry in submission.candidates[0].entries:
        account = scene.facts.account(entry.account) if entry.account is not None else None
        if account is None:
            continue
        code = Code.METER_NOT_FOUND
        if entry.meter is None and scene.level(account) is not Level.ANONYMOUS:
            code = Code.METER_MISSING
        return Found(code=code, account=account)
    own = scene.own_accounts()
    if own and all(entry.account is None and entry.meter is None for entry in submission.candidates[0].entries):
        return Found(code=Code.METER_MISSING, account=own[0] if len(own) == 1 else None)
    return Found(code=Code.ACCOUNT_NOT_FOUND)
