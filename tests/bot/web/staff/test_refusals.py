"""What the services refuse has words on the page, in both languages."""

import ast
from pathlib import Path

import pytest

import bot.web.staff
import core.services.moderation
from bot.web.staff import looks
from bot.web.staff.case_view import said_no
from core.services.moderation import Refused, Untold
from tests.world import KHABAROVSK

# Told elsewhere: by the page's own words, by a page that is not found, or on a terminal only.
ELSEWHERE = {"refused", "many"}


def codes() -> dict[str, set[str]]:
    """Every code that is raised, with the names of its values, as the source has them."""
    found: dict[str, set[str]] = {}
    for package in (core.services.moderation, bot.web.staff):
        assert package.__file__ is not None
        for path in Path(package.__file__).parent.glob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Refused":
                    for code in _strings(call.args[1]) if len(call.args) > 1 else ["refused"]:
                        found.setdefault(code, set()).update(word.arg for word in call.keywords if word.arg)
    return found


def _strings(node: ast.expr) -> list[str]:
    """A constant, or the two of a choice."""
    found = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    assert found
    return found


@pytest.mark.parametrize("language", looks.LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    """And no words are left over; a text names only values that its refusal has."""
    words, known = looks.words(language)["refusals"], codes()
    assert set(words) == set(known) - ELSEWHERE
    for code, text in words.items():
        named = {part.partition("}")[0] for part in text.split("{")[1:]}
        assert named <= known[code], code


@pytest.mark.parametrize("language", looks.LANGUAGES)
def test_every_silence_has_words(language: str) -> None:
    """Why a subscriber is told nothing."""
    assert set(looks.words(language)["refused_values"]["why"]) == {untold.name.lower() for untold in Untold}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Refused("", "no_reason"), "Нужна причина: её прочтёт абонент."),
        (Refused("", "not_waiting", status="exported"), "Показания уже не ждут решения: выгружено. Закройте дело."),
        (Refused("", "cannot_ask", why=Untold.BLOCKED), "Спросить абонента нельзя: он нас заблокировал."),
        (
            Refused("", "too_long", channel="vk", size=5000, limit=4096, unit="characters"),
            "Слишком длинно для ВКонтакте: 5000, а помещается 4096 (знаков). Скажите короче.",
        ),
        (Refused("no such case"), "no such case"),
    ],
)
def test_in_words(error: Refused, text: str) -> None:
    """With its values in the reader's language; what has no code stands as it is."""
    assert said_no(error, KHABAROVSK, looks.words("ru"))["text"] == text
