"""The service is killed while it plans and sends reminders: nobody is told twice, and what is unknown is marked so."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from channels.sms.emulator import Fault, SmsEmulator
from core.storage.database import connect
from core.storage.tables import account, campaign, meter, outbox, reminder
from tests.crash.service import ServiceProcess
from tests.world import month_ago

SUBSCRIBERS = 90
KILLS = 3
CONFIG = """
[server]
port = 0
[database]
url = "{url}"
[reminders]
enabled = true
kinds = ["last_day"]
sms = true
spread_hours = 0
[channels.sms]
enabled = true
gateway = "{gateway}"
per_second = 60
[channels.sms.generic]
secret = "emulated"
send_url = "{emulator}/generic"
[channels.sms.kannel]
secret = "emulated"
sendsms_url = "{emulator}/cgi-bin/sendsms"
username = "meterline"
password = "emulated"
sender = "Meterline"
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "{timezone}"
window = [1, {day}]
"""

pytestmark = pytest.mark.crash


def configuration(url: str, gateway: str, emulator: str) -> str:
    """A branch where it is noon just now, and the window's last day."""
    now = datetime.now(UTC)
    offset = now.hour - 12
    timezone = f"Etc/GMT{offset:+d}" if offset else "Etc/GMT"
    return CONFIG.format(url=url, gateway=gateway, emulator=emulator, timezone=timezone, day=now.day)


@pytest.mark.parametrize("gateway", ["generic", "kannel"])
async def test_sigkill_reminds_nobody_twice(database_url: str, tmp_path: Path, gateway: str) -> None:
    """Killed three times with sends under way: where the gateway knows a repeat everybody has it once.

    Where it does not, whoever may have it is marked unknown and not written to again.
    """
    emulator = SmsEmulator()
    await emulator.start()
    database = connect(database_url)
    await database.write(fill)
    service = ServiceProcess(tmp_path, database_url, configuration(database_url, gateway, emulator.url))
    for kill in range(1, KILLS + 1):
        await service.start()
        await emulator.wait_for(kill * 15, seconds=60)
        emulator.fail(Fault.HANG, times=3)
        await emulator.wait_for(len(emulator.sent) + 4, seconds=60)
        await service.kill()
    await service.start()
    async with asyncio.timeout(60):
        while await database.read(under_way):  # noqa: ASYNC110 - another process; only the database tells how far it is
            await asyncio.sleep(0.1)
    await service.stop()
    told = Counter(f"+{sms.to.lstrip('+')}" for sms in emulator.sent)
    rows = await database.read(lambda connection: connection.execute(select(outbox)).all())
    reminded = await database.read(lambda connection: connection.execute(select(reminder)).all())
    await database.close()
    await emulator.stop()
    assert {row.external_id for row in rows} == {row.external_id for row in reminded} == set(map(phone, range(90)))
    assert len(rows) == len(reminded) == SUBSCRIBERS
    assert set(told.values()) == {1}
    unknown = {row.external_id for row in rows if row.state == "unknown"}
    assert {row.state for row in rows} == ({"sent"} if gateway == "generic" else {"sent", "unknown"})
    assert {row.external_id for row in rows} - told.keys() <= unknown
    assert len(unknown) >= (0 if gateway == "generic" else KILLS)


def phone(number: int) -> str:
    return f"+7914{number:07d}"


def fill(connection: Connection) -> None:
    """An account with a phone and a meter for each subscriber."""
    keys = range(SUBSCRIBERS)
    numbers = [str(1_000_000_000 + key) for key in keys]
    accounts: list[dict[str, Any]] = [
        {"id": key + 1, "number": number, "number_key": number, "branch": "khb", "phone": phone(key)}
        for key, number in zip(keys, numbers, strict=True)
    ]
    shape = {"zones": 1, "digits": 5, "ratio": 1, "t1": 5000, "read_on": month_ago(), "automatic": False}
    meters = [
        {"id": key + 1, "account_id": key + 1, "serial": f"2{key}", "serial_key": f"2{key}"} | shape for key in keys
    ]
    connection.execute(insert(account), accounts)
    connection.execute(insert(meter), meters)


def under_way(connection: Connection) -> bool:
    """Whether something is still to be looked at or sent."""
    states = set(connection.execute(select(outbox.c.state)).scalars())
    return connection.execute(select(campaign.c.state)).scalar() != "done" or bool(states & {"queued", "sending"})
