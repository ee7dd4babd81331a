"""The models that write on this machine as HTML: the list with its buttons, and how one comes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from assistant.memo.translation import worded
from corpus.errors import BriefingError
from ui.jobs import Job
from ui.local_models import LocalModel, in_packages, unreachable
from ui.translation import translated
from ui.wording import keys, word

if TYPE_CHECKING:
    from assistant.models.model_download import DownloadProgress

# What can be done with a model, by how it stands with it: the name of an act, and of its word.
_ACTS = {
    "absent": (("get", "writers.get"),),
    "half": (("get", "writers.resume"), ("remove", "writers.remove")),
    "waiting": (("stop", "writers.stop"),),
    "coming": (("stop", "writers.stop"),),
    "stopping": (),
    "here": (("use", "writers.use"), ("remove", "writers.remove")),
    "chosen": (("unuse", "writers.unuse"), ("remove", "writers.remove")),
}
_SURE = (("drop", "writers.remove_it"), ("keep", "writers.keep"))
# Languages of a model that are told at once; the rest stands in its details.
_LANGUAGES = 3
_ODD = re.compile(r"[^a-z0-9]+")


def list_html(writers: Sequence[LocalModel], doubted: str, language: str) -> str:
    """Return the models, a row each; the removal of the one named `doubted` is asked about."""
    packed = in_packages(writers)
    rows = "".join(_row(one, one.name == doubted, packed, language) for one in writers)
    return f'<ul aria-label="{word("writers.list", language)}">{rows}</ul>' if rows else ""


def _row(one: LocalModel, doubted: bool, packed: Sequence[str], language: str) -> str:
    size = size_of(one.bytes)
    state = "chosen" if one.chosen else one.state
    shown = word(f"writers.is_{state}", language, had=size_of(one.had), all=size)
    facts = [
        word("writers.disk", language, size=size),
        word("writers.memory", language, size=size_of(one.memory)),
        word("writers.licence", language, name=one.licence or "?"),
    ]
    if one.entry is not None:
        facts.append(word("writers.languages", language, names=_briefly(one, language)))
    warned = []
    if one.lacking:
        there = size_of(one.there)
        warned.append(word(f"writers.lacking_{one.lacking}", language, there=there))
    if one.failure is not None and one.state in {"absent", "half"}:
        lines = [failed(one.failure, language)]
        if packed and unreachable(one.failure) and one.name not in packed:
            lines.append(word("writers.other_way", language, names=", ".join(packed)))
        warned.append(_joined(lines, language))
    acts = _SURE if doubted else _ACTS[state]
    sure = word("writers.sure", language, title=one.title, size=size) if doubted else ""
    return (
        f'<li data-name="{escape(one.name)}" class="{state}{" asked" * doubted}" tabindex="-1">'
        f'<div class="what"><div class="head"><b>{escape(one.title)}</b> '
        f'<span class="state">{escape(shown)}</span></div>'
        f"<div>{escape(' · '.join(facts))}</div>"
        f"<div>{escape(_joined(_worth(one, language), language))}</div>"
        f"{_doubts(one, language)}"
        f"{''.join(f'<div class=warn>⚠ {escape(line)}</div>' for line in warned)}"
        f"{_details(one, language)}</div>"
        f'<div class="acts">{f"<span>{escape(sure)}</span>" if sure else ""}'
        f"{''.join(_button(one, act, key, language) for act, key in acts)}</div></li>"
    )


def _button(one: LocalModel, act: str, key: str, language: str) -> str:
    said = word(key, language)
    return (
        f'<button type="button" data-act="{act}" data-name="{escape(one.name)}" '
        f'aria-label="{escape(f"{said}: {one.title}")}">{said}</button>'
    )


def _worth(one: LocalModel, language: str) -> list[str]:
    """Return what a model is good for, what was measured, and how fast it writes."""
    if one.entry is None:
        lines = [word("writers.own", language)]
    else:
        key = f"writers.about_{_ODD.sub('_', one.name)}"
        lines = [word(key, language) if key in keys() else one.entry.about]
        found = one.entry.measured
        if found is None:
            lines.append(word("writers.unmeasured", language))
        else:
            lines.append(
                word("writers.measured", language, asked=found.asked, right=found.right,
                     not_found=found.not_found, invented=found.invented)
            )  # fmt: skip
            if not one.speed:
                words = f"{found.words_a_second:.1f}"
                lines.append(word("writers.pace", language, words=words))
    if one.speed:
        lines.append(word("writers.pace_here", language, words=f"{one.speed:.1f}"))
    return [line for line in lines if line]


def _doubts(one: LocalModel, language: str) -> str:
    """Return the line that says that quoting the library does better, where it was measured to."""
    found = one.entry.measured if one.entry is not None else None
    if found is None or not found.worse_than_quoting:
        return ""
    said = word("writers.worse", language, right=found.quoting_right,
                invented=found.quoting_invented)  # fmt: skip
    return f'<div class="warn">⚠ {escape(said)}</div>'


def _details(one: LocalModel, language: str) -> str:
    rows = [("writers.engine", f"local:{one.name}")]
    if one.entry is not None:
        between = _between(language)
        rows.append(("writers.all_languages", between.join(_languages(one, language))))
        if one.places:
            places = word("writers.else", language).join(
                translated(at, language) for at in one.places
            )
            rows.append(("writers.from", places))
        rows += [("writers.file", one.entry.file), ("sha256", one.entry.sha256)]
    facts = "".join(
        f"<dt>{word(key, language) if key in keys() else key}</dt><dd>{escape(value)}</dd>"
        for key, value in rows
    )
    summary = word("writers.more", language)
    label = escape(f"{summary}: {one.title}")
    return f'<details><summary aria-label="{label}">{summary}</summary><dl>{facts}</dl></details>'


def _languages(one: LocalModel, language: str) -> list[str]:
    """Return the languages of a model by name, that of the page first."""
    codes = one.entry.languages if one.entry is not None else ()
    known = {code: f"writers.language_{code}" for code in codes}
    return [
        word(key, language) if key in keys() else code
        for code, key in sorted(known.items(), key=lambda pair: pair[0] != language)
    ]


def _briefly(one: LocalModel, language: str) -> str:
    names = _languages(one, language)
    first, rest = names[:_LANGUAGES], len(names) - _LANGUAGES
    shown = _between(language).join(first)
    return word("writers.and_more", language, names=shown, count=rest) if rest > 0 else shown


def _joined(sentences: Sequence[str], language: str) -> str:
    return worded(" ", language).join(sentences)


def _between(language: str) -> str:
    return worded(", ", language)


def failed(failure: BriefingError, language: str) -> str:
    """Return why something did not work, as a line of plain text."""
    return word("writers.failed", language, reason=translated(str(failure), language))


def line_html(job: Job[DownloadProgress] | None, behind: int, language: str) -> str:
    """Return how far a model has come: a bar with words, or how it ended; "" without any.

    `behind` is how many more wait.
    """
    if job is None:
        return ""
    name = escape(job.name)
    if job.ended or job.cancelled or job.latest is None:
        wrong = " wrong" if job.failure is not None else ""
        return f'<p class="stood{wrong}">{escape(_standing(job, language))}</p>'
    now = job.latest
    said = [_far(now, language)]
    if not now.place:
        said = [word("writers.checking", language)]
    else:
        if now.rate:
            said.append(word("writers.rate", language, size=size_of(now.rate)))
        if now.seconds_left is not None:
            said.append(word("writers.left", language, time=time_of(now.seconds_left, language)))
        said.append(word("writers.of_place", language, place=translated(now.place, language)))
    if behind:
        said.append(word("writers.then", language, count=behind))
    share = now.done / now.total if now.total else 0.0
    return (
        f'<p class="comes"><b>{name}</b> <progress max="1" value="{share:.3f}" '
        f'aria-label="{name}"></progress> <span>{escape(" · ".join(said))}</span></p>'
    )


def announced(job: Job[DownloadProgress] | None, language: str) -> str:
    """Return what a screen reader is told: every tenth of the way, and how it ended."""
    if job is None:
        return ""
    if job.ended or job.cancelled or job.latest is None:
        return escape(_standing(job, language))
    now = job.latest
    if not now.place:
        return escape(f"{job.name}: {word('writers.checking', language)}")
    tenths = 10 * now.done // now.total if now.total else 0
    return escape(word("writers.percent", language, name=job.name, percent=10 * tenths))


def _standing(job: Job[DownloadProgress], language: str) -> str:
    if job.failure is not None:
        return failed(job.failure, language)
    if job.ended and not job.cancelled:
        return word("writers.got", language, name=job.name)
    key = "writers.stopped" if job.cancelled else "writers.starting"
    return word(key, language, name=job.name)


def _far(now: DownloadProgress, language: str) -> str:
    return word("writers.done_of", language, done=size_of(now.done), total=size_of(now.total))


def size_of(size: float) -> str:
    """Return a number of bytes as it is shown."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def time_of(seconds: float, language: str) -> str:
    """Return a span as it is shown: in seconds, minutes or hours."""
    if seconds < 90:
        return word("writers.seconds", language, count=f"{seconds:.0f}")
    if seconds < 5400:
        return word("writers.minutes", language, count=f"{seconds / 60:.0f}")
    return word("writers.hours", language, count=f"{seconds / 3600:.1f}")
