"""A provider's word and all that follows from it, in one transaction: order, attempt, case, and what is told."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from core.domain.accounts import Account, Branches, mask
from core.domain.decisions import PAYMENT_MISMATCH, NewCase
from core.domain.keys import reference
from core.domain.messages import Address, Capabilities
from core.domain.money import decimal
from core.domain.orders import (
    OPEN,
    Attempt,
    Order,
    OrderState,
    Payment,
    PaymentState,
    Standing,
    Terms,
    Verdict,
    in_transit,
    judge,
    next_look,
)
from core.services.fitting import compose
from core.services.texts import Texts
from core.storage.extras import NOTHING, Extra
from core.storage.payments import (
    attempt_of,
    attempts_of,
    find_account,
    find_attempt,
    find_order,
    paid_lately,
    put_case,
    put_reply,
    save_attempt,
    save_order,
)

Connection = Any
"""Storage's own, which services may not import."""
LONGEST_METHOD: Final = 30
"""Characters of a provider's word for a way to pay; no longer one is known."""
ENDED: Final = frozenset({OrderState.PAID, OrderState.FAILED, OrderState.REFUNDED})
"""States of an attempt after which nobody need be asked, unless the provider calls."""


class Teller:
    """Applies what providers say. Its methods are jobs of a writing transaction."""

    def __init__(
        self,
        *,
        terms: Terms,
        branches: Branches,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        new_key: Callable[[datetime], int],
        follow: Callable[[Connection, Attempt, Order, Payment, datetime], bool] | None = None,
    ) -> None:
        """`follow` hears what is said of an autopay's payments, and tells whether the subscriber need hear no more."""
        self._follow = follow
        self._terms = terms
        self._branches = branches
        self._texts = texts
        self._capabilities = capabilities
        self._new_key = new_key

    def apply(
        self, connection: Connection, attempt_id: int, said: Payment, now: datetime, asked_at: datetime | None = None
    ) -> Verdict:
        """Take the provider's word about an attempt, as he gave it at `asked_at`, or by himself.

        A word that was heard before changes nothing.
        """
        attempt = find_attempt(connection, attempt_id)
        order = find_order(connection, attempt.order_id) if attempt is not None else None
        if attempt is None or order is None:
            return Verdict()
        payer = find_account(connection, order.account_id)
        verdict = judge(order, attempt, said, self._standing(connection, order, attempt, payer, now))
        attempt.provider_id = attempt.provider_id or said.provider_id
        attempt.state = verdict.attempt or attempt.state
        attempt.doubted = attempt.doubted or bool(verdict.case and verdict.attempt is None)
        postpone(attempt, order, now, asked_at)
        if verdict.order is not None:
            _move(order, verdict.order, attempt, said, now)
            save_order(connection, order)
        save_attempt(connection, attempt, said.detail)
        if verdict.case:
            self._open_case(connection, verdict.case, order, attempt, said=said, now=now)
        is_quiet = False
        if verdict.attempt is not None and attempt.autopay_id is not None and self._follow is not None:
            is_quiet = self._follow(connection, attempt, order, said, now)
        if verdict.told and not is_quiet and order.address is not None:
            self._tell(connection, verdict.told, order, payer, to=order.address, now=now)
        expire(connection, order, now)
        return verdict

    def hear(self, connection: Connection, provider: str, said: Payment, now: datetime) -> Verdict:
        """Take a signed word, which needs no asking. Money for no order of ours is a case."""
        attempt = attempt_of(connection, provider, order_id=said.order_id, provider_id=said.provider_id)
        if attempt is not None:
            return self.apply(connection, attempt.id, said, now)
        if said.state is not PaymentState.PAID:
            return Verdict()
        text = f"{provider} {said.provider_id}: {decimal(said.amount)} {said.currency} for an order that we do not know"
        put_case(connection, self._new_key(now), NewCase(kind=PAYMENT_MISMATCH, text=text), None, now)
        return Verdict(case=PAYMENT_MISMATCH)

    def _standing(
        self, connection: Connection, order: Order, attempt: Attempt, payer: Account | None, now: datetime
    ) -> Standing:
        others = (other for other in attempts_of(connection, order.id) if other.id != attempt.id)
        paid = paid_lately(connection, [order.account_id], now, but=order.id).get(order.account_id, ())
        branch = self._branches.get(order.branch) or next(iter(self._branches.values()))
        balance_date = payer.balance_date if payer else None
        return Standing(
            others_open=any(other.state in OPEN for other in others),
            others_paid=in_transit(paid, balance_date, branch.timezone),
            owed=payer.balance if payer else None,
            is_test=attempt.provider in self._terms.test,
        )

    def _open_case(
        self, connection: Connection, kind: str, order: Order, attempt: Attempt, *, said: Payment, now: datetime
    ) -> None:
        text = (
            f"{attempt.provider} {said.provider_id}: {decimal(said.amount)} {said.currency}"
            f"{' (test)' if said.is_test else ''}; order {reference(order.id)}: {decimal(order.amount)}"
        )
        item = NewCase(kind=kind, branch=order.branch, account_id=order.account_id, text=text, language=order.language)
        put_case(connection, self._new_key(now), item, order.address, now)

    def _tell(
        self, connection: Connection, key: str, order: Order, payer: Account | None, *, to: Address, now: datetime
    ) -> None:
        """Where a channel may not carry what is paid and for what, it says only how it went."""
        can = self._capabilities.get(to.channel)
        if can is None or payer is None:
            return
        if can.may_show_balance:
            arguments = {"account": mask(payer.number), "sum": f"{decimal(order.amount)}".replace(".", ",")}
            variants = self._texts.variants(order.language, f"{key}-linked", **arguments)
        else:
            variants = self._texts.variants(order.language, key)
        extra = NOTHING
        if order.receipt_url and can.may_send_payment_link and can.link_buttons:
            label = self._texts.render(order.language, "open-receipt")
            extra = Extra(link=order.receipt_url, link_label=label)
        text = compose(variants, (), can)
        put_reply(connection, self._new_key(now), to=to, text=text, extra=extra, now=now)


def postpone(attempt: Attempt, order: Order, now: datetime, asked_at: datetime | None = None) -> None:
    """Note when the provider is to be asked next. If he has called since `asked_at`, that stays: at once."""
    if attempt.state in ENDED:
        attempt.look_at = None
        # It was for the receipt, which is the provider's now.
        attempt.email = ""
    elif attempt.look_at is None or asked_at is None or attempt.look_at <= asked_at:
        attempt.look_at = next_look(attempt, order, now)
        attempt.looks += 1


def expire(connection: Connection, order: Order, now: datetime) -> None:
    """End an order whose time is over, if it is open still. What providers wait for is asked about for a while yet."""
    if order.state not in OPEN or now < order.expires_at:
        return
    order.state = OrderState.EXPIRED
    save_order(connection, order)
    for attempt in attempts_of(connection, order.id):
        if attempt.state in OPEN:
            if attempt.state is OrderState.CREATED:
                # Nobody was shown where to pay it.
                attempt.look_at, attempt.return_url = None, ""
            attempt.state, attempt.email = OrderState.EXPIRED, ""
            save_attempt(connection, attempt)


def _move(order: Order, state: OrderState, attempt: Attempt, said: Payment, now: datetime) -> None:
    order.state = state
    if state is OrderState.PAID:
        order.paid_at = said.paid_at or now
        order.provider, order.provider_id = attempt.provider, said.provider_id
        order.method = (said.method or attempt.method)[:LONGEST_METHOD]
    order.receipt_url = said.receipt_url or order.receipt_url
