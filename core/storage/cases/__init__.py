"""Cases of the moderation queue: found, listed, followed, shown with all that a decision needs, and settled."""

from core.storage.cases.follow import Mark, News, mark, since
from core.storage.cases.lookup import AmbiguousReference, CaseNotFound, ReferenceRefused, count, find, page, picture
from core.storage.cases.settle import CaseTaken, settle
from core.storage.cases.types import (
    CLOSED,
    OPEN,
    PENDING,
    Action,
    Case,
    Changes,
    Entry,
    Filters,
    Line,
    Message,
    Picture,
    Subscriber,
)

__all__ = [
    "CLOSED",
    "OPEN",
    "PENDING",
    "Action",
    "AmbiguousReference",
    "Case",
    "CaseNotFound",
    "CaseTaken",
    "Changes",
    "Entry",
    "Filters",
    "Line",
    "Mark",
    "Message",
    "News",
    "Picture",
    "ReferenceRefused",
    "Subscriber",
    "count",
    "find",
    "mark",
    "page",
    "picture",
    "settle",
    "since",
]
