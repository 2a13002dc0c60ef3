"""Moderation: what a decision about a case means, and the service that takes it in one transaction."""

from core.services.moderation.background import Background, background
from core.services.moderation.bulk import UNDO, BulkRequest, Bulks, Forecast
from core.services.moderation.ledger import Outcome
from core.services.moderation.requests import (
    AlreadyDecided,
    Approve,
    Ask,
    Close,
    Correct,
    Held,
    Merge,
    Moved,
    Note,
    Refused,
    Reject,
    Reply,
    Request,
    Untold,
)
from core.services.moderation.service import CLAIM, Moderation
from core.services.moderation.wording import Canned

__all__ = [
    "CLAIM",
    "UNDO",
    "AlreadyDecided",
    "Approve",
    "Ask",
    "Background",
    "BulkRequest",
    "Bulks",
    "Canned",
    "Close",
    "Correct",
    "Forecast",
    "Held",
    "Merge",
    "Moderation",
    "Moved",
    "Note",
    "Outcome",
    "Refused",
    "Reject",
    "Reply",
    "Request",
    "Untold",
    "background",
]
