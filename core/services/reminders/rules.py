"""What reminders go by: put together by the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from core.domain.accounts import Branches
from core.domain.messages import Capabilities
from core.domain.reminders import Hours, Kind
from core.services.texts import Texts


@dataclass(frozen=True, slots=True)
class Route:
    """A channel by which subscribers may be reminded: what it can do, and how many reminders a second it may be given.

    The rate is a share of what the vendor allows, so that replies always have room.
    """

    capabilities: Capabilities
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything there is to say about reminders."""

    branches: Branches
    texts: Texts
    routes: Mapping[str, Route]
    """By channel. A channel that is not here reminds nobody."""
    phone_channel: str | None = None
    """The channel that reaches a phone on file, where there is one and its price is accepted."""
    kinds: tuple[Kind, ...] = ()
    """The rounds that begin by themselves."""
    hours: Hours = field(default_factory=Hours)
    spread: timedelta = timedelta(hours=8)
    """Over how long a round is spread, as far as the hours and the rates allow."""
