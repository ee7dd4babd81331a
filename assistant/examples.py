"""Example questions, made from the library and tried before they are offered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, zip_longest

from assistant.answer import Question
from assistant.extractive_engine import ExtractiveEngine
from assistant.pipeline import ask
from assistant.planning.subject import topic_of
from assistant.question_making import question_of_heading, questions_of
from assistant.starter import EXAMPLES, EXAMPLES_ZH
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.document import Document
from corpus.errors import BriefingError
from corpus.sentences import sentences

_MOST_EXAMPLES = 6
# Fewer than the page offers.
_FEW = 3
# A try is a search and an answer, 0.1 s on two cores, in the background of a page in use.
_MOST_TRIES = 24
# Newest documents that are looked at, and headings of each.
_DOCUMENTS, _HEADINGS = 12, 12
# Questions of one document, and how many are tried for them.
_MOST_FOR_ONE, _TRIES_FOR_ONE = 3, 4
# Signs of a document that are looked at, and questions of its sentences that come before the one
# for its main points.
_SIGNS, _FIRST = 20_000, 2
# The kinds of question, those that an analyst asks first before others.
_KINDS = ("when", "must", "cost", "many", "force", "says", "heading", "is")
# Headings that many documents have say nothing about this one.
_GENERIC_HEADING = re.compile(
    r"^(?:\W*\d[\d.]*\s*)?(?:abstract|introduction|conclusions?|references|bibliography|sources|"
    r"notes?|appendi\w*|contents|table of contents|summary|executive summary|background|overview|"
    r"acknowledge?ments?|about .*|contact.*|further reading|figures? .*|tables? .*|section .*|"
    r"chapter .*|part .*|article \d+.*|annex .*|recital .*|"
    r"目录|摘要|引言|结论|参考文献|附录.*)\W*$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^(?:[\dIVX]+(?:\.\d+)*[.)]?|第?[一二三四五六七八九十]+[章节、.])\s+")
_CHINESE = re.compile(r"[一-鿿]")


def examples(workspace: Workspace, language: str = "en") -> list[str]:
    """Return up to six questions that the library answers, in a language; none for an empty one.

    The starter library's own come first where nothing else was added. Questions in Chinese on
    documents in English keep to names, so there may be fewer of them; then English ones follow.
    """
    entries = list(workspace.library.entries())
    if not entries:
        return []
    chinese = language == "zh"
    if all(one.starter for one in entries):
        return list(EXAMPLES_ZH if chinese else EXAMPLES)
    users_entries = [one for one in entries if not one.starter]
    quoting_workspace = workspace.with_engine(ExtractiveEngine())
    found: list[str] = []
    for asked in ("zh", "en") if chinese else ("en",):
        for tries, (question, document) in enumerate(_candidates(workspace, users_entries, asked)):
            if len(found) == _MOST_EXAMPLES or tries == _MOST_TRIES:
                break
            if _answered(quoting_workspace, question, document):
                found.append(question)
    if len(found) < _FEW and len(users_entries) < len(entries):
        # A first document makes few questions: those on the starter library stay beside them.
        found += EXAMPLES_ZH if chinese else EXAMPLES
    return found[:_MOST_EXAMPLES]


def questions_for(workspace: Workspace, document: str, language: str = "en") -> list[str]:
    """Return up to three questions that one document answers, made of its text and tried.

    A try is a search and an answer: half a second to two for all. Raises NotInLibrary.
    """
    quoting_workspace = workspace.with_engine(ExtractiveEngine())
    read = workspace.library.document(document)
    made = islice(_questions(read, document, language), _TRIES_FOR_ONE)
    answered = (one for one, _ in made if _answered(quoting_workspace, one, document))
    return list(islice(answered, _MOST_FOR_ONE))


def _answered(workspace: Workspace, question: str, document: str) -> bool:
    """Say whether a question is answered from the document that it was made of."""
    try:
        *_, answer = ask(workspace, Question(question))
    except BriefingError:
        return False
    return answer.outcome == "answered" and any(
        one.document == document for one in answer.citations[:2]
    )


def _candidates(
    workspace: Workspace, entries: list[Entry], language: str
) -> Iterator[tuple[str, str]]:
    """Yield questions and the ids of their documents: one of each document, then a second."""
    newest = sorted(entries, key=lambda one: (one.source.published, one.added), reverse=True)
    seen: set[str] = set()
    by_document = [
        _questions(workspace.library.document(one.id), one.id, language)
        for one in newest[:_DOCUMENTS]
    ]
    for row in zip_longest(*by_document):
        for one in row:
            if one is not None and one[0] not in seen:
                seen.add(one[0])
                yield one


def _questions(document: Document, name: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield the questions that a document makes: of each kind one, and its main points."""
    title = _topic(document.source.title)
    topic = topic_of(f"What is said about {title}?").rstrip("…") if title else ""
    found: dict[str, list[str]] = {}
    for heading in document.headings[:_HEADINGS]:
        if made := question_of_heading(heading.title, topic if language == "en" else ""):
            found.setdefault(made.kind, []).append(made.text)
    for start, end in sentences(document.text[:_SIGNS]):
        text = " ".join(document.text[start:end].split())
        for made in questions_of(text, topic, language=language):
            if language == "zh" or not _CHINESE.search(made.text):
                found.setdefault(made.kind, []).append(made.text)
    first = [one for kind in _KINDS for one in found.get(kind, ())[:1]]
    more = [one for kind in _KINDS for one in found.get(kind, ())[1:2]]
    summary = []
    if title and (bool(_CHINESE.search(title)) or language == "en"):
        pattern = (
            "《{}》的要点是什么？"
            if _CHINESE.search(title)
            else "What are the main points of “{}”?"
        )
        summary.append(pattern.format(document.source.title))
    for one in (*first[:_FIRST], *summary, *first[_FIRST:], *more):
        yield one, name


def _topic(heading: str) -> str:
    """Return a title as the topic of a question, or "" where it makes none."""
    topic = _NUMBERING.sub("", " ".join(heading.split())).strip(" :.-–—#*_|")
    words = len(topic.split())
    readable = 2 <= words <= 16 or (_CHINESE.search(topic) and 4 <= len(topic) <= 30)
    if not readable or len(topic) > 110 or _GENERIC_HEADING.match(topic) or "/" in topic:
        return ""
    return topic
