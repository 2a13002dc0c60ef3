"""Making a link: an account belongs to an address from now on, and whoever had it before hears of that."""

from datetime import timedelta
from typing import Final

from core.domain.accounts import Account, mask
from core.domain.decisions import Notice
from core.domain.messages import Address
from core.domain.subscribers import Link, Proof
from core.services.desk import replies
from core.services.dialogue import choose, menu
from core.services.dialogue.talk import Talk
from core.services.fitting import compose

NOTICE_LASTS: Final = timedelta(hours=72)


def make(talk: Talk, account: Account, proof: Proof) -> None:
    """Done: the account is linked, and everybody who was linked before hears of it."""
    scene = talk.scene
    others = scene.facts.links_of_account.get(account.id, [])
    mine = [other for other in others if other.address == scene.address]
    if not mine and len(others) >= scene.rules.identity.links_of_account:
        talk.end()
        talk.decision.code = "too_many_links"
        talk.say("link-account-full", phones=replies.phones(scene, scene.rules.branch(account)))
        menu.under(talk)
        return
    said = "proved" if mine else "linked"
    link = mine[0] if mine else _new_link(talk, account, proof)
    link.proof, link.proved_at = proof, scene.now
    talk.decision.links.append(link)
    if not mine:
        _tell_others(talk, account, [other.address for other in others if other.address != scene.address], proof)
    talk.end()
    talk.decision.code = said
    talk.decision.account_id = account.id
    talk.say(said, account=choose.title(talk, account))
    menu.under(talk)


def _new_link(talk: Talk, account: Account, proof: Proof) -> Link:
    scene = talk.scene
    link = Link(
        id=scene.new_key(),
        account_id=account.id,
        address=scene.address,
        proof=proof,
        proved_at=scene.now,
        linked_at=scene.now,
    )
    scene.facts.links.setdefault(scene.address, []).append(link)
    scene.facts.links_of_account.setdefault(account.id, []).append(link)
    return link


def _tell_others(talk: Talk, account: Account, addresses: list[Address], proof: Proof) -> None:
    """News for who was linked before; and for the phone on file, where no code has gone there just now."""
    scene = talk.scene
    channel = scene.rules.identity.code_channel
    if proof is not Proof.SMS_CODE and channel and account.phone:
        addresses = [*addresses, Address(channel, account.phone)]
    branch = scene.rules.branch(account)
    for address in dict.fromkeys(addresses):
        capabilities = scene.rules.capabilities.get(address.channel)
        known = scene.facts.profiles.get(address)
        if capabilities is None:
            continue
        language = known.language if known is not None else ""
        variants = scene.rules.texts.variants(
            language,
            "notice-linked",
            account=mask(account.number),
            phones=replies.phones(scene, branch),
        )
        talk.decision.notices.append(Notice(to=address, text=compose(variants, (), capabilities), lasts=NOTICE_LASTS))
