"""What a provider's word means, as a table, and for every order of words."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.decisions import PAYMENT_MISMATCH, PAYMENT_TWICE
from core.domain.orders import (
    LATE,
    MOVES,
    OPEN,
    Attempt,
    Order,
    OrderState,
    Paid,
    Payment,
    PaymentState,
    Standing,
    Terms,
    Verdict,
    in_transit,
    judge,
    next_look,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SUM = 98_765
CREATED, PENDING, PAID, FAILED, EXPIRED, REFUNDED = OrderState
ALONE = Standing(owed=SUM)


def an_order(state: OrderState = PENDING, provider_id: str = "") -> Order:
    return Order(
        id=7,
        account_id=1,
        branch="khb",
        amount=SUM,
        state=state,
        provider="bank",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        provider_id=provider_id,
    )


def an_attempt(state: OrderState = PENDING, **more: object) -> Attempt:
    row = {"id": 8, "order_id": 7, "number": 1, "provider": "bank", "key": "k", "state": state, "created_at": NOW}
    return Attempt(**(row | more))  # type: ignore[arg-type]


def word(state: PaymentState, provider_id: str = "p1", **more: object) -> Payment:
    said = {"provider_id": provider_id, "order_id": 7, "amount": SUM, "currency": "RUB"}
    return Payment(state=state, **(said | more))  # type: ignore[arg-type]


TABLE = [
    # order, attempt, word: order and attempt afterwards, case, told
    (CREATED, CREATED, "pending", Verdict(order=PENDING, attempt=PENDING)),
    (CREATED, CREATED, "paid", Verdict(order=PAID, attempt=PAID, told="payment-paid")),
    (CREATED, CREATED, "failed", Verdict(order=FAILED, attempt=FAILED)),
    (PENDING, PENDING, "pending", Verdict()),
    (PENDING, PENDING, "paid", Verdict(order=PAID, attempt=PAID, told="payment-paid")),
    (PENDING, PENDING, "failed", Verdict(order=FAILED, attempt=FAILED, told="payment-failed")),
    (PENDING, PENDING, "unknown", Verdict()),
    (PENDING, CREATED, "pending", Verdict(attempt=PENDING)),
    (PENDING, PENDING, "refunded", Verdict(order=REFUNDED, attempt=REFUNDED, told="payment-refunded")),
    (FAILED, FAILED, "failed", Verdict()),
    (FAILED, FAILED, "pending", Verdict()),
    (FAILED, FAILED, "paid", Verdict(order=PAID, attempt=PAID, told="payment-paid")),
    (EXPIRED, EXPIRED, "pending", Verdict()),
    (EXPIRED, EXPIRED, "failed", Verdict(attempt=FAILED)),
    (EXPIRED, EXPIRED, "paid", Verdict(order=PAID, attempt=PAID, told="payment-paid")),
    (PAID, PAID, "pending", Verdict()),
    (PAID, PAID, "failed", Verdict()),
    (PAID, PAID, "paid", Verdict()),
    (PAID, PAID, "refunded", Verdict(order=REFUNDED, attempt=REFUNDED, told="payment-refunded")),
    (REFUNDED, REFUNDED, "paid", Verdict()),
    (REFUNDED, REFUNDED, "pending", Verdict()),
    (PAID, PENDING, "paid", Verdict(attempt=PAID, case=PAYMENT_TWICE)),
    (PAID, PENDING, "failed", Verdict(attempt=FAILED)),
    (REFUNDED, PENDING, "paid", Verdict(attempt=PAID, case=PAYMENT_TWICE)),
]


@pytest.mark.parametrize(("order", "attempt", "said", "expected"), TABLE)
def test_what_a_word_means(order: OrderState, attempt: OrderState, said: str, expected: Verdict) -> None:
    """Money that came is never turned away, and what was said before means nothing."""
    assert judge(an_order(order), an_attempt(attempt), word(PaymentState(said)), ALONE) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": SUM - 1},
        {"amount": SUM + 1},
        {"amount": 0},
        {"currency": "USD"},
        {"currency": ""},
        {"order_id": 9},
        {"is_test": True},
    ],
)
@pytest.mark.parametrize("state", [PaymentState.PAID, PaymentState.REFUNDED])
@pytest.mark.parametrize("order", [PENDING, EXPIRED, FAILED])
def test_what_does_not_fit_is_not_credited(order: OrderState, state: PaymentState, wrong: dict[str, object]) -> None:
    """Another sum, currency, order or mode is a case, once, and moves nothing."""
    said = word(state, **wrong)
    assert judge(an_order(order), an_attempt(), said, ALONE) == Verdict(case=PAYMENT_MISMATCH)
    assert judge(an_order(order), an_attempt(doubted=True), said, ALONE) == Verdict()


def test_live_money_in_test_mode_does_not_fit() -> None:
    """Where the shop is a test shop, only test payments count."""
    standing = Standing(owed=SUM, is_test=True)
    assert judge(an_order(), an_attempt(), word(PaymentState.PAID), standing).case == PAYMENT_MISMATCH
    assert judge(an_order(), an_attempt(), word(PaymentState.PAID, is_test=True), standing).order is PAID


def test_an_order_waits_for_its_other_attempt() -> None:
    """One of two attempts fails, and the order stays open: the subscriber has the other page before him."""
    standing = Standing(owed=SUM, others_open=True)
    assert judge(an_order(), an_attempt(), word(PaymentState.FAILED), standing) == Verdict(attempt=FAILED)


def test_giving_the_second_back_leaves_the_first() -> None:
    """The order was paid twice; the refund of the second payment is no refund of the order."""
    verdict = judge(an_order(PAID, "p1"), an_attempt(PAID), word(PaymentState.REFUNDED, "p2"), ALONE)
    assert verdict == Verdict(attempt=REFUNDED)


AGAIN = [
    (PaymentState.PAID, "p1", SUM, False, ""),
    (PaymentState.PAID, "p2", SUM, False, PAYMENT_TWICE),
    (PaymentState.PAID, "p2", SUM + 1, False, PAYMENT_MISMATCH),
    (PaymentState.FAILED, "p2", SUM, False, ""),
    (PaymentState.FAILED, "p2", SUM, True, ""),
    (PaymentState.REFUNDED, "p2", SUM, True, PAYMENT_TWICE),
]


@pytest.mark.parametrize(("state", "name", "amount", "doubted", "case"), AGAIN)
def test_one_link_is_paid_again(state: PaymentState, name: str, amount: int, doubted: bool, case: str) -> None:  # noqa: FBT001 - a column
    """Under another name it is another payment: a case, which moves nothing; and so is what goes back after that."""
    attempt = an_attempt(PAID, provider_id="p1", doubted=doubted)
    assert judge(an_order(PAID, "p1"), attempt, word(state, name, amount=amount), ALONE) == Verdict(case=case)


def test_a_refund_may_have_a_name_of_its_own() -> None:
    """Where the link was paid once, whatever goes back is that payment."""
    attempt = an_attempt(PAID, provider_id="p1")
    assert judge(an_order(PAID, "p1"), attempt, word(PaymentState.REFUNDED, "r1"), ALONE).order is REFUNDED


@pytest.mark.parametrize(
    ("owed", "others", "is_twice"),
    [
        (SUM, 0, False),
        (SUM, SUM, True),
        (2 * SUM, SUM, False),
        (2 * SUM - 1, SUM, True),
        (None, 100, True),
        (None, 0, False),
        (-100, 100, True),
    ],
)
def test_two_orders_of_one_account(owed: int | None, others: int, is_twice: bool) -> None:  # noqa: FBT001 - a column
    """Credited both; a case where together they are more than was owed."""
    verdict = judge(an_order(), an_attempt(), word(PaymentState.PAID), Standing(owed=owed, others_paid=others))
    assert verdict.order is PAID
    assert (verdict.case == PAYMENT_TWICE) is is_twice


WORDS = st.lists(st.sampled_from(list(PaymentState)), max_size=8)


@given(WORDS, st.permutations(range(8)))
def test_repeats_and_disorder_credit_once(words: list[PaymentState], order_of: list[int]) -> None:
    """Whatever is said, however often and in whatever order: told paid once at most, and paid if paid was said."""
    said = [words[place] for place in order_of if place < len(words)]
    order, attempt, told = an_order(CREATED), an_attempt(CREATED), []
    for state in said + said:
        verdict = judge(order, attempt, word(state), ALONE)
        if verdict.order is not None:
            assert (order.state, verdict.order) in MOVES
            order.state = verdict.order
            if verdict.order is PAID:
                order.provider_id = "p1"
        attempt.state = verdict.attempt or attempt.state
        told += [verdict.told] if verdict.told else []
        assert not verdict.case
    assert told.count("payment-paid") <= 1
    if PaymentState.PAID in said and PaymentState.REFUNDED not in said:
        assert order.state is PAID
    if PaymentState.REFUNDED in said:
        assert order.state is REFUNDED


def test_open_states_are_those_that_may_still_be_paid_here() -> None:
    """What is open is neither ended nor credited."""
    assert {CREATED, PENDING} == OPEN


@pytest.mark.parametrize(
    ("paid_at", "balance_date", "expected"),
    [
        ("2026-11-20T10:00+00:00", date(2026, 11, 1), SUM),
        ("2026-11-20T10:00+00:00", date(2026, 11, 20), SUM),
        ("2026-11-20T10:00+00:00", date(2026, 11, 21), 0),
        ("2026-11-20T15:00+00:00", date(2026, 11, 21), SUM),
        ("2026-11-20T10:00+00:00", None, SUM),
    ],
)
def test_on_its_way_until_a_later_balance(paid_at: str, balance_date: date | None, expected: int) -> None:
    """A payment counts as on its way until a balance of a later day, by the branch's calendar."""
    paid = [Paid(amount=SUM, paid_at=datetime.fromisoformat(paid_at))]
    assert in_transit(paid, balance_date, ZoneInfo("Asia/Vladivostok")) == expected


def test_looks_grow_rarer_and_end() -> None:
    """Often at first, once at the order's end exactly, and no more three days after it."""
    order, attempt, now, looks = an_order(), an_attempt(), NOW, []
    while (following := next_look(attempt, order, now)) is not None:
        assert following > now
        looks.append(following)
        attempt.looks += 1
        now = following
    assert looks[0] - NOW == timedelta(minutes=1)
    assert order.expires_at in looks
    assert looks[-1] < order.expires_at + LATE
    assert len(looks) < 40


def test_sums_have_limits() -> None:
    """From ten roubles to a hundred thousand, both included; a debt is proposed within them."""
    terms = Terms()
    assert [terms.allows(amount) for amount in (999, 1_000, 10_000_000, 10_000_001)] == [False, True, True, False]
    assert [terms.proposed(debt) for debt in (1, SUM, 99_999_999)] == [1_000, SUM, 10_000_000]
