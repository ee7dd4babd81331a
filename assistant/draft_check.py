"""Any draft checked sentence by sentence: against the library, or against texts that are given."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.answer import Citation, citation_json
from assistant.attribution import citation_of, cited_passage
from assistant.checking.checker import Checker, Cited, Verdict
from assistant.checking.problems import Code, Problem, problem, problems_json
from assistant.entity_names import names
from assistant.planning.query_rewriting import needs_context
from assistant.workspace import Workspace
from corpus.errors import ReadError
from corpus.files import resolve_named_path
from corpus.sandbox import Sandbox
from corpus.sentences import sentences
from corpus.vocabulary import with_aliases
from index.evidence import Evidence

KINDS = (".md", ".markdown", ".txt", ".docx")
# Passages looked at for a sentence; the true one of a paraphrase is among the first few.
_DEPTH = 8
# So many of the first passages are checked for a contradiction.
_CONTRADICTION_DEPTH = 3
_MARKERS = re.compile(r"\s*\[\d{1,3}\](?:\[\d{1,3}\])*")
_NUMBERING = re.compile(r"^(?:\d+(?:\.\d+)*|[A-Z])[.)]?\s+")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|does|did|do)\b|[已了]",
    re.IGNORECASE,
)
# A lower-case word after a name is its verb, unless it or a word before joins the name to another:
# "Nvidia and AMD", "Effects on Nvidia chips".
_JOINING_WORD = (
    r"\b(?:and|or|of|in|on|for|to|with|from|by|at|against|as|after|before|since|under|versus|vs|"
    r"between|about)\b"
)
_JOINS = re.compile(_JOINING_WORD, re.IGNORECASE)
_VERB_FOLLOWS = re.compile(rf"\s+(?!{_JOINING_WORD}|(?:the|an?)\b)[a-z]")
_RANK = {"supported": 2, "weak": 1, "unsupported": 0}


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a draft, its verdict, and the citation that the library offers for it.

    `rests` is the sentence of the source that supports it, or comes closest; "" for none.
    """

    text: str
    verdict: str
    problems: tuple[Problem, ...]
    citation: Citation | None = None
    rests: str = ""


def sentences_of(file: Path) -> list[str]:
    """Return the sentences of a draft without citation markers and headings; raises ReadError.

    The draft is an untrusted file like any other: a sandboxed child process reads it.
    """
    with Sandbox() as sandbox:
        document = sandbox.read(resolve_named_path(file))
    headings = {heading.start for heading in document.headings}
    found = []
    for start, end in sentences(document.text):
        plain = _without_markers(document.text[start:end])
        if plain and not (start in headings and _only_names(plain)):
            found.append(plain)
    return found


def sentences_in(text: str) -> list[str]:
    """Return the sentences of a draft given as text, plain or Markdown; see `sentences_of`.

    The sandbox reads it as well, since it may be untrusted. A text without words has none.
    """
    with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
        file = Path(folder, "draft.md")
        file.write_bytes(text.encode("utf-8", "replace"))
        try:
            return sentences_of(file)
        except ReadError as error:
            if error.reason != "empty":
                raise
            return []


def _without_markers(sentence: str) -> str:
    """Return a sentence without the marks of a list and of citations; "" for a single word."""
    plain = re.sub(r"^[-*•>]\s+", "", _MARKERS.sub("", sentence)).strip()
    return plain if re.search(r"\w\W+\w|[\u3400-\u9fff]{4}", plain) else ""


def _only_names(heading: str) -> bool:
    """Say whether a heading only names what follows: "Effects on Nvidia", not "Nvidia sold 9 H20".

    It makes a statement if it ends like a sentence, or has a verb, a figure, or a name with a
    lower-case word after it.
    """
    text = _NUMBERING.sub("", heading)
    if text.endswith("?"):
        return True
    if re.search(r"[.!。！]$|\d", text) or _VERB.search(text):
        return False
    return not any(
        _VERB_FOLLOWS.match(text, one.end) and not _JOINS.search(text[: one.start])
        for one in names(text)
    )


@with_aliases
def against_library(workspace: Workspace, draft: Sequence[str]) -> Iterator[CheckedSentence]:
    """Yield the sentences of a draft with what the library as it is now says of each.

    Raises what the search raises.
    """
    before = ""
    for number, text in enumerate(draft):
        if workspace.checker.states_nothing(text):
            yield CheckedSentence(text, "supported", (problem(Code.STATES_NOTHING),))
            continue
        query = f"{before} {text}" if needs_context(text) and before else text
        found = workspace.retriever.search(query, limit=_DEPTH)
        yield _checked_against(workspace.checker, text, found, len(workspace.library.entries()))
        before = draft[number]


def _checked_against(
    checker: Checker, text: str, found: Sequence[Evidence], documents: int
) -> CheckedSentence:
    """Return the verdict by the passage that supports a sentence best, or the first two together.

    A sentence that one passage supports and one of the first contradicts is only "weak".
    """
    if not found:
        return CheckedSentence(text, "unsupported", (problem(Code.NOTHING_FOUND, documents),))
    best: tuple[int, Verdict, Evidence] | None = None
    against = ""
    for rank_of_passage, evidence in enumerate(found):
        if best and best[1].verdict == "supported" and rank_of_passage >= _CONTRADICTION_DEPTH:
            break
        verdict = checker.check(text, [cited_passage(evidence)])
        if (
            verdict.contradicted
            and rank_of_passage < _CONTRADICTION_DEPTH
            and _speaks_against(verdict)
        ):
            against = against or verdict.premise
        if best is None or _RANK[verdict.verdict] > best[0]:
            best = (_RANK[verdict.verdict], verdict, evidence)
    assert best is not None
    rank, verdict, evidence = best
    if rank < _RANK["supported"] and len(found) > 1:
        # A sentence may sum up two passages.
        together = checker.check(text, [cited_passage(found[0]), cited_passage(found[1])])
        if _RANK[together.verdict] > rank:
            verdict, evidence = together, found[0]
    if verdict.verdict == "supported" and against:
        reason = problem(Code.CONTRADICTED_ELSEWHERE, against)
        verdict = Verdict("weak", (reason,), premise=verdict.premise)
    return CheckedSentence(
        text, verdict.verdict, verdict.problems, citation_of(text, evidence, 1), verdict.premise
    )


def _speaks_against(verdict: Verdict) -> bool:
    """Say whether a contradiction is on the same subject: a missing name makes it another one."""
    lacking = {Code.NAME_MISSING, Code.NUMBER_MISSING, Code.DATE_DIFFERS}
    return not lacking & {one.code for one in verdict.problems}


def against_texts(checker: Checker, text: str, sources: Sequence[str]) -> list[CheckedSentence]:
    """Return the sentences of `text` with the verdict of the given texts alone."""
    given = [Cited(source) for source in sources]
    checked = []
    for start, end in sentences(text):
        plain = text[start:end].strip()
        verdict = (
            Verdict("supported") if checker.states_nothing(plain) else checker.check(plain, given)
        )
        checked.append(
            CheckedSentence(plain, verdict.verdict, verdict.problems, rests=verdict.premise)
        )
    return checked


def checked_json(one: CheckedSentence) -> dict[str, Any]:
    """Return a checked sentence as `briefing check --json` prints it."""
    values: dict[str, Any] = {
        "text": one.text, "verdict": one.verdict, **problems_json(one.problems),
        "rests_on": one.rests,
    }  # fmt: skip
    if one.citation:
        values["citation"] = citation_json(one.citation)
    return values
