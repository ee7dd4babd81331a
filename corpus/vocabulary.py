"""The domain's vocabulary: names that mean the same, and names that go together.

`aliases.toml` beside this module is the list we ship; a file of the same form in the data folder
adds to it. The check of sentences takes "same" groups at their word; the search uses both kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from corpus.errors import FormatError
from corpus.validation import configured

FILE_NAME = "aliases.toml"
# Groups under this heading go together without meaning the same: a maker and its models.
_RELATED = "related"
_ADVICE = "aliases are lists of names: companies = [[…], …]"


@dataclass(frozen=True, slots=True)
class Group:
    """Names that belong together; `section` is their heading in the file.

    `same` says that one may stand for the other; if not, they are only looked for together.
    """

    section: str
    names: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether one name may stand for the other in a sentence."""
        return self.section != _RELATED


class _InUse:
    """The groups in use in this process."""

    groups: tuple[Group, ...] = ()


def use(home: Path) -> None:
    """Use the aliases of a data folder in this process; raises FormatError."""
    _InUse.groups = groups_of(home)


def groups() -> tuple[Group, ...]:
    """Return the groups in use, ours first; the same tuple as long as the files are the same."""
    return _InUse.groups or _ours()


def groups_of(home: Path) -> tuple[Group, ...]:
    """Return the groups of a data folder, ours first; raises FormatError for a file of the user's.

    Headings are free, but for one that is ours with a slip of the pen: names under "relatd" would
    all mean the same.
    """
    own = home / FILE_NAME
    if not own.is_file():
        return _ours()
    known = dict.fromkeys(one.section for one in _ours())
    found = _read(own)
    for section in dict.fromkeys(one.section for one in found):
        meant = get_close_matches(section, known, 1, cutoff=0.8)
        if section not in known and meant:
            raise FormatError(
                f"cannot read {own}: there is no heading “{section}”, did you mean “{meant[0]}”; "
                f"{_ADVICE}"
            )
    return _ours() + found


@cache
def _ours() -> tuple[Group, ...]:
    return _read(Path(__file__).parent / FILE_NAME)


def _read(file: Path) -> tuple[Group, ...]:
    sections = configured(dict[str, tuple[tuple[str, ...], ...]], file, advice=_ADVICE)
    return tuple(Group(section, names) for section, lists in sections.items() for names in lists)
