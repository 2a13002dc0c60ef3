"""`meterline`, or `python -m bot`."""

import io
import sys

from bot.cli import meterline


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A subscriber's text may hold what the terminal's encoding cannot show; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    meterline(prog_name="meterline")


if __name__ == "__main__":
    main()
