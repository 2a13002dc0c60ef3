"""Reads what providers send: forms, JSON, the numbers of our orders, whatever a stranger puts there. Pure and total."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from core.domain.messages import RawAnswer, RawRequest
from core.ports.acquiring import Heard

FIELDS_LIMIT: Final = 200
"""Far more than any notification has."""
KEY_LIMIT: Final = 1 << 63
"""What our keys keep to (`core.domain.keys`)."""
_NUMBER: Final = re.compile(r"([1-9][0-9]{0,18})-([1-9][0-9]{0,8})")


def fields(form: bytes) -> Mapping[str, str] | None:
    """The fields of a query or of a form in UTF-8; None where a name stands twice, so that nobody can mean either."""
    try:
        text = form.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_LIMIT, errors="replace")
    except ValueError:
        return None
    found = dict(pairs)
    return found if len(found) == len(pairs) else None


def sent(request: RawRequest) -> Mapping[str, str] | None:
    """The fields of a notification: of the query of a GET, of the body of a POST; None where they cannot be read."""
    return fields(request.query if request.method == "GET" else request.body)


def as_object(content: bytes) -> Mapping[str, Any] | None:
    """The JSON object; None where there is none to read: no JSON, no UTF-8, endless digits, endless nesting.

    Fractions stay the text that they were, so that an amount has the digits that it had.
    """
    try:
        value = json.loads(content, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def whole(value: object) -> int | None:
    """A whole number of JSON that is not negative and fits 63 bits; None for anything else, `true` among it."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < KEY_LIMIT:
        return value
    return None


def key(text: str) -> int | None:
    """The key of an order in decimal digits, as we write it; None for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(KEY_LIMIT)) and text[0] != "0"):
        return None
    value = int(text)
    return value if value < KEY_LIMIT else None


def order_of(number: str) -> int | None:
    """The order of a number `<order_id>-<attempt>`; None for a number that we do not give."""
    found = _NUMBER.fullmatch(number)
    return key(found[1]) if found else None


def refused(status: int, reason: str) -> Heard:
    """A call that is turned away; `reason` is for whoever reads the provider's log, and repeats nothing of the call."""
    return Heard(answer=RawAnswer(status, reason.encode()))
