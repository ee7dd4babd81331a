"""The models installed on this machine: their files, which are verified, which one is in use."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.models import llama_server, model_preferences
from assistant.models.downloading import SUFFIX, PartialFile, exclusive
from assistant.models.gguf_head import Head, head_of
from assistant.models.model_catalogue import ModelEntry, entries, memory_needed
from corpus.errors import ReadError, StorageError, UsageError
from corpus.i18n import tr
from corpus.private_files import private_folder
from index.embedder_weights import is_verified, note_verified

NONE = "none"
_ODD = re.compile(r"[^\w.\-]+")
# Billions of parameters from which `auto` takes a model by itself: smaller ones invent.
_ABLE = 3.0
# The share of a file's size that must stay free on the disk, so that the library can grow.
SPARE = 0.05


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed model: of the catalogue (`entry`), or a file of the user's own.

    `token_bytes` and `context` are as in the catalogue; `speed` in words a second was measured
    here, 0 before the first answer.
    """

    name: str
    file: Path
    bytes: int
    context: int
    token_bytes: int
    parameters: float
    licence: str
    entry: ModelEntry | None = None
    speed: float = 0.0

    def memory(self, context: int) -> int:
        """Return about how many bytes of memory it takes with so many tokens of context."""
        return memory_needed(self.bytes, self.token_bytes, min(context, self.context))


