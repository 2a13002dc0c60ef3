import pytest

from channels.toolkit.wording import LIMIT, vendor_words

TEXT, PHONE = 'принято "4711"', "+79161234567"
CASES = {
    "plain": (b"Authorization failed for sendsms", "Authorization failed for sendsms"),
    "short_codes_stay": ("NACK/0x0000000b/error 1084", "NACK/0x0000000b/error 1084"),
    "phone": ("no route to +79161234567.", "no route to ***."),
    "other_phone": ("no route to 8 (916) 123-45-68", "no route to ***"),
    "phone_behind_letters": ("msisdn79161234568", "msisdn***"),
    "text": ('bad text: принято "4711"!', "bad text: ***!"),
    "text_in_json": (b'{"error":"\\u043f\\u0440\\u0438\\u043d\\u044f\\u0442\\u043e \\"4711\\""}', '{"error":"***"}'),
    "text_in_address": ("/send?text=%D0%BF%D1%80%D0%B8%D0%BD%D1%8F%D1%82%D0%BE%20%224711%22", "/send?text=***"),
    "lines": ("one\r\n\ttwo\x00three", "one two three"),
    "not_utf8": (b"\xff\xfe oops", "\ufffd\ufffd oops"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", list(CASES))
def test_words(name: str) -> None:
    """Staff see the vendor's words on one line, without numbers, texts and secrets."""
    words, expected = CASES[name]
    assert vendor_words(words, hide=[TEXT, PHONE, ""]) == expected


def test_long_words() -> None:
    """Long words are cut."""
    assert len(vendor_words("wort " * 10_000)) <= LIMIT
