"""Embedding passages: runtime and precision, the default model's files, what needs no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import EmbedderError, ReaderError
from index import embedder_graph, fastest_path
from index.embedder_graph import GRAPH, WEIGHTS, default_graph
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.embedders import passage_embedder, question_embedder
from index.embedding import Vectors
from index.fastest_path import fastest
from index.late_interaction import TokenEmbedder
from index.onnx_embedder import OnnxEmbedder
from index.openvino_embedder import OpenVinoEmbedder, usable_cores
from index.rerankers import reranker_named
from index.sentence_embedder import SentenceEmbedder

TEXTS = ["What does the rule say?", "华为昇腾", "A long text about chips. " * 80, "H20", ""] * 3
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.models
def test_every_way_of_embedding_agrees_with_sentence_transformers(cache: Path) -> None:
    """Questions by ONNX Runtime and passages by OpenVINO, in the order given, rows of length 1."""
    original = SentenceEmbedder(DEFAULT_MODEL, cache=cache, precise=True)
    wanted = original.embed(TEXTS)
    passages = passage_embedder(DEFAULT_MODEL, cache=cache)
    assert isinstance(passages, OpenVinoEmbedder)
    for embedder, least in (
        (question_embedder(DEFAULT_MODEL, cache=cache), 0.99999),
        (passages, 0.999),
    ):
        found = embedder.embed(TEXTS)
        assert (found * wanted).sum(axis=1).min() > least
        assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert embedder.count(TEXTS) == original.count(TEXTS)
        assert embedder.dimension == 384 and embedder.embed([]).shape == (0, 384)


@pytest.mark.models
def test_the_codes_of_tokens_are_those_of_the_runtime_in_float32(cache: Path) -> None:
    """Of each text its own, whatever batch it was in; a few bits near the mean may differ."""
    one = passage_embedder(DEFAULT_MODEL, cache=cache)
    other = question_embedder(DEFAULT_MODEL, cache=cache)
    assert isinstance(one, TokenEmbedder) and isinstance(other, TokenEmbedder)
    (_, codes), (_, exact) = one.with_codes(TEXTS), other.with_codes(TEXTS)
    assert codes.counts.tolist() == exact.counts.tolist()
    assert np.bitwise_count(codes.codes ^ exact.codes).mean() / 8 < 0.02


def test_the_default_model_is_the_packages_file_and_the_programs_graph(tmp_path: Path) -> None:
    """Earlier exports go; a second call writes nothing; what is lost or damaged is mended."""
    old = tmp_path / f"{DEFAULT_MODEL}-0123456789ab.onnx"
    old.write_bytes(b"what torch exported")
    graph = default_graph(tmp_path)
    assert not old.exists() and graph.read_bytes() == GRAPH.read_bytes()
    weights = weights_folder(DEFAULT_MODEL, cache=tmp_path) / WEIGHTS
    assert (graph.parent / WEIGHTS).stat().st_size == weights.stat().st_size
    written = graph.stat().st_mtime_ns
    assert default_graph(tmp_path) == graph and graph.stat().st_mtime_ns == written
    for damage in (graph.unlink, lambda: graph.write_bytes(b"noise")):
        damage()
        assert default_graph(tmp_path).read_bytes() == GRAPH.read_bytes()
    (graph.parent / WEIGHTS).unlink()
    (graph.parent / WEIGHTS).write_bytes(b"cut off")
    assert default_graph(tmp_path) == graph
    assert (graph.parent / WEIGHTS).stat().st_size == weights.stat().st_size


def test_many_threads_make_the_same_folder_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the two embedders of a page do at the first start; none takes away what another writes."""
    link, all_here = embedder_graph._link_or_copy, threading.Barrier(4)

    def together(source: Path, target: Path) -> None:
        link(source, target)
        all_here.wait(30)

    monkeypatch.setattr(embedder_graph, "_link_or_copy", together)

    def made(_: int) -> Path:
        graph = default_graph(tmp_path)
        assert graph.read_bytes() == GRAPH.read_bytes() and (graph.parent / WEIGHTS).is_file()
        return graph

    with ThreadPoolExecutor(4) as threads:
        (graph,) = set(threads.map(made, range(4)))
    assert sorted(one.name for one in graph.parent.iterdir()) == sorted([GRAPH.name, WEIGHTS])


