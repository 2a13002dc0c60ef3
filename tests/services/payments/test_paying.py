"""From the button on our page to what the provider said, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.domain.decisions import PAYMENT_MISMATCH, PAYMENT_TWICE
from core.domain.orders import PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, RateLimited, TemporarilyUnavailable
from core.services.payments import Refused, Stage, View
from core.storage.database import Database
from core.storage.tables import payment_attempt, payment_order, payment_page
from tests.conftest import FixedClock
from tests.services.payments.bench import DEBT, OTHER, SECOND, TOKEN, Bench, bench_of, over

PAID, FAILED, REFUNDED, PENDING = (
    PaymentState.PAID,
    PaymentState.FAILED,
    PaymentState.REFUNDED,
    PaymentState.PENDING,
)


@pytest.fixture
async def bench(database: Database, clock: FixedClock) -> Bench:
    return await bench_of(database, clock)


async def pay(bench: Bench, token: str = TOKEN, amount: int = DEBT, method: str = "", email: str = "") -> View:
    view = await bench.payments.pay(token, amount=amount, method=method, email=email)
    assert view is not None
    return view


async def test_looking_changes_nothing(bench: Bench) -> None:
    """Messengers fetch links to preview them: a look makes no order and calls nobody."""
    for _ in range(3):
        view = await bench.payments.view(TOKEN)
        assert view is not None
        assert (view.stage, view.amount, view.provider) == (Stage.OPEN, DEBT, "bank")
    assert await bench.orders() == []
    assert bench.bank.calls == []


PROPOSED = {"what it was made with": (50_000, 50_000), "the debt": (None, DEBT), "nothing": (0, None)}


@pytest.mark.parametrize("name", PROPOSED)
async def test_what_a_page_proposes(bench: Bench, name: str) -> None:
    """Its own sum, else the debt; and nothing where its link was sent with the words that nothing is to be paid."""
    amount, proposed = PROPOSED[name]
    await bench.database.write(lambda connection: connection.execute(update(payment_page).values(amount=amount)))
    view = await bench.payments.view(TOKEN)
    assert view is not None
    assert view.amount == proposed


@pytest.mark.parametrize("token", ["", "short", "no-such-token-of-ours-at-all", "../../etc/passwd", "x" * 500])
async def test_an_unknown_link_shows_nothing(bench: Bench, token: str) -> None:
    """Whatever stands in the address."""
    assert await bench.payments.view(token) is None
    assert await bench.payments.pay(token, amount=DEBT) is None


async def test_the_button_leads_to_the_bank(bench: Bench) -> None:
    """One order, one attempt, and the page knows where to pay; the e-mail is kept for the receipt."""
    view = await pay(bench, email="me@example.ru")
    assert (view.stage, view.pay_url) == (Stage.WAITING, "https://bank.example/p1")
    (attempt,) = await bench.rows(payment_attempt)
    (invoice,) = bench.bank.invoices.values()
    assert (invoice.amount, invoice.account_number, invoice.email) == (DEBT, "2701001101", "me@example.ru")
    assert invoice.idempotency_key == attempt.key
    assert invoice.return_url.startswith("https://sms.example.ru/pay/")
    assert attempt.return_url == ""
    back = await bench.payments.view(invoice.return_url.rpartition("/")[2])
    assert back is not None
    assert back.stage is Stage.WAITING


async def test_pressing_twice_is_one_payment(bench: Bench) -> None:
    """A double click, a reload, and the same link in another chat: one order, one payment at the provider."""
    await bench.page(SECOND, OTHER)
    views = await asyncio.gather(pay(bench), pay(bench), pay(bench, SECOND))
    assert {view.pay_url for view in [*views, await pay(bench)]} == {"https://bank.example/p1"}
    assert await bench.orders() == ["pending"]
    assert len(bench.bank.invoices) == 1


async def test_paid_is_told_once(bench: Bench) -> None:
    """The notification says where to look; what the look says is applied, and the subscriber hears of it."""
    await pay(bench)
    bench.bank.says("p1", PAID, receipt_url="https://ofd.example/1")
    answer = await bench.hear("p1 succeeded")
    assert answer is not None
    assert answer.body == b"OK"
    assert await bench.orders() == ["pending"]
    await bench.payments.work()
    assert await bench.orders() == ["paid"]
    (told,) = await bench.told()
    assert "*1101" in told
    assert "987,65" in told
    assert bench.nudges
    view = await bench.payments.view(TOKEN)
    assert view is not None
    assert (view.stage, view.receipt_url, view.transit) == (Stage.PAID, "https://ofd.example/1", DEBT)


async def test_notifications_thrice_and_out_of_order_are_one_payment(bench: Bench) -> None:
    """Paid, waiting, paid again, and an old failure: paid once, told once."""
    await pay(bench)
    bench.bank.says("p1", PAID)
    for call in ("p1 succeeded", "p1 succeeded", "p1 pending", "p1 succeeded again", "p1 canceled"):
        await bench.hear(call)
        await bench.payments.work()
    assert await bench.notices() == 4
    assert await bench.orders() == ["paid"]
    assert len(await bench.told()) == 1
    assert await bench.cases() == []


async def test_signed_words_out_of_order_are_one_payment(bench: Bench) -> None:
    """Where the word itself is signed it is applied with its notice; what comes late undoes nothing."""
    bench.bank.signs = True
    await pay(bench)
    for state in (PAID, PENDING, FAILED, PAID):
        bench.bank.says("p1", state)
        await bench.hear(f"p1 {state}")
        await bench.hear(f"p1 {state} once more")
    assert await bench.orders() == ["paid"]
    assert len(await bench.told()) == 1


async def test_signed_money_for_no_order_is_a_case(bench: Bench) -> None:
    """Somebody has paid, and we do not know for what: staff hear of it."""
    bench.bank.signs = True
    await pay(bench)
    bench.bank.words["p7"] = bench.bank.word("p1", PAID, order_id=12345)
    bench.bank.words["p7"] = type(bench.bank.words["p7"])(
        state=PAID, provider_id="p7", order_id=12345, amount=DEBT, currency="RUB"
    )
    await bench.hear("p7 paid")
    assert await bench.cases() == [PAYMENT_MISMATCH]
    assert await bench.orders() == ["pending"]


@pytest.mark.parametrize("wrong", [{"amount": 100}, {"currency": "USD"}, {"order_id": 1}, {"is_test": True}])
async def test_what_does_not_fit_is_not_credited(bench: Bench, wrong: dict[str, object]) -> None:
    """One case, however often it is said; nothing is credited and nobody is told anything."""
    await pay(bench)
    bench.bank.says("p1", PAID, **wrong)
    for call in ("p1 a", "p1 b", "p1 c"):
        await bench.hear(call)
        await bench.payments.work()
    assert await bench.orders() == ["pending"]
    assert await bench.cases() == [PAYMENT_MISMATCH]
    assert await bench.told() == []


async def test_a_foreign_call_is_refused(bench: Bench) -> None:
    """Nothing of it is kept; a provider that we do not have is nobody."""
    answer = await bench.hear("foreign")
    assert answer is not None
    assert answer.status == 403
    assert await bench.notices() == 0
    assert await bench.payments.hear("other", None) is None  # type: ignore[arg-type]


async def test_polling_is_the_safety_net(bench: Bench) -> None:
    """No notification ever comes: the provider is asked, ever more rarely, and the payment is found."""
    await pay(bench)
    assert await bench.payments.work() == 0
    for minutes in (1, 2, 4):
        bench.clock.advance(minutes=minutes)
        assert await bench.payments.work() == 1
    bench.bank.says("p1", PAID)
    bench.clock.advance(minutes=8)
    await bench.payments.work()
    assert await bench.orders() == ["paid"]
    bench.clock.advance(days=10)
    assert await bench.payments.work() == 0


@pytest.mark.parametrize(
    "failure", [OutcomeUnknown("broke off"), TemporarilyUnavailable("no way"), RateLimited(90), RuntimeError("ours")]
)
async def test_an_answer_that_is_missing_is_asked_for_with_the_same_key(bench: Bench, failure: Exception) -> None:
    """The attempt stays; the page says so; then the same key gives the same payment."""
    bench.bank.failures = [failure]
    view = await pay(bench)
    assert view.stage is Stage.ASKING
    assert await bench.orders() == ["created"]
    bench.clock.advance(minutes=2)
    await bench.payments.work()
    view = await bench.payments.view(TOKEN)  # type: ignore[assignment]
    assert view.stage is Stage.WAITING
    assert len(set(bench.bank.calls)) == 1
    assert len(bench.bank.calls) == 2


async def test_pressing_again_asks_at_once_with_the_same_key(bench: Bench) -> None:
    """Nobody waits for the background where he can press again."""
    bench.bank.failures = [OutcomeUnknown("broke off")]
    assert (await pay(bench)).stage is Stage.ASKING
    assert (await pay(bench)).stage is Stage.WAITING
    assert len(set(bench.bank.calls)) == 1


@pytest.mark.parametrize("failure", [ContentRejected("amount", "too much"), Misconfigured("401")])
async def test_a_refusal_fails_the_order(bench: Bench, failure: Exception) -> None:
    """The page says so, the chat does not; the next press is a new order with a new key."""
    bench.bank.failures = [failure]
    assert (await pay(bench)).stage is Stage.FAILED
    assert await bench.told() == []
    assert (await pay(bench)).stage is Stage.WAITING
    assert sorted(await bench.orders()) == ["failed", "pending"]
    assert len(set(bench.bank.calls)) == 2


async def test_another_method_is_another_attempt_of_the_same_order(bench: Bench) -> None:
    """Whoever changes his mind gets another page of the bank; if one fails, the order goes on."""
    await pay(bench, method="bank_card")
    assert (await pay(bench, method="sbp")).pay_url == "https://bank.example/p2"
    await pay(bench, method="bank_card")
    assert len(bench.bank.invoices) == 2
    bench.bank.says("p1", FAILED)
    await bench.hear("p1 canceled")
    await bench.payments.work()
    assert await bench.orders() == ["pending"]
    assert await bench.attempts() == ["failed", "pending"]
    assert await bench.told() == []


async def test_a_second_payment_of_one_order_is_a_case(bench: Bench) -> None:
    """Both attempts are paid: the order counts once, staff offer the second back."""
    await pay(bench, method="bank_card")
    await pay(bench, method="sbp")
    for name in ("p1", "p2"):
        bench.bank.says(name, PAID)
        await bench.hear(name)
        await bench.payments.work()
    assert await bench.orders() == ["paid"]
    assert await bench.cases() == [PAYMENT_TWICE]
    assert len(await bench.told()) == 1


async def test_two_orders_beyond_the_debt_are_a_case(bench: Bench) -> None:
    """Each is credited, and whoever paid more than he owed is asked whether he wants it back."""
    await bench.page(SECOND)
    await pay(bench)
    await pay(bench, SECOND, amount=50_000)
    for name in ("p1", "p2"):
        bench.bank.says(name, PAID)
        await bench.hear(name)
        await bench.payments.work()
    assert await bench.orders() == ["paid", "paid"]
    assert await bench.cases() == [PAYMENT_TWICE]


async def test_an_order_expires_and_its_money_counts_all_the_same(bench: Bench) -> None:
    """After a day the page says so; what the bank took at the last moment is credited when we hear of it."""
    await pay(bench)
    bench.clock.advance(hours=24)
    await bench.payments.work()
    assert await bench.orders() == ["expired"]
    view = await pay(bench)
    assert view.stage is Stage.EXPIRED
    assert len(bench.bank.invoices) == 1
    bench.bank.says("p1", PAID)
    bench.clock.advance(hours=12)
    await bench.payments.work()
    assert await bench.orders() == ["paid"]
    assert len(await bench.told()) == 1


async def test_money_after_a_failure_counts(bench: Bench) -> None:
    """The provider has changed his mind."""
    await pay(bench)
    bench.bank.says("p1", FAILED)
    await bench.hear("p1 canceled")
    await bench.payments.work()
    assert await bench.orders() == ["failed"]
    bench.bank.says("p1", PAID)
    await bench.hear("p1 succeeded")
    await bench.payments.work()
    assert await bench.orders() == ["paid"]
    first, second = await bench.told()
    assert "не завершён" in first
    assert "прошла" in second


async def test_a_refund_is_told(bench: Bench) -> None:
    """What was paid went back; the order does not count any more."""
    await pay(bench)
    for state in (PAID, REFUNDED):
        bench.bank.says("p1", state)
        await bench.hear(f"p1 {state}")
        await bench.payments.work()
    assert await bench.orders() == ["refunded"]
    assert "возвращён" in (await bench.told())[1]
    view = await bench.payments.view(TOKEN)
    assert view is not None
    assert (view.stage, view.transit) == (Stage.REFUNDED, 0)


async def test_where_nothing_may_be_said_the_chat_says_only_how_it_went(bench: Bench) -> None:
    """Neither sum nor account nor receipt in a restricted channel."""
    await bench.page(SECOND, OTHER)
    await pay(bench, SECOND)
    bench.bank.says("p1", PAID, receipt_url="https://ofd.example/1")
    await bench.hear("p1")
    await bench.payments.work()
    (told,) = await bench.told()
    assert "прошла" in told
    assert "987" not in told
    assert "1101" not in told


@pytest.mark.parametrize("amount", [0, -DEBT, 999, 10_000_001])
async def test_sums_beyond_the_limits_are_refused(bench: Bench, amount: int) -> None:
    """Before anything is stored."""
    with pytest.raises(Refused, match="amount"):
        await pay(bench, amount=amount)
    assert await bench.orders() == []


async def test_a_method_that_is_not_offered_is_refused(bench: Bench) -> None:
    """A form that somebody has changed."""
    with pytest.raises(Refused, match="method"):
        await pay(bench, method="cash")
    assert await bench.orders() == []


async def test_an_expired_link_takes_no_payment(bench: Bench) -> None:
    """Nothing is made, and the page says that it is too late."""
    bench.clock.advance(hours=24)
    assert (await pay(bench)).stage is Stage.EXPIRED
    assert await bench.orders() == []


async def test_what_a_crash_interrupts_goes_on(bench: Bench) -> None:
    """A process that dies between storing the key and the provider's answer: the next one asks with the same key."""
    bench.bank.failures = [OutcomeUnknown("and then the process was killed")]
    await pay(bench)
    after = over(bench.database, bench.clock, bench.bank, bench.nudges)
    bench.clock.advance(minutes=1)
    await after.work()
    assert await bench.orders() == ["pending"]
    assert len(set(bench.bank.calls)) == 1


