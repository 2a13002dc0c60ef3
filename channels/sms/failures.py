"""What each gateway's answer means. One table per gateway; nothing else knows a vendor's code."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple

from channels.toolkit.http import Answer, pause
from channels.toolkit.wording import vendor_words
from core.domain.messages import Receipt
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
)

_log = logging.getLogger(__name__)


class Rule(NamedTuple):
    """An answer with this status, and these words at the start of its body, is this failure."""

    status: int
    words: bytes
    failure: type[SendFailure]


COMMON: Final = (
    Rule(400, b"", ContentRejected),
    Rule(401, b"", Misconfigured),
    Rule(403, b"", Misconfigured),
    Rule(404, b"", Misconfigured),
    Rule(405, b"", Misconfigured),
    Rule(407, b"", Misconfigured),
    Rule(413, b"", ContentRejected),
    Rule(415, b"", Misconfigured),
    Rule(422, b"", ContentRejected),
    Rule(429, b"", RateLimited),
    Rule(503, b"", TemporarilyUnavailable),
)
"""HTTP's own meaning (RFC 9110, section 15), after a gateway's table. 500, 502, 504: the work may have been done."""

KANNEL: Final = (
    Rule(400, b"Sender missing", Misconfigured),
    Rule(400, b"Number(s) has/have been denied", RecipientUnavailable),
    Rule(403, b"Authorization failed", Misconfigured),
    Rule(403, b"Not routable", ContentRejected),
    Rule(500, b"Sending failed", TemporarilyUnavailable),
)
"""Kannel 1.4.5 User's Guide, table 7-16, and the wording of its smsbox (gw/smsbox.c).

`Not routable. Do not try again.` concerns one destination, `Authorization failed for sendsms` all of them.
"""
KANNEL_TAKEN: Final = (b"0:", b"3:")
"""`0: Accepted for delivery`, `3: Queued for later delivery`."""

GENERIC: Final = (
    Rule(404, b"", Misconfigured),
    Rule(410, b"", RecipientUnavailable),
)
"""Our own protocol, docs/channels/sms.md: 410 says that the number does not exist any more."""

SMSGATE: Final = (
    Rule(400, b"", ContentRejected),
    Rule(401, b"", Misconfigured),
)
"""MessagesRoutes.kt of https://github.com/capcom6/android-sms-gateway."""
DUPLICATE: Final = 409
"""The id was used before: the message is there already."""

TABLES: Final[Mapping[str, Sequence[Rule]]] = MappingProxyType(
    {"kannel": (*KANNEL, *COMMON), "generic": (*GENERIC, *COMMON), "smsgate": (*SMSGATE, *COMMON)}
)
DEFAULT_PAUSE: Final = 5.0
"""Seconds for `RateLimited`, where the vendor says nothing."""


def receipt(gateway: str, answer: Answer, *, key: str, hide: Iterable[str]) -> Receipt:
    """Read the gateway's answer to a message.

    Args:
        gateway: a key of `TABLES`.
        answer: the answer.
        key: the message's idempotency key, which is also the vendor's id where the vendor took it as such.
        hide: what must not show in the failure's words.

    Raises:
        SendFailure: one of its subclasses.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        vendor_id = _taken(gateway, answer.body, key)
        if vendor_id is None:
            raise OutcomeUnknown(f"{answer.status}, but the answer cannot be read: {vendor_words(answer.body, hide)}")
        return Receipt(vendor_id)
    if gateway == "smsgate" and answer.status == DUPLICATE:
        return Receipt(key)
    raise failure(gateway, answer, hide)


def _taken(gateway: str, body: bytes, key: str) -> str | None:
    """The vendor's id for a message he took, empty where he gives none; None when the answer says nothing like it."""
    if gateway == "kannel":
        return "" if body.startswith(KANNEL_TAKEN) else None
    if gateway == "generic" and not body.strip():
        return key
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    vendor_id = content.get("id", key if gateway == "generic" else None)
    return vendor_id if isinstance(vendor_id, str) else None


def failure(gateway: str, answer: Answer, hide: Iterable[str]) -> SendFailure:
    """What the gateway's table, or HTTP, has for an answer that is no success; an unknown one is logged."""
    detail = f"{answer.status} {vendor_words(answer.body, hide)}".rstrip()
    for rule in TABLES[gateway]:
        if answer.status == rule.status and answer.body.startswith(rule.words):
            return _made(rule.failure, answer, detail)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        # Not followed: a redirection would carry passwords to where they do not belong.
        return Misconfigured(f"the gateway says that its address is another one: {answer.status}")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown(detail)
    _log.warning("%s answered with the unknown status %d", gateway, answer.status)
    return ContentRejected(str(answer.status), detail)


def _made(failure_class: type[SendFailure], answer: Answer, detail: str) -> SendFailure:
    if failure_class is RateLimited:
        return RateLimited(pause(answer.retry_after, DEFAULT_PAUSE), detail)
    if failure_class is ContentRejected:
        return ContentRejected(str(answer.status), detail)
    return failure_class(detail)
