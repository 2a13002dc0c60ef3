"""Kannel's smsbox, which calls us with everything in the query.

Escape codes and delivery reports: Kannel 1.4.5 User's Guide, tables 7-10 and chapter 10
(https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html). docs/channels/sms.md has the configuration.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from gsm0338 import Codec

from channels.sms.decode.incoming import Hearing, Refused, event_id, hashed_id, iso_time
from channels.sms.settings import KannelSettings
from channels.toolkit.characters import short
from channels.toolkit.signatures import as_bytes, same
from channels.toolkit.wording import vendor_words
from core.domain.messages import Decoded, Delivery, DeliveryReported, RawAnswer, RawRequest

SILENCE: Final = RawAnswer()
"""A body would go out to the subscriber as an SMS."""

BINARY: Final = "1"
"""`%c`: 0 is text in 7 bits, 1 is eight-bit data such as settings and ring tones, 2 is UCS-2."""
DEFAULT_CHARSETS: Final = {"2": "utf-16be"}
GSM: Final = frozenset({"gsm", "gsm-7", "gsm7", "gsm0338", "gsm03.38"})
CHARSETS: Final = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf-16be": "utf-16-be",
    "utf16be": "utf-16-be",
    "ucs-2": "utf-16-be",
    "ucs2": "utf-16-be",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "koi8-r": "koi8-r",
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"cp{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))},
}
"""`%C` in lower case, and Python's name of the codec."""

DELIVERIES: Final = {
    "1": Delivery.DELIVERED,
    "2": Delivery.FAILED,
    "4": Delivery.BUFFERED,
    "8": Delivery.BUFFERED,
    "16": Delivery.FAILED,
    "34": Delivery.FAILED,
    "66": Delivery.FAILED,
}
"""`%d`: delivered to the phone, not delivered, queued at the SMSC, taken by the SMSC, refused by the SMSC. 34 (expired)
and 66 (unknown) come from later versions: 2 with a reason in the high bits."""

_UNIX: Final = re.compile(r"[0-9]{9,11}", re.ASCII)
_RECEIPT: Final = re.compile(r"stat:\w+|err:\w+", re.ASCII)
"""Of an SMPP receipt only these: its `text:` repeats the beginning of our message (SMPP 3.4, appendix B)."""


class Kannel:
    """Reads `/kannel` and `/kannel/dlr`."""

    def __init__(self, settings: KannelSettings, hearing: Hearing) -> None:
        self._secret = as_bytes(settings.secret.get_secret_value())
        self._hearing = hearing

    def text(self, request: RawRequest) -> Decoded:
        """One incoming SMS: `secret, from, to, text, coding, charset, ts, id`.

        Raises:
            Refused: 403 for the secret, 405 for the method, 400 for a missing sender or text or an unknown charset.
        """
        query = self._query(request)
        sender, vendor_id, stamp = _plain(query, b"from"), _plain(query, b"id"), _plain(query, b"ts")
        content, coding, charset = query.get(b"text"), _plain(query, b"coding"), _plain(query, b"charset")
        if not sender.strip() or content is None:
            raise Refused(400, "from or text is missing")
        if coding == BINARY:
            return Decoded(answer=SILENCE, problem="not heard: binary data, not a text")
        receiver = _plain(query, b"to")
        return self._hearing.text(
            event_id=event_id("kannel", vendor_id)
            if vendor_id
            else hashed_id("kannel", sender, receiver, stamp, content.hex()),
            sender=sender,
            text=_decoded(content, charset or DEFAULT_CHARSETS.get(coding, "")),
            sent_at=_moment(stamp, request.received_at),
            raw={
                "gateway": "kannel",
                "id": short(vendor_id),
                "from": short(sender),
                "to": short(receiver),
                "ts": short(stamp),
                "charset": short(charset),
            },
            answer=SILENCE,
        )

    def report(self, request: RawRequest) -> Decoded:
        """One delivery report: `secret, id, type, answer` and, as we ask for it, `to`.

        Raises:
            Refused: 403 for the secret, 405 for the method, 400 without an id.
        """
        query = self._query(request)
        receipt_id, kind = _plain(query, b"id"), _plain(query, b"type")
        if not receipt_id:
            raise Refused(400, "id is missing")
        delivery = DELIVERIES.get(kind)
        if delivery is None:
            return Decoded(answer=SILENCE, problem="a delivery report of an unknown type")
        event = DeliveryReported(
            event_id=event_id("kannel-dlr", f"{receipt_id}:{kind}"),
            address=self._hearing.address(_plain(query, b"to")),
            sent_at=request.received_at,
            raw={"gateway": "kannel", "type": kind},
            receipt_id=short(receipt_id),
            delivery=delivery,
            detail=_detail(_plain(query, b"answer")),
        )
        return Decoded((event,), SILENCE)

    def _query(self, request: RawRequest) -> dict[bytes, bytes]:
        """The query's values as bytes, because each message has its own charset; the secret is checked and gone."""
        query = {}
        for pair in request.query.split(b"&"):
            name, _, value = pair.partition(b"=")
            query[name] = unquote_to_bytes(value.replace(b"+", b" "))
        if not same(query.pop(b"secret", b""), self._secret):
            raise Refused(403, "the secret in the address is missing or wrong")
        if request.method not in {"GET", "POST"}:
            raise Refused(405, "only GET and POST are understood here")
        return query


def _plain(query: Mapping[bytes, bytes], name: bytes) -> str:
    return query.get(name, b"").decode("utf-8", "replace")


def _decoded(content: bytes, charset: str) -> str:
    """The text; bytes that are wrong in the charset become U+FFFD, as half a text is better than a lost one."""
    name = charset.strip().lower()
    if name in GSM:
        return str(Codec().decode(content, "replace")[0])
    codec = CHARSETS.get(name)
    if codec is None:
        raise Refused(400, "the charset is unknown")
    return content.decode(codec, "replace")


def _moment(stamp: str, default: datetime) -> datetime:
    """`%T`, Unix seconds, or `%t`, `YYYY-MM-DD HH:MM:SS` in UTC; anything else gives the default."""
    if _UNIX.fullmatch(stamp):
        return datetime.fromtimestamp(int(stamp), UTC)
    return iso_time(stamp, default)


def _detail(answer: str) -> str:
    """`%A` for staff: `NACK/...` of the SMSC, or state and error of a receipt."""
    if answer.startswith(("ACK", "NACK")):
        return vendor_words(answer)
    return " ".join(_RECEIPT.findall(answer))[:100]
