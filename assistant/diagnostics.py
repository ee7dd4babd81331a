"""The checks of `briefing doctor`: packages, weights, the library, the indexes, the disk."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.checking.entailment import COMMITTED as JUDGE_WEIGHTS
from assistant.checking.entailment import NO_JUDGE
from assistant.engine_kinds import ENGINES
from assistant.memo.templates import TEMPLATES
from assistant.workspace import Workspace
from corpus.backup import LAST_BACKUP
from corpus.errors import BriefingError
from corpus.formats import READERS
from corpus.i18n import joined, tr
from corpus.integrity import IntegrityFinding
from corpus.log import FILE, last_failures, write_problem
from corpus.private_files import open_to_others
from corpus.sandbox import Sandbox
from corpus.translations import LANGUAGES, languages
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.embedders import EMBEDDERS, HASHING, kind_named
from index.inference_client import Connection
from index.inference_protocol import is_address, mark_of
from index.inspection import inspect_indexes
from index.reader import COMMITTED as READER_WEIGHTS
from index.reader import READER_MODELS
from index.rerankers import RERANKERS, reranker_named
from index.retriever import embedder_mismatch
from index.vector_store import VECTOR_STORES, store_named

_PACKAGES = (
    "gradio",
    "llama-index",
    "onnxruntime",
    "openvino",
    "pypdf",
    "tantivy",
)
_LEAST_FREE = 500_000_000


@dataclass(frozen=True, slots=True)
class Storage:
    """What a data folder takes, in bytes."""

    database: int
    originals: int
    indexes: int


def storage(workspace: Workspace) -> Storage:
    """Return how much the database, the kept originals and the derived indexes take."""
    home = workspace.library.home
    originals = _size_below(home / "originals") + _size_below(home / "originals-cache")
    return Storage(workspace.library.connections.size(), originals, _size_below(home / "index"))


def _size_below(folder: Path) -> int:
    return sum(_size(one) for one in folder.rglob("*"))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        # A file that an index update is replacing at this moment.
        return 0


def diagnostics(workspace: Workspace) -> Iterator[IntegrityFinding]:
    """Yield each check as it is done."""
    names = (*store_named(workspace.settings.vector_store).packages, *_PACKAGES)
    versions = [f"{name} {_version(name)}" for name in names]
    yield IntegrityFinding(
        "packages", not any("missing" in one for one in versions), ", ".join(versions)
    )
    yield _weights(workspace)
    yield from _reranker(workspace)
    yield from workspace.library.check()
    yield _token_codes(workspace)
    yield _judge(workspace)
    yield from _inference(workspace)
    yield _indexes(workspace)
    place = (
        f"sends questions and passages to {workspace.engine.host}"
        if workspace.engine.host
        else "local"
    )
    yield IntegrityFinding(
        "engine",
        True,
        tr(
            "{engine} would answer ({place}); see: briefing engines",
            engine=workspace.engine.name,
            place=place,
        ),
    )
    yield _backup(workspace)
    yield _confinement()
    yield _plugins()
    yield _log(workspace.settings.home)
    yield _privacy(workspace.settings.home)
    free = shutil.disk_usage(workspace.settings.home).free
    yield IntegrityFinding(
        "disk",
        free > _LEAST_FREE,
        tr(
            "{size} GB free for {folder}",
            size=f"{free / 1e9:.1f}",
            folder=workspace.settings.home,
        ),
    )


def _judge(workspace: Workspace) -> IntegrityFinding:
    """Say what checks the meaning of sentences."""
    if workspace.settings.judge == NO_JUDGE:
        none = tr("none: figures, dates, names and quotations are checked, meaning is not")
        return IntegrityFinding("judge", True, none)
    try:
        reads_meaning = workspace.checker.reads_meaning
    except BriefingError as error:
        return IntegrityFinding("judge", False, str(error))
    if reads_meaning:
        return IntegrityFinding("judge", True, tr("reads whether a passage bears out a sentence"))
    return IntegrityFinding(
        "judge",
        False,
        tr("its weights cannot be read: figures are checked, meaning is not; see the log"),
    )


def _inference(workspace: Workspace) -> Iterator[IntegrityFinding]:
    """Report whether the servers that read and judge answer, where there are some."""
    settings = workspace.settings
    asked = (
        ("read", settings.reader, READER_WEIGHTS / "reader.json"),
        ("judge", settings.judge, JUDGE_WEIGHTS / "judge.json"),
    )
    for model, address, description in asked:
        if not is_address(address):
            continue
        connection = Connection(address)
        trouble, said = connection.health()
        connection.close()
        about = said.get("models", {}).get(model, {})
        if not trouble and about.get("weights") != mark_of(description):
            trouble = tr("it has other weights: run the same version of the program on both")
        yield IntegrityFinding(
            f"inference ({model})",
            not trouble,
            tr("{host}: {reason}; this machine computes instead", host=connection.host,
               reason=trouble)
            if trouble
            else tr("{host} computes, with the same weights", host=connection.host),
        )  # fmt: skip


def _backup(workspace: Workspace) -> IntegrityFinding:
    """Say when the last backup was made; none is no fault of the library."""
    made = workspace.library.fact(LAST_BACKUP)
    said = tr("the last one was made at {time}", time=made) if made else tr("none was ever made")
    return IntegrityFinding("backup", True, tr("{said}; see: briefing backup", said=said))


def _confinement() -> IntegrityFinding:
    """Report what confines the child process that reads documents."""
    try:
        with Sandbox() as sandbox:
            filtered, landlock = sandbox.confinement()
    except BriefingError as error:
        return IntegrityFinding("reading", False, f"documents cannot be read: {error}")
    walls = [f"Landlock {landlock}"] * bool(landlock) + ["the system call filter"] * filtered
    if not walls:
        return IntegrityFinding(
            "reading", False, "documents are read without walls: this system has neither Landlock "
            "nor seccomp; add only files that you trust"
        )  # fmt: skip
    return IntegrityFinding(
        "reading", True, f"documents are read in a child closed by {' and '.join(walls)}"
    )


def _plugins() -> IntegrityFinding:
    """Report what other packages add and what of it is left out; runs after a child has read."""
    # Mistakes in a language file show when it is read.
    languages()
    registries = (
        READERS, ENGINES, EMBEDDERS, VECTOR_STORES, RERANKERS, READER_MODELS, TEMPLATES, LANGUAGES,
    )  # fmt: skip
    added = [f"{name} ({one.package(name)})" for one in registries for name in one.added()]
    lines = [line for one in registries for line in one.left_out]
    none = tr("no other package adds anything")
    return IntegrityFinding("plugins", not lines, "; ".join([*lines, *added]) or none)


def _log(home: Path) -> IntegrityFinding:
    if reason := write_problem(home):
        return IntegrityFinding(
            "log",
            False,
            tr("{reason}; move away what stands in its place, or free the disk", reason=reason),
        )
    count = len(last_failures(home, most=1_000))
    return IntegrityFinding(
        "log", True, tr("{file}, errors in it: {count}", file=home / FILE, count=count)
    )


def _privacy(home: Path) -> IntegrityFinding:
    if open_to_others(home):
        said = f"others may look into {home}, which holds other things too; what is made there is"
        return IntegrityFinding(
            "privacy", True, f"{said} closed to them; to close it all: chmod 700 {home}"
        )
    return IntegrityFinding("privacy", True, f"{home} is open to you alone")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _weights(workspace: Workspace) -> IntegrityFinding:
    """Load the embedder, and report whether it made the library's vectors."""
    name, made_by = workspace.settings.embedder, workspace.library.embedder
    try:
        embedder = workspace.question_embedder
        folder = None if kind_named(name) else weights_folder(name, cache=workspace.settings.models)
    except BriefingError as error:
        return IntegrityFinding("embedder", False, str(error))
    if made_by not in ("", embedder.name):
        return IntegrityFinding("embedder", False, str(embedder_mismatch(made_by, embedder.name)))
    if name == HASHING:
        return IntegrityFinding("embedder", True, tr("hash: words only, no model"))
    if folder is None:
        package = EMBEDDERS.package(name)
        return IntegrityFinding(
            "embedder", True, tr("{name} of {package}", name=name, package=package)
        )
    return IntegrityFinding("embedder", True, tr("{name} in {folder}", name=name, folder=folder))


