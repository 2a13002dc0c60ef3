"""What VK's answers mean: one table of its error codes; nothing else knows a code.

Codes: errors.json of https://github.com/VKCOM/vk-api-schema, and the list of each method at https://dev.vk.com/ru/reference/errors.
VK answers errors with HTTP 200: `{"error": {"error_code": 6, "error_msg": "...", "request_params": [...]}}`. The
`request_params` repeat what we sent, so they are never quoted.
"""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from vk_api.exceptions import CAPTCHA_ERROR_CODE, NEED_VALIDATION_CODE, TOO_MANY_RPS_CODE

from channels.toolkit.http import Answer, pause
from channels.toolkit.reading import as_json
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
    UnsupportedContent,
)

_log = logging.getLogger(__name__)


class Rule(NamedTuple):
    """What a code means, why, and for `RateLimited` how many seconds to wait."""

    failure: type[SendFailure]
    reason: str
    wait: float = 0


SECOND: Final = 1.0
CAPTCHA_WAIT: Final = 300.0
DAILY_WAIT: Final = 900.0

GENERAL: Final[Mapping[int, Rule]] = MappingProxyType(
    {
        1: Rule(OutcomeUnknown, "an unknown error at VK; `random_id` makes a repetition harmless"),
        2: Rule(Misconfigured, "the application of this token is switched off"),
        3: Rule(Misconfigured, "VK does not know the method: is api_base VK's own?"),
        4: Rule(Misconfigured, "a wrong signature: is the token a community's?"),
        5: Rule(Misconfigured, "the token is wrong or was withdrawn"),
        TOO_MANY_RPS_CODE: Rule(RateLimited, "more than 20 calls in a second", SECOND),
        7: Rule(Misconfigured, "the token has no right to this, or the community's messages are switched off"),
        8: Rule(Misconfigured, "VK does not take our form of calls: is this version of the API gone?"),
        # VK: more than 1000 messages an hour to one user (https://vk.com/faq11583). The others need not wait for him.
        9: Rule(TemporarilyUnavailable, "too many messages to this subscriber in an hour"),
        10: Rule(OutcomeUnknown, "a fault inside VK; `random_id` makes a repetition harmless"),
        11: Rule(Misconfigured, "the application of this token is in test mode"),
        CAPTCHA_ERROR_CODE: Rule(RateLimited, "VK wants a captcha, which a service cannot solve", CAPTCHA_WAIT),
        15: Rule(Misconfigured, "the token has no right to messages or to managing the community"),
        16: Rule(Misconfigured, "VK wants https: see api_base"),
        NEED_VALIDATION_CODE: Rule(Misconfigured, "VK wants the token's owner to prove himself: make a new token"),
        18: Rule(RecipientUnavailable, "the subscriber's page was deleted or banned"),
        20: Rule(Misconfigured, "not for this kind of token: take a community's"),
        21: Rule(Misconfigured, "not for this kind of token: take a community's"),
        23: Rule(Misconfigured, "VK has switched the method off"),
        24: Rule(Misconfigured, "VK wants a confirmation from the token's owner"),
        25: Rule(Misconfigured, "VK wants the token confirmed"),
        27: Rule(Misconfigured, "the community's token is wrong or was withdrawn"),
        28: Rule(Misconfigured, "an application's token is no community's"),
        29: Rule(RateLimited, "the day's limit for this method is reached", DAILY_WAIT),
        30: Rule(RecipientUnavailable, "the subscriber's profile is private"),
        34: Rule(Misconfigured, "VK no longer takes this version of the API"),
        35: Rule(Misconfigured, "VK no longer takes this version of the API"),
        36: Rule(OutcomeUnknown, "the call took VK too long; `random_id` makes a repetition harmless"),
        37: Rule(RecipientUnavailable, "the subscriber is banned"),
        38: Rule(Misconfigured, "VK does not know the token's application"),
        39: Rule(RecipientUnavailable, "there is no such user"),
        40: Rule(Misconfigured, "there is no such community: see group_id"),
        42: Rule(Misconfigured, "the token is not for this machine's address"),
        43: Rule(TemporarilyUnavailable, "VK has closed this for a while"),
        100: Rule(ContentRejected, "VK does not take one of the parameters"),
        101: Rule(Misconfigured, "VK does not know the token's application"),
        104: Rule(ContentRejected, "VK does not find it"),
        113: Rule(RecipientUnavailable, "there is no such user"),
        125: Rule(Misconfigured, "there is no such community: see group_id"),
        203: Rule(Misconfigured, "the token is another community's: see group_id"),
        1117: Rule(Misconfigured, "the token has expired"),
        2000: Rule(Misconfigured, "the community has ten callback servers already: delete one"),
        3300: Rule(RateLimited, "VK wants a captcha, which a service cannot solve", CAPTCHA_WAIT),
        3609: Rule(Misconfigured, "the token must be renewed"),
        3610: Rule(RecipientUnavailable, "the subscriber's page is switched off"),
        9999: Rule(Misconfigured, "VK does not take our form of calls"),
    }
)
"""Errors of any method. Where a token or a right is wrong all messages wait until staff have acted. 7 and 15 are taken
for that, too: closing every address because the community's messages are off would cost more than waiting."""

