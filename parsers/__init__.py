"""Pure text to values, standard library only: `parse` is total and linear, and knows no database."""

from parsers.message import (
    Candidate,
    Command,
    CommandKind,
    Entry,
    Outcome,
    Parsed,
    Rejected,
    RejectCode,
    Repair,
    Submission,
    Value,
    Zone,
)

__all__ = [
    "Candidate",
    "Command",
    "CommandKind",
    "Entry",
    "Outcome",
    "Parsed",
    "RejectCode",
    "Rejected",
    "Repair",
    "Submission",
    "Value",
    "Zone",
]
