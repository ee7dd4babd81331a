"""The models that write on this machine, as the page shows them: getting, using, removing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.errors import BriefingError, FormatError, ReadError, UsageError
from corpus.i18n import tr
from ui.jobs import Job

if TYPE_CHECKING:
    from assistant.models.model_catalogue import ModelEntry
    from assistant.models.model_download import DownloadProgress
    from assistant.models.model_store import Installed, ModelStore
    from ui.backend import Backend


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model of the list (`entry`) or a file of the user's own, and how it stands with it.

    `state` is "absent", "half" (`had` bytes of it are here), "waiting" for another one to come,
    "coming", "stopping" or "here". `memory` is what it needs, in bytes; `lacking` says which memory
    is less than that: "" for none, "total" what the machine has, "free" what is free now, and
    `there` how much that is. `places` are where it would be fetched from, `speed` in words a second
    as measured here, `failure` why the last try to get it failed.
    """

    name: str
    title: str
    bytes: int
    memory: int
    licence: str
    state: str
    entry: ModelEntry | None = None
    chosen: bool = False
    had: int = 0
    lacking: str = ""
    there: int = 0
    places: tuple[str, ...] = ()
    speed: float = 0.0
    failure: BriefingError | None = None


def listed(backend: Backend) -> list[LocalModel]:
    """Return the models of the list, in its order, then the user's own files that are here."""
    from assistant.models.local import CONTEXT
    from assistant.models.model_download import mirror_setting

    store, mirror = backend.models(), mirror_setting()
    installed, chosen = store.installed(), _chosen(store)
    here = {one.entry: one for one in installed if one.entry is not None}
    found = [_of_list(backend, one, here.get(one), chosen, mirror) for one in store.catalogue]
    found += [
        LocalModel(
            one.name, one.name, one.bytes, one.memory(CONTEXT), one.licence, "here",
            chosen=one.name == chosen, speed=one.speed,
        )
        for one in installed
        if one.entry is None
    ]  # fmt: skip
    return found


def _of_list(
    backend: Backend, entry: ModelEntry, here: Installed | None, chosen: str, mirror: str
) -> LocalModel:
    from assistant.models.local import CONTEXT

    state, had = _state(backend, entry, here is not None)
    memory = entry.memory(CONTEXT)
    lacking, there = ("", 0) if here else _lacking(memory)
    job = backend.writers.find(entry.name)
    return LocalModel(
        entry.name,
        entry.title,
        entry.bytes,
        memory,
        entry.licence,
        state,
        entry,
        chosen=here is not None and entry.name == chosen,
        had=had,
        lacking=lacking,
        there=there,
        places=_places(entry, mirror),
        speed=here.speed if here else 0.0,
        failure=job.failure if job is not None and here is None else None,
    )


def states(backend: Backend) -> list[str]:
    """Return a mark of each model that is another one once it stands otherwise with it."""
    store = backend.models()
    installed, chosen = store.installed(), _chosen(store)
    here = {one.entry for one in installed}
    marks = []
    for entry in store.catalogue:
        state, _ = _state(backend, entry, entry in here)
        marks.append(f"{entry.name}: {state}{', chosen' * (entry.name == chosen)}")
    own = [one.name for one in installed if one.entry is None]
    return [*marks, *(f"{name}: here{', chosen' * (name == chosen)}" for name in own)]


def _state(backend: Backend, entry: ModelEntry, here: bool) -> tuple[str, int]:
    """Return how it stands with a model of the list, and the bytes of a half one."""
    from assistant.models.downloading import PartialFile

    job, busy = backend.writers.find(entry.name), working(backend)
    if job is not None and job in busy:
        if job.cancelled:
            return "stopping", 0
        return ("coming" if job is busy[0] else "waiting"), 0
    if here:
        return "here", 0
    had = PartialFile(backend.models().file_of(entry), entry.bytes).size
    return ("half" if had else "absent"), had


def _lacking(memory: int) -> tuple[str, int]:
    from assistant.models.hardware import free_memory, total_memory

    for name, there in (("total", total_memory()), ("free", free_memory())):
        if there is not None and there < memory:
            return name, there
    return "", 0


def _places(entry: ModelEntry, mirror: str) -> tuple[str, ...]:
    from assistant.models.model_download import sources

    try:
        return tuple(one.place for one in sources(entry, mirror=mirror))
    except UsageError:
        # A mirror that is none is said to whoever gets a model.
        return ()


def _chosen(store: ModelStore) -> str:
    try:
        return store.chosen
    except FormatError:
        # Choosing writes the file anew.
        return ""


def begin(backend: Backend, name: str) -> None:
    """Get a model behind the page, from where it was stopped; raises UsageError.

    Whether there is room for it is looked at before anything is fetched.
    """
    from assistant.models import model_download
    from assistant.models.model_catalogue import entry_named

    store, mirror = backend.models(), model_download.mirror_setting()
    entry = entry_named(name, store.catalogue)
    # A mirror that is none is said at once.
    model_download.sources(entry, mirror=mirror)
    backend.writers.start(name, lambda: model_download.get(entry, store, mirror=mirror), alone=True)


def stop(backend: Backend, name: str) -> None:
    """Stop getting a model; what came stays for the next time."""
    job = backend.writers.find(name)
    if job is not None:
        job.cancel()


def remove(backend: Backend, name: str) -> None:
    """Delete a model, or what came of it; `auto` is another one then. Raises UsageError."""
    _opened(backend)
    job = backend.writers.find(name)
    if job is not None and job in working(backend):
        raise UsageError(tr("this is being worked on already; wait for it, or stop it"))
    backend.models().remove(name)
    backend.renew_engine()


def use(backend: Backend, name: str) -> str:
    """Have `auto` take a model from now on, "none" for none; return who answers on this page.

    Raises UsageError.
    """
    _opened(backend)
    backend.models().choose(name)
    return backend.renew_engine()


def _opened(backend: Backend) -> None:
    """Raise UsageError while the library opens, and takes the engine that was named before."""
    if not backend.settled():
        raise UsageError(tr("the library is still opening; try again in a moment"))


def working(backend: Backend) -> list[Job[DownloadProgress]]:
    """Return what comes now, first, and what waits; not what was stopped before it began."""
    return [one for one in backend.writers.open() if one.latest is not None or not one.cancelled]


def in_packages(writers: Sequence[LocalModel]) -> list[str]:
    """Return the names of the models that a package index carries."""
    return [one.name for one in writers if one.entry is not None and one.entry.packages]


def unreachable(failure: BriefingError | None) -> bool:
    """Say whether a model did not come because no place that has it was reached."""
    return isinstance(failure, ReadError) and failure.reason == "unreachable"