MESSAGES: Final[Mapping[int, Rule]] = MappingProxyType(
    {
        900: Rule(RecipientUnavailable, "the subscriber is on the community's black list"),
        901: Rule(RecipientUnavailable, "the subscriber has not allowed the community's messages, or has stopped them"),
        902: Rule(RecipientUnavailable, "the subscriber's privacy settings forbid it"),
        909: Rule(ContentRejected, "the message is too old to be changed"),
        910: Rule(UnsupportedContent, "the message is too big"),
        911: Rule(UnsupportedContent, "VK does not take the keyboard"),
        912: Rule(Misconfigured, "keyboards need the community's setting: Messages, Bot settings, Bot abilities"),
        913: Rule(ContentRejected, "too many forwarded messages"),
        914: Rule(UnsupportedContent, "the text is too long"),
        917: Rule(RecipientUnavailable, "no access to this chat"),
        920: Rule(ContentRejected, "a message of this kind is not changed"),
        921: Rule(ContentRejected, "it cannot be forwarded"),
        922: Rule(RecipientUnavailable, "the community has left this chat"),
        925: Rule(RecipientUnavailable, "not for members of this chat"),
        927: Rule(RecipientUnavailable, "there is no such chat"),
        932: Rule(RecipientUnavailable, "the community may not write there"),
        935: Rule(RecipientUnavailable, "the subscriber is not in this chat"),
        936: Rule(RecipientUnavailable, "there is no such contact"),
        940: Rule(ContentRejected, "too many posts in the message"),
        943: Rule(ContentRejected, "this intent is not allowed"),
        944: Rule(ContentRejected, "this intent's limit is reached"),
        945: Rule(RecipientUnavailable, "the chat is switched off"),
        946: Rule(RecipientUnavailable, "chats of this kind are not supported"),
        950: Rule(RecipientUnavailable, "the time for an answer is over; the subscriber must write again"),
        962: Rule(RecipientUnavailable, "the chat is for paying subscribers"),
        969: Rule(ContentRejected, "it cannot be forwarded"),
        983: Rule(RecipientUnavailable, "writing in this chat is switched off"),
        985: Rule(RecipientUnavailable, "the addressee is a community that only notifies"),
        987: Rule(RecipientUnavailable, "the subscriber must allow a first message"),
        988: Rule(RecipientUnavailable, "the subscriber has not yet allowed a first message"),
        1012: Rule(RecipientUnavailable, "writing in this chat is switched off"),
    }
)
"""Errors of messages. An address that VK closes is open again when its subscriber writes or allows messages."""

TABLE: Final[Mapping[int, Rule]] = MappingProxyType({**GENERAL, **MESSAGES})

HTTP: Final[Mapping[int, type[SendFailure]]] = MappingProxyType(
    {
        400: ContentRejected,
        401: Misconfigured,
        403: Misconfigured,
        404: Misconfigured,
        405: Misconfigured,
        407: Misconfigured,
        413: ContentRejected,
        414: ContentRejected,
        429: RateLimited,
        503: TemporarilyUnavailable,
    }
)
"""Answers without VK's JSON, by HTTP's own meaning (RFC 9110, section 15): a proxy's, or another server's."""
DEFAULT_PAUSE: Final = 5.0


def receipt(answer: Answer, hide: Iterable[str]) -> Receipt:
    """Read the answer to messages.send: with a `peer_id` it is the message's number.

    Raises:
        SendFailure: one of its subclasses.
    """
    number = response(answer, hide)
    if not isinstance(number, int) or isinstance(number, bool):
        raise OutcomeUnknown(f"{answer.status}, but the answer is not a message's number")
    return Receipt(str(number))


def response(answer: Answer, hide: Iterable[str]) -> object:
    """The `response` of an answer to any method.

    Args:
        answer: what came.
        hide: what must not show in the failure's words.

    Raises:
        SendFailure: one of its subclasses.
    """
    body = as_json(answer.body)
    if isinstance(body, dict):
        error = body.get("error")
        if isinstance(error, dict):
            raise failure(error, hide)
        if answer.status == HTTPStatus.OK and "response" in body:
            return body["response"]
    raise _unreadable(answer, hide)


def failure(error: Mapping[str, Any], hide: Iterable[str]) -> SendFailure:
    """What the table has for VK's error; an unknown one is logged."""
    code, words = error.get("error_code"), error.get("error_msg")
    if not isinstance(code, int):
        return OutcomeUnknown("an error of VK without a code")
    quoted = vendor_words(words, hide) if isinstance(words, str) else ""
    rule = TABLE.get(code)
    if rule is None:
        _log.warning("VK answered with the unknown error %d", code)
        return ContentRejected(str(code), f"{code}: an error that we do not know: {quoted}")
    detail = f"{code}: {rule.reason} ({quoted})"
    if rule.failure is RateLimited:
        return RateLimited(rule.wait, detail)
    if rule.failure is ContentRejected:
        return ContentRejected(str(code), detail)
    return rule.failure(detail)


def _unreadable(answer: Answer, hide: Iterable[str]) -> SendFailure:
    """An answer that is none of VK's."""
    detail = f"{answer.status} {vendor_words(answer.body, hide)}".rstrip()
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HTTP.get(status, OutcomeUnknown)(f"{detail}: not an answer of VK")
    if status < HTTPStatus.BAD_REQUEST:
        # Not followed: a redirection would carry the token to where it does not belong.
        return Misconfigured(f"VK says that its address is another one ({status}): see api_base")
    kind = HTTP.get(status, ContentRejected)
    if kind is RateLimited:
        return RateLimited(pause(answer.retry_after, DEFAULT_PAUSE), detail)
    return ContentRejected(str(status), detail) if kind is ContentRejected else kind(detail)
