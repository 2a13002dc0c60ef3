"""The running service: from a request to a sent reply, and a stop that loses nothing."""

import asyncio
import signal
from pathlib import Path

import aiohttp
import pytest
import structlog
from sqlalchemy import select

from bot import service as services
from bot.assembly import build
from bot.service import Minding, obey_signals
from bot.settings import Settings, load
from channels.sms.emulator import SmsEmulator
from core.services.texts import Texts
from core.storage.profiles import forget
from core.storage.tables import outbox
from tests.bot.conftest import Running, sms
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import DAY, NOW, OTHER, WHO, put


async def test_a_message_is_answered_through_the_gateway(config: Path, clock: FixedClock) -> None:
    """POST, commit, 200, and the reply is at the gateway."""
    emulator = SmsEmulator()
    await emulator.start()
    gateway = {
        "METERLINE__CHANNELS__SMS__GENERIC__SEND_URL": emulator.settings("generic").generic.send_url,
        "METERLINE__CHANNELS__SMS__GENERIC__SECRET": "emulated",
    }
    service = build(load(config, gateway), Texts(), clock)
    host, port = await service.start()
    async with aiohttp.ClientSession() as session:
        running = Running(service, f"http://{host}:{port}", session)
        assert await running.post(sms(), secret="emulated") == 200
        await emulator.wait_for(1)
    await service.stop()
    await emulator.stop()
    assert emulator.sent[0].to == "+79141234567"


async def test_a_stop_finishes_the_request_under_way(running: Running) -> None:
    """A message whose body is still coming when the stop begins is accepted and acknowledged."""
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"id": "late", "from": "+79141234567", "to": "4747", "text": "help", "sent_at": "2026-11-22T02:00:00Z"}'
    head = (
        "POST /hooks/sms/generic HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-Meterline-Secret: a-secret-of-the-generic-gateway\r\nContent-Length: {len(body)}\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    writer.write(head.encode())
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    await reader.readline()
    stopping = asyncio.create_task(running.service.stop())
    await asyncio.wait([stopping], timeout=0.05)
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection(host, int(port))
    writer.write(body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    await stopping
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_what_was_acknowledged_is_on_disk_after_a_stop(running: Running, settings: Settings) -> None:
    """A reply that could not be sent waits in the outbox for the next start."""
    assert await running.post(sms()) == 200
    await running.service.stop()
    again = build(settings, Texts())
    rows = await again.database.read(lambda connection: connection.execute(select(outbox.c.state)).all())
    await again.database.close()
    assert len(rows) == 1


async def test_a_stop_is_harmless_before_the_start_and_twice(settings: Settings) -> None:
    """A start that failed half-way is stopped like any other."""
    service = build(settings, Texts())
    await service.stop()
    await service.stop()


async def test_run_stops_when_it_is_told(settings: Settings) -> None:
    """`run` serves until the event is set, and says where it listens."""
    service = build(settings, Texts())
    stop = asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        stop.set()
        await service.run(stop)
    listening = next(line for line in logs if line["event"] == "listening")
    assert listening["url"] == f"http://127.0.0.1:{listening['port']}"
    assert logs[-1]["event"] == "stopped"


async def test_a_task_that_fails_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A background task's failure is logged and shown, and does not end it."""
    monkeypatch.setattr(services, "RESTART_SECONDS", 0)
    minding, runs = Minding(), 0
    third = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            third.set()
            await asyncio.Event().wait()
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as logs:
        minding.start("worker", work)
        await third.wait()
    await minding.stop()
    assert [line["event"] for line in logs] == ["background_task_failed"] * 2


async def test_a_fault_is_shown_while_it_lasts() -> None:
    """The check names the task and the kind of error."""
    minding, failed = Minding(), asyncio.Event()

    async def work() -> None:
        failed.set()
        raise ZeroDivisionError

    with structlog.testing.capture_logs():
        minding.start("worker", work)
        await failed.wait()
        await asyncio.sleep(0)
    assert await minding.check() == "worker: ZeroDivisionError"
    await minding.stop()


async def test_signals_stop_and_the_second_forces(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM asks for a stop; one more ends the process at once."""
    stop, ended = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(services.os, "_exit", lambda _code: ended.set())
    with structlog.testing.capture_logs() as logs:
        obey_signals(stop)
        signal.raise_signal(signal.SIGTERM)
        await stop.wait()
        assert not ended.is_set()
        signal.raise_signal(signal.SIGINT)
        await ended.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)
    assert [line["event"] for line in logs][:2] == ["asked_to_stop", "forced_to_end"]


async def test_wishes_and_periods_are_minded_in_the_background(settings: Settings, clock: FixedClock) -> None:
    """The service forgets who asked for it, and in the quiet hour drops what was kept long enough."""
    service = build(settings, Texts(), clock)
    clock.moment = NOW.replace(hour=17)
    old, new = (kept.message(who, NOW - days * DAY) for who, days in ((OTHER, 91), (WHO, 1)))
    await put(service.database, old, new)
    wish = (kept.key_at(NOW), WHO)
    await service.database.write(lambda connection: forget(connection, [wish], NOW))
    await service.start()
    async with asyncio.timeout(10):
        while kept.WORDS in await kept.everything(service.database):  # noqa: ASYNC110 - a table rings no bell
            await asyncio.sleep(0.01)
    await service.stop()
    assert set(service.background) == {"erasure", "retention"}
