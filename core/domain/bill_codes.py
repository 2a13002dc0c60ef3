"""The two-dimensional code of a bill: a strict writer, a lenient reader, and whether a code asks to pay us.

ГОСТ Р 56042-2014, "Двумерные символы штрихового кода для осуществления платежей физических лиц":

    payload = "ST" "0001" encoding separator field *(separator field) [separator]
    encoding = "1" (windows-1251) | "2" (UTF-8) | "3" (KOI8-R)
    field = key "=" value

The separator is whatever stands in the eighth place. `Name`, `PersonalAcc`, `BankName`, `BIC` and `CorrespAcc` come
first, in this order. Formats and limits as in RussiaPaymentOrder.cs of https://github.com/codebude/QRCoder.

Nobody signs such a code: whatever stands in it, anybody may have written. Nothing is ever paid to an account read here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.accounts import Payee

MANDATORY_LIMIT: Final = 300
"""Bytes of the mandatory fields with their keys and the separators between them."""
CAPACITY: Final = 2331
"""Bytes that the largest QR code (version 40, error correction M, byte mode) holds."""
READ_LIMIT: Final = 4096
"""Characters or bytes; more than any two-dimensional code holds."""
NAME_LIMIT: Final = 30
"""Characters of an account's or a meter's number."""
NO_ACCOUNT: Final = "0"
"""Stands for the correspondent account of a payee whose bank is the Bank of Russia itself."""

_HEADER: Final = "ST0001"
_SEPARATORS: Final = "|~^;#!*_`@$%&+"
"""What a writer may choose from, the usual one first. No key, no figure and no header has any of them."""
_CYRILLIC: Final = re.compile("[^\x00-\x7fА-Яа-яЁё«»№—–…“”„’\u00a0]|(?<=[а-яё])[А-ЯЁ]")
"""What no Russian text has: other alphabets, and capitals within words, which is what a wrong encoding makes of it."""


class Encoding(StrEnum):
    """The seventh character of a payload."""

    CP1251 = "1"
    UTF8 = "2"
    KOI8R = "3"


_CODECS: Final = MappingProxyType({Encoding.CP1251: "cp1251", Encoding.UTF8: "utf-8", Encoding.KOI8R: "koi8-r"})


class UnwritableBill(ValueError):
    """Something in the bill does not fit the standard; the text names the field."""


class NotABill(ValueError):
    """The payload is no code of a bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a bill's code says.

    Read from a stranger's picture any of it may be empty or untrue. `more` holds further fields by their standard keys,
    among them names and addresses.
    """

    payee: Payee
    account: str = field(default="", repr=False)
    """`PersAcc`: the subscriber's account at the payee, as it is printed."""
    amount: int | None = None
    """`Sum`, kopecks."""
    period: int | None = None
    """`PaymPeriod`, as `YYYYMM`."""
    meter: str = field(default="", repr=False)
    """`CounterId`: the meter's serial number."""
    more: Mapping[str, str] = field(default_factory=dict, repr=False)


