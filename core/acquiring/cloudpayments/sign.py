"""The signature of CloudPayments' calls. Pure.

https://developers.cloudpayments.ru/#proverka-uvedomleniy
"""

import base64
import hmac
from hashlib import sha256

from core.acquiring.signing import as_bytes, same
from core.domain.messages import RawRequest

HEADERS = ("content-hmac", "x-content-hmac")
"""The one is over the message as it was sent, the other over its percent-decoded text; they differ in few messages."""


def signature(message: bytes, secret: str) -> str:
    """HMAC-SHA256 of the body, or of the query of a GET, in base64."""
    return base64.b64encode(hmac.digest(as_bytes(secret), message, sha256)).decode()


def is_signed(request: RawRequest, secret: str) -> bool:
    """Tell whether CloudPayments sent exactly this; never under an empty secret."""
    expected = signature(request.query if request.method == "GET" else request.body, secret)
    # Every one of them is compared, so that the time does not tell which.
    fitting = [same(request.headers.get(name, ""), expected) for name in HEADERS]
    return bool(secret) and any(fitting)
