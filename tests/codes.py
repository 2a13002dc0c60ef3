"""Pictures of bills' codes, as a phone would take them."""

import io
import random
import zlib

import zxingcpp
from PIL import Image


def pictured(
    payload: bytes,
    *,
    form: str = "JPEG",
    turned: int = 0,
    scale: int = 5,
    transparent: bool = False,
    noise: float = 0,
) -> bytes:
    """A photo of a QR code with this payload, on a sheet of paper; `noise` is what share of each point is chance."""
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = memoryview(code.to_image(scale=scale))
    height, width = drawn.shape
    paper = Image.new("L", (width * 2, height * 2), 235)
    paper.paste(Image.frombytes("L", (width, height), bytes(drawn)), (width // 2, height // 3))
    paper = paper.rotate(turned, expand=True, fillcolor=200)
    if noise:
        grain = random.Random(7).randbytes(paper.width * paper.height)  # noqa: S311 - a picture's grain
        paper = Image.blend(paper, Image.frombytes("L", paper.size, grain), noise)
    if transparent:
        # Black where the code is dark, and black that nobody sees elsewhere.
        black = Image.new("L", paper.size, 0)
        paper = Image.merge("LA", (black, paper.point(lambda grey: 255 if grey < 128 else 0)))
    kept = io.BytesIO()
    paper.save(kept, form)
    return kept.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""
    head = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    chunks = (
        len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4) for kind, content in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
