"""The domain's vocabulary: names that mean the same, and names that go together.

`aliases.toml` beside this module is the list we ship; a file of the same form in the data folder
adds to it. The check of sentences takes "same" groups at their word; the search uses both kinds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, wraps
from inspect import isgenerator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from corpus.errors import FormatError
from corpus.i18n import tr
from corpus.validation import configured

FILE_NAME = "aliases.toml"
# Groups under this heading go together without meaning the same: a maker and its models.
_RELATED = "related"
_ADVICE = tr("aliases are lists of names: companies = [[…], …]")


@dataclass(frozen=True, slots=True)
class AliasGroup:
    """Names that belong together; `section` is their heading in the file.

    `same` says that one may stand for the other; if not, they are only looked for together.
    """

    section: str
    names: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether one name may stand for the other in a sentence."""
        return self.section != _RELATED


# Of the library that this thread works for just now: two data folders in one process keep theirs.
_in_use: ContextVar[tuple[AliasGroup, ...] | None] = ContextVar("aliases", default=None)


def groups() -> tuple[AliasGroup, ...]:
    """Return the groups of the library in use, only the built-in ones outside `using_aliases`."""
    return _in_use.get() or _ours()


@contextmanager
def using_aliases(found: tuple[AliasGroup, ...]) -> Iterator[None]:
    """Have `groups` return these during the block, in this thread."""
    token = _in_use.set(found)
    try:
        yield
    finally:
        _in_use.reset(token)


class _Holder(Protocol):
    aliases: tuple[AliasGroup, ...]


_H = TypeVar("_H", bound=_Holder)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def with_aliases(work: Callable[Concatenate[_H, _P], _R]) -> Callable[Concatenate[_H, _P], _R]:
    """Wrap a function so that the aliases of its first argument, a library, are in use during it.

    For a generator, during each step: between two steps its caller may use another library.
    """

    @wraps(work)
    def done(holder: _H, /, *args: _P.args, **named: _P.kwargs) -> _R:
        with using_aliases(holder.aliases):
            result = work(holder, *args, **named)
        if isgenerator(result):
            return cast(_R, _stepwise(cast(Any, result), holder.aliases))
        return result

    return done


def _stepwise(steps: Generator[_R, None, None], found: tuple[AliasGroup, ...]) -> Iterator[_R]:
    try:
        while True:
            with using_aliases(found):
                try:
                    step = next(steps)
                except StopIteration:
                    return
            yield step
    finally:
        with using_aliases(found):
            steps.close()


def groups_of(home: Path) -> tuple[AliasGroup, ...]:
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
                tr(
                    "cannot read {file}: there is no heading “{heading}”, did you mean “{meant}”; "
                    "{advice}",
                    file=own,
                    heading=section,
                    meant=meant[0],
                    advice=_ADVICE,
                )
            )
    return _ours() + found


@cache
def _ours() -> tuple[AliasGroup, ...]:
    # Not checked as a user's file is, which would load pydantic for each question: tests read it.
    text = (Path(__file__).parent / FILE_NAME).read_text(encoding="utf-8")
    return _alias_groups(tomllib.loads(text))


def _read(file: Path) -> tuple[AliasGroup, ...]:
    return _alias_groups(configured(dict[str, tuple[tuple[str, ...], ...]], file, advice=_ADVICE))


def _alias_groups(sections: Mapping[str, Iterable[Iterable[str]]]) -> tuple[AliasGroup, ...]:
    return tuple(
        AliasGroup(section, tuple(names)) for section, lists in sections.items() for names in lists
    )
