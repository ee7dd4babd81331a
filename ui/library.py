"""What the library page does, without Gradio: the documents shown as HTML, and editing them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.diagnostics import Storage
from corpus.catalogue import Entry
from corpus.citation_line import citation_line
from corpus.document import LeftOut, page_list
from corpus.errors import BriefingError, NotInLibrary
from corpus.extraction_report import ExtractionReport
from corpus.i18n import joined
from corpus.integrity import IntegrityFinding
from corpus.partial_dates import is_date
from corpus.translations import ENGLISH, language_named
from index.filters import Filters
from index.ingest import Report
from ui.ingest_jobs import AddedFile, AddProgress
from ui.jobs import Job
from ui.places import shown_location
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.workspace import Workspace

# A line in pieces, each with the number of the page that it leads to, "" for none.
Pieces = list[tuple[str, str]]

# Rows of one page of the table: a thousand at once take the browser a second to draw.
ROWS_PER_PAGE = 50
SORTS = ("newest", "oldest", "by_title", "by_publisher", "by_passages", "by_added")
# What is chosen to see the documents without a theme.
NO_THEME = "-"
# Pages as corpus.document.page_list tells them.
_PAGES = re.compile(r"pages? ([\d–, and]+)")
# What is shown of a report; the rest is counted.
_MOST_OUTCOMES = 100
# Publishers that have a colour of their own in the plot; the rest are one.
_NAMED_PUBLISHERS = 6


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What the reader wants to see of the library; empty fields do not bound."""

    search: str = ""
    publisher: str = ""
    kind: str = ""
    theme: str = ""
    since: str = ""
    until: str = ""
    sort: str = "newest"
    page: int = 0


@dataclass(frozen=True, slots=True)
class LibraryView:
    """A page of the table: its entries, and which of how many they are (from 0)."""

    entries: tuple[Entry, ...]
    first: int
    count: int

    def line(self, language: str, *, anything: bool) -> str:
        """Return in words what is shown; `anything` says whether the library holds something."""
        if not anything:
            return word("library.empty", language)
        if not self.count:
            return word("library.nothing", language)
        last = self.first + len(self.entries)
        return word("library.shown", language, first=self.first + 1, last=last, count=self.count)


