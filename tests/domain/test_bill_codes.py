"""The codes of bills: what we write, and what we make of others'."""

import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.accounts import Payee
from core.domain.bill_codes import CAPACITY, Bill, Encoding, NotABill, UnwritableBill, is_for, read, write

FILE = Path(__file__).parent / "data" / "bill_codes.toml"
PAYLOADS: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["payload"]
CODECS = {Encoding.CP1251: "cp1251", Encoding.UTF8: "utf-8", Encoding.KOI8R: "koi8-r"}

DEK = Payee(
    name='ПАО "ДЭК"',
    account="40702810138250123017",
    bank="ПАО СБЕРБАНК",
    bic="044525225",
    correspondent_account="30101810400000000225",
    inn="2723088770",
)
BILL = Bill(payee=DEK, account="1234567890", amount=123_456, period=202_610, more={"TechCode": "02"})
FIELDS = (
    'Name=ПАО "ДЭК"|PersonalAcc=40702810138250123017|BankName=ПАО СБЕРБАНК|BIC=044525225|'
    "CorrespAcc=30101810400000000225|PayeeINN=2723088770|PersAcc=1234567890|Sum=123456|PaymPeriod=102026|TechCode=02"
)

# Russian words and what stands around them; what is read is trimmed, and "null" is nothing.
_words = st.text("абвгдежзийклмнопрстуфхцчшщъыьэюяё", min_size=1, max_size=12)
_texts = st.lists(
    _words | _words.map(str.capitalize) | st.text("0123456789|~^;#-=.,ABCxyz", min_size=1, max_size=8),
    min_size=1,
    max_size=5,
).map(" ".join)
_digits = st.text("0123456789", min_size=1)


def figures(*lengths: int) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(lambda length: st.text("0123456789", min_size=length, max_size=length))


bills = st.builds(
    Bill,
    payee=st.builds(
        Payee,
        name=_texts.map(lambda text: text[:60].strip()),
        account=figures(20),
        bank=_texts.map(lambda text: text[:45].strip()),
        bic=figures(9),
        correspondent_account=figures(20) | st.just(""),
        inn=figures(10, 12) | st.just(""),
        kpp=figures(9) | st.just(""),
    ),
    account=st.text("0123456789-/", max_size=30),
    amount=st.none() | st.integers(0, 10**18 - 1),
    period=st.none() | st.builds(lambda year, month: year * 100 + month, st.integers(2000, 2099), st.integers(1, 12)),
    meter=figures(8, 15) | st.just(""),
    more=st.dictionaries(st.sampled_from(["Purpose", "LastName", "PayerAddress", "ServiceName"]), _texts),
)


@pytest.mark.parametrize(("encoding", "size"), [(Encoding.CP1251, 203), (Encoding.UTF8, 220), (Encoding.KOI8R, 203)])
def test_written_to_the_byte(encoding: Encoding, size: int) -> None:
    """A bill is written as the standard has it, to the byte, in each of its three encodings."""
    written = write(BILL, encoding)
    assert written == f"ST0001{encoding}|{FIELDS}".encode(CODECS[encoding])
    assert len(written) == size
    assert read(written) == BILL


@given(bills, st.sampled_from(Encoding))
def test_read_as_written(bill: Bill, encoding: Encoding) -> None:
    """Whatever we write, we read as it was, whichever character has to separate the fields."""
    assert read(write(bill, encoding)) == bill


@pytest.mark.parametrize("given", PAYLOADS, ids=[each["name"] for each in PAYLOADS])
def test_payloads(given: dict[str, Any]) -> None:
    """What software really writes is read, and what is no bill's code is refused."""
    payload = given["payload"].encode(given["as"]) if "as" in given else given["payload"]
    if given.get("wrong"):
        with pytest.raises(NotABill):
            read(payload)
        return
    bill = read(payload)
    assert (bill.account, bill.meter) == (given.get("account", ""), given.get("meter", ""))
    assert (bill.amount, bill.period) == (given.get("amount"), given.get("period"))
    assert bill.payee.name == given.get("payee", bill.payee.name)
    assert bill.payee.correspondent_account == given.get("correspondent", bill.payee.correspondent_account)
    assert bill.more.get("FirstName", "") == given.get("first_name", "")