_ANY: Final = r".+"
_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Name": r".{1,160}",
        "PersonalAcc": r"[0-9]{5}[0-9A-Z][0-9]{14}",
        "BankName": r".{1,45}",
        "BIC": r"[0-9]{9}",
        "CorrespAcc": r"[0-9]{20}|0",
        "PayeeINN": r"[0-9]{10}|[0-9]{12}",
        "KPP": r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}",
        "PersAcc": r".{1,30}",
        "Sum": r"[0-9]{1,18}",
        "PaymPeriod": r"(0[1-9]|1[0-2])20[0-9]{2}",
        "CounterId": r".{1,30}",
        "Purpose": r".{1,210}",
        "PayerINN": r"[0-9]{10}|[0-9]{12}",
        "DrawerStatus": r"[0-9]{2}",
        "CBC": r"[0-9]{20}",
        "OKTMO": r"[0-9]{1,11}",
        "PaytReason": r".{1,2}",
        "TaxPeriod": r".{1,10}",
        "DocNo": r".{1,15}",
        "DocDate": r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}",
        "TaxPaytKind": r".{1,2}",
        "TechCode": r"[0-9]{2}",
    }
    | dict.fromkeys(
        [
            "LastName",
            "FirstName",
            "MiddleName",
            "PayerAddress",
            "PersonalAccount",
            "DocIdx",
            "PensAcc",
            "Contract",
            "Flat",
            "Phone",
            "PayerIdType",
            "PayerIdNum",
            "ChildFio",
            "BirthDate",
            "PaymTerm",
            "Category",
            "ServiceName",
            "CounterVal",
            "QuittId",
            "QuittDate",
            "InstNum",
            "ClassNum",
            "SpecFio",
            "AddAmount",
            "RuleId",
            "ExecId",
            "RegType",
            "UIN",
        ],
        _ANY,
    )
)
"""Every key of the standard, with what its value may be."""
_MANDATORY: Final = 5
_OWN: Final = tuple(_FORMATS)[:11]
"""The fields that `Bill` has a name for; the rest is `more`."""
_KEYS: Final = MappingProxyType({key.casefold(): key for key in _FORMATS} | {"fitstname": "FirstName"})
"""Keys as people write them: in any case, and with a slip that is widespread."""
_PERIODS: Final = tuple(
    map(
        re.compile,
        (
            r"(?P<month>[0-9]{2})[./-]?(?P<year>20[0-9]{2})",
            r"(?P<year>20[0-9]{2})[./-]?(?P<month>[0-9]{2})",
            r"[0-9]{2}[./-](?P<month>[0-9]{2})[./-](?P<year>20[0-9]{2})",
            r"(?P<name>[а-я]{3,9}) ?(?P<year>20[0-9]{2})(?: ?г(?:\.|ода?)?)?",
        ),
    )
)
_MONTHS: Final = ["янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"]
_KOPECKS: Final = re.compile(r"[0-9]{1,18}")
_ROUBLES: Final = re.compile(r"([0-9]{1,16})[.,]([0-9]{1,2})")


# ---------------------------------------------------------------- writing


def write(bill: Bill, encoding: Encoding = Encoding.UTF8) -> bytes:
    """The payload for a bill, to be drawn in byte mode.

    Raises:
        UnwritableBill: a mandatory field is missing, a value is not as the standard wants it or cannot be written in
            this encoding, or all is too long.
    """
    fields = dict(_fields(bill))
    for key, value in fields.items():
        _check(key, value)
    separator = next((mark for mark in _SEPARATORS if not any(mark in value for value in fields.values())), "")
    if not separator:
        raise UnwritableBill("the values have every character that could separate them")
    written = [f"{key}={value}" for key, value in fields.items()]
    try:
        mandatory, payload = (
            separator.join(part).encode(_CODECS[encoding])
            for part in (written[:_MANDATORY], [f"{_HEADER}{encoding}", *written])
        )
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise UnwritableBill(f"{letter!r} cannot be written in {_CODECS[encoding]}") from None
    if len(mandatory) > MANDATORY_LIMIT:
        raise UnwritableBill(f"the mandatory fields take {len(mandatory)} bytes, {MANDATORY_LIMIT} are allowed")
    if len(payload) > CAPACITY:
        raise UnwritableBill(f"the payload takes {len(payload)} bytes, a QR code holds {CAPACITY}")
    return payload


def _fields(bill: Bill) -> Iterator[tuple[str, str]]:
    payee, period = bill.payee, bill.period
    yield "Name", payee.name
    yield "PersonalAcc", payee.account
    yield "BankName", payee.bank
    yield "BIC", payee.bic
    yield "CorrespAcc", payee.correspondent_account or NO_ACCOUNT
    optional = {
        "PayeeINN": payee.inn,
        "KPP": payee.kpp,
        "PersAcc": bill.account,
        "Sum": "" if bill.amount is None else str(bill.amount),
        "PaymPeriod": "" if period is None else f"{period % 100:02d}{period // 100}",
        "CounterId": bill.meter,
    }
    yield from ((key, value) for key, value in optional.items() if value)
    for key, value in bill.more.items():
        if key in _OWN or key not in _FORMATS:
            raise UnwritableBill(f"{key} is no further field of the standard")
        yield key, value


def _check(key: str, value: str) -> None:
    """Raises where a value is not as the standard wants it, or would not be read as it was written."""
    if not value:
        raise UnwritableBill(f"{key} is missing")
    if not value.isprintable() or value != value.strip() or value.casefold() == "null":
        raise UnwritableBill(f"{key} should be plain text")
    if not re.fullmatch(_FORMATS[key], value):
        raise UnwritableBill(f"{key} should be {_FORMATS[key]}")


