"""The right side of the library page: a document is read, described, asked about, removed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.examples import questions_for
from corpus.errors import NotInLibrary
from ui import library, page_source
from ui.backend import Backend
from ui.library_view import OpenDocument, Rights, document_head_html, note_html
from ui.page_html import drawn, hidden_text
from ui.page_scripts import SEND_CLICKS
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.source import View
from ui.wording import word

if TYPE_CHECKING:
    from assistant.workspace import Workspace

Updates = dict[Any, Any]
# Documents whose questions are kept.
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True, eq=False)
class DocumentParts:
    """The components: the head, the form that corrects it, the text with what it keeps.

    `edited_id` is the id of the document whose fields stand in the form; `questions` are those
    that it answers, below the text.
    """

    head: gr.HTML
    form: gr.Column
    edited_id: gr.Textbox
    title: gr.Textbox
    issuer: gr.Textbox
    published: gr.Textbox
    theme: gr.Dropdown
    wrong: gr.HTML
    keep: gr.Button
    leave: gr.Button
    panel: page_source.SourcePanel
    questions: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        """What opening a document draws."""
        return [self.head, self.form, *self.edited, self.wrong, self.panel.panel, self.panel.kept,
                self.questions]  # fmt: skip

    @property
    def edited(self) -> list[Any]:
        """The fields of the form."""
        return [self.edited_id, self.title, self.issuer, self.published, self.theme]


def build(page: gr.Blocks, backend: Backend) -> DocumentParts:
    """Build the pane."""
    head = drawn("library-document", js_on_load=SEND_CLICKS + "openAtTop(element);")
    edited_id = hidden_text("library-edited")
    with gr.Column(visible=False, elem_id="library-edit") as form:
        title = gr.Textbox(label=LABELS("library.title"), max_lines=2)
        with gr.Row():
            issuer = gr.Textbox(label=LABELS("library.publisher"), max_lines=1)
            published = gr.Textbox(label=LABELS("library.published"), max_lines=1, min_width=110,
                                   placeholder=LABELS("scope.date"))  # fmt: skip
        theme = gr.Dropdown([("", "")], value="", label=LABELS("library.of_theme"))
        wrong = drawn("library-wrong")
        with gr.Row():
            keep = gr.Button(LABELS("library.save"), size="sm", variant="primary")
            leave = gr.Button(LABELS("chat.cancel"), size="sm")
    panel = page_source.build(page, backend, elem_id="library-source")
    questions = drawn("library-questions", js_on_load=SEND_CLICKS)
    return DocumentParts(head, form, edited_id, title, issuer, published, theme, wrong, keep, leave,
                         panel, questions)  # fmt: skip


class Documents:
    """What is shown of one document, over one backend."""

    def __init__(self, backend: Backend, parts: DocumentParts) -> None:
        self._backend = backend
        self._parts = parts
        # Questions that documents answer, by what they were made for, the latest last: trying them
        # costs a second.
        self._questions: OrderedDict[tuple[str, int, str], tuple[str, ...]] = OrderedDict()
        self._lock = Lock()

    def nothing(self, language: str) -> Updates:
        """Return the pane before a document is chosen."""
        parts = self._parts
        return {
            parts.head: rendered("library.html", "no_document", language),
            parts.form: gr.update(visible=False),
            parts.panel.panel: "",
            parts.panel.kept: None,
            parts.questions: "",
        }

    def open(
        self, document: str, language: str, at: tuple[int, int] | None = None
    ) -> tuple[bool, Updates]:
        """Return whether a document is there, and it from its beginning or at a place of it."""
        head = self.head(document, language)
        place = page_source.selected_place(self._backend, document, *(at or (0, 0)))
        if self._parts.title not in head or place is None:
            return False, self.nothing(language)
        # As text, which is there at once; its page is a step away.
        opened = page_source.Opened(place, View(as_text=True))
        text, kept = self._parts.panel.drawn(opened, language)
        return True, {
            **head,
            self._parts.form: gr.update(visible=False),
            self._parts.panel.panel: text,
            self._parts.panel.kept: kept,
            self._parts.questions: "",
        }

    def head(self, document: str, language: str) -> Updates:
        """Return what stands over the text of a document, and the fields of its form."""
        parts, workspace = self._parts, self._backend.workspace()
        entry = library.entry_of(workspace, document) if workspace and document else None
        if workspace is None or entry is None:
            return self.nothing(language)
        source = entry.source
        key = workspace.themes.key_of(source.theme) or workspace.theme_told_by_words(entry)
        shown = OpenDocument(
            entry,
            workspace.themes.named(key, language) if key else word("library.no_theme", language),
            workspace.library.extraction_reports([document])[document],
            workspace.library.places_of(document),
            workspace.library.versions_before(document),
            workspace.library.original(document) is not None,
            self._rights_on(workspace, document),
        )
        told = workspace.theme_told_by_words(entry)
        named = (
            workspace.themes.named(told, language) if told else word("library.no_theme", language)
        )
        themes = [(word("library.by_words", language, theme=named), "")]
        themes += [(one.named(language), one.key) for one in workspace.themes.all()]
        return {
            parts.head: document_head_html(shown, language),
            parts.edited_id: document,
            parts.title: source.title,
            parts.issuer: source.publisher,
            parts.published: source.published,
            parts.theme: gr.update(choices=themes, value=workspace.themes.key_of(source.theme)),
            parts.wrong: "",
        }

    def _rights_on(self, workspace: Workspace, document: str) -> Rights:
        """Return the collections of a document and whether whoever asks may change it."""
        if not self._backend.signs_in:
            return Rights()
        rights = workspace.library.collections
        mine = {one for one in rights.of([document]).get(document, ())
                if rights.may_open(workspace.asker, one)}  # fmt: skip
        return Rights(tuple(sorted(mine)), rights.may_change(workspace.asker, document))

    def with_questions(self, document: str, language: str) -> Updates:
        """Return the questions that a document answers, once these were tried."""
        workspace = self._backend.workspace()
        busy = self._backend.questions.unfinished() or self._backend.additions.unfinished()
        if workspace is None or not document or busy or not workspace.library.may_read(document):
            return {self._parts.questions: gr.skip()}
        key = document, workspace.library.generation, language
        with self._lock:
            found = self._questions.get(key)
        if found is None:
            try:
                found = tuple(questions_for(workspace, document, language))
            except NotInLibrary:
                found = ()
        with self._lock:
            self._questions[key] = found
            self._questions.move_to_end(key)
            while len(self._questions) > _MOST_KEPT:
                self._questions.popitem(last=False)
        drawn = rendered("library.html", "questions", language, document, found)
        return {self._parts.questions: drawn if found else ""}

    def save(
        self, document: str, language: str, *, title: str, publisher: str, published: str,
        theme: str,
    ) -> tuple[bool, Updates]:  # fmt: skip
        """Change what the library says of a document; return whether it did, and the pane."""
        workspace = self._backend.workspace()
        if workspace is None:
            return False, {self._parts.wrong: gr.skip()}
        done, said = library.edit_document(
            workspace, document, language, title=title, publisher=publisher, published=published,
            theme=theme,
        )  # fmt: skip
        if not done:
            return False, {self._parts.wrong: note_html(said, language, wrong=True)}
        return True, {**self.head(document, language), self._parts.form: gr.update(visible=False)}


__all__ = ["DocumentParts", "Documents", "build"]
