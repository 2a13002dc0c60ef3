"""Readings: their states, the codes of validation, and what a stored one holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.messages import Address


class Status(StrEnum):
    """received → needs_confirmation | in_review | accepted → exported; and three ends.

    `accepted` ones of a period are what `export readings` writes; the export marks them `exported`.
    """

    NEEDS_CONFIRMATION = "needs_confirmation"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    EXPORTED = "exported"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


LIVE = frozenset({Status.NEEDS_CONFIRMATION, Status.IN_REVIEW, Status.ACCEPTED, Status.EXPORTED})
"""States in which a reading still counts or may come to count."""


class Code(StrEnum):
    """What validation found. The codes are an interface: they stand in metrics, cases, exports and text keys."""

    ACCEPTED = "accepted"
    ACCOUNT_NOT_FOUND = "account_not_found"
    METER_NOT_FOUND = "meter_not_found"
    METER_ARCHIVED = "meter_archived"
    METER_AUTOMATIC = "meter_automatic"
    METER_MISSING = "meter_missing"
    """The account has several meters and the message names none."""
    VERIFICATION_EXPIRED = "verification_expired"
    FEW_VALUES = "few_values"
    EXTRA_VALUES = "extra_values"
    TOO_MANY_DIGITS = "too_many_digits"
    LESS_THAN_PREVIOUS = "less_than_previous"
    ROLLOVER = "rollover"
    ZERO = "zero_or_tiny"
    TOO_LARGE = "too_large"
    """Above the soft limit: the subscriber confirms."""
    PHYSICAL_LIMIT = "physical_limit"
    """Above the hard limit: a moderator decides."""
    X10 = "x10"
    SWAPPED = "swapped_registers"
    SAME_AS_PREVIOUS = "same_as_previous"
    OUTSIDE_WINDOW = "outside_window"
    AMBIGUOUS = "ambiguous"
    """The text can be read in more than one way."""
    DUPLICATE = "duplicate"
    OUTDATED = "outdated"
    """A reading sent later is already on file."""
    CORRECTION_AFTER_EXPORT = "correction_after_export"
    UNCONFIRMED = "unconfirmed"
    """Asked, and never answered: a moderator decides."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """One meter's values for one billing period. Mutable in what becomes of it only, by the desk and moderation.

    `values` are the register's whole numbers in the meter's order (day or single, night, half-peak); `period` is
    `YYYYMM` as a number; `consumption` is kWh over all zones with the ratio, None where it cannot be told.
    """

    id: int
    account_id: int
    meter_id: int
    period: int
    values: tuple[int, ...]
    consumption: int | None
    status: Status
    code: Code
    address: Address
    sent_at: datetime
    """When the subscriber sent it, for the last time: the latest sent wins a correction."""
    received_at: datetime
    decided_by: str = ""
    asked_until: datetime | None = None
    """Until when a `ДА` confirms it (`needs_confirmation` only)."""
    typed: tuple[int, ...] = ()
    """What was typed, where `values` is our suggestion."""
