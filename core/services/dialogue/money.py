"""What is owed, and how to pay: in the chat where the channel may, else on our own page by a one-time link."""

from typing import Final

from core.domain.accounts import Account
from core.domain.decisions import NewHandover
from core.domain.handovers import PATH, digest_of
from core.services.desk import replies
from core.services.dialogue import choose, menu
from core.services.dialogue.talk import Talk

ACCOUNT: Final = "balance.account"


def tell(talk: Talk, accounts: list[Account]) -> None:
    """The balance of the subscriber's accounts."""
    talk.end()
    talk.decision.code = "balance"
    if not accounts:
        _ask_to_link(talk)
        return
    talk.decision.account_id = accounts[0].id
    if talk.scene.capabilities.may_show_balance:
        talk.decision.reply = replies.balance(talk.scene, accounts)
        menu.under(talk)
    elif len(accounts) > 1:
        # A page shows one of them.
        talk.go(ACCOUNT)
        choose.accounts(talk, "choose-account", 0)
    else:
        hand_over(talk, accounts[0], "balance")


def choose_account(talk: Talk) -> bool:
    """The answer to which account's page."""
    page = choose.number_in(talk.turn.pressed, "page")
    if page is not None:
        choose.accounts(talk, "choose-account", page)
        return True
    account = choose.account_of(talk, choose.number_in(talk.turn.pressed, "account"))
    if account is None:
        return False
    tell(talk, [account])
    return True


def pay(talk: Talk) -> None:
    """How to pay."""
    talk.end()
    talk.decision.code = "payment"
    account = next(iter(talk.accounts), None)
    branch = talk.scene.rules.branch(account)
    talk.say("payment", phones=replies.phones(talk.scene, branch))
    menu.under(talk)


def hand_over(talk: Talk, account: Account, purpose: str) -> None:
    """A link to our own page that works once; the chat itself says nothing of what is there."""
    identity = talk.scene.rules.identity
    branch = talk.scene.rules.branch(account)
    if not identity.public_url:
        talk.say(f"{purpose}-elsewhere", phones=replies.phones(talk.scene, branch))
        menu.under(talk)
        return
    token = talk.scene.draw.token()
    talk.decision.handovers.append(
        NewHandover(
            digest=digest_of(token),
            account_id=account.id,
            purpose=purpose,
            language=talk.scene.language,
            expires_at=talk.scene.now + identity.page_lasts,
        )
    )
    minutes = str(int(identity.page_lasts.total_seconds() // 60))
    link = (f"{identity.public_url}{PATH}{token}", talk.render("open-page"))
    choices = menu.rows(talk) if talk.scene.capabilities.button_rows else ()
    talk.say(f"{purpose}-page", choices, link=link, minutes=minutes)


def _ask_to_link(talk: Talk) -> None:
    if talk.scene.capabilities.address_is_phone:
        talk.say("balance-unlinked")
    else:
        talk.go("accounts.list")
        talk.say("balance-link-first", ((talk.choice("choice-link", "link"),), (menu.cancel(talk),)))
