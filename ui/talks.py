"""Kept conversations for the page: listed, reopened, renamed, deleted, exported. No Gradio here."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from assistant.stored import as_markdown, from_json, keep
from corpus.conversations import Conversations
from corpus.errors import NoConversation
from ui.handlers import Turn

# Characters of a title that the list shows beside the date.
_SHOWN = 52


class Talks:
    """The conversations of a library, as the page shows them."""

    def __init__(self, conversations: Conversations) -> None:
        self._kept = conversations

    def choices(self, search: str = "") -> list[tuple[str, str]]:
        """Return (what is shown, id) of the conversations that match, newest first."""
        return [
            (f"{shorten(one.title, _SHOWN, placeholder='…')} · {one.updated[:10]}", one.id)
            for one in self._kept.all(search)
        ]

    def turns(self, conversation: str) -> list[Turn]:
        """Return the turns of a conversation, citations intact; none when it is gone."""
        try:
            stored = self._kept.turns(conversation)
        except NoConversation:
            return []
        return [Turn(one.question, from_json(one.answer)) for one in stored]

    def kept(self, conversation: str, turns: Sequence[Turn]) -> str:
        """Keep the last turn, if its answer is complete, and return the conversation's id.

        A conversation that another window deleted is begun anew.
        """
        answer = turns[-1].answer if turns else None
        if answer is None or not answer.outcome or answer.outcome == "failed":
            return conversation
        try:
            return keep(self._kept, conversation, answer)
        except NoConversation:
            return keep(self._kept, "", answer)

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
