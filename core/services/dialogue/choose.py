"""Choosing an account and a meter, out of as many as there are."""

from collections.abc import Callable, Sequence
from typing import Final

from core.domain.accounts import Account, Meter, mask
from core.services.dialogue import menu
from core.services.dialogue.talk import Choice, Talk

PAGE: Final = 4
"""Accounts or meters at a time: with «more» and «menu» a list still fits two parts of an SMS."""


def title(talk: Talk, account: Account) -> str:
    """What the subscriber calls it, or else its last characters."""
    link = talk.scene.link(account)
    return f"{link.name} {mask(account.number)}" if link is not None and link.name else mask(account.number)


def accounts(talk: Talk, key: str, page: int, *extra: Choice) -> None:
    """Offer the subscriber's own accounts, a page of them."""
    listed = talk.accounts
    choices = [Choice(title(talk, account), f"account:{account.id}") for account in listed]
    talk.data["page"] = page
    talk.decision.code = talk.decision.code or "page"
    talk.say(key, _page(talk, choices, page, *extra))


def meters(talk: Talk, account: Account, page: int = 0) -> None:
    """Offer the account's meters, a page of them."""
    listed = open_meters(talk, account)
    choices = [Choice(mask(meter.serial), f"meter:{meter.id}") for meter in listed]
    talk.data["page"] = page
    talk.decision.code = talk.decision.code or "page"
    talk.say("choose-meter", _page(talk, choices, page, menu.back(talk)), account=title(talk, account))


def _page(talk: Talk, choices: Sequence[Choice], page: int, *extra: Choice) -> list[tuple[Choice, ...]]:
    shown = choices[page * PAGE : (page + 1) * PAGE]
    controls = list(extra)
    if len(choices) > PAGE:
        following = page + 1 if (page + 1) * PAGE < len(choices) else 0
        controls.insert(0, talk.choice("choice-more", f"page:{following}"))
    return [*((choice,) for choice in shown), (*controls, menu.cancel(talk))]


def open_meters(talk: Talk, account: Account) -> list[Meter]:
    """The meters that a subscriber reads himself."""
    return [meter for meter in talk.scene.facts.open_meters(account) if not meter.automatic]


def number_in(token: str, kind: str) -> int | None:
    """The number behind `kind:` in a token; None for any other token. It came from outside: look it up."""
    name, _, value = token.partition(":")
    return int(value) if name == kind and value.isascii() and value.isdecimal() and len(value) < 19 else None  # noqa: PLR2004 - below 2**63


def account_of(talk: Talk, key: int | None) -> Account | None:
    """The subscriber's own account with this key: a token may name anybody's."""
    return next((account for account in talk.accounts if account.id == key), None)


def meter_of(talk: Talk, account: Account, key: int | None) -> Meter | None:
    """The account's meter with this key."""
    return next((meter for meter in open_meters(talk, account) if meter.id == key), None)


def account_answered(talk: Talk, turn: Callable[[int], None], then: Callable[[Account], None]) -> bool:
    """The answer to which account: another page of them, or one of the subscriber's own. False for anything else."""
    page = number_in(talk.turn.pressed, "page")
    account = account_of(talk, number_in(talk.turn.pressed, "account"))
    if page is not None:
        turn(page)
    elif account is not None:
        then(account)
    else:
        return False
    return True


def meter_answered(talk: Talk, then: Callable[[Account, Meter], None]) -> bool:
    """The answer to which meter of the account that the dialogue is about, as `account_answered`."""
    account = account_of(talk, talk.data.get("account"))
    page = number_in(talk.turn.pressed, "page")
    meter = meter_of(talk, account, number_in(talk.turn.pressed, "meter")) if account is not None else None
    if account is not None and page is not None:
        meters(talk, account, page)
    elif account is not None and meter is not None:
        then(account, meter)
    else:
        return False
    return True