def _reranker(workspace: Workspace) -> Iterator[IntegrityFinding]:
    """Report whether the reranker that the user named loads, if there is one."""
    name = workspace.settings.reranker
    if not name:
        return
    try:
        reranker_named(name, cache=workspace.settings.models)
    except BriefingError as error:
        yield IntegrityFinding("reranker", False, str(error))
    else:
        yield IntegrityFinding("reranker", True, name)


def _token_codes(workspace: Workspace) -> IntegrityFinding:
    """Report whether every passage has the token codes that late interaction compares."""
    if workspace.library.embedder not in ("", DEFAULT_MODEL):
        return IntegrityFinding(
            "tokens", True, tr("this embedder gives none; the ranking does without")
        )
    entries = [one for one in workspace.library.entries() if one.passages]
    without = sum(not workspace.library.token_codes(one.id).known for one in entries)
    if without:
        # The search is right without them, if a little worse: no reason to fail.
        rest = f"{without} documents have none and are ranked without; to compare them too run: "
        return IntegrityFinding("tokens", True, f"{rest}briefing doctor --reembed")
    return IntegrityFinding(
        "tokens",
        True,
        tr("all {count} documents can be compared word by word", count=len(entries)),
    )


def _indexes(workspace: Workspace) -> IntegrityFinding:
    """Compare the three indexes with the library, the vector index in a process of its own."""
    if not workspace.library.entries():
        return IntegrityFinding("indexes", True, tr("empty, like the library"))
    fault = workspace.indexes.fault()
    # The next search opens them again.
    workspace.indexes.close()
    if fault:
        return IntegrityFinding(
            "indexes", False, tr("{fault}; run: briefing doctor --rebuild", fault=fault)
        )
    if fault := workspace.indexes.server_fault():
        return IntegrityFinding("indexes", False, fault)
    found = inspect_indexes(workspace.library, store=workspace.settings.vector_store)
    if found.faults:
        return IntegrityFinding(
            "indexes",
            False,
            tr("{fault}; run: briefing doctor --rebuild", fault=joined("; ", found.faults)),
        )
    whole = tr(
        "{count} passages in the library and in each of the three indexes", count=found.passages
    )
    return IntegrityFinding("indexes", True, whole)
