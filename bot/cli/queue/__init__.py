"""The moderation queue on the command line: look, follow, decide."""

from bot.cli.queue import work
from bot.cli.queue.commands import queue

__all__ = ["queue", "work"]
