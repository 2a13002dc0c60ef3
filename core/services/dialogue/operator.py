"""Handing over to a person, and back."""

from typing import Any

from core.domain.accounts import Account
from core.domain.decisions import OPERATOR, PHOTO, CaseNote, NewCase
from core.services.desk import replies
from core.services.dialogue import menu
from core.services.dialogue.talk import Talk
from parsers import CommandKind

STEP = "operator"
CASE = "case"


def begin(talk: Talk) -> None:
    """Ask what it is about; the case opens with the first words."""
    branch = talk.scene.rules.branch(_account(talk))
    talk.go(STEP)
    talk.decision.code = "operator"
    talk.say("operator", ((menu.cancel(talk),),), by_word=True, phones=replies.phones(talk.scene, branch))


def ask_again(talk: Talk) -> None:
    """Whatever comes next goes to the operator, still."""
    talk.say("operator-still", ((menu.cancel(talk),),), by_word=True)


def answer(talk: Talk) -> bool:
    """Whatever is typed goes to the operator: into the case while it is open, else into a new one."""
    text = talk.turn.text.strip()
    if not text:
        return False
    case_id = talk.data.get(CASE)
    if talk.turn.command is CommandKind.THANKS and case_id not in talk.scene.facts.open_cases:
        # That is no matter for an operator.
        return False
    if case_id in talk.scene.facts.open_cases:
        talk.decision.notes.append(CaseNote(case_id, text))
        talk.decision.code = "operator_note"
        talk.say("operator-added", ((menu.cancel(talk),),), by_word=True)
        return True
    case_id = open_case(talk, OPERATOR, text=text)
    talk.go(STEP, case=case_id)
    talk.decision.code = "operator_case"
    talk.say("operator-taken", ((menu.cancel(talk),),), by_word=True)
    return True


def take_photo(talk: Talk, photo: str) -> None:
    """A picture is for a person to look at; no reading is taken from it."""
    open_case(talk, PHOTO, text=talk.turn.text, photo=photo)
    talk.decision.code = PHOTO
    talk.decision.reply = talk.render("photo-taken")


def open_case(talk: Talk, kind: str, **fields: Any) -> int:  # noqa: ANN401 - fields of NewCase
    """Open a case about the sender; gives its key."""
    account = _account(talk)
    key = talk.scene.new_key()
    talk.decision.cases.append(
        NewCase(
            id=key,
            kind=kind,
            branch=talk.scene.rules.branch(account).code,
            account_id=account.id if account else None,
            language=talk.scene.language,
            **fields,
        )
    )
    talk.scene.facts.open_cases.add(key)
    return key


def _account(talk: Talk) -> Account | None:
    return next(iter(talk.accounts), None)
