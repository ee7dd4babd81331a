"""E-mail (EML), mailboxes (mbox), Outlook messages (MSG) and invitations, with attachments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, DocumentPart, FileReader
from corpus.i18n import tr
from corpus.limits import MOST_PARTS
from corpus.readers.blocks import Blocks, distinct_names
from corpus.readers.charsets import beginning, decoded
from corpus.readers.html import read_html
from corpus.readers.mail_parts import (
    addresses,
    content_of,
    header,
    is_armoured,
    message_of,
    sent_on,
    text_of,
)
from corpus.readers.outlook import is_outlook, message_of_outlook
from corpus.readers.text import read_text
from corpus.readers.unsupported import OLE, is_encrypted
from corpus.readers.web_archive import is_archive, read_archive

_HEADS = re.compile(
    rb"\A(?:From [^\n]*\n)?(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.IGNORECASE
)
_HEAD = re.compile(
    # The last is how Word begins a web archive.
    rb"^(?:(?:from|mime-version|received|message-id|date):|content-type:\s*multipart/)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADERS = ("Subject", "From", "To", "Cc", "Date")
# A text that says at least this share of what its alternative says is as full as that.
_AS_FULL = 0.95
# An alternative with a larger share, and number, of words that no other has is a further text.
_OTHER_WORDS, _FEWEST_WORDS = 0.6, 7
# A placeholder for programs that show no HTML: short, and without figures.
_LONGEST_STUB = 400
_STUB = re.compile(
    r"(?:in|an?|as|im|au|en|formato?) html\b|"
    r"html[ -](?:format|version|mail|e-?mail|message|nachricht|compatible|capable|enabled|fähig)|"
    r"(?:support|display|show|view|read|anzeigen|afficher)\w*\s(?:\w+\s){0,4}html|"
    r"(?:view|read|see|open) (?:this|the) (?:e-?mail|message|newsletter|mail) (?:in|on|with) |"
    r"(?:trouble|problems?) (?:viewing|reading)|can(?:no|')t (?:see|read|view) this",
    re.IGNORECASE,
)
_POSTMARK = re.compile(rb"^From [^\n]*\r?\n(?=[\w-]+:)", re.MULTILINE)
_ENCRYPTED = tr("this message is encrypted; save it decrypted from your mail program")


def read_mail(data: bytes, location: str) -> Document:
    """Return a message's text with its subject as title and its sender as publisher.

    Attached documents are named; `parts_of_mail` has them. A web archive is read as the page it
    holds, a mailbox as the list of its messages. Raises ReadError: "empty" for a message without
    text and attachments, "encrypted" for one whose text only its receiver can read.
    """
    if len(_messages(data)) > 1:
        return _read_box(data, location)
    message = message_of(data)
    return read_archive(message, location) if is_archive(message) else _read(message, location)


def read_outlook(data: bytes, location: str) -> Document:
    """Return an Outlook message as `read_mail` does; raises ReadError("damaged") beside."""
    return _read(message_of_outlook(data), location)


def parts_of_mail(data: bytes) -> list[DocumentPart]:
    """Return the documents that a message holds beside its own text, or the mails of a mailbox."""
    mails = _messages(data)
    if len(mails) > 1:
        return distinct_names(DocumentPart(_name(one), one, ".eml") for one in mails[:MOST_PARTS])
    message = message_of(data)
    return [] if is_archive(message) else distinct_names(content_of(message).parts)


def parts_of_outlook(data: bytes) -> list[DocumentPart]:
    """Return the documents that an Outlook message holds beside its own text."""
    return distinct_names(content_of(message_of_outlook(data)).parts)


def _read(message: EmailMessage, location: str) -> Document:
    content = content_of(message)
    pieces = [piece for texts in content.texts if (piece := _fullest(texts, location))]
    if any(is_armoured(piece.text) for piece in pieces) or (content.sealed and not pieces):
        raise ReadError("encrypted", _ENCRYPTED)
    if not pieces and not content.parts and not content.pictures:
        raise ReadError("empty", tr("this message has no text"))
    blocks = Blocks()
    for name in _HEADERS:
        blocks.line(f"{name}: {value}" if (value := header(message, name)) else "")
    for part in distinct_names(content.parts):
        blocks.attach(part.name)
    for picture in content.pictures:
        blocks.leave_out("pictures", 1, picture)
    if content.sealed:
        blocks.leave_out("encrypted parts")
    for piece in pieces:
        # When it was sent the head says, whatever dates the text has.
        blocks.add_document(replace(piece, doubts=()))
    senders = addresses(message, "From") or addresses(message, "Sender")
    return blocks.document(
        Source(
            title=header(message, "Subject")
            or next((piece.source.title for piece in pieces), "")
            or "Message",
            location=location,
            publisher=senders[0] if senders else "",
            published=sent_on(message),
            kind="email",
        )
    )


def _fullest(texts: list[EmailMessage], location: str) -> Document | None:
    """Return the alternative that says most; None where none says anything.

    Of two that say the same the plain one is what was written, but for tables.
    """
    calendars = [one for one in texts if one.get_content_type() == "text/calendar"]
    read = [piece for one in texts if one not in calendars and (piece := _piece(one, location))]
    read = [one for one in read if not _is_stub(one.text)] or read
    best = max(read, key=_letters, default=None)
    if best is not None:
        full = [one for one in read if _letters(one) >= _AS_FULL * _letters(best)]
        plain = [one for one in full if one.source.kind == "text"]
        best = next((one for one in full if one.tables), plain[0] if plain else best)
        best = _with_others(best, read)
    for one in calendars:
        told = _piece(one, location)
        # An invitation mostly says in its text what the calendar says.
        if told is not None and (best is None or told.text.partition("\n")[0] not in best.text):
            both = Blocks()
            for piece in filter(None, (best, told)):
                both.add_document(piece)
            best = both.document(told.source if best is None else best.source)
    return best


def _with_others(best: Document, read: list[Document]) -> Document:
    """Return a text with the alternatives below it that say something else altogether."""
    both = Blocks()
    both.add_document(best)
    words = set(re.findall(r"\w+", best.text.casefold()))
    for one in read:
        own = set(re.findall(r"\w+", one.text.casefold()))
        new = len(own - words)
        if one is not best and new > max(_FEWEST_WORDS, _OTHER_WORDS * len(own)):
            both.add_document(one)
    return best if both.length == len(best.text) else both.document(best.source)


_ADDRESS = re.compile(r"<?https?://\S+|\[(?:cid|image):[^\]]*\]")


def _is_stub(text: str) -> bool:
    if len(text) > _LONGEST_STUB or not _STUB.search(text):
        return False
    return not re.search(r"\d", _ADDRESS.sub("", text))


def _letters(piece: Document) -> int:
    """Count letters and digits, those of addresses aside, which only some alternatives spell."""
    return sum(map(str.isalnum, _ADDRESS.sub("", piece.text)))


def _piece(part: EmailMessage, location: str) -> Document | None:
    """Return one part of a message's text, or None for one that is empty."""
    text = text_of(part)
    readers: dict[str, Callable[[], Document]] = {
        "text/html": lambda: read_html(text.encode("utf-8", "replace"), location, whole=True),
        "text/calendar": lambda: read_text("\n".join(event_lines(text)), location),
    }
    try:
        return readers.get(part.get_content_type(), lambda: read_text(text, location))()
    except ReadError as error:
        if error.reason != "empty":
            raise
        return None


