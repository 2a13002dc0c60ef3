"""What a ruling writes down: the changes of its rows, the case's history, the audit log's lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from core.domain.keys import Keys
from core.domain.readings import Reading
from core.services.moderation.requests import Request, Ruling, Untold
from core.storage.cases import Action, Case, Changes, Message, Picture, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a decision came to, or would come to, for whoever took it."""

    case: Case
    """As it was before."""
    action: str
    at: datetime
    account: str = field(repr=False)
    serial: str = field(repr=False)
    reading: Reading | None
    text: str = field(repr=False)
    """What the subscriber is told."""
    untold: Untold | None
    """Why he is told nothing, where he should be."""
    superseded: tuple[Reading, ...]
    closed_too: tuple[Case, ...]
    repeated: bool
    """The same moderator has decided so before; nothing was changed or sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The bulk decision that a decision is a part of."""

    id: int
    due_at: datetime
    """When its messages go out."""


class Ledger:
    """Makes rows, and their keys."""

    def __init__(self, skin: str) -> None:
        self._skin = skin
        self.keys = Keys()

    def changes(
        self, seen: Picture, request: Request, ruling: Ruling, outcome: Outcome, batch: Batch | None
    ) -> Changes:
        """What a ruling changes. `outcome` has the message and the moment; `batch` is None for a decision by itself."""
        case, now = seen.case, outcome.at
        due = now if batch is None else batch.due_at
        message = None
        if outcome.text:
            message = Message(id=self.keys.new(now), to=case.address, text=outcome.text, due_at=due)
        action = partial(Action, at=now, moderator=request.moderator)
        follows = f"replaced by {case.reference}" if ruling.closes_as != ruling.action else f"into {case.reference}"
        return Changes(
            action=action(
                id=self.keys.new(now),
                case_id=case.id,
                action=ruling.action,
                note=ruling.note,
                outbox_id=message.id if message else None,
            ),
            decision=ruling.action if ruling.closes else "",
            reading=ruling.reading,
            superseded=tuple(other.id for other in ruling.superseded),
            closes_too=tuple(
                action(id=self.keys.new(now), case_id=other.id, action=ruling.closes_as, note=follows)
                for other in ruling.closes_too
            ),
            message=message,
            records=(
                self.record(
                    ruling.action, request.moderator, now, case.id, old=_state(case, seen.reading), new=_new(ruling)
                ),
                *(
                    self.record(ruling.closes_as, request.moderator, now, other.id, new={"into": case.reference})
                    for other in ruling.closes_too
                ),
            ),
        )

    def record(
        self,
        what: str,
        moderator: str,
        now: datetime,
        case_id: int | None,
        *,
        old: Mapping[str, Any] | None = None,
        new: Mapping[str, Any] | None = None,
    ) -> Record:
        """A line of the audit log, from this skin."""
        return Record(
            id=self.keys.new(now),
            at=now,
            who=moderator,
            skin=self._skin,
            what=what,
            case_id=case_id,
            old=old or {},
            new=new or {},
        )


def _state(case: Case, reading: Reading | None) -> dict[str, Any]:
    """What the audit log says of a case before a decision."""
    state: dict[str, Any] = {"version": case.version}
    if case.claimed_by:
        state["claimed_by"] = case.claimed_by
    return state | _reading_state(reading)


def _new(ruling: Ruling) -> dict[str, Any]:
    state = _reading_state(ruling.reading)
    return state | ({"text": ruling.code or ruling.text_key} if ruling.code or ruling.text_key else {})


def _reading_state(reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {}
    return {"status": reading.status.value, "values": list(reading.values), "meter": reading.meter_id}
