"""The orders that a provider's register is compared with."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, or_, select

from core.domain.keys import first_key
from core.domain.orders import OrderState
from core.domain.registers import Known
from core.storage.sets import among
from core.storage.statistics import PAID_LATE
from core.storage.tables import account, payment_attempt, payment_order

_COLUMNS = (
    payment_order.c.id,
    account.c.number,
    payment_order.c.amount,
    payment_order.c.state,
    payment_order.c.provider_id,
    payment_order.c.paid_at,
)


def orders_about(
    connection: Connection,
    provider: str,
    *,
    payments: Collection[str],
    orders: Collection[int],
    since: datetime,
    until: datetime,
) -> list[Known]:
    """A provider's orders that are named, by number or by his name for the payment, or that were paid in a time."""
    base = select(*_COLUMNS).join_from(payment_order, account, payment_order.c.account_id == account.c.id)
    mine = payment_order.c.provider == provider
    paid = base.where(
        mine,
        payment_order.c.id >= first_key(since - PAID_LATE),
        payment_order.c.id < first_key(until),
        payment_order.c.paid_at >= since,
        payment_order.c.paid_at < until,
    )
    attempted = select(payment_attempt.c.order_id).where(among(payment_attempt.c.provider_id, "payments"))
    named = base.where(mine, or_(among(payment_order.c.id, "orders"), payment_order.c.id.in_(attempted)))
    asked = {"payments": list(payments), "orders": list(orders)}
    rows = [*connection.execute(paid), *connection.execute(named, asked)]
    tried = select(payment_attempt.c.order_id, payment_attempt.c.provider_id).where(
        payment_attempt.c.provider == provider, among(payment_attempt.c.provider_id, "payments")
    )
    names: dict[int, list[str]] = defaultdict(list)
    for key, payment in connection.execute(tried, {"payments": list(payments)}):
        names[key].append(payment)
    return [
        Known(key, number, amount, OrderState(state), tuple(filter(None, (credited, *names[key]))), paid_at)
        for key, number, amount, state, credited, paid_at in rows
    ]
