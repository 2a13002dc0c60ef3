"""ChronoPay's payment page of old: a signed link, and a signed call when something became of it."""

from typing import TYPE_CHECKING

from core.acquiring.chronopay.settings import KEY_LEAST, LIVE, Settings

if TYPE_CHECKING:
    from core.acquiring.chronopay.provider import ChronopayProvider

__all__ = ["KEY_LEAST", "LIVE", "Settings", "create"]


def create(settings: Settings) -> "ChronopayProvider":
    """The provider for these settings; nothing is opened yet."""
    # Every command reads the settings, and aiohttp takes long to import.
    from core.acquiring.chronopay.provider import ChronopayProvider  # noqa: PLC0415 - see above

    return ChronopayProvider(settings)
