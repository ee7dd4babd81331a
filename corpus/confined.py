"""The child's side of the sandbox: confine itself, then answer each path by a line of JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.confinement import confine
from corpus.document import Document
from corpus.errors import ReadError


def _to_json(answer: Document | ReadError) -> dict[str, Any]:
    if isinstance(answer, ReadError):
        return {"reason": answer.reason, "message": str(answer)}
    return {
        "source": asdict(answer.source),
        "text": answer.text,
        "page_starts": answer.page_starts,
        "page_labels": answer.page_labels,
        "headings": [(one.start, one.level, one.title) for one in answer.headings],
    }


def _read_confined(path: Path, cpu: int) -> Document | ReadError:
    """Read one file within its share of processor time; every failure has a reason."""
    from corpus.readers import read

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + cpu, resource.RLIM_INFINITY))
    try:
        return read(path)
    except ReadError as error:
        return error
    except MemoryError:
        return ReadError(
            "too_much_memory", "reading this file took too much memory; split it and add that"
        )
    except Exception as error:  # noqa: BLE001  # reason: parsers raise anything on hostile files
        return ReadError("damaged", f"this file cannot be read ({type(error).__name__})")


def _serve(memory: int, cpu: int) -> None:
    """Answer each path on standard input by a line of JSON, until there are no more."""
    out = os.fdopen(os.dup(1), "wb")
    # A library that prints would otherwise speak into the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine(memory)
    for line in sys.stdin.buffer:
        answer = _read_confined(Path(json.loads(line)), cpu)
        out.write(json.dumps(_to_json(answer)).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
