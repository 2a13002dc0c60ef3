"""A twin of Telegram and its subscribers' apps on this machine, for the demo and for tests: nothing leaves it."""

from channels.telegram.emulator.chats import SentMessage
from channels.telegram.emulator.faults import Fault
from channels.telegram.emulator.server import TelegramEmulator

__all__ = ["Fault", "SentMessage", "TelegramEmulator"]
