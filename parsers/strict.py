"""The strict grammar, `account meter day [night]` in plain digits and spaces: the hot path of the service."""

import re

from parsers.foreign import card_in, is_phone, refuse, reject_card
from parsers.message import Rejected, Submission, Value
from parsers.shapes import Ways, new, plan

MAX_MATCHED = 160
"""How much of a text is quoted back as understood."""

_GRAMMAR = re.compile(r"\s*+[0-9]++(?: ++[0-9]++){0,8}+\s*+")


def read(text: str) -> Submission | Rejected | None:
    """Read a message of nothing but digits and spaces, or return None for any other."""
    if _GRAMMAR.fullmatch(text) is None:
        return None
    numbers = text.split()
    found = plan(tuple(map(len, numbers)))
    if found.may_hold_card and (card := card_in(numbers)):
        return reject_card(card)
    if not found.recipes:
        return refuse(numbers)
    values = tuple([new(Value, (int(number), len(number), None)) for number in numbers])
    return Submission(
        found.outcome,
        Ways(found.recipes, numbers, values),
        tuple(["".join(numbers[part]) for part in found.accounts]),
        " ".join(numbers)[:MAX_MATCHED],
        None,
        found.may_start_with_phone and is_phone(numbers[0]),
    )
