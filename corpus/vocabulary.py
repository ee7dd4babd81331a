"""The domain's vocabulary: names that mean the same, and names that go together.

`aliases.toml` beside this module is the list we ship; a file of the same form in the data folder
adds to it. The check of sentences takes "same" groups at their word; the search uses both kinds.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.errors import UsageError

FILE_NAME = "aliases.toml"
# Groups under this heading go together without meaning the same: a maker and its models.
_RELATED = "related"


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


@cache
def _read(file: Path) -> tuple[Group, ...]:
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8"))
        groups = tuple(
            Group(section, tuple(names)) for section, lists in sections.items() for names in lists
        )
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"cannot read the aliases in {file} ({error})") from error
    if any(not isinstance(name, str) for group in groups for name in group.names):
        raise UsageError(f"the aliases in {file} must be lists of names: companies = [[…], …]")
    return groups


class _Files:
    """The alias files in use in this process: ours, and one of the user's at most."""

    own: Path | None = None


def use(file: Path) -> None:
    """Add the user's alias file, if there is one, for this process; raises UsageError."""
    _Files.own = file if file.is_file() else None
    groups()


def groups() -> tuple[Group, ...]:
    """Return the groups in use, ours first; the same tuple as long as the files are the same."""
    return _joined(_Files.own)


@cache
def _joined(own: Path | None) -> tuple[Group, ...]:
    ours = _read(Path(__file__).parent / FILE_NAME)
    return ours + _read(own) if own else ours
