"""The interface for Python programs: one library, opened, added to, asked, and closed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from assistant.answer import Answer, Question
from assistant.draft_check import CheckedSentence, against_library, sentences_in, sentences_of
from assistant.memo.request import Request
from assistant.memo.values import Memo
from assistant.memo.writing import write
from assistant.pipeline import ask, validated
from assistant.planning.query_plan import plan_of
from assistant.planning.query_rewriting import Turn
from assistant.retrieval.retrieve import retrieve
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.partial_dates import refuse_undated
from index.evidence import Evidence
from index.folder_walk import files_below
from index.ingest import MetadataOverride, Progress, Report
from index.url_ingest import is_address

_Step = TypeVar("_Step")


class Briefing:
    """A library with its indexes, models and engine; a context manager.

    Models load when they are first needed, once, which takes seconds: keep it open for many
    questions. Threads may share it. Of several processes with the same library one adds documents
    at a time. What the methods return is frozen and stays good after closing.

    Where a method bounds the documents: `as_of` and `since` are ISO dates ("2025-01-28", "2025-01",
    "2025"), both included; `publishers` are names and `documents` ids, or beginnings of them, as
    `sources` lists them, one or several. Where it takes a `watch`, that is called with every step
    on the way and, last, with the result; what it raises stops the work.

    Besides what a method names, each may raise LibraryClosed after `close`, LibraryDamaged for a
    damaged library, and StorageError where the disk refuses.
    """

    def __init__(self, home: str | Path | None = None, *, engine: str | None = None) -> None:
        """Open the library in the folder `home`, which is made where there is none.

        Without `home` it is that of the command `briefing`: BRIEFING_HOME, or the platform's
        folder. `engine` is who writes answers and memos ("extractive", "ollama:MODEL", … as in the
        README); without it BRIEFING_ENGINE counts, else "auto", which sends no text away from this
        machine. An empty library stays empty: the starter library is not loaded.

        Raises UsageError for an engine that is unknown or lacks its key, FormatError for a
        configuration file in `home` that says nonsense, LibraryTooNew for the library of a newer
        version, LibraryDamaged, and StorageError for a folder that cannot be written.
        """
        self._workspace = Workspace(Settings.from_environment(home=home, engine=engine))
        self._workspace.maintain()

    def __enter__(self) -> Briefing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(
        self,
        *paths: str | Path,
        publisher: str = "",
        published: str = "",
        ocr: bool = False,
        watch: Callable[[Progress | Report], object] | None = None,
    ) -> Report:
        """Add files, and those below folders; return what became of each.

        A file that is in the library as it is stays, one that has changed replaces its earlier
        version, and one that cannot be read stands in `refused` with its reason while the rest go
        in. `publisher` and `published` (an ISO date) hold for all of them, whatever the files say.
        With `ocr` scanned pages are read by Tesseract.

        Raises ReadError for a path that is not there or a folder without files, UsageError for a
        web address or what is no date, LibraryLocked while another process adds, EmbedderError
        where the embedding model cannot be loaded, and SearchIndexError where an index refuses.
        """
        refuse_undated(published)
        for one in paths:
            if is_address(str(one)):
                raise UsageError(
                    tr("{address} is a web address; fetch it with: briefing add", address=one)
                )
        files = files_below(Path(one).expanduser() for one in paths)
        described = MetadataOverride(publisher=publisher, published=published, edit=True)
        report = _last_step(self._workspace.add(files, described=described, ocr=ocr), watch)
        assert isinstance(report, Report)
        return report

    def search(
        self,
        question: str,
        *,
        limit: int = 10,
        as_of: str = "",
        since: str = "",
        publishers: str | Sequence[str] = (),
        documents: str | Sequence[str] = (),
    ) -> tuple[Evidence, ...]:
        """Return up to `limit` passages for a question, best first, each with why it ranks there.

        Raises UsageError for an empty question, a limit below 1 or what is no date, NotInLibrary
        for an unknown document, EmbedderMismatch for a library that another model embedded, and
        EmbedderError or ReaderError where a model cannot be loaded.
        """
        if limit < 1:
            raise UsageError(tr("a limit of {limit} finds nothing; give 1 or more", limit=limit))
        validated_question = self._question(question, as_of, since, publishers, documents)
        return retrieve(
            self._workspace, plan_of(self._workspace, replace(validated_question, limit=limit))
        )

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: str = "",
        since: str = "",
        publishers: str | Sequence[str] = (),
        documents: str | Sequence[str] = (),
        watch: Callable[[Answer], object] | None = None,
    ) -> Answer:
        """Return the answer, each sentence with its citations and what the check of it found.

        `history` holds the earlier turns of a conversation, oldest first: `answer.turn` of each
        answer. The outcome is "answered", "partly", "declined" where the library does not answer,
        or "failed". A model that fails raises nothing: `fallback` has the reason, and the library
        is quoted instead.

        Raises what `search` raises.
        """
        validated_question = self._question(question, as_of, since, publishers, documents, history)
        return _last_step(ask(self._workspace, validated_question), watch)

    def check(self, draft: str | Path) -> tuple[CheckedSentence, ...]:
        """Return the sentences of a draft, each with the verdict of the library as it is now.

        `draft` is the text itself, plain or Markdown, or the path of a file in any format that is
        read. Headings that state nothing are left out, and marks like [1]. "supported" means that a
        passage contains the sentence, not that it is true; the citation is the passage.

        Raises UsageError for a draft without a sentence, ReadError for a file that cannot be read,
        EmbedderMismatch, EmbedderError and ReaderError as `search` does.
        """
        texts = sentences_of(draft) if isinstance(draft, Path) else sentences_in(draft)
        if not texts:
            raise UsageError(
                tr("the draft holds no sentence; give its text, or its file as a Path")
            )
        return tuple(against_library(self._workspace, texts))

    def memo(
        self,
        topic: str,
        *,
        template: str = "bluf",
        as_of: str = "",
        since: str = "",
        publishers: str | Sequence[str] = (),
        documents: str | Sequence[str] = (),
        watch: Callable[[Memo], object] | None = None,
    ) -> Memo:
        """Return a memo on a topic, checked and linted; `assistant.exported` makes a file of it.

        `template` is "bluf", "judgments", "crs" or the name of another that `briefing template`
        lists. The memo is not kept among those that `briefing memos` lists.

        Raises NothingFound where the library has nothing on the topic, UsageError for a template
        that there is not, and what `search` raises.
        """
        validated_question = self._question(topic, as_of, since, publishers, documents)
        request = Request(
            validated_question.text,
            template,
            as_of=validated_question.as_of,
            since=validated_question.since,
            publishers=validated_question.publishers,
            documents=validated_question.documents,
        )
        return _last_step(write(self._workspace, request), watch)

    def sources(self) -> tuple[Entry, ...]:
        """Return the documents of the library, the newest publication first."""
        return tuple(self._workspace.library.entries())

    def close(self) -> None:
        """Let go of the library's folder; closing again does nothing."""
        self._workspace.close()

    def _question(
        self,
        text: str,
        as_of: str,
        since: str,
        publishers: str | Sequence[str],
        documents: str | Sequence[str],
        history: Sequence[Turn] = (),
    ) -> Question:
        """Return a question that can be asked; raises UsageError, NotInLibrary."""
        ids = tuple(self._workspace.library.resolve(one) for one in _as_tuple(documents))
        return validated(Question(text, tuple(history), as_of, since, _as_tuple(publishers), ids))


def _as_tuple(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return names as a tuple; a text by itself is one name, not its letters, and "" none."""
    if isinstance(names, str):
        return (names,) if names else ()
    return tuple(names)


def _last_step(steps: Iterator[_Step], watch: Callable[[_Step], object] | None) -> _Step:
    """Return the last of some steps, having shown each; an error ends the work behind them."""
    try:
        for step in steps:
            if watch is not None:
                watch(step)
    finally:
        if isinstance(steps, Generator):
            steps.close()
    return step
