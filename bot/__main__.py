"""`meterline`, or `python -m bot`."""

import sys

from bot.cli import meterline


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A subscriber's text may hold what the terminal's encoding cannot show; that is no reason to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] - a text file in every process
    meterline(prog_name="meterline")


if __name__ == "__main__":
    main()
