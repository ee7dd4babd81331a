"""The language models that can be downloaded by name: `model_catalogue.toml`, validated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.validation import NO_OTHER_KEYS, configured

_FILE = Path(__file__).parent / "model_catalogue.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9.\-]*")
_FILE_NAME = re.compile(r"[\w\-][\w.\-]*\.gguf")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A package and its version for pip; nothing that pip would read as an option.
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.\-]*==[\w.]+")
# Bytes beside weights and context: compute buffers and the process itself. llama.cpp reports 116 MB
# of buffers for a model of 8 billion parameters; the process without a model takes 0.1 GB.
_BESIDE = 400_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A model's results on our questions, of which `asked` add up: none is left unaccounted for.

    Of those with an answer in the library `right`, `wrong` (or only partly right) and `not_found`;
    of those without one `declined`, and `invented` where it answered all the same.
    `words_a_second` was measured on the same machine. `quoting_right` and `quoting_invented` are
    the results of quoting the library on the same questions, None where not measured.
    """

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    right: int
    wrong: int
    not_found: int
    declined: int
    invented: int
    words_a_second: float
    quoting_right: int | None = None
    quoting_invented: int = 0

    @property
    def answerable(self) -> int:
        """How many of the questions the library answers."""
        return self.right + self.wrong + self.not_found

    @property
    def asked(self) -> int:
        """How many questions were asked."""
        return self.answerable + self.declined + self.invented

    @property
    def worse_than_quoting(self) -> bool:
        """Whether quoting did better: what is invented takes away what a right answer gives."""
        if self.quoting_right is None:
            return False
        return self.right - self.invented < self.quoting_right - self.quoting_invented


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the catalogue; `model_catalogue.toml` explains each field.

    `parameters` are in billions. The file is split over `packages`, in order, in their members
    `member`; each but the last has `part_bytes` of it, 0 where one package has it all.
    """

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    name: str
    title: str
    file: str
    bytes: int
    sha256: str
    licence: str
    parameters: float
    context: int
    token_bytes: int
    languages: tuple[str, ...]
    template: str
    about: str = ""
    thinks: bool = False
    hub: str = ""
    packages: tuple[str, ...] = ()
    member: str = ""
    part_bytes: int = 0
    measured: Measured | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for values that cannot be right."""
        for name, value, form in (
            ("name", self.name, _NAME),
            ("file", self.file, _FILE_NAME),
            ("sha256", self.sha256, _SHA256),
            *(("packages", one, _PACKAGE) for one in self.packages),
        ):
            if not form.fullmatch(value):
                raise ValueError(tr("{name} cannot be {value}", name=name, value=repr(value)))
        if min(self.bytes, self.context, self.token_bytes) <= 0 or self.parameters <= 0:
            raise ValueError(tr("a size must be more than 0"))
        if bool(self.packages) != bool(self.member):
            raise ValueError(tr("packages and member go together"))
        if len(self.packages) > 1:
            parts = -(-self.bytes // self.part_bytes) if self.part_bytes > 0 else 0
            if parts != len(self.packages):
                raise ValueError(tr("packages, bytes and part_bytes do not fit together"))
        parts_of = urlsplit(self.hub)
        if self.hub and (parts_of.scheme != "https" or not parts_of.hostname):
            raise ValueError(tr("{name} cannot be {value}", name="hub", value=repr(self.hub)))

    def memory(self, context: int) -> int:
        """Return about how many bytes of memory it takes with so many tokens of context."""
        return memory_needed(self.bytes, self.token_bytes, min(context, self.context))


@dataclass(frozen=True, slots=True)
class _Catalogue:
    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    model: tuple[ModelEntry, ...] = field(default=())

    def __post_init__(self) -> None:
        for names in ([one.name for one in self.model], [one.file for one in self.model]):
            if len(set(names)) < len(names):
                raise ValueError(tr("two models have the same name or file"))


def memory_needed(weights: int, token_bytes: int, context: int) -> int:
    """Return an estimate of a model's memory in bytes: weights, context, buffers."""
    return weights + token_bytes * context + _BESIDE


def read(file: Path) -> tuple[ModelEntry, ...]:
    """Return the models of a catalogue; raises FormatError naming file, key and remedy."""
    return configured(_Catalogue, file).model


@cache
def entries() -> tuple[ModelEntry, ...]:
    """Return the models of the catalogue, in its order."""
    return read(_FILE)


def entry_named(name: str, among: Sequence[ModelEntry] | None = None) -> ModelEntry:
    """Return the model of that name; raises UsageError naming those that there are.

    `among` stands in for the program's own catalogue.
    """
    known = entries() if among is None else among
    for one in known:
        if one.name == name.strip().lower():
            return one
    raise UsageError(
        tr(
            "there is no model {name} to get; there are: {names}",
            name=repr(name),
            names=", ".join(one.name for one in known),
        )
    )
