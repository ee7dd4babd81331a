"""An answer as the text of a chat message, with the place of every citation's marker in it.

A chat shows text alone, so the text says all of it: what is doubtful, what is not found, what has
changed since, and where each sentence stands. Markers are the numbers of `briefing.citations`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.checking.problems import in_words
from corpus.citation_line import citation_line
from corpus.i18n import tr
from ui.translation import translated

if TYPE_CHECKING:
    from assistant.answer import Answer, Claim

_MARK = re.compile(r"\[(\d+)\]")
# Where the sentences of an answer end and what is said of it begins.
_BREAK = "\n\n"


@dataclass
class ChatText:
    """The text of an answer as it grows; each method returns what it added.

    `marks` has for each marker in the text where it begins and ends, and its number.
    """

    language: str = "en"
    text: str = ""
    said: list[str] = field(default_factory=list)
    marks: list[tuple[int, int, int]] = field(default_factory=list)

    def growing(self, answer: Answer) -> str:
        """Add the sentences that are new, up to the first that is not supported.

        One that is not may yet be written again, and what was sent cannot be taken back.
        """
        added = ""
        for one in answer.claims[len(self.said) :]:
            if one.verdict != "supported" or not (one.citations or one.offered):
                break
            added += self._claim(one, answer.bullets)
        return added

    def finished(self, answer: Answer) -> str:
        """Add the rest: sentences, what is said of the answer, and its sources."""
        added = ""
        texts = [one.text for one in answer.claims]
        # A sentence that said the same again was merged into the first: it was right when sent.
        self.said = [one for one in self.said if one in texts]
        if self.said and self.said != texts[: len(self.said)]:
            line = tr("The answer was written again after it was checked; this is how it stands:")
            added += self._add(f"{_BREAK}{self._line(line)}{_BREAK}")
            self.said = []
        for one in answer.claims[len(self.said) :]:
            added += self._claim(one, answer.bullets)
        return added + self._about(answer)

    def annotations(self, answer: Answer, address: Callable[[Any], str]) -> list[dict[str, Any]]:
        """Return the markers of the text as the clients of OpenAI's know them.

        `address` gives the URL of a citation.
        """
        cited = {one.number: one for one in answer.citations}
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": start,
                    "end_index": end,
                    "title": cited[number].source.title,
                    "url": address(cited[number]),
                },
            }
            for start, end, number in self.marks
            if number in cited
        ]

    def _claim(self, claim: Claim, bullets: bool) -> str:
        self.said.append(claim.text)
        before = ("\n" if bullets else " ") if self.text else ""
        numbers = (*claim.citations, *claim.offered)
        added = self._cited(f"{before}{'- ' if bullets else ''}{claim.text}", numbers)
        if claim.verdict != "supported":
            why = in_words(claim.problems)
            doubt = self._line(tr("not borne out by what it cites"))
            added += self._add(f" ({doubt}: {self._line(why)})" if why else f" ({doubt})")
        return added

    def _cited(self, text: str, numbers: Sequence[int]) -> str:
        """Add a text and its markers; those that its words happen to hold are none."""
        added = self._add(f"{text} " if numbers else text)
        for number in numbers:
            start = len(self.text)
            added += self._add(f"[{number}]")
            self.marks.append((start, len(self.text), number))
        return added

    def _add(self, piece: str) -> str:
        self.text += piece
        return piece

    def _about(self, answer: Answer) -> str:
        """Add what is said of an answer, a paragraph or a list each; return it."""
        added = ""
        notice = self._line(answer.notice)
        if answer.outcome == "declined":
            added += self._block(notice or self._line(tr("Not found in the library.")))
            added += self._add("\n") if answer.nearest else ""
            for one in answer.nearest:
                added += self._cited(f"\n- {one.text}", (*one.citations, *one.offered))
        else:
            if answer.later:
                added += self._block(self._line(tr("A newer document changes this:")))
            for later in answer.later:
                when = f" {later.date}" if later.date else ""
                said = f"\n- {later.change.capitalize()}{when}: {later.text}"
                added += self._cited(said, (later.citation,))
            if answer.calculation:
                how = self._line(answer.calculation)
                added += self._block(self._line(tr("Calculated: {how}", how=how)))
            added += self._block(notice) if notice else ""
            added += self._list(tr("Not found in the library:"), answer.not_found)
        lines = [
            f"[{one.number}] {citation_line(one.source, one.page_name)}" for one in answer.cited
        ]
        return added + self._list(tr("Sources:"), lines)

    def _block(self, text: str) -> str:
        """Add a text as a paragraph of its own."""
        return self._add((_BREAK if self.text else "") + text)

    def _list(self, heading: str, lines: Sequence[str]) -> str:
        """Add a heading and what stands below it; nothing without a line."""
        if not lines:
            return ""
        return self._block("\n".join([self._line(heading), *(f"- {one}" for one in lines)]))

    def _line(self, line: str) -> str:
        return translated(line, self.language)


def spoken(content: str) -> str:
    """Return the sentences of an answer that a client sends back, without what was said of it."""
    return " ".join(_MARK.sub("", content.partition(_BREAK)[0]).split())


__all__ = ["ChatText", "spoken"]
