"""Messages with what the parser is to make of them, read from the files in `data`."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from parsers import BillCode, Candidate, Parsed, Rejected, Submission

_DATA = Path(__file__).parent / "data"


def load(name: str) -> list[Any]:
    """Return a file's messages as pytest parameters, with the known failures marked."""
    messages = tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))["messages"]
    return [
        pytest.param(
            message,
            id=message["name"],
            marks=[pytest.mark.xfail(reason=message["xfail"])] if "xfail" in message else [],
        )
        for message in messages
    ]


def written(candidate: Candidate) -> str:
    """Write a candidate as the files do: `account meter: t1=value value; ...`, a dash for what is not there."""
    return "; ".join(
        f"{entry.account or '-'} {entry.meter or '-'}: "
        + " ".join((f"{value.zone}=" if value.zone else "") + str(value.number) for value in entry.values)
        for entry in candidate.entries
    )


def summary(parsed: Parsed) -> dict[str, object]:
    """Return what a message in a file may say about the parser's answer."""
    if isinstance(parsed, Submission):
        first = parsed.candidates[0]
        return {
            "first": written(first),
            "repairs": " ".join(sorted(first.repairs)),
            "outcome": str(parsed.outcome),
            "language": parsed.language or "none",
            "matched": parsed.matched,
            "phone_like": parsed.phone_like,
        }
    if isinstance(parsed, Rejected):
        return {
            "reject": str(parsed.code),
            "accounts": " ".join(parsed.accounts),
            "language": parsed.language or "none",
            "matched": parsed.matched,
        }
    if isinstance(parsed, BillCode):
        return {"bill": parsed.matched, "language": parsed.language or "none"}
    return {
        "command": str(parsed.kind),
        "account": parsed.account,
        "meter": parsed.meter,
        "outcome": str(parsed.outcome),
        "language": parsed.language or "none",
        "matched": parsed.matched,
    }
