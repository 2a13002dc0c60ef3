"""VK (ВКонтакте): the messages of a community, by Callback API or by Bots Long Poll."""

from typing import TYPE_CHECKING

from channels.vk.settings import Settings

if TYPE_CHECKING:
    from channels.vk.adapter import VkChannel

__all__ = ["Settings", "create"]


def create(settings: Settings) -> "VkChannel":
    """The channel for these settings; nothing is opened yet. What it hears by, `decode` or `poll`, is set by `mode`."""
    # Every command reads the settings; only those that send or hear need the web library and vk_api (which brings
    # requests), and both take long to import.
    from channels.vk.adapter import VkCallback, VkLongPoll  # noqa: PLC0415 - see above

    return VkCallback(settings) if settings.mode == "callback" else VkLongPoll(settings)
