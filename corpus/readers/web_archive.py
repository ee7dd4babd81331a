"""Web archives (MHT, MHTML): a saved page with the pages that it shows in frames."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from urllib.parse import urljoin

from corpus.document import Document
from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.readers.charsets import decoded_page
from corpus.readers.html import read_html
from corpus.readers.mail_parts import bytes_of, header, sent_on

_FRAME = re.compile(
    # No tag is longer: of one that nothing closes only so much is looked at.
    r"<i?frame\b[^<>]{0,2000}?\ssrc\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)'|([^\s<>]+))[^<>]{0,2000}>"
    r"(?:\s*</i?frame\s*>)?",
    re.IGNORECASE,
)
_SET = re.compile(r"(</?)frameset\b", re.IGNORECASE)
_NO_FRAMES = re.compile(
    r"<noframes\b(?:(?!<noframes\b).)*?</noframes\s*>", re.IGNORECASE | re.DOTALL
)
_BODY = re.compile(r"<body\b[^>]*>(.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title\b[^>]*>\s*[^\s<]", re.IGNORECASE)


def is_archive(message: EmailMessage) -> bool:
    """Say whether a message is a page that a browser or Word saved, and no mail."""
    if header(message, "Snapshot-Content-Location") or re.match(
        r"\W*Saved by\b", header(message, "From"), re.IGNORECASE
    ):
        return True
    if any(header(message, name) for name in ("From", "To", "Received", "Message-ID")):
        return False
    return any(
        part.get_content_type() in {"text/html", "application/xhtml+xml"}
        and header(part, "Content-Location")
        for part in message.walk()
    )


def read_archive(message: EmailMessage, location: str) -> Document:
    """Return the page, the text of its frames in their places; "fetched" is when it was saved.

    The title is the page's, else the subject under which it was saved. Raises ReadError("empty").
    """
    pages = [
        part
        for part in message.walk()
        if part.get_content_type() in {"text/html", "application/xhtml+xml"}
    ]
    if not pages:
        raise ReadError("empty", tr("this web archive holds no page"))
    start = str(message.get_param("start", "") or "").strip("<> ")
    root = next((one for one in pages if start and _cid(one) == start), pages[0])
    frames: dict[str, EmailMessage] = {}
    for one in pages:
        if one is not root:
            frames |= {name: one for name in (f"cid:{_cid(one)}", _place(one)) if name}
    page = _with_frames(root, frames, _place(root) or _place(message))
    # A frameset has no article: nothing says which frame holds it.
    is_set = bool(_SET.search(decoded_page(bytes_of(root), root.get_content_charset(""))))
    document = read_html(page.encode("utf-8", "replace"), location, whole=is_set)
    source = document.source
    subject = header(message, "Subject")
    if subject and not document.headings and not _TITLE.search(page):
        source = replace(source, title=subject)
    return replace(document, source=replace(source, fetched=source.fetched or sent_on(message)))


def _with_frames(page: EmailMessage, frames: dict[str, EmailMessage], base: str) -> str:
    """Return a page with the pages of its frames put in; each is shown once."""
    text = decoded_page(bytes_of(page), page.get_content_charset(""))
    if _SET.search(text):
        text = _SET.sub(r"\1div", _NO_FRAMES.sub("", text))

    def shown(frame: re.Match[str]) -> str:
        address = next(filter(None, frame.groups()), "").replace("&amp;", "&")
        found = frames.get(address) or frames.get(urljoin(base, address))
        if found is None:
            return ""
        for name in [name for name, one in frames.items() if one is found]:
            del frames[name]
        inner = _with_frames(found, frames, _place(found) or base)
        body = _BODY.search(inner)
        return f"<div>{body[1] if body else inner}</div>"

    return _FRAME.sub(shown, text)


def _cid(part: EmailMessage) -> str:
    return header(part, "Content-ID").strip("<> ")


def _place(part: EmailMessage) -> str:
    return re.sub(r"\s", "", header(part, "Content-Location"))


__all__ = ["is_archive", "read_archive"]
