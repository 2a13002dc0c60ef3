"""What the web's list asks of the queue, on both databases: branches, claims, references, the last decided, keys."""

from datetime import timedelta
from typing import Any

import pytest

from core.services.moderation import Moderation
from core.storage.cases import CLOSED, Filters
from tests.services.moderation.scene import IRINA, NOW, Scene

HOUR = timedelta(hours=1)


async def texts(moderation: Moderation, filters: Filters, **options: Any) -> list[str]:
    return [entry.case.text for entry in await moderation.page(filters, 10, **options)]


@pytest.fixture
async def refs(scene: Scene, moderation: Moderation) -> dict[str, str]:
    """Three cases: a, b and c, an hour apart; b is claimed."""
    found = {}
    for number, (text, branch) in enumerate({"a": "khb", "b": "amur", "c": ""}.items()):
        found[text] = await scene.case(
            kind="hand_over", text=text, branch=branch, opened_at=NOW - (3 - number) * HOUR - HOUR / 2
        )
    await moderation.claim(found["b"], IRINA)
    return found


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(branches=frozenset({"khb", "amur"})), ["a", "b"]),
        (Filters(branches=frozenset({"khb"}), branch="amur"), []),
        (Filters(held=True, at=NOW), ["b"]),
        (Filters(held=True, at=NOW + HOUR), []),
        (Filters(opened_after=NOW - 3 * HOUR), ["b", "c"]),
        (Filters(due_before=NOW + HOUR), ["a"]),
    ],
)
async def test_filters(moderation: Moderation, refs: dict[str, str], filters: Filters, expected: list[str]) -> None:
    """Each lets through what it says; the counts agree."""
    assert sorted(refs) == ["a", "b", "c"]
    assert await texts(moderation, filters) == expected
    assert sum(count.total for count in await moderation.counts(filters)) == len(expected)


async def test_references_are_searched_for(moderation: Moderation, refs: dict[str, str]) -> None:
    """With or without a number sign, in small letters, or the long one; and not in another state or branch."""
    long = (await moderation.picture(refs["a"])).case.long_reference
    for search in (refs["a"], f"№{refs['a'].lower()}", long):
        assert await texts(moderation, Filters(search=search)) == ["a"]
    assert await texts(moderation, Filters(search=refs["a"], state=CLOSED)) == []
    assert await texts(moderation, Filters(search=refs["a"], branches=frozenset({"amur"}))) == []


async def test_last_decided_first(scene: Scene, moderation: Moderation, refs: dict[str, str]) -> None:
    """In pages, each behind the last case of the one before it."""
    for ref in (refs["c"], refs["a"], refs["b"]):
        scene.clock.advance(seconds=1)
        await moderation.reject(ref, "no", IRINA)
    decided = Filters(state=CLOSED)
    page = await moderation.page(decided, 2, recent=True)
    assert [entry.case.text for entry in page] == ["b", "a"]
    assert await texts(moderation, decided, after=page[-1].case, recent=True) == ["c"]


async def test_cases_by_their_keys(moderation: Moderation, refs: dict[str, str]) -> None:
    """In the order asked for, each once; what is not there is passed by."""
    keys = {text: (await moderation.picture(ref)).case.id for text, ref in refs.items()}
    found = await moderation.of_keys([keys["c"], 1, keys["a"], keys["c"]])
    assert [case.text for case in found] == ["c", "a"]
    assert await moderation.of_keys([]) == []
