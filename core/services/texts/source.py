"""Reads Fluent files and finds out what their messages need; refuses an operator's texts that could not be rendered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

SHORT = "short"
"""The only attribute: what is said when the message itself does not fit."""
CIRCLE = "it refers to itself; write the words themselves."


class TextsRefused(ValueError):
    """A file of texts that cannot be used: it says which file and line, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What a pattern takes: `shown` placeholders, `selectors` that only choose a text, and other messages."""

    shown: frozenset[str] = frozenset()
    selectors: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()

    def __or__(self, other: "Uses") -> "Uses":
        return Uses(
            self.shown | other.shown,
            self.selectors | other.selectors,
            self.references | other.references,
            self.terms | other.terms,
        )


@dataclass(slots=True)
class Source:
    """A file of texts: its messages and terms with what each uses, and where each stands."""

    path: Path
    resource: ast.Resource
    variants: dict[str, dict[str, Uses]] = field(default_factory=dict)
    """By key: the uses of the message under `""`, those of `.short` under its name."""
    terms: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)

    def refuse(self, key: str, problem: str) -> TextsRefused:
        """Make the error that says where, what, and what to do."""
        return TextsRefused(f"{self.path}, line {self.lines.get(key, 1)}: {key}: {problem}")


def read(path: Path) -> Source:
    """Read a file. Raises TextsRefused where it is not UTF-8, not Fluent, or says one key twice."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextsRefused(f"{path}: this is not UTF-8; save the file as UTF-8.") from error
    source = Source(path, FluentParser().parse(text))
    for entry in source.resource.body:
        if isinstance(entry, ast.Junk):
            raise TextsRefused(_junk(path, text, entry))
        if isinstance(entry, ast.Message | ast.Term):
            _gather(source, entry, text)
    return source


def resolved(variants: Mapping[str, Mapping[str, Uses]], uses: Uses) -> Uses:
    """Add what the referenced messages use themselves, however deep; unknown ones add nothing."""
    seen: set[str] = set()
    waiting = set(uses.references)
    while waiting:
        reference = waiting.pop()
        seen.add(reference)
        key, _, attribute = reference.partition(".")
        referenced = variants.get(key, {}).get(attribute, Uses())
        uses |= referenced
        waiting |= referenced.references - seen
    return uses


def check_override(own: Source, ours: Source) -> None:
    """Refuse an operator's file whose messages we do not know, or which ask for what we do not give them."""
    every = {**ours.variants, **own.variants}
    referable = {f"{key}.{name}".rstrip(".") for key, variants in every.items() for name in variants}
    referable |= own.terms | ours.terms
    for key, variants in own.variants.items():
        if key not in ours.variants:
            raise own.refuse(key, f"there is no such text; remove it, or take a name from {ours.path.name} of ours.")
        if "" not in variants or not variants.keys() <= {"", SHORT}:
            raise own.refuse(key, f"a text is `{key} = ...`, and may have one attribute, `.{SHORT}`.")
        originals = [resolved(ours.variants, uses) for uses in ours.variants[key].values()]
        for name, uses in variants.items():
            whole = resolved(every, uses)
            if f"{key}.{name}".rstrip(".") in whole.references:
                raise own.refuse(key, CIRCLE)
            for problem in _problems(whole, originals):
                raise own.refuse(key, problem)
            for unknown in sorted((uses.references | uses.terms) - referable):
                raise own.refuse(
                    key, f"it refers to {{ {unknown} }}, which does not exist; write the words themselves."
                )


def _problems(own: Uses, originals: list[Uses]) -> Iterator[str]:
    """What is wrong with an operator's variant. What all of our variants show, his must show; selectors are free."""
    shown = frozenset.union(*(uses.shown for uses in originals))
    needed = frozenset.intersection(*(uses.shown for uses in originals))
    selectors = frozenset.union(*(uses.selectors for uses in originals))
    for name in sorted(own.shown - shown):
        known = ", ".join(f"${one}" for one in sorted(shown)) or "none"
        yield f"${name} cannot be shown in this text; use what it has: {known}."
    for name in sorted(own.selectors - selectors):
        known = ", ".join(f"${one}" for one in sorted(selectors)) or "none"
        yield f"${name} cannot choose between texts here; what can: {known}."
    for name in sorted(needed - own.shown):
        yield f"${name} is missing; add {{ ${name} }}, or the subscriber will not know what is meant."


class _Gatherer(Visitor):
    """Tells what is shown from what only selects."""

    def __init__(self) -> None:
        self.uses = Uses()

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:  # noqa: N802 - the visitor's naming
        inner = _Gatherer()
        inner.visit(node.selector)
        self.uses |= Uses(frozenset(), inner.uses.shown, inner.uses.references, inner.uses.terms)
        self.visit(node.variants)

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - the same
        self.uses |= Uses(shown=frozenset({node.id.name}))

    def visit_MessageReference(self, node: ast.MessageReference) -> None:  # noqa: N802 - the same
        name = f"{node.id.name}.{node.attribute.name}" if node.attribute else node.id.name
        self.uses |= Uses(references=frozenset({name}))

    def visit_TermReference(self, node: ast.TermReference) -> None:  # noqa: N802 - the same
        self.uses |= Uses(terms=frozenset({f"-{node.id.name}"}))


def _gather(source: Source, entry: ast.Message | ast.Term, text: str) -> None:
    key = entry.id.name if isinstance(entry, ast.Message) else f"-{entry.id.name}"
    line = _line(text, entry)
    if key in source.lines:
        raise TextsRefused(
            f"{source.path}, line {line}: {key}: it stands in line {source.lines[key]} already; remove one."
        )
    source.lines[key] = line
    if isinstance(entry, ast.Term):
        source.terms.add(key)
        return
    patterns = {attribute.id.name: attribute.value for attribute in entry.attributes}
    if entry.value is not None:
        patterns = {"": entry.value, **patterns}
    source.variants[key] = {}
    for name, pattern in patterns.items():
        gatherer = _Gatherer()
        gatherer.visit(pattern)
        source.variants[key][name] = gatherer.uses


def _line(text: str, entry: ast.Message | ast.Term | ast.Junk) -> int:
    """The line on which an entry's own name stands, below its comment."""
    node = entry if isinstance(entry, ast.Junk) else entry.id
    return text.count("\n", 0, node.span.start if node.span else 0) + 1


def _junk(path: Path, text: str, junk: ast.Junk) -> str:
    """Explain what the parser could not read."""
    beginning = (junk.content or "").strip().partition("\n")[0][:40]
    reason = junk.annotations[0].message if junk.annotations else "not understood"
    return (
        f"{path}, line {_line(text, junk)}: this is not Fluent near `{beginning}` ({reason}); "
        "a text is `key = words { $placeholder }`, its further lines are indented."
    )
