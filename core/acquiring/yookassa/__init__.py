"""YooKassa (https://yookassa.ru/developers): bank cards and SBP, with the payment order of utilities."""

from typing import TYPE_CHECKING

from core.acquiring.yookassa.settings import Settings

if TYPE_CHECKING:
    from core.acquiring.yookassa.provider import YookassaProvider

__all__ = ["Settings", "create"]


def create(settings: Settings) -> "YookassaProvider":
    """The provider for these settings; nothing is opened yet."""
    # Every command reads the settings, and aiohttp takes long to import.
    from core.acquiring.yookassa.provider import YookassaProvider  # noqa: PLC0415 - see above

    return YookassaProvider(settings)
