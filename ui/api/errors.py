"""What another program may be told beside the errors of `corpus.errors`, which draws the tree.

UsageError
└── UnknownName          there is no form or section of the name that was given
    └── UnknownEngine    no engine of that name may be asked
BriefingError
├── Busy                 too much is asked at once; says when to ask again
│   └── StillOpening     the library is not open yet, or does not open
└── TooSlow              it took longer than anybody waits, and was stopped
"""

from __future__ import annotations

from corpus.errors import BriefingError, UsageError


class UnknownName(UsageError):
    """There is no form or section of the name that another program gave."""


class UnknownEngine(UnknownName):
    """No engine of the name that another program gave may be asked here."""


class Busy(BriefingError):
    """More is asked at once than is worked on; `seconds` from now it may be asked again."""

    seconds = 5


class StillOpening(Busy):
    """The library is not open yet; the message says so, or why it does not open."""


class TooSlow(BriefingError):
    """Work took longer than anybody waits for it, and was stopped."""


__all__ = ["Busy", "StillOpening", "TooSlow", "UnknownEngine", "UnknownName"]
