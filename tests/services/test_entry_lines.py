"""Lines that staff type or paste."""

import pytest

from core.services.entry import EntryRefused
from core.services.entry_lines import read_line


@pytest.mark.parametrize(
    ("line", "account", "meter", "values", "sure"),
    [
        ("1234567890 12345678 5778 2542", "1234567890", "12345678", (5778, 2542), False),
        ("  0012  -  5778  ", "0012", "", (5778,), False),
        ("1234567890 12345678 5778 2542 !", "1234567890", "12345678", (5778, 2542), True),
        ("1234567890 12345678 5778 2542!", "1234567890", "12345678", (5778, 2542), True),
        ("1234567890\t12345678\t5778\t2542\r\n", "1234567890", "12345678", (5778, 2542), False),
        ("1234567890\t\t5778\t2542\t\t", "1234567890", "", (5778, 2542), False),
        ("1234567890; 12345678 ;5778;;", "1234567890", "12345678", (5778,), False),
        ("1234567890;;5778;!", "1234567890", "", (5778,), True),
    ],
)
def test_lines(line: str, account: str, meter: str, values: tuple[int, ...], *, sure: bool) -> None:
    """Spaces between, or a spreadsheet's tabs and semicolons, where the meter's cell may be empty."""
    entry = read_line(line, "token")
    assert (entry.account, entry.meter, entry.values, entry.sure) == (account, meter, values, sure)


@pytest.mark.parametrize(
    "line",
    ["", "!", "1234567890", "1234567890 12345678", "1 2 3,5", "1 2 -3", "1 2 ٣", "1 2 1234567890123", ";1;2", "\t\t5"],
)
def test_no_lines(line: str) -> None:
    """Without account and whole values it is none."""
    with pytest.raises(EntryRefused) as problem:
        read_line(line, "token")
    assert problem.value.code == "incomplete"
