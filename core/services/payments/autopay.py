"""Autopay at work: announces charges, makes them on their day, ends agreements that rest on nothing any more.

Each turn is a few short writes; each of them moves rows on from the state in which it found them, so that a turn that
is cut off, or made twice, repeats nothing. A charge is an order like any other: attempt and idempotency key are stored
here, and `Payments` calls the provider.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from typing import Any, Final

import structlog

from core.domain.accounts import Branches
from core.domain.autopay import (
    FAILED_MONTHS,
    LASTS,
    SAVED,
    Autopay,
    AutopayTerms,
    Charge,
    Mode,
    Month,
    Reason,
    State,
    after_failure,
    charge_day,
    due_days,
    first_month,
    to_charge,
)
from core.domain.orders import Attempt, Order, OrderState, Payment, Terms, in_transit
from core.domain.windows import local_day
from core.ports.clock import Clock
from core.ports.watch import Unwatched, Watch
from core.services.payments.telling import Voice
from core.storage.autopay import (
    Due,
    broken,
    charge_of,
    claim,
    due,
    end,
    find,
    live_of,
    put_charges,
    save,
    save_charge,
    to_announce,
    unanswered,
)
from core.storage.database import Database, Unavailable
from core.storage.payments import attempts_of, open_order, paid_lately, put_attempt, put_order, save_order

Connection = Any
"""Storage's own, which services may not import."""
CHUNK: Final = 25
"""Agreements in one write, which may take 50 ms."""
TURN_SECONDS: Final = 60.0

log = structlog.get_logger()


class Following:
    """What a provider's word about a payment means for the autopay that it belongs to, in one transaction with it."""

    def __init__(self, voice: Voice, branches: Branches) -> None:
        self._voice = voice
        self._branches = branches

    def follow(self, connection: Connection, attempt: Attempt, order: Order, said: Payment, now: datetime) -> bool:
        """Take the word: the method is stored, or a month is paid, or its charge has failed.

        Whether the subscriber need hear nothing else: he was told, or the charge is tried again tomorrow.
        """
        autopay = find(connection, attempt.autopay_id or 0)
        if autopay is None:
            return False
        if attempt.method != SAVED:
            binds = attempt.state is OrderState.PAID and autopay.state is State.BINDING
            if binds:
                self._bind(connection, autopay, said, now)
            return binds
        charge = charge_of(connection, order.id)
        if charge is None:
            return False
        if attempt.state is OrderState.PAID and charge.state is not Month.PAID:
            charge.state = Month.PAID
            save_charge(connection, charge)
            autopay.failures = 0
            save(connection, autopay)
        elif attempt.state is OrderState.FAILED and charge.state is Month.CHARGING:
            self.fail(connection, autopay, charge, now, again=after_failure(charge, now))
        return attempt.state is OrderState.FAILED

    def fail(
        self, connection: Connection, autopay: Autopay, charge: Charge, now: datetime, *, again: datetime | None
    ) -> None:
        """A charge came to nothing: try it `again`, or the month has failed."""
        charge.state = Month.FAILED if again is None else Month.NOTICED
        if again is not None:
            # The order stays named: should its money come after all, the month is paid.
            charge.due_at = self._voice.daytime(autopay.branch, again)
        save_charge(connection, charge)
        if again is not None or autopay.state is not State.ACTIVE:
            return
        autopay.failures += 1
        if autopay.failures >= FAILED_MONTHS:
            autopay.state = State.PAUSED
        save(connection, autopay)
        key = "autopay-paused" if autopay.state is State.PAUSED else "autopay-failed"
        self._voice.tell(connection, key, autopay, now, sum=charge.amount)

    def _bind(self, connection: Connection, autopay: Autopay, said: Payment, now: datetime) -> None:
        if said.saved is None:
            end(connection, [autopay.id], Reason.CANCELLED, now)
            self._voice.tell(connection, "autopay-not-saved", autopay, now)
            return
        before = live_of(connection, [autopay.account_id])
        end(connection, [each.id for each in before.values()], Reason.REPLACED, now)
        autopay.state, autopay.token, autopay.label = State.ACTIVE, said.saved.token, said.saved.label
        branch = self._branches.get(autopay.branch) or next(iter(self._branches.values()))
        autopay.first_month = first_month(autopay.day, local_day(branch, now))
        save(connection, autopay)
        self._voice.tell(connection, "autopay-on", autopay, now, day=str(autopay.day))


