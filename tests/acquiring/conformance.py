"""What every payment provider promises. A suite subclasses `ProviderConformance` and gives it a fixture `harness`."""

import asyncio
import logging
import socket
import traceback
from functools import partial
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.messages import RawRequest
from core.domain.orders import Saved
from core.ports.acquiring import ChargesSaved, Heard, ListsPayments, Looks, Notifies, PaymentProvider, PaymentState
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
)
from tests.acquiring.harness import ACCOUNT, AMOUNT, EMAIL, ORDER, PHONE, RECEIVED_AT, Ability, Harness
from tests.acquiring.listing import ProviderListing

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""The harness serves all examples, and every provider's suite is another class that runs the same test."""
PORT_FAILURES = {"TemporarilyUnavailable", "RateLimited", "OutcomeUnknown", "ContentRejected", "Misconfigured"}
TICKS = 50
NAMES = ["orderNumber", "mdOrder", "total", "transaction_id", "order_id", "OutSum", "InvId", "Shp_order", "object"]


def heard(provider: PaymentProvider, request: RawRequest) -> Heard:
    """What the provider makes of a call."""
    assert isinstance(provider, Notifies)
    return provider.hear(request)


def is_refused(answer: Heard) -> bool:
    """Tell whether nothing was heard, and the caller was told so."""
    return answer.notification is None and 400 <= answer.answer.status < 500


class ProviderLife:
    def test_name_is_folder(self, harness: Harness) -> None:
        """A provider is called as the folder of its code."""
        assert type(harness.provider).__module__.split(".")[2] == harness.provider.name

    def test_suite_is_whole(self, harness: Harness) -> None:
        """A provider that keeps methods of payment, or lists a day, is held to that, and no other is."""
        assert isinstance(harness.provider, ChargesSaved) is isinstance(self, ProviderSaving)
        assert isinstance(harness.provider, ListsPayments) is isinstance(self, ProviderListing)

    def test_construction_is_quiet(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        """Constructing a provider makes no socket and needs no running loop."""

        def forbidden(*_: object, **__: object) -> None:
            raise AssertionError("a provider made a socket while it was constructed")

        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", forbidden)
            built = harness.build()
        assert (built.name, built.methods) == (harness.provider.name, harness.provider.methods)

    async def test_closes_twice(self, harness: Harness) -> None:
        """Closing is harmless before opening, after it, and twice."""
        provider = harness.build()
        await provider.close()
        await provider.open()
        await provider.open()
        await provider.close()
        await provider.close()

    def test_abilities(self, harness: Harness) -> None:
        """What a provider cannot do, it does not offer."""
        assert isinstance(harness.provider, Looks) is (Ability.LOOK not in harness.cannot)
        assert isinstance(harness.provider, Notifies) is (Ability.HEAR not in harness.cannot)

    async def test_unreachable_vendor(self, harness: Harness) -> None:
        """An absent vendor is no error when opening, and certainly took nothing."""
        harness.needs(Ability.CALLS)
        provider = harness.unreachable()
        await provider.open()
        with pytest.raises(TemporarilyUnavailable):
            await provider.create(harness.invoice())
        await provider.close()

    async def test_wrong_credentials(self, harness: Harness) -> None:
        """Wrong credentials are a matter for staff."""
        harness.needs(Ability.CALLS)
        provider = harness.intruder()
        with pytest.raises(Misconfigured):
            await provider.create(harness.invoice())
        await provider.close()
        assert harness.opened == 0


class ProviderCreating:
    async def test_opens(self, harness: Harness) -> None:
        """A payment is opened at an address that a browser can open and a message can carry."""
        opened = await harness.provider.create(harness.invoice())
        assert opened.pay_url.startswith(("https://", "http://"))
        assert opened.pay_url.isascii()
        assert opened.pay_url.isprintable()
        await harness.visit(opened.pay_url)
        assert harness.opened == 1

    async def test_same_key_is_one_payment(self, harness: Harness) -> None:
        """Created again with the same key, it is the same payment."""
        first = await harness.provider.create(harness.invoice())
        second = await harness.provider.create(harness.invoice())
        assert first == second
        await harness.visit(first.pay_url)
        await harness.visit(second.pay_url)
        assert harness.opened == 1

    async def test_failures(self, harness: Harness) -> None:
        """Each answer of the vendor becomes the failure that it means, with a detail for staff."""
        harness.needs(Ability.CALLS)
        for attempt, failure in enumerate(harness.failures, 1):
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await harness.provider.create(harness.invoice(attempt=attempt))
            assert type(caught.value) is failure
            assert caught.value.detail
            if isinstance(caught.value, RateLimited):
                assert caught.value.retry_after == 7

    def test_failures_are_scripted(self, harness: Harness) -> None:
        """A suite scripts what can happen to any call, a success that cannot be read among it, and nothing else."""
        if {Ability.CALLS, Ability.LOOK} <= harness.cannot.keys():
            pytest.skip("nothing of ours ever calls this provider, so no answer of his can fail")
        assert {OutcomeUnknown, RateLimited} <= set(harness.failures)
        assert {failure.__name__ for failure in harness.failures} <= PORT_FAILURES

    async def test_hang_after_taking(self, harness: Harness) -> None:
        """A vendor that took it and does not answer holds up nobody; asked again, it is the same payment."""
        harness.needs(Ability.CALLS)
        abandoned = harness.hang()
        creating = asyncio.create_task(harness.provider.create(harness.invoice()))
        ticks = 0
        async with asyncio.timeout(10):
            while not harness.opened or ticks < TICKS:
                await asyncio.sleep(0)
                ticks += 1
            assert not creating.done()
            creating.cancel()
            with pytest.raises(asyncio.CancelledError):
                await creating
            await abandoned.wait()
        opened = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(opened.pay_url))
        assert (await harness.word(opened.provider_id)).state is PaymentState.PAID
        assert harness.opened == 1

    async def test_asked_again(self, harness: Harness) -> None:
        """Whatever left the outcome unknown: asked again, there is one payment, and its page."""
        harness.needs(Ability.CALLS)
        assert len(harness.doubts) >= 3
        for attempt, doubt in enumerate(harness.doubts, 1):
            harness.doubt(doubt)
            with pytest.raises(OutcomeUnknown):
                await harness.provider.create(harness.invoice(attempt=attempt))
            opened = await harness.provider.create(harness.invoice(attempt=attempt))
            await harness.visit(opened.pay_url)
            assert harness.opened == attempt

    async def test_patience_ends(self, harness: Harness) -> None:
        """A vendor that does not answer in time leaves the outcome unknown."""
        harness.needs(Ability.CALLS)
        harness.hang()
        hasty = harness.build(total_seconds=0.2)
        with pytest.raises(OutcomeUnknown):
            await hasty.create(harness.invoice())
        await hasty.close()


