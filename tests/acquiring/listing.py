"""What every provider promises that gives out its list of a day: for the suite of one that does, beside the others."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.acquiring.cloudpayments.emulator import CloudpaymentsEmulator
from core.acquiring.yookassa.emulator import YookassaEmulator
from core.domain.registers import Entry, Unread
from core.ports.acquiring import ListsPayments, PaymentProvider
from core.ports.channel import Misconfigured, OutcomeUnknown, SendFailure, TemporarilyUnavailable
from tests.acquiring.harness import ACCOUNT, AMOUNT, ORDER, Harness
from tests.conftest import FixedClock

DAY = date(2026, 11, 22)
BEGINS = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
"""Midnight in Moscow."""
SECOND = timedelta(seconds=1)


async def listed(provider: PaymentProvider, day: date = DAY) -> list[Entry | Unread]:
    """The whole list."""
    assert isinstance(provider, ListsPayments)
    return [each async for each in provider.list_payments(day)]


def shown(entries: list[Entry | Unread]) -> list[tuple[int | None, int, bool, int]]:
    """What a register has to have: order, sum, which way; and that there is no line."""
    assert all(isinstance(each, Entry) for each in entries)
    return sorted((each.order, each.amount, each.refund, each.line) for each in entries if isinstance(each, Entry))


async def paid(harness: Harness, order: int, amount: int = AMOUNT) -> object:
    """A payment from the link to the bank."""
    opened = await harness.provider.create(harness.invoice(order_id=order, amount=amount))
    kept = await harness.visit(opened.pay_url)
    await harness.pay(kept, amount=amount)
    return kept


class ProviderListing:
    async def test_a_day_is_moscows(self, harness: Harness, clock: FixedClock) -> None:
        """From its midnight on to the last second: by the time of paying, whenever the payment was opened."""
        moments = (BEGINS - SECOND, BEGINS, BEGINS + timedelta(days=1) - SECOND, BEGINS + timedelta(days=1))
        clock.moment = BEGINS - timedelta(hours=3)
        links = [(await harness.provider.create(harness.invoice(order_id=ORDER + n))).pay_url for n in range(4)]
        for link, moment in zip(links, moments, strict=True):
            clock.moment = moment
            await harness.pay(await harness.visit(link))
        assert shown(await listed(harness.provider)) == [(ORDER + n, AMOUNT, False, 0) for n in (1, 2)]
        assert shown(await listed(harness.provider, DAY + timedelta(days=1))) == [(ORDER + 3, AMOUNT, False, 0)]
        assert await listed(harness.provider, DAY + timedelta(days=9)) == []

    async def test_only_money_is_listed(self, harness: Harness) -> None:
        """To the kopeck; an open payment and one that failed are no lines of a register."""
        await harness.provider.create(harness.invoice(order_id=ORDER + 1))
        refused = await harness.provider.create(harness.invoice(order_id=ORDER + 2))
        await harness.decline(await harness.visit(refused.pay_url))
        await paid(harness, ORDER + 3, 1)
        await paid(harness, ORDER + 4, 9_999_999)
        assert shown(await listed(harness.provider)) == [(ORDER + 3, 1, False, 0), (ORDER + 4, 9_999_999, False, 0)]

    async def test_refunds_stand_in_their_own_day(self, harness: Harness, clock: FixedClock) -> None:
        """And the payment stays in the day on which it was paid."""
        kept = await paid(harness, ORDER)
        clock.advance(days=1)
        await harness.refund(kept)
        payments, refunds = await listed(harness.provider), await listed(harness.provider, DAY + timedelta(days=1))
        assert shown(payments) == [(ORDER, AMOUNT, False, 0)]
        (back,) = refunds
        assert isinstance(back, Entry)
        assert (back.amount, back.refund) == (AMOUNT, True)
        assert back.order == ORDER or back.payment in {each.payment for each in payments}

    @pytest.mark.parametrize("is_test", [True, False])
    async def test_test_payments_say_so(self, harness: Harness, is_test: bool) -> None:  # noqa: FBT001 - a column
        """Whether money moved, the comparison decides."""
        emulator = vars(harness)["emulator"]
        assert isinstance(emulator, YookassaEmulator | CloudpaymentsEmulator)
        emulator.is_test = is_test
        await paid(harness, ORDER)
        assert [each.is_test for each in await listed(harness.provider) if isinstance(each, Entry)] == [is_test]

    async def test_another_currency_is_no_sum_of_ours(self, harness: Harness) -> None:
        """It is told, and not taken for roubles."""
        opened = await harness.provider.create(harness.invoice())
        await harness.pay(await harness.visit(opened.pay_url), currency="USD")
        (unread,) = await listed(harness.provider)
        assert isinstance(unread, Unread)
        assert unread.payment
        assert "RUB" in unread.reason

    async def test_failures(self, harness: Harness) -> None:
        """Each answer of the vendor becomes the failure that it means, and says nothing private."""
        await paid(harness, ORDER)
        for failure in harness.failures:
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await listed(harness.provider)
            assert type(caught.value) is failure
            assert not [word for word in (*harness.secrets, ACCOUNT, str(ORDER)) if word in str(caught.value)]

    async def test_doubts_are_never_a_shorter_list(self, harness: Harness) -> None:
        """A call that breaks off, and an answer that cannot be read: nobody knows what was paid."""
        await paid(harness, ORDER)
        for doubt in harness.doubts:
            harness.doubt(doubt)
            with pytest.raises(OutcomeUnknown):
                await listed(harness.provider)
        assert len(await listed(harness.provider)) == 1

    async def test_silence(self, harness: Harness) -> None:
        """A vendor who does not answer is given up on."""
        impatient = harness.build(total_seconds=0.2)
        hung_up = harness.hang()
        with pytest.raises(OutcomeUnknown):
            await listed(impatient)
        await hung_up.wait()
        await impatient.close()

    async def test_nobody_there_and_nobody_let_in(self, harness: Harness) -> None:
        """The one may be tried again later, the other is for staff."""
        for provider, failure in (
            (harness.unreachable(), TemporarilyUnavailable),
            (harness.intruder(), Misconfigured),
        ):
            with pytest.raises(failure):
                await listed(provider)
            await provider.close()
