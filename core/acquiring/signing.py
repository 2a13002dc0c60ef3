"""Secrets and signatures, compared in constant time and on bytes.

`hmac.compare_digest` raises TypeError for a `str` with other than ASCII characters
(https://docs.python.org/3/library/hmac.html#hmac.compare_digest), so a stranger's call could make a 500 of a refusal.
"""

import hmac
from hashlib import sha256


def as_bytes(text: str) -> bytes:
    """UTF-8, taking whatever a form or JSON may hold: lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def same(given: str, expected: str) -> bool:
    """Tell whether a signature or secret is the expected one; an empty (unset) expectation is never met."""
    return hmac.compare_digest(as_bytes(given), as_bytes(expected)) and bool(expected)


def hmac_sha256(key: str, message: str) -> str:
    """The signature in lower-case hexadecimal digits."""
    return hmac.digest(as_bytes(key), as_bytes(message), sha256).hex()
