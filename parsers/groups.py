"""The numbers of a text, each with all that the words and marks around it say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from parsers.labels import Meaning, Role
from parsers.message import Language, Repair, Zone
from parsers.shapes import MAX_VALUE_DIGITS
from parsers.text import is_cyrillic
from parsers.tokens import Kind, Token

_Said = TypeVar("_Said")

_GROUP_DIGITS = 3
_HINTS: dict[Meaning, str] = {
    Role.ACCOUNT: "A",
    Role.METER: "M",
    Role.LIKELY_ACCOUNT: "a",
    Role.LIKELY_METER: "m",
}
_MAX_TOKENS = 150
_MAX_STRANGERS = 8
_MAX_NUMBERS = 72
_STREETS = frozenset({"ул", "улица", "пер", "переулок", "проспект"})
_HOUSE_OR_DAY = "д"
_NOTHING = "."
_HYPHEN = "-"
_SERIAL = "s"
_VALUE = "v"


@dataclass(slots=True)
class Group:
    """One number and what is known of it; `hint` is a letter as `parsers.shapes.plan` takes it."""

    text: str
    end: int
    row: int
    hint: str = _NOTHING
    zone: Zone | None = None
    has_fraction: bool = False
    tail: str = ""
    """Digits behind a mark that may as well be a fraction as thousands or a figure of their own."""
    tail_mark: str = ""
    is_total: bool = False
    is_doubtful: bool = False
    is_after_comma: bool = False
    """A comma stood before it as a separator, so that the next comma may be one too."""

    @property
    def is_named(self) -> bool:
        """Tell whether a label says that this is an account or a meter."""
        return self.hint in _HINTS.values()

    @property
    def is_tied(self) -> bool:
        """Tell whether a hyphen ties this to the number before, as accounts are printed: `12345-678-90`."""
        return self.hint == _HYPHEN


@dataclass(slots=True)
class Reader:
    """Takes the tokens of one text and keeps what they come to."""

    text: str
    groups: list[Group] = field(default_factory=list)
    repairs: set[Repair] = field(default_factory=set)
    strangers: int = 0
    """How many words no table knows."""
    is_off_topic: bool = False
    """The text speaks of something else, or at such length that it is no message to a machine."""
    is_interrupted: bool = False
    """A word that no table knows stood between two numbers, and may say anything about them."""
    language: Language | None = None
    start: int = -1
    end: int = -1
    """Where the part that was understood starts and ends."""
    _names: list[tuple[int, str]] = field(default_factory=list)
    _zones: list[tuple[int, Zone | None]] = field(default_factory=list)
    """Each label with the number of groups before it; a zone of None is the sum over the zones."""
    _row: int = 0
    _has_street: bool = False
    _is_other: bool = False
    _other_end: int = -1
    _is_after_word: bool = False
    _is_after_stranger: bool = False
    _has_mark: bool = False

    def take(self, tokens: Iterable[Token]) -> None:
        """Note all tokens, then give each label to its number."""
        for count, token in enumerate(tokens):
            if count == _MAX_TOKENS or self.strangers > _MAX_STRANGERS or len(self.groups) > _MAX_NUMBERS:
                self.is_off_topic = True
                break
            match token.kind:
                case Kind.NUMBER | Kind.SERIAL:
                    self._take_number(token)
                case Kind.LABEL:
                    self._take_label(token)
                case Kind.WORD:
                    self._take_word(token)
                case Kind.MARK | Kind.BREAK:
                    self._row += token.kind is Kind.BREAK
                    self._has_mark |= not self._is_after_word
        if self._has_mark:
            self.repairs.add(Repair.SEPARATORS)
        self._label_groups()

    def _take_number(self, token: Token) -> None:
        is_other, self._is_other = self._is_other, False
        has_mark, self._has_mark = self._has_mark, False
        self._is_after_word = False
        if is_other or (token.start - 1 == self._other_end and self.text[self._other_end] in "-/"):
            self._other_end = token.end  # `5-12` is a house with its flat
            self.repairs.add(Repair.WORDS)
            return
        self._understand(token)
        if token.mended:
            self.repairs.add(Repair.CHARACTERS)
        between = self.text[self.groups[-1].end : token.start] if self.groups else ""
        if between in {".", ","} and self._continues(self.groups[-1], token, between):
            return
        hint = _SERIAL if token.kind is Kind.SERIAL else _NOTHING
        if between == "-" and len(token.text) <= _GROUP_DIGITS and hint == _NOTHING:
            hint = _HYPHEN
        elif has_mark:
            self.repairs.add(Repair.SEPARATORS)
        self.is_interrupted |= self._is_after_stranger and bool(self.groups)
        self._is_after_stranger = False
        group = Group(token.text, token.end, self._row, hint)
        group.is_doubtful = token.doubtful
        group.is_after_comma = between == ","
        self.groups.append(group)

    def _continues(self, group: Group, token: Token, mark: str) -> bool:
        """Tell whether the figures behind a decimal mark may belong to the group, and add them to it if so."""
        digits = len(token.text)
        if digits > _GROUP_DIGITS or group.hint == _SERIAL or group.has_fraction or len(group.text) > MAX_VALUE_DIGITS:
            return False
        if group.tail:
            if digits == _GROUP_DIGITS or mark == group.tail_mark:
                return False
            group.text += group.tail  # `12.345,6`: two marks tell thousands from the fraction
            group.tail = ""
            self.repairs.add(Repair.JOINED)
        elif _is_doubtful_mark(group, token.text, mark):
            group.tail, group.tail_mark = token.text, mark
        if not group.tail:
            group.has_fraction = True
            self.repairs.add(Repair.FRACTION)
        group.end = token.end
        return True

    def _take_label(self, token: Token) -> None:
        said = token.meaning
        self._take_any_word(token)
        self._has_street |= token.text.casefold() in _STREETS
        if self._has_street and token.text.casefold() == _HOUSE_OR_DAY:
            said = Role.OTHER
        self._is_other = said is Role.OTHER
        if said is Role.STOP:
            self.is_off_topic = True
        elif said in {Role.FILLER, Role.OTHER}:
            self.repairs.add(Repair.WORDS)
        else:
            self._understand(token)
            self.repairs.add(Repair.LABELS)
        place = len(self.groups)
        if isinstance(said, Zone) or said is Role.TOTAL:
            self._zones.append((place, said if isinstance(said, Zone) else None))
        elif token.text in {"n", "N"} and any(zone is Zone.T1 for _, zone in self._zones):
            self._zones.append((place, Zone.T2))  # `D 5778 N 2542`
        elif said in _HINTS:
            self._names.append((place, _HINTS[said]))

    def _take_word(self, token: Token) -> None:
        self._take_any_word(token)
        if token.text[0].isalnum():
            self.strangers += 1
            self._is_after_stranger = True
        self.repairs.add(Repair.WORDS)

    def _take_any_word(self, token: Token) -> None:
        if self._has_mark:
            self.repairs.add(Repair.SEPARATORS)
        self._has_mark = False
        self._is_after_word = True
        if is_cyrillic(self.text[token.start : token.end]):
            self.language = "ru"
        elif token.english and self.language is None:
            self.language = "en"

    def _understand(self, token: Token) -> None:
        self.start = token.start if self.start < 0 else self.start
        self.end = token.end

    def _label_groups(self) -> None:
        """Give each label to its number, drop the sum over the zones, and make sure that a fraction is a value."""
        for place, hint in _spread(dict(self._names).items(), len(self.groups)):
            if self.groups[place].hint == _NOTHING:
                self.groups[place].hint = hint
        for place, zone in _spread(dict.fromkeys(self._zones), len(self.groups)):
            self.groups[place].zone = zone
            self.groups[place].is_total = zone is None
        if any(group.zone for group in self.groups):
            self.groups = [group for group in self.groups if not group.is_total]
        for group in self.groups:
            if group.hint != _SERIAL and (group.zone or group.is_total or group.has_fraction):
                group.hint = _VALUE
        if self.groups and self.groups[0].hint == _VALUE and any(group.is_named for group in self.groups):
            self.groups.sort(key=lambda group: group.hint == _VALUE)


def _is_doubtful_mark(group: Group, digits: str, mark: str) -> bool:
    """Tell whether a mark may be other than decimal: `5.778` in thousands, `a,m,5778,12` a list."""
    if len(digits) == _GROUP_DIGITS:
        return len(group.text) <= _GROUP_DIGITS or bool(digits.strip("0"))
    return group.is_after_comma and mark == ","


def _spread(labels: Iterable[tuple[int, _Said]], count: int) -> Iterator[tuple[int, _Said]]:
    """Yield the place of the group that each label is about.

    Labels stand before their numbers, unless no number follows the last: then all stand behind. Several in a row, as
    in `день/ночь 5778/2542`, are about as many numbers.
    """
    runs: dict[int, list[_Said]] = {}
    for place, said in labels:
        runs.setdefault(place, []).append(said)
    are_behind = max(runs, default=0) == count
    for place, run in runs.items():
        first = place - len(run) if are_behind else place
        for offset, said in enumerate(run):
            if 0 <= first + offset < count:
                yield first + offset, said
