"""Deciding by single keys beside the stream: one case at a time, each message read before it goes out."""

from collections import deque
from collections.abc import Callable
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from bot.cli.queue.results import results_table
from bot.cli.queue.screen import card
from bot.cli.queue.words import minute
from core.ports.clock import Clock
from core.services.moderation import Approve, Correct, Moderation, Note, Refused, Reject, Request, background
from core.storage.cases import Case, Filters, News, Picture

HELP: Final = "space next  a approve  c correct  r reject  n note  Esc let go  ? help  q quit"
LAYOUT: Final = dict(zip("фсктй,", "acrnq?", strict=True))
"""The same keys of a keyboard that is switched to Russian."""
ENTER: Final = frozenset("\r\n")
ERASE: Final = frozenset("\x7f\b")
ESCAPE: Final = "\x1b"
PROMPTS: Final = {"c": "Values", "r": "Reason, or a word of ours", "n": "Note"}

Say = Callable[[RenderableType], None]
Show = Callable[[News], None]


class Session:
    """A moderator at the keys. `say` prints; news wait while he types or reads what he is about to send."""

    def __init__(self, moderation: Moderation, moderator: str, clock: Clock, say: Say, filters: Filters) -> None:
        self._moderation = moderation
        self._moderator = moderator
        self._clock = clock
        self._say = say
        self._filters = filters
        self._case: Case | None = None
        self._seen: Picture | None = None
        self._typing = ""
        """The key of what is being typed."""
        self._line = ""
        self._ready: Request | None = None
        """What Enter sends."""
        self._news: deque[Callable[[], None]] = deque()

    def hear(self, show: Show) -> Show:
        """The same `show`, that waits while it would disturb; a case taken out of our hands is said at once."""

        def heard(item: News) -> None:
            if item.concerns(self._moderator) and item.action and item.action.action not in {"claimed", "released"}:
                self._warn(f"{item.entry.case.reference} was yours: {item.action.action} by {item.action.moderator}")
            if self._typing or self._ready:
                self._news.append(lambda: show(item))
            else:
                show(item)

        return heard

    async def press(self, key: str) -> bool:
        """Do what a key means; False ends the session."""
        try:
            if self._ready is not None:
                await self._confirm(key)
            elif self._typing:
                await self._type(key)
            else:
                return await self._command(LAYOUT.get(key.lower(), key.lower()))
        except Refused as error:
            self._typing, self._ready = "", None
            self._warn(str(error))
        self._catch_up()
        return True

    async def _command(self, key: str) -> bool:
        if key == "q":
            await self._let_go()
            return False
        if key == " ":
            await self._next()
        elif key == "?":
            self._say(Text(HELP, "bold"))
        elif key == ESCAPE:
            await self._let_go()
            self._case = None
        elif key in {"a", *PROMPTS}:
            await self._begin(key)
        return True

    async def _begin(self, key: str) -> None:
        if self._case is None:
            self._warn("Take a case first: space.")
        elif key == "a":
            await self._prepare(Approve(moderator=self._moderator))
        else:
            self._typing, self._line = key, ""
            hint = ""
            if key == "r" and self._seen is not None:
                hint = f" ({', '.join(item.name for item in self._moderation.reasons(self._seen))})"
            self._say(Text(f"{PROMPTS[key]}{hint}, then Enter:", "bold"))

    async def _type(self, key: str) -> None:
        if key == ESCAPE:
            self._typing = ""
            self._warn("Nothing done.")
        elif key in ERASE:
            self._line = self._line[:-1]
        elif key not in ENTER:
            self._line += key if key.isprintable() else ""
        else:
            typed, self._typing = self._typing, ""
            self._say(Text(f"> {self._line}", "cyan"))
            await self._prepare(self._request(typed, self._line.strip()))

    def _request(self, key: str, line: str) -> Request:
        if key == "n":
            return Note(moderator=self._moderator, text=line)
        if key == "r":
            known = {item.name for item in self._moderation.reasons(self._seen)} if self._seen else set()
            return Reject(moderator=self._moderator, **({"code": line} if line in known else {"reason": line}))
        if not line or not all(part.isdecimal() for part in line.split()):
            raise Refused("values are whole numbers with spaces between")
        return Correct(moderator=self._moderator, values=tuple(int(part) for part in line.split()))

    async def _prepare(self, request: Request) -> None:
        """Show what the subscriber would read; a note, which he does not, is taken at once."""
        case = self._case
        assert case is not None  # noqa: S101 - `_begin` has looked
        if isinstance(request, Note):
            await self._decide(request)
            return
        outcome = await self._moderation.preview(case.long_reference, request, version=case.version)
        self._say(results_table([(case.reference, outcome)], would=True))
        self._say(Text("Enter sends it, any other key does not.", "bold"))
        self._ready = request

    async def _confirm(self, key: str) -> None:
        request, self._ready = self._ready, None
        if key in ENTER and request is not None:
            await self._decide(request)
        else:
            self._warn("Nothing done.")

    async def _decide(self, request: Request) -> None:
        case = self._case
        assert case is not None  # noqa: S101 - `_begin` has looked
        outcome = await self._moderation.decide(case.long_reference, request, version=case.version)
        self._say(results_table([(case.reference, outcome)]))
        if isinstance(request, Note):
            self._case = (await self._moderation.picture(case.long_reference)).case
        else:
            self._case = None

    async def _next(self) -> None:
        left = self._case
        await self._let_go()
        self._case = await self._moderation.next_case(self._moderator, self._filters, after=left)
        if self._case is None:
            self._warn("Nothing more waits that nobody works on.")
            return
        seen = self._seen = await self._moderation.look(self._case.long_reference, self._moderator)
        branch = self._moderation.branch(seen.case.branch)
        self._say(Text())
        self._say(card(seen, background(seen, branch), branch, self._clock.now()))
        until = minute(self._case.claimed_until or self._clock.now(), branch.timezone)
        self._say(Text(f"Yours until {until}.", "dim"))
        self._say(Text(HELP, "dim"))

    async def _let_go(self) -> None:
        if self._case is not None:
            await self._moderation.release(self._case.long_reference, self._moderator)

    def _warn(self, words: str) -> None:
        self._say(Text(words, "yellow"))

    def _catch_up(self) -> None:
        while self._news and not (self._typing or self._ready):
            self._news.popleft()()
