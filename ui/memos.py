"""What the memo page does, without Gradio: writing, reopening, accepting, handing out files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from corpus.errors import BriefingError, NothingFound, UsageError
from index.evidence import Evidence
from ui import markup
from ui.jobs import Job
from ui.said import told
from ui.source import Pinned
from ui.wording import word

if TYPE_CHECKING:
    from assistant.desk import Desk
    from assistant.memo.values import Finding, Memo
    from ui.place import Place

# What a browser is told of each format.
_TYPES = {
    "md": "text/markdown",
    "html": "text/html",
    "json": "application/json",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "zip": "application/zip",
}
FORMATS = tuple(_TYPES)
TEMPLATES = ("bluf", "judgments", "crs")


class Housed(Protocol):
    """What the memo page needs of the place it is in."""

    def desk(self) -> Desk | None:
        """Return the desk; None while the library opens or where it failed to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form of the page asks for; every field as it was typed."""

    topic: str
    template: str = "bluf"
    as_of: str = ""
    audience: str = ""
    length: float | None = None
    publishers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A memo on the page: its id on the shelf, and a line (HTML) where something went wrong.

    `before` is the memo before the last change by hand, `offers` are passages for the line at `at`
    ("section:line") and `wording` are the words of that line while they are changed, `job` is the
    key of the work that writes it, "" once nothing does.
    """

    memo: Memo | None = None
    name: str = ""
    message: str = ""
    before: Memo | None = None
    offers: tuple[Evidence, ...] = ()
    at: str = ""
    job: str = ""
    wording: str | None = None


def writing(place: Housed, wanted: Wanted, language: str = "en") -> Iterator[Sheet]:
    """Yield the sheet as the memo grows; it is on the shelf from the first finished section.

    Closing the iterator stops the work; what was finished stays on the shelf.
    """
    from assistant.memo.shelf import Shelf
    from assistant.memo.writing import Request, write

    desk = place.desk()
    if desk is None:
        yield Sheet(message=markup.error_html(word("memo.opening", language), language))
        return
    sheet = Sheet()
    try:
        if not wanted.topic.strip():
            raise UsageError(word("memo.no_topic", language))
        shelf = Shelf(desk.settings.home)
        request = Request(
            topic=wanted.topic,
            template=wanted.template or "bluf",
            as_of=wanted.as_of.strip(),
            audience=wanted.audience.strip(),
            length=int(wanted.length or 0),
            publishers=wanted.publishers,
            language=language,
        )
        for memo, name in shelf.kept(write(desk, request)):
            sheet = Sheet(memo, name)
            yield sheet
    except NothingFound as error:
        yield Sheet(message=markup.error_html(str(error), language))
    except BriefingError as error:
        yield Sheet(sheet.memo, sheet.name, markup.error_html(str(error), language))


def shelved(place: Housed) -> list[tuple[str, str]]:
    """Return (what is shown, id) of the memos that are kept, newest first."""
    from assistant.memo.shelf import Shelf

    desk = place.desk()
    if desk is None:
        return []
    return [
        # Of one that cannot be read its id is shown, and why once it is opened.
        (" · ".join(filter(None, (one.topic[:60] or one.id, one.template, one.saved))), one.id)
        for one in Shelf(desk.settings.home).listed()
    ]


def reopened(place: Housed, name: str, language: str = "en") -> Sheet:
    """Return a memo off the shelf."""
    from assistant.memo.shelf import Shelf

    desk = place.desk()
    if desk is None:
        return Sheet(message=markup.error_html(word("memo.opening", language), language))
    try:
        return Sheet(Shelf(desk.settings.home).load(name), name)
    except UsageError as error:
        return Sheet(message=markup.error_html(str(error), language))


def finding_key(finding: Finding) -> str:
    """Return what names a finding of the linter between the page and the program."""
    return json.dumps([finding.rule, finding.where])


def accepting(
    place: Housed, sheet: Sheet, finding: str, reason: str, language: str = "en"
) -> Sheet:
    """Return the sheet with a finding (see `finding_key`) accepted for a reason, kept."""
    from assistant.memo.linting import accepted

    desk = place.desk()
    if desk is None or sheet.memo is None:
        return sheet
    found = next((one for one in sheet.memo.findings if finding_key(one) == finding), None)
    if found is None:
        return sheet
    try:
        return kept(desk, sheet, accepted(sheet.memo, found.rule, found.where, reason), language)
    except BriefingError as error:
        return Sheet(sheet.memo, sheet.name, markup.error_html(str(error), language))


def kept(desk: Desk, sheet: Sheet, now: Memo, language: str) -> Sheet:
    """Put a changed memo on the shelf, unless what lies there is not what was changed.

    Then the sheet of what lies there is returned, saying so. Raises UsageError for a memo that is
    gone.
    """
    from assistant.memo.shelf import Shelf

    if sheet.memo is None or now == sheet.memo:
        return replace(sheet, message="", offers=(), at="", wording=None)
    present = Shelf(desk.settings.home).change(sheet.name, sheet.memo, now)
    if present is not now:
        said = word("memo.changed_elsewhere", language)
        return Sheet(present, sheet.name, markup.error_html(said, language))
    return Sheet(now, sheet.name, before=sheet.memo)


def refreshed(place: Housed, sheet: Sheet) -> Sheet:
    """Return the sheet of a finished memo as it lies on the shelf; the same one if it is that."""
    if sheet.memo is None or not sheet.memo.complete or sheet.job or place.desk() is None:
        return sheet
    present = reopened(place, sheet.name)
    return sheet if present.memo in (None, sheet.memo) else present


def being_written(place: Place) -> frozenset[str]:
    """Return the ids of the memos that are written now: whoever writes them saves them again."""
    latest = (job.latest for job in place.memos.open())
    return frozenset(one.name for one in latest if one is not None)


def started(place: Place, wanted: Wanted, language: str = "en") -> Job[Sheet]:
    """Begin to write a memo, in the background; raises UsageError where too many wait."""
    return place.memos.start(uuid4().hex, lambda: writing(place, wanted, language))


def running(place: Place) -> Job[Sheet] | None:
    """Return the memo that is being written; None where there is none."""
    return next(iter(place.memos.open()), None)


def file_of(place: Housed, sheet: Sheet, form: str) -> str:
    """Return a file as JSON {"name", "type", "data" (base64)}; "" where there is no memo."""
    from assistant.memo.export import exported
    from assistant.memo.pack import packed

    desk = place.desk()
    if desk is None or sheet.memo is None or form not in _TYPES:
        return ""
    content = packed(desk, sheet.memo) if form == "zip" else exported(_told(sheet.memo), form)
    return json.dumps(
        {
            "name": f"{sheet.name or 'memo'}.{form}",
            "type": _TYPES[form],
            "data": base64.b64encode(content).decode("ascii"),
        }
    )


def _told(memo: Memo) -> Memo:
    """Return a memo with what the program says of it in the memo's own language."""
    found = tuple(replace(one, advice=told(one.advice, memo.language)) for one in memo.findings)
    return replace(memo, findings=found, notice=told(memo.notice, memo.language))


def pinned(sheet: Sheet, _: object, number: object) -> Pinned | None:
    """Return what a marker of the memo points to; None for one that is unknown."""
    memo = sheet.memo
    if memo is None:
        return None
    try:
        wanted = int(str(number))
        citation = memo.citation(wanted)
    except (ValueError, KeyError):
        return None
    claims = (line.claim for section in memo.sections for line in section.lines)
    claim = next((one.text for one in claims if wanted in one.citations), "")
    return Pinned(citation, claim)
