"""What the library page does, without Gradio: what is shown of the documents, and editing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from corpus.catalogue import Entry
from corpus.errors import BriefingError, NotInLibrary
from corpus.partial_dates import is_date
from index.filters import Filters
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.workspace import Workspace

# Rows of one page of the table: a thousand at once take the browser a second to draw.
PAGE = 50
SORTS = ("newest", "oldest", "by_title", "by_publisher", "by_passages", "by_added")
# What is chosen to see the documents without a theme.
NO_THEME = "-"
# Publishers that have a colour of their own in the plot; the rest are one.
_PUBLISHERS = 6


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


def shown(entries: Sequence[Entry], wanted: LibraryFilter) -> LibraryView:
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
    first = min(max(0, wanted.page) * PAGE, max(0, (len(ordered) - 1) // PAGE * PAGE))
    return LibraryView(tuple(ordered[first : first + PAGE]), first, len(ordered))


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


def edited(
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


def removed(workspace: Workspace, document: str, language: str) -> tuple[str, str]:
    """Remove a document; return its id ("" where it stays) and what to say."""
    try:
        entry = workspace.remove(document)
    except BriefingError as error:
        return "", word("library.failed", language, reason=translated(str(error), language))
    return document, word("library.removed", language, title=entry.source.title)


def restored(workspace: Workspace, document: str, language: str) -> str:
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


def by_quarter(entries: Sequence[Entry], others: str) -> list[tuple[str, str, int]]:
    """Return (quarter, publisher, count) of the documents that state a month, in order.

    The publishers with most documents by name, the rest together as `others`.
    """
    counts = Counter(one.source.publisher for one in entries if one.source.published)
    named = {name for name, _ in counts.most_common(_PUBLISHERS) if name}
    return _counted(
        entries, lambda one: one.source.publisher if one.source.publisher in named else others
    )


def by_theme(entries: Sequence[Entry], name: Callable[[str], str]) -> list[tuple[str, str, int]]:
    """Return (quarter, theme, count) of the documents that state a month, in order.

    `entries` have their themes; `name` says what a theme is called.
    """
    return _counted(entries, lambda one: name(one.source.theme))


def _counted(entries: Sequence[Entry], group: Callable[[Entry], str]) -> list[tuple[str, str, int]]:
    counts = Counter(
        (_quarter(one.source.published), group(one))
        for one in entries
        if len(one.source.published) >= 7
    )
    return sorted((when, name, count) for (when, name), count in counts.items())


def _quarter(published: str) -> str:
    return f"{published[:4]} Q{(int(published[5:7]) + 2) // 3}"


def turned(wanted: LibraryFilter, step: int) -> LibraryFilter:
    """Return the filter a page on or back."""
    return replace(wanted, page=max(0, wanted.page + step))
