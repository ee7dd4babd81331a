"""The library page as HTML: progress, reports, details, storage. What documents say is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from assistant.diagnostics import Storage
from corpus.catalogue import Entry
from corpus.document import LeftOut, page_list
from corpus.extraction_report import ExtractionReport
from corpus.i18n import joined
from corpus.integrity import IntegrityFinding
from index.ingest import Report
from ui.ingest_jobs import AddedFile, Adding
from ui.jobs import Job
from ui.markup import place_of
from ui.translation import translated
from ui.wording import keys, word

# Pages as corpus.document.page_list tells them.
_PAGES = re.compile(r"pages? ([\d–, and]+)")
# What is shown of a report; the rest is counted.
_SHOWN = 100


def adding_html(job: Job[Adding] | None, behind: int, language: str) -> str:
    """Return an addition as it is: a bar with words, what became of each document, the end."""
    if job is None:
        return ""
    now = job.latest or Adding()
    if job.failure is not None:
        said = word("library.failed", language, reason=translated(str(job.failure), language))
        return _box("failed", escape(said), now.lines, language)
    if now.report is not None:
        return _box(
            "done", escape(_told(now.report, language)), _lines(now.report, language), language
        )
    if job.cancelled:
        return _box("done", word("library.cancelled", language), now.lines, language)
    share = now.done / now.total if now.total else 0.0
    note = translated(now.note, language)
    doing = {
        "fetching": word("library.fetching", language, note=note),
        "embedding": word("library.embedding", language, note=note),
        "recognising": word("library.recognising", language, note=note),
        "indexing": word("library.indexing", language),
        "starting": word("library.starting", language),
    }.get(now.stage, note)
    count = word("library.working", language, done=now.done, total=now.total) if now.total else ""
    more = word("library.waiting", language, count=behind) if behind else ""
    said = " · ".join(escape(one) for one in (count, more) if one)
    whole = _bar(share, count or doing) + f"<span>{said}</span>"
    one = _bar(now.share, doing) if now.share else ""
    body = f"{whole}</p><p>{one}<span>{escape(doing)}</span>"
    return _box("working", body, now.lines[-8:], language)


def _bar(share: float, label: str) -> str:
    return f'<progress max="1" value="{share:.3f}" aria-label="{escape(label)}"></progress>'


def _told(report: Report, language: str) -> str:
    return word(
        "library.done",
        language,
        added=len(report.added),
        replaced=len(report.replaced),
        updated=len(report.updated),
        unchanged=len(report.unchanged),
        duplicates=len(report.duplicates),
        refused=len(report.refused),
        passages=f"{report.passages:,}",
    )


def _lines(report: Report, language: str) -> list[AddedFile]:
    """Return what became of the documents, refusals first: they want something done."""
    return [
        *(AddedFile(place_of(one.path), "refused", one.message) for one in report.refused),
        *(AddedFile(place_of(one.path), "left_out", one.message) for one in report.left_out),
        *(
            AddedFile(place_of(one.path), "missed", _told_of(one.missed, language))
            for one in report.accounts
            if one.missed
        ),
        *(
            AddedFile(place_of(one.path), "doubtful", joined("; ", one.doubts))
            for one in report.accounts
            if one.doubts
        ),
        *(AddedFile(place_of(one), "replaced") for one in report.replaced),
        *(AddedFile(place_of(one), "updated") for one in report.updated),
        *(AddedFile(place_of(one.path), "duplicate", one.title) for one in report.duplicates),
        *(AddedFile(place_of(one), "added") for one in report.added),
    ]


def _box(kind: str, said: str, lines: Sequence[AddedFile], language: str) -> str:
    outcomes = {
        "added": "library.was_added",
        "replaced": "library.was_replaced",
        "updated": "library.was_updated",
        "duplicate": "library.was_same",
        "refused": "library.was_refused",
        "left_out": "library.was_left_out",
        "missed": "library.missed",
        "doubtful": "library.is_doubtful",
    }
    items = "".join(
        f'<li class="{one.outcome}"><b>{escape(one.name)}</b> '
        + escape(word(outcomes[one.outcome], language, reason=translated(one.reason, language)))
        + "</li>"
        for one in lines[:_SHOWN]
    )
    listed = f"<ul>{items}</ul>" if items else ""
    return f'<div class="adding {kind}" role="status"><p>{said}</p>{listed}</div>'


def table_html(
    entries: Sequence[Entry],
    accounts: Mapping[str, ExtractionReport],
    theme: Callable[[str], str],
    language: str,
) -> str:
    """Return documents as a table; a title is a button that opens the document's details.

    `accounts` say by id how they were read: what is open stands under the title. `theme` says what
    a theme is called.
    """
    if not entries:
        return ""
    heads = "".join(
        f'<th scope="col">{word(key, language)}</th>'
        for key in (
            "library.title",
            "library.publisher",
            "library.of_theme",
            "library.published",
            "library.kind",
            "library.passages",
            "library.added",
        )
    )
    rows = "".join(
        f'<tr><td><button type="button" class="plain" '
        f'data-id="{escape(one.id)}">{escape(one.source.title)}</button>'
        f"{_open_html(one, accounts.get(one.id), language)}</td>"
        f"<td>{escape(one.source.publisher)}</td><td>{escape(theme(one.source.theme))}</td>"
        f"<td>{escape(one.source.published)}</td>"
        f'<td>{escape(one.source.kind)}</td><td class="number">{one.passages:,}</td>'
        f"<td>{escape(one.added[:10])}</td></tr>"
        for one in entries
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _open_html(entry: Entry, account: ExtractionReport | None, language: str) -> str:
    """Return what of a document was not read, and what only a person can settle, in a line each."""
    if account is None:
        return ""
    missed = escape(word("library.missed", language, reason=_told_of(account.missed, language)))
    lines = [_linked(missed, entry, account.missed, language)] * bool(account.missed)
    lines += [escape(translated(one, language)) for one in account.doubts]
    return "".join(f'<small class="open">! {one}</small>' for one in lines)


def _linked(said: str, entry: Entry, left_out: Sequence[LeftOut], language: str) -> str:
    """Return `said` (HTML) with the pages that it names as links to their pictures, of a PDF."""
    named = {_pages_told(one.where, language) for one in left_out if _PAGES.fullmatch(one.where)}
    if entry.source.kind != "pdf" or not named:
        return said
    longest_first = sorted(named, key=len, reverse=True)
    return re.sub(
        rf"(?:{'|'.join(map(re.escape, longest_first))})(?!\d)",
        lambda pages: re.sub(r"\d+", lambda page: _page_link(entry, page[0], language), pages[0]),
        said,
    )


def _page_link(entry: Entry, page: str, language: str) -> str:
    name = word("library.see_page", language, page=page)
    return (
        f'<a class="page" href="/pages/{escape(entry.id)}/{page}" target="_blank" '
        f'rel="noopener" title="{name}">{page}</a>'
    )


def _told_of(left_out: Sequence[LeftOut], language: str) -> str:
    return "; ".join(_told_one(one, language) for one in left_out)


def _told_one(one: LeftOut, language: str) -> str:
    """Return what was left out in words; a kind that has no word here stays English."""
    if language == "en" or f"account.{_key(one.kind)}" not in keys():
        return str(one)
    kind = word(f"account.{_key(one.kind)}", language)
    where = f"（{_pages_told(one.where, language)}）" * bool(one.where)
    return word("account.line", language, count=one.places, kind=kind, where=where)


def _key(kind: str) -> str:
    return kind.replace(" ", "_")


def _pages_told(said: str, language: str) -> str:
    """Return pages as `corpus.document.page_list` tells them in the language of the page."""
    found = _PAGES.fullmatch(said)
    if found is None:
        # What lies within a document, and why it was not read.
        return translated(said, language)
    if language == "en":
        return said
    return word("account.pages", language, pages=found[1].replace(" and ", "、"))


def details_html(
    entry: Entry,
    places: Sequence[str],
    versions: Sequence[tuple[str, str]],
    account: ExtractionReport,
    language: str,
    *,
    kept: bool,
) -> str:
    """Return a document in full: what is known of it, how it was read, other places and versions.

    Where the file is `kept`, there is a link to it, for what of it was not read.
    """
    here = entry.source.location
    also = {
        one.location: ", ".join(part for part in (one.publisher, one.published) if part)
        for one in entry.others
    }
    others = [
        f"{place_of(one)} ({also[one]})" if also.get(one) else place_of(one)
        for one in places
        if one != here
    ]
    facts = [
        (word("library.location", language), place_of(here)),
        (word("library.kind", language), entry.source.kind),
        (word("library.pages", language), str(entry.pages or "")),
        (word("library.passages", language), f"{entry.passages:,}"),
        (word("library.added", language), entry.added[:10]),
        (word("library.language", language), account.language),
        (word("library.updated", language), entry.source.updated),
        (word("library.fetched", language), entry.source.fetched),
        (word("library.not_read", language), _told_of(account.missed, language)),
        (
            word("library.doubtful", language),
            "; ".join(translated(d, language) for d in account.doubts),
        ),
        (word("library.by_ocr", language), _pages_told(page_list(account.ocr_pages), language)),
        (word("library.within", language), ", ".join(account.attachments)),
        (
            word("library.furniture", language),
            _told_of([one for one in account.left_out if not one.missed], language),
        ),
        (word("library.also_at", language), "; ".join(others)),
        (
            word("library.versions", language),
            "; ".join(f"{title} ({at[:10]})" for title, at in versions),
        ),
    ]
    to_see: dict[str, Sequence[LeftOut]] = {
        word("library.not_read", language): account.missed,
        word("library.by_ocr", language): [LeftOut("", 0, page_list(account.ocr_pages))],
    }
    rows = "".join(
        f"<dt>{name}</dt><dd>"
        f"{_linked(escape(value), entry, to_see.get(name, ()) if kept else (), language)}</dd>"
        for name, value in facts
        if value
    )
    starter = f"<p>{word('library.starter', language)}</p>" if entry.starter else ""
    original = (
        f'<p><a class="original" href="/originals/{escape(entry.id)}" download>'
        f"{word('source.original', language)}</a></p>"
    ) * kept
    title = escape(entry.source.title)
    return f'<div class="details"><h3>{title}</h3><dl>{rows}</dl>{original}{starter}</div>'


def note_html(text: str, *, wrong: bool = False) -> str:
    """Return a line in the page's own words; `text` is plain."""
    return (
        f'<p class="note{" wrong" if wrong else ""}" role="status">{escape(text)}</p>'
        if text
        else ""
    )


def storage_html(entries: Sequence[Entry], held: Storage, *, behind: bool, language: str) -> str:
    """Return what the library takes, and whether its indexes are in step."""
    said = word(
        "library.holds",
        language,
        documents=f"{len(entries):,}",
        passages=f"{sum(one.passages for one in entries):,}",
        database=_size(held.database),
        originals=_size(held.originals),
        indexes=_size(held.indexes),
    )
    state = word("library.behind" if behind else "library.in_step", language)
    return f'<p class="note">{said}</p><p class="note{" wrong" if behind else ""}">{state}</p>'


def findings_html(findings: Sequence[IntegrityFinding], language: str) -> str:
    """Return what was checked, each with a sign and a word."""
    rows = "".join(
        f'<li class="{"ok" if one.ok else "wrong"}"><b>{"✓" if one.ok else "✗ !"} '
        f"{word(f'library.check_{one.name}', language)}</b> "
        f"{escape(translated(one.detail, language))}</li>"
        for one in findings
    )
    return f'<ul class="findings">{rows}</ul>'


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
