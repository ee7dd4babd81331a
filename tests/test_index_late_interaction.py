"""Late interaction: words of a question meet words of a passage, kept as a bit a dimension."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.token_codes import TokenCodes
from index.embedding import normalised
from index.forward_index import Rows
from index.late_interaction import (
    States,
    codes_of,
    content_states,
    content_tokens,
    embed_with_codes,
    max_similarities,
    pooled,
)
from index.ranking import late_values

CHANCE = np.random.default_rng(3)


def values_of(tokens: TokenCodes, question: States, score: list[float]) -> list[float]:
    """Return the late interaction of all passages, weighed against another score."""

    def tokens_of(rows: Rows) -> TokenCodes:
        return TokenCodes.joined([tokens.passage(int(row)) for row in rows])

    return late_values(tokens_of, np.arange(len(score)), question, np.array(score)).tolist()


def passage_of(tokens: States) -> States:
    """Return the states of a passage in which each of some tokens stands twice, a little moved."""
    moved = CHANCE.normal(scale=0.01, size=tokens.shape)
    return normalised(np.concatenate([tokens, tokens + moved]))


def test_a_passage_with_the_very_tokens_scores_highest() -> None:
    """Though only the side of the mean is kept of each dimension, and alike ones share a code."""
    tokens = [normalised(CHANCE.normal(size=(6, 384))) for _ in range(4)]
    codes = TokenCodes.of([codes_of(passage_of(one)) for one in tokens])
    assert codes.counts.tolist() == [6] * 4
    scores = max_similarities(codes, tokens[2][:3])
    assert int(scores.argmax()) == 2
    assert scores[2] > 0.6 > max(scores[[0, 1, 3]])


def test_the_most_alike_tokens_are_pooled() -> None:
    """Into the mean of each cluster; the same ones, and a ring of equally near ones, end too."""
    tokens = normalised(CHANCE.normal(size=(5, 384)))
    found = pooled(passage_of(tokens), 5)
    assert found.shape == (5, 384)
    assert sorted((found @ tokens.T).argmax(axis=1).tolist()) == [0, 1, 2, 3, 4]
    assert (found @ tokens.T).max(axis=1).min() > 0.95
    assert len(pooled(np.ones((7, 4), np.float32), 2)) == 2
    assert len(pooled(np.eye(7, dtype=np.float32), 3)) == 3
    assert len(pooled(tokens[:1], 1)) == 1


def test_a_passage_without_tokens_takes_nothing_from_the_others() -> None:
    """It stands where its other signals put it; those with tokens are compared as ever."""
    states = [normalised(CHANCE.normal(size=(6, 384))) for _ in range(3)]
    known = TokenCodes.of([codes_of(one) for one in states])
    mixed = TokenCodes.joined([known, TokenCodes.none(1)])
    question = states[1][:3]
    alone = max_similarities(known, question)
    found = max_similarities(mixed, question)
    assert np.allclose(found[:3], alone) and np.isnan(found[3])
    values = values_of(mixed, question, [0.1, 0.2, 0.5, 0.5])
    assert np.allclose(values[:3], alone)
    # The best by the other signals has the most that any has, the worst would have the least.
    assert values[3] == alone.max()
    lowest = values_of(mixed, question, [0.2, 0.3, 0.5, 0.1])
    assert lowest[3] == alone.min()


def test_without_any_tokens_the_signal_is_absent() -> None:
    """A library embedded by another model has none at all."""
    question = normalised(np.eye(1, 384))
    assert values_of(TokenCodes.none(2), question, [1.0, 2.0]) == [0.0, 0.0]


def test_stop_words_and_marks_carry_nothing_unless_there_is_nothing_else() -> None:
    """A question of stop words keeps them all."""
    carries = content_tokens({"[CLS]": 0, "the": 1, "harbour": 2, ".": 3, "##s": 4})
    assert carries.tolist() == [False, False, True, False, True]
    states = np.eye(3, 8, dtype=np.float32) * 2
    assert len(content_states(states, np.array([0, 1, 2]), carries)) == 1
    assert np.allclose(
        np.linalg.norm(content_states(states, np.array([0, 1, 1]), carries), axis=1), 1
    )
    assert len(content_states(states, np.array([0, 1, 1]), carries)) == 3


def test_codes_come_from_the_pass_that_makes_the_vector(starter_home: Path) -> None:
    """The vectors are those of plain embedding, and a question's tokens find their own."""
    with Workspace(Settings(home=starter_home)) as workspace:
        model = workspace.document_embedder()
        texts = [
            "The harbour of Lund handled 4,800 ships.",
            "A rule on chips ended in May.",
        ]
        vectors, codes = embed_with_codes(model, texts)
        assert (vectors * model.embed(texts)).sum(axis=1).min() > 0.999
        assert codes.known and len(codes.counts) == 2 and codes.codes.shape[1] == 48
        found = workspace.retriever.search("How was DeepSeek-V3 trained?", limit=3)
        assert len(found) == 3 and all(one.match and one.match.late > 0 for one in found)
        kept = workspace.library.token_codes(found[0].passage.document)
        assert kept.known and len(kept.counts) == len(
            workspace.library.passages_of(found[0].passage.document)
        )


def test_a_library_without_codes_is_searched_without_them(tmp_path: Path) -> None:
    """Another embedder makes none; the ranking then rests on the other signals."""
    with Workspace(Settings(home=tmp_path, embedder="hash")) as workspace:
        file = tmp_path / "lund.md"
        file.write_text("# Lund\n\nThe harbour of Lund handled 4,800 ships in 2023.\n")
        list(workspace.add([file]))
        (found,) = workspace.retriever.search("How many ships at Lund?")
        assert found.match and found.match.late == 0
