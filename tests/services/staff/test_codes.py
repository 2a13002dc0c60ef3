"""The second factor, against RFC 6238."""

import base64
from datetime import UTC, datetime

import pytest

from core.services.staff import codes

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""The secret of RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_vectors_of_the_standard(moment: int, code: str) -> None:
    """Appendix B's table for SHA-1, its last six digits; people type a space in the middle."""
    now = datetime.fromtimestamp(moment, UTC)
    assert codes.matched(SECRET, code, now, 0) == moment // 30
    assert codes.matched(SECRET, f"{code[:3]} {code[3:]}", now, 0) == moment // 30


@pytest.mark.parametrize(
    ("seconds", "accepted"), [(-60, False), (-30, True), (-1, True), (0, True), (29, True), (59, True), (60, False)]
)
def test_a_phones_clock_may_be_one_step_off(seconds: int, *, accepted: bool) -> None:
    """The code of the step before and after is good, no other."""
    now = datetime.fromtimestamp(1111111110 + seconds, UTC)
    assert (codes.matched(SECRET, "050471", now, 0) is not None) is accepted


@pytest.mark.parametrize("code", ["", "05047", "0504711", "abcdef", "٠٥٠٤٧١", "050471\0"])
def test_what_is_no_code(code: str) -> None:
    """Six ASCII digits, nothing else."""
    assert codes.matched(SECRET, code, datetime.fromtimestamp(1111111111, UTC), 0) is None


def test_without_a_secret_no_code_is_right() -> None:
    """The second factor may be reset while a code is on its way; that is a refusal and no fault."""
    assert codes.matched("", "050471", datetime.fromtimestamp(1111111111, UTC), 0) is None


def test_a_used_step_is_used() -> None:
    """The same code is refused, and so is an earlier step's."""
    now = datetime.fromtimestamp(1111111111, UTC)
    assert codes.matched(SECRET, "050471", now, 1111111111 // 30) is None
    assert codes.matched(SECRET, "081804", now, 1111111111 // 30) is None


def test_link_for_the_phone() -> None:
    """What every app reads."""
    assert codes.link(SECRET, "ivanova", "Meterline") == (
        f"otpauth://totp/Meterline:ivanova?secret={SECRET}&issuer=Meterline"
    )
