"""Answers over the starter library: cited word for word, declined where it holds no answer."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Question, answer_json
from assistant.diagnostics import diagnostics
from assistant.engine import Piece, Task
from assistant.evaluation import evaluate, metrics, questions_from
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.starter import EXAMPLES, EXAMPLES_ZH, ensure_starter, needs_starter
from assistant.workspace import Workspace
from corpus.errors import EmbedderError, EmbedderMismatch, EngineError, UsageError
from corpus.starter import starter_files
from index.embedder_weights import DEFAULT_MODEL, verify, weights_folder


@pytest.fixture(scope="module")
def workspace(starter_home: Path) -> Iterator[Workspace]:
    with Workspace(Settings(home=starter_home)) as opened:
        yield opened


def answered(workspace: Workspace, text: str, **options: object) -> Answer:
    *_, answer = ask(workspace, Question(text, **options))  # type: ignore[arg-type]
    return answer


@pytest.mark.parametrize("question", [*EXAMPLES, *EXAMPLES_ZH])
def test_every_example_is_answered_and_every_citation_slices_back(
    workspace: Workspace, question: str
) -> None:
    """100 %: each quote is the document's own text at its offsets, and on the page it names."""
    answer = answered(workspace, question)
    assert answer.outcome == "answered" and answer.claims and answer.citations
    for citation in answer.citations:
        document = workspace.library.document(citation.document)
        assert document.text[citation.start : citation.end] == citation.quote
        assert citation.page == document.page_at(citation.start)
        assert citation.source.title and citation.source.published
    for claim in answer.claims:
        assert claim.verdict == "supported" and claim.citations
        assert all(1 <= number <= len(answer.citations) for number in claim.citations)
    assert len(answer.text.split()) <= 150


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What did DeepSeek say it cost to train DeepSeek-V3?", "5.576 million"),
        ("When did BIS announce the rescission of the AI diffusion rule?", "13 May 2025"),
        ("How many parameters does DeepSeek-V4-Pro have?", "1.6 trillion"),
        ("What share of ownership counts under the affiliates rule?", "50 percent"),
        (
            "Which body found that DeepSeek models lag behind American models?",
            "CAISI",
        ),
    ],
)
def test_the_answer_holds_the_thing_asked_for(
    workspace: Workspace, question: str, wanted: str
) -> None:
    """Sums, dates, counts, shares and names stand in the quoted sentences."""
    assert wanted in answered(workspace, question).text


@pytest.mark.parametrize(
    "question",
    [
        "How do I renew a passport from abroad?",
        "Write me a haiku about autumn leaves.",
        "What is the best recipe for apple pie?",
        "Who won the football world cup in 2018?",
    ],
)
def test_what_the_library_does_not_hold_is_declined(workspace: Workspace, question: str) -> None:
    """A refusal has no claims, says so, and names what was not found."""
    answer = answered(workspace, question)
    assert answer.outcome == "declined" and not answer.claims
    assert answer.not_found and answer.notice in {NOT_SAID_OUTRIGHT, NOTHING_ON_THIS}


def test_snapshots_grow_and_only_the_last_has_an_outcome(workspace: Workspace) -> None:
    """The stream is the only path: claims are added one by one."""
    snapshots = list(ask(workspace, Question(EXAMPLES[0])))
    assert [one.outcome for one in snapshots[:-1]] == [""] * (len(snapshots) - 1)
    counts = [len(one.claims) for one in snapshots]
    assert counts == sorted(counts) and snapshots[-1].seconds["total"] > 0
    printed = answer_json(snapshots[-1])
    assert set(printed) >= {
        "question", "outcome", "answer", "claims", "citations", "not_found", "engine", "seconds",
    }  # fmt: skip


def test_as_of_answers_as_on_that_day(workspace: Workspace) -> None:
    """Nothing published later is cited, though without the day some of it would be."""
    question = "What happened to the AI diffusion rule?"
    dates = [
        one.source.published for one in answered(workspace, question, as_of="2025-04").evidence
    ]
    assert dates and max(dates) <= "2025-04-30"
    now = [one.source.published for one in answered(workspace, question).evidence]
    assert max(now) > "2025-04-30"


