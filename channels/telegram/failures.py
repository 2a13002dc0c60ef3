"""What Telegram's answers mean. The only place that knows its codes and wording.

Errors: https://core.telegram.org/bots/api#making-requests; their wording: `fail_query_with_error` and the checks in
`Client.cpp` of https://github.com/tdlib/telegram-bot-api.
"""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple

from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)

from channels.toolkit.wording import vendor_words
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
)
from core.ports.posts import GroupHasMoved

_log = logging.getLogger(__name__)


class Rule(NamedTuple):
    """An error of this class, with these words somewhere in its description, is this failure."""

    error: type[Exception]
    words: str
    failure: type[SendFailure]


RULES: Final = (
    Rule(TelegramForbiddenError, "", RecipientUnavailable),
    Rule(TelegramBadRequest, "chat not found", RecipientUnavailable),
    Rule(TelegramBadRequest, "user is deactivated", RecipientUnavailable),
    Rule(TelegramBadRequest, "USER_IS_BLOCKED", RecipientUnavailable),
    Rule(TelegramBadRequest, "PEER_ID_INVALID", RecipientUnavailable),
    Rule(TelegramBadRequest, "Logged out", Misconfigured),
    Rule(TelegramBadRequest, "", ContentRejected),
    Rule(TelegramEntityTooLarge, "", ContentRejected),
    Rule(TelegramUnauthorizedError, "", Misconfigured),
    Rule(TelegramNotFound, "", Misconfigured),
    Rule(TelegramConflictError, "", Misconfigured),
)
"""Answers in Telegram's own words, the first that fits. 403: `bot was blocked by the user`, `user is deactivated`,
`bot can't initiate conversation with a user`. 401 and 404: the token is not, or not any more, a bot's. 409: somebody
else polls, or a webhook is set."""

STATUSES: Final[Mapping[int, type[SendFailure]]] = MappingProxyType(
    {
        401: Misconfigured,
        403: Misconfigured,
        404: Misconfigured,
        405: Misconfigured,
        407: Misconfigured,
        413: ContentRejected,
        429: RateLimited,
        503: TemporarilyUnavailable,
    }
)
"""Answers that are not the Bot API's (a proxy, another server), by HTTP's meaning (RFC 9110, section 15), and its 5xx.
`Internal Server Error: restart` may come after the message went out, so only 503 is certain."""
DEFAULT_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 3600.0
"""Seconds for `RateLimited`, where Telegram says nothing, and where it says too much."""


def failure(status: int, error: Exception, hide: Iterable[str] = ()) -> SendFailure:
    """What an answer means that aiogram made an error of; an unknown one is logged.

    Args:
        status: of HTTP.
        error: aiogram's. Its own text is not used: it names the chat.
        hide: what must not show although Telegram may have repeated it.
    """
    words = (error.message or "") if isinstance(error, TelegramAPIError) else "what came is no answer of the Bot API"
    detail = f"{status} {vendor_words(words, hide)}".rstrip()
    if isinstance(error, TelegramRetryAfter):
        return RateLimited(min(float(error.retry_after), LONGEST_PAUSE), f"{status} too many requests")
    if isinstance(error, TelegramMigrateToChat):
        return GroupHasMoved(str(error.migrate_to_chat_id), detail)
    found = _meaning(status, error, words)
    if found is None:
        _log.warning("Telegram answered with the unknown status %d", status)
        return ContentRejected(str(status), f"{detail} (an unknown code)")
    return _made(found, status, detail)


def _meaning(status: int, error: Exception, words: str) -> type[SendFailure] | None:
    for rule in RULES:
        if isinstance(error, rule.error) and rule.words in words:
            return rule.failure
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and not isinstance(error, TelegramAPIError):
        return OutcomeUnknown
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Misconfigured  # not followed: the token would go where it does not belong
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return STATUSES.get(status, OutcomeUnknown)
    return STATUSES.get(status)


def _made(failure_class: type[SendFailure], status: int, detail: str) -> SendFailure:
    if failure_class is ContentRejected:
        return ContentRejected(str(status), detail)
    if failure_class is RateLimited:
        return RateLimited(DEFAULT_PAUSE, detail)
    return failure_class(detail)
