"""A program run on its own: seconds, memory at its peak, what it said; and the machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.openvino_embedder import usable_cores

# Seconds between two looks at the memory.
_LOOK = 0.25
# What a processor may have that makes embedding faster or slower, as /proc/cpuinfo names it.
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


@dataclass(frozen=True, slots=True)
class Run:
    """What a program took: seconds by the clock, bytes of memory; and its last line, parsed."""

    seconds: float
    memory: int
    said: dict[str, Any]


def run(
    command: Sequence[str | Path],
    *,
    job: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a program to its end, give it `job` on standard input, and parse its last line.

    The memory is the most that it and the programs that it started had together (Linux; 0
    elsewhere). Raises SystemExit where it fails.
    """
    with tempfile.TemporaryFile("w+") as complaints:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(one) for one in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        peak: list[int] = [0]
        looking = threading.Thread(target=_look, args=(process, peak))
        looking.start()
        said, _ = process.communicate(None if job is None else json.dumps(job))
        seconds = time.perf_counter() - started
        looking.join()
        if process.returncode:
            complaints.seek(0)
            raise SystemExit(f"{command[0]} failed:\n{complaints.read()[-2000:]}")
    lines = said.strip().splitlines()
    return Run(seconds, peak[0], json.loads(lines[-1]) if lines else {})


def _look(process: subprocess.Popen[str], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], memory_of(process.pid))
        time.sleep(_LOOK)


def memory_of(process: int) -> int:
    """Return the bytes that a process and those that it started have now.

    What each has for itself, and the pages of files of the one that has most of them, since the
    libraries are the same. Exact sharing (smaps_rollup) takes 90 ms at 3.5 GB, and stops the
    process meanwhile.
    """
    own, of_files = 0, 0
    for one in _tree(process):
        with suppress(OSError):
            _, resident, shared, *_ = Path(f"/proc/{one}/statm").read_text().split()
            own += int(resident) - int(shared)
            of_files = max(of_files, int(shared))
    return (own + of_files) * os.sysconf("SC_PAGE_SIZE")


def peak_of(process: int) -> int:
    """Return the most bytes that a process itself had so far, the files it maps included."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _tree(process: int) -> Iterator[int]:
    yield process
    # A process or a thread may end while it is looked at.
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


def size_of(*paths: Path) -> int:
    """Return the bytes of files, and of all files below folders."""
    files = [one for path in paths for one in ([path] if path.is_file() else path.rglob("*"))]
    return sum(one.stat().st_size for one in files if one.is_file())


def machine() -> dict[str, str]:
    """Return this machine in words: processor, cores, instruction sets, memory, versions."""
    from importlib.metadata import version

    said = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    fields = dict(one.split(":", 1) for one in said.splitlines() if ":" in one)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    flags = named.get("flags", "").split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": named.get("model name", platform.processor() or platform.machine()),
        "cores": str(usable_cores()),
        "instructions": ", ".join(one for one in _INSTRUCTIONS if one in flags) or "not known",
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        **{one: version(one) for one in ("torch", "onnxruntime", "chromadb", "tantivy")},
    }
