"""The checksum of the bank's callbacks, its symmetric variant. Pure.

https://securepayments.sberbank.ru/wiki/doku.php/integration:api:callback:start
"""

from collections.abc import Mapping
from typing import Final

from core.acquiring.signing import hmac_sha256, same

UNSIGNED: Final = frozenset({"checksum", "sign_alias"})
"""What the checksum leaves out: itself, and the name of the key."""


def checksum(fields: Mapping[str, str], key: str) -> str:
    """HMAC-SHA256 over `name;value;` of all parameters in the order of their names, in upper-case hexadecimals."""
    signed = "".join(f"{name};{value};" for name, value in sorted(fields.items()) if name not in UNSIGNED)
    return hmac_sha256(key, signed).upper()


def is_signed(fields: Mapping[str, str], key: str) -> bool:
    """Tell whether the bank signed these parameters; never under an empty key."""
    return bool(key) and same(fields.get("checksum", "").upper(), checksum(fields, key))
