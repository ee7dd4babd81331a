"""The left column of the chat page: conversations listed, reopened, renamed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.answer_storage import stored_answer
from assistant.conversation_export import as_markdown
from corpus.conversations import Conversation, Conversations
from corpus.errors import NoConversation
from ui.backend import Backend
from ui.chat_actions import ChatTurn
from ui.event_errors import with_errors_shown
from ui.page_scripts import SAVE, TALKS
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of, word


def of(backend: Backend) -> ConversationList | None:
    """Return the kept conversations of a place once it is open."""
    kept = backend.conversations()
    return ConversationList(kept) if kept is not None else None


def listing(backend: Backend, current: str, language: str, search: str = "") -> str:
    """Return the list of conversations as HTML."""
    found = of(backend)
    if found is None:
        return rendered("page.html", "nothing", language, "backend.opening")
    listed = found.listed(search)
    if not listed:
        key = "chat.no_match" if search.strip() else "chat.no_talks"
        return rendered("page.html", "nothing", language, key)
    return rendered("page.html", "conversations", language, listed, current)


@dataclass(frozen=True, slots=True)
class Column:
    """The components of the column that the page wires: list, search, New, and Delete confirmed."""

    listed: gr.HTML
    words: gr.Textbox
    anew: gr.Button
    gone: gr.Button


def build(backend: Backend, current: gr.State) -> Column:
    """Build the column and return what opening, beginning and deleting are wired to."""

    @with_errors_shown
    def search(words: str, conversation: str, request: gr.Request) -> str:
        return listing(backend, conversation, language_of(request.headers), words)

    @with_errors_shown
    def name(conversation: str, request: gr.Request) -> tuple[Any, ...]:
        found = of(backend)
        title = found.title(conversation) if found and conversation else ""
        if not title:
            gr.Info(word("chat.nothing_open", language_of(request.headers)))
        return gr.update(visible=bool(title)), title

    @with_errors_shown
    def rename(conversation: str, title: str, request: gr.Request) -> tuple[Any, ...]:
        if found := of(backend):
            found.rename(conversation, title)
        return listing(backend, conversation, language_of(request.headers)), gr.update(
            visible=False
        )

    @with_errors_shown
    def doubt(conversation: str, request: gr.Request) -> tuple[Any, ...]:
        found = of(backend)
        language = language_of(request.headers)
        title = found.title(conversation) if found and conversation else ""
        if not title:
            gr.Info(word("chat.nothing_open", language))
        asked = word("chat.sure", language, title=title)
        return gr.update(visible=bool(title)), gr.update(value=asked)

    @with_errors_shown
    def export(conversation: str, request: gr.Request) -> str:
        found = of(backend)
        text = found.exported(conversation) if conversation and found else ""
        if not text:
            gr.Info(word("chat.nothing_open", language_of(request.headers)))
        return text

    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    anew = gr.Button(LABELS("chat.new"), elem_id="anew", size="sm")
    words = gr.Textbox(
        label=LABELS("chat.search"),
        placeholder=LABELS("chat.search"),
        max_lines=1,
        elem_id="find",
        container=False,
        show_label=False,
    )
    listed = gr.HTML("", elem_id="kept", js_on_load=TALKS)
    with gr.Row(elem_classes="tools"):
        naming = gr.Button(LABELS("chat.rename"), size="sm", min_width=60)
        saved = gr.Button(LABELS("chat.export"), size="sm", min_width=60)
        doubted = gr.Button(LABELS("chat.delete"), size="sm", min_width=60)
    with gr.Column(visible=False, elem_classes="asking") as renaming:
        title = gr.Textbox(label=LABELS("chat.new_title"), max_lines=1)
        with gr.Row():
            named = gr.Button(LABELS("chat.save"), size="sm", min_width=60, variant="primary")
            left = gr.Button(LABELS("chat.cancel"), size="sm", min_width=60)
    with gr.Column(visible=False, elem_classes="asking") as sure:
        question = gr.Markdown("")
        with gr.Row():
            gone = gr.Button(LABELS("chat.delete_it"), size="sm", min_width=60, variant="stop")
            stay = gr.Button(LABELS("chat.keep_it"), size="sm", min_width=60)
    exported = gr.Textbox(elem_id="exported", show_label=False)
    words.change(search, [words, current], listed, **quiet)
    naming.click(name, current, [renaming, title], **quiet)
    gr.on([named.click, title.submit], rename, [current, title], [listed, renaming], **quiet)
    left.click(lambda: gr.update(visible=False), None, renaming, **quiet)
    doubted.click(doubt, current, [sure, question], **quiet)
    gr.on([stay.click, gone.click], lambda: gr.update(visible=False), None, sure, **quiet)
    saved.click(export, current, exported, **quiet).then(None, exported, None, js=SAVE)
    return Column(listed, words, anew, gone)


class ConversationList:
    """The conversations of a library, as the page shows them."""

    def __init__(self, conversations: Conversations) -> None:
        self._kept = conversations

    def listed(self, search: str = "") -> Sequence[Conversation]:
        """Return the conversations that match, newest first."""
        return self._kept.all(search)

    def turns(self, conversation: str) -> list[ChatTurn]:
        """Return the turns of a conversation, citations intact; none when it is gone."""
        try:
            stored = self._kept.turns(conversation)
        except NoConversation:
            return []
        rated = {one.number: one.good for one in self._kept.ratings(conversation)}
        words = {True: "good", False: "bad"}
        return [
            ChatTurn(
                one.question,
                stored_answer(one) if one.answer else None,
                one.number,
                rated=words[rated[one.number]] if one.number in rated else "",
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
        """Return a conversation as Markdown; "" when there is none."""
        for one in self._kept.all():
            if one.id == conversation:
                return as_markdown(one, self._kept.turns(conversation))
        return ""


__all__ = ["Column", "build", "listing", "of"]
