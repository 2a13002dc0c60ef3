import pytest

from channels.toolkit.characters import storable

TEXTS = {
    "nul": ("47\x0011", "47\ufffd11"),
    "lone_surrogate": ("\ud83d!", "\ufffd!"),
    "untouched": ("4711 👍🏽\r\n\tЩё", "4711 👍🏽\r\n\tЩё"),
}


@pytest.mark.parametrize("name", list(TEXTS))
def test_storable(name: str) -> None:
    """What no database takes becomes U+FFFD, and everything else stays as it was."""
    text, expected = TEXTS[name]
    assert storable(text) == expected
