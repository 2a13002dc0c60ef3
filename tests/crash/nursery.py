"""Starts `meterline run` again and again without importing everything again and again: most of a start is that.

`python -m tests.crash.nursery CONFIG [MODULE ...]` imports the service and the modules once. Each line on its standard
input forks a process that is the command from its first line on, and from which SIGKILL takes as much as from any
other. The services' output goes to standard output; on standard error: `pid N` at a birth, `code N` at a death.
"""

import ctypes
import importlib
import os
import signal
import sys

from core.services.texts import Texts

PRELOADED = ("bot.__main__", "bot.cli.run", "bot.logs", "bot.web.server", "bot.assembly", "bot.service")
DATABASES = ("aiosqlite", "asyncpg", "alembic.command", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql")
PR_SET_PDEATHSIG = 1


def main() -> None:
    config, *modules = sys.argv[1:]
    for name in (*PRELOADED, *DATABASES, *modules):
        importlib.import_module(name)
    Texts()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            # A test that fails ends this process; nothing of it may stay.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.dup2(1, 2)
            sys.argv = ["meterline", "run", "--config", config]
            importlib.import_module("bot.__main__").main()
            os._exit(0)
        sys.stderr.write(f"pid {child}\n")
        _, status = os.waitpid(child, 0)
        sys.stderr.write(f"code {os.waitstatus_to_exitcode(status)}\n")


if __name__ == "__main__":
    main()
