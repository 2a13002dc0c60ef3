"""Opens orders, has providers take them, hears what became of them.

Nothing is held in memory that matters: what a provider is asked stands in the database before he is asked, what he
answers is stored before anybody is told, and whatever a crash interrupts is taken up again from there.
"""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from core.domain.accounts import Account, Branches
from core.domain.autopay import SAVED, AutopayTerms
from core.domain.decisions import PAYMENT_MISMATCH
from core.domain.handovers import digest_of, is_token
from core.domain.keys import Keys
from core.domain.messages import Capabilities, RawAnswer, RawRequest
from core.domain.orders import CURRENCY, OPEN, Attempt, Order, OrderState, Payment, PaymentState, Terms, Verdict
from core.ports.acquiring import ChargesSaved, Looks, Notification, Notifies, Opened, PaymentProvider
from core.ports.channel import ContentRejected, Misconfigured, RateLimited, SendFailure
from core.ports.clock import Clock
from core.ports.watch import Unwatched, Watch
from core.services.payments.applying import Teller, expire, postpone
from core.services.payments.autopay import Autopays, Following
from core.services.payments.opening import Opening, Refused
from core.services.payments.telling import Voice
from core.services.payments.views import View, view_of
from core.services.texts import Texts
from core.storage.autopay import find as find_autopay
from core.storage.database import Database, Unavailable
from core.storage.payments import (
    due_attempts,
    find_account,
    find_attempt,
    find_order,
    find_page,
    hasten,
    put_notice,
    save_attempt,
    save_order,
)

Connection = Any
"""Storage's own, which services may not import."""
POLL_SECONDS: Final = 5.0
"""How soon an attempt that has become due is looked at; a provider's call wakes us at once."""
AT_ONCE: Final = 20
"""Attempts worked on side by side."""
UNSET_WAIT: Final = timedelta(hours=1)
"""How long to wait for a provider that is not set up here any more."""

log = structlog.get_logger()


