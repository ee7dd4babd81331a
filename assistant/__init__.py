"""Cited answers and memos from retrieved evidence: pipeline, engines, checks.

`__all__` is the interface for Python programs (docs/python.md). Everything else, here and in
`corpus`, `index` and `ui`, is private and may change with any version.

The errors are here at once; every other name loads its module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from corpus.errors import (
    BriefingError,
    Busy,
    EmbedderError,
    EmbedderMismatch,
    EngineError,
    FormatError,
    JudgeError,
    LibraryClosed,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    LibraryTooNew,
    NoConversation,
    NotAllowed,
    NothingFound,
    NotInLibrary,
    ReaderError,
    ReadError,
    RecordUnreachable,
    SearchIndexError,
    StorageError,
    UsageError,
    WorkersError,
)

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation, Claim
    from assistant.briefing import Briefing
    from assistant.checking.problems import Problem
    from assistant.draft_check import CheckedSentence
    from assistant.memo.export import exported
    from assistant.memo.values import Finding, Line, Memo, Section
    from assistant.planning.query_rewriting import Turn
    from corpus.catalogue import Entry
    from corpus.document import Passage, Source
    from index.evidence import Evidence
    from index.ingest import Progress, Refusal, Report
else:
    # Hidden from type checkers, for which any name would exist otherwise.
    _MODULES = {
        "assistant.answer": ("Answer", "Citation", "Claim"),
        "assistant.briefing": ("Briefing",),
        "assistant.checking.problems": ("Problem",),
        "assistant.planning.query_rewriting": ("Turn",),
        "assistant.memo.export": ("exported",),
        "assistant.memo.values": ("Finding", "Line", "Memo", "Section"),
        "assistant.draft_check": ("CheckedSentence",),
        "corpus.catalogue": ("Entry",),
        "corpus.document": ("Passage", "Source"),
        "index.evidence": ("Evidence",),
        "index.ingest": ("Progress", "Refusal", "Report"),
    }

    def __getattr__(name):
        """Return a public name from where it is defined; raises AttributeError for any other."""
        for module, names in _MODULES.items():
            if name in names:
                globals()[name] = getattr(importlib.import_module(module), name)
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        """Return what there is, loaded or not."""
        return sorted({*globals(), *__all__})


__all__ = [
    "Answer",
    "Briefing",
    "BriefingError",
    "Busy",
    "CheckedSentence",
    "Citation",
    "Claim",
    "EmbedderError",
    "EmbedderMismatch",
    "EngineError",
    "Entry",
    "Evidence",
    "Finding",
    "FormatError",
    "JudgeError",
    "LibraryClosed",
    "LibraryDamaged",
    "LibraryError",
    "LibraryLocked",
    "LibraryTooNew",
    "Line",
    "Memo",
    "NoConversation",
    "NotAllowed",
    "NotInLibrary",
    "NothingFound",
    "Passage",
    "Problem",
    "Progress",
    "ReadError",
    "ReaderError",
    "RecordUnreachable",
    "Refusal",
    "Report",
    "SearchIndexError",
    "Section",
    "Source",
    "StorageError",
    "Turn",
    "UsageError",
    "WorkersError",
    "exported",
]
