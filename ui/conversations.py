"""Kept conversations for the page: listed, reopened, renamed, deleted, exported. No Gradio here."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer_storage import answer_of
from assistant.conversation_export import as_markdown
from corpus.conversations import Conversation, Conversations
from corpus.errors import NoConversation
from ui.chat_actions import ChatTurn


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
                answer_of(one) if one.answer else None,
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
