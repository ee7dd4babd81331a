"""E-mail (EML) and web archives (MHTML): the standard library's parser for both."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.readers.blocks import Blocks, clean
from corpus.readers.charsets import decoded
from corpus.readers.html import read_html
from corpus.readers.parts import Part, distinct
from corpus.readers.text import read_text


def read_mail(data: bytes, location: str) -> Document:
    """Return a message's text with its subject as title and its sender as publisher.

    A web archive is read as the page it holds. Raises ReadError("empty") for one without text.
    """
    message: EmailMessage = message_from_bytes(data, policy=policy.default)
    page = message.get_body(preferencelist=("html",))
    if message.get_content_type() == "multipart/related" and page is not None:
        address = str(message.get("Snapshot-Content-Location") or location)
        document = read_html(_bytes_of(page), location)
        if not document.source.title:
            return replace(document, source=Source(address, location, kind="html"))
        return document
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        raise ReadError("empty", "this message has no text")
    if body.get_content_type() == "text/html":
        inner = read_html(_bytes_of(body), location)
    else:
        inner = read_text(decoded(_bytes_of(body)), location)
    sent = message["date"].datetime if message["date"] is not None else None
    blocks = Blocks()
    blocks.leave_out_as(inner)
    _add_head(blocks, message)
    for paragraph in inner.text.split("\n\n"):
        if "\n" in paragraph:
            for line in paragraph.split("\n"):
                blocks.line(line)
        else:
            blocks.paragraph(paragraph)
    sender = _sender(message)
    return blocks.document(
        Source(
            title=clean(str(message["subject"] or "")) or inner.source.title,
            location=location,
            publisher=clean(sender.display_name or sender.addr_spec) if sender else "",
            published=sent.date().isoformat() if sent else "",
            kind="email",
        )
    )


def _add_head(blocks: Blocks, message: EmailMessage) -> None:
    for name in ("Subject", "From", "To", "Date"):
        if message[name]:
            blocks.line(f"{name}: {message[name]}")
    for part in _attached(message):
        blocks.attach(part.name)


def _sender(message: EmailMessage) -> Any:
    return message["from"].addresses[0] if message["from"] and message["from"].addresses else None


def parts_of_mail(data: bytes) -> list[Part]:
    """Return the documents that a message holds beside its own text."""
    return _attached(message_from_bytes(data, policy=policy.default))


def _attached(message: EmailMessage) -> list[Part]:
    found = []
    for part in message.iter_attachments() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and part.get_content_maintype() != "image":
            found.append(Part(part.get_filename() or "attachment", content))
    return distinct(found)


def _bytes_of(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise ReadError("damaged", "this message is damaged; save it anew and add it again")
    charset = part.get_content_charset()
    if charset and charset.lower() not in {"utf-8", "us-ascii"}:
        try:
            return payload.decode(charset, errors="replace").encode()
        except LookupError:
            return payload
    return payload
