"""What an operator sets about the desk, and what it is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from core.domain.accounts import Account, Branch, Branches, Level
from core.domain.autopay import AutopayTerms
from core.domain.calculations import Calculation
from core.domain.facts import Facts
from core.domain.messages import Address, Capabilities
from core.domain.orders import Terms, in_transit
from core.domain.subscribers import FRESH, Identity, Link
from core.domain.windows import local_day
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
    identity: Identity = field(default_factory=Identity)
    reads_photos: frozenset[str] = frozenset()
    """Channels whose pictures can be fetched, to look for bills' codes in them."""
    payments: Terms = field(default_factory=Terms)
    autopay: AutopayTerms = field(default_factory=AutopayTerms)
    calculated: frozenset[str] = frozenset()
    """Branches whose billing can be asked what readings cost."""

    def branch(self, account: Account | None) -> Branch:
        """The account's branch; for nobody's account the first one, whose phones are as good as any."""
        if account is None:
            return next(iter(self.branches.values()))
        return self.branches[account.branch]

    def takes_payments(self, account: Account) -> bool:
        """Whether there is a page of ours on which this account can be paid."""
        return bool(self.identity.public_url) and bool(self.payments.providers.get(account.branch))


@dataclass(frozen=True, slots=True)
class Draw:
    """Where secrets come from: chance is an argument, so that deciding stays a function."""

    code: Callable[[], str]
    """Six decimal digits for a subscriber to type."""
    token: Callable[[], str]
    """A secret for a link: at least 128 bits in letters that need no escape."""


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
    draw: Draw
    calculation: Calculation | None = None
    """What billing is to be asked about the reply, once there is one that names what readings cost."""

    @property
    def capabilities(self) -> Capabilities:
        """Those of the channel the message came by."""
        return self.rules.capabilities[self.address.channel]

    def level(self, account: Account) -> Level:
        """How well we know who writes: the phone on file makes an SMS L1, a link L1 or, while fresh, L2."""
        link = self.link(account)
        if link is not None:
            return Level.FRESH if self.now - link.proved_at <= FRESH else Level.LINKED
        return Level.LINKED if self.is_phone_on_file(account) else Level.ANONYMOUS

    def is_phone_on_file(self, account: Account) -> bool:
        """Whether the message comes from the account's phone, as far as its channel can vouch for that."""
        return self.capabilities.address_is_phone and account.phone == self.address.external_id

    def link(self, account: Account) -> Link | None:
        """The sender's link to the account."""
        links = self.facts.links.get(self.address)
        return next((link for link in links if link.account_id == account.id), None) if links else None

    def transit(self, account: Account, known: date | None = None) -> int:
        """Kopecks that the account has paid through us and that its balance does not show yet.

        `known`: the day of what is known of the account, where that is not its balance's.
        """
        paid = self.facts.paid.get(account.id, ())
        return in_transit(paid, known or account.balance_date, self.rules.branch(account).timezone) if paid else 0

    def is_stale(self, account: Account) -> bool:
        """Whether the account's balance is so old that we say so."""
        known = account.balance_date
        return known is not None and local_day(self.rules.branch(account), self.now) - known > self.rules.payments.stale

    def own_accounts(self) -> list[Account]:
        """The accounts that the sender may ask about: those of his phone, then those he linked, as he linked them."""
        own: dict[int, Account] = {}
        if self.capabilities.address_is_phone:
            own = {account.id: account for account in self.facts.accounts_of_phone.get(self.address.external_id, ())}
        for link in self.facts.links.get(self.address, ()):
            account = self.facts.account_by_id.get(link.account_id)
            if account is not None:
                own.setdefault(account.id, account)
        return list(own.values())
