"""Nodes of a Ray cluster on loopback, each with an address of its own, for tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from subprocess import Popen

import pytest

from tests.real_servers import free_port, running

ROOT = Path(__file__).parent.parent
# Enough for a few documents at a time; Ray would take a third of the memory of the machine.
_STORE = 80_000_000
# What all of a cluster share: its token, and that nothing is sent home.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": token_hex(32),
    "PYTHONPATH": str(ROOT),
    "HF_HUB_OFFLINE": "1",
    # Of a client's server on a machine that does much else.
    "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "90",
}


def processes_below(parent: int) -> dict[int, str]:
    """Return what runs below a process: its command line by its id."""
    found: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                after = (entry / "stat").read_text().rpartition(")")[2].split()
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(entry.name)] = int(after[1]), line
    below: dict[int, str] = {}
    level = {parent}
    while level:
        level = {one for one, (above, _) in found.items() if above in level and one not in below}
        below |= {one: found[one][1] for one in level}
    return below


@dataclass
class Node:
    """A node of a cluster: the process that holds its others."""

    process: Popen[bytes]
    ip: str

    def workers(self) -> list[int]:
        """Return the ids of the processes that do tasks of ours, at work or idle."""
        return [one for one, line in processes_below(self.process.pid).items()
                if line.startswith("ray::")
                and not line.startswith(("ray::Dashboard", "ray::RuntimeEnv"))]  # fmt: skip

    def working(self) -> list[int]:
        """Return the ids of the processes that do a task of ours now."""
        return [one for one, line in processes_below(self.process.pid).items()
                if line.startswith("ray::prepare")]  # fmt: skip

    def kill(self) -> None:
        """Kill all of the node at once, as a machine that loses its power."""
        below = processes_below(self.process.pid)
        for one in (self.process.pid, *below):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


@dataclass
class Cluster:
    """A head, which does no tasks, and its nodes; `address` is for clients, `inside` for nodes."""

    address: str
    inside: str
    head: Node
    nodes: list[Node]


@contextmanager
def node(
    options: Sequence[str],
    ip: str,
    log: Path,
    *,
    before: Sequence[str] = (),
    env: dict[str, str] | None = None,
) -> Iterator[Node]:
    """Run `ray start` with options until the end of the block; `before` are words ahead of it."""
    ray = Path(sys.executable).with_name("ray")
    if not ray.exists():
        pytest.skip("Ray is not installed")
    command = [*before, str(ray), "start", "--block", f"--node-ip-address={ip}",
               f"--object-store-memory={_STORE}", "--disable-usage-stats", *options]  # fmt: skip

    def ready() -> bool:
        return "Ray runtime started" in log.read_text(errors="replace")

    with running(command, ready=ready, log=log, env=QUIET | (env or {})) as process:
        started = Node(process, ip)
        below: dict[int, str] = {}
        try:
            yield started
        finally:
            below = processes_below(process.pid)
            process.terminate()
            with suppress(Exception):
                process.wait(20)
            # What a node that was killed left over.
            for one in below:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)


@contextmanager
def cluster(
    folder: Path, *, nodes: int = 2, env: dict[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a cluster of a head without workers and nodes with one worker each, on loopback."""
    port, client = free_port(), free_port()
    temporary = Path("/tmp") / f"briefing-ray-{os.getpid()}-{port}"
    head = ["--head", f"--port={port}", f"--ray-client-server-port={client}", "--num-cpus=0",
            "--include-dashboard=false", f"--temp-dir={temporary}"]  # fmt: skip
    inside = f"127.0.0.1:{port}"
    try:
        with (
            node(head, "127.0.0.1", folder / "head.log", env=env) as first,
            several(folder, inside, nodes, env=env) as others,
        ):
            yield Cluster(f"ray://127.0.0.1:{client}", inside, first, others)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def several(
    folder: Path, inside: str, count: int, *, first: int = 2, env: dict[str, str] | None = None
) -> Iterator[list[Node]]:
    """Run some nodes of a cluster, at addresses from 127.0.0.`first`."""
    if not count:
        yield []
        return
    ip = f"127.0.0.{first + count - 1}"
    options = [f"--address={inside}", "--num-cpus=1"]
    with (
        node(options, ip, folder / f"{ip}.log", env=env) as last,
        several(folder, inside, count - 1, first=first, env=env) as others,
    ):
        yield [*others, last]


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Return once `condition()` holds; fails with `what` after that many seconds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            pytest.fail(what)
        time.sleep(0.05)
