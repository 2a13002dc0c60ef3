"""Sberbank's internet acquiring over its REST interface: the bank's own page takes the card."""

from typing import TYPE_CHECKING

from core.acquiring.sberbank.settings import LIVE, Settings

if TYPE_CHECKING:
    from core.acquiring.sberbank.provider import SberbankProvider

__all__ = ["LIVE", "Settings", "create"]


def create(settings: Settings) -> "SberbankProvider":
    """The provider for these settings; nothing is opened yet."""
    # Every command reads the settings, and aiohttp takes long to import.
    from core.acquiring.sberbank.provider import SberbankProvider  # noqa: PLC0415 - see above

    return SberbankProvider(settings)
