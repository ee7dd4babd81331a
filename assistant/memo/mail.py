"""A memo as an e-mail file (RFC 5322): to be opened in a mail program and sent from there."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from assistant.memo.export import exported, plain_text
from assistant.memo.values import Memo

# A draft: whoever sends it is put in by the mail program. The domain is one that nobody has.
_FROM = "Briefing assistant <briefing@localhost.invalid>"


def mail_of(memo: Memo, *, now: datetime | None = None) -> bytes:
    """Return a message with the memo as text and as HTML; nothing of it is sent.

    Raises BriefingError where it cannot be written.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(memo.title.split())
    message["From"] = _FROM
    message["Date"] = format_datetime(now or datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain="localhost.invalid")
    # Opened as a message that is still to be sent, by the programs that know this.
    message["X-Unsent"] = "1"
    message.set_content(plain_text(memo), cte="quoted-printable")
    message.add_alternative(exported(memo, "html").decode(), subtype="html", cte="quoted-printable")
    message["Content-Language"] = memo.language
    return message.as_bytes()


__all__ = ["mail_of"]
