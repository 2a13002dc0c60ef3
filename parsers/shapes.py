"""Ways to divide a row of numbers into accounts, meters and values, most literal first."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, overload

from parsers.message import MAX_CANDIDATES, Candidate, Entry, Outcome, Repair, Value

MAX_GROUPS = 9
"""More numbers than this in one row are no message that a retailer's grammar knows."""
MAX_VALUES = 3
"""A meter has at most three zones."""
MAX_VALUE_DIGITS = 9
NAME_DIGITS = range(4, 21)
"""How long an account's or a meter's number may be."""

_JOINED_PART_DIGITS = 6
_LEADING_DIGITS = range(1, 4)
_CLEARLY_LEADING_DIGITS = range(1, 3)
_GROUP_DIGITS = 3
_CARD_DIGITS = range(13, 20)
_CARD_QUARTER = 4
_PHONE_DIGITS = 11

# One letter per number: `a` an account, `j` its next part, `m` a meter, `v` a value. The order is the order of
# preference. `ma` is a swapped pair; a meter that follows a value belongs to the last account named.
_SHAPES = {
    1: "v",
    2: "av mv vv",
    3: "amv avv mav mvv ajv vvv",
    4: "amvv avvv mavv mvvv ajmv ajvv ajjv mvmv avav",
    5: "amvvv amvmv ajmvv ajjmv mavvv ajvvv ajjvv ajjjv avvvv mvvmv mvmvv",
    6: "amvmvv amvvmv amvamv ajmvvv ajmvmv ajjmvv ajjjmv ajjvvv ajjjvv amvvvv mvmvmv mvvmvv",
    7: "amvvmvv amvmvmv ajmvmvv ajmvvmv ajjmvvv ajjmvmv ajjjmvv ajjjvvv mvvmvvv",
    8: "amvvamvv amvvvmvv ajmvvmvv ajjmvmvv ajjmvvmv ajjjmvmv ajjjmvvv mvmvmvmv",
    9: "amvmvmvmv amvamvamv amvvvmvvv ajjmvvmvv ajjmvmvmv ajjjmvvmv mvvmvvmvv",
}
_ALLOWED = {"v": "v", "s": "m", "A": "am", "M": "am"}
_LIKELY = {"A": "a", "a": "a", "M": "m", "m": "m", "-": "j"}
_TIED = re.compile("-++")
_ABSENT = -1
_UNREPAIRED: frozenset[Repair] = frozenset()
new = tuple.__new__
"""Builds a named tuple in half the time of its constructor, which is a Python function: this is the hot path."""
_ENTRY = re.compile(r"(m(?=a))?(aj*+)?(m?)(v[vw]*+)")


class _InGroups(NamedTuple):
    """What of an entry was typed in groups: the parts of the account, and a slice for each value."""

    account: slice
    values: tuple[slice, ...]


class _EntryRecipe(NamedTuple):
    """Where in the row one entry's parts stand; `_ABSENT` for what the text does not name."""

    account: int
    meter: int
    values: slice
    in_groups: _InGroups | None


class _Recipe(NamedTuple):
    entries: tuple[_EntryRecipe, ...]
    repairs: frozenset[Repair]


class Plan(NamedTuple):
    """All that the lengths of a row's numbers decide, so that it is worked out once for many messages."""

    shapes: tuple[str, ...]
    recipes: tuple[_Recipe, ...]
    accounts: tuple[slice, ...]
    """Every part of the row that some recipe takes for an account."""
    outcome: Outcome
    may_hold_card: bool
    may_start_with_phone: bool


@lru_cache(maxsize=4096)
def plan(lengths: tuple[int, ...], hints: str = "") -> Plan:
    """Return the ways to read a row of numbers of these lengths.

    `hints` has a letter for each number. A value (`v`) and a serial number with letters (`s`) are certain, and a number
    labelled as an account (`A`) or a meter (`M`) is no value. Otherwise labels (also `a` and `m`, where they are less
    sure) and a hyphen that ties a short number to the one before (`-`) only move the readings that obey them to the
    front. A dot says nothing.
    """
    hints = hints or "." * len(lengths)
    shapes = [shape for shape in _variants(lengths) if _obeys(shape, hints) and _fits(shape, lengths)]
    shapes.sort(key=lambda shape: _disobeyed(shape, hints))
    del shapes[MAX_CANDIDATES:]
    recipes = tuple(_recipe(shape, hints) for shape in shapes)
    outcome = Outcome.OK
    if recipes and _in_thousands(shapes[0], lengths):
        outcome = Outcome.NEEDS_CONFIRMATION
    elif recipes and recipes[0].repairs:
        outcome = Outcome.OK_WITH_REPAIR
    return Plan(
        tuple(shapes),
        recipes,
        _accounts(recipes),
        outcome,
        any(length in _CARD_DIGITS for length in lengths) or lengths.count(_CARD_QUARTER) >= _CARD_QUARTER,
        lengths[:1] == (_PHONE_DIGITS,),
    )


def candidates(
    recipes: Sequence[_Recipe], numbers: Sequence[str], values: tuple[Value, ...], repairs: frozenset[Repair]
) -> tuple[Candidate, ...]:
    """Build a row's candidates, each with the recipe's own repairs and these `repairs`.

    `values` has a value for every number of the row, also for those that no recipe takes for one.
    """
    names = [*numbers, None]  # so that the name at `_ABSENT` is None
    built = []
    for entries, own_repairs in recipes:
        made = []
        for account, meter, span, in_groups in entries:
            if in_groups is None:
                made.append(new(Entry, (names[account], names[meter], values[span])))
            else:
                name = "".join(numbers[in_groups.account]) or None
                made.append(Entry(name, names[meter], tuple([_one_value(values[part]) for part in in_groups.values])))
        built.append(new(Candidate, (tuple(made), own_repairs | repairs if repairs else own_repairs)))
    return tuple(built)


