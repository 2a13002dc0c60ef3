"""How long what is kept."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How long what is kept; the trade's usual times, and the retailer's to set."""

    words: timedelta = timedelta(days=90)
    """What was written, in either direction."""
    readings: timedelta = timedelta(days=1095)
    """Readings and who decided what: three years, the limitation period (Civil Code of Russia, article 196)."""
    idle: timedelta = timedelta(days=365)
    """Profiles of addresses that no account is linked to."""
