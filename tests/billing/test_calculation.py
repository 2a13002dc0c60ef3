"""The call to billing: what is sent, what is understood, and what is not."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from core.billing.calculation import HttpCalculation, Settings, understood
from core.domain.calculations import Calculated, Item, Question, Usage
from core.ports.calculation import CalculationFailed
from tests.billing.calculator import TOKEN, BillingEmulator, Fault

QUESTION = Question("khb", "2701001101", (Usage("31002201", (5200,), date(2026, 11, 22)),))


@pytest.fixture
async def billing() -> AsyncIterator[BillingEmulator]:
    emulator = BillingEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


async def ask(billing: BillingEmulator, *, token: str = TOKEN, seconds: float = 5.0) -> Calculated | None:
    call = HttpCalculation(Settings(billing.url, token, seconds))
    await call.open()
    try:
        return await call.calculate(QUESTION)
    finally:
        await call.close()
        await call.close()


async def test_it_is_asked_and_answers(billing: BillingEmulator) -> None:
    """The whole of the contract, both ways."""
    billing.accounts["2701001101"] = {
        "charge": "371.40",
        "to_pay": "1358.45",
        "to_pay_on": "2026-11-21",
        "items": [{"name": "По счётчику", "sum": "400.00"}, {"name": "Льгота", "sum": "-28.60"}],
    }
    said = await ask(billing)
    assert billing.asked == [
        {
            "branch": "khb",
            "account": "2701001101",
            "meters": [{"serial": "31002201", "values": [5200], "read_on": "2026-11-22"}],
        }
    ]
    assert said == Calculated(
        charge=37_140,
        to_pay=135_845,
        to_pay_on=date(2026, 11, 21),
        items=(Item("По счётчику", 40_000), Item("Льгота", -2_860)),
    )


async def test_an_account_may_be_unknown(billing: BillingEmulator) -> None:
    """That is an answer, not a failure."""
    assert await ask(billing) is None


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.HANG])
async def test_a_fault_is_told_without_what_was_asked(billing: BillingEmulator, fault: Fault) -> None:
    """Whatever billing does, the failure names neither account nor values, nor its own address."""
    billing.fault = fault
    with pytest.raises(CalculationFailed) as failure:
        await ask(billing)
    assert not any(word in str(failure.value) for word in ("2701001101", "5200", billing.url))


async def test_it_is_not_waited_for(billing: BillingEmulator) -> None:
    """Billing that hangs is given up."""
    billing.fault = Fault.HANG
    with pytest.raises(CalculationFailed, match="TimeoutError"):
        await ask(billing, seconds=0.1)


async def test_it_must_know_us(billing: BillingEmulator) -> None:
    """A wrong token is told as such."""
    with pytest.raises(CalculationFailed, match="HTTP 401"):
        await ask(billing, token="another")


async def test_nobody_may_be_there(billing: BillingEmulator) -> None:
    """As while billing is being updated."""
    await billing.stop()
    with pytest.raises(CalculationFailed, match="does not answer"):
        await ask(billing)


SUMS = [
    ('{"charge": "371.40"}', Calculated(charge=37_140)),
    ('{"charge": 371.4}', Calculated(charge=37_140)),
    ('{"charge": 371}', Calculated(charge=37_100)),
    ('{"charge": "0"}', Calculated(charge=0)),
    ('{"charge": 0.29, "to_pay": -0.07}', Calculated(charge=29, to_pay=-7)),
    ('{"charge": "1.00", "to_pay": null, "items": null, "to_pay_on": null}', Calculated(charge=100)),
    ('{"charge": "-5.00"}', None),
    ('{"charge": "2.00", "items": [{"name": "a", "sum": "1.00"}]}', Calculated(charge=200)),
    ('{"charge": "9.00", "items": [' + ", ".join(['{"name": "a", "sum": "1.00"}'] * 9) + "]}", Calculated(charge=900)),
    (
        '{"charge": "1.00", "items": [{"name": " two\\n lines\\u0007 ", "sum": "1.00"}]}',
        Calculated(charge=100, items=(Item("two lines", 100),)),
    ),
]


@pytest.mark.parametrize(("body", "expected"), SUMS)
def test_sums_are_exact(body: str, expected: Calculated | None) -> None:
    """Numbers or texts, to the kopeck; parts that are not the charge, or too many, are not shown."""
    assert understood(body.encode()) == expected


WRONG = {
    '{"charge": "1,00"}': "charge is no sum",
    '{"charge": true}': "charge is no sum",
    '{"charge": "1.00", "to_pay": "soon"}': "to_pay is no sum",
    '{"charge": "1.00", "to_pay_on": "23.11.2026"}': "to_pay_on is no day",
    '{"charge": "1.00", "to_pay_on": []}': "to_pay_on is no day",
    '{"charge": "1.00", "items": {}}': "items are no list",
    '{"charge": "1.00", "items": ["a"]}': "items are no list",
    '{"charge": "1.00", "items": [{"sum": "1.00"}]}': "items have no names",
    "[" * 60_000: "no JSON",
    "\udcff": "no JSON",
}


@pytest.mark.parametrize("body", WRONG)
def test_what_is_wrong_is_said(body: str) -> None:
    """In a word for whoever programs billing's side."""
    with pytest.raises(CalculationFailed, match=WRONG[body]):
        understood(body.encode("utf-8", "surrogateescape"))


def test_settings_do_not_print_the_token() -> None:
    """Nor does whoever holds them."""
    shown: Any = Settings("http://billing.example", TOKEN)
    assert TOKEN not in repr(shown)
