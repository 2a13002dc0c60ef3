from typing import Any, ClassVar

import pytest

from core.acquiring.template import Settings, TemplateProvider
from tests.acquiring.conformance import ProviderConformance
from tests.acquiring.harness import Ability, Harness

OTHERS = "the retailer's site takes the payment, and nobody tells us"


class TemplateHarness(Harness):
    cannot: ClassVar = dict.fromkeys(
        (Ability.CALLS, Ability.TELL, Ability.LOOK, Ability.HEAR, Ability.DECLINE, Ability.REFUND, Ability.CURRENCY),
        OTHERS,
    )

    def __init__(self) -> None:
        self.provider = self.build()
        self._visited: set[str] = set()

    def build(self, **settings: Any) -> TemplateProvider:
        return TemplateProvider(Settings(url="https://pay.example.ru/?ls={account}&sum={amount}&order={order}"))

    @property
    def opened(self) -> int:
        return len(self._visited)

    async def visit(self, pay_url: str) -> Any:
        self._visited.add(pay_url)


class TestTemplate(ProviderConformance):
    @pytest.fixture
    def harness(self) -> TemplateHarness:
        return TemplateHarness()