class Autopays:
    """The planner. Beside another one it is harmless: the database takes a month of an autopay once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        terms: AutopayTerms,
        payments: Terms,
        branches: Branches,
        voice: Voice,
        new_key: Callable[[datetime], int],
        nudge: Callable[[], None] = lambda: None,
        watch: Watch | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`nudge` is called when somebody is told something; `sleep` is replaced by tests."""
        self._database = database
        self._clock = clock
        self._terms = terms
        self._payments = payments
        self._branches = branches
        self._voice = voice
        self._new_key = new_key
        self._nudge = nudge
        self._watch = watch or Unwatched()
        self._sleep = sleep
        self._following = Following(voice, branches)

    async def run(self) -> None:
        """Work for ever; a database that is down stops nothing but this turn."""
        while True:
            try:
                await self.work()
            except Unavailable as problem:
                log.warning("autopay_waits", reason=str(problem))
            await self._sleep(TURN_SECONDS)

    async def work(self) -> None:
        """One turn: end what has ended, announce what is near, charge what is due."""
        now = self._clock.now()
        await self._all("stopped", partial(self._stop, now=now))
        await self._all("failed", partial(self._give_up, now=now))
        for code, branch in self._branches.items():
            if code not in self._terms.providers or not self._terms.hours.on(branch, local_day(branch, now)).has(now):
                continue
            for month, first, last in due_days(branch, self._terms.notice_days, now):
                announce = partial(self._announce, code=code, month=month, days=(first, last), now=now)
                await self._all("noticed", announce)
        await self._all("due", partial(self._charge, now=now))

    async def _all(self, what: str, job: Callable[[Connection], int]) -> None:
        """Chunk by chunk, as long as there is something to do."""
        while count := await self._database.write(job):
            self._watch.autopaid(what, count)
            log.info("autopay", step=what, count=count)
            self._nudge()
            if count < CHUNK:
                return

    def _stop(self, connection: Connection, now: datetime) -> int:
        gone = broken(connection, self._terms.providers, CHUNK)
        for reason in (Reason.MOVED, Reason.UNLINKED):
            end(connection, [autopay.id for autopay, why in gone if why is reason], reason, now)
        for autopay, why in gone:
            if why is Reason.MOVED:
                self._voice.tell(connection, "autopay-moved", autopay, now)
        return len(gone)

    def _give_up(self, connection: Connection, now: datetime) -> int:
        """Charges that nobody has answered for are not tried again: they may have been made."""
        found = unanswered(connection, CHUNK)
        for charge, autopay in found:
            self._following.fail(connection, autopay, charge, now, again=None)
        return len(found)

    def _announce(self, connection: Connection, code: str, month: int, days: tuple[int, int], now: datetime) -> int:
        found = to_announce(connection, code, month, days, CHUNK)
        branch = self._branches[code]
        paid = paid_lately(connection, [each.account.id for each in found], now)
        charges = []
        for each in found:
            day = charge_day(month, each.autopay.day, self._terms.notice_days, local_day(branch, now))
            due_at = self._terms.hours.on(branch, day).begins
            charge = Charge(
                id=self._new_key(now), autopay_id=each.autopay.id, month=month, state=Month.NOTICED, due_at=due_at
            )
            charges.append(charge)
            transit = in_transit(paid.get(each.account.id, ()), each.account.balance_date, branch.timezone)
            self._tell_ahead(connection, each, charge, day, transit=transit, now=now)
        put_charges(connection, charges)
        return len(found)

    def _tell_ahead(
        self, connection: Connection, each: Due, charge: Charge, day: date, *, transit: int, now: datetime
    ) -> None:
        autopay = each.autopay
        owed = max(0, (each.account.balance or 0) - transit)
        self._voice.tell(
            connection,
            f"autopay-notice-{autopay.mode.value}",
            autopay,
            now,
            choices={
                f"autopay-skip:{charge.id}": "choice-autopay-skip",
                f"autopay-stop:{autopay.account_id}": "choice-autopay-stop",
            },
            date=f"{day:%d.%m}",
            sum=autopay.amount if autopay.mode is Mode.FIXED else owed,
            ceiling=autopay.ceiling,
        )

    def _charge(self, connection: Connection, now: datetime) -> int:
        found = due(connection, now, CHUNK)
        paid = paid_lately(connection, [each.account.id for each in found], now)
        for each in found:
            branch = self._branches.get(each.account.branch) or next(iter(self._branches.values()))
            transit = in_transit(paid.get(each.account.id, ()), each.account.balance_date, branch.timezone)
            self._charge_one(connection, each, transit, now)
        return len(found)

    def _charge_one(self, connection: Connection, each: Due, transit: int, now: datetime) -> None:
        autopay, charge = each.autopay, each.charge
        assert charge is not None  # noqa: S101 - `due` gives it
        if not claim(connection, charge.id):
            return  # skipped at this very moment
        charge.state, charge.amount = to_charge(
            autopay, each.account.balance, transit, least=self._payments.least, most=self._payments.most
        )
        if charge.state is Month.CHARGING:
            charge.tries += 1
            charge.order_id = self._order(connection, each, charge, now).id
        save_charge(connection, charge)
        if charge.state is Month.NOTHING_DUE:
            self._voice.tell(connection, "autopay-nothing", autopay, now)
        elif charge.state is Month.OVER_CEILING:
            self._voice.tell(connection, "autopay-over", autopay, now, sum=charge.amount, ceiling=autopay.ceiling)

    def _order(self, connection: Connection, each: Due, charge: Charge, now: datetime) -> Order:
        """The order that is open for this account and sum, or a new one, and an attempt that charges the method."""
        autopay, expires_at = each.autopay, now + min(LASTS, self._payments.lasts)
        order = open_order(connection, autopay.account_id, charge.amount)
        if order is not None:
            order.expires_at = max(order.expires_at, expires_at)
            save_order(connection, order)
        else:
            order = Order(
                id=self._new_key(now),
                account_id=autopay.account_id,
                branch=each.account.branch,
                amount=charge.amount,
                state=OrderState.CREATED,
                provider=autopay.provider,
                created_at=now,
                expires_at=expires_at,
                address=autopay.address,
                language=autopay.language,
                period=charge.month,
            )
            put_order(connection, order)
        put_attempt(
            connection,
            Attempt(
                id=self._new_key(now),
                order_id=order.id,
                number=len(attempts_of(connection, order.id)) + 1,
                provider=autopay.provider,
                key=uuid.uuid4().hex,
                state=OrderState.CREATED,
                created_at=now,
                method=SAVED,
                look_at=now,
                autopay_id=autopay.id,
            ),
        )
        return order
