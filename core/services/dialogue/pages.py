"""Links to pages of ours: to pay, and to see what the chat itself may not say."""

from collections.abc import Sequence

from core.domain import handovers, orders
from core.domain.accounts import Account, mask
from core.domain.decisions import NewHandover, NewPaymentPage
from core.domain.handovers import digest_of
from core.domain.money import roubles
from core.services.desk import replies
from core.services.dialogue import menu
from core.services.dialogue.talk import Rows, Talk


def new(talk: Talk, account: Account, amount: int) -> tuple[str, str]:
    """A new page of ours: its address, and the digest of its token."""
    terms, token = talk.scene.rules.payments, talk.scene.draw.token()
    digest = digest_of(token)
    talk.decision.account_id = account.id
    talk.decision.code = "payment_link"
    talk.decision.payment_pages.append(
        NewPaymentPage(
            digest=digest,
            account_id=account.id,
            amount=amount,
            language=talk.scene.language,
            expires_at=talk.scene.now + terms.lasts,
        )
    )
    return f"{talk.scene.rules.identity.public_url}{orders.PATH}{token}", digest


def say_link(
    talk: Talk,
    account: Account,
    amount: int | None,
    url: str,
    *,
    month: int = 0,
    notes: Sequence[str] = (),
    rows: Rows = (),
) -> None:
    """The answer with the link. `month`: of the readings that it is for, if it is; `rows`: choices above the menu.

    `amount`: None where billing says that the readings leave nothing to pay.
    """
    choices = (*rows, *menu.rows(talk)) if talk.scene.capabilities.button_rows else ()
    key = "payment-reading-linked" if month else "payment-link-linked"
    talk.say(
        key if amount is not None else "payment-covered-linked",
        choices,
        notes=notes,
        link=(url, talk.render("open-payment")),
        account=mask(account.number),
        sum=roubles(amount or 0),
        month=month,
    )


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
    link = (f"{identity.public_url}{handovers.PATH}{token}", talk.render("open-page"))
    choices = menu.rows(talk) if talk.scene.capabilities.button_rows else ()
    talk.say(f"{purpose}-page", choices, link=link, minutes=minutes)