class Ways(Sequence[Candidate]):
    """A row's candidates, each built when it is looked at: where the first fits the files, no other is."""

    __slots__ = ("_first", "_numbers", "_recipes", "_values")

    def __init__(self, recipes: tuple[_Recipe, ...], numbers: Sequence[str], values: tuple[Value, ...]) -> None:
        self._recipes = recipes
        self._numbers = numbers
        self._values = values
        self._first: Candidate | None = None

    @overload
    def __getitem__(self, place: int) -> Candidate: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Candidate, ...]: ...

    def __getitem__(self, place: int | slice) -> Candidate | tuple[Candidate, ...]:
        """Build what is asked for."""
        if isinstance(place, slice):
            return candidates(self._recipes[place], self._numbers, self._values, _UNREPAIRED)
        if place == 0 and self._first is not None:
            return self._first
        (built,) = candidates((self._recipes[place],), self._numbers, self._values, _UNREPAIRED)
        if place == 0:
            self._first = built
        return built

    def __len__(self) -> int:
        """How many there are."""
        return len(self._recipes)

    def __eq__(self, other: object) -> bool:
        """The same candidates in the same order."""
        return isinstance(other, Ways) and self[:] == other[:]

    def __hash__(self) -> int:
        """By the candidates."""
        return hash(self[:])


def _variants(lengths: tuple[int, ...]) -> Iterator[str]:
    """Yield the row's shapes, each followed by those that read a value and three more digits (`w`) as thousands."""
    grouped = [
        place
        for place in range(1, len(lengths))
        if lengths[place] == _GROUP_DIGITS and lengths[place - 1] in _LEADING_DIGITS
    ]
    for shape in _SHAPES.get(len(lengths), "").split():
        found = [shape]
        for place in grouped:
            found += [one[:place] + "w" + one[place + 1 :] for one in found if one[place - 1 : place + 1] == "vv"]
        yield from found


def _obeys(shape: str, hints: str) -> bool:
    """Tell whether the shape agrees with what is certain, and joins all parts that hyphens tie or none of them."""
    return all(letter in _ALLOWED.get(hint, letter) for letter, hint in zip(shape, hints, strict=True)) and all(
        shape.count("j", *tied.span()) in {0, len(tied[0])} for tied in _TIED.finditer(hints)
    )


def _fits(shape: str, lengths: tuple[int, ...]) -> bool:
    """Tell whether every account, meter and value of the shape has a length that such a number may have."""
    for entry in _ENTRY.finditer(shape):
        account = lengths[entry.start(2) : entry.end(2)]
        meter = lengths[entry.start(3) : entry.end(3)] + lengths[entry.start(1) : entry.end(1)]
        values = lengths[entry.start(4) : entry.end(4)]
        if len(values) - entry[4].count("w") > MAX_VALUES or max(values) > MAX_VALUE_DIGITS:
            return False
        if (meter and meter[0] not in NAME_DIGITS) or (account and sum(account) not in NAME_DIGITS):
            return False
        if len(account) > 1 and max(account) > _JOINED_PART_DIGITS:
            return False
    return True


def _disobeyed(shape: str, hints: str) -> int:
    """Count the hints that the shape goes against."""
    return sum(_LIKELY.get(hint, letter) != letter for letter, hint in zip(shape, hints, strict=True))


def _in_thousands(shape: str, lengths: tuple[int, ...]) -> bool:
    """Tell whether two values look so much like one, as `5 778` does, that no look-up settles it."""
    return any(
        shape[place - 1 : place + 1] == "vv"
        and lengths[place] == _GROUP_DIGITS
        and lengths[place - 1] in _CLEARLY_LEADING_DIGITS
        for place in range(1, len(lengths))
    )


def _recipe(shape: str, hints: str) -> _Recipe:
    repairs = {
        Repair.SWAPPED: "ma" in shape,
        Repair.JOINED: "j" in shape or "w" in shape,
        Repair.SEPARATORS: any(hint == "-" and letter != "j" for letter, hint in zip(shape, hints, strict=True)),
    }
    entries = []
    account = slice(0)
    for entry in _ENTRY.finditer(shape):
        if entry[2]:
            account = slice(*entry.span(2))
        meter = entry.start(1) if entry[1] else entry.start(3) if entry[3] else _ABSENT
        starts = [place for place in range(*entry.span(4)) if shape[place] == "v"]
        values = tuple(slice(*ends) for ends in pairwise([*starts, entry.end(4)]))
        entries.append(
            _EntryRecipe(
                account.start if account.stop else _ABSENT,
                meter,
                slice(*entry.span(4)),
                _InGroups(account, values) if "w" in entry[4] or account.stop - (account.start or 0) > 1 else None,
            )
        )
    return _Recipe(tuple(entries), frozenset(repair for repair, happened in repairs.items() if happened))


def _accounts(recipes: tuple[_Recipe, ...]) -> tuple[slice, ...]:
    spans = {}
    for recipe in recipes:
        for account, _, _, in_groups in recipe.entries:
            start, stop = account, account + 1
            if in_groups is not None:
                start, stop = in_groups.account.start or 0, in_groups.account.stop
            if start != _ABSENT and stop:
                spans[start, stop] = slice(start, stop)
    return tuple(spans.values())


def _one_value(parts: tuple[Value, ...]) -> Value:
    """Read a value typed in thousands: its zone is that of the first part."""
    number = 0
    for part in parts:
        number = number * 10**part.digits + part.number
    return Value(number, sum(part.digits for part in parts), parts[0].zone)
