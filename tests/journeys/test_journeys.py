"""Conversations from first message to last answer, through the real desk, on both databases."""

import pytest

from core.storage.database import Database
from tests.conftest import FixedClock
from tests.journeys.player import Journey, Outcome, Step, journeys, play, without_reference

ALL = list(journeys())


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("journey", [pytest.param(journey, id=name) for name, journey in ALL])
async def test_journey(journey: Journey, emptied: Database, clock: FixedClock) -> None:
    """Every message is answered as the file says, and leaves the readings and cases that it says."""
    outcomes = await play(journey, emptied, clock)
    for number, (step, outcome) in enumerate(zip(journey.steps, outcomes, strict=True), 1):
        _check(step, outcome, f"step {number}: {step.text or step.event}")


def test_journeys_have_names_of_their_own() -> None:
    """A name says which conversation failed."""
    names = [name for name, _ in ALL]
    assert len(names) == len(set(names)) >= 60


def _check(step: Step, outcome: Outcome, where: str) -> None:
    if not step.event:
        assert (outcome.code, outcome.outcome) == (step.code, step.outcome), f"{where}: {outcome.reply}"
        _check_reply(step, outcome, where)
    if step.readings is not None:
        assert outcome.readings == step.readings, where
    if step.cases is not None:
        assert outcome.cases == step.cases, where


def _check_reply(step: Step, outcome: Outcome, where: str) -> None:
    if step.silent or outcome.reply is None:
        assert outcome.reply is None, where
        assert step.silent, where
    elif isinstance(step.reply, list):
        assert [part for part in step.reply if part not in outcome.reply] == [], f"{where}: {outcome.reply}"
    else:
        assert without_reference(outcome.reply) == without_reference(step.reply), where
