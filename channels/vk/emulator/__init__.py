"""A twin of VK on this machine, for the demo and for tests: no message leaves it."""

from channels.vk.emulator.dialogues import SentMessage
from channels.vk.emulator.faults import Fault
from channels.vk.emulator.server import VkEmulator

__all__ = ["Fault", "SentMessage", "VkEmulator"]
