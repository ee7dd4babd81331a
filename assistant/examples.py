"""Example questions, made from the library and tried before they are offered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, zip_longest

from assistant.answer import Question
from assistant.extractive_engine import ExtractiveEngine
from assistant.pipeline import ask
from assistant.starter import EXAMPLES
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.document import Document
from corpus.errors import BriefingError

_MOST_EXAMPLES = 6
# A try is a search and an answer, 0.1 s on two cores, in the background of a page in use.
_MOST_TRIES = 24
# Newest documents that are looked at, and headings of each.
_DOCUMENTS, _HEADINGS = 12, 4
# Questions of one document, and how many are tried for them.
_MOST_FOR_ONE, _TRIES_FOR_ONE = 3, 4
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


def examples(workspace: Workspace) -> list[str]:
    """Return up to six questions that the library answers; none for an empty library.

    The starter library's own come first where nothing else was added.
    """
    entries = list(workspace.library.entries())
    if not entries:
        return []
    if all(one.starter for one in entries):
        return list(EXAMPLES)
    users_entries = [one for one in entries if not one.starter]
    quoting_workspace = workspace.with_engine(ExtractiveEngine())
    found: list[str] = []
    for tries, (question, document) in enumerate(_candidates(workspace, users_entries)):
        if len(found) == _MOST_EXAMPLES or tries == _MOST_TRIES:
            break
        if _answered(quoting_workspace, question, document):
            found.append(question)
    return found


def questions_for(workspace: Workspace, document: str) -> list[str]:
    """Return up to three questions that one document answers, made of its headings and tried.

    A try is a search and an answer: half a second to two for all. Raises NotInLibrary.
    """
    quoting_workspace = workspace.with_engine(ExtractiveEngine())
    read = workspace.library.document(document)
    made = islice(_questions(read, document, alone=True), _TRIES_FOR_ONE)
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


def _candidates(workspace: Workspace, entries: list[Entry]) -> Iterator[tuple[str, str]]:
    """Yield questions and the ids of their documents: one of each document, then a second."""
    newest = sorted(entries, key=lambda one: (one.source.published, one.added), reverse=True)
    seen: set[str] = set()
    by_document = [
        _questions(workspace.library.document(one.id), one.id) for one in newest[:_DOCUMENTS]
    ]
    for row in zip_longest(*by_document):
        for one in row:
            if one is not None and one[0] not in seen:
                seen.add(one[0])
                yield one


def _questions(document: Document, name: str, *, alone: bool = False) -> Iterator[tuple[str, str]]:
    """Yield questions on a document's headings.

    Where it is read `alone` its publisher need not be named, and its title asks what it is about.
    """
    source = document.source
    topics = [one.title for one in document.headings if one.title != source.title]
    topics = [one for one in map(_topic, topics) if one][:_HEADINGS]
    if not alone and (title := _topic(source.title)):
        topics.insert(1 if topics else 0, title)
    for topic in topics:
        if topic.endswith(("?", "？")):
            yield topic, name
        elif _CHINESE.search(topic):
            yield f"关于“{topic}”有哪些说法？", name
        elif source.publisher and not alone and len(source.publisher) < 40:
            yield f"What does {source.publisher} say about {topic}?", name
        else:
            yield f"What is said about {topic}?", name


def _topic(heading: str) -> str:
    """Return a heading as the topic of a question, or "" where it makes none."""
    topic = _NUMBERING.sub("", " ".join(heading.split())).strip(" :.-–—#*_|")
    words = len(topic.split())
    readable = 2 <= words <= 10 or (_CHINESE.search(topic) and 4 <= len(topic) <= 24)
    if not readable or len(topic) > 70 or _GENERIC_HEADING.match(topic) or "/" in topic:
        return ""
    # "EXPORT CONTROLS" in capitals would stand out in a sentence.
    return topic.capitalize() if topic.isupper() and words > 2 else topic
