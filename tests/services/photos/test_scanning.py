"""The scanner as the process that it is: real pictures, and what only claims to be one."""

import io
import time
from pathlib import Path

import pytest
import segno
from structlog.testing import capture_logs

from channels.toolkit.album import PICTURE
from core.domain.accounts import Payee
from core.domain.bill_codes import Bill, Encoding, read, write
from core.services.photos import scanning
from core.services.photos.scanning import scan
from core.services.photos.worker import bill_in
from tests.codes import claiming, pictured

FIELDS = "Name=ПАО Свет|PersonalAcc=40702810138250123017|BankName=Банк|BIC=044525225|CorrespAcc=0|PersAcc=1234567890"


@pytest.mark.parametrize(("number", "codec"), [("1", "cp1251"), ("2", "utf-8"), ("3", "koi8-r")])
@pytest.mark.parametrize(
    ("form", "turned", "noise"),
    [("JPEG", 0, 0), ("PNG", 17, 0), ("WEBP", 90, 0), ("GIF", 180, 0), ("JPEG", 200, 0.3), ("PNG", 33, 0.3)],
)
async def test_codes_in_pictures(number: str, codec: str, form: str, turned: int, noise: float) -> None:
    """The bytes of a code come whole in every encoding, however the picture is kept and held, in poor light, too."""
    payload = f"ST0001{number}|{FIELDS}".encode(codec)
    assert await scan(pictured(payload, form=form, turned=turned, noise=noise)) == [payload]


@pytest.mark.parametrize("encoding", list(Encoding), ids=lambda encoding: encoding.name)
async def test_our_own_codes_are_read_back(encoding: Encoding) -> None:
    """What our writer writes, and segno draws, is the same bill to a phone."""
    payee = Payee(name="АО Энергосбыт", account="40702810138250123017", bank="Банк", bic="044525225", inn="2721000001")
    bill = Bill(payee=payee, account="1234567890", amount=123_456, period=202611, more={"TechCode": "02"})
    drawn = io.BytesIO()
    segno.make(write(bill, encoding), error="m", micro=False).save(drawn, kind="png", scale=4, border=4)
    (payload,) = await scan(drawn.getvalue())
    assert read(payload) == bill


async def test_code_on_no_paper() -> None:
    """Where a picture is transparent there is paper, not darkness."""
    assert await scan(pictured(b"ST00012|PersAcc=1", form="PNG", transparent=True)) == [b"ST00012|PersAcc=1"]


@pytest.mark.parametrize(
    "picture",
    [
        PICTURE,
        b"",
        b"<html>not found</html>",
        pictured(b"ST00012|PersAcc=1")[:2000],
        claiming(100_000, 100_000),
        claiming(8_000, 7_000),
        claiming(2_000_000_000, 1),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=["no code", "empty", "no picture", "cut off", "a bomb", "a large bomb", "a wide bomb", "another format"],
)
async def test_nothing_to_find(picture: bytes) -> None:
    """What has no code, is broken, or claims to be huge, gives nothing, within a moment, and no complaint."""
    begun = time.monotonic()
    with capture_logs() as logs:
        assert await scan(picture) == []
    assert time.monotonic() - begun < 10
    assert logs == []


async def test_too_slow() -> None:
    """A scanner that does not come to an end is ended."""
    with capture_logs() as logs:
        assert await scan(pictured(b"ST00012|PersAcc=1"), seconds=0.0) == []
    assert [entry["event"] for entry in logs] == ["picture_takes_too_long"]


async def test_a_scanner_that_dies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Should a picture crash it, the service goes on without an answer."""
    program = tmp_path / "dies.py"
    program.write_text("import os; os.abort()", encoding="utf-8")
    monkeypatch.setattr(scanning, "_SCANNER", program)
    with capture_logs() as logs:
        assert await scan(PICTURE) == []
    assert [entry["event"] for entry in logs] == ["scanner_failed"]


async def test_what_a_scanner_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is given the picture and nothing else: the service's environment has secrets in it."""
    program = tmp_path / "tells.py"
    program.write_text("import os; print(' '.join(os.environ).encode().hex())", encoding="utf-8")
    monkeypatch.setattr(scanning, "_SCANNER", program)
    monkeypatch.setenv("METERLINE__CHANNELS__TELEGRAM__TOKEN", "7000000001:secret")
    (known,) = await scan(PICTURE)
    assert b"METERLINE" not in known


def test_the_bill_among_codes() -> None:
    """Of several codes in a picture the bill counts, and one that names an account before any other."""
    link, nameless = b"https://t.me/meterline_bot?start=1", b"ST00012|Sum=100"
    bill = bill_in([link, nameless, f"ST00012|{FIELDS}".encode()])
    assert bill is not None
    assert bill.account == "1234567890"
    assert bill_in([link]) is None
    assert bill_in([]) is None
