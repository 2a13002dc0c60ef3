from typing import Any

import pytest

from parsers import Submission, parse
from tests.parsers.messages import load, summary, written

_KINDS = ("first", "command", "reject", "bill")
_ABOUT_THE_FILE = {"name", "text", "has", "xfail"}


def check(message: dict[str, Any]) -> None:
    parsed = parse(message["text"])
    told = summary(parsed)
    expected = {key: value for key, value in message.items() if key not in _ABOUT_THE_FILE}
    if isinstance(parsed, Submission):
        expected.setdefault("repairs", "")
        if "has" in message:
            expected.setdefault("first", told["first"])
            assert message["has"] in [written(candidate) for candidate in parsed.candidates]
    assert {key: told.get(key) for key in (*_KINDS, *expected)} == dict.fromkeys(_KINDS) | expected


@pytest.mark.parametrize("message", load("developed"))
def test_developed(message: dict[str, Any]) -> None:
    """A message that the parser was developed on is read as the file says."""
    check(message)


@pytest.mark.parametrize("message", load("held_out"))
def test_held_out(message: dict[str, Any]) -> None:
    """A message that nobody tuned the parser on is read as the file says."""
    check(message)


@pytest.mark.parametrize("message", load("bugs"))
def test_bugs(message: dict[str, Any]) -> None:
    """A message that was once misread is read as the file says."""
    check(message)


@pytest.mark.parametrize("message", load("bills"))
def test_bills(message: dict[str, Any]) -> None:
    """A bill's code is known from whatever looks like it, and never taken for a reading."""
    check(message)


@pytest.mark.parametrize("message", load("nothing"))
def test_nothing(message: dict[str, Any]) -> None:
    """A message with nothing for us is refused with the code in the file."""
    check(message)
