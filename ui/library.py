"""What the library page does, without Gradio: documents filtered, sorted, found and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from corpus.catalogue import Entry
from corpus.errors import BriefingError, NotInLibrary
from corpus.partial_dates import is_date
from index.filters import Filters
from index.word_search import Hit, Wanted, hits, passages_by_document, passages_with_most
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.workspace import Workspace

# Rows of one page of the table: a thousand at once take the browser a second to draw.
ROWS_PER_PAGE = 200
# The columns that can be sorted by, each with whether the largest comes first at first.
COLUMNS = {"title": False, "publisher": False, "theme": False, "published": True, "length": True,
           "added": True}  # fmt: skip
# What is chosen to see the documents without a theme.
NO_THEME = "-"


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What the reader wants to see of the library; empty fields do not bound.

    `sort` is one of COLUMNS, `down` whether the largest comes first.
    """

    search: str = ""
    publisher: str = ""
    kind: str = ""
    theme: str = ""
    since: str = ""
    until: str = ""
    sort: str = "published"
    down: bool = True
    page: int = 0

    @property
    def bounded(self) -> bool:
        """Whether anything but the words bounds what is shown."""
        return any((self.publisher, self.kind, self.theme, self.since, self.until))

    def sorted_by(self, column: str) -> LibraryFilter:
        """Return the filter after a column's head was pressed: sorted by it, or the other way."""
        if column not in COLUMNS:
            return self
        down = not self.down if column == self.sort else COLUMNS[column]
        return replace(self, sort=column, down=down, page=0)


@dataclass(frozen=True, slots=True)
class LibraryView:
    """A page of the table: its entries, which of how many they are (from 0), where words stand."""

    entries: tuple[Entry, ...]
    first: int
    count: int
    hits: Mapping[str, Hit] = field(default_factory=dict)

    def line(self, language: str, *, anything: bool) -> str:
        """Return in words what is shown; `anything` says whether the library holds something."""
        if not anything:
            return word("library.empty", language)
        if not self.count:
            return word("library.nothing", language)
        last = self.first + len(self.entries)
        if len(self.entries) == self.count:
            key = "library.one_shown" if self.count == 1 else "library.all_shown"
            return word(key, language, count=self.count)
        return word("library.shown", language, first=self.first + 1, last=last, count=self.count)


