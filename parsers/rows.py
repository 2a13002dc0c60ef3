"""A row of groups made ready for its plan: numbers, values and hints side by side."""

from collections.abc import Sequence
from typing import NamedTuple

from parsers.groups import Group
from parsers.message import Candidate, Repair, Value
from parsers.shapes import Plan, candidates, plan

_GROUP_DIGITS = 3
_VALUE = "v"
_NOTHING = "."
_NO_VALUE = Value(0, 0)
"""Stands for a serial number with letters, which no plan takes for a value."""


class Row(NamedTuple):
    """Numbers that are one message, or one line of it."""

    plan: Plan
    numbers: tuple[str, ...]
    values: tuple[Value, ...]
    repairs: frozenset[Repair]

    def candidates(self, repairs: frozenset[Repair]) -> tuple[Candidate, ...]:
        """Return all candidates of the row, with what was mended elsewhere in the text."""
        return candidates(self.plan.recipes, self.numbers, self.values, self.repairs | repairs)

    def candidate_of(self, shape: str, repairs: frozenset[Repair]) -> Candidate | None:
        """Return the candidate that the shape makes of the row, if the shape is possible here."""
        if shape not in self.plan.shapes:
            return None
        recipe = self.plan.recipes[self.plan.shapes.index(shape)]
        return candidates((recipe,), self.numbers, self.values, self.repairs | repairs)[0]


def row(groups: Sequence[Group], *, is_second: bool) -> Row:
    """Make a row of groups; `is_second` asks for the less likely meaning of every doubtful mark."""
    numbers: list[str] = []
    values: list[Value] = []
    hints: list[str] = []
    repairs: set[Repair] = set()
    for group in groups:
        parts, repair = _parts(group, is_second=is_second) if group.tail else ((group.text,), None)
        numbers += parts
        values += [Value(int(part), len(part), group.zone) if part.isdigit() else _NO_VALUE for part in parts]
        hints += (_VALUE,) if group.tail and len(parts) == 1 else (group.hint, _NOTHING)[: len(parts)]
        repairs |= {repair} if repair else set()
    found = plan(tuple(map(len, numbers)), "".join(hints))
    return Row(found, tuple(numbers), tuple(values), frozenset(repairs))


def _parts(group: Group, *, is_second: bool) -> tuple[tuple[str, ...], Repair]:
    """Return what a group with a doubtful mark stands for: one figure in thousands, a fraction, or two figures."""
    apart: tuple[tuple[str, ...], Repair] = ((group.text, group.tail), Repair.SEPARATORS)
    fraction: tuple[tuple[str, ...], Repair] = ((group.text,), Repair.FRACTION)
    thousands: tuple[tuple[str, ...], Repair] = ((group.text + group.tail,), Repair.JOINED)
    may_be_thousands = len(group.tail) == _GROUP_DIGITS >= len(group.text)
    if group.is_after_comma:
        meanings = (apart, thousands if may_be_thousands else fraction)
    elif may_be_thousands:
        meanings = (thousands, fraction)
    else:
        meanings = (fraction, apart)
    return meanings[is_second]
