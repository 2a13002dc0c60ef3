"""Reads what VK sends us. Pure and total: any bytes give a `Decoded`, any update gives its events.

Callback API (https://dev.vk.com/ru/api/callback/getting-started) and Bots Long Poll
(https://dev.vk.com/ru/api/bots-long-poll/getting-started) bring the same updates, each with an `event_id` that is the
same when VK repeats it (callback/objects.json of https://github.com/VKCOM/vk-api-schema).
"""

from datetime import datetime
from typing import Final

from channels.toolkit.reading import as_json
from channels.toolkit.signatures import as_bytes, same
from channels.vk.decode.fields import Json
from channels.vk.decode.updates import EVENTS, Heard, heard
from channels.vk.settings import Settings
from core.domain.messages import Decoded, RawAnswer, RawRequest

__all__ = ["EVENTS", "Decoder", "Heard", "Json"]

DONE: Final = RawAnswer(200, b"ok")
"""The only answer that is success to VK. `remove` would delete our server there, so no answer repeats anybody's words
(callback/callback.go of https://github.com/SevereCloud/vksdk)."""


class Decoder:
    """Knows our community and its secret."""

    def __init__(self, channel: str, settings: Settings) -> None:
        self._channel = channel
        self._group_id = settings.group_id
        self._secret = as_bytes(settings.secret.get_secret_value())
        self._confirmation = settings.confirmation.encode()

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one call of the Callback API; a refused one has a status of 4xx, no events and a `problem`.

        The header `X-Retry-Counter` is not looked at: what VK repeats was not heard yet, or the inbox knows it.
        """
        if request.method != "POST" or request.path:
            return _refused(404, "VK posts, and to the address itself")
        update = as_json(request.body)
        if not isinstance(update, dict):
            return _refused(400, "the body is not a JSON object")
        secret = update.get("secret")
        is_known = isinstance(secret, str) and same(secret, self._secret)
        if update.get("type") == "confirmation" and (is_known or secret is None):
            return self._confirm(update)
        if not is_known:
            return _refused(403, "the secret is missing or wrong")
        if update.get("group_id") != self._group_id:
            return _refused(403, "the update is about another community")
        found = self.heard(update, request.received_at)
        return Decoded(found.events, DONE, found.problem)

    def heard(self, update: Json, received_at: datetime) -> Heard:
        """The events of an update that did come from VK, by either way."""
        return heard(update, channel=self._channel, group_id=self._group_id, received_at=received_at)

    def _confirm(self, update: Json) -> Decoded:
        """The handshake. It may lack the secret, and its answer is none."""
        if update.get("group_id") != self._group_id or not self._confirmation:
            return _refused(403, "a confirmation for another community, or none is set")
        return Decoded(answer=RawAnswer(200, self._confirmation))


def _refused(status: int, problem: str) -> Decoded:
    return Decoded(answer=RawAnswer(status), problem=problem)
