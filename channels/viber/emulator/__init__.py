"""A twin of Viber on this machine, for the demo and for tests: nothing leaves it."""

from channels.viber.emulator.callbacks import user_id
from channels.viber.emulator.phones import ViberEmulator
from channels.viber.emulator.server import REPEATS, Fault, SentMessage

__all__ = ["REPEATS", "Fault", "SentMessage", "ViberEmulator", "user_id"]
