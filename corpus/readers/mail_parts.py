"""The MIME parts of a message: those that are its text, in order, and its attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import errors, message_from_bytes, policy, utils
from email.header import decode_header
from email.message import EmailMessage, Message
from typing import Any

from corpus.errors import ReadError
from corpus.formats import DocumentPart, suffix_of
from corpus.i18n import tr
from corpus.readers.blocks import clean
from corpus.readers.charsets import codec_of, decoded
from corpus.readers.dates import parse_date

# Parts within parts: the standard library asks each line of a part at every one of them.
_DEEPEST = 30
# Attachments without content: signatures, keys, vCards.
_SEALS = re.compile(r"signature|pgp-keys|vcard|x-vcard|pkcs7-crl|pkix")
_SEALED = re.compile(r"application/(?:x-)?pkcs7-mime|multipart/encrypted|application/pgp-encrypted")
_ARMOUR = re.compile(r"\s*-----BEGIN PGP MESSAGE-----")


@dataclass
class Content:
    """The parts of a message: alternatives of each piece of its text, and documents beside it.

    `pictures` are the names of those attached; one that the text shows is decoration. `sealed` says
    that something can be read by whoever has the key alone.
    """

    texts: list[list[EmailMessage]] = field(default_factory=list)
    parts: list[DocumentPart] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    sealed: bool = False


class _Bounded(EmailMessage):
    """A message whose parts lie in no more than so many others."""

    depth = 0

    def attach(self, payload: Any) -> None:
        """Take a part; raises ReadError("damaged") for one too deep within others."""
        if isinstance(payload, _Bounded):
            payload.depth = self.depth + 1
            if payload.depth > _DEEPEST:
                raise ReadError("damaged", tr("this file is nested too deeply to be read"))
        super().attach(payload)


def message_of(data: bytes) -> EmailMessage:
    """Return the message that bytes are, as far as they are one; raises ReadError("damaged")."""
    # Old programs put a line before it that begins a message in a mailbox.
    bare = re.sub(rb"\A\s*(?:>?From [^\n]*\n)?", b"", data, count=1)
    return message_from_bytes(bare, _class=_Bounded, policy=policy.default)


def content_of(message: EmailMessage) -> Content:
    """Return what a message is made of."""
    content = Content()
    _sort(message, content, root=True)
    return content


def _sort(part: EmailMessage, content: Content, *, root: bool = False) -> None:
    kind, name = part.get_content_type(), file_name(part)
    if _SEALED.match(kind):
        content.sealed = True
    elif kind == "multipart/alternative":
        _sort_alternatives(part, content)
    elif part.is_multipart() and kind.startswith("multipart/"):
        for one in _parts(part):
            _sort(one, content)
    elif kind == "message/rfc822":
        content.parts += _forwarded(part, name)
    elif _is_text(part, name, root=root):
        content.texts.append([part])
    else:
        _put_beside(part, kind, name, content)


def _put_beside(part: EmailMessage, kind: str, name: str, content: Content) -> None:
    """Take a part that is not of the text: a document, or something that holds no words."""
    if _SEALS.search(kind) or name.endswith((".p7s", ".asc", ".vcf")):
        return
    if kind.startswith("image/"):
        if part.get_content_disposition() == "attachment" and not header(part, "Content-ID"):
            content.pictures.append(name or "picture")
    else:
        data = bytes_of(part)
        if kind.startswith("text/") and part.get_content_charset():
            data = decoded(data, part.get_content_charset("")).encode("utf-8", "replace")
        suffix = suffix_of(kind)
        content.parts.append(DocumentPart(name or f"attachment{suffix}", data, suffix))


def _sort_alternatives(part: EmailMessage, content: Content) -> None:
    """Take the texts of the alternatives as one piece, and what only one of them holds."""
    piece: list[EmailMessage] = []
    for one in _parts(part):
        within = Content()
        _sort(one, within)
        piece += [text for texts in within.texts for text in texts]
        content.parts += within.parts
        content.pictures += within.pictures
        content.sealed = content.sealed or within.sealed
    if piece:
        content.texts.append(piece)


def _parts(part: EmailMessage) -> Iterator[EmailMessage]:
    payload = part.get_payload()
    for one in payload if isinstance(payload, list) else ():
        if isinstance(one, EmailMessage):
            yield one


def _is_text(part: EmailMessage, name: str, *, root: bool) -> bool:
    """Say whether a part is of the message's own text."""
    kind = part.get_content_type()
    if kind in {"text/calendar", "message/delivery-status", "text/rfc822-headers"}:
        return part.get_content_disposition() != "attachment" or kind == "text/calendar"
    own = kind in {"text/plain", "text/html", "text/enriched"}
    return own and (root or (not name and part.get_content_disposition() != "attachment"))


