"""The models that write on this machine, as the page shows them: getting, using, removing one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.memo.translation import worded
from corpus.errors import BriefingError, ReadError, UsageError
from corpus.i18n import tr
from corpus.pace import rate_in_words, time_left
from ui.jobs import Job
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import keys, word

if TYPE_CHECKING:
    from assistant.models.model_catalogue import ModelEntry
    from assistant.models.model_download import DownloadProgress
    from assistant.models.model_store import Installed
    from ui.backend import Backend

# What can be done with a model, by how it stands with it: the name of an act, and of its word.
_ACTIONS = {
    "absent": (("get", "writers.get"),),
    "half": (("get", "writers.resume"), ("remove", "writers.remove")),
    "waiting": (("stop", "writers.stop"),),
    "coming": (("stop", "writers.stop"),),
    "stopping": (),
    "here": (("use", "engines.use"), ("remove", "writers.remove")),
    "chosen": (("remove", "writers.remove"),),
}
_CONFIRM = (("drop", "writers.remove_it"), ("keep", "writers.keep"))
# Languages of a model that are told at once; the rest stands in its details.
_MOST_LANGUAGES = 2
_NO_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model of the list (`entry`) or a file of the user's own, and its state.

    `chosen` says that it is the one that answers now.
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


def local_models(backend: Backend) -> list[LocalModel]:
    """Return the models of the list, in its order, then the user's own files that are here."""
    from assistant.models.local import CONTEXT
    from assistant.models.model_download import mirror_setting

    store, mirror = backend.models(), mirror_setting()
    installed, chosen = store.installed(), _answering(backend)
    here = {one.entry: one for one in installed if one.entry is not None}
    found = [
        _catalogue_model(backend, one, here.get(one), chosen, mirror) for one in store.catalogue
    ]
    found += [
        LocalModel(
            one.name, one.name, one.bytes, one.memory(CONTEXT), one.licence, "here",
            chosen=one.name == chosen, speed=one.speed,
        )
        for one in installed
        if one.entry is None
    ]  # fmt: skip
    return found


def _catalogue_model(
    backend: Backend, entry: ModelEntry, here: Installed | None, chosen: str, mirror: str
) -> LocalModel:
    from assistant.models.local import CONTEXT

    state, had = _state(backend, entry, here is not None)
    memory = entry.memory(CONTEXT)
    lacking, there = ("", 0) if here else _memory_short(memory)
    job = backend.downloads.find(entry.name)
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
    installed, chosen = store.installed(), _answering(backend)
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

    job, busy = backend.downloads.find(entry.name), active_downloads(backend)
    if job is not None and job in busy:
        if job.cancelled:
            return "stopping", 0
        return ("coming" if job is busy[0] else "waiting"), 0
    if here:
        return "here", 0
    had = PartialFile(backend.models().file_of(entry), entry.bytes).size
    return ("half" if had else "absent"), had


def _memory_short(memory: int) -> tuple[str, int]:
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


def _answering(backend: Backend) -> str:
    """Return the model of this machine that answers now, "" for none."""
    first, _, model = backend.default_engine().partition(":")
    return model if first == "local" else ""


def start_download(backend: Backend, name: str) -> None:
    """Get a model behind the page, from where it was stopped; raises UsageError.

    Whether there is room for it is looked at before anything is fetched.
    """
    from assistant.models import model_download
    from assistant.models.model_catalogue import entry_named

    backend.require_admin()
    store, mirror = backend.models(), model_download.mirror_setting()
    entry = entry_named(name, store.catalogue)
    # A mirror that is none is said at once.
    model_download.sources(entry, mirror=mirror)
    backend.downloads.start(
        name, lambda: model_download.get(entry, store, mirror=mirror), alone=True
    )


def stop_download(backend: Backend, name: str) -> None:
    """Stop getting a model; what came stays for the next time."""
    backend.require_admin()
    job = backend.downloads.find(name)
    if job is not None:
        job.cancel()


