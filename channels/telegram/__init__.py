"""Telegram through its Bot API: a webhook, or polling where nobody can reach us."""

from typing import TYPE_CHECKING

from channels.telegram.settings import Settings

if TYPE_CHECKING:
    from channels.telegram.adapter import TelegramChannel

__all__ = ["Settings", "create"]


def create(settings: Settings) -> "TelegramChannel":
    """The channel for these settings, one that polls or one that is called; nothing is opened yet."""
    # Every command reads the settings; only those that send or hear need the rest.
    from channels.telegram.adapter import PollingTelegramChannel, TelegramChannel  # noqa: PLC0415 - see above

    return PollingTelegramChannel(settings) if settings.mode == "polling" else TelegramChannel(settings)
