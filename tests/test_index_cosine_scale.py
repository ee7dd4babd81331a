"""Nothing depends on the cosines of one embedder: another's are moved to the default one's scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.answer import Question
from assistant.checking.checker import Cited
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.counting import Counting, words
from index.cosine_scale import (
    DEFAULT_SCALE,
    SAME,
    TEXTS,
    UNRELATED,
    CosineScale,
    measured,
    noted_scale,
    scale_of,
)
from index.embedder_weights import DEFAULT_MODEL
from index.embedders import EMBEDDERS, EmbedderKind, question_embedder
from index.embedding import Embedder, HashEmbedder, Vectors

MILL = (
    "The mill of Lund ground 300 tonnes of rye in 2022, a tenth more than in the year before. "
    "Half of the flour went to bakers in Malm, the rest was sold on the market by the bridge. "
)
FERRY = (
    "The ferry Zelda crosses the sound of Ros eleven times a day, and carries forty cars. "
    "In storms the harbour master keeps her in port until the wind has turned. "
)
SCHOOL = (
    "Pupils of the school in Vik learn to swim in the lake before they are nine years old. "
    "Their teacher rows beside them in a red boat, and counts heads at every stroke. "
)
ARTICLES = {
    "mill": ("The rye of Lund", "Lund Gazette", "2023-02-01", MILL),
    # A reprint: the same but for a word.
    "reprint": ("From our neighbours", "Malm Post", "2023-02-05", MILL.replace("ground", "milled")),
    "old": ("Ferries of the sound", "Port of Ros", "2023-01-01", FERRY),
    # A later version, with a word changed and a sentence more.
    "new": ("Ferries of the sound", "Port of Ros", "2024-01-01",
            FERRY.replace("forty", "fifty") + "A second ferry is planned."),
    # Of the same series, and another text.
    "other": ("Ferries of the sound", "Port of Ros", "2025-01-01", SCHOOL),
}  # fmt: skip
QUESTIONS = (
    "How much rye did the mill of Lund grind?",
    "How many cars does the ferry Zelda carry?",
    "What colour is the teacher's boat?",
    "Summarise Ferries of the sound",
)
CLAIMS = (
    "In 2022 the mill of Lund ground 300 tonnes of rye.",
    "The mill sold half of its flour to the bakers of Malm.",
    "Children must be able to swim by the age of nine.",
    "A volcano closed every airport in the north.",
    "Zelda stays in the harbour when it is stormy.",
)


class Squeezed:
    """An embedder all of whose cosines, but for those of a text with itself, are 0.6 to 0.95."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name = f"squeezed {inner.name}"
        self.dimension = inner.dimension + 257
        self.counting = Counting()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of which three parts in five are the same for all texts."""
        own = HashEmbedder(256).embed([f"{one}{place}" for place, one in enumerate([])])
        own = np.zeros((len(texts), 256), np.float32)
        for row, text in zip(own, texts, strict=True):
            row[:] = np.random.default_rng([*text.encode()]).normal(size=256)
        own /= np.linalg.norm(own, axis=1, keepdims=True)
        common = np.full((len(texts), 1), 0.6**0.5, np.float32)
        inner = self._inner.embed(texts) * np.float32(0.35**0.5)
        return np.hstack([inner, common, own * np.float32(0.05**0.5)])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words of each text."""
        return words(texts)


class Plain(Squeezed):
    """The embedder that is squeezed, counting words as that does."""

    def __init__(self, inner: Embedder) -> None:
        super().__init__(inner)
        self.name, self.dimension = inner.name, inner.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return its vectors."""
        return self._inner.embed(texts)


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """The default model, as it embeds questions."""
    return question_embedder(DEFAULT_MODEL, cache=tmp_path_factory.mktemp("models"))


def seen(workspace: Workspace, files: Sequence[Path]) -> list[object]:
    """Return all that the program makes of cosines in a library of those files."""
    list(workspace.add(files))
    titles = {one.id: one.source.publisher for one in workspace.library.entries()}
    found: list[object] = []
    for text in QUESTIONS:
        for one in workspace.retriever.search(text):
            assert one.match is not None
            copies = [titles[copy.partition(":")[0]] for copy in one.match.folded]
            newer = one.newer.source.published if one.newer else ""
            found.append((text, one.passage.text, copies, newer))
        answer = ask(workspace, Question(text))
        found.append((answer.outcome, [claim.text for claim in answer.claims]))
    for claim in CLAIMS:
        for article in (MILL, FERRY, SCHOOL):
            cited = [Cited(article, "Article")]
            found.append((claim, workspace.checker.check(claim, cited).verdict))
    return found


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Embedder], list[object]]:
    """Return what says what is seen of the articles with an embedder."""
    files = []
    for name, (title, publisher, published, text) in ARTICLES.items():
        files.append(tmp_path / f"{name}.md")
        head = f"title: {title}\npublisher: {publisher}\npublished: {published}"
        files[-1].write_text(f"---\n{head}\n---\n\n{text}\n")

    def read(embedder: Embedder) -> list[object]:
        plain = embedder if isinstance(embedder, Squeezed) else Plain(embedder)
        monkeypatch.setitem(EMBEDDERS._loaded, "mine", EmbedderKind(lambda _: plain))
        settings = Settings(
            tmp_path / plain.name.replace(" ", "-"), embedder="mine", reader="words", judge="none",
            engine="extractive",
        )  # fmt: skip
        with Workspace(settings) as workspace:
            return seen(workspace, files)

    return read


def test_an_embedder_of_high_cosines_folds_and_says_the_same(
    library: Callable[[Embedder], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reprint is folded, the later version known, a sentence called supported, as before."""
    plain = library(HashEmbedder())
    assert any("Malm Post" in one[2] or "Lund Gazette" in one[2] for one in plain if len(one) == 4)
    assert any(one[3] for one in plain if len(one) == 4)
    assert {"supported", "unsupported"} & {one[1] for one in plain if len(one) == 2}
    assert library(Squeezed(HashEmbedder())) == plain
