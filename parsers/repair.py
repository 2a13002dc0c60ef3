"""The repair stage: readings among labels, words, odd marks and characters, and what had to be mended to see them."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice, product

from parsers.foreign import card_in, is_phone, refuse, reject_card
from parsers.groups import Group, Reader
from parsers.labels import without_phrases
from parsers.message import (
    MAX_CANDIDATES,
    Candidate,
    Outcome,
    RejectCode,
    Rejected,
    Repair,
    Submission,
)
from parsers.rows import Row, row
from parsers.shapes import MAX_GROUPS
from parsers.strict import MAX_MATCHED
from parsers.text import MAX_LENGTH, is_cyrillic, is_mended, normalise
from parsers.tokens import tokens

_MAX_ROWS = 8
_FULL_ROW = 3
"""`account meter value`: lines of so many numbers are likely a message each."""
_TWO_HYPHENS = 2
_PHONE = re.compile(
    r"(?P<label>\b(?:тел|т|моб)[а-я]{0,6}+[.:]?\s?)?(?:\+\s?7[\s(-]{0,3}|\b8\s?\()[0-9]{3}[\s)-]{0,3}[0-9]{3}"
    r"[\s-]?[0-9]{2}[\s-]?[0-9]{2}(?![0-9])",
    re.IGNORECASE,
)
_DIGITS = re.compile("[0-9]++")


def read(text: str) -> Submission | Rejected:
    """Read any text that is neither strict nor a command: mend it if there are readings in it, or refuse it."""
    plain = normalise(text)
    if len(plain) > MAX_LENGTH:
        return Rejected(RejectCode.TOO_LONG, "")
    if not any(map(str.isalnum, plain)):
        return Rejected(RejectCode.EMPTY, "")
    reader = _reader(plain)
    phone = _PHONE.search(plain)
    if phone and not phone["label"] and not reader.is_off_topic and not _DIGITS.search(plain, 0, phone.start()):
        return Rejected(RejectCode.PHONE_FOR_ACCOUNT, phone[0], reader.language)
    if is_mended(text, plain):
        reader.repairs.add(Repair.CHARACTERS)
    named = {group.text for group in reader.groups if group.is_named}
    if card := card_in([number for number in _DIGITS.findall(plain) if number not in named]):
        return reject_card(card)
    return _submission(reader, plain[max(reader.start, 0) : max(reader.end, 0)]) or _refusal(reader)


def _reader(plain: str) -> Reader:
    """Return what is read of a normalised text."""
    cut, phones = _PHONE.subn(lambda found: " " * len(found[0]), plain)
    cut, repairs = without_phrases(cut)
    reader = Reader(plain, repairs={*repairs, Repair.WORDS} if phones else {*repairs})
    reader.take(tokens(cut))
    if repairs and reader.language is None and is_cyrillic(plain):
        reader.language = "ru"
    return reader


def _submission(reader: Reader, matched: str) -> Submission | None:
    """Build the submission out of what was read, if there is one."""
    groups = reader.groups
    if len(groups) > 1 and is_phone(groups[-1].text):
        groups = groups[:-1]
        reader.repairs.add(Repair.WORDS)
    if reader.is_off_topic or not groups or _is_account_alone(groups):
        return None
    found: dict[Candidate, None] = {}
    is_ambiguous = reader.is_interrupted or any(group.tail for group in groups)
    for rows in _arrangements(groups):
        is_ambiguous |= not found and any(each.plan.outcome is Outcome.NEEDS_CONFIRMATION for each in rows)
        for candidate in _together(rows, frozenset(reader.repairs)):
            # Words that we do not know may turn figures into anything; an account that look-up knows settles it.
            if not reader.strangers or candidate.entries[0].account is not None:
                found[candidate] = None
    if not found:
        return None
    first = next(iter(found))
    outcome = Outcome.OK_WITH_REPAIR if first.repairs else Outcome.OK
    if is_ambiguous or _is_doubtful(groups, first):
        outcome = Outcome.NEEDS_CONFIRMATION
    kept = tuple(islice(found, MAX_CANDIDATES))
    accounts = {entry.account: None for candidate in kept for entry in candidate.entries if entry.account is not None}
    return Submission(outcome, kept, tuple(accounts), matched[:MAX_MATCHED], reader.language, is_phone(groups[0].text))


def _arrangements(groups: Sequence[Group]) -> Iterator[list[Row]]:
    """Yield the ways to see the text: as one message or a line each, and doubtful marks in their two meanings."""
    lines = [list(line) for _, line in groupby(groups, key=lambda group: group.row)]
    shortest = min(map(len, lines))
    layouts = [[list(groups)]] if len(groups) <= MAX_GROUPS else []
    if 1 < len(lines) <= _MAX_ROWS and shortest > 1:
        layouts.insert(0 if shortest >= _FULL_ROW else 1, lines)
    meanings = (False, True) if any(group.tail for group in groups) else (False,)
    for layout in layouts:
        for is_second in meanings:
            yield [row(line, is_second=is_second) for line in layout]


def _together(rows: Sequence[Row], repairs: frozenset[Repair]) -> Iterator[Candidate]:
    """Yield the candidates of one message; those of several lines first where all lines have the same shape."""
    if len(rows) == 1:
        yield from rows[0].candidates(repairs)
        return
    for shape in rows[0].plan.shapes:
        same = [each.candidate_of(shape, repairs) for each in rows]
        if all(same):
            yield _joined([candidate for candidate in same if candidate])
    ways = [each.candidates(repairs)[:MAX_CANDIDATES] for each in rows]
    yield from map(_joined, islice(product(*ways), MAX_CANDIDATES))


def _joined(lines: Sequence[Candidate]) -> Candidate:
    """Put the candidates of several lines into one; a line without an account is about the last one named."""
    entries = []
    account = None
    for entry in (entry for line in lines for entry in line.entries):
        account = entry.account or account
        entries.append(entry._replace(account=account))
    return Candidate(tuple(entries), frozenset().union(*(line.repairs for line in lines)))


def _is_account_alone(groups: Sequence[Group]) -> bool:
    """Tell whether the text has nothing but an account as bills print it, `12345-678-90`."""
    return len(groups) > _TWO_HYPHENS and all(group.is_tied for group in groups[1:])


def _is_doubtful(groups: Sequence[Group], candidate: Candidate) -> bool:
    """Tell whether letters other than O were read as digits of a value, where no look-up can tell."""
    names = [name for entry in candidate.entries for name in (entry.account, entry.meter) if name]
    return any(group.is_doubtful and not any(group.text in name for name in names) for group in groups)


def _refusal(reader: Reader) -> Rejected:
    """Refuse the text, with the numbers that hyphens tie put together."""
    numbers: list[str] = []
    for group in reader.groups[:MAX_GROUPS]:
        if group.is_tied and numbers:
            numbers[-1] += group.text
        else:
            numbers.append(group.text)
    return refuse(numbers, reader.language, is_off_topic=reader.is_off_topic)
