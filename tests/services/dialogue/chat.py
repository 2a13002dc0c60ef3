"""A conversation with the pure dialogue: accounts in memory, any channel's capabilities, no database and no vendor."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

from core.domain.accounts import Account
from core.domain.decisions import Decision
from core.domain.facts import Facts
from core.domain.keys import Keys
from core.domain.messages import (
    Address,
    Button,
    Capabilities,
    ChoiceMade,
    ContactShared,
    Event,
    Joined,
    Left,
    OtherReceived,
    PhotoReceived,
    TextReceived,
    TextUnit,
)
from core.domain.orders import Terms
from core.domain.subscribers import Dialogue, Identity, Link, Proof
from core.services.desk.decide import decide, read
from core.services.desk.scene import Policy
from tests import world
from tests.services.desk.talk import NOON, facts_of

CHAT = Capabilities(
    text_limit=4096,
    text_unit=TextUnit.UTF16,
    button_rows=10,
    buttons_per_row=5,
    label_limit=40,
    link_buttons=True,
    contact_button=True,
)
"""A messenger: the narrowest of what ours can do."""
CHANNELS = {"sms": world.SMS, "chat": CHAT}
IDENTITY = Identity(code_channel="sms", public_url="https://meterline.example", deep_link_secret=b"secret")
PAYMENTS = Terms(providers={"khb": "bank", "amur": "bank"})
PATIENT = Policy(messages_per_hour=100_000, format_errors_per_day=100_000)


class Chat:
    """One subscriber's. On the channel `chat` all his accounts are linked to him, on `sms` he writes from his phone."""

    def __init__(self, *names: str, channel: str = "chat", known: bool = True, identity: Identity = IDENTITY) -> None:
        self.facts: Facts = facts_of(*names)
        self.now = NOON
        rules = world.rules(policy=PATIENT)
        self.rules = replace(rules, capabilities=CHANNELS, identity=identity, payments=PAYMENTS)
        phone = world.SUBSCRIBER if known else world.STRANGER
        self.address = Address(channel, phone if channel == "sms" else "5000001")
        self.decision: Decision
        self._keys, self._numbers = Keys(), count(1)
        for account in self._with_codes():
            if known and channel != "sms" and account.phone == world.SUBSCRIBER:
                self._link(account)

    def _with_codes(self) -> Sequence[Account]:
        """The accounts, with a code on each one's bill."""
        facts = self.facts
        facts.account_by_id = {
            key: replace(account, bill_code=f"K7M{account.number[-4:]}") for key, account in facts.account_by_id.items()
        }
        facts.accounts = {key: facts.account_by_id[account.id] for key, account in facts.accounts.items()}
        facts.accounts_of_phone = {
            phone: [facts.account_by_id[account.id] for account in accounts]
            for phone, accounts in facts.accounts_of_phone.items()
        }
        return list(facts.account_by_id.values())

    def _link(self, account: Account) -> None:
        at = NOON - timedelta(days=7)
        link = Link(
            id=account.id,
            account_id=account.id,
            address=self.address,
            proof=Proof.BILL_CODE,
            proved_at=at,
            linked_at=at,
        )
        self.facts.links.setdefault(self.address, []).append(link)
        self.facts.links_of_account.setdefault(account.id, []).append(link)

    @property
    def capabilities(self) -> Capabilities:
        return CHANNELS[self.address.channel]

    @property
    def dialogue(self) -> Dialogue | None:
        profile = self.facts.profiles.get(self.address)
        return profile.dialogue if profile is not None else None

    @property
    def reply(self) -> str:
        return self.decision.reply or ""

    @property
    def buttons(self) -> list[Button]:
        return [button for row in self.decision.buttons for button in row]

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.buttons]

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def say(self, text: str) -> Decision:
        return self.happens(TextReceived(**self._common(), text=text))

    def press(self, label: str) -> Decision:
        """A button of the last answer."""
        (token,) = [button.token for button in self.buttons if button.label == label]
        return self.choose(token)

    def choose(self, token: str) -> Decision:
        """A button, whoever made it."""
        return self.happens(ChoiceMade(**self._common(), token=token))

    def join(self, start: str = "") -> Decision:
        return self.happens(Joined(**self._common(), start=start))

    def leave(self) -> Decision:
        return self.happens(Left(**self._common()))

    def share(self, phone: str) -> Decision:
        return self.happens(ContactShared(**self._common(), phone=phone))

    def picture(self, caption: str = "") -> Decision:
        return self.happens(PhotoReceived(**self._common(), photo="photo", caption=caption))

    def sticker(self) -> Decision:
        return self.happens(OtherReceived(**self._common(), what="sticker"))

    def happens(self, event: Event) -> Decision:
        self.now += timedelta(seconds=5)
        incoming = read(event, self.now)
        self.decision = decide(
            incoming, self.facts, self.now, self.rules, lambda: self._keys.new(self.now), draw=world.DRAW
        )
        return self.decision

    def _common(self) -> dict[str, object]:
        return {"event_id": str(next(self._numbers)), "address": self.address, "sent_at": self.now}


def listed(text: str) -> list[tuple[str, str]]:
    """The numbered choices at the end of a text."""
    found: list[tuple[str, str]] = []
    for line in reversed(text.splitlines()):
        numbered = re.fullmatch(r"(\d{1,2}) (.+)", line)
        if numbered is None:
            break
        found.insert(0, (numbered[1], numbered[2]))
    return found if found and found[0][0] == "1" and len(text.splitlines()) > len(found) else []
