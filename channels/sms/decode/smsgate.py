"""SMSGate, an Android phone as a gateway: signed webhooks.

Events and fields: https://docs.sms-gate.app/features/webhooks/ and `modules/webhooks` of
https://github.com/capcom6/android-sms-gateway (payload classes, and PayloadSingingPlugin.kt for the signature).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from channels.sms.decode.incoming import Hearing, Refused, event_id, hashed_id, iso_time, json_object, word
from channels.sms.settings import SmsGateSettings
from channels.toolkit.characters import short
from channels.toolkit.signatures import as_bytes, signed
from channels.toolkit.wording import vendor_words
from core.domain.messages import Decoded, Delivery, DeliveryReported, RawAnswer, RawRequest

SIGNATURE_HEADER: Final = "x-signature"
TIMESTAMP_HEADER: Final = "x-timestamp"
DONE: Final = RawAnswer()
RECEIVED: Final = "sms:received"
REPORTS: Final = {
    "sms:sent": (Delivery.BUFFERED, "sentAt"),
    "sms:delivered": (Delivery.DELIVERED, "deliveredAt"),
    "sms:failed": (Delivery.FAILED, "failedAt"),
}
"""Events about messages of ours, and where each has its time."""
_UNIX: Final = re.compile(r"[0-9]{1,11}", re.ASCII)


class SmsGate:
    """Reads `/smsgate`."""

    def __init__(self, settings: SmsGateSettings, hearing: Hearing) -> None:
        self._key = as_bytes(settings.signing_key.get_secret_value())
        self._max_age = settings.max_age_seconds
        self._hearing = hearing

    def event(self, request: RawRequest) -> Decoded:
        """One webhook: an incoming SMS or a delivery report; other events (`system:ping`, MMS, ...) are only answered.

        Raises:
            Refused: 403 for the signature or its age, 405 for the method, 415 and 400 for the body.
        """
        self._check(request)
        body = json_object(request)
        event, payload = body.get("event"), body.get("payload")
        if not isinstance(event, str) or not isinstance(payload, dict):
            raise Refused(400, "event or payload is missing")
        if event == RECEIVED:
            return self._text(body, payload, request.received_at)
        if event in REPORTS:
            return self._report(event, payload, request.received_at)
        return Decoded(answer=DONE, problem="not heard: an event of another kind")

    def _check(self, request: RawRequest) -> None:
        """The signature covers the body and the time, which is made anew at each repetition."""
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        signature = request.headers.get(SIGNATURE_HEADER, "")
        if not signed(request.body + as_bytes(stamp), signature=signature, key=self._key):
            raise Refused(403, "the signature is missing or wrong")
        if not _UNIX.fullmatch(stamp) or abs(request.received_at.timestamp() - int(stamp)) > self._max_age:
            raise Refused(403, "the signature is too old, or the phone's clock is wrong")
        if request.method != "POST":
            raise Refused(405, "only POST is understood here")

    def _text(self, body: Mapping[str, Any], payload: Mapping[str, Any], received_at: datetime) -> Decoded:
        """An SMS. The sender was `phoneNumber` in older versions.

        A second export of the inbox has new envelopes, so the envelope's id is no key; `messageId` is a hash of 32 bits
        over address, date, SIM and text, so it is none alone.
        """
        sender, text = word(payload, "sender", "phoneNumber"), payload.get("message")
        if not sender or not isinstance(text, str):
            raise Refused(400, "sender or message is missing")
        device, message_id, received = word(body, "deviceId"), word(payload, "messageId"), word(payload, "receivedAt")
        return self._hearing.text(
            event_id=hashed_id("smsgate", device, message_id, sender, received),
            sender=sender,
            text=text,
            sent_at=iso_time(received, received_at),
            raw={
                "gateway": "smsgate",
                "id": short(message_id),
                "from": short(sender),
                "to": short(word(payload, "recipient")),
                "device": short(device),
                "sim": short(word(payload, "simNumber")),
            },
            answer=DONE,
        )

    def _report(self, event: str, payload: Mapping[str, Any], received_at: datetime) -> Decoded:
        """A delivery report. `messageId` is the id that we gave when sending."""
        delivery, time_name = REPORTS[event]
        receipt_id = word(payload, "messageId")
        if not receipt_id:
            return Decoded(answer=DONE, problem="a delivery report without an id")
        number = word(payload, "recipient", "phoneNumber")
        report = DeliveryReported(
            event_id=event_id("smsgate", f"{event}:{receipt_id}"),
            address=self._hearing.address(number),
            sent_at=iso_time(payload.get(time_name), received_at),
            raw={"gateway": "smsgate", "event": event},
            receipt_id=short(receipt_id),
            delivery=delivery,
            detail=vendor_words(word(payload, "reason"), hide=[number]),
        )
        return Decoded((report,), DONE)
