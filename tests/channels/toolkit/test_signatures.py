import pytest

from channels.toolkit.signatures import hmac_sha256, same, signed

KEY = b"123456789"
BODY = b'{"event":"sms:received"}1795312770'


@pytest.mark.parametrize("given", ["s3cret", b"s3cret"])
def test_same(given: str | bytes) -> None:
    """A secret is the same as text and as bytes."""
    assert same(given, b"s3cret")


@pytest.mark.parametrize("given", ["", "S3cret", "секрет", "\udcff", "\x00", b"\xff"])
def test_different(given: str | bytes) -> None:
    """Any other secret is refused without an exception, also one that is not ASCII or not even UTF-8."""
    assert not same(given, b"s3cret")
    assert not same(given, b"")


def test_rfc_4231() -> None:
    """The signature is that of RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256(b"Jefe", b"what do ya want for nothing?") == expected


def test_signed() -> None:
    """A signature holds for its key and message, in either case of the digits; under an empty key nothing does."""
    signature = hmac_sha256(KEY, BODY)
    assert signed(BODY, signature=signature, key=KEY)
    assert signed(BODY, signature=signature.upper(), key=KEY)
    assert not signed(BODY + b"0", signature=signature, key=KEY)
    assert not signed(BODY, signature="", key=KEY)
    assert not signed(BODY, signature="подпись", key=KEY)
    assert not signed(BODY, signature=hmac_sha256(b"", BODY), key=b"")
