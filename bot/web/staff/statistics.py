"""`/staff/overview`: how it goes now. `/staff/statistics`: a month by branch and channel, also as a file."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from bot.web.staff import looks
from bot.web.staff.bars import Bars, Column, bars
from bot.web.staff.gate import SESSION, VIEW, allowed
from bot.web.staff.live_hub import figures
from bot.wording import number
from core.billing.exporting import guarded
from core.domain.accounts import Branches
from core.domain.money import roubles
from core.domain.staff import Member, Permission
from core.domain.windows import local_day, parse_period, period_text
from core.ports.clock import Clock
from core.services.moderation import Moderation
from core.services.statistics import ERRORS, Month, Overview, Share, Statistics
from core.storage.cases import Filters

MONTHS: Final = 13
"""A year and the month that it is compared with."""
SENT: Final = ("sent", "delivered")
FAILED: Final = ("failed", "dead", "unreachable", "expired")

Words = Mapping[str, Any]


class StatisticsPages:
    """The pages."""

    def __init__(
        self,
        statistics: Statistics,
        moderation: Moderation,
        clock: Clock,
        *,
        branches: Branches,
        channels: Sequence[str],
    ) -> None:
        self._statistics = statistics
        self._moderation = moderation
        self._clock = clock
        self._branches = branches
        self._channels = tuple(channels)

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/overview", self.overview),
            web.get("/overview/figures", self.figures),
            web.get("/statistics", self.month),
            web.get("/statistics/readings.csv", self.readings_file),
            web.get("/statistics/payments.csv", self.payments_file),
        ]

    @allowed(Permission.SEE_STATISTICS)
    async def overview(self, request: web.Request) -> web.Response:
        """The whole page."""
        return looks.page(request[VIEW], "overview.html", **await self._overview(request))

    @allowed(Permission.SEE_STATISTICS)
    async def figures(self, request: web.Request) -> web.Response:
        """What changes of it."""
        return looks.page(request[VIEW], "overview_figures.html", **await self._overview(request))

    async def _overview(self, request: web.Request) -> dict[str, Any]:
        member, branch = request[SESSION].member, self._branch(request)
        asked = self._asked(member, branch)
        found = await self._statistics.overview(asked)
        counts = await self._moderation.counts(Filters(branches=member.branches, branch=branch))
        words = looks.words(request[VIEW].language)
        series = self._series(found)
        hours = [Column(f"{hour:02d}", counted) for hour, counted in enumerate(found.hours)]
        days = [Column(str(day.day.day), day.accepted, day.inside) for day in found.days]
        zone = self._branches[asked[0]].timezone if asked else None
        return {
            "branch": branch,
            "branches": self._named(member),
            "at": f"{found.at.astimezone(zone):%H:%M:%S}",
            "hours": _drawn(hours, series, words),
            "days": _drawn(days, series, words),
            "today": _percent(found.today),
            "month": _percent(found.month),
            "errors": errors(found, words),
            "queue": figures(counts),
            "oldest": sorted(counts, key=lambda count: (-count.overdue, -count.older, -count.total)),
            "deliveries": deliveries(found, words),
            "number": number,
        }

    def _series(self, found: Overview) -> list[str]:
        """Channels in an order that does not change from day to day, so that each keeps its colour."""
        others = {name for day in found.days for name in day.accepted} | {name for hour in found.hours for name in hour}
        return [*self._channels, *sorted(others - set(self._channels))]

    @allowed(Permission.SEE_STATISTICS)
    async def month(self, request: web.Request) -> web.Response:
        """A month."""
        member, branch, period = request[SESSION].member, self._branch(request), self._period(request)
        words = looks.words(request[VIEW].language)
        found = await self._statistics.month(period, self._asked(member, branch))
        return looks.page(
            request[VIEW],
            "statistics.html",
            branch=branch,
            branches=self._named(member),
            period=period_text(period),
            periods=[period_text(each) for each in self._periods()],
            readings=self._readings(found, words),
            reach=self._reach(found),
            payments=self._payments(found, words),
            query=f"period={period_text(period)}&branch={branch}",
            number=number,
        )

    @allowed(Permission.SEE_STATISTICS)
    async def readings_file(self, request: web.Request) -> web.Response:
        """The readings' table as a file."""
        words, period = looks.words(request[VIEW].language), self._period(request)
        found = await self._statistics.month(period, self._asked(request[SESSION].member, self._branch(request)))
        known = words["statistics"]
        head = [known["branch"], known["channel"], *(known["shares"][name] for name in (*Share._fields, "total"))]
        lines = [
            [row["branch"], row["channel"], *row["share"], row["share"].total]
            for row in self._readings(found, words)["rows"]
        ]
        return _file(f"readings-{period_text(period)}.csv", [head, *lines])

    @allowed(Permission.SEE_STATISTICS)
    async def payments_file(self, request: web.Request) -> web.Response:
        """The payments' table as a file. Sums are in roubles, with the comma that a Russian spreadsheet reads."""
        words, period = looks.words(request[VIEW].language), self._period(request)
        found = await self._statistics.month(period, self._asked(request[SESSION].member, self._branch(request)))
        known = words["statistics"]
        names = ("made", "paid", "amount", "refunded", "refunded_amount")
        head = [known["branch"], known["channel"], known["provider"], *(known["payments"][name] for name in names)]
        lines = [
            [row["branch"], row["channel"], row["provider"], *(row[name] for name in names)]
            for row in self._payments(found, words)["rows"]
        ]
        return _file(f"payments-{period_text(period)}.csv", [head, *lines])

    def _branch(self, request: web.Request) -> str:
        """The branch asked for; empty for all that he may see."""
        wanted = request.query.get("branch", "")
        return wanted if wanted in self._branches and request[SESSION].member.sees(wanted) else ""

    def _asked(self, member: Member, branch: str) -> list[str]:
        return [branch] if branch else [code for code in self._branches if member.sees(code)]

    def _named(self, member: Member) -> list[tuple[str, str]]:
        return [(code, branch.name) for code, branch in self._branches.items() if member.sees(code)]

    def _now(self) -> datetime:
        return self._clock.now()

    def _periods(self) -> list[int]:
        """This month's and those before it, newest first."""
        today = local_day(next(iter(self._branches.values())), self._now())
        months = [today.year * 12 + today.month - 1 - back for back in range(MONTHS)]
        return [month // 12 * 100 + month % 12 + 1 for month in months]

    def _period(self, request: web.Request) -> int:
        try:
            return parse_period(request.query.get("period", ""))
        except ValueError:
            return self._periods()[0]

    def _readings(self, found: Month, words: Words) -> dict[str, Any]:
        rows = [
            {"branch": self._name(branch), "channel": words["channels"].get(channel, channel), "share": share}
            for (branch, channel), share in found.readings.items()
        ]
        total = Share(*map(sum, zip(*found.readings.values(), strict=True))) if found.readings else Share()
        return {"rows": rows, "total": total, "automatic": _percent(total)["automatic"]}

    def _reach(self, found: Month) -> list[dict[str, Any]]:
        return [
            {
                "branch": self._name(row.branch),
                "submitted": row.submitted,
                "accounts": row.accounts,
                "percent": f"{row.submitted / row.accounts:.1%}".replace(".", ",") if row.accounts else "—",
            }
            for row in found.reach
        ]

    def _payments(self, found: Month, words: Words) -> dict[str, Any]:
        rows = [
            {
                **row._asdict(),
                "branch": self._name(row.branch),
                "channel": words["channels"].get(row.channel, row.channel) or "—",
                "amount": roubles(row.amount),
                "refunded_amount": roubles(row.refunded_amount),
            }
            for row in found.paid
        ]
        total = {name: sum(getattr(row, name) for row in found.paid) for name in ("made", "paid", "refunded")}
        sums = {name: roubles(sum(getattr(row, name) for row in found.paid)) for name in ("amount", "refunded_amount")}
        return {"rows": rows, "total": total | sums}

    def _name(self, code: str) -> str:
        branch = self._branches.get(code)
        return branch.name if branch else code


def errors(found: Overview, words: Words) -> list[tuple[str, int]]:
    """What messages failed in today, the commonest first, in words."""
    known = words["codes"]
    counted: Counter[str] = Counter()
    for _, _, code, count in found.work.events:
        if code in ERRORS:
            counted[code] += count
    return [(known.get(code, code), count) for code, count in counted.most_common()]


def deliveries(found: Overview, words: Words) -> list[dict[str, Any]]:
    """What became of today's replies, by vendor, and what waits now."""
    counted: dict[str, Counter[str]] = {}
    for channel, state, count in found.work.replies:
        counted.setdefault(channel, Counter())[state] += count
    for depth in found.waiting:
        counted.setdefault(depth.channel, Counter())
    rows = []
    for channel, states in sorted(counted.items()):
        waiting = [depth for depth in found.waiting if depth.channel == channel]
        oldest = min((depth.oldest for depth in waiting), default=None)
        rows.append(
            {
                "channel": words["channels"].get(channel, channel),
                "sent": sum(states[name] for name in SENT),
                "failed": sum(states[name] for name in FAILED),
                "unknown": states["unknown"],
                "waiting": sum(depth.count for depth in waiting),
                "seconds": round((found.at - oldest).total_seconds()) if oldest else 0,
            }
        )
    return rows


def _percent(share: Share) -> dict[str, Any]:
    known = share.automatic
    return {"share": share, "automatic": "—" if known is None else f"{known:.1%}".replace(".", ",")}


def _drawn(columns: Sequence[Column], series: Sequence[str], words: Words) -> tuple[Bars, list[tuple[int, str, int]]]:
    """The bars, and of each series that has any its place, name and total."""
    drawn = bars(columns, series)
    named = [
        (index, words["channels"].get(name, name), drawn.totals[index])
        for index, name in enumerate(series)
        if drawn.totals[index]
    ]
    return drawn, named


def _file(name: str, rows: Iterable[Sequence[object]]) -> web.Response:
    """A table for a spreadsheet: with a mark at its beginning, by which Excel knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    answer = web.Response(
        status=HTTPStatus.OK, body=text.getvalue().encode("utf-8-sig"), content_type="text/csv", charset="utf-8"
    )
    answer.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}"'
    return answer
