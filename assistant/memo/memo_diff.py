"""What changed between two memos on one topic, and which sources caused it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, GradedSource, Line, Memo

# Lines with this similarity are one line that was reworded.
_LIKE = 0.75


@dataclass(frozen=True, slots=True)
class MemoChange:
    """One line that changed; `causes` are sources, each with what happened to it.

    `kind` is "added", "removed" or "reworded"; `before` and `after` are the sentences.
    """

    kind: str
    section: str
    before: str
    after: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoDiff:
    """The changes of lines, and of sources: new, gone, changed and graded anew."""

    changes: tuple[MemoChange, ...]
    sources: tuple[str, ...]


def memo_diff(old: Memo, new: Memo) -> MemoDiff:
    """Return what changed from `old` to `new`; order alone is no change."""
    changed = _sources(old, new)
    changes: list[MemoChange] = []
    keys = list(dict.fromkeys(one.key for memo in (old, new) for one in memo.sections))
    for key in keys:
        before, after = _lines(old, key), _lines(new, key)
        gone = [one for text, one in before.items() if text not in after]
        came = [one for text, one in after.items() if text not in before]
        for line in came:
            like = [one for one in gone if _are_alike(one, line)]
            causes = _causes(new, line, changed)
            if like:
                gone.remove(like[0])
                causes = tuple(dict.fromkeys((*_causes(old, like[0], changed), *causes)))
                changes.append(
                    MemoChange("reworded", key, like[0].claim.text, line.claim.text, causes)
                )
            else:
                changes.append(MemoChange("added", key, "", line.claim.text, causes))
        changes.extend(
            MemoChange("removed", key, one.claim.text, "", _causes(old, one, changed))
            for one in gone
        )
    return MemoDiff(tuple(changes), tuple(dict.fromkeys(changed.values())))


def _lines(memo: Memo, key: str) -> dict[str, Line]:
    return {
        line.claim.text: line
        for section in memo.sections
        if section.key == key
        for line in section.lines
        if line.role in (EVIDENCE, JUDGMENT, GAP)
    }


def _are_alike(one: Line, other: Line) -> bool:
    return SequenceMatcher(None, one.claim.text, other.claim.text).ratio() >= _LIKE


def _sources(old: Memo, new: Memo) -> dict[str, str]:
    """Return, by document id, what happened to the sources that differ between the memos."""
    before = {one.document: one for one in old.sources}
    after = {one.document: one for one in new.sources}
    places = {one.source.location: one for one in new.sources}
    found: dict[str, str] = {}
    for document, one in before.items():
        now = after.get(document)
        replaced = places.get(one.source.location)
        if now is not None:
            if (now.reliability, now.credibility) != (one.reliability, one.credibility):
                grades = f"{_grade(one)} to {_grade(now)}"
                found[document] = f"“{one.source.title}” was graded anew, {grades}"
        elif replaced is not None:
            found[document] = f"“{one.source.title}” has a new text"
            found[replaced.document] = found[document]
        else:
            found[document] = f"“{one.source.title}” is cited no more"
    for document, one in after.items():
        if document not in before:
            found.setdefault(document, f"“{one.source.title}” is newly cited")
    return found


def _grade(source: GradedSource) -> str:
    return f"{source.reliability}{source.credibility}"


def _causes(memo: Memo, line: Line, changed: dict[str, str]) -> tuple[str, ...]:
    documents = [memo.citation(number).document for number in line.claim.citations]
    return tuple(dict.fromkeys(changed[one] for one in documents if one in changed))