class ModelStore:
    """The models of a data folder. Cheap to make: nothing is read before it is asked for."""

    def __init__(self, home: Path, *, catalogue: Sequence[ModelEntry] | None = None) -> None:
        """Open the store in `home`; `catalogue` replaces the program's own."""
        self.notes = home / "models"
        self.folder = self.notes / "writers"
        self.catalogue = entries() if catalogue is None else tuple(catalogue)

    def prepared(self) -> Path:
        """Return the folder, made and closed to others; raises StorageError."""
        try:
            private_folder(self.folder)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        return self.folder

    def file_of(self, entry: ModelEntry) -> Path:
        """Return where the file of a model is, or would be."""
        return self.folder / entry.file

    def installed(self) -> list[Installed]:
        """Return the installed models, those of the catalogue first, in its order.

        A file with another size than in the catalogue is left out; `checked` verifies the content.
        """
        speeds = model_preferences.speeds(self.folder)
        found = []
        for entry in self.catalogue:
            if _size(self.file_of(entry)) == entry.bytes:
                found.append(self._of_catalogue(entry, speeds))
        ours = {one.file for one in self.catalogue}
        try:
            files = sorted(self.folder.glob("*.gguf"))
        except OSError:
            files = []
        for file in files:
            if file.name not in ours and file.is_file():
                with suppress(ReadError):
                    found.append(_of_user(file, head_of(file), speeds))
        return found

    def named(self, name: str) -> Installed:
        """Return an installed model; raises UsageError that says how to get one."""
        wanted = name.strip().lower()
        for one in self.installed():
            if wanted in (one.name.lower(), one.file.name.lower()):
                return one
        if any(wanted == one.name for one in self.catalogue):
            raise UsageError(
                tr("the model {name} is not here; run: briefing models get {name}", name=wanted)
            )
        raise UsageError(tr("there is no model {name} here; see: briefing models", name=repr(name)))

    def checked(self, model: Installed) -> Path:
        """Return the file of a model after verifying its hash; raises ReadError.

        It is hashed once after every change of the file, which takes seconds for gigabytes. A file
        of the user's own has no known hash.
        """
        try:
            if model.entry is None or is_verified(model.file, model.entry.sha256, cache=self.notes):
                return model.file
        except OSError as error:
            raise ReadError(
                "missing",
                tr("{path} cannot be opened ({reason})", path=model.file, reason=error.strerror),
            ) from error
        raise ReadError(
            "damaged",
            tr(
                "the file of {name} is not what it should be; run: briefing models remove {name}, "
                "then briefing models get {name}",
                name=model.name,
            ),
        )

    def note_whole(self, entry: ModelEntry) -> None:
        """Note that the file of a model was hashed just now; raises OSError."""
        note_verified(self.file_of(entry), entry.sha256, cache=self.notes)

    def add(self, file: Path) -> Installed:
        """Install a GGUF file of the user's, as a hard link where possible, else a copy.

        One of the catalogue, recognised by its hash, gets its name there; others keep their own.
        Raises ReadError (missing, unsupported, name: already used), StorageError.
        """
        head = head_of(file)
        entry = self._known(file)
        target = self._own_place(file) if entry is None else self.file_of(entry)
        self._taken_in(file, target)
        if entry is None:
            return _of_user(target, head, model_preferences.speeds(self.folder))
        with suppress(OSError):
            note_verified(target, entry.sha256, cache=self.notes)
        return self._of_catalogue(entry, model_preferences.speeds(self.folder))

    def remove(self, name: str) -> str:
        """Delete a model or its partial download, and its selection; returns its name.

        The user's own file of a hard link stays; a process that runs the model is ended. Raises
        UsageError (also while another process downloads it), StorageError.
        """
        begun = [
            one
            for one in self.catalogue
            if one.name == name.strip().lower() and PartialFile(self.file_of(one), one.bytes).size
        ]
        name, file = (
            (begun[0].name, self.file_of(begun[0]))
            if begun
            else ((model := self.named(name)).name, model.file)
        )
        fetched = any(file == self.file_of(one) for one in self.catalogue)
        try:
            with exclusive(file, name) if fetched else nullcontext():
                file.unlink(missing_ok=True)
                file.with_name(file.name + SUFFIX).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(file, error) from error
        llama_server.end(file)
        if self.chosen == name:
            self.choose(NONE)
        return name

    @property
    def chosen(self) -> str:
        """The model that `use` named, "" for none; raises FormatError for a damaged file."""
        return model_preferences.chosen(self.folder)

    def choose(self, name: str) -> str:
        """Select the model that `auto` takes, "none" for none; returns its name.

        Raises UsageError for one that is not installed, StorageError.
        """
        found = "" if name == NONE else self.named(name).name
        try:
            model_preferences.choose(self.folder, found)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        return found or NONE

    @property
    def chosen_engine(self) -> str:
        """The engine that was chosen to answer, "" for none; raises FormatError."""
        return model_preferences.chosen_engine(self.folder)

    def choose_engine(self, name: str) -> None:
        """Have the engine of that name answer wherever none is named, "" for none chosen.

        Raises StorageError.
        """
        try:
            model_preferences.choose_engine(self.folder, name)
        except OSError as error:
            raise cannot_write(self.folder, error) from error

    def preferred(self, memory: int | None) -> Installed | None:
        """Return the model that `auto` takes: the selected one, else the best that fits in memory.

        `memory` is the machine's, in bytes; None where unknown. The best is the one with the most
        right answers in the catalogue's measurements, of models not measured the largest.
        """
        here = self.installed()
        if chosen := self.chosen:
            for one in here:
                if one.name == chosen:
                    return one
        able = [one for one in here if one.parameters >= _ABLE]
        fitting = [one for one in able if memory is None or one.memory(0) <= memory]
        return max(fitting, key=_worth, default=None)

    def note_speed(self, name: str, words: float) -> None:
        """Remember how fast a model wrote here, in words a second; a full disk is ignored."""
        with suppress(OSError):
            model_preferences.note_speed(self.folder, name, words)

    def _of_catalogue(self, entry: ModelEntry, speeds: Mapping[str, float]) -> Installed:
        return Installed(
            entry.name,
            self.file_of(entry),
            entry.bytes,
            entry.context,
            entry.token_bytes,
            entry.parameters,
            entry.licence,
            entry,
            speeds.get(entry.name, 0.0),
        )

    def _known(self, file: Path) -> ModelEntry | None:
        """Return the model of the catalogue that a file is; hashed only where the size fits."""
        size = _size(file)
        for entry in self.catalogue:
            if entry.bytes == size:
                with suppress(OSError):
                    if is_verified(file, entry.sha256, cache=self.notes):
                        return entry
        return None

    def _own_place(self, file: Path) -> Path:
        """Return where a file of the user's own goes; raises ReadError where its name is taken."""
        name = _ODD.sub("-", file.stem).strip("-.") or "model"
        names = {one.name.lower() for one in self.catalogue}
        names |= {Path(one.file).stem.lower() for one in self.catalogue}
        if name.lower() in names:
            raise ReadError(
                "name",
                tr(
                    "{path} has the name of a model of the list and another content; give it "
                    "another name and add it again",
                    path=file,
                ),
            )
        for here in self.folder.glob("*.gguf"):
            if here.stem.lower() == name.lower():
                if _same(here, file):
                    return here
                raise ReadError(
                    "name",
                    tr(
                        "{path} has the name of a model that is here and another content; give it "
                        "another name and add it again, or run first: briefing models remove "
                        "{name}",
                        path=file,
                        name=here.stem,
                    ),
                )
        return self.folder / f"{name}.gguf"

    def _taken_in(self, file: Path, target: Path) -> None:
        self.prepared()
        try:
            if target.exists() and target.samefile(file):
                return
            with model_preferences.temporary_beside(target) as made:
                try:
                    made.hardlink_to(file.resolve())
                except OSError:
                    # Another disk, or a file system without hard links.
                    self.room_for(_size(file))
                    shutil.copyfile(file, made)
                    made.chmod(0o600)
                made.replace(target)
            llama_server.end(target)
        except OSError as error:
            raise cannot_write(target, error) from error

    def room_for(self, size: int) -> None:
        """Raise StorageError unless `size` bytes and a spare fit on the disk of the folder."""
        needed = int(size * (1 + SPARE))
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise StorageError(
                tr(
                    "it needs {needed} GB and {free} GB are free for {folder}; free some, or name "
                    "another data folder with --home",
                    needed=f"{needed / 1e9:.1f}",
                    free=f"{free / 1e9:.1f}",
                    folder=self.folder,
                )
            )


def _worth(one: Installed) -> tuple[int, float]:
    measured = one.entry.measured if one.entry else None
    return (measured.right if measured else -1, one.parameters)


def _of_user(file: Path, head: Head, speeds: Mapping[str, float]) -> Installed:
    return Installed(
        file.stem,
        file,
        _size(file),
        head.context or 4096,
        head.token_bytes,
        head.parameters,
        head.licence,
        None,
        speeds.get(file.stem, 0.0),
    )


def _same(here: Path, file: Path) -> bool:
    """Say whether two files have the same content; read only where their sizes agree."""
    try:
        return here.samefile(file) or filecmp.cmp(here, file, shallow=False)
    except OSError:
        return False


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1


def cannot_write(file: Path, error: OSError) -> StorageError:
    """Return the error for a file that cannot be written."""
    return StorageError(
        tr("cannot write {file} ({reason})", file=file, reason=error.strerror or error)
    )
