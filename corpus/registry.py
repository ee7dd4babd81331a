"""What there is of one kind by name: ours, told in the code, and what installed packages add.

A package adds one by an entry point in the group of its kind ("briefing.readers"; see
docs/extending.md). Nothing is loaded before it is asked for. What cannot be loaded, is of another
kind or takes what is ours already is left out, and one line of the log says why.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Generic, TypeVar

from corpus.errors import BriefingError
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
# Of what an exception says, as much as goes into one line.
_LONGEST = 300
_FILE_NAME = re.compile(r"[\w-]+")


class Registry(Generic[T]):
    """The values of one kind by their names. Thread-safe.

    Ours are entry points like those of other packages, only that they are written down in the code;
    one of ours that cannot be loaded is our own fault and raises what loading it raises.
    """

    def __init__(
        self,
        group: str,
        kind: type[T],
        ours: Iterable[tuple[str, str]] = (),
        *,
        claims: Callable[[T], Iterable[str]] = lambda _: (),
    ) -> None:
        """Load nothing yet.

        `ours` are names, each with the place of its value ("corpus.readers.pdf:PDF"), in the order
        in which they are tried. `claims` tells what a value wants for itself beside its name, such
        as the suffixes of a format: who comes first has it, and who comes second is left out.
        """
        self.group = group
        self._kind = kind
        self._claims = claims
        self._ours = {name: EntryPoint(name, place, group) for name, place in ours}
        self._found: dict[str, EntryPoint] | None = None
        self._loaded: dict[str, T] = {}
        self._broken: set[str] = set()
        self._lines: list[str] = []
        self._lock = threading.RLock()

    def get(self, name: str) -> T | None:
        """Return the value of that name and load no other; None where there is none to be had."""
        with self._lock:
            if name in self._loaded or name in self._broken:
                return self._loaded.get(name)
            if name in self._ours:
                self._loaded[name] = self._value(self._ours[name])
            elif name in self._added:
                self._add(self._added[name])
            return self._loaded.get(name)

    def ours(self) -> Mapping[str, T]:
        """Return what comes with the program, in the order in which it is tried."""
        return self._all(self._ours)

    def added(self) -> Mapping[str, T]:
        """Return what other packages add, in the order of the names."""
        return self._all(self._added)

    def values(self) -> list[T]:
        """Return all there is, ours first."""
        return [*self.ours().values(), *self.added().values()]

    def package(self, name: str) -> str:
        """Return the package that adds what has that name, with its version; "" for ours."""
        # Ours first: other packages need not be looked through for those.
        added = name not in self._ours and name in self._added
        return _package(self._added[name]) if added else ""

    @property
    def folders(self) -> list[str]:
        """The folders in which the packages lie that add something; nothing is loaded."""
        places = (one.dist.locate_file("") for one in self._added.values() if one.dist)
        return list(dict.fromkeys(str(Path(str(one)).absolute()) for one in places))

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was left out so far and why, a line for each."""
        return tuple(self._lines)

    def leave_out(self, name: str, why: str | BaseException) -> None:
        """Leave out what a package adds under that name from now on; `why` is for the log."""
        with self._lock:
            self._loaded.pop(name, None)
            self._broken.add(name)
        self._refuse(self._added[name], why if isinstance(why, str) else _said(why))

    def note(self, line: str) -> None:
        """Log a line about something that was left out, once.

        Another process tells it of what it has left out itself.
        """
        with self._lock:
            if line in self._lines:
                return
            self._lines.append(line)
        _LOG.warning("%s", line)

    @property
    def _added(self) -> dict[str, EntryPoint]:
        """The entry points of other packages by their names, looked for once."""
        with self._lock:
            if self._found is None:
                self._found = self._listed()
            return self._found

    def _listed(self) -> dict[str, EntryPoint]:
        try:
            found = [(one.name, _package(one), one) for one in entry_points(group=self.group)]
        except Exception as error:  # noqa: BLE001  # reason: what any package says of itself may be damaged
            self.note(f"no plug-in of {self.group} is used: {_said(error)}")
            return {}
        points: dict[str, EntryPoint] = {}
        for name, _, point in sorted(found, key=lambda one: one[:2]):
            if name in self._ours:
                self._refuse(point, f"{name} comes with the program and cannot be replaced")
            elif name in points:
                self._refuse(point, f"{name} is added by {_package(points[name])} already")
            else:
                points[name] = point
        return points

    def _all(self, points: Mapping[str, EntryPoint]) -> dict[str, T]:
        found = {name: self.get(name) for name in points}
        return {name: value for name, value in found.items() if value is not None}

    def _add(self, point: EntryPoint) -> None:
        """Load what another package adds, or leave it out."""
        try:
            value = self._value(point)
            claimed = set(self._claims(value))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # reason: code of others may raise anything
            self.leave_out(point.name, error)
            return
        # Whoever claims nothing is in nobody's way, and need not have all others loaded.
        for name in (*self._ours, *self._loaded) if claimed else ():
            holder = self.get(name)
            taken = claimed.intersection(self._claims(holder)) if holder is not None else None
            if taken:
                self.leave_out(point.name, f"{', '.join(sorted(taken))}: {name} has that already")
                return
        self._loaded[point.name] = value

    def _value(self, point: EntryPoint) -> T:
        """Return what an entry point names; raises TypeError for another kind, else as loading."""
        value = point.load()
        if not isinstance(value, self._kind):
            wanted, given = self._kind.__name__, type(value).__name__
            raise TypeError(f"{point.value} is a {given} and no {wanted}")
        return value

    def _refuse(self, point: EntryPoint, why: str) -> None:
        named = f"{point.name} = {point.value}"
        self.note(f"left out of {self.group}: {named} ({_package(point)}): {why}")


def toml_files(place: Path) -> list[Path]:
    """Return the files NAME.toml of a folder, or the one that a path names; ValueError without any.

    For values of a registry that are written as files and not in code.
    """
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    if not files or not all(one.is_file() and _FILE_NAME.fullmatch(one.stem) for one in files):
        raise ValueError(f"{place} is no folder with files NAME.toml, and not one of them")
    return files


def made(name: str, make: Callable[[Path], T], folder: Path, error: type[BriefingError]) -> T:
    """Return what the plug-in of that name makes, given a folder in which it may keep things.

    Raises a BriefingError of its own, or `error` where it fails otherwise.
    """
    try:
        return make(folder)
    except BriefingError:
        raise
    except Exception as failure:  # reason: code of others may raise anything
        reason = type(failure).__name__
        raise error(
            tr(
                "the plug-in {name} cannot be made ({reason}); see the log",
                name=name,
                reason=reason,
            )
        ) from failure


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else ""


def _said(error: BaseException) -> str:
    """Return what an exception says, in one line that is not too long."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST]


__all__ = ["Registry", "made", "toml_files"]