class Payments:
    """Everything that happens to orders. `run` works for ever; the rest is called by pages and hooks."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        providers: Mapping[str, PaymentProvider],
        *,
        terms: Terms,
        branches: Branches,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        public_url: str,
        nudge: Callable[[], None] = lambda: None,
        watch: Watch | None = None,
        new_token: Callable[[], str] = secrets.token_urlsafe,
        autopay: AutopayTerms | None = None,
    ) -> None:
        """`nudge` is called when somebody is told something; `new_token` is replaced by tests."""
        self._database = database
        self._clock = clock
        self._providers = providers
        self._terms = terms
        self._branches = branches
        self._keys = Keys()
        agreed = autopay or AutopayTerms()
        voice = Voice(terms=agreed, branches=branches, texts=texts, capabilities=capabilities, new_key=self._keys.new)
        self._teller = Teller(
            terms=terms,
            branches=branches,
            texts=texts,
            capabilities=capabilities,
            new_key=self._keys.new,
            follow=Following(voice, branches).follow,
        )
        self.autopays = Autopays(
            database,
            clock,
            terms=agreed,
            payments=terms,
            branches=branches,
            voice=voice,
            new_key=self._keys.new,
            nudge=nudge,
            watch=watch,
        )
        self._opening = Opening(
            providers,
            terms=terms,
            branches=branches,
            texts=texts,
            public_url=public_url,
            new_key=self._keys.new,
        )
        self._nudge = nudge
        self._watch = watch or Unwatched()
        self._new_token = new_token
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._due = asyncio.Event()

    def methods(self, provider: str) -> tuple[str, ...]:
        """What can be chosen on our page."""
        known = self._providers.get(provider)
        return tuple(known.methods) if known is not None else ()

    def hears(self, provider: str) -> bool:
        """Whether we get to know how a payment at this provider ended."""
        return isinstance(self._providers.get(provider), Looks | Notifies)

    async def view(self, token: str) -> View | None:
        """What our page shows; changes nothing. None for a link that is none of ours."""
        if not is_token(token):
            return None
        now, digest = self._clock.now(), digest_of(token)

        def job(connection: Connection) -> View | None:
            page = find_page(connection, digest)
            return None if page is None else view_of(connection, page, self._terms, self._branches, now)

        return await self._database.read(job)

    async def pay(self, token: str, *, amount: int, method: str = "", email: str = "") -> View | None:
        """Have the provider wait for a payment, and what the page shows then. Twice the same is one payment.

        Args:
            token: the link's.
            amount: kopecks.
            method: one of the provider's, or empty for the first of them.
            email: for the receipt, or empty.

        Raises:
            Refused: sum or method are not to be had.
            Unavailable: nothing was stored.
        """
        if not is_token(token):
            return None
        if not self._terms.allows(amount):
            raise Refused("amount")
        now, digest, back = self._clock.now(), digest_of(token), self._new_token()
        job = partial(self._opening.begin, digest=digest, amount=amount, method=method, email=email, back=back, now=now)
        begun = await self._database.write(job)
        if begun is not None:
            await self._once(begun)
        return await self.view(token)

    async def hear(self, name: str, request: RawRequest) -> RawAnswer | None:
        """Take a provider's call, and what to answer him, once it is durable. None where no such provider calls us.

        Raises:
            Unavailable: nothing was stored; he must call again.
        """
        provider = self._providers.get(name)
        if not isinstance(provider, Notifies):
            return None
        heard = provider.hear(request)
        if heard.notification is not None:
            job = partial(self._note, name=name, notification=heard.notification, digest=_digest(request))
            self._report(await self._database.write(job), name)
            self._due.set()
        return heard.answer

    async def run(self) -> None:
        """Ask providers about what is due, for ever."""
        while True:
            self._due.clear()
            try:
                await self.work()
            except Unavailable as problem:
                log.warning("payments_unavailable", reason=str(problem))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._due.wait()

    async def work(self) -> int:
        """Ask about all that is due now; returns how many attempts that was."""
        count = 0
        now = self._clock.now()
        while due := await self._database.read(partial(due_attempts, now=now, limit=AT_ONCE)):
            await asyncio.gather(*map(self._once, due))
            count += len(due)
        return count

    async def close(self) -> None:
        """Let the calls under way end, then free the providers' connections."""
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
        for provider in self._providers.values():
            await provider.close()

    async def _once(self, attempt_id: int) -> None:
        """Work on an attempt; whoever comes meanwhile waits for the same. A caller that leaves does not cut it off."""
        task = self._calls.get(attempt_id)
        if task is None:
            task = self._calls[attempt_id] = asyncio.get_running_loop().create_task(self._advance(attempt_id))
            task.add_done_callback(partial(self._done, attempt_id))
        await asyncio.shield(task)

    def _done(self, attempt_id: int, task: asyncio.Task[None]) -> None:
        self._calls.pop(attempt_id, None)
        if not task.cancelled():
            task.exception()  # looked at, for the case that whoever waited has gone

    async def _advance(self, attempt_id: int) -> None:
        """One call to the provider, and its outcome."""

        def job(connection: Connection) -> tuple[Attempt, Order, Account] | None:
            attempt = find_attempt(connection, attempt_id)
            order = find_order(connection, attempt.order_id) if attempt is not None else None
            payer = find_account(connection, order.account_id) if order is not None else None
            return None if attempt is None or order is None or payer is None else (attempt, order, payer)

        asked_at = self._clock.now()
        found = await self._database.read(job)
        if found is None:
            return
        attempt, order, payer = found
        provider = self._providers.get(attempt.provider)
        if provider is None:
            log.error("payment_provider_unset", provider=attempt.provider, order=order.id)
            await self._leave(attempt_id, asked_at, wait=UNSET_WAIT)
            return
        try:
            if attempt.state is OrderState.CREATED and order.state in OPEN and asked_at < order.expires_at:
                await self._create(provider, attempt, order, payer, asked_at=asked_at)
            elif attempt.state is not OrderState.CREATED and isinstance(provider, Looks):
                said = await provider.look(order_id=order.id, attempt=attempt.number, provider_id=attempt.provider_id)
                await self._apply(attempt, said, asked_at)
            else:
                await self._leave(attempt_id, asked_at)
        except (ContentRejected, Misconfigured) as failure:
            await self._refuse(attempt, order, failure, asked_at)
        except SendFailure as failure:
            # No answer, or none that says anything: ask again, under the same key where it was a creation.
            self._watch.paying(provider.name, "unanswered")
            log.warning("payment_call_failed", provider=provider.name, order=order.id, failure=_words(failure))
            wait = timedelta(seconds=failure.retry_after) if isinstance(failure, RateLimited) else None
            await self._leave(attempt_id, asked_at, wait=wait, error=_words(failure))
        except Unavailable:
            raise
        except Exception as problem:
            log.exception("payment_call_broken", provider=provider.name, order=order.id)
            await self._leave(attempt_id, asked_at, error=type(problem).__name__)

    async def _create(
        self, provider: PaymentProvider, attempt: Attempt, order: Order, payer: Account, *, asked_at: datetime
    ) -> None:
        if attempt.autopay_id is not None and attempt.method == SAVED:
            await self._charge(provider, attempt, order, payer, asked_at=asked_at)
            return
        opened = await provider.create(self._opening.invoice(attempt, order, payer))
        record = partial(self._record, attempt_id=attempt.id, opened=opened, asked_at=asked_at)
        await self._database.write(record)

    async def _charge(
        self, provider: PaymentProvider, attempt: Attempt, order: Order, payer: Account, *, asked_at: datetime
    ) -> None:
        """Charge a stored method. First look: a provider may have forgotten the key, but not the payment."""
        autopay = await self._database.read(partial(find_autopay, key=attempt.autopay_id or 0))
        if autopay is None or not autopay.token or not isinstance(provider, ChargesSaved):
            # Cancelled meanwhile: never asked for, or not asked again.
            await self._leave(attempt.id, asked_at, error="the stored method is gone")
            return
        said = await provider.look(order_id=order.id, attempt=attempt.number, provider_id=attempt.provider_id)
        if said.state is PaymentState.UNKNOWN:
            name = await provider.charge(self._opening.invoice(attempt, order, payer), autopay.token)
            opened = Opened(provider_id=name, pay_url="")
            await self._database.write(
                partial(self._record, attempt_id=attempt.id, opened=opened, asked_at=asked_at, again=True)
            )
            said = await provider.look(order_id=order.id, attempt=attempt.number, provider_id=name)
        await self._apply(attempt, said, asked_at)

    async def _refuse(self, attempt: Attempt, order: Order, failure: SendFailure, asked_at: datetime) -> None:
        """The provider will not have it as it is. Where he waits for money already, that is only heard later."""
        # A card without money is its owner's matter; whatever else is refused, staff should hear of.
        said = log.info if attempt.method == SAVED and isinstance(failure, ContentRejected) else log.error
        said("payment_refused", provider=attempt.provider, order=order.id, failure=_words(failure))
        if attempt.state is not OrderState.CREATED:
            await self._leave(attempt.id, asked_at, error=_words(failure))
            return
        failed = Payment(
            state=PaymentState.FAILED,
            provider_id="",
            order_id=order.id,
            amount=order.amount,
            currency=CURRENCY,
            detail=_words(failure),
        )
        await self._apply(attempt, failed, asked_at)

    async def _apply(self, attempt: Attempt, said: Payment, asked_at: datetime) -> None:
        apply = partial(self._teller.apply, attempt_id=attempt.id, said=said, now=self._clock.now(), asked_at=asked_at)
        self._report(await self._database.write(apply), attempt.provider, order=attempt.order_id)

    def _report(self, verdict: Verdict, provider: str, **about: int) -> None:
        if verdict.order is not None:
            self._watch.paying(provider, verdict.order.value)
            log.info("order_moved", state=verdict.order.value, provider=provider, **about)
        if verdict.case:
            # A mismatch is an alarm; a second payment is work for a moderator.
            said_loudly = log.error if verdict.case == PAYMENT_MISMATCH else log.warning
            said_loudly("payment_case", kind=verdict.case, provider=provider, **about)
        if verdict.told:
            self._nudge()

    def _record(
        self, connection: Connection, attempt_id: int, opened: Opened, asked_at: datetime, *, again: bool = False
    ) -> None:
        """The provider waits; look `again` at once where that is known not to take long."""
        attempt = find_attempt(connection, attempt_id)
        order = find_order(connection, attempt.order_id) if attempt is not None else None
        if attempt is None or order is None:
            return
        attempt.provider_id, attempt.pay_url, attempt.expires_at = opened.provider_id, opened.pay_url, opened.expires_at
        attempt.return_url = ""
        attempt.looks = 0
        if attempt.state is OrderState.CREATED:
            attempt.state = OrderState.PENDING
        if not again:
            postpone(attempt, order, self._clock.now(), asked_at)
        save_attempt(connection, attempt)
        if order.state is OrderState.CREATED:
            order.state = OrderState.PENDING
            save_order(connection, order)

    async def _leave(
        self, attempt_id: int, asked_at: datetime, *, wait: timedelta | None = None, error: str = ""
    ) -> None:
        """Nothing new: ask later, or never again where nothing can come of it."""
        now = self._clock.now()

        def job(connection: Connection) -> None:
            attempt = find_attempt(connection, attempt_id)
            order = find_order(connection, attempt.order_id) if attempt is not None else None
            if attempt is None or order is None:
                return
            postpone(attempt, order, now, asked_at)
            is_open = order.state in OPEN and now < order.expires_at
            provider = self._providers.get(attempt.provider)
            if attempt.state is OrderState.CREATED and not is_open:
                attempt.state, attempt.look_at = OrderState.EXPIRED, None
            elif provider is not None and attempt.state is not OrderState.CREATED and not isinstance(provider, Looks):
                attempt.look_at = order.expires_at if is_open else None
            if wait is not None and attempt.look_at is not None:
                attempt.look_at = max(attempt.look_at, now + wait)
            save_attempt(connection, attempt, error)
            expire(connection, order, now)

        await self._database.write(job)

    def _note(self, connection: Connection, name: str, notification: Notification, digest: str) -> Verdict:
        """Store a call and what it says, or have the provider asked."""
        now = self._clock.now()
        order_id = notification.order_id
        known = order_id is not None and find_order(connection, order_id) is not None
        key = self._keys.new(now)
        if not put_notice(connection, key, provider=name, digest=digest, order_id=order_id if known else None, now=now):
            return Verdict()
        if notification.payment is not None:
            return self._teller.hear(connection, name, notification.payment, now)
        hasten(connection, name, order_id=order_id, provider_id=notification.provider_id, now=now)
        return Verdict()


def _digest(request: RawRequest) -> str:
    """What tells one call from another: a provider that repeats a call sends the same bytes."""
    parts = (request.method.encode(), request.path.encode("utf-8", "replace"), request.query, request.body)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _words(failure: SendFailure) -> str:
    return f"{type(failure).__name__}: {failure.detail}"
