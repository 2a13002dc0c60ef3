"""What `meterline doctor` looks at about what readings cost: the price lists, and billing that is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from yarl import URL

from bot.checkup import Finding, Verdict
from bot.settings import Settings
from core.domain.calculations import Question
from core.domain.windows import local_day
from core.ports.calculation import CalculationFailed

PRICES_AGE: Final = timedelta(days=396)
"""13 months: regional orders change prices once a year or oftener, not always on the same day."""


def tariffs(settings: Settings, now: datetime) -> Iterator[Finding]:
    """The price lists of branches that have some: whether any is in force, and whether a year went by without a new."""
    for branch in settings.branch:
        if branch.tariffs is None:
            continue
        today = local_day(branch.branch(), now)
        known = branch.tariffs.tariffs
        first, newest = known.versions[0].valid_from, known.versions[-1].valid_from
        todo = f"add a [[version]] with the prices in force to {branch.tariffs.path}"
        if today < first:
            found = f"{branch.code} has no prices for today: the first begin on {first}"
            yield Finding("tariffs", Verdict.FAULT, found, todo)
        elif newest < today - PRICES_AGE:
            found = f"{branch.code} has had no new prices since {newest}; regions set them every year"
            yield Finding("tariffs", Verdict.WARNING, found, todo)
        else:
            yield Finding("tariffs", Verdict.OK, f"{branch.code} has prices; the newest begin on {newest}")


async def calculation(settings: Settings) -> list[Finding]:
    """Whether billing answers the call by which it tells what readings cost: asked about an account of nobody."""
    section = settings.calculation
    if not section.url:
        return []
    billing, place = section.build(), URL(section.url).host or ""
    try:
        await billing.calculate(Question(min(settings.calculated()), "0", ()))
    except CalculationFailed as failure:
        todo = "see docs/calculation.md for what it should answer; until it does, our own price lists tell"
        return [Finding("calculation", Verdict.FAULT, f"{place}: {failure}", todo)]
    finally:
        await billing.close()
    return [Finding("calculation", Verdict.OK, f"{place} answers")]