@pytest.mark.parametrize("filters", [{"as_of": "soon"}, {"since": "2025-02-30"}])
def test_bounds_that_are_no_dates_are_refused(
    workspace: Workspace, filters: dict[str, str]
) -> None:
    """A date that is none is an error, and no search without a result."""
    with pytest.raises(UsageError, match="is no date"):
        list(ask(workspace, Question("What happened to the AI diffusion rule?", **filters)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"), [("", "empty"), ("  \n ", "empty"), ("why " * 2500, "4,000 or fewer")]
)
def test_what_is_no_question_is_refused(workspace: Workspace, text: str, says: str) -> None:
    """An empty or endless question is an error of its own, never a refusal to answer."""
    with pytest.raises(UsageError, match=says):
        list(ask(workspace, Question(text)))


class Scripted:
    """An engine that says what it was told to say."""

    name = "scripted"
    place = ""

    def __init__(self, text: str) -> None:
        self._text = text

    def write(self, task: Task) -> Generator[Piece, None, None]:
        if not self._text:
            raise EngineError("the engine is not reachable")
        yield from self._text


@pytest.mark.parametrize(
    ("says", "verdict"),
    [("DeepSeek paid 999 billion for it. [1]", "unsupported"), ("It was so. [77]", "unsupported")],
)
def test_what_an_engine_invents_is_marked(workspace: Workspace, says: str, verdict: str) -> None:
    """An invented number or label stays visible with its verdict and the problem in words."""
    desk_engine, workspace.engine = workspace.engine, Scripted(says)
    try:
        answer = answered(workspace, EXAMPLES[0])
    finally:
        workspace.engine = desk_engine
    assert [claim.verdict for claim in answer.claims] == [verdict]
    assert answer.claims[0].problems


def test_a_failed_engine_is_named_and_the_library_is_quoted_instead(workspace: Workspace) -> None:
    """The reason is said in one line; the answer is the extractive one, and marked as such."""
    desk_engine, workspace.engine = workspace.engine, Scripted("")
    try:
        answer = answered(workspace, EXAMPLES[0])
    finally:
        workspace.engine = desk_engine
    assert answer.fallback == "the engine is not reachable" and answer.engine == "extractive"
    assert "not reachable" in answer.notice and "quotes the library instead" in answer.notice
    assert answer.outcome == "answered"
    assert [one.text for one in answer.claims] == [
        one.text for one in answered(workspace, EXAMPLES[0]).claims
    ]


def test_no_passage_overruns_what_the_embedder_reads(workspace: Workspace) -> None:
    """Title, headings and text together stay within 256 tokens, the model's marks included."""
    from index.ingest import embedding_texts

    for entry in workspace.library.entries():
        passages = workspace.library.passages_of(entry.id)
        texts = embedding_texts(entry.source.title, passages, workspace.question_embedder.count)
        assert max(workspace.question_embedder.count(texts)) + 2 <= 256, entry.source.title


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    """A file with another hash is not loaded, and the line says what to reinstall."""
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"altered")
    with pytest.raises(EmbedderError, match="altered"):
        verify(file, "0" * 64, cache=tmp_path)
    assert (weights_folder(DEFAULT_MODEL, cache=tmp_path) / "vocab.txt").exists()


def test_a_library_of_another_embedder_is_refused(starter_home: Path) -> None:
    """Searching it with another model names the command that embeds it again."""
    with (
        Workspace(replace(Settings(home=starter_home), embedder="hash")) as other,
        pytest.raises(EmbedderMismatch, match="doctor --reembed"),
    ):
        _ = other.retriever


def test_the_starter_library_is_never_loaded_over_the_users_own(workspace: Workspace) -> None:
    """A library that holds something, or ever held something of the user's, is left alone."""
    assert not needs_starter(workspace)
    assert not workspace.library.ever_added


def test_a_starter_library_that_was_broken_off_is_taken_up_again(tmp_path: Path) -> None:
    """Stopping in the middle of the first start does not leave half of it for ever."""
    settings = Settings(home=tmp_path, embedder="hash")
    with Workspace(settings) as first:
        for step in ensure_starter(first):
            if step.done >= 3:  # type: ignore[union-attr]
                break
    with Workspace(settings) as second:
        assert 0 < len(second.library.entries()) < len(starter_files())
        assert needs_starter(second)
        for _ in ensure_starter(second):
            continue
        assert len(second.library.entries()) == len(starter_files())
        second.library.remove(second.library.entries()[0].id)
        assert not needs_starter(second)


def test_the_doctor_finds_a_sound_installation_sound(workspace: Workspace) -> None:
    """Packages, weights, library and indexes pass; the vector index is probed in a child."""
    found = {one.name: one for one in diagnostics(workspace)}
    assert set(found) >= {"packages", "embedder", "database", "passages", "indexes", "engine"}
    assert all(one.ok for one in found.values()), [one for one in found.values() if not one.ok]


def test_the_doctor_goes_on_where_the_models_do_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another embedder than the library's, a folder that is none, a reranker that is none."""
    (tmp_path / "note.md").write_text("# Ports\n\nThe port of Lund handled 4511 ships in 2023.\n")
    settings = Settings(home=tmp_path / "home", embedder="hash")
    with Workspace(settings) as first:
        list(first.add([tmp_path / "note.md"]))
    for change, name, said in (
        ({"embedder": "all-MiniLM-L6-v2"}, "embedder", "doctor --reembed"),
        ({"embedder": str(tmp_path / "none")}, "embedder", "no embedding model"),
        ({"reranker": str(tmp_path / "none")}, "reranker", "no reranker"),
    ):
        with Workspace(replace(settings, **change)) as other:
            found = {one.name: one for one in diagnostics(other)}
        assert not found[name].ok and said in found[name].detail
        assert "disk" in found


def test_an_evaluation_counts_what_is_found_answered_and_declined(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Figures of a small file are what one counts by hand."""
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"q": "Who founded DeepSeek?", "must": ["Liang Wenfeng"]}\n'
        '{"q": "How do I renew a passport from abroad?", "abstain": true, "must": []}\n'
    )
    row = metrics(list(evaluate(workspace, questions_from(file))))
    assert (row.questions, row.hit_5, row.answered, row.answered_right, row.declined) == (
        2, 1.0, 1.0, 1.0, 1.0,
    )  # fmt: skip
    file.write_text('{"no": "question"}\n')
    with pytest.raises(UsageError, match="line 1"):
        questions_from(file)


@pytest.mark.parametrize("question", ["Zanzibar vanadium quotas?", "What is it?", "Who knows?"])
def test_a_question_of_which_no_word_stands_anywhere_is_declined(
    question: str, tmp_path: Path
) -> None:
    """Every passage that is near it has the score 0, and that is no failure."""
    file = tmp_path / "mill.md"
    file.write_text("# Mill\n\nThe mill of Lund ground 300 tonnes of rye in 2022.\n")
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as small:
        list(small.add([file]))
        assert answered(small, question).outcome == "declined"
