"""Robokassa: a signed link, a signed call when it was paid, and an XML interface that tells how a payment stands."""

from typing import TYPE_CHECKING

from core.acquiring.robokassa.settings import PAGE, STATE, Receipt, Settings

if TYPE_CHECKING:
    from core.acquiring.robokassa.provider import RobokassaProvider

__all__ = ["PAGE", "STATE", "Receipt", "Settings", "create"]


def create(settings: Settings) -> "RobokassaProvider":
    """The provider for these settings; nothing is opened yet."""
    # Every command reads the settings, and aiohttp takes long to import.
    from core.acquiring.robokassa.provider import RobokassaProvider  # noqa: PLC0415 - see above

    return RobokassaProvider(settings)
