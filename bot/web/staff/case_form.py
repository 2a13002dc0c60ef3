"""What the forms of a case's page send, as the decision that they ask for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from multidict import MultiMapping

from core.domain.staff import Member
from core.services.moderation import (
    Approve,
    Ask,
    Close,
    Correct,
    Merge,
    Note,
    Refused,
    Reject,
    Reply,
    Request,
)
from core.storage.cases import Elsewhere, Picture

LONGEST: Final = 1000
"""Letters of a moderator's own words; the channel's limit is told by the preview."""
DIGITS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed, to be shown again where it is refused."""

    action: str = ""
    version: int | None = None
    override: bool = False
    values: tuple[str, ...] = ()
    account: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    force: bool = False
    code: str = ""
    canned: str = ""
    text: str = field(default="", repr=False)
    close: bool = False
    others: frozenset[str] = frozenset()

    def request(self, member: Member, seen: Picture) -> Request:
        """The decision.

        Raises:
            Refused: there is no such decision, a value is no number, or a case to merge is not one of those shown.
        """
        by = member.name
        made: dict[str, Callable[[], Request]] = {
            "approve": lambda: Approve(moderator=by),
            "correct": lambda: self._correct(member),
            "reject": lambda: Reject(moderator=by, reason=self.text, code=self.code),
            "ask": lambda: Ask(moderator=by, question=self.text),
            "reply": lambda: Reply(moderator=by, text=self.text, canned=self.canned, close=self.close),
            "note": lambda: Note(moderator=by, text=self.text),
            "merge": lambda: Merge(moderator=by, others=self._keys(member, seen)),
            "close": lambda: Close(moderator=by, note=self.text),
        }
        if self.action not in made:
            raise Refused("there is no such decision", "no_decision")
        return made[self.action]()

    def _correct(self, member: Member) -> Correct:
        given = [value for value in self.values if value]
        if not all(value.isascii() and value.isdecimal() and len(value) <= DIGITS for value in given):
            raise Refused("a value is a whole number, without letters or a decimal point", "not_whole")
        elsewhere = Elsewhere(account=self.account, serial=self.serial) if self.account or self.serial else None
        return Correct(
            moderator=member.name,
            values=tuple(int(value) for value in given),
            note=self.text,
            force=self.force,
            elsewhere=elsewhere,
            within=member.branches,
        )

    def _keys(self, member: Member, seen: Picture) -> tuple[int, ...]:
        """Those that the page offers, and no others: what he may not see he cannot merge."""
        offered = {case.long_reference: case.id for case in seen.related if member.sees(case.branch)}
        if not self.others or not self.others <= offered.keys():
            raise Refused("choose the cases to merge among those of the same account", "nothing_to_merge")
        return tuple(offered[other] for other in sorted(self.others))


def form_of(posted: MultiMapping[object]) -> Form:
    """The form that was sent; whatever is too long is cut, and whatever is not text is nothing."""
    given = texts(posted)
    version = given.get("version", "")
    others = [other for other in posted.getall("other", []) if isinstance(other, str)]
    return Form(
        action=given.get("action", ""),
        version=int(version) if version.isascii() and version.isdecimal() and len(version) <= DIGITS else None,
        override="override" in given,
        values=tuple(given.get(f"t{number}", "").replace(" ", "")[:20] for number in (1, 2, 3)),
        account=given.get("account", "").strip()[:40],
        serial=given.get("serial", "").strip()[:40],
        force="force" in given,
        code=given.get("code", "")[:40],
        canned=given.get("canned", "")[:40],
        text=given.get("text", "").strip()[:LONGEST],
        close="close" in given,
        others=frozenset(other[:13] for other in others),
    )


def texts(posted: Mapping[str, object]) -> dict[str, str]:
    """The first text of each field."""
    return {name: value for name, value in posted.items() if isinstance(value, str)}
