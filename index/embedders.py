"""The embedders for documents and for questions, by name."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corpus.counting import Counting
from corpus.errors import EmbedderError
from corpus.registry import Registry, made
from index.embedder_graph import default_graph
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.embedding import Embedder, HashEmbedder
from index.fastest_path import AGREEMENT
from index.onnx_embedder import OnnxEmbedder
from index.openvino_embedder import OpenVinoEmbedder
from index.sentence_embedder import SentenceEmbedder

_LOG = logging.getLogger(__name__)
# Different texts on purpose: short, long, with figures, not English.
_PROBE_TEXTS = (
    "What did DeepSeek-V3 cost to train?",
    "The rule of 7 October 2022 set a threshold of 4,800 for total processing performance. " * 4,
    "华为昇腾 910C",
)
# Raised when the export changes, so that an older file is not used.
_EXPORT_FORMAT = 2
# The embedder that needs no model, by name: for tests, and for trying the program without weights.
HASHING = "hash"


class CountingEmbedder(Embedder, Protocol):
    """An embedder that also counts tokens, for the splitter."""

    @property
    def counting(self) -> Counting:
        """How it counts, as data that is sent to the child process that splits texts."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, the model's own marks not included."""


@dataclass(frozen=True, slots=True)
class EmbedderKind:
    """An embedder that goes by the name under which it is registered, and is no folder of a model.

    `make` returns it for passages and questions alike, given a folder in which it may keep things;
    it raises EmbedderError. `counting` is how it counts tokens, where that is known without making
    it.
    """

    make: Callable[[Path], CountingEmbedder]
    counting: Counting | None = None


WORDS_HASHED = EmbedderKind(lambda _: HashEmbedder(), Counting())
EMBEDDERS = Registry(
    "briefing.embedders", EmbedderKind, ((HASHING, "index.embedders:WORDS_HASHED"),)
)


def kind_named(name: str) -> EmbedderKind | None:
    """Return the registered embedder of that name; None for a model, which a folder or the hub has.

    Nobody adds one under the name of the default model.
    """
    return None if name == DEFAULT_MODEL else EMBEDDERS.get(name)


def counting_of(name: str, *, cache: Path) -> Counting | None:
    """Return how the embedder of that name counts tokens, without loading it.

    None where only the model itself can say. Raises EmbedderError where it is missing or altered.
    """
    if kind := kind_named(name):
        return kind.counting
    try:
        file = weights_folder(name, cache=cache) / "tokenizer.json"
        return Counting(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def document_embedder(name: str, *, cache: Path) -> CountingEmbedder:
    """Return the embedder for passages, and export the one for questions if that is missing.

    `cache` is a folder of ours; raises EmbedderError. A model other than the default one loads
    torch: seconds.
    """
    started = time.monotonic()
    embedder = passage_embedder(name, cache=cache)
    if isinstance(embedder, SentenceEmbedder):
        _agreeing_export(embedder, cache)
    _log_loading(name, "documents", started)
    return embedder


def passage_embedder(name: str, *, cache: Path) -> CountingEmbedder:
    """Return the embedder for passages alone, for a machine that answers no questions."""
    if kind := kind_named(name):
        return made(name, kind.make, cache, EmbedderError)
    if name != DEFAULT_MODEL:
        return SentenceEmbedder(name, cache=cache)
    folder, graph = weights_folder(name, cache=cache), default_graph(cache)
    try:
        return OpenVinoEmbedder(name, graph, folder)
    except ImportError as error:
        _LOG.warning("passages are embedded by ONNX Runtime, on one core: %s", error)
        return OnnxEmbedder(name, graph, folder)


def question_embedder(name: str, *, cache: Path) -> CountingEmbedder:
    """Return the embedder for questions: the exported model if there is one that agrees.

    Otherwise the export is made now, once; a model that cannot be exported serves questions too.
    """
    if kind := kind_named(name):
        return made(name, kind.make, cache, EmbedderError)
    started = time.monotonic()
    folder = weights_folder(name, cache=cache)
    target = default_graph(cache) if name == DEFAULT_MODEL else _export_path(name, folder, cache)
    if target is not None and target.exists():
        ready: CountingEmbedder = OnnxEmbedder(name, target, folder)
    else:
        embedder = SentenceEmbedder(name, cache=cache)
        ready = _agreeing_export(embedder, cache) or embedder
    _log_loading(name, "questions", started)
    return ready


def _log_loading(name: str, what_for: str, started: float) -> None:
    seconds = time.monotonic() - started
    _LOG.info("loaded the embedder %s for %s in %.1f s", Path(name).name, what_for, seconds)


def _agreeing_export(embedder: SentenceEmbedder, cache: Path) -> OnnxEmbedder | None:
    """Return the export of `embedder`, made if missing, or None where it does not agree."""
    folder = weights_folder(embedder.name, cache=cache)
    target = _export_path(embedder.name, folder, cache)
    if target is None:
        return None
    if not target.exists():
        try:
            embedder.export(target)
        except Exception:  # noqa: BLE001  # reason: exporters raise anything; the model itself works
            _LOG.debug("%s cannot be exported", embedder.name, exc_info=True)
            return None
    try:
        exported = OnnxEmbedder(embedder.name, target, folder)
    except EmbedderError:
        _LOG.debug("the export of %s cannot be loaded", embedder.name, exc_info=True)
        target.unlink(missing_ok=True)
        return None
    cosines = (exported.embed(_PROBE_TEXTS) * embedder.embed(_PROBE_TEXTS)).sum(axis=1)
    if float(cosines.min()) < AGREEMENT:
        _LOG.debug("the export of %s differs: cosine %.4f", embedder.name, float(cosines.min()))
        target.unlink(missing_ok=True)
        return None
    return exported


def _export_path(name: str, folder: Path, cache: Path) -> Path | None:
    """Return the file of the export, whose name changes when the weights do.

    None for a model that is not a folder here (the hub's cache holds it): it stays as it is.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        return None
    mark = f"{_EXPORT_FORMAT} {weights} {weights.stat().st_size} {weights.stat().st_mtime_ns}"
    safe = re.sub(r"[^A-Za-z0-9.-]+", "-", Path(name).name)
    return cache / f"{safe}-{hashlib.sha256(mark.encode()).hexdigest()[:12]}.onnx"