def remove_model(backend: Backend, name: str) -> None:
    """Delete a model, or what came of it; `auto` is another one then. Raises UsageError."""
    backend.require_admin()
    backend.require_open()
    job = backend.downloads.find(name)
    if job is not None and job in active_downloads(backend):
        raise UsageError(tr("this is being worked on already; wait for it, or stop it"))
    backend.models().remove(name)
    backend.renew_engine()


def active_downloads(backend: Backend) -> list[Job[DownloadProgress]]:
    """Return what comes now, first, and what waits; not what was stopped before it began."""
    return [
        one for one in backend.downloads.unfinished() if one.latest is not None or not one.cancelled
    ]


def in_packages(downloads: Sequence[LocalModel]) -> list[str]:
    """Return the names of the models that a package index carries."""
    return [one.name for one in downloads if one.entry is not None and one.entry.packages]


def unreachable(failure: BriefingError | None) -> bool:
    """Say whether a model did not come because no place that has it was reached."""
    return isinstance(failure, ReadError) and failure.reason == "unreachable"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as its row shows it, in words of the page's language.

    `stands` says in words what `state` is a class of, `asked` asks whether to remove it ("" where
    it is not asked), `doubts` warn, `details` are names and values, `acts` names and keys.
    """

    model: LocalModel
    state: str
    stands: str
    facts: Sequence[str]
    worth: str
    doubts: Sequence[str]
    details: Sequence[tuple[str, str]]
    asked: str
    acts: Sequence[tuple[str, str]]


def model_rows(downloads: Sequence[LocalModel], doubted: str, language: str) -> list[ModelRow]:
    """Return the models, a row each; the removal of the one named `doubted` is asked about."""
    packed = in_packages(downloads)
    return [_row(one, one.name == doubted, packed, language) for one in downloads]


def _row(one: LocalModel, doubted: bool, packed: Sequence[str], language: str) -> ModelRow:
    size = size_of(one.bytes)
    state = "chosen" if one.chosen else one.state
    facts = [
        word("writers.disk", language, size=size),
        word("writers.memory", language, size=size_of(one.memory)),
        word("writers.licence", language, name=one.licence or "?"),
    ]
    if one.entry is not None:
        facts.append(word("writers.languages", language, names=_languages_short(one, language)))
    return ModelRow(
        one,
        state,
        word(f"writers.is_{state}", language, had=size_of(one.had), all=size),
        facts,
        _sentences(_description(one, language), language),
        _doubts(one, packed, language),
        _details(one, language),
        word("writers.sure", language, title=one.title, size=size) if doubted else "",
        _CONFIRM if doubted else _ACTIONS[state],
    )


def _description(one: LocalModel, language: str) -> list[str]:
    """Return what a model is good for, what was measured, and how fast it writes."""
    if one.entry is None:
        lines = [word("writers.own", language)]
    else:
        key = f"writers.about_{_NO_KEY.sub('_', one.name)}"
        lines = [word(key, language) if key in keys() else one.entry.about]
        found = one.entry.measured
        if found is None:
            lines.append(word("writers.unmeasured", language))
        else:
            lines.append(
                word("writers.measured", language, asked=found.asked, right=found.right,
                     answerable=found.answerable, wrong=found.wrong, not_found=found.not_found,
                     rest=found.declined + found.invented, declined=found.declined,
                     invented=found.invented)
            )  # fmt: skip
            if not one.speed:
                words = f"{found.words_a_second:.1f}"
                lines.append(word("writers.pace", language, words=words))
    if one.speed:
        lines.append(word("writers.pace_here", language, words=f"{one.speed:.1f}"))
    return [line for line in lines if line]


def _doubts(one: LocalModel, packed: Sequence[str], language: str) -> list[str]:
    """Return what speaks against a model: what was measured, too little memory, that it fails."""
    doubts = []
    found = one.entry.measured if one.entry is not None else None
    if found is not None and found.worse_than_quoting:
        doubts.append(
            word("writers.worse", language, right=found.quoting_right,
                 invented=found.quoting_invented)
        )  # fmt: skip
    if one.lacking:
        there = size_of(one.there)
        doubts.append(word(f"writers.lacking_{one.lacking}", language, there=there))
    if one.failure is not None and one.state in {"absent", "half"}:
        lines = [failure_line(one.failure, language)]
        if packed and unreachable(one.failure) and one.name not in packed:
            lines.append(word("writers.other_way", language, names=", ".join(packed)))
        doubts.append(_sentences(lines, language))
    return doubts


def _details(one: LocalModel, language: str) -> list[tuple[str, str]]:
    rows = [("writers.engine", f"local:{one.name}")]
    if one.entry is not None:
        between = _comma(language)
        rows.append(("writers.all_languages", between.join(_languages(one, language))))
        if one.places:
            places = word("writers.else", language).join(
                translated(at, language) for at in one.places
            )
            rows.append(("writers.from", places))
        rows += [("writers.file", one.entry.file), ("sha256", one.entry.sha256)]
    return [(word(key, language) if key in keys() else key, value) for key, value in rows]


def _languages(one: LocalModel, language: str) -> list[str]:
    """Return the languages of a model by name, that of the page first."""
    codes = one.entry.languages if one.entry is not None else ()
    known = {code: f"writers.language_{code}" for code in codes}
    return [
        word(key, language) if key in keys() else code
        for code, key in sorted(known.items(), key=lambda pair: pair[0] != language)
    ]


def _languages_short(one: LocalModel, language: str) -> str:
    names = _languages(one, language)
    first, rest = names[:_MOST_LANGUAGES], len(names) - _MOST_LANGUAGES
    shown = _comma(language).join(first)
    return word("writers.and_more", language, names=shown, count=rest) if rest > 0 else shown


def _sentences(sentences: Sequence[str], language: str) -> str:
    return worded(" ", language).join(sentences)


def _comma(language: str) -> str:
    return worded(", ", language)


def failure_line(failure: BriefingError, language: str) -> str:
    """Return why something did not work, as a line of plain text."""
    return word("writers.failed", language, reason=translated(str(failure), language))


def line_html(job: Job[DownloadProgress] | None, behind: int, language: str) -> str:
    """Return how far a model has come: a bar with words, or how it ended; "" without any.

    `behind` is how many more wait.
    """
    if job is None:
        return ""
    if job.ended or job.cancelled or job.latest is None:
        line, wrong = _download_outcome(job, language), job.failure is not None
        return rendered("engines.html", "stood", language, line, wrong)
    now = job.latest
    facts = [_bytes_done(now, language)]
    if not now.place:
        facts = [word("writers.checking", language)]
    if now.rate:
        facts.append(translated(rate_in_words(now.rate, "bytes"), language))
    if now.seconds_left is not None:
        facts.append(translated(time_left(now.seconds_left), language))
    if now.place:
        facts.append(word("writers.of_place", language, place=translated(now.place, language)))
    if behind:
        facts.append(word("writers.then", language, count=behind))
    share = now.done / now.total if now.total else 0.0
    return rendered("engines.html", "coming", language, job.name, share, facts)


def announcement_html(job: Job[DownloadProgress] | None, language: str) -> str:
    """Return what a screen reader is told: every tenth of the way, and how it ended."""
    if job is None:
        return ""
    if job.ended or job.cancelled or job.latest is None:
        line = _download_outcome(job, language)
    elif not job.latest.place:
        line = f"{job.name}: {word('writers.checking', language)}"
    else:
        now = job.latest
        tenths = 10 * now.done // now.total if now.total else 0
        line = word("writers.percent", language, name=job.name, percent=10 * tenths)
    return rendered("engines.html", "told", language, line)


def _download_outcome(job: Job[DownloadProgress], language: str) -> str:
    if job.failure is not None:
        return failure_line(job.failure, language)
    if job.ended and not job.cancelled:
        return word("writers.got", language, name=job.name)
    key = "writers.stopped" if job.cancelled else "writers.starting"
    return word(key, language, name=job.name)


def _bytes_done(now: DownloadProgress, language: str) -> str:
    return word("writers.done_of", language, done=size_of(now.done), total=size_of(now.total))


def size_of(size: float) -> str:
    """Return a number of bytes as it is shown."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