class ProviderTelling:
    """How a payment stands, whichever way the provider tells it."""

    async def test_unknown_payment(self, harness: Harness) -> None:
        """Of a payment that the vendor does not know nothing follows."""
        harness.needs(Ability.LOOK)
        assert (await harness.word()).state is PaymentState.UNKNOWN

    async def test_unpaid(self, harness: Harness) -> None:
        """A payment that nobody has paid is pending."""
        harness.needs(Ability.LOOK, Ability.PENDING)
        opened = await harness.provider.create(harness.invoice())
        await harness.visit(opened.pay_url)
        payment = await harness.word(opened.provider_id)
        assert (payment.state, payment.order_id) == (PaymentState.PENDING, ORDER)

    @pytest.mark.parametrize("known", [True, False])
    async def test_paid(self, harness: Harness, known: bool) -> None:  # noqa: FBT001 - a parameter of pytest
        """A paid one names order, sum and currency, whether or not we know the vendor's number of it."""
        harness.needs(Ability.TELL, *([] if known else [Ability.BLIND_LOOK]))
        opened = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(opened.pay_url))
        payment = await harness.word(opened.provider_id if known else "")
        assert (payment.state, payment.order_id, payment.amount) == (PaymentState.PAID, ORDER, AMOUNT)
        assert (payment.currency, payment.is_test) == ("RUB", False)
        assert payment.provider_id

    async def test_wrong_amount(self, harness: Harness) -> None:
        """Another sum than the order's comes through as it is."""
        harness.needs(Ability.TELL)
        opened = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(opened.pay_url), amount=AMOUNT - 1)
        payment = await harness.word(opened.provider_id)
        assert (payment.state, payment.amount) == (PaymentState.PAID, AMOUNT - 1)

    async def test_foreign_currency(self, harness: Harness) -> None:
        """Another currency comes through as it is."""
        harness.needs(Ability.CURRENCY)
        opened = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(opened.pay_url), currency="KZT")
        payment = await harness.word(opened.provider_id)
        assert payment.state is PaymentState.PAID
        assert payment.currency not in {"RUB", ""}

    async def test_failed(self, harness: Harness) -> None:
        """A payment that failed says so, and why."""
        harness.needs(Ability.DECLINE)
        opened = await harness.provider.create(harness.invoice())
        await harness.decline(await harness.visit(opened.pay_url))
        payment = await harness.word(opened.provider_id)
        assert (payment.state, payment.order_id) == (PaymentState.FAILED, ORDER)
        assert payment.detail

    async def test_refunded(self, harness: Harness) -> None:
        """A payment that went back says so."""
        harness.needs(Ability.REFUND)
        opened = await harness.provider.create(harness.invoice())
        kept = await harness.visit(opened.pay_url)
        await harness.pay(kept)
        await harness.refund(kept)
        payment = await harness.word(opened.provider_id)
        assert (payment.state, payment.order_id, payment.amount) == (PaymentState.REFUNDED, ORDER, AMOUNT)

    async def test_look_failures(self, harness: Harness) -> None:
        """A question that fails becomes a failure of the port's, never a state."""
        harness.needs(Ability.LOOK)
        opened = await harness.provider.create(harness.invoice())
        for failure in harness.failures:
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await harness.word(opened.provider_id)
            assert type(caught.value) is failure


