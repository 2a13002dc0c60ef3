"""Pure text to values, standard library only: `parse` is total and linear, and knows no database."""

from parsers import bills, commands, repair, strict
from parsers.amounts import kopecks
from parsers.message import (
    MAX_CANDIDATES,
    BillCode,
    Candidate,
    Command,
    CommandKind,
    Entry,
    Language,
    Outcome,
    Parsed,
    RejectCode,
    Rejected,
    Repair,
    Submission,
    Value,
    Zone,
)
from parsers.numbers import numbers, pairs
from parsers.text import MAX_LENGTH

__all__ = [
    "MAX_CANDIDATES",
    "MAX_LENGTH",
    "BillCode",
    "Candidate",
    "Command",
    "CommandKind",
    "Entry",
    "Language",
    "Outcome",
    "Parsed",
    "RejectCode",
    "Rejected",
    "Repair",
    "Submission",
    "Value",
    "Zone",
    "kopecks",
    "numbers",
    "pairs",
    "parse",
]


def parse(text: str) -> Parsed:
    """Read one message; any text has an answer, and a longer one takes no more than proportionally longer.

    >>> parse("1234567890 12345678 5778 2542").candidates[0].entries[0].meter
    '12345678'
    """
    bill = bills.read(text)
    if bill is not None:
        return bill
    if len(text) > MAX_LENGTH:
        return Rejected(RejectCode.TOO_LONG, "")
    return strict.read(text) or commands.read(text) or repair.read(text)
