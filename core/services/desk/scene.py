"""What an operator sets about the desk, and what it is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.accounts import Account, Branch, Branches, Level
from core.domain.facts import Facts
from core.domain.messages import Address, Capabilities
from core.services.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits per sender, and how long a question waits."""

    messages_per_hour: int = 60
    """Beyond it only accepted readings are answered: two machines must not talk to each other for ever."""
    format_errors_per_day: int = 5
    """After as many messages that lead to nothing we stop answering such ones and open a case."""
    confirm: timedelta = field(default=timedelta(hours=24))
    """How long a `ДА` confirms what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that deciding needs and that does not change from batch to batch."""

    branches: Branches
    texts: Texts
    capabilities: Mapping[str, Capabilities]
    policy: Policy

    def branch(self, account: Account | None) -> Branch:
        """The account's branch; for nobody's account the first one, whose phones are as good as any."""
        if account is None:
            return next(iter(self.branches.values()))
        return self.branches[account.branch]


@dataclass(slots=True, kw_only=True)
class Scene:
    """One message being decided: who wrote, when, and what is known."""

    rules: Rules
    facts: Facts
    address: Address
    sent_at: datetime
    received_at: datetime
    now: datetime
    language: str
    new_key: Callable[[], int]

    @property
    def capabilities(self) -> Capabilities:
        """Those of the channel the message came by."""
        return self.rules.capabilities[self.address.channel]

    def level(self, account: Account) -> Level:
        """How well we know who writes: the phone on file makes an SMS L1."""
        vouched = self.capabilities.address_is_phone and account.phone == self.address.external_id
        return Level.LINKED if vouched else Level.ANONYMOUS

    def own_accounts(self) -> list[Account]:
        """The accounts whose phone on file is the sender's."""
        if not self.capabilities.address_is_phone:
            return []
        return self.facts.accounts_of_phone.get(self.address.external_id, [])
