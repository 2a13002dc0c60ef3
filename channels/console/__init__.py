"""The console as a channel: for trying things out, and for `meterline say`."""

from typing import TextIO

from channels.console.adapter import ConsoleChannel

__all__ = ["ConsoleChannel", "create"]


def create(out: TextIO | None = None) -> ConsoleChannel:
    """The channel that prints to `out`, by default to standard output."""
    return ConsoleChannel(out)