def _messages(data: bytes) -> list[bytes]:
    """Return the messages of a mailbox; of anything else, nothing."""
    if not data.startswith(b"From "):
        return []
    marks = list(_POSTMARK.finditer(data))
    ends = [*(mark.start() for mark in marks[1:]), len(data)]
    return [
        re.sub(rb"^>(?=>*From )", b"", data[mark.end() : end], flags=re.MULTILINE)
        for mark, end in zip(marks, ends, strict=True)
    ]


def _name(mail: bytes) -> str:
    """Return what a mail in a mailbox is called: by its subject."""
    head = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0]
    return f"{header(message_of(head), 'Subject') or 'message'}.eml"


def _read_box(data: bytes, location: str) -> Document:
    """Return a mailbox: who wrote what when, a line a mail, each of which is a document."""
    blocks = Blocks()
    mails = _messages(data)
    for mail in mails:
        head = message_of(re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0])
        said = (header(head, "Date"), *addresses(head, "From")[:1], header(head, "Subject"))
        blocks.line(" · ".join(filter(None, said)))
    for part in distinct_names(DocumentPart(_name(one), b"") for one in mails):
        blocks.attach(part.name)
    title = f"Mailbox of {len(mails)} messages"
    return blocks.document(Source(title=title, location=location, kind="email"))