async def test_a_provider_that_is_gone_loses_no_order(bench: Bench) -> None:
    """Taken out of the settings by mistake: the order waits, and is looked at once he is back."""
    await pay(bench)
    bench.bank.says("p1", PAID)
    without = over(bench.database, bench.clock, bench.bank, bench.nudges)
    without._providers = {}
    bench.clock.advance(minutes=1)
    await without.work()
    assert await bench.orders() == ["pending"]
    bench.clock.advance(hours=1)
    await bench.payments.work()
    assert await bench.orders() == ["paid"]


async def test_the_email_is_kept_no_longer_than_needed(bench: Bench) -> None:
    """With the payment's end it goes."""
    await pay(bench, email="me@example.ru")
    bench.bank.says("p1", PAID)
    await bench.hear("p1")
    await bench.payments.work()
    (attempt,) = await bench.rows(payment_attempt)
    assert attempt.email == ""
    (order,) = await bench.rows(payment_order)
    assert (order.provider_id, order.method) == ("p1", "bank_card")
    assert order.paid_at - bench.clock.now() <= timedelta()


async def test_closing_waits_for_the_call_under_way(bench: Bench) -> None:
    """A stop does not leave a call without its outcome."""
    await pay(bench)
    await bench.payments.close()
    assert bench.bank.closed == 1
