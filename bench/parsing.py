"""The longest that the parser takes for a text, by its size: whatever somebody sends, it never holds the service up."""

import random
import time

from parsers import parse

SIZE = 1000
"""Characters; longer texts are not parsed."""
REPEATED = (
    *("1", "1 ", "1\n", "1,2 ", "1.2.3. ", "12-34-", "123456 ", "1 2345678 ", "O1l3 ", "#*;/", "абв "),
    *("т1 5 т2 6; ", "день 5 ", "день:5,ночь:6,", "5 квтч ", "лс 1234567890 пу 12345678 5778 2542\n"),
)
WORDS = "лс пу т1 день ночь 5778 1234567890 12345678 ; # * / 5,7 квтч - . O l 8-914 дом да нет баланс + a@b.ru №"
MIXED = 300


def run() -> dict[str, float]:
    """Milliseconds per kilobyte: of the slowest text, and of an SMS as it should be."""
    chance = random.Random(1)
    texts = [(unit * SIZE)[:SIZE] for unit in REPEATED]
    texts += [" ".join(chance.choices([*WORDS.split(), "\n"], k=SIZE // 4))[:SIZE] for _ in range(MIXED)]
    worst = max(_per_kilobyte(text) for text in texts)
    strict = _per_kilobyte("1234567890 12345678 5778 2542")
    print(
        f"\nparser: {worst:.2f} ms per kilobyte for the slowest of {len(texts)} texts, {strict:.2f} for the strict form"
    )
    return {"parser_worst_ms_per_kb": worst, "parser_strict_ms_per_kb": strict}


def _per_kilobyte(text: str) -> float:
    """The best of several, so that what the machine does beside it does not count."""
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        parse(text)
        times.append(time.perf_counter() - begun)
    return min(times) * 1000 / (len(text.encode()) / 1024)
