"""Another reranker is taken from a folder or the hub's local cache, and never from the network."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.planning.question_language import is_foreign
from corpus.errors import ReaderError
from index.pair_encoding import Pair
from index.reader import KeywordReader, Reading
from index.rerankers import Reranked, reranker_named

pytestmark = pytest.mark.models
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] what did the harbour cost it rye is sown bread ? .".split()
PAIRS = [
    Pair("What did the harbour cost?", "Harbour", ("The harbour cost it.",)),
    Pair("What did the harbour cost?", "Bread", ("Rye is sown.", "It is bread." * 90)),
    Pair("What did the harbour cost?", "", ()),
]


def made(folder: Path, *, labels: int = 1) -> Path:
    """Make the smallest CrossEncoder, with weights drawn at random."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=labels,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_reranker_of_a_folder_gives_a_relevance_of_each_pair(tmp_path: Path) -> None:
    """Every pair has a number from 0 to 1 in its place, a passage too long for the model too."""
    reranker = reranker_named(str(made(tmp_path / "tiny")), cache=tmp_path)
    found = reranker.relevance(PAIRS)
    assert len(found) == 3 and all(0 < one < 1 for one in found) and len(set(found)) == 3
    assert reranker.relevance(PAIRS[::-1]) == pytest.approx(found[::-1], abs=1e-6)
    assert reranker.relevance([]) == []


def test_a_reranker_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    """A name that is nowhere, an empty folder and a model of several numbers are refused."""
    (tmp_path / "empty").mkdir()
    for name in ("cross-encoder/nowhere", str(tmp_path / "none"), str(tmp_path / "empty")):
        with pytest.raises(ReaderError, match="no reranker") as caught:
            reranker_named(name, cache=tmp_path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ReaderError, match="gives 3 numbers"):
        reranker_named(str(made(tmp_path / "three", labels=3)), cache=tmp_path)


def test_a_reranker_is_found_in_the_local_cache_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of the hub is looked up in the cache that is there."""
    from huggingface_hub import constants

    commit = "0" * 40
    place = tmp_path / "hub" / "models--cross-encoder--tiny"
    shutil.copytree(made(tmp_path / "tiny"), place / "snapshots" / commit)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    found = reranker_named("cross-encoder/tiny", cache=tmp_path).relevance(PAIRS)
    assert found == reranker_named(str(tmp_path / "tiny"), cache=tmp_path).relevance(PAIRS)


class ByLength:
    """A reranker that prefers what has more sentences."""

    name = "length"
    reads_many = False

    def relevance(self, pairs: Sequence[Pair]) -> list[float]:
        return [len(one.sentences) / 10 for one in pairs]


def test_a_reader_keeps_its_sentences_where_another_model_ranks() -> None:
    """Only the relevance is the reranker's, which also says what is read to the end."""
    kept: list[list[float]] = []

    class Noted(KeywordReader):
        def read(
            self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
        ) -> list[Reading]:
            kept.append([*prior, float(keep or 0)])
            return super().read(pairs, prior=prior, keep=keep)

    own = KeywordReader().read(PAIRS)
    ranked = Reranked(Noted(), ByLength(), lambda pair: False)
    found = ranked.read(PAIRS, prior=[0.9, 0.1, 0.5], keep=2)
    assert [one.relevance for one in found] == [0.1, 0.2, 0.0]
    assert [replace(one, relevance=0.0) for one in found] == [
        replace(one, relevance=0.0) for one in own
    ]
    assert kept == [[0.1, 0.2, 0.0, 2.0]]
    assert ranked.name == "words, ranked by length"


def test_of_what_the_reader_does_not_know_the_reranker_says_all() -> None:
    """A passage in another language answers as far as the reranker says, sentence by sentence."""

    class Liking:
        name = "liking"
        reads_many = True

        def relevance(self, pairs: Sequence[Pair]) -> list[float]:
            return [0.8 if "限额" in "".join(one.sentences) else 0.1 for one in pairs]

    pairs = [Pair("限额是多少？", "", ("天气很好。", "限额是五百。")), *PAIRS[:1]]
    first, second = Reranked(KeywordReader(), Liking(), is_foreign).read(pairs)
    assert first.answers == first.relevance == 0.8
    assert first.sentences[1] > 5 * first.sentences[0]
    assert sum(first.sentences) + first.nothing == pytest.approx(1)
    assert second.answers == KeywordReader().read(PAIRS[:1])[0].answers
    Liking.reads_many = False
    assert Reranked(KeywordReader(), Liking(), is_foreign).read(pairs)[:1] == KeywordReader().read(
        pairs[:1]
    )