class ProviderHearing:
    async def test_notice(self, harness: Harness) -> None:
        """The vendor's call names the order, and is answered 200."""
        harness.needs(Ability.HEAR)
        await self._paid(harness)
        answer = heard(harness.provider, harness.notices[-1])
        assert answer.answer.status == 200
        assert answer.notification is not None
        assert answer.notification.order_id == ORDER

    async def test_payment_comes_along(self, harness: Harness) -> None:
        """Where the call is signed and all there is to go by, it carries the payment."""
        harness.needs(Ability.HEAR, Ability.PAYMENT)
        await self._paid(harness)
        notification = heard(harness.provider, harness.notices[-1]).notification
        assert notification is not None
        assert notification.payment is not None
        assert notification.payment.amount == AMOUNT

    async def test_duplicate(self, harness: Harness) -> None:
        """The same call twice means the same."""
        harness.needs(Ability.HEAR)
        await self._paid(harness)
        assert heard(harness.provider, harness.notices[-1]) == heard(harness.provider, harness.notices[-1])

    async def test_reordered(self, harness: Harness) -> None:
        """Calls that come in another order name the same order, and mean what they meant."""
        harness.needs(Ability.HEAR, Ability.REFUND)
        opened = await harness.provider.create(harness.invoice())
        kept = await harness.visit(opened.pay_url)
        await harness.pay(kept)
        await harness.refund(kept)
        backwards = [heard(harness.provider, request).notification for request in reversed(harness.notices)]
        forwards = [heard(harness.provider, request).notification for request in harness.notices]
        assert backwards == forwards[::-1]
        for each in forwards:
            assert each is not None
            assert each.order_id == ORDER or each.provider_id == opened.provider_id

    async def test_forged(self, harness: Harness) -> None:
        """A missing, a wrong and a non-ASCII signature are refused alike, and nothing is heard."""
        harness.needs(Ability.HEAR, Ability.SIGNATURES)
        await self._paid(harness)
        answers = [heard(harness.provider, request) for request in harness.forged()]
        assert len(answers) >= 3
        assert {answer.answer.status for answer in answers} <= {401, 403}
        assert all(answer.notification is None for answer in answers)

    async def test_foreign_shop(self, harness: Harness) -> None:
        """What the vendor signed for another shop is refused."""
        harness.needs(Ability.HEAR, Ability.SIGNATURES)
        await self._paid(harness)
        assert is_refused(heard(harness.provider, harness.foreign()))

    def test_garbage(self, harness: Harness) -> None:
        """What nobody can read is refused, never a fault of ours."""
        harness.needs(Ability.HEAR)
        requests = harness.garbage()
        assert requests
        assert all(is_refused(heard(harness.provider, request)) for request in requests)

    @settings(max_examples=100, deadline=None, suppress_health_check=SHARED)
    @given(fields=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), st.text(max_size=30), max_size=8))
    def test_any_signed_fields(self, harness: Harness, fields: dict[str, str]) -> None:
        """Any fields that the vendor might sign one day give an answer."""
        harness.needs(Ability.HEAR)
        assert 200 <= heard(harness.provider, harness.sealed(fields)).answer.status < 500

    @settings(max_examples=100, deadline=None, suppress_health_check=SHARED)
    @given(
        method=st.sampled_from(["GET", "POST"]),
        query=st.binary(max_size=80),
        body=st.binary(max_size=200),
        peer=st.text(max_size=20),
    )
    def test_any_bytes(self, harness: Harness, method: str, query: bytes, body: bytes, peer: str) -> None:
        """Any bytes give a refusal."""
        harness.needs(Ability.HEAR)
        request = RawRequest(method=method, path="", query=query, body=body, peer=peer, received_at=RECEIVED_AT)
        assert is_refused(heard(harness.provider, request))

    @staticmethod
    async def _paid(harness: Harness) -> None:
        opened = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(opened.pay_url))


def keeper(harness: Harness) -> ChargesSaved:
    """The provider, which keeps methods of payment."""
    assert isinstance(harness.provider, ChargesSaved)
    return harness.provider


