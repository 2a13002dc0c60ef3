"""The catalogue of texts: Fluent files turned into templates that cost a dictionary look-up and one substitution."""

from functools import cache
from pathlib import Path
from typing import Final

from fluent.runtime import FluentBundle

from core.services.texts.source import CIRCLE, SHORT, Source, TextsRefused, Uses, check_override, read, resolved

DEFAULT_LANGUAGE: Final = "ru"
LANGUAGES: Final = ("ru", "en")
_MARK: Final = "\x00"
"""Stands around a placeholder's name while Fluent formats; no text file may hold it."""

Argument = str | int


class Texts:
    """Renders the service's texts.

    `overrides` is a folder with an operator's `ru.ftl` and `en.ftl`, or one of them; their messages replace ours.
    Raises TextsRefused when they cannot be used, so a wrong file is found at the start and not in a reply.

    A placeholder takes a string, shown as it is; one that selects a text (`month`, `expected`) takes an int. Fluent
    itself is asked once for each text and choice: it costs tens of microseconds, a template a fraction of one.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        if overrides is not None:
            _check_folder(overrides)
        self._texts = {language: _load(language, overrides) if overrides else _ours(language) for language in LANGUAGES}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are; any other is answered in Russian."""
        return LANGUAGES

    def keys(self, language: str) -> frozenset[str]:
        """The keys of a language."""
        return frozenset(self._of(language))

    def placeholders(self, language: str, key: str) -> frozenset[str]:
        """The arguments that a text takes, selectors included."""
        return self._of(language)[key].placeholders

    def render(self, language: str, key: str, **args: Argument) -> str:
        """The preferred text. Raises KeyError for an unknown key or a missing argument; surplus ones do no harm."""
        text = self._of(language)[key]
        try:
            return (text.fixed or text.choose(args))[0] % args
        except KeyError as error:
            raise _missing(key, error) from None

    def variants(self, language: str, key: str, **args: Argument) -> tuple[str, ...]:
        """The preferred text and its short form, if it has one: what `core.services.fitting` chooses from."""
        text = self._of(language)[key]
        try:
            return tuple([template % args for template in text.fixed or text.choose(args)])
        except KeyError as error:
            raise _missing(key, error) from None

    def _of(self, language: str) -> "dict[str, _Text]":
        return self._texts.get(language) or self._texts[DEFAULT_LANGUAGE]


class _Text:
    """One key in one language: a printf template for each variant, and for each choice where arguments select."""

    __slots__ = ("_bundle", "_by_choice", "_key", "_selectors", "fixed", "placeholders")

    def __init__(self, bundle: FluentBundle, key: str, shown: frozenset[str], selectors: frozenset[str]) -> None:
        self._bundle = bundle
        self._key = key
        self._selectors = tuple(sorted(selectors))
        self._by_choice: dict[tuple[Argument, ...], tuple[str, ...]] = {}
        self.placeholders = shown | selectors
        self.fixed: tuple[str, ...] = ()
        """The templates where nothing selects; they are made at once, so that a text that cannot be is found."""
        probe = self._templates((1,) * len(self._selectors))
        if not selectors:
            self.fixed = probe

    def choose(self, args: dict[str, Argument]) -> tuple[str, ...]:
        """The templates for these selectors."""
        choice = tuple([args[name] for name in self._selectors])
        templates = self._by_choice.get(choice)
        if templates is None:
            templates = self._by_choice[choice] = self._templates(choice)
        return templates

    def _templates(self, choice: tuple[Argument, ...]) -> tuple[str, ...]:
        """Let Fluent format each variant with marks in the place of what is shown."""
        for name, value in zip(self._selectors, choice, strict=True):
            if not isinstance(value, int):
                raise TypeError(f"the text {self._key!r} selects by {name!r}, which must be an int")
        args = {name: f"{_MARK}{name}{_MARK}" for name in self.placeholders} | dict(
            zip(self._selectors, choice, strict=True)
        )
        message = self._bundle.get_message(self._key)
        templates = []
        for pattern in (message.value, message.attributes.get(SHORT)):
            if pattern is None:
                continue
            formatted, errors = self._bundle.format_pattern(pattern, args)
            if errors:
                raise ValueError("; ".join(str(error) for error in errors))
            pieces = str(formatted).replace("%", "%%").split(_MARK)
            pieces[1::2] = [f"%({name})s" for name in pieces[1::2]]
            templates.append("".join(pieces))
        return tuple(templates)


@cache
def _ours(language: str) -> dict[str, _Text]:
    """A language without an operator's file: it is part of the program, so it is read once in a process."""
    return _load(language, None)


def _load(language: str, overrides: Path | None) -> dict[str, _Text]:
    """Read a language: our file, and over it the operator's."""
    ours = read(Path(__file__).with_name(f"{language}.ftl"))
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(ours.resource)
    variants, where = dict(ours.variants), dict.fromkeys(ours.variants, ours)
    path = overrides / f"{language}.ftl" if overrides is not None else None
    if path is not None and path.exists():
        own = read(path)
        check_override(own, ours)
        bundle.add_resource(own.resource, allow_overrides=True)
        variants |= own.variants
        where |= dict.fromkeys(own.variants, own)
    return {key: _text(bundle, key, variants, where[key]) for key in variants}


def _text(bundle: FluentBundle, key: str, variants: dict[str, dict[str, Uses]], source: Source) -> _Text:
    uses = Uses()
    for variant in variants[key].values():
        uses |= resolved(variants, variant)
    try:
        return _Text(bundle, key, uses.shown, uses.selectors)
    except ValueError as error:
        raise source.refuse(key, f"it cannot be put together ({error}); write the words themselves.") from error
    except RecursionError as error:
        raise source.refuse(key, CIRCLE) from error


def _check_folder(folder: Path) -> None:
    """Find a folder that is not there, or a file that would never be read."""
    if not folder.is_dir():
        raise TextsRefused(f"{folder}: there is no such folder of texts; make it, or take it out of the configuration.")
    known = {f"{language}.ftl" for language in LANGUAGES}
    for path in sorted(folder.glob("*.ftl")):
        if path.name not in known:
            raise TextsRefused(f"{path}: no such language; the files are named {' and '.join(sorted(known))}.")


def _missing(key: str, error: KeyError) -> KeyError:
    return KeyError(f"the text {key!r} needs the argument {error.args[0]!r}")
