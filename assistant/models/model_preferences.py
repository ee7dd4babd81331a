"""Preferences of a folder of models: which engine answers, how fast each model wrote here."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from corpus.errors import FormatError
from corpus.private_files import private_folder
from corpus.validation import from_json_text, stored

# Two answers may end at once; each write starts from the file as it is.
_LOCK = threading.Lock()
_CHOSEN, _SPEEDS = "chosen.json", "speeds.json"
_LOCAL = "local:"


@dataclass(frozen=True, slots=True)
class _Chosen:
    # The model of this machine, or else the full name of another engine: one of them is "".
    name: str = ""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class _Speeds:
    words: Mapping[str, float] = field(default_factory=dict)


def chosen(folder: Path) -> str:
    """Return the model that is in use, "" for none; raises FormatError for a damaged file."""
    return _stored_choice(folder).name


def choose(folder: Path, name: str) -> None:
    """Remember which model is in use, "" for none, and no other engine; raises OSError."""
    _remember(folder, {"name": name} if name else {})


def chosen_engine(folder: Path) -> str:
    """Return the engine that was chosen, "" for none; raises FormatError for a damaged file."""
    found = _stored_choice(folder)
    return f"{_LOCAL}{found.name}" if found.name else found.engine


def choose_engine(folder: Path, engine: str) -> None:
    """Remember which engine answers, by its full name, "" for none; raises OSError."""
    if engine.startswith(_LOCAL):
        choose(folder, engine.removeprefix(_LOCAL))
    else:
        _remember(folder, {"name": "", "engine": engine} if engine else {})


def _stored_choice(folder: Path) -> _Chosen:
    file = folder / _CHOSEN
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return _Chosen()
    return stored(_Chosen, from_json_text(text, str(file)), str(file), newest=1)


def _remember(folder: Path, choice: Mapping[str, str]) -> None:
    if choice:
        _write(folder / _CHOSEN, {"format": 1, **choice})
    else:
        (folder / _CHOSEN).unlink(missing_ok=True)


def speeds(folder: Path) -> Mapping[str, float]:
    """Return the words a second of each model that answered here; {} for a damaged file."""
    file = folder / _SPEEDS
    try:
        text = file.read_text(encoding="utf-8")
        return stored(_Speeds, from_json_text(text, str(file)), str(file), newest=1).words
    except (OSError, FormatError):
        return {}


def note_speed(folder: Path, name: str, words: float) -> None:
    """Remember how fast a model wrote, in words a second; raises OSError."""
    with _LOCK:
        noted = {**speeds(folder), name: round(words, 2)}
        _write(folder / _SPEEDS, {"format": 1, "words": noted})


@contextmanager
def temporary_beside(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`, deleted after the block unless it was moved."""
    made = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}")
    made.unlink(missing_ok=True)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def _write(file: Path, values: Mapping[str, object]) -> None:
    """Write JSON atomically."""
    private_folder(file.parent)
    with temporary_beside(file) as made:
        made.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        made.chmod(0o600)
        made.replace(file)
