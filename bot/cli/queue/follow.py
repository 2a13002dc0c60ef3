"""Follows the queue live: what is there, then each case and decision as it comes."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final

from core.storage import cases
from core.storage.cases import OPEN, Filters, News
from core.storage.database import Database

INTERVAL: Final = 0.5
"""Seconds between looks; each is two range scans of keys."""


async def pause() -> None:
    """Wait for the next look."""
    await asyncio.sleep(INTERVAL)


async def follow(
    database: Database,
    show: Callable[[News], None],
    last: int,
    filters: Filters | None = None,
    *,
    wait: Callable[[], Awaitable[None]] = pause,
    polls: int | None = None,
) -> None:
    """Show the last open cases, then the news until cancelled, or for so many polls; all of it through the filters.

    The mark and the first cases are read in one snapshot, so that nothing falls between them.
    """
    wanted = filters or Filters(state=OPEN)
    seen, first = await database.read(
        lambda connection: (
            cases.mark(connection),
            cases.page(connection, wanted, last, newest=True) if last else [],
        )
    )
    for entry in first:
        show(News(at=entry.case.opened_at, entry=entry))
    for _ in count() if polls is None else range(polls):
        await wait()
        for item in await database.read(lambda connection: cases.since(connection, seen)):
            if _passes(item, wanted):
                show(item)


def _passes(item: News, wanted: Filters) -> bool:
    """By what never changes about a case: a decision about one that was shown is shown, too."""
    case = item.entry.case
    return (
        wanted.kind in {"", case.kind}
        and wanted.branch in {"", case.branch}
        and wanted.channel in {"", case.address.channel}
    )
