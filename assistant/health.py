"""What `briefing doctor` looks at: packages, weights, the library, the indexes, the disk."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.desk import Desk
from corpus.errors import BriefingError
from corpus.library import Finding
from corpus.log import FILE, last_failures, trouble
from corpus.private import open_to_others
from index.embedders import HASHING
from index.weights import DEFAULT_MODEL, weights_folder

_PACKAGES = (
    "chromadb",
    "gradio",
    "llama-index",
    "pypdf",
    "sentence-transformers",
    "tantivy",
    "torch",
)
_SPARE = 500_000_000
_PROBE_SECONDS = 60

# Run in a child: a broken vector index may end the process that opens it (chroma #7238, #6949).
_PROBE = """
import json, sys
from pathlib import Path
import numpy as np
from index.vectors import VectorIndex
index = VectorIndex(Path(sys.argv[1]))
count = len(index)
vector = np.array(json.loads(sys.argv[2]), dtype=np.float32)
found = index.nearest(vector, min(5, count)) if count else []
sys.stdout.write(json.dumps([count, [one for one, _ in found]]))
"""


@dataclass(frozen=True, slots=True)
class Storage:
    """What a data folder takes, in bytes."""

    database: int
    originals: int
    indexes: int


def storage(desk: Desk) -> Storage:
    """Return how much the database, the kept originals and the derived indexes take."""
    home = desk.library.home
    database = sum(_size(one) for one in home.glob("library.sqlite3*"))
    return Storage(database, _below(home / "originals"), _below(home / "index"))


def _below(folder: Path) -> int:
    return sum(_size(one) for one in folder.rglob("*"))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        # A file that an index is just replacing.
        return 0


def checks(desk: Desk) -> Iterator[Finding]:
    """Yield each check as it is done."""
    versions = [f"{name} {_version(name)}" for name in _PACKAGES]
    yield Finding("packages", not any("missing" in one for one in versions), ", ".join(versions))
    yield _weights(desk)
    yield from desk.library.check()
    yield _tokens(desk)
    yield _indexes(desk)
    goes = f"sends questions and passages to {desk.engine.place}" if desk.engine.place else "local"
    yield Finding(
        "engine", True, f"{desk.engine.name} would answer ({goes}); see: briefing engines"
    )
    yield _log(desk.settings.home)
    yield _privacy(desk.settings.home)
    free = shutil.disk_usage(desk.settings.home).free
    yield Finding("disk", free > _SPARE, f"{free / 1e9:.1f} GB free for {desk.settings.home}")


def _log(home: Path) -> Finding:
    if said := trouble(home):
        return Finding(
            "log", False, f"{said}; move away what stands in its place, or free the disk"
        )
    count = len(last_failures(home, most=1_000))
    return Finding("log", True, f"{home / FILE}, {count or 'no'} errors in it")


def _privacy(home: Path) -> Finding:
    if open_to_others(home):
        said = f"others may look into {home}, which holds other things too; what is made there is"
        return Finding("privacy", True, f"{said} closed to them; to close it all: chmod 700 {home}")
    return Finding("privacy", True, f"{home} is open to you alone")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _weights(desk: Desk) -> Finding:
    name = desk.settings.embedder
    if name == HASHING:
        return Finding("embedder", True, "hash: words only, no model")
    try:
        folder = weights_folder(name, cache=desk.settings.models)
    except BriefingError as error:
        return Finding("embedder", False, str(error))
    return Finding("embedder", True, f"{name} in {folder}")


def _tokens(desk: Desk) -> Finding:
    """Say whether every passage has the token codes that late interaction compares."""
    if desk.library.embedder not in ("", DEFAULT_MODEL):
        return Finding("tokens", True, "this embedder gives none; the ranking does without")
    entries = [one for one in desk.library.entries() if one.passages]
    without = sum(not desk.library.token_codes(one.id).known for one in entries)
    if without:
        # The search is right without them, if a little worse: no reason to fail.
        said = f"{without} documents have none, so most searches do without; for better ones run: "
        return Finding("tokens", True, f"{said}briefing doctor --reembed")
    return Finding("tokens", True, f"all {len(entries)} documents can be compared word by word")


def _indexes(desk: Desk) -> Finding:
    """Compare the indexes with the library, the vector index through a child process."""
    ids, matrix = desk.library.vectors()
    if desk.indexes.behind():
        return Finding("indexes", False, "behind the library; run: briefing doctor --rebuild")
    if not ids:
        return Finding("indexes", True, "empty, like the library")
    desk.indexes.close()
    folder = desk.library.home / "index" / "vectors"
    try:
        child = subprocess.run(
            [sys.executable, "-c", _PROBE, str(folder), json.dumps(matrix[0].tolist())],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
        count, nearest = json.loads(child.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return Finding(
            "indexes", False, "the vector index is broken; run: briefing doctor --rebuild"
        )
    sound = count == len(ids) and ids[0] in nearest
    advice = "" if sound else "; run: briefing doctor --rebuild"
    return Finding("indexes", sound, f"{count} of {len(ids)} passages in the vector index{advice}")
