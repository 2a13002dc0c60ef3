"""A twin of VK on this machine, for the demo and for tests: no message leaves it."""

from channels.vk.emulator.dialogues import SentMessage
from channels.vk.emulator.server import Fault, VkEmulator

__all__ = ["Fault", "SentMessage", "VkEmulator"]
