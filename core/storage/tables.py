"""The tables. Keys are made by us (`core.domain.keys`), so a batch is stored without asking the database for them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

from core.domain.cases import due, urgency

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

# An INTEGER PRIMARY KEY is SQLite's row id itself; a BIGINT one would be a second tree beside it.
Key = BigInteger().with_variant(Integer, "sqlite")


def microseconds(moment: datetime) -> int:
    """An aware moment as the database keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: datetime | int) -> datetime:
    """A moment as the database keeps it, or as SQLAlchemy hands it over."""
    return value if isinstance(value, datetime) else _EPOCH + timedelta(0, 0, value)  # by name it takes twice as long


class Instant(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, whole microseconds since 1970 in the database, so that both databases agree."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - signature
        """Moment to microseconds; a naive time is a mistake of ours and raises."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature
        """Microseconds to moment."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData(naming_convention=NAMING)

account = Table(
    "account",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("number", String(30), nullable=False),
    Column("number_key", String(30), nullable=False, unique=True),
    Column("branch", String(40), nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    Column("phone", String(16), index=True),
    Column("balance", BigInteger),
    Column("balance_date", Date),
    Column("bill_code", String(40), nullable=False, server_default=""),
    Column("tariff", String(40), nullable=False, server_default=""),
    Column("residents", SmallInteger),
    Column("closed_on", Date),
    Column("import_id", BigInteger, nullable=False, server_default="0"),
)
"""`number_key` is `search_key(number)`; `balance` is in kopecks, positive = owes; `import_id` names the writing run.

`tariff` is a group of the branch's price lists, empty = the default one; `residents` are those registered there.
"""

account_alias = Table(
    "account_alias",
    metadata,
    Column("old_key", String(30), primary_key=True),
    Column("old_number", String(30), nullable=False),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False, index=True),
)
"""Numbers an account had before a migration; they keep working."""

meter = Table(
    "meter",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False),
    Column("serial", String(30), nullable=False),
    Column("serial_key", String(30), nullable=False),
    Column("zones", SmallInteger, nullable=False),
    Column("digits", SmallInteger, nullable=False),
    Column("ratio", Integer, nullable=False),
    Column("t1", BigInteger, nullable=False),
    Column("t2", BigInteger),
    Column("t3", BigInteger),
    Column("read_on", Date, nullable=False),
    Column("verification_due", Date),
    Column("automatic", Boolean, nullable=False, server_default=text("false")),
    Column("closed_on", Date),
    Column("import_id", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("account_id", "serial_key"),
)
"""`t1`..`t3` are the last billed values (day or single, night, half-peak); a closed meter was replaced."""

event = Table(
    "event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("channel", String(20), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("sent_at_believed", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("code", String(40), nullable=False),
    Column("account_id", Key),
    UniqueConstraint("event_id", "channel"),
    Index("ix_event_sender", "external_id", "received_at"),
)
"""What came in and what became of it. The unique constraint makes a vendor's repeat harmless.

Its columns and those of the index begin with what lists are looked up by: SQLite would rather scan than try all pairs
of two lists.
"""

reading = Table(
    "reading",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False),
    Column("meter_id", Key, ForeignKey("meter.id"), nullable=False),
    Column("period", Integer, nullable=False),
    Column("t1", BigInteger, nullable=False),
    Column("t2", BigInteger),
    Column("t3", BigInteger),
    Column("typed", String(60), nullable=False, server_default=""),
    Column("consumption", BigInteger),
    Column("status", String(20), nullable=False),
    Column("code", String(40), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("event_key", Key),
    Column("sent_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("asked_until", Instant),
    Column("decided_by", String(60), nullable=False, server_default=""),
    Index("ix_reading_meter_id_sent_at", "meter_id", "sent_at"),
    Index("ix_reading_period", "period"),
    Index(
        "ix_reading_asked_until",
        "asked_until",
        sqlite_where=text("status = 'needs_confirmation'"),
        postgresql_where=text("status = 'needs_confirmation'"),
    ),
    Index(
        "ix_reading_asked",
        "external_id",
        "channel",
        sqlite_where=text("status = 'needs_confirmation'"),
        postgresql_where=text("status = 'needs_confirmation'"),
    ),
)
"""One meter's values for one period (`YYYYMM`); `typed` keeps what was typed where the values are a suggestion."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("vendor_id", String(100), nullable=False, server_default=""),
    Column("error", String(200), nullable=False, server_default=""),
    Column("extra", Text, nullable=False, server_default=""),
    Index(
        "ix_outbox_due",
        "channel",
        "priority",
        "due_at",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_outbox_sending",
        "channel",
        sqlite_where=text("state = 'sending'"),
        postgresql_where=text("state = 'sending'"),
    ),
)
"""What goes out. A reply bears the key of the event it answers; `priority` 0 = reply, 1 = broadcast.

`extra` is JSON of what a message has beside its text (`core.storage.extras`), empty for most.
"""


def _priority(context: Any) -> int:  # noqa: ANN401 - SQLAlchemy's execution context
    """A new case's place in the queue follows from its kind."""
    return urgency(context.get_current_parameters()["kind"]).priority


def _due_at(context: Any) -> datetime:  # noqa: ANN401 - SQLAlchemy's execution context
    parameters = context.get_current_parameters()
    return due(parameters["kind"], parameters["opened_at"])


# `case` is a word of SQL itself.
case = Table(
    "moderation_case",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("branch", String(40), nullable=False, server_default=""),
    Column("account_id", Key, index=True),
    Column("meter_id", Key),
    Column("reading_id", Key, index=True),
    Column("event_key", Key),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("photo", Text, nullable=False, server_default=""),
    Column("language", String(5), nullable=False, server_default="ru"),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("decision", String(20), nullable=False, server_default=""),
    Column("decided_by", String(60), nullable=False, server_default=""),
    Column("priority", SmallInteger, nullable=False, server_default="2", default=_priority),
    Column("due_at", Instant, nullable=False, server_default="0", default=_due_at),
    Column("claimed_by", String(60), nullable=False, server_default=""),
    Column("claimed_until", Instant),
    Column("version", Integer, nullable=False, server_default="0"),
    Index("ix_moderation_case_opened_at", "opened_at"),
    Index("ix_moderation_case_external_id", "external_id"),
    Index("ix_moderation_case_closed_at", "closed_at"),
    Index(
        "ix_moderation_case_queue",
        "priority",
        "due_at",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)
"""An item of the moderation queue. `kind` is a reading's code, or one of `core.domain.decisions`.

`photo` is the channel's reference to a picture; `language` is what the subscriber is answered in. `priority` and
`due_at` follow from the kind (`core.domain.cases`). Somebody works on an open case until `claimed_until`; `version`
grows with whatever changes what a decision is based on.
"""

case_action = Table(
    "case_action",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("case_id", Key, ForeignKey("moderation_case.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("moderator", String(60), nullable=False),
    Column("action", String(20), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("outbox_id", Key),
)
"""Who did what to a case, in order; never changed."""

audit = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(60), nullable=False),
    Column("skin", String(10), nullable=False),
    Column("what", String(30), nullable=False),
    Column("case_id", Key, index=True),
    Column("old", Text, nullable=False, server_default=""),
    Column("new", Text, nullable=False, server_default=""),
    Index("ix_audit_who_id", "who", "id"),
)
"""What staff have seen and done: rows are added, and go by age only. `old` and `new` are JSON of states and values.

A subscriber's words, name, address and phone never stand here, so nothing of it has to be forgotten with him.
"""

bulk = Table(
    "bulk",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(60), nullable=False),
    Column("action", String(20), nullable=False),
    Column("undo_until", Instant, nullable=False),
    Column("undone_at", Instant),
)
"""Decisions about many cases at once. Their messages are due at `undo_until`; before it they can be taken back."""

bulk_item = Table(
    "bulk_item",
    metadata,
    Column("bulk_id", Key, ForeignKey("bulk.id"), primary_key=True),
    Column("case_id", Key, primary_key=True),
    Column("outbox_id", Key),
    Column("before", Text, nullable=False),
)
"""A case decided in bulk, with all that its decision changed as it was before, in JSON (`core.storage.cases.bulk`)."""

profile = Table(
    "profile",
    metadata,
    Column("external_id", String(100), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("heard_at", Instant, nullable=False),
    Column("language", String(5), nullable=False, server_default=""),
    Column("closed_at", Instant),
    Column("reminders", Boolean, nullable=False, server_default=text("true")),
    Column("consent", String(20), nullable=False, server_default=""),
    Column("consent_at", Instant),
    Column("dialogue", Text, nullable=False, server_default=""),
)
"""What we keep of an address (`core.domain.subscribers.Profile`); `dialogue` is JSON, empty when none is under way."""

link = Table(
    "link",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False, index=True),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("name", String(60), nullable=False, server_default=""),
    Column("proof", String(20), nullable=False),
    Column("proved_at", Instant, nullable=False),
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("external_id", "channel", "account_id"),
)
"""Accounts that an address may ask about."""

guess = Table(
    "guess",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account_id", Key),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_guess_sender", "external_id", "at"),
    Index("ix_guess_account", "account_id", "at"),
    Index("ix_guess_at", "at"),
)
"""Proofs that failed: a pair that is not on file, a wrong code. Kept for a day, against guessing."""

handover = Table(
    "handover",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", Key, ForeignKey("account.id"), index=True),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("language", String(5), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
"""One-time links to our own page; `digest` is the token's SHA-256, so that a copy of the database opens nothing.

`account_id` is whose balance is shown; what we hold about an address needs none.
"""

campaign = Table(
    "campaign",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("branch", String(40), nullable=False),
    Column("period", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("cursor", Key, nullable=False, server_default="0"),
    Column("queued", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
)
"""A round of reminders: which accounts it has looked at so far (`cursor`), and how many messages it has queued."""

reminder = Table(
    "reminder",
    metadata,
    Column("campaign", String(80), ForeignKey("campaign.key"), primary_key=True),
    Column("external_id", String(100), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("outbox_id", Key, nullable=False),
    Column("created_at", Instant, nullable=False),
)
"""Who was reminded in a round: one message an address, whatever happens in between."""

erasure = Table(
    "erasure",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("done_at", Instant),
)
"""Subscribers' wishes to be forgotten. Links and profile go at once, the words of old messages in the background."""

staff = Table(
    "staff",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("name", String(40), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", String(200), nullable=False, server_default=""),
    Column("totp_secret", String(64), nullable=False, server_default=""),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("branches", Text, nullable=False, server_default="[]"),
    Column("language", String(5), nullable=False, server_default=""),
    Column("preferences", Text, nullable=False, server_default="{}"),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)
"""Who may sign in at `/staff`. `password` is an argon2 hash, empty until the one-time link was used; `branches` is a
JSON list of codes, empty = all; `totp_step` is the newest time step whose code was used; `preferences` is JSON.

The secret of the second factor stands in clear, for the service must read it (docs/operations.md, "Staff").
"""

staff_session = Table(
    "staff_session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("staff_id", Key, ForeignKey("staff.id"), nullable=False, index=True),
    Column("stage", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("rotated_from", String(64), nullable=False, server_default=""),
    Column("user_agent", String(100), nullable=False, server_default=""),
    Column("totp_offer", String(64), nullable=False, server_default=""),
)
"""Browsers that are signed in, or half-way (`core.domain.staff.Stage`); `digest` is the cookie's SHA-256.

`totp_offer` is the second factor's secret while it is shown and not confirmed yet.
"""

staff_invite = Table(
    "staff_invite",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("staff_id", Key, ForeignKey("staff.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
"""One-time links with which a password is set; `digest` is the token's SHA-256."""

staff_device = Table(
    "staff_device",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("staff_id", Key, ForeignKey("staff.id"), nullable=False, index=True),
    Column("seen_at", Instant, nullable=False),
)
"""Browsers that were signed in before: strangers' failures do not make them wait."""

staff_attempt = Table(
    "staff_attempt",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False),
)
"""Failed sign-ins in a row, by what has to wait for them; `subject` is a SHA-256 of it, for a password typed into the
field for the name must not be kept."""

staff_oidc_link = Table(
    "staff_oidc_link",
    metadata,
    Column("issuer", String(200), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("staff_id", Key, ForeignKey("staff.id"), nullable=False),
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("staff_id", "issuer"),
)
"""Who of the staff is who at an OpenID Connect issuer: one subject each. OpenID Connect Core, 2: a subject has at most
255 characters, and is compared with regard to capitals."""

staff_oidc_journey = Table(
    "staff_oidc_journey",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("following", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
"""Browsers that are on their way to an issuer and back; `digest` is the SHA-256 of the cookie from which all that the
issuer is told is made. `following` is the page they go on to."""

payment_page = Table(
    "payment_page",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False),
    Column("amount", BigInteger),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False, index=True),
    Column("language", String(5), nullable=False),
    Column("order_id", Key),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("autopay_id", Key),
)
"""Links to our payment page; `digest` is the token's SHA-256. `order_id` is what was last paid for on it. A payment on
a page with `autopay_id` stores the method for that autopay."""

payment_order = Table(
    "payment_order",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False),
    Column("branch", String(40), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("provider", String(20), nullable=False),
    Column("channel", String(20), nullable=False, server_default=""),
    Column("external_id", String(100), nullable=False, server_default="", index=True),
    Column("language", String(5), nullable=False),
    Column("period", Integer),
    Column("method", String(30), nullable=False, server_default=""),
    Column("provider_id", String(100), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("paid_at", Instant),
    Column("receipt_url", Text, nullable=False, server_default=""),
    Index("ix_payment_order_account_id_state", "account_id", "state"),
    Index(
        "uq_payment_order_open",
        "account_id",
        "amount",
        unique=True,
        sqlite_where=text("state IN ('created', 'pending')"),
        postgresql_where=text("state IN ('created', 'pending')"),
    ),
)
"""What is to be paid (`core.domain.orders.Order`); at most one open order for an account and a sum."""

payment_attempt = Table(
    "payment_attempt",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("order_id", Key, ForeignKey("payment_order.id"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("provider", String(20), nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("method", String(30), nullable=False, server_default=""),
    Column("email", String(200), nullable=False, server_default=""),
    Column("return_url", Text, nullable=False, server_default=""),
    Column("provider_id", String(100), nullable=False, server_default=""),
    Column("pay_url", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("doubted", Boolean, nullable=False, server_default=text("false")),
    Column("looks", SmallInteger, nullable=False, server_default="0"),
    Column("look_at", Instant),
    Column("error", String(200), nullable=False, server_default=""),
    Column("autopay_id", Key),
    UniqueConstraint("order_id", "number"),
    Index("ix_payment_attempt_provider_id", "provider_id"),
    Index(
        "ix_payment_attempt_look_at",
        "look_at",
        sqlite_where=text("look_at IS NOT NULL"),
        postgresql_where=text("look_at IS NOT NULL"),
    ),
)
"""One go at having a provider take an order (`core.domain.orders.Attempt`); `key` is stored before he is called."""

payment_notice = Table(
    "payment_notice",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("provider", String(20), nullable=False),
    Column("key", String(64), nullable=False),
    Column("order_id", Key),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("key", "provider"),
)
"""Providers' calls to us. `key` is a digest of what came, so that a repeat is known; `order_id` is ours, if it is."""

autopay = Table(
    "autopay",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account_id", Key, ForeignKey("account.id"), nullable=False, index=True),
    Column("account_number", String(40), nullable=False),
    Column("branch", String(40), nullable=False),
    Column("provider", String(20), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("day", SmallInteger, nullable=False),
    Column("ceiling", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100), nullable=False, index=True),
    Column("language", String(5), nullable=False),
    Column("consent", String(20), nullable=False),
    Column("consent_at", Instant, nullable=False),
    Column("token", String(200), nullable=False, server_default=""),
    Column("label", String(60), nullable=False, server_default=""),
    Column("first_month", Integer, nullable=False, server_default="0"),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("reason", String(20), nullable=False, server_default=""),
    Column("ended_at", Instant),
    Index(
        "uq_autopay_live",
        "account_id",
        unique=True,
        sqlite_where=text("state IN ('active', 'paused')"),
        postgresql_where=text("state IN ('active', 'paused')"),
    ),
    Index("ix_autopay_state_branch_day", "state", "branch", "day"),
)
"""What subscribers have agreed to (`core.domain.autopay.Autopay`); `token` is emptied when it ends."""

autopay_charge = Table(
    "autopay_charge",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("autopay_id", Key, ForeignKey("autopay.id"), nullable=False),
    Column("month", Integer, nullable=False),
    Column("state", String(15), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("order_id", Key),
    Column("amount", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("autopay_id", "month"),
    Index("ix_autopay_charge_state_due_at", "state", "due_at"),
)
"""A month of an autopay (`core.domain.autopay.Charge`): one only, whatever is repeated."""

staff_chat_link = Table(
    "staff_chat_link",
    metadata,
    Column("external_id", String(100), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("staff_id", Key, ForeignKey("staff.id"), nullable=False),
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("staff_id", "channel"),
)
"""Who of the staff is who in a messenger: one account each."""

staff_chat_code = Table(
    "staff_chat_code",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("staff_id", Key, ForeignKey("staff.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    UniqueConstraint("staff_id"),
)
"""One-time codes that link a messenger's account; the newest of each person only."""

staff_chat_move = Table(
    "staff_chat_move",
    metadata,
    Column("chat", String(40), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("moved_to", String(40), nullable=False),
)
"""Groups to which the messenger has given another number."""

staff_post = Table(
    "staff_post",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("case_id", Key),
    Column("channel", String(20), nullable=False),
    Column("chat", String(40), nullable=False),
    Column("number", String(40), nullable=False, server_default=""),
    Column("state", String(10), nullable=False),
    Column("shown_version", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("case_id", "chat", "channel"),
    Index("ix_staff_post_state_changed_at", "state", "changed_at"),
)
"""What was posted to a staff group (`core.storage.staff_chat`). `number` is the messenger's, empty until it is known;
`shown_version` is that of the case as the post shows it."""
