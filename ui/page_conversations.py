"""The left column of the chat page: conversations listed, reopened, renamed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import gradio as gr

from assistant.answer_storage import stored_answer
from assistant.withholding import readable_turns
from assistant.workspace import Workspace
from corpus.conversations import Conversation, Conversations, StoredTurn
from corpus.errors import NoConversation
from ui.backend import Backend
from ui.chat_actions import ChatTurn
from ui.day_list import Row, day_list_html
from ui.event_errors import with_errors_shown
from ui.page_html import drawn, hidden_text
from ui.page_scripts import CONVERSATION_CLICKS, FOCUS_TITLE, SAVE_CONVERSATION
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of, word

# Older ones are found by a search.
_MOST_LISTED = 200


def conversation_list(backend: Backend) -> ConversationList | None:
    """Return the stored conversations; None while the library opens."""
    kept = backend.conversations()
    return ConversationList(kept, backend.workspace()) if kept is not None else None


def list_html(backend: Backend, current: str, language: str, search: str = "") -> str:
    """Return the list of conversations by day, newest first; of a search with what it found."""
    found = conversation_list(backend)
    if found is None:
        return rendered("page.html", "nothing", language, "backend.opening")
    listing = found.listing(search)
    if not listing:
        key = "chat.no_match" if search.strip() else "chat.no_talks"
        return rendered("page.html", "nothing", language, key)
    rows = map(_row, listing)
    return day_list_html("chat.talks", rows, current, ("rename", "export", "delete"), language)


def _row(one: Conversation) -> Row:
    at = datetime.fromisoformat(one.updated).astimezone()
    return Row(one.id, one.title, at.date().isoformat(), f"{at:%H:%M}", hit=one.hit)


@dataclass(frozen=True, slots=True)
class ConversationColumn:
    """The components of the column that the page wires; `chosen` is what a row's menu was for."""

    listing: gr.HTML
    search_box: gr.Textbox
    new_conversation: gr.Button
    chosen: gr.State
    delete_confirmed: gr.Button


def build(backend: Backend, current: gr.State) -> ConversationColumn:
    """Build the column and return what opening, beginning and deleting are wired to."""

    @with_errors_shown
    def search(query: str, conversation: str, request: gr.Request) -> str:
        return list_html(backend, conversation, language_of(request.headers), query)

    @with_errors_shown
    def menu(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """Open the form that a button of a row's menu asks for, or hand out its text."""
        data, language = event._data or {}, language_of(request.headers)
        act, name = str(data.get("act")), str(data.get("id"))
        found = conversation_list(backend)
        title = found.title(name) if found else ""
        asked = word("chat.sure", language, title=title)
        return (
            name if title else "",
            gr.update(visible=act == "rename" and bool(title)),
            title,
            gr.update(visible=act == "delete" and bool(title)),
            asked,
            found.exported(name) if found and act == "export" else "",
        )

    @with_errors_shown
    def rename(
        chosen: str, conversation: str, title: str, query: str, request: gr.Request
    ) -> tuple[Any, ...]:
        if found := conversation_list(backend):
            found.rename(chosen, title)
        listing = list_html(backend, conversation, language_of(request.headers), query)
        return listing, gr.update(visible=False)

    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    chosen = gr.State("")
    new_conversation = gr.Button(LABELS("chat.new"), elem_id="anew", size="sm")
    search_box = gr.Textbox(
        label=LABELS("chat.search"),
        placeholder=LABELS("chat.search"),
        max_lines=1,
        elem_id="find",
        container=False,
        show_label=False,
    )
    with gr.Column(visible=False, elem_classes="asking") as renaming:
        title = gr.Textbox(label=LABELS("chat.new_title"), max_lines=1)
        with gr.Row():
            save_title = gr.Button(LABELS("chat.save"), size="sm", min_width=60, variant="primary")
            cancel_rename = gr.Button(LABELS("chat.cancel"), size="sm", min_width=60)
    with gr.Column(visible=False, elem_classes="asking") as confirmation:
        question = gr.Markdown("")
        with gr.Row():
            delete_confirmed = gr.Button(
                LABELS("chat.delete_it"), size="sm", min_width=60, variant="stop"
            )
            keep_button = gr.Button(LABELS("chat.keep_it"), size="sm", min_width=60)
    listing = drawn("kept", js_on_load=CONVERSATION_CLICKS)
    exported = hidden_text("exported")
    search_box.change(search, [search_box, current], listing, **quiet)
    listing.click(
        menu, None, [chosen, renaming, title, confirmation, question, exported], **quiet
    ).then(None, exported, None, js=SAVE_CONVERSATION).then(js=FOCUS_TITLE)
    gr.on(
        [save_title.click, title.submit], rename, [chosen, current, title, search_box],
        [listing, renaming],
        **quiet,
    )  # fmt: skip
    cancel_rename.click(lambda: gr.update(visible=False), None, renaming, **quiet)
    gr.on(
        [keep_button.click, delete_confirmed.click],
        lambda: gr.update(visible=False),
        None,
        confirmation,
        **quiet,
    )
    return ConversationColumn(listing, search_box, new_conversation, chosen, delete_confirmed)


class ConversationList:
    """The conversations of a library, as the page shows them."""

    def __init__(self, conversations: Conversations, workspace: Workspace | None = None) -> None:
        """Show `conversations`; of what they cite only what `workspace` lets be read."""
        self._kept = conversations
        self._workspace = workspace

    def _stored(self, conversation: str) -> list[StoredTurn]:
        turns = self._kept.turns(conversation)
        return readable_turns(self._workspace.library, turns) if self._workspace else turns

    def listing(self, search: str = "") -> Sequence[Conversation]:
        """Return the conversations that match, newest first."""
        return self._kept.all(search)[:_MOST_LISTED]

    def turns(self, conversation: str) -> list[ChatTurn]:
        """Return the turns of a conversation, citations intact; none when it is gone."""
        try:
            stored = self._stored(conversation)
        except NoConversation:
            return []
        rated = {one.number: one.good for one in self._kept.ratings(conversation)}
        names = {True: "good", False: "bad"}
        return [
            ChatTurn(
                one.question,
                stored_answer(one) if one.answer else None,
                one.number,
                rated=names[rated[one.number]] if one.number in rated else "",
                elsewhere=one.being_answered,
            )
            for one in stored
        ]

    def title(self, conversation: str) -> str:
        """Return the title of a conversation; "" when there is none."""
        return next((one.title for one in self._kept.all() if one.id == conversation), "")

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title; an empty one or one that is gone changes nothing."""
        if conversation and title.strip():
            try:
                self._kept.rename(conversation, title)
            except NoConversation:
                return

    def delete(self, conversation: str) -> None:
        """Delete a conversation; one that is gone already is no matter."""
        try:
            self._kept.delete(conversation)
        except NoConversation:
            return

    def exported(self, conversation: str) -> str:
        """Return a conversation as Markdown; "" when there is none. Raises StorageError."""
        for one in self._kept.all():
            if one.id == conversation:
                if self._workspace is not None:
                    self._workspace.note("export", conversation, what="conversation", form="md")
                from assistant.conversation_export import as_markdown

                return as_markdown(one, self._stored(conversation))
        return ""


__all__ = ["ConversationColumn", "build", "conversation_list", "list_html"]
