"""A gateway of any make that posts JSON: `{"id": "...", "from": "...", "to": "...", "text": "...", "sent_at": "..."}`.

This is the busiest way in: keep it short.
"""

from typing import Final

from channels.sms.decode.incoming import Hearing, Refused, event_id, iso_time, json_object, word
from channels.sms.settings import GenericSettings
from channels.toolkit.characters import short
from channels.toolkit.signatures import as_bytes, same
from core.domain.messages import Decoded, RawAnswer, RawRequest

HEADER: Final = "x-meterline-secret"
ACCEPTED: Final = RawAnswer(200, b'{"accepted":true}', "application/json")


class Generic:
    """Reads `/generic`."""

    def __init__(self, settings: GenericSettings, hearing: Hearing) -> None:
        self._secret = as_bytes(settings.secret.get_secret_value())
        self._hearing = hearing

    def text(self, request: RawRequest) -> Decoded:
        """One incoming SMS. `id` and `from` are asked for; `sent_at` is ISO 8601, and the time of arrival without it.

        Raises:
            Refused: 403 for the secret, 405 for the method, 415 and 400 for the body.
        """
        if not same(request.headers.get(HEADER, ""), self._secret):
            raise Refused(403, f"the header {HEADER} is missing or wrong")
        if request.method != "POST":
            raise Refused(405, "only POST is understood here")
        body = json_object(request)
        vendor_id, sender, text = word(body, "id"), word(body, "from"), body.get("text")
        if not vendor_id or not sender or not isinstance(text, str):
            raise Refused(400, "id, from or text is missing or is no string")
        return self._hearing.text(
            event_id=event_id("generic", vendor_id),
            sender=sender,
            text=text,
            sent_at=iso_time(body.get("sent_at"), request.received_at),
            raw={"gateway": "generic", "id": short(vendor_id), "from": short(sender), "to": short(word(body, "to"))},
            answer=ACCEPTED,
        )
