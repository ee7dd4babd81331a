"""The keyword index: Tantivy, BM25 over passages, with English stems and Chinese character bigrams.

Measured on 39,520 real passages: 0.8 ms a query against 33 ms for SQLite's FTS5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.document import Passage
from corpus.errors import SearchIndexError
from corpus.i18n import tr

# CJK characters, as the inside of a regular-expression class in Python and in Rust.
CJK = "々〇぀-ヿ㐀-䶿一-鿿가-힣豈-﫿𠀀-𲎯"
# Letters and figures run together ("H20", "V3.2", "4,800", "U.S"); CJK characters come in pairs
# (`_with_bigrams`).
_TOKEN = (
    rf"[{CJK}]{{1,2}}|\p{{L}}(?:\.\p{{L}})+|"
    rf"[\p{{L}}\p{{N}}&&[^{CJK}]]+(?:[.,]\p{{N}}+[\p{{L}}&&[^{CJK}]]*)*"
)
_RUN = re.compile(f"[{CJK}]{{3,}}")
# "contents" is title, headings, head of a table and text as one field, since BM25 over one field
# beats a sum over three (SciFact: nDCG@10 of 0.690 against 0.669 for the text alone, 0.654 for the
# sum); "around" is the text with the passages before and after it, which may name a subject
# that the text calls "it".
CONTENTS, AROUND = "contents", "around"
_HEAP_BYTES = 64_000_000


class Analyser:
    """Splits a text into the terms of the index."""

    def __init__(self) -> None:
        self._tokenizer = _tokenizer()

    def analyze(self, text: str) -> list[str]:
        """Return the terms of `text`, in order, repeats included.

        Lower case, accents folded, English stems; of Chinese every character bigram.
        """
        return list(self._tokenizer.analyze(_with_bigrams(text)))


def _with_bigrams(text: str) -> str:
    """Return `text` with every run of Chinese written as overlapping bigrams: 算力 力中 中心.

    Chinese has no spaces, and a bigram is nearly always a word or the boundary between two. A
    dictionary (jieba, 42 MB) orders the sentences of 25 questions no better: docs/decisions.md.
    """
    return _RUN.sub(lambda run: f" {' '.join(map(''.join, pairwise(run[0])))} ", text)


def _tokenizer() -> Any:
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_TOKEN))
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


@cache
def analyser() -> Analyser:
    """Return the analyser, which is built once."""
    return Analyser()


def stems(text: str) -> list[str]:
    """Return the index's terms of `text`, in order, repeats included."""
    return analyser().analyze(text)


class KeywordIndex:
    """BM25 over passages; several processes may read while one writes."""

    def __init__(self, folder: Path | None) -> None:
        """Open or create the index in `folder`, in memory for None; raises SearchIndexError."""
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
        for name in (CONTENTS, AROUND):
            builder.add_text_field(name, tokenizer_name="english")
        self._schema = builder.build()
        if folder is None:
            self._index = tantivy.Index(self._schema)
        else:
            with _translated(f"open the keyword index in {folder}"):
                folder.mkdir(parents=True, exist_ok=True)
                self._index = tantivy.Index(self._schema, path=str(folder), reuse=True)
        self._index.register_tokenizer("english", _tokenizer())

    @contextmanager
    def writing(self) -> Iterator[KeywordWriter]:
        """Hand out a writer whose changes appear together when the block ends, or not at all."""
        with _translated("write to the keyword index"):
            writer = self._index.writer(_HEAP_BYTES, num_threads=1)
        try:
            yield KeywordWriter(writer, self._tantivy)
        except BaseException:  # reason: nothing half-written stays, whatever went wrong
            writer.rollback()
            writer.wait_merging_threads()
            raise
        with _translated("write to the keyword index"):
            writer.commit()
            writer.wait_merging_threads()

    def searcher(self) -> KeywordSearcher:
        """Return a searcher of the index as it is now, whatever is written later."""
        with _translated("read the keyword index"):
            self._index.reload()
            return KeywordSearcher(self._schema, self._index.searcher())