# ---------------------------------------------------------------- reading


def read(payload: bytes | str) -> Bill:
    """What a payload says, as bytes from a picture or as text that somebody has pasted.

    Raises:
        NotABill: it is something else.
    """
    if len(payload) > READ_LIMIT:
        raise NotABill("longer than any code")
    text = payload if isinstance(payload, str) else _decoded(payload)
    text = text.lstrip("\ufeff \t\r\n")
    head, separator, body = text[: len(_HEADER)], text[len(_HEADER) + 1 :][:1], text[len(_HEADER) + 2 :]
    if head.upper() != _HEADER or not separator or separator.isalnum() or separator == "=":
        raise NotABill("no header of a bill's code")
    fields: dict[str, str] = {}
    for written in body.split(separator):
        key, equals, value = written.partition("=")
        name = _KEYS.get(key.strip().casefold())
        if equals and name is not None:
            plain = re.sub(r"[\r\n]+", " ", value).strip()
            # The first value counts: whoever reads a payload with another one behind it has been misled.
            fields.setdefault(name, "" if plain.casefold() == "null" else plain)
    if not fields:
        raise NotABill("no field of a bill's code")
    return _bill(fields)


def _bill(fields: dict[str, str]) -> Bill:
    own = {key: fields.get(key, "") for key in _OWN}
    correspondent = own["CorrespAcc"]
    return Bill(
        payee=Payee(
            name=own["Name"],
            account=own["PersonalAcc"].upper(),
            bank=own["BankName"],
            bic=own["BIC"],
            correspondent_account="" if correspondent == NO_ACCOUNT else correspondent,
            inn=own["PayeeINN"],
            kpp=own["KPP"],
        ),
        account=_name(own["PersAcc"]),
        amount=_amount(own["Sum"]),
        period=_period(own["PaymPeriod"]),
        meter=_name(own["CounterId"]),
        more={key: value for key, value in fields.items() if value and key not in _OWN},
    )


def _name(value: str) -> str:
    """A number that can be looked up; nothing, where it is too long or has what cannot be seen."""
    return value if len(value) <= NAME_LIMIT and value.isprintable() else ""


def _amount(value: str) -> int | None:
    """Kopecks; with a decimal mark, as careless software writes them, roubles."""
    digits = re.sub(r"\s", "", value)
    if _KOPECKS.fullmatch(digits):
        return int(digits)
    roubles = _ROUBLES.fullmatch(digits)
    return None if roubles is None else int(roubles[1]) * 100 + int(roubles[2].ljust(2, "0"))


def _period(value: str) -> int | None:
    """`YYYYMM` of `102026`, `202610`, `10.2026`, `01.10.2026` or `ОКТЯБРЬ 2026`."""
    plain = " ".join(value.casefold().split())
    for shape in _PERIODS:
        found = shape.fullmatch(plain)
        if found is None:
            continue
        parts = found.groupdict()
        month = _month(parts["name"]) if "name" in parts else int(parts["month"])
        if 1 <= month <= len(_MONTHS):
            return int(parts["year"]) * 100 + month
    return None


def _month(name: str) -> int:
    return next((number for number, start in enumerate(_MONTHS, 1) if name.startswith(start)), 0)


def _decoded(payload: bytes) -> str:
    """The text in the encoding that it says, unless another one reads clearly better: many say the wrong one."""
    content = payload.removeprefix("\ufeff".encode())
    place = len(content) - len(content.lstrip(b" \t\r\n")) + len(_HEADER)
    said = content[place : place + 1].decode("latin-1")
    codecs = [_CODECS[Encoding(said)]] if said in set(Encoding) else []
    readings = []
    for codec in dict.fromkeys((*codecs, "utf-8", "cp1251", "koi8-r")):
        try:
            readings.append(content.decode(codec, "strict" if codec == "utf-8" else "replace"))
        except UnicodeDecodeError:
            continue
    return min(readings, key=_oddities)


def _oddities(text: str) -> int:
    return len(_CYRILLIC.findall(text))


# ---------------------------------------------------------------- whose


def is_for(bill: Bill, payee: Payee) -> bool:
    """Whether the code asks to pay this payee: his taxpayer's number or his bank account stands in it."""
    same_inn = bool(payee.inn) and bill.payee.inn == payee.inn
    return same_inn or (bool(payee.account) and bill.payee.account == payee.account)
