"""What this machine has to run a model: cores and free memory."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_MEMORY = Path("/proc/meminfo")
# The limits of a container (cgroup v2).
_GROUP = Path("/sys/fs/cgroup")


def physical_cores() -> int:
    """Return how many cores this process may compute on: two threads of one core count once.

    Memory bandwidth limits a model, and the second thread of a core only gets in the way.
    """
    if hasattr(os, "sched_getaffinity"):
        ours = os.sched_getaffinity(0)
        siblings = {_contents(_CPUS / f"cpu{one}/topology/thread_siblings_list") for one in ours}
        cores = len(siblings) if "" not in siblings else len(ours)
    else:
        cores = os.cpu_count() or 1
    quota, _, period = _contents(_GROUP / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        cores = min(cores, math.ceil(int(quota) / int(period)))
    return max(1, cores)


def free_memory() -> int | None:
    """Return the bytes that a new process can have without swapping; None where unknown."""
    limits = [one for one in (_meminfo_bytes("MemAvailable"), _free_in_cgroup()) if one is not None]
    return min(limits) if limits else None


def total_memory() -> int | None:
    """Return the bytes of memory that this process may use in all; None where unknown."""
    limit = _contents(_GROUP / "memory.max")
    there = _meminfo_bytes("MemTotal")
    if there is None:
        try:
            there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (AttributeError, ValueError, OSError):
            # Windows has no sysconf; elsewhere it may not know the name.
            return None
    return min(there, int(limit)) if limit.isdigit() else there


def _free_in_cgroup() -> int | None:
    limit, used = _contents(_GROUP / "memory.max"), _contents(_GROUP / "memory.current")
    if not (limit.isdigit() and used.isdigit()):
        return None
    # The page cache, which is given up when memory is needed.
    cached = 0
    for line in _contents(_GROUP / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file" and value.isdigit():
            cached = int(value)
    return max(0, int(limit) - int(used) + cached)


def _meminfo_bytes(name: str) -> int | None:
    """Return a line of /proc/meminfo in bytes; it is written in kibibytes."""
    for line in _contents(_MEMORY).splitlines():
        label, _, value = line.partition(":")
        if label == name and value.split()[:1]:
            return int(value.split()[0]) * 1024
    return None


def _contents(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
