"""Looks for two-dimensional codes in a picture: a program of its own, which `core.services.photos.scanning` runs.

The picture comes on standard input, what the codes hold goes to standard output, in hexadecimal, a line each. A picture
is the work of a stranger, and what reads it is written in C and C++: here it can cost nobody more than one answer.
"""

import io
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import zxingcpp
from PIL import Image

MEMORY: Final = 512 << 20
"""Bytes that this program may take: twice what the largest photo needs."""
PROCESSOR_SECONDS: Final = 10
PIXELS: Final = 50_000_000
"""Phones take pictures of 12 to 50 million; a small file may claim any number."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
CODES: Final = zxingcpp.barcode_formats_from_str("QRCode,Aztec,DataMatrix")
"""The symbols that ГОСТ Р 56042-2014 names."""


def codes(picture: bytes) -> Iterator[bytes]:
    """What the codes in a picture hold; nothing where it is too large, or no picture."""
    try:
        image = Image.open(io.BytesIO(picture), formats=FORMATS)
        if image.width * image.height > PIXELS:
            return
        image.draft("L", None)
        grey = _on_white(image).convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow raises for broken pictures
        return
    for code in zxingcpp.read_barcodes(grey, formats=CODES):
        # Not `.text`: it takes Cyrillic in other encodings for Japanese.
        yield code.bytes


def _on_white(image: Image.Image) -> Image.Image:
    """The same without transparency, which would make black of the paper."""
    if not image.has_transparency_data:
        return image
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white


def confine() -> None:
    """Take no more than a picture is worth, and let whoever answers subscribers go first."""
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, PROCESSOR_SECONDS)):
        with suppress(ValueError, OSError):  # some systems know no such limit
            resource.setrlimit(limit, (most, most))
    with suppress(OSError):
        os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


if __name__ == "__main__":
    confine()
    for found in codes(sys.stdin.buffer.read()):
        sys.stdout.write(f"{found.hex()}\n")
