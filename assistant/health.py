"""What `briefing doctor` looks at: packages, weights, the library, the indexes, the disk."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.checking.entailment import NO_JUDGE
from assistant.desk import Desk
from assistant.kinds import ENGINES
from assistant.memo.templates import TEMPLATES
from corpus.errors import BriefingError
from corpus.formats import READERS
from corpus.library import Finding
from corpus.log import FILE, last_failures, trouble
from corpus.private import open_to_others
from corpus.said import joined, said
from corpus.sandbox import Sandbox
from index.embedders import EMBEDDERS, HASHING, kind_named
from index.inspection import inspected
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
    yield _judge(desk)
    yield _indexes(desk)
    goes = f"sends questions and passages to {desk.engine.place}" if desk.engine.place else "local"
    yield Finding(
        "engine",
        True,
        said(
            "{engine} would answer ({place}); see: briefing engines",
            engine=desk.engine.name,
            place=goes,
        ),
    )
    yield _reading()
    yield _plugins()
    yield _log(desk.settings.home)
    yield _privacy(desk.settings.home)
    free = shutil.disk_usage(desk.settings.home).free
    yield Finding(
        "disk",
        free > _SPARE,
        said(
            "{size} GB free for {folder}",
            size=f"{free / 1e9:.1f}",
            folder=desk.settings.home,
        ),
    )


def _judge(desk: Desk) -> Finding:
    """Say what checks the meaning of sentences."""
    if desk.settings.judge == NO_JUDGE:
        none = said("none: figures, dates, names and quotations are checked, meaning is not")
        return Finding("judge", True, none)
    if desk.checker.reads_meaning:
        return Finding("judge", True, said("reads whether a passage bears out a sentence"))
    return Finding(
        "judge",
        False,
        said("its weights cannot be read: figures are checked, meaning is not; see the log"),
    )


def _reading() -> Finding:
    """Say what keeps the process that reads documents from everything but the one it was given."""
    try:
        with Sandbox() as sandbox:
            filtered, landlock = sandbox.confinement()
    except BriefingError as error:
        return Finding("reading", False, f"documents cannot be read: {error}")
    walls = [f"Landlock {landlock}"] * bool(landlock) + ["the system call filter"] * filtered
    if not walls:
        return Finding(
            "reading", False, "documents are read without walls: this system has neither Landlock "
            "nor seccomp; add only files that you trust"
        )  # fmt: skip
    return Finding(
        "reading", True, f"documents are read in a child closed by {' and '.join(walls)}"
    )


def _plugins() -> Finding:
    """Say what other packages add, and which of it is left out; after a child has begun to read."""
    registries = (READERS, ENGINES, EMBEDDERS, TEMPLATES)
    added = [f"{name} ({one.package(name)})" for one in registries for name in one.added()]
    lines = [line for one in registries for line in one.left_out]
    none = said("no other package adds anything")
    return Finding("plugins", not lines, "; ".join([*lines, *added]) or none)


def _log(home: Path) -> Finding:
    if reason := trouble(home):
        return Finding(
            "log",
            False,
            said("{reason}; move away what stands in its place, or free the disk", reason=reason),
        )
    count = len(last_failures(home, most=1_000))
    return Finding(
        "log", True, said("{file}, errors in it: {count}", file=home / FILE, count=count)
    )


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
        return Finding("embedder", True, said("hash: words only, no model"))
    if kind_named(name):
        package = EMBEDDERS.package(name)
        return Finding("embedder", True, said("{name} of {package}", name=name, package=package))
    try:
        folder = weights_folder(name, cache=desk.settings.models)
    except BriefingError as error:
        return Finding("embedder", False, str(error))
    return Finding("embedder", True, said("{name} in {folder}", name=name, folder=folder))


def _tokens(desk: Desk) -> Finding:
    """Say whether every passage has the token codes that late interaction compares."""
    if desk.library.embedder not in ("", DEFAULT_MODEL):
        return Finding("tokens", True, said("this embedder gives none; the ranking does without"))
    entries = [one for one in desk.library.entries() if one.passages]
    without = sum(not desk.library.token_codes(one.id).known for one in entries)
    if without:
        # The search is right without them, if a little worse: no reason to fail.
        rest = f"{without} documents have none and are ranked without; to compare them too run: "
        return Finding("tokens", True, f"{rest}briefing doctor --reembed")
    return Finding(
        "tokens",
        True,
        said("all {count} documents can be compared word by word", count=len(entries)),
    )


def _indexes(desk: Desk) -> Finding:
    """Compare the three indexes with the library, the vector index in a process of its own."""
    if not desk.library.entries():
        return Finding("indexes", True, said("empty, like the library"))
    fault = desk.indexes.fault()
    # Whoever searches here opens them anew afterwards.
    desk.indexes.close()
    if fault:
        return Finding(
            "indexes", False, said("{fault}; run: briefing doctor --rebuild", fault=fault)
        )
    found = inspected(desk.library)
    if found.faults:
        return Finding(
            "indexes",
            False,
            said("{fault}; run: briefing doctor --rebuild", fault=joined("; ", found.faults)),
        )
    whole = said(
        "{count} passages in the library and in each of the three indexes", count=found.passages
    )
    return Finding("indexes", True, whole)
