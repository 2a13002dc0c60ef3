"""Figures typed where a step asks for them."""

from collections.abc import Mapping
from typing import Any

from core.domain.accounts import Meter
from core.services.desk.look_up import in_order
from core.services.dialogue.talk import Talk
from parsers import Submission


def read(talk: Talk, wanted: int = 0) -> list[int] | None:
    """The figures, if the text is nothing else; a fraction is dropped by the parser.

    `5 778` may be one figure or two: where so many are `wanted`, that decides.
    """
    parsed = talk.turn.parsed
    if not isinstance(parsed, Submission):
        return None
    found = [
        list(in_order(candidate.entries[0]))
        for candidate in parsed.candidates
        if len(candidate.entries) == 1
        if candidate.entries[0].account is None and candidate.entries[0].meter is None
    ]
    return next((values for values in found if len(values) == wanted), found[0] if found else None)


def with_room_for(values: list[int], data: Mapping[str, Any], meter: Meter | None) -> dict[str, Any]:
    """What the dialogue remembers, without the values typed before where there are enough new ones."""
    typed = list(data["values"])
    has_room = meter is not None and len(typed) + len(values) <= meter.zones
    return {"account": data["account"], "meter": data["meter"], "values": typed if has_room else []}
