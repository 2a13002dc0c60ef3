"""One's own data: to see it, and to have it forgotten."""

from typing import Final

from core.services.dialogue import menu, pages
from core.services.dialogue.talk import Talk
from parsers import CommandKind

FORGET: Final = "forget"


def show_data(talk: Talk) -> None:
    """Everything we hold stands on our own page: a chat is no place for it."""
    talk.end()
    talk.decision.code = "my_data"
    account = next(iter(talk.accounts), None)
    if account is not None:
        pages.hand_over(talk, account, "data")
        return
    talk.say("data-none")
    menu.under(talk)


def ask_forget(talk: Talk) -> None:
    """Say what goes and what must stay, and ask."""
    talk.go(FORGET)
    talk.decision.code = "forget_me"
    talk.say("confirm-forget", ((talk.choice("choice-forget", "forget"),), (menu.cancel(talk),)))


def answer_forget(talk: Talk) -> bool:
    """Forget the address: links, settings and words."""
    if talk.turn.pressed != "forget" and talk.turn.command is not CommandKind.YES:
        return False
    facts, address = talk.scene.facts, talk.scene.address
    talk.end()
    talk.decision.code = "forgotten"
    talk.decision.forgets = True
    for link in facts.links.pop(address, []):
        kept = [each for each in facts.links_of_account.get(link.account_id, ()) if each.id != link.id]
        facts.links_of_account[link.account_id] = kept
    talk.say("forgotten")
    menu.under(talk)
    facts.profiles.pop(address, None)
    talk.decision.profile = None
    return True
