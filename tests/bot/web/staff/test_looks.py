"""The words of the staff's pages."""

from collections.abc import Iterator
from typing import Any

from bot.web.staff import looks


def test_both_languages_have_the_same_words() -> None:
    """Every word of every part, in Russian and in English."""

    def keys(found: object, path: str = "") -> Iterator[str]:
        if isinstance(found, dict):
            for name, inner in found.items():
                yield from keys(inner, f"{path}.{name}")
        else:
            yield path

    russian, english = looks.words("ru"), looks.words("en")
    assert sorted(keys(russian)) == sorted(keys(english))


def test_parts_share_groups_and_nothing_else() -> None:
    """A part may add to a group of another's, as the navigation's names; it never replaces a word."""
    for language in looks.LANGUAGES:
        seen: dict[tuple[str, str], Any] = {}
        for path in sorted((looks._FOLDER / "words").glob(f"*.{language}.json")):
            for name, group in looks.json.loads(path.read_text(encoding="utf-8")).items():
                for key in group if isinstance(group, dict) else [""]:
                    assert (name, key) not in seen, f"{path.name} and {seen[name, key]} both say {name}.{key}"
                    seen[name, key] = path.name
