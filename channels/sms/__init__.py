"""SMS through a gateway: Kannel, an Android phone with SMSGate, or anything that speaks JSON over HTTP."""

from typing import TYPE_CHECKING

from channels.sms.settings import Settings

if TYPE_CHECKING:
    from channels.sms.adapter import SmsChannel

__all__ = ["Settings", "create"]


def create(settings: Settings) -> "SmsChannel":
    """The channel for these settings; nothing is opened yet."""
    # Every command reads the settings; only those that send or hear need the web library, which takes long to import.
    from channels.sms.adapter import SmsChannel  # noqa: PLC0415 - see above

    return SmsChannel(settings)
