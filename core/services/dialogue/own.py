"""The subscriber's own accounts: list, card, name, unlinking."""

from typing import Final

from core.domain.accounts import Account, Level, mask
from core.domain.privacy import mask_address
from core.domain.subscribers import Link
from core.services.dialogue import autopay, choose, menu, money
from core.services.dialogue.talk import Choice, Talk
from parsers import CommandKind

LIST: Final = "accounts.list"
CARD: Final = "accounts.card"
NAME: Final = "accounts.name"
UNLINK: Final = "accounts.unlink"

NAME_LIMIT: Final = 30
"""Characters; it stands on buttons."""


def begin(talk: Talk, page: int = 0) -> None:
    """The accounts, and adding one."""
    talk.decision.code = "accounts"
    add = talk.choice("choice-link", "link")
    if not talk.accounts:
        talk.go(LIST)
        talk.say("accounts-none", ((add,), (menu.cancel(talk),)))
        return
    talk.go(LIST)
    choose.accounts(talk, "accounts", page, add)


def answer_list(talk: Talk) -> bool:
    """One of them, or the next page."""
    return choose.account_answered(talk, lambda page: begin(talk, page), lambda account: card(talk, account))


def card(talk: Talk, account: Account) -> None:
    """What can be done with one account."""
    talk.go(CARD, account=account.id)
    talk.decision.code = "account"
    talk.decision.account_id = account.id
    rows: list[tuple[Choice, ...]] = [
        (talk.choice("menu-submit", "read"), talk.choice("menu-balance", "owe")),
        (talk.choice("menu-history", "past"),),
    ]
    if autopay.is_offered(talk, account):
        rows.append((talk.choice("menu-autopay", "autopay"),))
    if talk.scene.link(account) is not None:
        rows.append((talk.choice("choice-name", "name"), talk.choice("choice-unlink", "unlink")))
    rows.append((menu.back(talk), menu.cancel(talk)))
    place = mask_address(account.address) if talk.scene.capabilities.may_show_address else ""
    title = choose.title(talk, account)
    if place:
        talk.say("account-card-address", rows, account=title, address=place)
    else:
        talk.say("account-card", rows, account=title)


def answer_card(talk: Talk) -> bool:
    """One of the card's choices that are not handled elsewhere."""
    account = choose.account_of(talk, talk.data.get("account"))
    if account is None:
        return False
    match talk.turn.pressed:
        case "owe":
            money.tell(talk, [account])
        case "name":
            ask_name(talk, account)
        case "unlink":
            ask_unlink(talk, account)
        case _:
            return False
    return True


def ask_name(talk: Talk, account: Account) -> None:
    """What does the subscriber call it?"""
    talk.go(NAME, account=account.id)
    talk.decision.code = "name"
    talk.say("enter-name", ((menu.back(talk), menu.cancel(talk)),), by_word=True, account=mask(account.number))


def take_name(talk: Talk) -> bool:
    """Any short text; of a long one the beginning."""
    account = choose.account_of(talk, talk.data.get("account"))
    link = talk.scene.link(account) if account is not None else None
    name = " ".join(talk.turn.text.split())[:NAME_LIMIT].strip()
    if account is None or link is None or not name or not name.isprintable():
        return False
    link.name = name
    talk.decision.links.append(link)
    talk.end()
    talk.decision.code = "named"
    talk.say("named", account=mask(account.number), name=name)
    menu.under(talk)
    return True


def ask_unlink(talk: Talk, account: Account) -> None:
    """This chat, or all of them: the second takes a fresh proof."""
    talk.go(UNLINK, account=account.id)
    talk.decision.code = "unlink"
    others = _others(talk, account)
    rows: list[tuple[Choice, ...]] = [(talk.choice("choice-unlink-here", "here"),)]
    if others:
        rows.append((talk.choice("choice-unlink-others", "others", count=str(len(others))),))
    rows.append((menu.back(talk), menu.cancel(talk)))
    talk.say("confirm-unlink", rows, account=choose.title(talk, account))


def answer_unlink(talk: Talk) -> bool:
    """Unlink here, or everywhere else."""
    account = choose.account_of(talk, talk.data.get("account"))
    link = talk.scene.link(account) if account is not None else None
    if account is None or link is None:
        return False
    if talk.turn.pressed == "here" or talk.turn.command is CommandKind.YES:
        _unlink(talk, account, [link])
        talk.say("unlinked", account=mask(account.number))
    elif talk.turn.pressed == "others" and talk.scene.level(account) is Level.FRESH:
        _unlink(talk, account, _others(talk, account))
        talk.say("unlinked-others", account=mask(account.number))
    elif talk.turn.pressed == "others":
        talk.decision.code = "needs_fresh_proof"
        prove = talk.choice("choice-prove", f"prove:{account.id}")
        talk.say("needs-fresh-proof", ((prove,), (menu.cancel(talk),)))
        return True
    else:
        return False
    menu.under(talk)
    return True


def _unlink(talk: Talk, account: Account, gone: list[Link]) -> None:
    facts = talk.scene.facts
    for link in gone:
        facts.links[link.address] = [each for each in facts.links.get(link.address, ()) if each.id != link.id]
        facts.links_of_account[account.id] = [
            each for each in facts.links_of_account.get(account.id, ()) if each.id != link.id
        ]
    talk.decision.unlinked += gone
    talk.end()
    talk.decision.code = "unlinked"
    talk.decision.account_id = account.id


def _others(talk: Talk, account: Account) -> list[Link]:
    links = talk.scene.facts.links_of_account.get(account.id, ())
    return [link for link in links if link.address != talk.scene.address]