def test_two_installations_share_a_folder_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither takes away what the other one made."""
    mine, other = default_graph(tmp_path), tmp_path / "other.onnx"
    other.write_bytes(b"the graph of another version")
    monkeypatch.setattr(embedder_graph, "GRAPH", other)
    theirs = default_graph(tmp_path)
    assert mine.is_file() and theirs.is_file() and mine.parent != theirs.parent


def test_where_files_cannot_be_linked_they_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk other than the package's."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    weights = default_graph(tmp_path).parent / WEIGHTS
    assert weights.stat().st_nlink == 1
    assert embedder_graph.weights_folder(DEFAULT_MODEL, cache=tmp_path).is_dir()


def test_a_folder_that_takes_no_files_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line that names it."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(embedder_graph, "write_atomically", refuse)
    with pytest.raises(EmbedderError, match="No space left"):
        default_graph(tmp_path)


def test_without_openvino_passages_are_embedded_by_onnx_runtime(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a system for which there is none."""
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert isinstance(passage_embedder(DEFAULT_MODEL, cache=cache), OnnxEmbedder)


def way(vectors: Vectors, seconds: float, clock: list[float]) -> Callable[[], Vectors]:
    def run() -> Vectors:
        clock[0] += seconds
        return vectors

    return run


@pytest.mark.parametrize(
    ("half", "slow", "wanted"),
    [
        pytest.param([1.0, 0.01], 0.5, "half", id="faster and alike"),
        pytest.param([1.0, 0.01], 3.0, "exact", id="slower"),
        pytest.param([0.5, 0.5], 0.5, "exact", id="faster and different"),
    ],
)
def test_the_fastest_way_that_agrees_is_taken(
    half: list[float], slow: float, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By time, on this machine; never by what the processor is called."""
    clock = [0.0]
    monkeypatch.setattr(fastest_path.time, "perf_counter", lambda: clock[0])
    exact = np.array([[1.0, 0.0]], dtype=np.float32)
    other = np.array([half], dtype=np.float32)
    ways = {"exact": way(exact, 1.0, clock), "half": way(other, slow, clock)}
    assert fastest(ways) == wanted
    assert fastest({"exact": ways["exact"]}) == "exact"


def test_threads_are_bounded_as_other_programs_bound_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """By OMP_NUM_THREADS, where it is a number."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert usable_cores() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "all")
    assert usable_cores() >= 1


@pytest.mark.process
def test_openvino_tells_nobody_that_it_is_used() -> None:
    """Its import sends an event unless its converter is kept out: nothing asks for a connection."""
    code = """
import socket, sys
def closed(*_): raise SystemExit("a connection was asked for")
socket.socket.connect = socket.getaddrinfo = closed
import corpus, openvino, time
time.sleep(0.5)
print([name for name in sys.modules if "openvino" in name and "telemetry" in name
       and sys.modules[name]])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.process
def test_a_library_is_made_and_asked_without_torch(tmp_path: Path) -> None:
    """As in an installation without the extra: neither it nor what is built on it is imported."""
    (tmp_path / "note.md").write_text("# Ports\n\nThe port of Lund handled 4511 ships in 2023.\n")
    code = """
import sys
for name in ("torch", "transformers", "sentence_transformers", "onnx"):
    sys.modules[name] = None
from ui.cli import main
main()
"""
    asked = "How many ships did the port of Lund handle in 2023?"
    for command in (["add", str(tmp_path / "note.md")], ["ask", asked, "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", code, "--home", str(tmp_path / "home"), *command],
            capture_output=True, text=True, cwd=ROOT, timeout=110,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert "4511" in json.loads(done.stdout)["claims"][0]["text"]


def test_models_of_others_name_the_extra_that_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    for load, error in ((question_embedder, EmbedderError), (reranker_named, ReaderError)):
        with pytest.raises(error, match=r'pip install "briefing-assistant\[torch\]"'):
            load(str(tmp_path), cache=tmp_path)
