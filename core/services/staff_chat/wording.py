"""What stands in the group and what a press is answered with. Pure.

A foreign messenger is told as little as a decision needs: kind, times, values and the last digits of the account; never
a name, an address, a phone, a balance, or the subscriber's own words. Where the channel may not carry personal data
(`[privacy]`), there are no values and no account either. When the case is decided, they go from the post as well.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any, Final

from core.domain.accounts import Branches, mask
from core.domain.posts import Look, Post, PostButton
from core.services.moderation import AlreadyDecided, Held, Moved, Outcome, Refused
from core.services.staff_chat.tokens import Act, Token
from core.storage.cases import OPEN, Case, Entry
from core.storage.store import SUBSCRIBER

LANGUAGES: Final = ("ru", "en")
REASONS: Final = 8
"""VK has room for ten buttons under a post; one is for going back."""
_IN_A_ROW: Final = 2


@cache
def words(language: str) -> Mapping[str, Any]:
    """The words of a language."""
    file = files("core.services.staff_chat") / f"words.{language}.json"
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Words for one group."""

    language: str
    kinds: Mapping[str, str]
    """What kinds of case are called, as the staff's pages call them."""
    reasons: tuple[str, ...]
    """Names of the reasons to reject with."""
    branches: Branches
    pages: str
    """The address of the staff's pages, without a slash behind it; empty where nobody can open them from outside."""
    shows_figures: bool
    """Whether values and the masked account may be told here."""

    def post(self, entry: Entry, *, repeated: bool = False) -> Post:
        """A case as it is now: open with its buttons, or decided with who and when."""
        case, own = entry.case, words(self.language)
        lines = [self._title(case)]
        if case.state != OPEN:
            return Post("\n".join([*lines, self._decided(case)]), self._open(case))
        at = {"opened": self._clock(case.opened_at, case), "due": self._clock(case.due_at, case)}
        lines.append(own["opened"].format(**at))
        if self.shows_figures:
            lines += self._figures(entry)
        lines += [own["repeated"]] if repeated else []
        return Post("\n".join(lines), self._buttons(entry))

    def menu(self, entry: Entry) -> Post:
        """The same post with the reasons to reject with; what was decided meanwhile has none."""
        post = self.post(entry)
        if entry.case.state != OPEN:
            return post
        own, case = words(self.language), entry.case
        tokens = [Token(Act.REJECT, case.id, case.version, name) for name in self.reasons]
        buttons = [PostButton(own["reasons"].get(one.code, one.code), str(one)) for one in tokens if one.fits][:REASONS]
        rows = [tuple(buttons[at : at + _IN_A_ROW]) for at in range(0, len(buttons), _IN_A_ROW)]
        back = PostButton(own["back"], str(Token(Act.BACK, case.id, case.version)))
        return Post(post.text, (*rows, (back,)))

    def digest(self, entries: Iterable[Entry]) -> Post:
        """So many cases that each has no post of its own."""
        own, counts = words(self.language), Counter(entry.case.kind for entry in entries)
        lines = [own["digest"].format(count=counts.total())]
        named = [(self.kinds.get(kind, kind), count) for kind, count in counts.most_common()]
        lines += [own["digest_kind"].format(kind=kind, count=count) for kind, count in named]
        button = PostButton(own["queue"], link=f"{self.pages}/queue")
        return Post("\n".join(lines), ((button,),) if self.pages else ())

    def say(self, key: str, **figures: str) -> str:
        """A sentence: `linked`, `bad_code`, or an alert."""
        own = words(self.language)
        text: str = own["alerts"].get(key) or own[key]
        return text.format(**figures)

    def done(self, outcome: Outcome) -> str:
        """What whoever decided is told."""
        return self.say("done", decision=self._decision(outcome.action))

    def refusal(self, error: Refused, case: Case) -> str:
        """Why nothing was decided."""
        match error:
            case AlreadyDecided():
                at, decision = self._clock(error.at, case), self._decision(error.decision)
                return self.say("already", who=self._who(error.by), at=at, decision=decision)
            case Held():
                return self.say("held", who=error.by, until=self._clock(error.until, case))
            case Moved():
                return self.say("moved")
            case _:
                known: dict[str, str] = words(self.language)["refusals"]
                return self.say("refused", why=known.get(error.code, known["other"]))

    def _title(self, case: Case) -> str:
        kind = self.kinds.get(case.kind, case.kind)
        title: str = words(self.language)["title"].format(reference=case.reference, kind=kind)
        return title

    def _figures(self, entry: Entry) -> list[str]:
        own = words(self.language)
        lines = [own["account"].format(account=mask(entry.account))] if entry.account else []
        if entry.values:
            lines.append(own["values"].format(values=" / ".join(map(str, entry.values))))
        if entry.consumption is not None:
            lines.append(own["consumption"].format(consumption=entry.consumption))
        return lines

    def _buttons(self, entry: Entry) -> tuple[tuple[PostButton, ...], ...]:
        """Only a reading can be approved or rejected without being looked at."""
        own, case = words(self.language), entry.case
        rows: list[tuple[PostButton, ...]] = []
        if entry.values and self.shows_figures:
            approve, reasons = (str(Token(act, case.id, case.version)) for act in (Act.APPROVE, Act.REASONS))
            rows.append(
                (PostButton(own["approve"], approve, look=Look.GOOD), PostButton(own["reject"], reasons, look=Look.BAD))
            )
        return (*rows, *self._open(case))

    def _open(self, case: Case) -> tuple[tuple[PostButton, ...], ...]:
        label, link = words(self.language)["open"], f"{self.pages}/case/{case.long_reference}"
        return ((PostButton(label, link=link),),) if self.pages else ()

    def _decided(self, case: Case) -> str:
        at = self._clock(case.closed_at, case) if case.closed_at else ""
        decided: str = words(self.language)["decided"].format(
            decision=self._decision(case.decision), who=self._who(case.decided_by), at=at
        )
        return decided

    def _decision(self, name: str) -> str:
        decision: str = words(self.language)["decisions"].get(name, name)
        return decision

    def _who(self, name: str) -> str:
        return str(words(self.language)["subscriber"]) if name == SUBSCRIBER else name

    def _clock(self, moment: datetime, case: Case) -> str:
        return f"{moment.astimezone(self._zone(case)):%d.%m. %H:%M}"

    def _zone(self, case: Case) -> tzinfo:
        branch = self.branches.get(case.branch) or next(iter(self.branches.values()))
        return branch.timezone