class ProviderSaving:
    """A method that is stored by a first payment, and charged later: for the suite of a provider that can do it."""

    async def test_stores_only_what_was_agreed_to(self, harness: Harness) -> None:
        """A payment that does not save gives no method; one that does gives a token, and a name for its owner."""
        plain = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(plain.pay_url))
        assert (await harness.word(plain.provider_id)).saved is None
        saved = await self._saved(harness)
        assert saved.token
        assert saved.label == "*4242"
        assert saved.token not in repr(saved)

    async def test_charges(self, harness: Harness) -> None:
        """The money is taken without the subscriber: sum, currency and order are those of the invoice."""
        provider, saved = keeper(harness), await self._saved(harness)
        name = await provider.charge(harness.invoice(attempt=9, amount=77_700), saved.token)
        payment = await harness.word(name, attempt=9)
        assert (payment.state, payment.order_id, payment.amount) == (PaymentState.PAID, ORDER, 77_700)
        assert (payment.currency, payment.is_test) == ("RUB", False)

    async def test_same_key_is_one_charge(self, harness: Harness) -> None:
        """Whatever left the outcome unknown: asked again under its key it is one charge."""
        provider, saved = keeper(harness), await self._saved(harness)
        before = harness.opened
        for attempt, doubt in enumerate(harness.doubts, 11):
            harness.doubt(doubt)
            with pytest.raises(OutcomeUnknown):
                await provider.charge(harness.invoice(attempt=attempt), saved.token)
            first = await provider.charge(harness.invoice(attempt=attempt), saved.token)
            assert await provider.charge(harness.invoice(attempt=attempt), saved.token) == first
            assert (await harness.word(first, attempt=attempt)).state is PaymentState.PAID
        assert harness.opened == before + len(harness.doubts)

    async def test_refused(self, harness: Harness) -> None:
        """A card without money, and a token that nobody has: no money was taken, and why."""
        provider, saved = keeper(harness), await self._saved(harness)
        with pytest.raises(ContentRejected):
            await provider.charge(harness.invoice(attempt=20), "no-such-token")
        harness.refuse_charges()
        with pytest.raises(ContentRejected) as caught:
            await provider.charge(harness.invoice(attempt=21), saved.token)
        assert caught.value.detail
        assert saved.token not in str(caught.value)

    async def test_charge_failures(self, harness: Harness) -> None:
        """Each answer of the vendor becomes the failure that it means."""
        provider, saved = keeper(harness), await self._saved(harness)
        for attempt, failure in enumerate(harness.failures, 30):
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await provider.charge(harness.invoice(attempt=attempt), saved.token)
            assert type(caught.value) is failure

    @staticmethod
    async def _saved(harness: Harness) -> Saved:
        opened = await harness.provider.create(harness.invoice(attempt=5, saves=True))
        await harness.pay(await harness.visit(opened.pay_url))
        saved = (await harness.word(opened.provider_id, attempt=5)).saved
        assert saved is not None
        return saved


class ProviderQuiet:
    async def test_says_nothing_private(self, harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
        """No secret, address, number or link stands in a log line, an exception, its traceback or a repr."""
        caplog.set_level(logging.DEBUG)
        opened = await harness.provider.create(harness.invoice())
        if Ability.TELL not in harness.cannot:
            await harness.pay(await harness.visit(opened.pay_url))
        said = [repr(harness.provider), repr(harness.invoice()), repr(opened)]
        said += [repr(vars(harness.provider).get("_settings"))]
        calls = [] if Ability.LOOK in harness.cannot else [partial(harness.word, opened.provider_id)]
        calls += (
            [] if Ability.CALLS in harness.cannot else [partial(harness.provider.create, harness.invoice(attempt=2))]
        )
        for call, failure in product(calls, harness.failures):
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await call()
            said += [repr(caught.value), caught.value.detail, "".join(traceback.format_exception(caught.value))]
        if Ability.HEAR not in harness.cannot:
            signed = [] if Ability.SIGNATURES in harness.cannot else [*harness.forged(), harness.foreign()]
            for request in [*harness.notices, *harness.garbage(), *signed]:
                answer = heard(harness.provider, request)
                said += [repr(request), repr(answer), repr(answer.answer.body)]
        said += [record.getMessage() for record in caplog.records] + [caplog.text]
        for word in (*harness.secrets, ACCOUNT, EMAIL, PHONE, opened.pay_url):
            assert not [line for line in said if word in line]


class ProviderConformance(ProviderLife, ProviderCreating, ProviderTelling, ProviderHearing, ProviderQuiet):
    """The whole contract; with `ProviderSaving` beside it, that of a provider which keeps methods of payment."""
