"""SMS through a gateway: Kannel, an Android phone with SMSGate, or anything that speaks JSON over HTTP."""

from channels.sms.adapter import SmsChannel
from channels.sms.settings import Settings

__all__ = ["Settings", "SmsChannel", "create"]


def create(settings: Settings) -> SmsChannel:
    """The channel for these settings; nothing is opened yet."""
    return SmsChannel(settings)
