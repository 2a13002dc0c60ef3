"""Billing's sum through the whole service: in the reply, on the payment page, and not at all when we stop meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.typing import EventDict

from bot.assembly import build
from tests.billing.calculator import TOKEN, BillingEmulator, Fault
from tests.journeys.script import ACCOUNTS, Journey, journeys
from tests.journeys.stage import Stage
from tests.journeys.telling import play
from tests.world import SUBSCRIBER, texts

ALL = list(journeys(Path(__file__).with_name("calculation.toml")))


@pytest.fixture
async def billing() -> AsyncIterator[BillingEmulator]:
    emulator = BillingEmulator()
    await emulator.start()
    emulator.others = {
        "charge": "1000.00",
        "to_pay": "1500.50",
        "items": [{"name": "По счётчику", "sum": "1100.00"}, {"name": "Льгота", "sum": "-100.00"}],
    }
    yield emulator
    await emulator.stop()


@pytest.fixture
async def stage(database_url: str, billing: BillingEmulator) -> AsyncIterator[Stage]:
    made = Stage(database_url, billing={"url": billing.url, "token": TOKEN})
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize("journey", [pytest.param(journey, id=name) for name, journey in ALL])
async def test_journey(journey: Journey, stage: Stage, logs: list[EventDict]) -> None:
    """On every channel, as the file says."""
    await play(journey, stage, *journey.channels)
    assert not [entry for entry in logs if entry["log_level"] in {"warning", "error", "critical"}]


async def test_a_stop_leaves_a_reply_that_goes_out(stage: Stage, billing: BillingEmulator) -> None:
    """Billing hangs, we stop; after the start the reply goes when it has waited long enough, with our sum."""
    await stage.begin([ACCOUNTS["priced"]])
    billing.fault = Fault.HANG
    phone = stage.device("sms", SUBSCRIBER)
    await phone.write("показания")
    await stage.sms.wait_for(1)
    await phone.write("5200 2100")
    async with asyncio.timeout(30):
        await billing.hung.wait()
    await stage.service.stop()
    assert len(phone.shown()) == 1

    stage.clock.advance(seconds=3)
    stage.service = build(stage.settings, texts(), stage.clock)
    host, port = await stage.service.start()
    stage.sms.hooks = f"http://{host}:{port}/hooks/sms"
    await stage.sms.wait_for(2)
    assert "предварительно 1649,20 руб." in phone.shown()[-1].text
