import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acquiring import reading
from core.acquiring.senders import is_among, networks
from core.acquiring.signing import same

FORMS: dict[bytes, dict[str, str] | None] = {
    b"": {},
    b"a=1&b=": {"a": "1", "b": ""},
    b"a=%D1%8F+%2B": {"a": "я +"},
    "a=я".encode(): {"a": "я"},
    b"a=%FF\xff": {"a": "\ufffd\ufffd"},
    b"a=1&a=1": None,
    b"&".join(b"%d=" % number for number in range(reading.FIELDS_LIMIT + 1)): None,
}
NUMBERS = {
    "42-1": 42,
    "9223372036854775807-999999999": 9223372036854775807,
    "9223372036854775808-1": None,
    "42": None,
    "42-": None,
    "42-0": None,
    "042-1": None,
    "42-01": None,
    "-42-1": None,
    "42-1\n": None,
    "４２-1": None,
    "": None,
}
KEYS = {
    "1": 1,
    "9223372036854775807": 2**63 - 1,
    "9223372036854775808": None,
    "0": None,
    "01": None,
    "": None,
    "¹": None,
}
SENDERS = {
    "185.30.16.166": True,
    "::ffff:185.30.16.166": True,
    "185.71.76.31": True,
    "185.71.76.32": False,
    "2a02:5180::1": True,
    "2a02:5181::1": False,
    "": False,
    "localhost": False,
    "185.30.16.166, 10.0.0.1": False,
}


@pytest.mark.parametrize(("form", "expected"), FORMS.items())
def test_fields(form: bytes, expected: dict[str, str] | None) -> None:
    """A form is read as UTF-8, and not at all where a name stands twice or there are too many."""
    assert reading.fields(form) == expected


@pytest.mark.parametrize(("number", "expected"), NUMBERS.items())
def test_order_of(number: str, expected: int | None) -> None:
    """An order's number is exactly what we give."""
    assert reading.order_of(number) == expected


@pytest.mark.parametrize(("text", "expected"), KEYS.items())
def test_key(text: str, expected: int | None) -> None:
    """A key is exactly what we write."""
    assert reading.key(text) == expected


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}", b"null"])
def test_no_object(content: bytes) -> None:
    """What is no JSON object is none, endless digits and endless nesting among it."""
    assert reading.as_object(content) is None


def test_fractions() -> None:
    """A fraction of JSON keeps its digits."""
    assert reading.as_object(b'{"Amount":1234.56000,"Tiny":0.1e1,"Whole":7}') == {
        "Amount": "1234.56000",
        "Tiny": "0.1e1",
        "Whole": 7,
    }


@pytest.mark.parametrize("value", [True, False, -1, 2**63, 1.0, "1", None, [1]])
def test_not_whole(value: object) -> None:
    """Only a whole number is one: `true` is not 1."""
    assert reading.whole(value) is None


@pytest.mark.parametrize(("peer", "expected"), SENDERS.items())
def test_senders(peer: str, expected: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """A caller is known by address or network, of either family; whoever cannot be told is not."""
    allowed = networks(["185.30.16.166", "185.71.76.0/27", "2a02:5180::/32"])
    assert is_among(peer, allowed) is expected


def test_nobody_is_named() -> None:
    """Where no sender is named, everybody may call."""
    assert is_among("", networks([]))


@given(st.text(), st.text())
def test_same(given_text: str, expected: str) -> None:
    """Any two texts can be compared, and an empty expectation is never met."""
    assert same(given_text, expected) is (bool(expected) and given_text == expected)


def test_lone_surrogates() -> None:
    """What no UTF-8 can hold is compared all the same."""
    assert same("\udcff", "\udcff")
    assert not same("\udcff", "\ud800")
