"""A harness over one of the emulators that share `core.acquiring.emulation`."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from core.acquiring.emulation import Call, Emulator, Fault
from core.domain.messages import RawRequest
from core.ports.channel import SendFailure
from tests.acquiring.harness import RECEIVED_AT, Harness


def nobody() -> str:
    """An address of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def changed(request: RawRequest, **fields: str | None) -> RawRequest:
    """The call with other values in its form or query; None takes a field away."""
    part = "query" if request.method == "GET" else "body"
    values = dict(parse_qsl(getattr(request, part).decode(), keep_blank_values=True)) | fields
    kept = {name: value for name, value in values.items() if value is not None}
    return replace(request, **{part: urlencode(kept).encode()})


class EmulatedHarness(Harness):
    """What is the same for all of them."""

    emulator: Emulator
    faults: ClassVar[dict[type[SendFailure], Fault | int]]
    doubts: Sequence[str] = (Fault.BROKEN, Fault.GARBLED, Fault.RESET)
    signature: str
    """The field with the vendor's signature."""

    @property
    def notices(self) -> Sequence[RawRequest]:
        return [call.request(RECEIVED_AT) for call in self.emulator.calls]

    async def visit(self, pay_url: str) -> Any:
        return self.emulator.visit(pay_url)  # type: ignore[attr-defined]

    async def decline(self, kept: Any) -> None:
        await self.emulator.decline(kept)  # type: ignore[attr-defined]

    async def refund(self, kept: Any) -> None:
        await self.emulator.refund(kept)  # type: ignore[attr-defined]

    def fail(self, failure: type[SendFailure]) -> None:
        self.emulator.fail(self.faults[failure])

    def doubt(self, doubt: str) -> None:
        self.emulator.fail(Fault(doubt))

    def hang(self) -> asyncio.Event:
        self.emulator.fail(Fault.HANG)
        return self.emulator.abandoned

    def forged(self) -> list[RawRequest]:
        good = self.notices[-1]
        given = dict(parse_qsl((good.query if good.method == "GET" else good.body).decode()))[self.signature]
        wrong = [None, "", "0" * len(given), given[:-1], "подпись", "\x00ß"]
        return [changed(good, **{self.signature: value}) for value in wrong]

    def foreign(self) -> RawRequest:
        return self.emulator.forge(self.emulator.calls[-1]).request(RECEIVED_AT)

    def garbage(self) -> list[RawRequest]:
        bodies = [b"", b"\xff\xfe\xfd", b"[1]", b"{}", b"&&&===", b"a=1&a=2", b"x=" + b"1" * 5000, b"&a=1" * 300]
        return [
            RawRequest(method=method, path="", query=body, body=body, received_at=RECEIVED_AT)
            for body in bodies
            for method in ("GET", "POST")
        ]


def sealed(method: str, fields: dict[str, str], query: str = "") -> RawRequest:
    """A call with these fields."""
    form = urlencode(fields, errors="replace")
    call = Call("GET", form) if method == "GET" else Call("POST", query, form)
    return call.request(RECEIVED_AT)
