"""Runs the scanner: a process for each picture, so that no picture can harm the service or hold it up."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

import structlog

SECONDS: Final = 20.0
"""Ten times what the largest picture takes on a slow machine."""
_SCANNER: Final = Path(__file__).with_name("scanner.py")

log = structlog.get_logger()


async def scan(picture: bytes, *, seconds: float = SECONDS) -> list[bytes]:
    """What the two-dimensional codes in a picture hold. None are found in what cannot be read, or takes too long."""
    # -I: the folder we were started in does not decide what is imported. The environment has secrets in it.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_SCANNER), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(seconds):
            found, _ = await process.communicate(picture)
    except TimeoutError:
        log.warning("picture_takes_too_long", size=len(picture))
        return []
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        log.warning("scanner_failed", status=process.returncode, size=len(picture))
        return []
    return [bytes.fromhex(line) for line in found.decode("ascii").split()]
