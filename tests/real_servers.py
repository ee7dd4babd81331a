"""Real servers for tests: each started on loopback for one test, and stopped by it.

A server whose program is not installed skips the test; `.ci/run` installs those of Debian.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

# Seconds in which a server must answer on a machine that is busy, and end when it is told to.
_START_TIMEOUT, _STOP_TIMEOUT = 90.0, 20.0


def free_port() -> int:
    """Return a port of loopback that nothing listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def program(name: str, *folders: str) -> str:
    """Return the path of a program, also from folders that are not on the path; skips without."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def running(
    command: Sequence[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the end of the block; `ready` says whether it answers.

    What it prints goes to `log`, whose end is in the failure of one that does not start.
    """
    with log.open("ab") as printed:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            user=user,
            start_new_session=True,
        )
    try:
        wait_for(ready, process, log)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(stop)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once a server answers; fails with what it printed where it ends or takes too long."""
    until = time.monotonic() + _START_TIMEOUT
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"{process.args!r} does not answer:\n{log.read_text()[-3000:]}")
        time.sleep(0.05)


def answers(url: str) -> Callable[[], bool]:
    """Return what says whether a web server answers at an address, with whatever status."""

    def answer() -> bool:
        try:
            httpx.get(url, timeout=2.0, trust_env=False)
        except httpx.HTTPError:
            return False
        return True

    return answer


@dataclass
class Postgres:
    """A PostgreSQL server of a test: `url` is its database; it can be stopped and started again."""

    url: str
    folder: Path
    port: int
    _control: str
    _user: str | None

    def start(self) -> None:
        """Start it and return once it takes connections."""
        self._run("start", "-w", "-t", "90", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: "immediate" as a crash does, "fast" breaking connections off in order."""
        self._run("stop", "-m", mode, "-w")

    def restart(self) -> None:
        """Crash it, and start it again."""
        self.stop()
        self.start()

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [self._control, "-D", str(self.folder / "data"), *arguments],
            user=self._user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            pytest.fail(
                f"pg_ctl {arguments[0]} failed:\n{log.read_text()[-3000:] if log.exists() else ''}"
            )


@contextmanager
def postgresql(folder: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL of its own below `folder`; skips where Debian's package is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    control = program("pg_ctl", *map(str, reversed(versions)))
    make = str(Path(control).with_name("initdb"))
    folder = folder / "postgresql"
    folder.mkdir()
    user = None
    if os.geteuid() == 0:
        # It refuses to run as root; the folders above the test's are open to that one alone.
        user = "postgres"
        folder = Path("/tmp") / f"briefing-test-postgresql-{os.getpid()}-{free_port()}"
        folder.mkdir(mode=0o700)
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    port = free_port()
    try:
        subprocess.run(
            [make, "-D", str(folder / "data"), "-U", "briefing", "--auth=trust", "-N",
             "--encoding=UTF8", "--locale=C.UTF-8"],
            user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {port}\nlisten_addresses = '127.0.0.1'\n"
                f"unix_socket_directories = '{folder}'\nmax_connections = 100\n"
            )
        server = Postgres(
            f"postgresql://briefing@127.0.0.1:{port}/postgres", folder, port, control, user
        )
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def chroma_server(folder: Path, *, port: int | None = None) -> Iterator[str]:
    """Run Chroma's own server (the one in Rust) on `folder`, and yield its address."""
    listening = port or free_port()
    url = f"http://127.0.0.1:{listening}"
    command = [
        str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder / "chroma"),
        "--host", "127.0.0.1", "--port", str(listening),
    ]  # fmt: skip
    with running(command, ready=answers(f"{url}/api/v2/heartbeat"), log=folder / "chroma.log"):
        yield url
