"""Writes a file so that it is either there whole or not there at all."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO, Final, cast

_MODE: Final = 0o644


class SafeFile:
    """Bytes that become `path` when `keep` is called, and nothing when it is not.

    They are written beside it under another name, brought to the disk, and renamed.
    """

    def __init__(self, path: Path) -> None:
        """Begin; raises `OSError` where nothing can be written."""
        self.path = path
        self._digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        self._part = Path(name)
        self._file: BinaryIO = cast(BinaryIO, os.fdopen(handle, "wb"))

    def write(self, block: bytes) -> None:
        """Append."""
        self._digest.update(block)
        self._file.write(block)

    @property
    def sha256(self) -> str:
        """The digest of what was written so far."""
        return self._digest.hexdigest()

    def keep(self) -> None:
        """Put the file in its place; after this it survives a power cut."""
        self._file.flush()
        os.fchmod(self._file.fileno(), _MODE & ~_umask())
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self) -> None:
        """Remove what was not kept; harmless after `keep`."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