PAYEES = {
    "no name": ({"name": ""}, "Name is missing"),
    "a name beyond 160 characters": ({"name": "ж" * 161}, "Name should be"),
    "a name beyond 300 bytes": ({"name": "ж" * 160}, "mandatory fields take"),
    "a line break in a name": ({"name": "ООО\nСвет"}, "Name should be plain text"),
    "blanks around a name": ({"name": " ООО Свет"}, "Name should be plain text"),
    "a name that reads as nothing": ({"name": "Null"}, "Name should be plain text"),
    "a short account": ({"account": "4070281013825012301"}, "PersonalAcc should be"),
    "a letter in another place of the account": ({"account": "4A702810138250123017"}, "PersonalAcc should be"),
    "a bank beyond 45 characters": ({"bank": "ж" * 46}, "BankName should be"),
    "no bank": ({"bank": ""}, "BankName is missing"),
    "a BIC with a letter": ({"bic": "04452522O"}, "BIC should be"),
    "a short correspondent account": ({"correspondent_account": "301"}, "CorrespAcc should be"),
    "an INN of 11 digits": ({"inn": "27230887701"}, "PayeeINN should be"),
    "a short KPP": ({"kpp": "2723"}, "KPP should be"),
}
REST: dict[str, tuple[dict[str, Any], str]] = {
    "an account beyond 30 characters": ({"account": "7" * 31}, "PersAcc should be"),
    "a negative amount": ({"amount": -1}, "Sum should be"),
    "an amount beyond 18 digits": ({"amount": 10**18}, "Sum should be"),
    "a thirteenth month": ({"period": 202_613}, "PaymPeriod should be"),
    "a purpose beyond 210 characters": ({"more": {"Purpose": "ж" * 211}}, "Purpose should be"),
    "a key of no standard": ({"more": {"Discount": "5"}}, "Discount is no further field"),
    "a key that has its own place": ({"more": {"Sum": "5"}}, "Sum is no further field"),
    "an empty further field": ({"more": {"Purpose": ""}}, "Purpose is missing"),
    "more than a code holds": ({"more": {"PayerAddress": "ж" * 1100}}, f"holds {CAPACITY}"),
    "every separator in use": ({"more": {"Purpose": "|~^;#!*_`@$%&+"}}, "every character"),
    "a letter of another alphabet": ({"more": {"LastName": "Łuczak"}}, "'Ł' cannot be written in cp1251"),
}


@pytest.mark.parametrize(("columns", "problem"), PAYEES.values(), ids=PAYEES)
def test_payees_that_are_not_written(columns: dict[str, str], problem: str) -> None:
    """Requisites that the standard does not allow are refused, and the field is named."""
    with pytest.raises(UnwritableBill, match=problem):
        write(replace(BILL, payee=replace(DEK, **columns)))


@pytest.mark.parametrize(("columns", "problem"), REST.values(), ids=REST)
def test_bills_that_are_not_written(columns: dict[str, Any], problem: str) -> None:
    """So is everything else that would not be read as it was meant."""
    encoding = Encoding.UTF8 if "holds" in problem else Encoding.CP1251
    with pytest.raises(UnwritableBill, match=problem):
        write(replace(BILL, **columns), encoding)


def test_account_with_a_letter() -> None:
    """The sixth place of a bank account may be a letter: that of a foreign currency's clearing."""
    bill = replace(BILL, payee=replace(DEK, account="40702A10138250123017"))
    assert read(write(bill)) == bill


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_anything_behind_a_header(rest: bytes | str) -> None:
    """Whatever stands in a code, the reader gives a bill or says that it is none."""
    for payload in (rest, b"ST00012|" + rest if isinstance(rest, bytes) else f"ST00012|{rest}"):
        try:
            bill = read(payload)
        except NotABill:
            continue
        assert len(bill.account) <= 30
        assert bill.amount is None or 0 <= bill.amount < 10**18
        assert bill.period is None or 1 <= bill.period % 100 <= 12


@pytest.mark.parametrize("part", ["|", "|=", "PersAcc=1|", "|Sum=1 ", "=", "сентябрь ", "\r\n", " ", "1.1"])
def test_no_payload_takes_long(part: str) -> None:
    """The longest payloads are read in a moment, whatever they repeat."""
    longest = ("ST00012|Sum=" + part * 4096)[:4096]
    begun = time.process_time()
    read(longest)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("payee", "ours"),
    [
        (DEK, True),
        (replace(DEK, account="40702810900000000000"), True),
        (replace(DEK, inn=""), True),
        (replace(DEK, inn="7700000000"), True),
        (replace(DEK, inn="7700000000", account="40702810900000000000"), False),
        (Payee(), False),
    ],
)
def test_whose_bill_it_is(payee: Payee, ours: bool) -> None:  # noqa: FBT001 - a row of the table
    """A code is ours where the taxpayer's number or the bank account is; what is empty on both sides says nothing."""
    assert is_for(replace(BILL, payee=payee), DEK) is ours
    assert not is_for(replace(BILL, payee=payee), Payee())
