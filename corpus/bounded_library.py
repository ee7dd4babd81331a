"""A library as one person sees it: only the documents that this person may read are in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from corpus.access import Asker
from corpus.catalogue import Entry, LibraryChange, LibraryNews, missing
from corpus.collections import not_allowed
from corpus.conversations import Conversations
from corpus.document import Document, Passage
from corpus.errors import NotAllowed
from corpus.extraction_report import ExtractionReport
from corpus.i18n import tr
from corpus.library import Library
from corpus.originals import Original
from corpus.publishing import Publication
from corpus.token_codes import TokenCodes


class BoundedLibrary(Library):
    """The same library on the same connections; what may not be read is as if it were not there.

    `readable` are ids of documents as they were when the question was asked: what comes in
    meanwhile is not seen before the next one. Changing a document takes the editor's role.
    """

    def __init__(self, whole: Library, asker: Asker, readable: frozenset[str]) -> None:
        """Bound `whole` to `readable`; it stays open, and is closed by whoever opened it."""
        self.__dict__.update(vars(whole))
        self.asker = asker
        self._readable = readable

    def close(self) -> None:
        """Leave the library open: it is another's."""

    @property
    def readable(self) -> frozenset[str] | None:
        """The ids of the documents that this person may read."""
        return self._readable

    def may_read(self, document: str) -> bool:
        """Say whether this person may read a document."""
        return document in self._readable

    def _require_readable(self, document: str) -> None:
        if document not in self._readable:
            raise missing(document)

    def _require_editor(self, document: str) -> None:
        self._require_readable(document)
        if not self.collections.may_change(self.asker, document):
            raise not_allowed(document)

    @property
    def conversations(self) -> Conversations:
        """The conversations of this person alone."""
        return Conversations(self._connections, self.asker.name)

    def conversations_of(self, owner: str) -> Conversations:
        """Return the conversations of this person; raises NotAllowed for another's."""
        if owner != self.asker.name:
            raise NotAllowed(tr("the conversations of others cannot be read"))
        return self.conversations

    # ------------------------------------------------------------------ reading

    def changes_since(self, generation: int) -> list[LibraryChange]:
        """Return the changes of readable documents after `generation`, oldest first."""
        return [one for one in super().changes_since(generation) if one.document in self._readable]

    def entries(self) -> list[Entry]:
        """Return the visible documents that may be read."""
        return [one for one in super().entries() if one.id in self._readable]

    def news(self, generation: int) -> LibraryNews:
        """Return what came and went after a generation, of what may be read."""
        news, readable = super().news(generation), self._readable
        # The next version of what one could not read is new to them.
        first_seen = [new for old, new in news.replaced if old not in readable]
        return LibraryNews(
            tuple(one for one in dict.fromkeys((*news.added, *first_seen)) if one in readable),
            tuple(pair for pair in news.replaced if readable.issuperset(pair)),
            tuple(one for one in news.removed if one in readable),
        )

    def places_with_bytes(self, digest: str) -> list[tuple[str, str]]:
        """Return (document, place) of the files shown with those bytes that may be read."""
        return [one for one in super().places_with_bytes(digest) if one[0] in self._readable]

    def extraction_reports(self, documents: Sequence[str]) -> dict[str, ExtractionReport]:
        """Return the extraction reports of those documents that may be read."""
        return super().extraction_reports([one for one in documents if one in self._readable])

    def every_document(self) -> list[str]:
        """Return the ids of all documents that may be read, replaced and removed ones included."""
        return [one for one in super().every_document() if one in self._readable]

    def document(self, document: str) -> Document:
        """Return a document; raises NotInLibrary for one that may not be read."""
        self._require_readable(document)
        return super().document(document)

    def beginning(self, document: str, characters: int) -> str:
        """Return the first characters of a document's text; "" for one that may not be read."""
        return super().beginning(document, characters) if document in self._readable else ""

    def passages_of(self, document: str) -> list[Passage]:
        """Return the passages of a document; raises NotInLibrary for one not to be read."""
        self._require_readable(document)
        return super().passages_of(document)

    def visible(self, documents: Sequence[str]) -> set[str]:
        """Return those of some documents that are visible and may be read."""
        return super().visible([one for one in documents if one in self._readable])

    def _vector_rows(self, documents: Sequence[str] | None) -> Iterator[Any]:
        wanted = sorted(self._readable) if documents is None else documents
        yield from super()._vector_rows([one for one in wanted if one in self._readable])

    def token_codes(self, document: str) -> TokenCodes:
        """Return the token codes of a visible document; raises NotInLibrary."""
        self._require_readable(document)
        return super().token_codes(document)

    def token_codes_at(self, places: Sequence[tuple[str, int]]) -> TokenCodes:
        """Return the token codes of passages; of one that may not be read there are none."""
        # No document has an empty id: such a place is one where nothing is.
        return super().token_codes_at(
            [(one if one in self._readable else "", number) for one, number in places]
        )

    def original(self, document: str) -> Original | None:
        """Return the kept file of a document; None for one that may not be read."""
        return super().original(document) if document in self._readable else None

    def places_of(self, document: str) -> list[str]:
        """Return every place of a document; none of one that may not be read."""
        return super().places_of(document) if document in self._readable else []

    def versions_before(self, document: str) -> list[tuple[str, str]]:
        """Return the earlier versions of a document; none of one that may not be read."""
        return super().versions_before(document) if document in self._readable else []

    # ------------------------------------------------------------------ changing

    def into(self, collection: str) -> Library:
        """Return the view that adds to a collection; raises NotAllowed without the editor's role.

        Adding to none, where everyone reads, is for admins.
        """
        allowed = (
            collection in self.collections.editable_by(self.asker)
            if collection
            else self.asker.admin
        )
        if not allowed:
            raise NotAllowed(
                tr("you may not add to the collection {name}; ask an editor", name=repr(collection))
                if collection
                else tr("choose the collection to add to: only admins add what everyone reads")
            )
        return super().into(collection)

    def publish(self, document: Document, *args: Any, **kwargs: Any) -> Publication:
        """Publish by a view that says into which collection (`into`); raises NotAllowed.

        What everyone reads at a place is replaced by admins alone.
        """
        if not self.is_adding:
            raise NotAllowed(tr("choose the collection to add to"))
        if not self.asker.admin and self._replaces_public(document):
            raise NotAllowed(
                tr(
                    "everyone reads an earlier version of {place}; ask an admin to add the new one",
                    place=document.source.location,
                )
            )
        return super().publish(document, *args, **kwargs)

    def _replaces_public(self, document: Document) -> bool:
        """Say whether the place of a document shows another one, which is in no collection."""
        return bool(
            self._connections.rows(
                "SELECT 1 FROM places JOIN documents ON documents.id = places.document"
                " WHERE places.location = ? AND visible = 1 AND documents.id <> ? AND NOT EXISTS"
                " (SELECT 1 FROM collection_documents"
                " WHERE collection_documents.document = documents.id)",
                (document.source.location, document.id),
            )
        )

    def remove(self, document: str) -> Entry:
        """Make a document invisible; raises NotInLibrary, NotAllowed."""
        self._require_editor(document)
        return super().remove(document)

    def restore(self, document: str) -> Entry:
        """Undo `remove`; raises NotInLibrary, NotAllowed."""
        self._require_editor(document)
        return super().restore(document)

    def update_source(self, document: str, **values: str | None) -> Entry:
        """Change what the library says of a document; raises NotInLibrary, NotAllowed."""
        self._require_editor(document)
        return super().update_source(document, **values)

    def describe(self, document: str, location: str, **values: str) -> bool:
        """State a document's fields as a list of references does; raises NotAllowed."""
        self._require_editor(document)
        return super().describe(document, location, **values)

    def replace_vectors(self, *_: Any) -> list[str]:
        """Refuse: vectors belong to all documents; raises NotAllowed."""
        raise NotAllowed(tr("only whoever runs the server may embed the library again"))

    def check(self) -> list[Any]:
        """Refuse: a check names every document; raises NotAllowed."""
        raise NotAllowed(tr("only whoever runs the server may check the library"))


__all__ = ["BoundedLibrary"]
