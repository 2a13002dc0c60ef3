"""CloudPayments: an order with a page of its own, signed calls, and a search for how it stands."""

from typing import TYPE_CHECKING

from core.acquiring.cloudpayments.settings import LIVE, Settings

if TYPE_CHECKING:
    from core.acquiring.cloudpayments.provider import CloudpaymentsProvider

__all__ = ["LIVE", "Settings", "create"]


def create(settings: Settings) -> "CloudpaymentsProvider":
    """The provider for these settings; nothing is opened yet."""
    # Every command reads the settings, and aiohttp takes long to import.
    from core.acquiring.cloudpayments.provider import CloudpaymentsProvider  # noqa: PLC0415 - see above

    return CloudpaymentsProvider(settings)
