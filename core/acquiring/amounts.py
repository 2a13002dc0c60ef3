"""Money on its way to a provider and back: whole kopecks here, roubles in his texts. Pure, exact to the last digit."""

import re
from typing import Final

from core.domain.money import KOPECKS
from core.domain.orders import CURRENCY

ROUBLES: Final = frozenset({"RUB", "RUR", "643", "810"})
"""How providers write our currency (ISO 4217): RUR and 810 were its names until 1998, and are still about."""
_WRITTEN: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9])([0-9])?0{0,8})?")
"""`1234`, `1234.5`, `1234.56`, `1234.560000`: two digits at most that mean something, no sign, blank or exponent."""


def kopecks(roubles: str) -> int | None:
    """Read an amount in roubles; None for anything that is not one, such as `1234.567`, `1 234,56` or `1e3`."""
    found = _WRITTEN.fullmatch(roubles)
    if found is None:
        return None
    whole, tens, units = found.groups()
    return int(whole) * KOPECKS + int((tens or "0") + (units or "0"))


def currency(name: str) -> str:
    """Our name for roubles, whichever of theirs was written; any other currency stays as it is."""
    return CURRENCY if name.upper() in ROUBLES else name
