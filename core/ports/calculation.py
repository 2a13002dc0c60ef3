"""What we ask of billing that can be called. Price lists (`core.domain.estimate`) are ours and need no port."""

from typing import Protocol

from core.domain.calculations import Calculated, Question


class CalculationFailed(Exception):
    """Billing has not answered, or not in words that we understand. The text names nothing personal."""


class Calculates(Protocol):
    """Billing says what readings would cost."""

    async def open(self) -> None:
        """Make ready. Billing that cannot be reached is not an error here."""

    async def close(self) -> None:
        """Free everything; harmless when called twice."""

    async def calculate(self, question: Question) -> Calculated | None:
        """Ask once; None where billing knows no answer, such as for a new account.

        Raises:
            CalculationFailed: there was no answer.
        """
