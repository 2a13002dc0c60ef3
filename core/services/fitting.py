"""Makes an answer fit the channel: the best variant, the notes that have room, and a cut as the last resort."""

from collections.abc import Sequence

from core.domain.lengths import measure
from core.domain.messages import Capabilities, TextUnit

_ELLIPSIS = "..."
"""Three dots: `…` is outside GSM 03.38 and would more than halve what an SMS in Latin letters holds."""


def fit(variants: Sequence[str], capabilities: Capabilities) -> str:
    """Choose the first variant that fits the channel, else the last one, cut at the end of a word. Never raises."""
    for text in variants:
        if _fits(text, capabilities):
            return text
    return _cut(variants[-1], capabilities) if variants else ""


def compose(variants: Sequence[str], notes: Sequence[str], capabilities: Capabilities, *, thrifty: bool = False) -> str:
    """Join an answer and its notes, the most important note first.

    A shorter variant with all notes goes before a longer one with fewer; of the notes, the last is dropped first.
    `thrifty` is for what is said hundreds of thousands of times a month: where each part of an SMS is paid for, the
    variant that takes the fewest parts goes before a fuller one.
    """
    unit, limit = capabilities.text_unit, capabilities.text_limit
    by_parts = thrifty and unit is TextUnit.SEGMENTS
    for count in range(len(notes), -1, -1):
        tail = " ".join(("", *notes[:count]))
        best, smallest = "", limit + 1
        for text in variants:
            size = measure(text + tail, unit)
            if size < smallest:
                best, smallest = text + tail, size
                if size <= 1 or not by_parts:
                    break
        if smallest <= limit:
            return best
    return fit(variants, capabilities)


def enriched(text: str, fuller: Sequence[str], capabilities: Capabilities) -> str:
    """Choose the first of `fuller` that costs nothing, else `text`: no further part of an SMS, elsewhere just a fit.

    For what is welcome where there is room, and not worth a part of an SMS.
    """
    unit = capabilities.text_unit
    allowed = measure(text, unit) if unit is TextUnit.SEGMENTS else capabilities.text_limit
    return next((other for other in fuller if measure(other, unit) <= allowed), text)


def _fits(text: str, capabilities: Capabilities) -> bool:
    return measure(text, capabilities.text_unit) <= capabilities.text_limit


def _cut(text: str, capabilities: Capabilities) -> str:
    """Find the longest beginning that fits with the ellipsis; a beginning never measures more than a longer one."""
    fitting, too_long = 0, len(text)
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if _fits(text[:middle] + _ELLIPSIS, capabilities):
            fitting = middle
        else:
            too_long = middle
    beginning = text[:fitting]
    if not text[fitting : fitting + 1].isspace():
        words = beginning.rsplit(maxsplit=1)
        beginning = words[0] if len(words) > 1 else beginning
    beginning = beginning.rstrip(" \t\n,;:.")
    if not beginning or not _fits(beginning + _ELLIPSIS, capabilities):
        return ""
    return beginning + _ELLIPSIS