class KeywordSearcher:
    """A snapshot of the keyword index: what is written afterwards does not show. Thread-safe."""

    def __init__(self, schema: Any, searcher: Any) -> None:
        import tantivy

        self._tantivy = tantivy
        self._schema = schema
        self._searcher = searcher
        # Which documents there are for this searcher, as parts of a query, and how many passages
        # these have; None for all.
        self._bound: list[Any] | None = None
        self._count: int | None = None

    def bounded(
        self, documents: Sequence[str], passages: int, *, hidden: Sequence[str]
    ) -> KeywordSearcher:
        """Return this searcher for `documents` alone: no word of others is found or counted.

        `hidden` are the others; the shorter of the two lists bounds what is looked for. `passages`
        is how many those documents have.
        """
        found = copy(self)
        make, occur = self._tantivy.Query, self._tantivy.Occur
        if len(hidden) < len(documents):
            others = make.term_set_query(self._schema, "document", list(hidden))
            found._bound = [(occur.MustNot, others)]
        else:
            these = make.term_set_query(self._schema, "document", list(documents))
            found._bound = [(occur.Must, make.const_score_query(these, 0.0))]
        found._count = passages
        return found

    def _found(self, parts: list[Any], count: int) -> list[tuple[str, float]]:
        """Return up to `count` (passage id, score) pairs that fulfil all parts, best first."""
        parts = [*parts, *(self._bound or ())]
        query = self._tantivy.Query.boolean_query(parts) if len(parts) > 1 else parts[0][1]
        with _translated("search the keyword index"):
            hits = self._searcher.search(query, limit=count, count=False).hits
            return [(self._searcher.doc(place)["id"][0], float(score)) for score, place in hits]

    def search(
        self,
        terms: Mapping[str, float],
        count: int,
        *,
        field: str = CONTENTS,
        documents: Sequence[str] = (),
        among: Sequence[str] = (),
    ) -> list[tuple[str, float]]:
        """Return up to `count` (passage id, BM25 score) pairs, best first.

        `terms` are stems with their weights; `documents` keeps only passages of those documents,
        `among` only those passages.
        """
        if not terms:
            return []
        make, must = self._tantivy.Query, self._tantivy.Occur.Must
        should = self._tantivy.Occur.Should
        words = make.boolean_query(
            [
                (should, make.boost_query(make.term_query(self._schema, field, stem), weight))
                for stem, weight in terms.items()
            ]
        )
        parts = [(must, words)]
        for name, values in (("document", documents), ("id", among)):
            if values:
                only = make.term_set_query(self._schema, name, list(values))
                parts.append((must, make.const_score_query(only, 0.0)))
        return self._found(parts, count)

    def holding(self, terms: Sequence[str], count: int, *, begun: str = "") -> list[str]:
        """Return the ids of up to `count` passages that hold every one of `terms`, best first.

        With `begun`, they hold a word that begins so as well: one that is still being typed.
        """
        make, must = self._tantivy.Query, self._tantivy.Occur.Must
        parts = [(must, make.term_query(self._schema, CONTENTS, one)) for one in terms]
        if begun:
            pattern = f"{re.escape(begun)}.*"
            parts.append((must, make.regex_query(self._schema, CONTENTS, pattern)))
        return [one for one, _ in self._found(parts, count)] if parts else []

    def resembling(self, stem: str, count: int = 10) -> list[str]:
        """Return the ids of passages with a word one or two letters away from `stem`."""
        make, distance = self._tantivy.Query, 1 if len(stem) < 8 else 2
        query = make.fuzzy_term_query(self._schema, CONTENTS, stem, distance=distance)
        return [one for one, _ in self._found([(self._tantivy.Occur.Must, query)], count)]

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each stem occurs, title and headings included."""
        if self._bound is None:
            return {stem: int(self._searcher.doc_freq(CONTENTS, stem)) for stem in stems}
        return {stem: self._held(stem, self._bound) for stem in stems}

    def _held(self, stem: str, bound: list[Any]) -> int:
        """Return in how many passages of the documents that there are a stem occurs."""
        make = self._tantivy.Query
        must = (self._tantivy.Occur.Must, make.term_query(self._schema, CONTENTS, stem))
        with _translated("search the keyword index"):
            query = make.boolean_query([must, *bound])
            return int(self._searcher.search(query, limit=1, count=True).count)

    def __len__(self) -> int:
        return int(self._searcher.num_docs) if self._count is None else self._count


class KeywordWriter:
    """Adds and removes passages inside one `KeywordIndex.writing` block."""

    def __init__(self, writer: Any, tantivy: Any) -> None:
        self._writer = writer
        self._tantivy = tantivy

    def add(self, title: str, passages: Sequence[Passage]) -> None:
        """Index the passages of a document titled `title`: all of them, in order."""
        for place, passage in enumerate(passages):
            around = passages[max(0, place - 1) : place + 2]
            self._writer.add_document(
                self._tantivy.Document(
                    id=passage.id,
                    document=passage.document,
                    contents=_with_bigrams(
                        f"{title}\n{passage.heading}\n{passage.head}\n{passage.text}"
                    ),
                    around=_with_bigrams("\n".join(one.text for one in around)),
                )
            )

    def remove_document(self, document: str) -> None:
        """Forget every passage of a document."""
        self._writer.delete_documents_by_term("document", document)


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Turn Tantivy's errors into a SearchIndexError that says what was being done."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise SearchIndexError(
            tr(
                "could not {act} ({reason}); run: briefing doctor --rebuild",
                act=doing,
                reason=error,
            )
        ) from error
