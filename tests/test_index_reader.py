"""The reader judges each passage with the question, in any order and from any thread."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ReaderError
from index import reader as module
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.pair_encoding import MOST_TOKENS, Pair, PairTokenizer
from index.reader import KeywordReader, OnnxReader, ReaderModel, reader_named

QUESTION = "What did the harbour of Norden cost?"
PAIRS = [
    Pair(
        QUESTION, "Harbours", ("It was built in 1911.", "The harbour of Norden cost 4.1 million.")
    ),
    Pair(QUESTION, "Bread", ("Rye is sown in September.", "The dough rests for an hour.")),
    Pair(QUESTION, "Harbours › Dredging", ("The channel is dredged every spring.",)),
    Pair(QUESTION, "Norden", ("The town has 25,000 people.", "A ferry leaves twice a day.", "Ok.")),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for notes of verified weights."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def reader(cache: Path) -> ReaderModel:
    """The reader that comes with the program; some of its readings are remembered."""
    return reader_named("", cache=cache)


def fresh(cache: Path) -> OnnxReader:
    return OnnxReader(module.COMMITTED, cache=cache)


def test_readings_are_chances_in_the_order_given(reader: ReaderModel) -> None:
    """Each pair has its reading, whatever stands beside it; the chances of its sentences add up."""
    readings = reader.read(PAIRS)
    assert reader.read(PAIRS[::-1]) == readings[::-1]
    assert [reader.read([pair])[0] for pair in PAIRS] == readings
    for pair, reading in zip(PAIRS, readings, strict=True):
        assert len(reading.sentences) == len(pair.sentences)
        assert sum(reading.sentences) + reading.nothing == pytest.approx(1)
        assert 0 <= reading.relevance <= 1 and 0 <= reading.answers <= 1


def test_the_passage_that_answers_stands_first(reader: ReaderModel) -> None:
    """What is asked for is found in its passage, and in it in its sentence."""
    readings = reader.read(PAIRS)
    assert max(range(len(PAIRS)), key=lambda place: readings[place].relevance) == 0
    assert readings[0].sentences[1] > readings[0].sentences[0]


def test_nothing_is_read_of_nothing(reader: ReaderModel) -> None:
    """No pairs have no readings, and a passage without sentences answers nothing."""
    assert reader.read([]) == []
    assert reader.read([], keep=3) == []
    (reading,) = reader.read([Pair(QUESTION, "Harbours", ())])
    assert reading.sentences == () and reading.nothing == 1


def test_a_long_passage_is_cut(reader: ReaderModel) -> None:
    """What is longer than the model reads is left out: its sentences have no chance."""
    long = Pair(QUESTION, "Harbours", ("The quay was paved with stones. " * 20,) * 6)
    (reading,) = reader.read([long])
    assert len(reading.sentences) == 6
    assert reading.sentences[0] > 0 and reading.sentences[-1] == 0
    (other,) = reader.read([Pair("cost " * 900, "port " * 900, ("It cost 4.1 million.",))])
    assert other.sentences[0] > 0


def test_what_is_kept_is_read_as_without_a_limit(cache: Path) -> None:
    """With `keep` the best by first glance and search are read whole, and as they would be."""
    whole = fresh(cache).read(PAIRS)
    hurried = fresh(cache)
    some = hurried.read(PAIRS, prior=[0.1, 0.2, 0.9, 0.3], keep=2)
    kept = [place for place, reading in enumerate(some) if reading.sentences]
    assert len(kept) == 2
    assert [some[place] for place in kept] == [whole[place] for place in kept]
    left = [reading for reading in some if not reading.sentences]
    assert all(one.nothing == 1 and one.answers == 0 and 0 < one.relevance < 1 for one in left)
    assert hurried.read(PAIRS) == whole
    assert hurried.read(PAIRS, prior=[0.1, 0.2, 0.9, 0.3], keep=2) == some
    assert hurried.read(PAIRS, keep=9) == whole


def test_the_search_has_its_say_in_what_is_kept(cache: Path) -> None:
    """Of passages that look alike, the one that the search holds for best is read to the end."""
    alike = [Pair(QUESTION, f"Notes {place}", PAIRS[2].sentences) for place in range(3)]
    for best in range(3):
        prior = [float(place == best) for place in range(3)]
        readings = fresh(cache).read(alike, prior=prior, keep=2)
        assert readings[best].sentences


def test_a_pair_given_twice_is_read_once_and_answered_twice(cache: Path) -> None:
    """Two passages of the same words have the same reading, with a limit and without."""
    twice = [PAIRS[0], PAIRS[1], PAIRS[0]]
    first, other, again = fresh(cache).read(twice, prior=[0.5, 0.1, 0.4], keep=1)
    assert first == again and first.sentences and not other.sentences


def test_threads_share_one_reader(cache: Path) -> None:
    """Eight threads that ask at once get what one gets."""
    expected = fresh(cache).read(PAIRS)
    shared = fresh(cache)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shared.read(PAIRS), range(24)))
    assert all(one == expected for one in found)


@pytest.mark.parametrize("file", ["lower.onnx", "upper.onnx", "reader.json"])
def test_altered_or_missing_weights_are_refused(file: str, cache: Path, tmp_path: Path) -> None:
    """A file with another hash is not loaded, nor is half a model; the line says what to do."""
    folder = tmp_path / "weights"
    shutil.copytree(module.COMMITTED, folder)
    assert reader_named(str(folder), cache=cache).read(PAIRS[:1])
    bytes_ = bytearray((folder / file).read_bytes())
    bytes_[len(bytes_) // 2] ^= 0xFF
    (folder / file).write_bytes(bytes_)
    with pytest.raises(ReaderError, match="install the program again"):
        reader_named(str(folder), cache=cache)
    (folder / file).unlink()
    with pytest.raises(ReaderError, match="install the program again"):
        reader_named(str(folder), cache=cache)


def test_the_mean_of_a_sentence_is_of_its_own_tokens(cache: Path) -> None:
    """Each sentence weighs its tokens alike, and the weights reach no other sentence."""
    tokens = PairTokenizer(weights_folder(DEFAULT_MODEL, cache=cache) / "tokenizer.json")
    inputs = tokens.encode(PAIRS)
    for row, pair in enumerate(PAIRS):
        weights = inputs["sentences"][row]
        assert np.allclose(weights[: len(pair.sentences)].sum(axis=1), 1)
        assert not weights[len(pair.sentences) :].any()
        assert (np.count_nonzero(weights, axis=0) <= 1).all()
        ahead = inputs["token_type_ids"][row] == 0
        assert not weights[:, ahead].any()
    long = tokens.encode([Pair("cost " * 900, "port " * 900, ("The quay was paved. " * 300,))])
    assert long["input_ids"].shape[1] <= MOST_TOKENS


def test_the_reader_of_words_keeps_the_promise(cache: Path) -> None:
    """The reader for tests judges by words alone, and its chances add up as the model's do."""
    words = reader_named("words", cache=cache)
    assert isinstance(words, KeywordReader)
    readings = words.read(PAIRS, prior=[0.0] * 4, keep=1)
    assert readings == words.read(PAIRS)
    assert all(sum(one.sentences) + one.nothing == pytest.approx(1) for one in readings)
    assert readings[0].sentences[1] > readings[0].sentences[0]
    assert readings[0].answers > max(one.answers for one in readings[1:])
    assert readings[1].relevance == 0 and readings[1].nothing == 1
