"""Source grades by the Admiralty code (NATO AJP-2.1): A to F for the source, 1 to 6 for the claim.

The analyst's grades are in `grades.toml` in the data folder. Any other source gets a default by the
kind of its statements, and is marked as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from assistant.memo.speakers import author_of, kind_of_speaker
from assistant.memo.translation import worded
from assistant.memo.values import ANALYST, COMPANY, INDEPENDENT, OFFICIAL, PRESS
from corpus.document import Source
from corpus.i18n import tr
from corpus.partial_dates import is_date
from corpus.private_files import private_home
from corpus.starter.public_sources import STARTER
from corpus.validation import NO_OTHER_KEYS, configured

# Our own articles retell what others said: STARTER, their publisher, is no source.
FILE_NAME = "grades.toml"
RELIABILITY = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
CREDIBILITY = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "truth cannot be judged",
}
_ADVICE = tr("each [[source]] has match, reliability, reason, date and may have credibility")
_DEFAULTS = {
    OFFICIAL: ("A", "an official text, by default"),
    INDEPENDENT: ("B", "an independent estimate, by default"),
    PRESS: ("B", "a press report, by default"),
    ANALYST: ("C", "an analyst's inference, by default"),
    COMPANY: ("C", "a company on its own affairs, an interested party, by default"),
    "": ("F", "the kind of source is not known; grade it in grades.toml"),
}
_HEAD = """\
# Grades of sources, yours to edit. reliability: A completely reliable, B usually, C fairly, D not
# usually, E unreliable, F cannot be judged. credibility (optional; otherwise by how many
# independent origins bear a claim out): 1 confirmed, 2 probably true, 3 possibly, 4 doubtful, 5
# improbable, 6 cannot be judged. match is a part of the publisher, the title or the location.
#
# [[source]]
# match = "Reuters"
# reliability = "B"
# reason = "wire service with corrections on record"
# date = 2026-01-31
"""


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade with its reason; `graded` is the date of the analyst's own, "" for a default."""

    reliability: str
    credibility: int
    reason: str
    graded: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One [[source]] of the file."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    match: str
    reliability: str
    reason: str
    date: str
    credibility: int = 0

    def __post_init__(self) -> None:
        if not self.match.strip():
            raise ValueError(tr("match must be a part of the publisher, title or location"))
        if self.reliability.upper() not in RELIABILITY:
            raise ValueError(
                tr("reliability must be one of {letters}", letters=", ".join(RELIABILITY))
            )
        if self.credibility not in (0, *CREDIBILITY):
            raise ValueError(tr("credibility must be a number from 1 to 6"))
        if not self.reason.strip():
            raise ValueError(tr("give a reason"))
        if not is_date(self.date):
            raise ValueError(tr("give the date of the grade as 2026-01-31"))


@dataclass(frozen=True, slots=True)
class _File:
    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    source: tuple[_Entry, ...] = ()


class Grades:
    """The grades of one data folder."""

    def __init__(self, entries: Sequence[_Entry] = ()) -> None:
        self._entries = tuple(entries)

    @classmethod
    def load(cls, home: Path) -> Grades:
        """Return the grades in `home`/grades.toml, or none; raises FormatError for a bad file."""
        file = home / FILE_NAME
        if not file.is_file():
            return cls()
        return cls(configured(_File, file, advice=_ADVICE).source)

    @staticmethod
    def ensured_file(home: Path) -> Path:
        """Return the path of the analyst's file, created with an explanation if missing."""
        file = home / FILE_NAME
        if not file.exists():
            private_home(home)
            file.write_text(_HEAD, encoding="utf-8")
            file.chmod(0o600)
        return file

    def of(self, source: Source, kind: str, corroborated: int = 1) -> Grade:
        """Return the grade of a source whose statements are mostly of `kind`.

        `corroborated` is how many independent origins support its claims, itself included: one is
        possibly true (3), two probably true (2), three confirmed (1).
        """
        credibility = {1: 3, 2: 2}.get(max(1, corroborated), 1)
        about = "\n".join((source.publisher, source.title, source.location)).casefold()
        for entry in self._entries:
            if entry.match.strip().casefold() in about:
                return Grade(
                    entry.reliability.upper(),
                    entry.credibility or credibility,
                    entry.reason.strip(),
                    entry.date,
                )
        if source.publisher == STARTER:
            return Grade("C", credibility, "our own summary of public sources, by default")
        kind = kind or kind_of_speaker(author_of(source))
        letter, reason = _DEFAULTS.get(kind, _DEFAULTS[""])
        return Grade(letter, credibility, reason)


def confidence(
    grades: Sequence[Grade], origins: int, disputed: bool, language: str = "en"
) -> tuple[str, str]:
    """Return "high", "moderate" or "low", and a sentence that gives the reasons.

    After ICD 203: confidence rests on the quality and number of sources and stands apart from any
    likelihood. High needs three independent origins, half of the sources at B or better, and no
    disagreement; low is one origin, or none better than D.
    """
    good = sum(one.reliability in "AB" for one in grades)
    poor = all(one.reliability in "DEF" for one in grades)
    if origins >= 3 and 2 * good >= len(grades) and not disputed:
        level = "high"
    elif origins < 2 or poor:
        level = "low"
    else:
        level = "moderate"
    # That nobody disagrees would be more than was looked for.
    form = (
        "Confidence in this evidence is {level}: it goes back to {origins}, {good} of {documents} "
        "documents are graded A or B (the best {best}), and a source of the library disagrees."
        if disputed
        else "Confidence in this evidence is {level}: it goes back to {origins}, {good} of "
        "{documents} documents are graded A or B (the best {best})."
    )
    return level, worded(
        form,
        language,
        level=worded(level, language),
        origins=worded("one origin", language)
        if origins == 1
        else worded("{count} independent origins", language, count=origins),
        good=good,
        documents=len(grades),
        best=min((one.reliability for one in grades), default="F"),
    )
