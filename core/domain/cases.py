"""What kinds of case there are, how urgent each is, and until when somebody should have looked."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from core.domain.decisions import (
    FAILED_EVENT,
    HAND_OVER,
    OPERATOR,
    PAYMENT_MISMATCH,
    PAYMENT_TWICE,
    PHOTO,
    UNDELIVERED,
)
from core.domain.readings import Code


class Urgency(NamedTuple):
    """How a kind of case stands in the queue: the lower the priority's number, the earlier it is decided."""

    priority: int
    within: timedelta
    """From when it was opened until it should be decided. By the clock, not by working hours: people wait by the clock,
    and the window for readings closes by it."""


WAITS: Final = 1
"""A person waits for an answer and can do nothing himself."""
MONEY: Final = 2
"""A reading or a payment waits: this month's bill depends on it."""
LATER: Final = 3
"""Nothing is lost if it is decided in some days."""

_HOUR: Final = timedelta(hours=1)

KINDS: Final = {
    OPERATOR: Urgency(WAITS, 2 * _HOUR),
    HAND_OVER: Urgency(WAITS, 4 * _HOUR),
    FAILED_EVENT: Urgency(WAITS, 4 * _HOUR),
    PAYMENT_MISMATCH: Urgency(MONEY, 4 * _HOUR),
    Code.CORRECTION_AFTER_EXPORT.value: Urgency(MONEY, 12 * _HOUR),
    Code.PHYSICAL_LIMIT.value: Urgency(MONEY, 24 * _HOUR),
    Code.ROLLOVER.value: Urgency(MONEY, 24 * _HOUR),
    Code.UNCONFIRMED.value: Urgency(MONEY, 24 * _HOUR),
    PAYMENT_TWICE: Urgency(MONEY, 24 * _HOUR),
    PHOTO: Urgency(MONEY, 24 * _HOUR),
    UNDELIVERED: Urgency(LATER, 48 * _HOUR),
    Code.VERIFICATION_EXPIRED.value: Urgency(LATER, 72 * _HOUR),
}
OTHER: Final = Urgency(MONEY, 24 * _HOUR)
"""Any kind that the table does not name."""


def urgency(kind: str) -> Urgency:
    """How urgent a kind of case is."""
    return KINDS.get(kind, OTHER)


def due(kind: str, opened_at: datetime) -> datetime:
    """Until when a case should be decided."""
    return opened_at + urgency(kind).within
