import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from parsers import (
    MAX_CANDIDATES,
    MAX_LENGTH,
    Candidate,
    Command,
    Entry,
    Outcome,
    Parsed,
    RejectCode,
    Rejected,
    Repair,
    Submission,
    Value,
    parse,
)

_MAX_MATCHED = 160

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
"""All of Unicode, halves of surrogate pairs and controls too."""
_PARTS = """
    0 1 12 123 1234 12345678 1234567890 89244114455 4276123412341231 5,5 5.778 12-34 О З | АБ1234 А123456 1ЭД5 Т15778
    № лс л/с пу сч счетчик Т1 т2 день ночь н итого кВт*ч кв ул д тел +7 25.11.2026 ноябрь 12:30
    а@б a1@b.ru привет мальвина баланс да руб % # * ; , . - — ( )
"""
_ODD_PARTS = ["\n", "\t", "\u00a0", "\u200b", "\ud800", "\x00"]
likely_text = st.builds(
    str.join,
    st.sampled_from(["", " ", "  ", "-", ",", "\n"]),
    st.lists(st.sampled_from([*_PARTS.split(), *_ODD_PARTS]), max_size=40),
)
"""What messages are made of, in any order: this reaches further into the parser than any text does."""

names = st.integers(min_value=0, max_value=10**12).map(lambda number: f"{number:010d}")
figures = st.integers(min_value=0, max_value=999_999_999).map(str)


def check_promises(text: str, parsed: Parsed) -> None:
    parsed.matched.encode()
    assert len(parsed.matched) <= _MAX_MATCHED
    match parsed:
        case Submission():
            assert parsed.outcome is not Outcome.REJECT
            assert 1 <= len(parsed.candidates) <= MAX_CANDIDATES
            assert len(set(parsed.candidates)) == len(parsed.candidates)
            for candidate in parsed.candidates:
                check_candidate(candidate)
            if parsed.outcome is Outcome.OK:
                assert not parsed.candidates[0].repairs
        case Command():
            assert parsed.account is not None or parsed.meter is None
        case Rejected():
            assert parsed.outcome is Outcome.REJECT
            assert all(account.isascii() and account.isdigit() for account in parsed.accounts)


def check_candidate(candidate: Candidate) -> None:
    assert candidate.entries
    for entry in candidate.entries:
        assert 1 <= len(entry.values) <= 3
        assert all(0 <= value.number < 10**9 and 1 <= value.digits <= 9 for value in entry.values)
        assert entry.account is None or (entry.account.isdigit() and 4 <= len(entry.account) <= 20)
        assert entry.meter is None or (entry.meter.isalnum() and 4 <= len(entry.meter) <= 20)


@unhurried
@given(text=any_text)
@example(text="\ud800")
@example(text="\x00")
@example(text="١٢٣٤ ٥٦٧٨ ٩")
@example(text="²³ ½ ㎾h ①②③④")
@example(text="1" * MAX_LENGTH)
@example(text="ﷺ" * MAX_LENGTH)
@example(text="@" * MAX_LENGTH)
def test_any_text_has_an_answer(text: str) -> None:
    """No text makes the parser raise or break what its types promise."""
    check_promises(text, parse(text))


@settings(unhurried, max_examples=500)
@given(text=likely_text)
def test_any_mixture_of_our_words_has_an_answer(text: str) -> None:
    """Labels, marks and figures in any order make the parser neither raise nor break what its types promise."""
    check_promises(text, parse(text))


@unhurried
@given(account=names, meter=names, values=st.lists(figures, min_size=1, max_size=3))
def test_what_is_written_strictly_is_read_literally(account: str, meter: str, values: list[str]) -> None:
    """The first candidate of a strict message is what the grammar says, zeros in front and all."""
    parsed = parse(" ".join([account, meter, *values]))
    assert isinstance(parsed, Submission)
    read = tuple(Value(int(value), len(value)) for value in values)
    assert parsed.candidates[0] == Candidate((Entry(account, meter, read),))
    assert account in set(parsed.accounts)