def _is_mail(data: bytes, _: str) -> bool:
    """Say whether bytes begin with lines that a mail begins with, two of them its own."""
    head = beginning(data)
    return bool(_HEADS.match(head)) and len(_HEAD.findall(head)) >= 2


def _is_outlook(data: bytes, suffix: str) -> bool:
    """Say whether bytes are an Outlook message."""
    told = data.startswith(OLE) and (suffix == ".msg" or is_outlook(data))
    return told and not is_encrypted(data)


def _read_outlook(data: bytes, location: str) -> Document:
    """Return an Outlook message, or the plain text that lies under the name of one."""
    if data.startswith(OLE):
        return read_outlook(data, location)
    return read_text(decoded(data), location)


MAIL = FileReader(
    words=OUR_WORDS["mail"],
    suffixes=(".eml", ".mbox", ".mht", ".mhtml"),
    types={"message/rfc822": ".eml", "multipart/related": ".mhtml"},
    sniff=_is_mail,
    read=lambda data, location, _: read_mail(data, location),
    parts=parts_of_mail,
    imports=("email.*",),
)
OUTLOOK = FileReader(
    words=OUR_WORDS["outlook"],
    suffixes=(".msg",),
    sniff=_is_outlook,
    read=lambda data, location, _: _read_outlook(data, location),
    parts=parts_of_outlook,
    imports=("olefile", "oxmsg"),
)


_LABELS = {
    "SUMMARY": "", "DTSTART": "Begins: ", "DTEND": "Ends: ", "LOCATION": "Place: ",
    "ORGANIZER": "Organizer: ", "STATUS": "Status: ", "DESCRIPTION": "",
}  # fmt: skip
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
_LINE = re.compile(r"([A-Z-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)", re.DOTALL)


def event_lines(text: str) -> list[str]:
    """Return the lines of the events in a calendar: summary first, then when and where."""
    lines: list[str] = []
    event: dict[str, str] = {}
    inside: list[str] = []
    for name, parameters, value in _properties(text):
        if name == "BEGIN":
            inside.append(value)
            event = {} if value == "VEVENT" else event
        elif name == "END":
            inside = inside[:-1]
            if value == "VEVENT":
                lines += [*(event[one] for one in _LABELS if one in event), ""]
        elif inside and inside[-1] == "VEVENT" and name in _LABELS and value:
            event[name] = _LABELS[name] + _event_value(name, parameters, value)
    return lines


def _properties(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, parameters and value of each line, folded ones unfolded (RFC 5545)."""
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        if found := _LINE.fullmatch(line):
            yield found[1], found[2], found[3].strip()


def _event_value(name: str, parameters: str, value: str) -> str:
    if name in {"DTSTART", "DTEND"} and (moment := _MOMENT.match(value)):
        year, month, day, hour, minute, universal = moment.groups()
        zone = re.search(r"TZID=\"?([^;\"]+)", parameters)
        where = " UTC" if universal else f" ({zone[1]})" if zone else ""
        return f"{year}-{month}-{day}" + (f" {hour}:{minute}{where}" if hour else "")
    if name == "ORGANIZER":
        known = re.search(r"CN=\"?([^;\"]+)", parameters)
        return known[1] if known else re.sub(r"(?i)^mailto:", "", value)
    return re.sub(r"\\([nN,;\\])", lambda one: "\n" if one[1] in "nN" else one[1], value)