def library_view(
    entries: Sequence[Entry],
    wanted: LibraryFilter,
    inside: Mapping[str, str] | None = None,
    theme: Callable[[str], str] = str,
) -> LibraryView:
    """Return the page of the documents that match, sorted.

    `inside` are the documents whose texts hold what is searched for (`found_inside`); `theme` says
    what a theme is called.
    """
    matching = [one for one in entries if _matches(one, wanted, inside or {})]
    ordered = sorted(matching, key=lambda one: one.source.title.casefold())
    keys: dict[str, Callable[[Entry], object]] = {
        "title": lambda one: one.source.title.casefold(),
        "publisher": lambda one: one.source.publisher.casefold(),
        "theme": lambda one: theme(one.source.theme) if one.source.theme else "",
        "published": lambda one: one.source.published,
        "length": lambda one: one.passages,
        "added": lambda one: one.added,
    }
    key = keys[wanted.sort]
    ordered.sort(key=key, reverse=wanted.down)  # type: ignore[arg-type]
    # What says nothing of it comes last either way.
    ordered.sort(key=lambda one: not key(one))
    first = min(
        max(0, wanted.page) * ROWS_PER_PAGE,
        max(0, (len(ordered) - 1) // ROWS_PER_PAGE * ROWS_PER_PAGE),
    )
    return LibraryView(tuple(ordered[first : first + ROWS_PER_PAGE]), first, len(ordered))


def found_inside(workspace: Workspace, search: str) -> dict[str, str]:
    """Return the passage of each document whose text holds all words of a search."""
    if not search.strip():
        return {}
    return passages_by_document(workspace.indexes.snapshot(), Wanted.of(search))


@dataclass(frozen=True, slots=True)
class Found:
    """The documents that a search finds, each with its best passage.

    `held` is how many of its `words` each holds where none has all of them; else both are 0.
    """

    inside: Mapping[str, str]
    held: int = 0
    words: int = 0

    @property
    def partly(self) -> bool:
        """Whether none has all the words."""
        return self.held < self.words

    def line(self, language: str) -> str:
        """Return in words that none has all of them."""
        return word("library.partly", language, held=self.held, words=self.words)


def searched(workspace: Workspace, entries: Sequence[Entry], search: str) -> Found:
    """Return the documents with all words of a search; where none has all, those with the most."""
    inside = found_inside(workspace, search)
    if not search.strip() or any(_named(one, search, inside) for one in entries):
        return Found(inside)
    wanted = Wanted.of(search)
    inside, held = passages_with_most(workspace.indexes.snapshot(), wanted)
    return Found(inside, held, wanted.count) if held else Found({})


def with_hits(
    view: LibraryView, workspace: Workspace, search: str, inside: Mapping[str, str]
) -> LibraryView:
    """Return a page of the table with where the words that were searched for stand."""
    passages = [inside[one.id] for one in view.entries if one.id in inside]
    found = hits(workspace.library, passages, Wanted.of(search)) if passages else {}
    return replace(view, hits=found)


def _matches(entry: Entry, wanted: LibraryFilter, inside: Mapping[str, str]) -> bool:
    return _named(entry, wanted.search, inside) and _within(entry, wanted)


def _named(entry: Entry, search: str, inside: Mapping[str, str]) -> bool:
    source = entry.source
    text = f"{source.title}\n{source.publisher}\n{source.location}".casefold()
    return entry.id in inside or all(part in text for part in search.casefold().split())


def _within(entry: Entry, wanted: LibraryFilter) -> bool:
    if wanted.kind and entry.source.kind != wanted.kind:
        return False
    if wanted.theme and (entry.source.theme or NO_THEME) != wanted.theme:
        return False
    # A document of which the year alone is known may lie in each of its quarters.
    if wanted.since[:4] == wanted.until[:4] != "" and len(entry.source.published) < len("2025-01"):
        return wanted.since in {"", entry.source.published} and bool(entry.source.published)
    publishers = (wanted.publisher,) if wanted.publisher else ()
    return Filters(publishers, since=wanted.since, until=wanted.until).admits(entry)


def without_span(
    entries: Sequence[Entry], wanted: LibraryFilter, inside: Mapping[str, str]
) -> list[Entry]:
    """Return what matches but for theme and dates: what the time axis shows."""
    open_ended = replace(wanted, theme="", since="", until="")
    return [one for one in entries if _matches(one, open_ended, inside)]


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


def remove_documents(
    workspace: Workspace, documents: Sequence[str], language: str
) -> tuple[tuple[str, ...], str]:
    """Remove documents; return the ids of those that went and what to say."""
    try:
        gone = workspace.remove_all(documents)
    except BriefingError as error:
        return (), word("library.failed", language, reason=translated(str(error), language))
    if len(gone) == 1:
        said = word("library.removed", language, title=gone[0].source.title)
    else:
        said = word("library.removed_several", language, count=len(gone))
    return tuple(one.id for one in gone), said


def restore_documents(
    workspace: Workspace, documents: Sequence[str], language: str
) -> tuple[bool, str]:
    """Bring removed documents back; return whether that was done, and what to say."""
    try:
        back = workspace.restore_all(documents)
    except BriefingError as error:
        return False, word("library.failed", language, reason=translated(str(error), language))
    if len(back) == 1:
        return True, word("library.restored", language, title=back[0].source.title)
    return True, word("library.restored_several", language, count=len(back))


def give_theme(
    workspace: Workspace, documents: Sequence[str], theme: str, language: str
) -> tuple[bool, str]:
    """Give documents a theme, "" for the one that their words tell; return whether, and a line."""
    try:
        changed = workspace.update_all(documents, theme=theme)
    except BriefingError as error:
        return False, word("library.failed", language, reason=translated(str(error), language))
    return True, word("library.themed_several", language, count=len(changed))


def entry_of(workspace: Workspace, document: str) -> Entry | None:
    """Return a document as listed; None for one that is gone."""
    try:
        return workspace.library.entry(document)
    except NotInLibrary:
        return None


def turn_page(wanted: LibraryFilter, step: int) -> LibraryFilter:
    """Return the filter a page on or back."""
    return replace(wanted, page=max(0, wanted.page + step))