@unhurried
@given(
    account=names,
    meter=names,
    value=st.integers(min_value=1000, max_value=999_999).map(str),
    around=st.sampled_from(
        [
            "{} {} {}",
            "{}#{}#{}",
            "{}*{}*{}",
            "{};{};{}",
            "{}\n{}\n{}",
            "{}, {}, {}.",
            "{}\u00a0{}\u00a0{}",
            "{} - {} - {}",
            "ЛС {} ПУ {} Т1 {}",
            "лс{} пу{} день{}",
            "л/с: {}; п/у: {}; {} кВт*ч",
            "account {} meter {} day {}",
            "Здравствуйте! {} {} {} спасибо",
            "{} {} {},5",
            "{} {} {} ivan@mail.ru",
        ]
    ),
)
def test_dressing_keeps_the_reading(account: str, meter: str, value: str, around: str) -> None:
    """Marks, labels and words around a strict message leave account, meter and value in the first candidate."""
    parsed = parse(around.format(account, meter, value))
    assert isinstance(parsed, Submission)
    [entry] = parsed.candidates[0].entries
    assert (entry.account, entry.meter, [(one.number, one.digits) for one in entry.values]) == (
        account,
        meter,
        [(int(value), len(value))],
    )


@unhurried
@given(parts=st.tuples(st.integers(100, 99999), st.integers(0, 999), st.integers(0, 99)), glue=st.sampled_from(" -"))
def test_an_account_in_groups_is_joined(parts: tuple[int, int, int], glue: str) -> None:
    """An account typed as it is printed, in groups, is among the candidates in one piece."""
    account = f"{parts[0]:05d}{glue}{parts[1]:03d}{glue}{parts[2]:02d}"
    parsed = parse(f"{account} 12345678 5778")
    assert isinstance(parsed, Submission)
    joined = Candidate((Entry(account.replace(glue, ""), "12345678", (Value(5778, 4),)),), frozenset({Repair.JOINED}))
    assert joined in parsed.candidates


def test_a_long_text_is_refused_unread() -> None:
    """A text of more than a thousand characters is too long, whatever is in it."""
    assert parse("1234567890 12345678 5778".ljust(MAX_LENGTH)).outcome is Outcome.OK
    assert parse("1234567890 12345678 5778".ljust(MAX_LENGTH + 1)) == Rejected(RejectCode.TOO_LONG, "")


def calls_of(work: Callable[[], object]) -> int:
    """Return how many calls, of Python and of C, the work makes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1 ",
        "1,",
        "1.1",
        "1-",
        "5 778 ",
        "12345678 ",
        "1234 5678 9\n",
        "1 2 345 6\n",
        "лс 1 ",
        "Т1 5 ",
        "день/ночь ",
        "д1н",
        "О1",
        "a@",
        "@.",
        "25.11.",
        "+7 9",
        "8 (",
        "кВт*",
        "тариф ",
        "и ",
        "😀",
        "\u0301",
        "\u200b",
        "я",
        "б1",
        "1|",
        "   ",
        "\n",
    ],
)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    """Twice the text takes at most about twice the calls, also where it is made to be hard."""
    half = (unit * MAX_LENGTH)[: MAX_LENGTH // 2 - 1] + "x"
    whole = (unit * MAX_LENGTH)[: MAX_LENGTH - 1] + "x"
    for text in (half, whole):
        parse(text)  # fills the caches
    assert calls_of(lambda: parse(whole)) <= 2.5 * calls_of(lambda: parse(half)) + 200


@given(text=st.one_of(likely_text, st.lists(figures, min_size=1, max_size=9).map(" ".join)))
def test_accounts_are_those_of_the_candidates(text: str) -> None:
    """What the core looks up is exactly what some candidate takes for an account."""
    parsed = parse(text)
    if isinstance(parsed, Submission):
        every = list(parsed.candidates)
        assert every == [parsed.candidates[place] for place in range(len(every))] == list(parsed.candidates[:])
        assert set(parsed.accounts) == {
            entry.account for candidate in every for entry in candidate.entries if entry.account is not None
        }
