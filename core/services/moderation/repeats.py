"""A decision about a case that is closed: the same once more, or another one that came too late. Pure."""

from dataclasses import replace

from core.domain.accounts import Branch
from core.services.moderation.requests import (
    ANSWERED,
    APPROVED,
    ASKED,
    CORRECTED,
    ENDED,
    REJECTED,
    AlreadyDecided,
    Approve,
    Ask,
    Close,
    Correct,
    Reject,
    Reply,
    Request,
    Ruling,
)
from core.storage.cases import Picture


def repeat(picture: Picture, request: Request, branch: Branch) -> Ruling:
    """The same answer again to whoever repeats himself; the news to everybody else."""
    case, last = picture.case, picture.actions[-1] if picture.actions else None
    if last is not None and case.decided_by == request.moderator and _same(request, case.decision, last.note):
        ruling = Ruling(action=case.decision, note=last.note, reading=picture.reading, repeated=True)
        match request:
            case Approve():
                return replace(ruling, text_key="case-approved")
            case Correct():
                return replace(ruling, text_key="case-corrected")
            case Reject() if case.decision == REJECTED:
                return replace(ruling, text_key="case-rejected", reason=request.reason, code=request.code)
            case Ask():
                return replace(ruling, text_key="case-asked", reason=request.question)
            case Reply():
                return replace(ruling, text_key=canned_key(request), words=request.text)
        return ruling
    at = case.closed_at or case.opened_at
    when = at.astimezone(branch.timezone).strftime("%d.%m.%Y %H:%M")
    by = case.decided_by or "somebody"
    text = f"already decided by {by} at {when}: {case.decision or 'closed'}"
    raise AlreadyDecided(text, by=by, at=at, decision=case.decision)


def _same(request: Request, decision: str, note: str) -> bool:
    """Whether a closed case was closed by this very request; a note, a merger and a bare reply close none."""
    match request:
        case Approve():
            asked: tuple[tuple[str, ...], str] = ((APPROVED,), note)
        case Correct():
            asked = ((CORRECTED,), correction_note(request))
        case Reject():
            asked = ((REJECTED, ENDED), request.reason or request.code)
        case Ask():
            asked = ((ASKED,), request.question)
        case Close():
            asked = ((ENDED,), request.note)
        case Reply(close=True):
            asked = ((ANSWERED,), request.text or request.canned)
        case _:
            asked = ((), note)
    return decision in asked[0] and note == asked[1]


def canned_key(request: Reply) -> str:
    """The key of a canned reply's text; own words go before it."""
    return f"canned-{request.canned}" if request.canned and not request.text else ""


def correction_note(request: Correct) -> str:
    """The values, and where they belong; without account numbers, for notes outlive them."""
    values = " ".join(map(str, request.values))
    moved = "moved to another account" if request.elsewhere and request.elsewhere.account else ""
    moved = moved or ("moved to another meter" if request.elsewhere else "")
    return ": ".join(part for part in (values, moved, request.note) if part)
