"""Robokassa's signatures: a hash over values and a password with colons between them. Pure.

https://docs.robokassa.ru/pay-interface/ and https://docs.robokassa.ru/xml-interfaces/
"""

import hashlib
from collections.abc import Iterable, Mapping

from core.acquiring.robokassa.settings import Algorithm, Settings
from core.acquiring.signing import as_bytes, same

OUR_PREFIX = "shp_"
"""How the names of parameters begin that Robokassa carries there and back, in any case of letters."""


def digest(algorithm: Algorithm, *parts: str) -> str:
    """The hash in lower-case hexadecimal digits."""
    return hashlib.new(algorithm, as_bytes(":".join(parts)), usedforsecurity=False).hexdigest()


def link(settings: Settings, price: str, number: str, carried: Mapping[str, str], receipt: str = "") -> str:
    """The signature of a link; `receipt` as it stands in a URL, empty for none."""
    middle = [receipt] if receipt else []
    return digest(
        settings.algorithm, settings.login, price, number, *middle, settings.password1, *_in_order(carried.items())
    )


def result(settings: Settings, fields: Mapping[str, str]) -> str:
    """The signature of a call to our hook, over the sum as it was received: `1234.560000` is signed so."""
    carried = ((name, value) for name, value in fields.items() if name.lower().startswith(OUR_PREFIX))
    return digest(
        settings.algorithm,
        fields.get("OutSum", ""),
        fields.get("InvId", ""),
        settings.password2,
        *_in_order(carried),
    )


def is_signed(settings: Settings, fields: Mapping[str, str]) -> bool:
    """Tell whether Robokassa signed this; he writes the digits in either case. Never under an empty password."""
    return bool(settings.password2) and same(fields.get("SignatureValue", "").lower(), result(settings, fields))


def question(settings: Settings, number: str) -> str:
    """The signature of a question about a payment."""
    return digest(settings.algorithm, settings.login, number, settings.password2)


def _in_order(carried: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}={value}" for name, value in sorted(carried)]
