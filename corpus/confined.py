"""The child's side of the sandbox: confine itself, then answer each request by a line of JSON."""

from __future__ import annotations

import base64
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


def _refusal(error: ReadError) -> dict[str, Any]:
    return {"reason": error.reason, "message": str(error)}


def _to_json(answer: Document) -> dict[str, Any]:
    return {
        "source": asdict(answer.source),
        "text": answer.text,
        "page_starts": answer.page_starts,
        "page_labels": answer.page_labels,
        "headings": [(one.start, one.level, one.title) for one in answer.headings],
    }


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return a document, or a drawn page, as JSON; raises what the readers raise."""
    from corpus.readers import read
    from corpus.readers.pdf_drawing import drawn

    if wanted := request.get("draw"):
        found = drawn(**wanted | {"path": Path(wanted["path"])})
        return found | {"image": base64.b64encode(found["image"]).decode("ascii")}
    return _to_json(read(Path(request["read"])))


def _answer_confined(request: dict[str, Any], cpu: int) -> dict[str, Any]:
    """Answer within a share of processor time; every failure has a reason."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + cpu, resource.RLIM_INFINITY))
    try:
        return _answer(request)
    except ReadError as error:
        return _refusal(error)
    except MemoryError:
        return _refusal(
            ReadError(
                "too_much_memory", "reading this file took too much memory; split it and add that"
            )
        )
    except Exception as error:  # noqa: BLE001  # reason: parsers raise anything on hostile files
        return _refusal(ReadError("damaged", f"this file cannot be read ({type(error).__name__})"))


def _serve(memory: int, cpu: int) -> None:
    """Answer each line on standard input by a line of JSON, until there are no more."""
    out = os.fdopen(os.dup(1), "wb")
    # A library that prints would otherwise speak into the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine(memory)
    for line in sys.stdin.buffer:
        out.write(json.dumps(_answer_confined(json.loads(line), cpu)).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
