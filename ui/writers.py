"""The models that write on this machine, as the page shows them: getting, using, removing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.errors import BriefingError, FormatError, ReadError, UsageError
from corpus.said import said
from ui.jobs import Job

if TYPE_CHECKING:
    from assistant.models.catalogue import Entry
    from assistant.models.getting import Progress
    from assistant.models.store import Installed, Store
    from ui.place import Place


@dataclass(frozen=True, slots=True)
class Writer:
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
    entry: Entry | None = None
    chosen: bool = False
    had: int = 0
    lacking: str = ""
    there: int = 0
    places: tuple[str, ...] = ()
    speed: float = 0.0
    failure: BriefingError | None = None


def listed(place: Place) -> list[Writer]:
    """Return the models of the list, in its order, then the user's own files that are here."""
    from assistant.models.getting import mirror_setting
    from assistant.models.local import CONTEXT

    store, mirror = place.models(), mirror_setting()
    installed, chosen = store.installed(), _chosen(store)
    here = {one.entry: one for one in installed if one.entry is not None}
    found = [_of_list(place, one, here.get(one), chosen, mirror) for one in store.catalogue]
    found += [
        Writer(
            one.name, one.name, one.bytes, one.memory(CONTEXT), one.licence, "here",
            chosen=one.name == chosen, speed=one.speed,
        )
        for one in installed
        if one.entry is None
    ]  # fmt: skip
    return found


def _of_list(
    place: Place, entry: Entry, here: Installed | None, chosen: str, mirror: str
) -> Writer:
    from assistant.models.local import CONTEXT

    state, had = _state(place, entry, here is not None)
    memory = entry.memory(CONTEXT)
    lacking, there = ("", 0) if here else _lacking(memory)
    job = place.writers.find(entry.name)
    return Writer(
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


def states(place: Place) -> list[str]:
    """Return a mark of each model that is another one once it stands otherwise with it."""
    store = place.models()
    installed, chosen = store.installed(), _chosen(store)
    here = {one.entry for one in installed}
    marks = []
    for entry in store.catalogue:
        state, _ = _state(place, entry, entry in here)
        marks.append(f"{entry.name}: {state}{', chosen' * (entry.name == chosen)}")
    own = [one.name for one in installed if one.entry is None]
    return [*marks, *(f"{name}: here{', chosen' * (name == chosen)}" for name in own)]


def _state(place: Place, entry: Entry, here: bool) -> tuple[str, int]:
    """Return how it stands with a model of the list, and the bytes of a half one."""
    from assistant.models.part import Part

    job, busy = place.writers.find(entry.name), working(place)
    if job is not None and job in busy:
        if job.cancelled:
            return "stopping", 0
        return ("coming" if job is busy[0] else "waiting"), 0
    if here:
        return "here", 0
    had = Part(place.models().file_of(entry), entry.bytes).size
    return ("half" if had else "absent"), had


def _lacking(memory: int) -> tuple[str, int]:
    from assistant.models.machine import free_memory, total_memory

    for name, there in (("total", total_memory()), ("free", free_memory())):
        if there is not None and there < memory:
            return name, there
    return "", 0


def _places(entry: Entry, mirror: str) -> tuple[str, ...]:
    from assistant.models.getting import sources

    try:
        return tuple(one.place for one in sources(entry, mirror=mirror))
    except UsageError:
        # A mirror that is none is said to whoever gets a model.
        return ()


def _chosen(store: Store) -> str:
    try:
        return store.chosen
    except FormatError:
        # Choosing writes the file anew.
        return ""


def begin(place: Place, name: str) -> None:
    """Get a model behind the page, from where it was stopped; raises UsageError.

    Whether there is room for it is looked at before anything is fetched.
    """
    from assistant.models import getting
    from assistant.models.catalogue import entry_named

    store, mirror = place.models(), getting.mirror_setting()
    entry = entry_named(name, store.catalogue)
    # A mirror that is none is said at once.
    getting.sources(entry, mirror=mirror)
    place.writers.start(name, lambda: getting.get(entry, store, mirror=mirror), alone=True)


def stop(place: Place, name: str) -> None:
    """Stop getting a model; what came stays for the next time."""
    job = place.writers.find(name)
    if job is not None:
        job.cancel()


def remove(place: Place, name: str) -> None:
    """Delete a model, or what came of it; `auto` is another one then. Raises UsageError."""
    _opened(place)
    job = place.writers.find(name)
    if job is not None and job in working(place):
        raise UsageError(said("this is being worked on already; wait for it, or stop it"))
    place.models().remove(name)
    place.renew_engine()


def use(place: Place, name: str) -> str:
    """Have `auto` take a model from now on, "none" for none; return who answers on this page.

    Raises UsageError.
    """
    _opened(place)
    place.models().choose(name)
    return place.renew_engine()


def _opened(place: Place) -> None:
    """Raise UsageError while the library opens, and takes the engine that was named before."""
    if not place.settled():
        raise UsageError(said("the library is still opening; try again in a moment"))


def working(place: Place) -> list[Job[Progress]]:
    """Return what comes now, first, and what waits; not what was stopped before it began."""
    return [one for one in place.writers.open() if one.latest is not None or not one.cancelled]


def in_packages(writers: Sequence[Writer]) -> list[str]:
    """Return the names of the models that a package index carries."""
    return [one.name for one in writers if one.entry is not None and one.entry.packages]


def unreachable(failure: BriefingError | None) -> bool:
    """Say whether a model did not come because no place that has it was reached."""
    return isinstance(failure, ReadError) and failure.reason == "unreachable"
