"""Claims out of a stream of text, and the check of each against the passages it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from corpus.document import Passage
from corpus.sentences import sentences

_MARK = re.compile(r"\s*\[(\d{1,3})\]")
_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_FOLLOWING = re.compile(r"\s*(\S+)\s")
_NUMBER = re.compile(r"\d(?:[\d,.]*\d)?")
_NAME = re.compile(r"\b[A-Z][A-Za-z]*[A-Z0-9][\w-]*\b|(?<=[a-z,] )[A-Z][a-z]{2,}\b")
_WORD = re.compile(r"\w{4,}")
# A claim in other words than the passage must share this much of its longer words with it.
_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as an engine wrote it, with the labels it carries."""

    text: str
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a claim found: "supported", "weak" or "unsupported", and why not."""

    verdict: str
    problems: tuple[str, ...] = ()


def drafts(stream: Iterator[str]) -> Iterator[Draft]:
    """Yield each sentence of a stream as soon as it and its markers are complete.

    A line break ends a sentence; markers after the full stop belong to the sentence before it.
    """
    waiting = ""
    for piece in stream:
        waiting += piece
        while (end := _complete(waiting)) is not None:
            yield from _draft(waiting[:end])
            waiting = waiting[end:]
    yield from _draft(waiting)


def _complete(text: str) -> int | None:
    """Return where the first sentence of `text` ends for certain, or None while it may go on."""
    begin = len(text) - len(text.lstrip())
    line = text.find("\n", begin)
    plain = _MARKS.sub(lambda found: " " * len(found[0]), text)
    for _, end in sentences(plain):
        marks = _MARKS.match(text, end)
        end = marks.end() if marks else end
        if 0 <= line < end:
            break
        # The word after must be whole: it decides whether "U.S." ended a sentence, and a marker
        # may still come.
        following = _FOLLOWING.match(text, end)
        return end if following and not following[1].startswith("[") else None
    return line + 1 if line >= 0 else None


def _draft(text: str) -> Iterator[Draft]:
    plain = " ".join(_MARK.sub("", text).split())
    # "- " before a list item is the engine's layout and no part of the sentence.
    plain = re.sub(r"^[-*•]\s+", "", plain)
    if plain:
        labels = tuple(dict.fromkeys(int(label) for label in _MARK.findall(text)))
        yield Draft(plain, labels)


def check(draft: Draft, passages: Mapping[int, Passage]) -> Verdict:
    """Return whether the passages that a sentence cites contain what it says.

    Words for words is supported; otherwise every number and name must stand in the cited passages,
    and half of its longer words. `passages` maps the labels that were given out.
    """
    unknown = [f"[{label}] is no passage that was given" for label in draft.labels
               if label not in passages]  # fmt: skip
    cited = [passages[label] for label in draft.labels if label in passages]
    if not cited:
        return Verdict("unsupported", (*unknown, "no passage is cited"))
    text = _folded(" ".join(f"{one.heading} {one.text}" for one in cited))
    if not unknown and _folded(draft.text) in text:
        return Verdict("supported")
    problems = unknown + [
        f"{number} is not in the cited passage"
        for number in _NUMBER.findall(draft.text)
        if not re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)", text)
    ]
    problems += [
        f"{name!r} is not in the cited passage"
        for name in dict.fromkeys(_NAME.findall(draft.text))
        if name.lower() not in text
    ]
    if problems:
        return Verdict("unsupported", tuple(problems))
    words = {word.lower() for word in _WORD.findall(draft.text)}
    missing = sorted(word for word in words if word not in text)
    if words and len(missing) > (1 - _SHARED) * len(words):
        return Verdict("weak", (f"not in the cited passage: {', '.join(missing[:6])}",))
    return Verdict("supported")


def quoted(text: str, passage: Passage) -> tuple[int, int]:
    """Return the span, in the document, of the words of `passage` that `text` rests on.

    The very words where they stand there; otherwise the sentence that shares most with them.
    """
    place = passage.text.find(text)
    if place >= 0:
        return passage.start + place, passage.start + place + len(text)
    wanted = set(re.findall(r"\w+", text.lower()))
    spans = sentences(passage.text) or [(0, len(passage.text))]
    start, end = max(
        spans,
        key=lambda span: len(
            wanted & set(re.findall(r"\w+", passage.text[span[0] : span[1]].lower()))
        ),
    )
    return passage.start + start, passage.start + end


def _folded(text: str) -> str:
    return " ".join(text.split()).lower()