def library_view(entries: Sequence[Entry], wanted: LibraryFilter) -> LibraryView:
    """Return the page of the documents that match, sorted."""
    matching = [one for one in entries if _matches(one, wanted)]
    ordered = sorted(matching, key=lambda one: one.source.title.casefold())
    match wanted.sort:
        case "newest":
            ordered.sort(key=lambda one: one.source.published, reverse=True)
        case "oldest":
            # Those without a date come last either way.
            ordered.sort(key=lambda one: one.source.published or "9999")
        case "by_publisher":
            ordered.sort(key=lambda one: one.source.publisher.casefold() or "\uffff")
        case "by_passages":
            ordered.sort(key=lambda one: -one.passages)
        case "by_added":
            ordered.sort(key=lambda one: one.added, reverse=True)
    first = min(
        max(0, wanted.page) * ROWS_PER_PAGE,
        max(0, (len(ordered) - 1) // ROWS_PER_PAGE * ROWS_PER_PAGE),
    )
    return LibraryView(tuple(ordered[first : first + ROWS_PER_PAGE]), first, len(ordered))


def _matches(entry: Entry, wanted: LibraryFilter) -> bool:
    source = entry.source
    text = f"{source.title}\n{source.publisher}\n{source.location}".casefold()
    if not all(part in text for part in wanted.search.casefold().split()):
        return False
    if wanted.kind and source.kind != wanted.kind:
        return False
    if wanted.theme and (source.theme or NO_THEME) != wanted.theme:
        return False
    publishers = (wanted.publisher,) if wanted.publisher else ()
    return Filters(publishers, since=wanted.since, until=wanted.until).admits(entry)


def edit_document(
    workspace: Workspace,
    document: str,
    language: str,
    *,
    title: str,
    publisher: str,
    published: str,
    theme: str,
) -> tuple[bool, str]:
    """Change what the library says of a document; return whether it did, and what to say."""
    date = published.strip()
    if date and not is_date(date):
        return False, word("library.bad_date", language, date=date)
    try:
        workspace.update_source(
            document,
            title=" ".join(title.split()),
            publisher=publisher.strip(),
            published=date,
            theme=theme.strip(),
        )
    except BriefingError as error:
        return False, word("library.failed", language, reason=translated(str(error), language))
    return True, word("library.saved", language)


def remove_document(workspace: Workspace, document: str, language: str) -> tuple[str, str]:
    """Remove a document; return its id ("" where it stays) and what to say."""
    try:
        entry = workspace.remove(document)
    except BriefingError as error:
        return "", word("library.failed", language, reason=translated(str(error), language))
    return document, word("library.removed", language, title=entry.source.title)


def restore_document(workspace: Workspace, document: str, language: str) -> str:
    """Bring a removed document back; return what to say."""
    try:
        entry = workspace.restore(document)
    except BriefingError as error:
        return word("library.failed", language, reason=translated(str(error), language))
    return word("library.restored", language, title=entry.source.title)


def entry_of(workspace: Workspace, document: str) -> Entry | None:
    """Return a document as listed; None for one that is gone."""
    try:
        return workspace.library.entry(document)
    except NotInLibrary:
        return None


def counts_by_publisher(entries: Sequence[Entry], others: str) -> list[tuple[str, str, int]]:
    """Return (quarter, publisher, count) of the documents that state a month, in order.

    The publishers with most documents by name, the rest together as `others`.
    """
    counts = Counter(one.source.publisher for one in entries if one.source.published)
    named = {name for name, _ in counts.most_common(_NAMED_PUBLISHERS) if name}
    return _counts_by_quarter(
        entries, lambda one: one.source.publisher if one.source.publisher in named else others
    )


def counts_by_theme(
    entries: Sequence[Entry], name: Callable[[str], str]
) -> list[tuple[str, str, int]]:
    """Return (quarter, theme, count) of the documents that state a month, in order.

    `entries` have their themes; `name` says what a theme is called.
    """
    return _counts_by_quarter(entries, lambda one: name(one.source.theme))


def _counts_by_quarter(
    entries: Sequence[Entry], group: Callable[[Entry], str]
) -> list[tuple[str, str, int]]:
    counts = Counter(
        (_quarter(one.source.published), group(one))
        for one in entries
        if len(one.source.published) >= 7
    )
    return sorted((when, name, count) for (when, name), count in counts.items())


def _quarter(published: str) -> str:
    return f"{published[:4]} Q{(int(published[5:7]) + 2) // 3}"


def turn_page(wanted: LibraryFilter, step: int) -> LibraryFilter:
    """Return the filter a page on or back."""
    return replace(wanted, page=max(0, wanted.page + step))


def note_html(said: str, language: str, *, wrong: bool = False) -> str:
    """Return a line in the page's own words; `said` is plain, "" for no line."""
    return rendered("library.html", "note", language, said, wrong) if said else ""


def adding_html(job: Job[AddProgress] | None, behind: int, language: str) -> str:
    """Return an addition as it is: a bar with words, what became of each document, the end."""
    if job is None:
        return ""
    now, kind = job.latest or AddProgress(), "done"
    outcomes: Sequence[AddedFile] = now.lines
    if job.failure is not None:
        kind = "failed"
        said = word("library.failed", language, reason=translated(str(job.failure), language))
    elif now.report is not None:
        said, outcomes = _summary(now.report, language), _outcomes(now.report, language)
    elif job.cancelled:
        said = word("library.cancelled", language)
    else:
        return _progress_html(now, behind, language)
    return rendered("library.html", "ended", language, kind, said, outcomes[:_MOST_OUTCOMES])


def _progress_html(now: AddProgress, behind: int, language: str) -> str:
    note = translated(now.note, language)
    key = {
        "fetching": "library.fetching",
        "embedding": "library.embedding",
        "recognising": "library.recognising",
        "indexing": "library.indexing",
        "starting": "library.starting",
    }.get(now.stage)
    doing = word(key, language, note=note) if key else note
    return rendered(
        "library.html",
        "working",
        language,
        share=now.done / now.total if now.total else 0.0,
        counted=word("library.working", language, done=now.done, total=now.total)
        if now.total
        else "",
        behind=word("library.waiting", language, count=behind) if behind else "",
        step=now.share,
        doing=doing,
        outcomes=now.lines[-8:],
    )


def _summary(report: Report, language: str) -> str:
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


def _outcomes(report: Report, language: str) -> list[AddedFile]:
    """Return what became of the documents, refusals first: they want something done."""
    return [
        *(AddedFile(shown_location(one.path), "refused", one.message) for one in report.refused),
        *(AddedFile(shown_location(one.path), "left_out", one.message) for one in report.left_out),
        *(
            AddedFile(shown_location(one.path), "missed", _left_out(one.missed, language))
            for one in report.accounts
            if one.missed
        ),
        *(
            AddedFile(shown_location(one.path), "doubtful", joined("; ", one.doubts))
            for one in report.accounts
            if one.doubts
        ),
        *(AddedFile(shown_location(one), "replaced") for one in report.replaced),
        *(AddedFile(shown_location(one), "updated") for one in report.updated),
        *(AddedFile(shown_location(one.path), "duplicate", one.title) for one in report.duplicates),
        *(AddedFile(shown_location(one), "added") for one in report.added),
    ]


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
    rows = [
        (one, theme(one.source.theme), _unsettled_lines(one, accounts.get(one.id), language))
        for one in entries
    ]
    return rendered("library.html", "table", language, rows)


def _unsettled_lines(entry: Entry, account: ExtractionReport | None, language: str) -> list[Pieces]:
    """Return what of a document was not read, and what only a person can settle, in a line each."""
    if account is None:
        return []
    lines = [[(translated(one, language), "")] for one in account.doubts]
    if account.missed:
        missed = word("library.missed", language, reason=_left_out(account.missed, language))
        lines.insert(0, _with_page_links(missed, entry, account.missed, language))
    return lines


def _with_page_links(said: str, entry: Entry, left_out: Sequence[LeftOut], language: str) -> Pieces:
    """Return `said` in pieces: the pages of a PDF that it names lead to their pictures."""
    named = {_page_list(one.where, language) for one in left_out if _PAGES.fullmatch(one.where)}
    if entry.source.kind != "pdf" or not named:
        return [(said, "")]
    longest_first = "|".join(map(re.escape, sorted(named, key=len, reverse=True)))
    pieces: Pieces = []
    # What the groups of the patterns hold stands at the odd places.
    for at, part in enumerate(re.split(rf"({longest_first})(?!\d)", said)):
        numbers = re.split(r"(\d+)", part) if at % 2 else [part]
        pieces += [(one, one * (place % 2)) for place, one in enumerate(numbers) if one]
    return pieces


def _left_out(left_out: Sequence[LeftOut], language: str) -> str:
    return "; ".join(_left_out_line(one, language) for one in left_out)


def _left_out_line(one: LeftOut, language: str) -> str:
    """Return what was left out in words; a kind that has no word here stays English."""
    key = f"account.{one.kind.replace(' ', '_')}"
    if language == ENGLISH or not {key, "account.line"} <= language_named(language).words.keys():
        return str(one)
    pages = _page_list(one.where, language)
    where = word("account.where", language, pages=pages) if one.where else ""
    return word("account.line", language, count=one.places, kind=word(key, language), where=where)


def _page_list(said: str, language: str) -> str:
    """Return pages as `corpus.document.page_list` tells them in the language of the page."""
    found = _PAGES.fullmatch(said)
    if found is None:
        # What lies within a document, and why it was not read.
        return translated(said, language)
    if language == ENGLISH or "account.pages" not in language_named(language).words:
        return said
    joint = word("account.page_joint", language)
    return word("account.pages", language, pages=found[1].replace(" and ", joint))


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
        one.location: citation_line(one, fields=("publisher", "published")) for one in entry.others
    }
    others = [
        f"{shown_location(one)} ({also[one]})" if also.get(one) else shown_location(one)
        for one in places
        if one != here
    ]
    furniture = [one for one in account.left_out if not one.missed]
    recognised = page_list(account.ocr_pages)
    facts: dict[str, str] = {
        "library.location": shown_location(here),
        "library.kind": entry.source.kind,
        "library.pages": str(entry.pages or ""),
        "library.passages": f"{entry.passages:,}",
        "library.added": entry.added[:10],
        "library.language": account.language,
        "library.updated": entry.source.updated,
        "library.fetched": entry.source.fetched,
        "library.not_read": _left_out(account.missed, language),
        "library.doubtful": "; ".join(translated(one, language) for one in account.doubts),
        "library.by_ocr": _page_list(recognised, language),
        "library.within": ", ".join(account.attachments),
        "library.furniture": _left_out(furniture, language),
        "library.also_at": "; ".join(others),
        "library.versions": "; ".join(f"{title} ({at[:10]})" for title, at in versions),
    }
    to_see: dict[str, Sequence[LeftOut]] = {
        "library.not_read": account.missed,
        "library.by_ocr": [LeftOut("", 0, recognised)],
    }
    rows = [
        (key, _with_page_links(said, entry, to_see.get(key, ()) if kept else (), language))
        for key, said in facts.items()
        if said
    ]
    return rendered("library.html", "details", language, entry, rows, kept)


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
    return rendered("library.html", "storage", language, said, behind)


def findings_html(findings: Sequence[IntegrityFinding], language: str) -> str:
    """Return what was checked, each with a sign and a word."""
    return rendered("library.html", "findings", language, findings)


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
