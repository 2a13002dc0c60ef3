"""The section [calculation]: whether billing can be asked what readings cost (docs/calculation.md)."""

from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from bot.sections import MaybeUrl, Section

if TYPE_CHECKING:
    from core.ports.calculation import Calculates


class CalculationSettings(Section):
    """The section [calculation]."""

    url: MaybeUrl = Field(default="", examples=["https://billing.example.ru/calculate"])
    """Where billing is asked; empty: the branches' price lists alone tell."""
    token: SecretStr = Field(default=SecretStr(""), examples=[""])
    """Sent to it as `Authorization: Bearer`."""
    branches: tuple[str, ...] = Field(default=(), examples=[["khabarovsk"]])
    """Whose billing it is; empty: all that have price lists."""
    seconds: float = Field(default=3.0, ge=0.5, le=10, examples=[3.0])
    """How long a reply waits for it before it goes out with our own sum."""
    at_once: int = Field(default=8, ge=1, le=100, examples=[8])
    """Calls under way at a time."""

    def build(self) -> "Calculates":
        """Who asks; nothing is opened yet."""
        from core.billing.calculation import HttpCalculation, Settings  # noqa: PLC0415 - settings are read by all commands

        token = self.token.get_secret_value()
        return HttpCalculation(Settings(url=self.url, token=token, seconds=self.seconds, at_once=self.at_once))
