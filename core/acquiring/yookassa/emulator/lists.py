"""The emulated YooKassa's lists: filters, pages of a hundred at most, and the cursor from one to the next.

https://yookassa.ru/developers/using-api/lists: the newest comes first, and ten come where nobody says how many.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

MOST: Final = 100
USUAL: Final = 10
_FILTERS: Final = frozenset(
    f"{name}.{bound}" for name in ("created_at", "captured_at") for bound in ("gte", "gt", "lte", "lt")
)
_KNOWN: Final = _FILTERS | {"status", "limit", "cursor"}


def page(objects: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> dict[str, Any] | str:
    """The answer; or the parameter for which there is none.

    The cursor is the name of the object that comes next, so that what is made meanwhile moves nothing.
    """
    if strange := sorted(set(query) - _KNOWN):
        return strange[0]
    limit = query.get("limit", str(USUAL))
    if not limit.isdecimal() or not 0 < int(limit) <= MOST:
        return "limit"
    try:
        bounds = {name: datetime.fromisoformat(value) for name, value in query.items() if name in _FILTERS}
        fitting = [each for each in objects if _fits(each, bounds) and query.get("status") in {None, each["status"]}]
    except (ValueError, TypeError):
        return next(iter(_FILTERS & set(query)))
    fitting.sort(key=lambda each: (each["created_at"], each["id"]), reverse=True)
    names = [each["id"] for each in fitting]
    cursor = query.get("cursor")
    if cursor is not None and cursor not in names:
        return "cursor"
    begin = 0 if cursor is None else names.index(cursor)
    end = begin + int(limit)
    found = {"type": "list", "items": fitting[begin:end]}
    return found | ({"next_cursor": names[end]} if end < len(names) else {})


def _fits(each: Mapping[str, Any], bounds: Mapping[str, datetime]) -> bool:
    for name, bound in bounds.items():
        field, _, relation = name.partition(".")
        if field not in each:
            return False
        moment = datetime.fromisoformat(each[field])
        holds = {"gte": moment >= bound, "gt": moment > bound, "lte": moment <= bound, "lt": moment < bound}
        if not holds[relation]:
            return False
    return True