def _forwarded(part: EmailMessage, name: str) -> list[DocumentPart]:
    inner = next(_parts(part), None)
    if inner is None:
        return []
    name = name or f"{header(inner, 'Subject') or 'message'}.eml"
    return [DocumentPart(name, _bytes_of_message(inner), ".eml")]


def _bytes_of_message(message: EmailMessage) -> bytes:
    try:
        return message.as_bytes(policy=policy.default.clone(refold_source="none"))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise ReadError("damaged", _DAMAGED) from error


_DAMAGED = tr("this message is damaged; save it anew and add it again")


def bytes_of(part: EmailMessage) -> bytes:
    """Return the bytes of a part that holds no others; raises ReadError("damaged")."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise ReadError("damaged", _DAMAGED)
    return payload


def text_of(part: EmailMessage) -> str:
    """Return the text of a part, lines wrapped by format=flowed joined (RFC 3676)."""
    if part.is_multipart():
        # Why a message was not delivered: heads without a body.
        return "\n\n".join(
            "\n".join(f"{name}: {value}" for name, value in one.items()) for one in _parts(part)
        )
    text = decoded(bytes_of(part), part.get_content_charset("")).replace("\r\n", "\n")
    flowed = str(part.get_param("format", "") or "").lower() == "flowed"
    if part.get_content_type() != "text/plain" or not flowed:
        return text
    return _unflowed(text, joined=str(part.get_param("delsp", "") or "").lower() == "yes")


def _unflowed(text: str, *, joined: bool) -> str:
    lines: list[str] = []
    open_at = -1
    for raw in text.split("\n"):
        depth = len(raw) - len(raw.lstrip(">"))
        line = raw[depth:].removeprefix(" ")
        if lines and open_at == depth and line != "-- ":
            lines[-1] += line
        else:
            lines.append(f"{'>' * depth} {line}" if depth else line)
        flows = line.endswith(" ") and line != "-- "
        open_at = depth if flows else -1
        if flows and joined:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def file_name(part: Message) -> str:
    """Return the name that a part goes by as a file, or ""."""
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError):
        name = ""
    return clean(_words(name))


def header(message: EmailMessage, name: str) -> str:
    """Return a header as it is to be read, on one line, or ""."""
    wanted = name.lower()
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == wanted), "")
    return clean(_words(raw, _charset_of(message)))


def addresses(message: EmailMessage, name: str) -> list[str]:
    """Return the people of a header, each by name or else by address."""
    wanted = name.lower()
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == wanted), "")
    found = utils.getaddresses([raw.replace("\n", " ")])
    charset = _charset_of(message)
    return [clean(_words(one or address, charset)) for one, address in found if one or address]


def _charset_of(message: EmailMessage) -> str:
    """Return the encoding that the message's first text is said to be in."""
    return next((found for one in message.walk() if (found := one.get_content_charset(""))), "")


def _words(raw: str, charset: str = "") -> str:
    """Return a header with its encoded words decoded; bytes beyond ASCII are in `charset`."""
    if re.search("[\udc80-\udcff]", raw):
        return _bytes_as_text(raw.encode("utf-8", "surrogateescape"), charset)
    if "=?" not in raw:
        return raw
    try:
        words = decode_header(raw)
    except (errors.HeaderParseError, ValueError):
        return raw
    return "".join(_word(word, named or "") for word, named in words)


def _word(word: bytes | str, charset: str) -> str:
    if isinstance(word, str):
        return word
    try:
        return word.decode(codec_of(charset) or "utf-8")
    except UnicodeDecodeError:
        return _bytes_as_text(word, charset)


def _bytes_as_text(data: bytes, charset: str) -> str:
    """Return the text of a header's bytes; of what is none, what can be read of it."""
    try:
        return decoded(data, charset)
    except ReadError:
        return data.decode("ascii", "replace")


def sent_on(message: EmailMessage) -> str:
    """Return the ISO date on which a message was sent, "" if no header gives a plausible one."""
    raw = header(message, "Date")
    try:
        date = utils.parsedate_to_datetime(raw).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        date = parse_date(raw)
    # There was no e-mail before 1980, and a clock that was never set shows 1970.
    return date if "1980" < date <= datetime.now().date().isoformat() or date == "" else ""


def is_armoured(text: str) -> bool:
    """Say whether a text is a message encrypted by PGP."""
    return bool(_ARMOUR.match(text))


__all__ = [
    "Content", "addresses", "bytes_of", "content_of", "file_name", "header", "is_armoured",
    "message_of", "sent_on", "text_of",
]  # fmt: skip
