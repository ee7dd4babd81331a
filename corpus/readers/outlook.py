"""Outlook messages (MSG) as messages of the standard library, by oxmsg."""

from __future__ import annotations

import re
import struct
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.readers.charsets import decoded_page

# Where the properties begin in the stream of a message within another; the outermost has more.
_INNER, _OUTER = 24, 32
_ATTACHED = 8
_EMBEDDED = "__substg1.0_3701000D"
_DEEPEST = 10
_KIND = re.compile(r"(application|audio|image|text|video)/([\w.+-]+)")
_ADVICE = tr("this Outlook message cannot be read; open it in Outlook and save it as EML")


def is_outlook(data: bytes) -> bool:
    """Say whether an OLE container is a message: it then has a stream of a message's properties."""
    return "__properties_version1.0".encode("utf-16-le") in data


def message_of_outlook(data: bytes) -> EmailMessage:
    """Return the message with its text and attachments; raises ReadError("damaged")."""
    from olefile import OleFileIO
    from oxmsg.storage import Storage

    try:
        with OleFileIO(data) as ole:
            storage = Storage.from_ole(ole)
        return _message(storage, _OUTER, 0)
    except (OSError, LookupError, ValueError, TypeError, AttributeError, struct.error) as error:
        raise ReadError("damaged", _ADVICE) from error


def _message(storage: Any, offset: int, depth: int) -> EmailMessage:
    from oxmsg.domain import constants
    from oxmsg.properties import Properties

    said = Properties(storage, properties_header_offset=offset)
    message = EmailMessage()
    name = _text(said, constants.PID_SENDER_NAME)
    address = _text(said, constants.PID_SENDER_SMTP_ADDRESS) or _text(
        said, constants.PID_SENDER_EMAIL_ADDRESS
    )
    sent = said.date_prop_value(constants.PID_CLIENT_SUBMIT_TIME) or said.date_prop_value(
        constants.PID_MESSAGE_DELIVERY_TIME
    )
    for header, value in (
        ("Subject", _text(said, constants.PID_SUBJECT)),
        # Within an organisation the address is a path of its directory.
        ("From", formataddr((name, address)) if "@" in address else name),
        ("To", _text(said, constants.PID_DISPLAY_TO).replace(";", ",")),
        ("Cc", _text(said, constants.PID_DISPLAY_CC).replace(";", ",")),
        ("Date", format_datetime(sent) if sent else ""),
    ):
        if value:
            message[header] = " ".join(value.split())
    plain, page = _text(said, constants.PID_BODY), _page(said)
    if plain.strip() or not page:
        message.set_content(plain)
    if plain.strip() and page:
        message.add_alternative(page, subtype="html")
    elif page:
        message.set_content(page, subtype="html")
    for one in storage.iter_attachment_storages():
        _attach(message, one, depth)
    return message


def _page(said: Any) -> str:
    """Return the text as a page, which newer programs keep as bytes and older ones as text."""
    from oxmsg.domain import constants

    page = said.binary_prop_value(constants.PID_HTML)
    if page:
        return decoded_page(page, str(said.body_encoding))
    return _text(said, constants.PID_BODY_HTML)


def _attach(message: EmailMessage, storage: Any, depth: int) -> None:
    from oxmsg.domain import constants
    from oxmsg.properties import Properties

    said = Properties(storage, properties_header_offset=_ATTACHED)
    name = _text(said, constants.PID_ATTACH_LONG_FILENAME) or _text(
        said, constants.PID_ATTACH_FILENAME
    )
    inner = next((one for one in storage.storages if one.name == _EMBEDDED), None)
    if inner is not None and depth < _DEEPEST:
        message.add_attachment(_message(inner, _INNER, depth + 1))
        return
    data = said.binary_prop_value(constants.PID_ATTACH_DATA_BINARY)
    if data is None:
        return
    kind = _KIND.fullmatch(_text(said, constants.PID_ATTACH_MIME_TAG))
    # What a message says of a part that is a message, or many, would have it taken apart.
    main, sub = kind.groups() if kind else ("application", "octet-stream")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name or "attachment")
    if shown := _text(said, constants.PID_ATTACH_CONTENT_ID):
        list(message.iter_attachments())[-1]["Content-ID"] = f"<{' '.join(shown.split())}>"


def _text(said: Any, number: int) -> str:
    return (said.str_prop_value(number) or "").strip("\0")


__all__ = ["is_outlook", "message_of_outlook"]
