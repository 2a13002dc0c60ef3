"""Cases of the moderation queue: found, listed, claimed, followed, shown whole, settled, and what staff did audited."""

from core.storage.cases.audit import records, write
from core.storage.cases.claims import claim, claim_next, release
from core.storage.cases.follow import CLAIMED, RELEASED, Mark, News, mark, since
from core.storage.cases.listing import Count, before, count, page
from core.storage.cases.lookup import AmbiguousReference, CaseNotFound, ReferenceRefused, find, of_keys, picture
from core.storage.cases.settle import CaseTaken, settle
from core.storage.cases.types import (
    CLOSED,
    OPEN,
    PENDING,
    Action,
    Case,
    Changes,
    Elsewhere,
    Entry,
    Filters,
    Line,
    Message,
    Picture,
    Record,
    Subscriber,
    Target,
)
from core.storage.cases.undo import UNDONE, Bulk, Undone, begin, bulks, is_open, undo

__all__ = [
    "CLAIMED",
    "CLOSED",
    "OPEN",
    "PENDING",
    "RELEASED",
    "UNDONE",
    "Action",
    "AmbiguousReference",
    "Bulk",
    "Case",
    "CaseNotFound",
    "CaseTaken",
    "Changes",
    "Count",
    "Elsewhere",
    "Entry",
    "Filters",
    "Line",
    "Mark",
    "Message",
    "News",
    "Picture",
    "Record",
    "ReferenceRefused",
    "Subscriber",
    "Target",
    "Undone",
    "before",
    "begin",
    "bulks",
    "claim",
    "claim_next",
    "count",
    "find",
    "is_open",
    "mark",
    "of_keys",
    "page",
    "picture",
    "records",
    "release",
    "settle",
    "since",
    "undo",
    "write",
]
