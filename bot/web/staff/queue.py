"""`/staff/queue`: the list of cases, its filters and counts, and the way to the next case."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from bot.web.staff import looks
from bot.web.staff.bulk_bar import undoable
from bot.web.staff.entering import fields
from bot.web.staff.gate import SESSION, VIEW, Gate, allowed, see_other
from bot.web.staff.line import follow, take_up_again
from bot.web.staff.live_hub import figures
from bot.web.staff.queue_rows import rows
from bot.web.staff.queue_wanted import AGES, PREFERENCE, STATES, Wanted, read, remembered, to_remember
from core.domain.accounts import Branches
from core.domain.cases import KINDS
from core.domain.staff import Permission
from core.ports.clock import Clock
from core.services.moderation import Bulks, Moderation
from core.services.staff import Accounts
from core.storage.cases import Case, Count, Entry, Filters

PATH: Final = "/staff/queue"
CASE: Final = "/staff/case"
PAGE: Final = 50
LONGEST_PAGE: Final = 300
"""Lines that a list fetches anew at once: as far as somebody has scrolled."""
SAID: Final = frozenset({"remembered", "none", "undone", "kept", "too_late"})
"""What may stand in `?said=`: what has become of what he did."""


class Queue:
    """The list."""

    def __init__(
        self,
        gate: Gate,
        moderation: Moderation,
        bulks: Bulks,
        accounts: Accounts,
        clock: Clock,
        *,
        branches: Branches,
        channels: Sequence[str],
    ) -> None:
        self._gate = gate
        self._moderation = moderation
        self._bulks = bulks
        self._accounts = accounts
        self._clock = clock
        self._branches = branches
        self._channels = tuple(channels)

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [
            web.get("/queue", self.show),
            web.get("/queue/rows", self.more),
            web.post("/queue/next", self.next),
            web.post("/queue/remember", self.remember),
        ]

    @allowed(Permission.VIEW_QUEUE)
    async def show(self, request: web.Request) -> web.Response:
        """The whole page. Without a query: what he has asked to begin with."""
        member, now = request[SESSION].member, self._clock.now()
        asked = {name: value for name, value in request.query.items() if name not in {"said", "after"}}
        wanted = read(asked) if asked else remembered(member)
        entries, after = await self._entries(request, wanted, now, PAGE)
        counts = await self._moderation.counts(Filters(branches=member.branches))
        found = sum(count.total for count in counts)
        if wanted.narrows:
            found = sum(count.total for count in await self._moderation.counts(wanted.filters(member, now)))
        said = request.query.get("said", "")
        answer = looks.page(
            request[VIEW],
            "queue.html",
            **self._list(request, wanted, entries, now, PAGE),
            **self._choices(request, counts, wanted),
            found=found,
            counts=figures(counts),
            by_kind=counts,
            is_later=after is not None,
            said=said if said in SAID else "",
            undoable=await undoable(self._bulks, member, now),
        )
        follow(self._gate, answer, wanted)
        return answer

    @allowed(Permission.VIEW_QUEUE)
    async def more(self, request: web.Request) -> web.Response:
        """Lines only: those behind `after`, or `count` from the beginning."""
        now, count = self._clock.now(), request.query.get("count", "")
        size = min(max(int(count), 1), LONGEST_PAGE) if count.isascii() and count.isdecimal() else PAGE
        wanted = read(request.query)
        entries, _ = await self._entries(request, wanted, now, size)
        return looks.page(request[VIEW], "queue_rows.html", **self._list(request, wanted, entries, now, size))

    @allowed(Permission.DECIDE)
    async def next(self, request: web.Request) -> web.Response:
        """Claim the most urgent case that nobody works on and that the filters let pass, and open it."""
        member, wanted = request[SESSION].member, read(await fields(request))
        # Whatever list he looks at, the next case is one that waits.
        filters = replace(wanted, state="free").filters(member, self._clock.now())
        found = await self._moderation.next_case(member.name, filters)
        if found is None:
            return see_other(f"{PATH}?{wanted.query()}&said=none")
        answer = see_other(f"{CASE}/{found.long_reference}")
        take_up_again(self._gate, answer)
        return answer

    @allowed(Permission.VIEW_QUEUE)
    async def remember(self, request: web.Request) -> web.Response:
        """Begin with these filters from now on."""
        wanted = read(await fields(request))
        await self._accounts.prefer(request[SESSION].member, **{PREFERENCE: to_remember(wanted)})
        return see_other(f"{PATH}?{wanted.query()}&said=remembered")

    async def _entries(
        self, request: web.Request, wanted: Wanted, now: datetime, size: int
    ) -> tuple[list[Entry], Case | None]:
        """One more than fit, so that we know whether there are more; and behind which case they begin."""
        key = request.query.get("after", "")
        known = await self._moderation.of_keys([int(key)]) if is_key(key) else []
        after = known[0] if known and (known[0].closed_at is not None or not wanted.is_decided) else None
        filters = wanted.filters(request[SESSION].member, now)
        return await self._moderation.page(filters, size + 1, after, recent=wanted.is_decided), after

    def _list(
        self, request: web.Request, wanted: Wanted, entries: Sequence[Entry], now: datetime, size: int
    ) -> dict[str, Any]:
        """What the template of the lines needs."""
        member = request[SESSION].member
        words = looks.words(request[VIEW].language)
        shown = rows(entries[:size], member, self._branches, words, now)
        return {
            "rows": shown,
            "wanted": wanted,
            "behind": shown[-1].key if len(entries) > size else 0,
            "may_bulk": member.may(Permission.BULK),
        }

    def _choices(self, request: web.Request, counts: Sequence[Count], wanted: Wanted) -> dict[str, Any]:
        """What the filters offer: of kinds those that can be, and any that there are."""
        member, words = request[SESSION].member, looks.words(request[VIEW].language)
        kinds = [*KINDS, *(count.kind for count in counts), *filter(None, [wanted.kind])]
        channels = [*self._channels, *filter(None, [wanted.channel])]
        return {
            "states": _named(STATES, words["queue"]["states"]),
            "ages": _named(AGES[1:], words["queue"]["by_age"]),
            "kinds": _named(kinds, words["kinds"]),
            "branches": [(code, branch.name) for code, branch in self._branches.items() if member.sees(code)],
            "channels": _named(channels, words["channels"]),
            "may_decide": member.may(Permission.DECIDE),
            "described": json.dumps(
                {
                    "wanted": asdict(wanted),
                    "query": wanted.query(),
                    "me": member.name,
                    "now": int(self._clock.now().timestamp() * 1000),
                    "after": request.query.get("after", ""),
                    **{name: words[name] for name in ("live", "acts", "kinds", "ages")},
                },
                ensure_ascii=False,
            ),
        }


def _named(values: Iterable[str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Values with their names; a value without one is its own."""
    return [(value, names.get(value, value.replace("_", " "))) for value in dict.fromkeys(values)]


def is_key(text: str) -> bool:
    """Whether this is a key of ours as a form carries it."""
    return text.isascii() and text.isdecimal() and len(text) <= 18 + 1 and int(text) < 2**63
