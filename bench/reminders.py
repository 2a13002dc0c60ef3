"""A hundred thousand reminders in simulated time, at the messengers' documented rates, with replies in between."""

import os
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from core.storage import migrate
from tests.services.reminders.simulation import SHARE, VENDORS, simulate

REMINDERS = int(os.environ.get("BENCH_REMINDERS", "100000"))
REPLIES = 3_000
DOWN = timedelta(minutes=20)


def run(reminders: int = REMINDERS) -> dict[str, Any]:
    """Send them, an outage of all messengers in the middle; print and return the figures.

    Raises:
        RuntimeError: a limit was exceeded, somebody was told twice or not at all, or a reply waited too long.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    folder = Path(tempfile.mkdtemp(prefix="meterline-reminders-"))
    begun = time.perf_counter()
    try:
        url = f"sqlite:///{folder / 'reminders.db'}"
        migrate.upgrade(url)
        found = simulate(url, reminders, REPLIES, down=DOWN)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    waits = sorted(found.waits)
    rates = ", ".join(f"{each.name} {each.per_second:g}/s" for each in VENDORS)
    print(f"\n{reminders:,} reminders in simulated time ({rates}, reminders {SHARE:.0%} of it), all down for {DOWN}")
    print(
        f"  sent {found.sent:,} in {found.hours:.2f} hours, {found.twice} of them twice, {len(found.breaches)} breaches"
    )
    print(f"  {len(waits):,} replies waited {statistics.median(waits):.3f} s in the middle, {waits[-1]:.3f} s at most")
    print(f"  in a chat reminded just before {max(found.waits_same_chat):.3f} s at most")
    print(f"  simulated in {time.perf_counter() - begun:.0f} s")
    if found.breaches or found.twice or found.sent != reminders or waits[-1] > 1:
        raise RuntimeError(f"the reminders went wrong: {found.breaches[:3]}")
    return {
        "reminders": found.sent,
        "reminders_hours": found.hours,
        "reminders_breaches": len(found.breaches),
        "reply_behind_reminders_max_s": waits[-1],
        "reply_same_chat_max_s": max(found.waits_same_chat),
    }
