"""What Viber's answers mean. HTTP says 200 even for errors; `status` in the body tells, and one table reads it."""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple

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
    """What a status means for a message, and what to tell staff."""

    failure: type[SendFailure]
    reason: str


OK: Final = 0
STATUSES: Final[Mapping[int, Rule]] = MappingProxyType(
    {
        1: Rule(Misconfigured, "the webhook's address is not valid, or did not answer with 200 when Viber tried it"),
        2: Rule(Misconfigured, "the token is not valid"),
        3: Rule(ContentRejected, "something in the request is wrong"),
        4: Rule(ContentRejected, "something is missing in the request"),
        5: Rule(RecipientUnavailable, "the subscriber is not registered with Viber"),
        6: Rule(RecipientUnavailable, "the subscriber has not subscribed, or has left"),
        7: Rule(Misconfigured, "the bot is blocked"),
        8: Rule(Misconfigured, "the token belongs to no bot"),
        9: Rule(Misconfigured, "the bot is suspended"),
        10: Rule(Misconfigured, "the bot has no webhook"),
        11: Rule(RecipientUnavailable, "the subscriber's device or version of Viber has no bots"),
        12: Rule(RateLimited, "too many messages: to all, or a hundred within an hour to one who does not reply"),
        13: Rule(ContentRejected, "the subscriber's Viber is older than the message's min_api_version"),
        14: Rule(ContentRejected, "the message needs a higher min_api_version"),
        15: Rule(Misconfigured, "the bot is not authorised for this"),
        16: Rule(ContentRejected, "inline messages are not allowed"),
        17: Rule(ContentRejected, "the bot is not inline"),
        18: Rule(ContentRejected, "the bot has no public chat"),
        19: Rule(ContentRejected, "the broadcast cannot be sent"),
        20: Rule(ContentRejected, "the bot may not broadcast"),
        21: Rule(RecipientUnavailable, "the bot may not write to the subscriber's country"),
        22: Rule(ContentRejected, "the bot may not take payments"),
        23: Rule(Misconfigured, "the month's free messages outside a session are used up: ask Viber for a paid plan"),
        24: Rule(Misconfigured, "the bot's balance is used up: pay Viber's bill"),
    }
)
"""https://developers.viber.com/docs/api/rest-bot-api/#error-codes, which ends with "other: general error"."""

HTTP: Final[Mapping[int, Rule]] = MappingProxyType(
    {
        400: Rule(ContentRejected, "the request is refused"),
        401: Rule(Misconfigured, "the token is refused"),
        403: Rule(Misconfigured, "the token is refused"),
        404: Rule(Misconfigured, "api_base is not Viber's address"),
        405: Rule(Misconfigured, "api_base is not Viber's address"),
        413: Rule(ContentRejected, "the message is too long"),
        429: Rule(RateLimited, "too many calls"),
        503: Rule(TemporarilyUnavailable, "Viber cannot take it now"),
    }
)
"""HTTP's own meaning (RFC 9110, section 15), should something before Viber answer. 500, 502, 504: who knows."""

DEFAULT_PAUSE: Final = 30.0
"""Seconds for `RateLimited`. Viber says how many messages are too many, but not how long to wait."""


def receipt(answer: Answer, hide: Iterable[str]) -> Receipt:
    """Read the answer to a message; `message_token`, an integer of 64 bits, is Viber's name for it.

    Raises:
        SendFailure: one of its subclasses.
    """
    token = content(answer, hide).get("message_token")
    return Receipt(str(token) if isinstance(token, (int, str)) and not isinstance(token, bool) else "")


def content(answer: Answer, hide: Iterable[str]) -> Mapping[str, Any]:
    """The answer's object, where it says success.

    Args:
        answer: the answer to any method.
        hide: what must not show in the failure's words.

    Raises:
        SendFailure: one of its subclasses.
    """
    hide = tuple(hide)
    if answer.status != HTTPStatus.OK:
        raise _http(answer, hide)
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    status = body.get("status") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(status, int) or isinstance(status, bool):
        raise OutcomeUnknown(f"200, but the answer cannot be read: {vendor_words(answer.body, hide)}")
    if status == OK:
        return body
    words = vendor_words(str(body.get("status_message", "")), hide)
    raise _made(STATUSES.get(status), str(status), words)


def _http(answer: Answer, hide: Iterable[str]) -> SendFailure:
    """A status of HTTP that is not Viber's way to refuse anything."""
    words = vendor_words(answer.body, hide)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        # Not followed: a redirection would carry the token to where it does not belong.
        return Misconfigured(f"Viber's address seems to be another one: HTTP {answer.status}")
    rule = HTTP.get(answer.status)
    if rule is None and not HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown(f"HTTP {answer.status} {words}".rstrip())
    return _made(rule, f"HTTP {answer.status}", words, answer.retry_after)


def _made(rule: Rule | None, code: str, words: str, retry_after: str = "") -> SendFailure:
    """The failure of a rule; without one the code is unknown, which staff and the log are told."""
    if rule is None:
        _log.warning("Viber answered with the unknown status %s", code)
        return ContentRejected(code, f"{code}, a status that is unknown to us ({words})")
    detail = f"{code}, {rule.reason} ({words})" if words else f"{code}, {rule.reason}"
    if rule.failure is RateLimited:
        return RateLimited(pause(retry_after, DEFAULT_PAUSE), detail)
    if rule.failure is ContentRejected:
        return ContentRejected(code, detail)
    return rule.failure(detail)
