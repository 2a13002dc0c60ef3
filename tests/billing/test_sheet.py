"""Files with a header: delimiters, quotes, line numbers, and what is wrong with a file as a whole."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.billing.problems import UnreadableFile
from core.billing.sheet import Sheet

COLUMNS = ("account", "meter", "t1")


def read(folder: Path, text: str, count: int = 100) -> tuple[list[tuple[int, tuple[str, ...]]], list[tuple[int, str]]]:
    path = folder / "file.csv"
    path.write_bytes(text.encode())
    rows, broken = [], []
    with Sheet(path, COLUMNS) as sheet:
        while block := sheet.read(count):
            rows += [(row.line, tuple(row.cells)) for row in block.rows]
            broken += [(problem.line, problem.reason) for item in block.broken for problem in item.problems]
    return rows, broken


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_and_line_breaks(tmp_path: Path, delimiter: str, line_break: str, mark: str) -> None:
    """Found out from the header; columns may stand in any order and case, others among them."""
    lines = [["T1", "Note", "ACCOUNT", " meter "], ["1", "x", "2", "3"], ['"4"', "", '"5"', '"6\'"']]
    text = mark + line_break.join(delimiter.join(line) for line in lines)
    assert read(tmp_path, text) == ([(2, ("2", "3", "1")), (3, ("5", "6'", "4"))], [])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "the first line should name the columns: account;meter;t1"),
        ("1234567890;12345678;5778", "the first line should name the columns"),
        ("account;metr;t1", "columns are missing: meter (is it 'metr'?)"),
        ("account;t1", "columns are missing: meter"),
        ("account;meter;t1;Account", "the header names a column twice: account"),
        ("\0\0\0\0", "the first line should name the columns"),
    ],
)
def test_headers_that_do_not_do(tmp_path: Path, header: str, message: str) -> None:
    """Nothing is read without all columns; the message names what is missing, and what may be meant."""
    with pytest.raises(UnreadableFile) as error:
        read(tmp_path, f"{header}\n1;2;3\n")
    assert message in str(error.value)


@pytest.mark.parametrize("count", [1, 2, 100])
def test_quotes(tmp_path: Path, count: int) -> None:
    """Quoted cells may hold everything; a quote that is never closed costs one row, not the rest of the file."""
    text = (
        'account;meter;t1\n"1;""x""";2;3\n"two\nlines";2;3\n"never;2;3\n' + "4;5;6\n" * 30 + 'a "b" c;2;3\n"a"b;2;3\n'
    )
    rows, broken = read(tmp_path, text, count)
    assert rows[:3] == [(2, ('1;"x"', "2", "3")), (3, ("two\nlines", "2", "3")), (6, ("4", "5", "6"))]
    assert (len(rows), rows[-1]) == (33, (36, ('a "b" c', "2", "3")))
    assert broken == [(5, "a quote is never closed"), (37, "a quote inside quotes is not doubled")]


@pytest.mark.parametrize("count", [1, 100])
def test_blank_and_ragged_lines(tmp_path: Path, count: int) -> None:
    """Blank lines and Excel's padding are no rows; too few or too many cells are told with their line."""
    text = "account;meter;t1\n\n1;2;3\n;;\n \n4;5\n6;7;8;;\n1;2;3;4\n"
    rows, broken = read(tmp_path, text, count)
    assert rows == [(3, ("1", "2", "3")), (7, ("6", "7", "8"))]
    assert broken == [(6, "2 cells where the header has 3"), (8, "4 cells where the header has 3")]


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0\x1a"), min_size=1, max_size=8)


@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=8), st.sampled_from(";,\t"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_quoted_comes_back(tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str) -> None:
    """Any text in quotes is read as it was written."""
    lines = [delimiter.join('"' + value.replace('"', '""') + '"' for value in row) for row in rows]
    found, broken = read(tmp_path, "\n".join([delimiter.join(COLUMNS), *lines]), count=3)
    assert (found, broken) == ([(number, row) for number, row in enumerate(rows, 2)], [])


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_below_the_header_is_read(tmp_path: Path, body: str) -> None:
    """Nothing below a header stops the reading, and the size of the blocks changes nothing."""
    text = f"account;meter;t1\n{body}"
    assert read(tmp_path, text, 1) == read(tmp_path, text, 100)
