"""No bound is for one embedder alone: others' cosines are moved to the default one's scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from assistant.answer import Answer, Question
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
    measured_scale,
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


class Plain:
    """An embedder under its own name, which counts words."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dimension, self.counting = inner.name, inner.dimension, Counting()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return its vectors."""
        return self._inner.embed(texts)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words of each text."""
        return words(texts)


class Squeezed(Plain):
    """The same with cosines of 0.6 to 0.95, but for that of a text with itself."""

    def __init__(self, inner: Embedder) -> None:
        super().__init__(inner)
        self.name, self.dimension = f"squeezed-{inner.name}", inner.dimension + 4097

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of which a part is common to all texts and another is each text's own."""
        own = np.array(
            [np.random.default_rng([*text.encode()]).normal(size=4096) for text in texts]
        ).reshape(-1, 4096)
        own *= 0.05**0.5 / np.linalg.norm(own, axis=1, keepdims=True)
        common = np.full((len(texts), 1), 0.6**0.5)
        inner = self._inner.embed(texts) * 0.35**0.5
        return np.hstack([inner, common, own]).astype(np.float32)


@dataclass(frozen=True)
class Seen:
    """What the program makes of cosines: repeats, versions, answers, verdicts; and the cosines."""

    folded: set[tuple[str, frozenset[str]]]
    newer: set[tuple[str, str]]
    answers: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...]
    meaning: tuple[float, ...]


def seen(workspace: Workspace) -> Seen:
    """Return what is seen with the embedder of a workspace."""
    named = {one.id: one.source.dated for one in workspace.library.entries()}
    found = [(text, one) for text in QUESTIONS for one in workspace.retriever.search(text)]
    matches = [(text, one, one.match) for text, one in found if one.match]
    written = [one for text in QUESTIONS for one in ask(workspace, Question(text))]
    answers = [one for one in written if isinstance(one, Answer)]
    checked = [
        workspace.checker.check(claim, [Cited(text)])
        for claim in CLAIMS
        for text in (MILL, FERRY, SCHOOL)
    ]
    return Seen(
        # Which of two that are alike stands first is left to a thousandth of a cosine.
        {
            (text, frozenset((one.source.dated, named[copy.partition(":")[0]])))
            for text, one, match in matches
            for copy in match.folded
        },
        tuple((one.source.published, one.newer.source.published) for _, one in found if one.newer),
        tuple((one.outcome, *(claim.text for claim in one.claims)) for one in answers),
        tuple(one.verdict for one in checked),
        tuple(match.meaning for _, _, match in matches),
    )


@pytest.fixture
def using(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Plain], Seen]:
    """Return what adds the articles with an embedder, and says what is seen."""
    files = []
    for name, (title, publisher, published, text) in ARTICLES.items():
        head = f"title: {title}\npublisher: {publisher}\npublished: {published}"
        files.append(tmp_path / f"{name}.md")
        files[-1].write_text(f"---\n{head}\n---\n\n{text}\n")

    def read(embedder: Plain) -> Seen:
        monkeypatch.setitem(EMBEDDERS._loaded, "mine", EmbedderKind(lambda _: embedder))
        settings = Settings(
            tmp_path / embedder.name, engine="extractive", embedder="mine", reader="words",
            judge="none",
        )  # fmt: skip
        with Workspace(settings) as workspace:
            list(workspace.add(files))
            return seen(workspace)

    return read


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    """The default model as it embeds questions, under its name: it is never measured."""
    return Plain(question_embedder(DEFAULT_MODEL, cache=tmp_path_factory.mktemp("models")))


def compared(plain: Seen, squeezed: Seen) -> None:
    """Hold that both saw the same, and something of each kind."""
    assert plain.folded and plain.newer and any(one[1:] for one in plain.answers)
    assert len(set(plain.verdicts)) > 1
    assert replace(squeezed, meaning=()) == replace(plain, meaning=())
    assert squeezed.meaning == pytest.approx(plain.meaning, abs=0.05)


def test_an_embedder_of_high_cosines_is_used_like_another(
    using: Callable[[Plain], Seen],
) -> None:
    """The same is folded, taken for a later version, answered and called supported."""
    compared(using(Plain(HashEmbedder())), using(Squeezed(HashEmbedder())))


@pytest.mark.slow
@pytest.mark.models
def test_an_embedder_of_high_cosines_is_used_like_the_default_one(
    using: Callable[[Plain], Seen], default: Plain
) -> None:
    """Whose cosines are what the bounds of the program are for, and stay as they are."""
    compared(using(default), using(Squeezed(default)))


def test_without_the_scale_another_would_be_misread(
    using: Callable[[Plain], Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the two tests above see something: bare, every sentence is like every text."""
    plain = using(Plain(HashEmbedder()))
    monkeypatch.setattr(CosineScale, "__call__", lambda _, cosines: cosines)
    bare = using(Squeezed(HashEmbedder()))
    assert bare.verdicts != plain.verdicts and min(bare.meaning) > 0.55


@pytest.mark.slow
@pytest.mark.models
def test_the_constants_are_what_the_default_model_gives(default: Plain) -> None:
    """So that its own cosines would be moved nowhere."""
    found = measured_scale(default)
    assert (found.unrelated, found.same) == pytest.approx((UNRELATED, SAME), abs=0.002)


def test_cosines_are_moved_linearly_and_the_default_ones_not_at_all() -> None:
    """Unrelated and nearly equal texts fall where they do by the default model; 1 is the most."""
    cosines = np.array([0.7, 0.8, 0.9, 1.0])
    moved = CosineScale(0.7, 0.9)(cosines)
    assert moved.tolist() == pytest.approx([UNRELATED, (UNRELATED + SAME) / 2, SAME, 1.0])
    assert DEFAULT_SCALE(cosines) is cosines


def test_an_embedder_is_measured_once_unless_it_is_asked_for_anew(tmp_path: Path) -> None:
    """The note goes by its name, and what is no note is as none."""
    asked: list[int] = []

    class Counted(Plain):
        def embed(self, texts: Sequence[str]) -> Vectors:
            asked.append(len(texts))
            return super().embed(texts)

    embedder = Counted(Squeezed(HashEmbedder()))
    assert noted_scale(embedder.name, folder=tmp_path) is None
    first = scale_of(embedder, folder=tmp_path)
    assert scale_of(embedder, folder=tmp_path) == noted_scale(embedder.name, folder=tmp_path)
    assert asked == [2 * len(TEXTS)] and 0.6 < first.unrelated < 0.7 < first.same < 0.96
    assert scale_of(embedder, folder=tmp_path, anew=True) == first and len(asked) == 2
    scale_of(Plain(HashEmbedder()), folder=tmp_path)
    assert noted_scale(embedder.name, folder=tmp_path) == first
    next(tmp_path.glob("cosines*")).write_text('{"hash-256": 7}')
    assert noted_scale("hash-256", folder=tmp_path) is None
    assert noted_scale(DEFAULT_MODEL, folder=tmp_path) == DEFAULT_SCALE


def test_an_embedder_that_tells_nothing_apart_is_left_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All texts alike: there is nothing that could be moved, and the log says so."""

    class Same(Plain):
        def embed(self, texts: Sequence[str]) -> Vectors:
            return np.ones((len(texts), 1), np.float32)

    assert measured_scale(Same(HashEmbedder())) == DEFAULT_SCALE
    assert "does not tell texts apart" in caplog.text
