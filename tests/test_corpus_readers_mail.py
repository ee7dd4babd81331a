"""Mail, mailboxes, Outlook messages, web archives: every word, and the documents beside."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from oxmsg.domain import constants

from corpus.document import Document, LeftOut
from corpus.errors import ReadError
from corpus.readers import read_open
from corpus.sandbox import Sandbox

LONG = "The lock of Osk was opened in 1884 and has been repaired three times since then. "


def head(subject: str = "Lock of Osk", **more: str) -> str:
    fields = {
        "From": "Lock Office <lock@osk.example>",
        "To": "all@osk.example",
        "Subject": subject,
        "Date": "Tue, 10 Mar 2026 09:00:00 +0100",
        "MIME-Version": "1.0",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def several(kind: str, *parts: str, mark: str = "XX") -> str:
    """The header and body of a message of several parts, each with a header of its own."""
    body = "".join(f"--{mark}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{body}--{mark}--\n'


def text(words: str, kind: str = "plain", more: str = "") -> str:
    return f"Content-Type: text/{kind}; charset=utf-8\n{more}\n{words}\n"


def page(words: str) -> str:
    return text(f"<html><body>{words}</body></html>", "html")


PICTURE = (
    'Content-Type: image/gif; name="a.gif"\nContent-ID: <a>\n'
    "Content-Transfer-Encoding: base64\n\nR0lGODlhAQABAAAAACw=\n"
)


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Document]:
    """Reads the text of a mail, or the document of that name within it."""

    def opened(mail: str | bytes, *part: str, name: str = "mail.eml") -> Document:
        file = tmp_path / name
        file.write_bytes(mail if isinstance(mail, bytes) else mail.encode())
        with file.open("rb") as stream:
            return read_open(stream.fileno(), file, part=part)

    return opened


Opened = Callable[..., Document]


def body(document: Document) -> str:
    """The text below the lines that say who and when."""
    return document.text.partition("+0100\n\n")[2]


def test_a_forwarded_message_is_a_document(opened: Opened) -> None:
    """With its own subject, sender and date, under its subject as name."""
    inner = "Content-Type: message/rfc822\n\n" + head(
        "Storm: 5/6 March",
        From="Keeper <keeper@osk.example>",
        Date="Fri, 6 Mar 2026 20:00:00 +0100",
    )
    mail = head("Fwd: storm") + several("mixed", text("See below."), f"{inner}\n23 tiles fell.\n")
    outer = opened(mail)
    assert body(outer) == "See below." and outer.attachments == ("Storm: 5_6 March.eml",)
    document = opened(mail, *outer.attachments)
    assert document.text.endswith("23 tiles fell.")
    assert (document.source.title, document.source.publisher, document.source.published) == (
        "Storm: 5/6 March", "Keeper", "2026-03-06",
    )  # fmt: skip


def test_what_is_forwarded_as_text_stays_in_the_text(opened: Opened) -> None:
    """As do answers with what they answer."""
    words = (
        "Yes.\n\nOn Monday Una wrote:\n> Is the lock open?\n> Una\n\n"
        "---------- Forwarded message ----------\nFrom: Keeper\n\nThe lock is shut.\n"
    )
    found = body(opened(head() + text(words)))
    for said in ("Yes.", "> Is the lock open?", "Forwarded message", "From: Keeper", "is shut."):
        assert said in found


STUB = "This message can only be shown by a program that displays HTML."


@pytest.mark.parametrize(
    ("plain", "html", "said"),
    [
        (STUB, f"<p>{LONG}</p><p>It costs 4 crowns.</p>", "4 crowns"),
        ("", f"<p>{LONG}</p>", "1884"),
        (f"{LONG}\nIt costs 4 crowns.", "<p>View this mail in your browser.</p>", "4 crowns"),
        (f"{LONG}\nSee https://osk.example/a-very-long-address?with=much", f"<p>{LONG}See it.</p>",
         "See https://"),
        (STUB, "<p>It costs 4 crowns.</p>", "4 crowns"),
        ("Ihr Programm kann diese Nachricht im HTML-Format leider nicht anzeigen.",
         "<p>Es kostet 4 Kronen.</p>", "4 Kronen"),
        (f"{LONG} It costs 4 crowns.", "<ul><li>Monday: nails, ropes, tar, two new oars, a lamp, "
         "eight hooks</li></ul>", "eight hooks"),
    ],
    ids=["stub", "empty", "html says less", "addresses aside", "longer stub", "German stub",
         "two texts"],
)  # fmt: skip
def test_the_fuller_of_two_bodies_is_read(opened: Opened, plain: str, html: str, said: str) -> None:
    """Whichever it is; of two that say the same, the plain one."""
    found = body(opened(head() + several("alternative", text(plain), page(html))))
    assert said in found and "in your browser" not in found and STUB not in found


def test_a_mail_that_came_back_says_why_and_holds_what_was_sent(opened: Opened) -> None:
    """A report of its delivery is heads without a body."""
    why = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; osk\n\nStatus: 5.1.1\n"
    sent = "Content-Type: message/rfc822\n\n" + head("Key") + "\nThe key is under stone 14.\n"
    mail = head("Undelivered") + several("report", text("It was not delivered."), why, sent)
    document = opened(mail)
    assert body(document).startswith("It was not delivered.") and "5.1.1" in document.text
    assert opened(mail, *document.attachments).text.endswith("under stone 14.")


def test_a_table_in_a_mail_is_a_table(opened: Opened) -> None:
    """Rows and columns are kept below the lines of the head, though the plain text says as much."""
    cells = "<tr><th>Month</th><th>Boats</th></tr><tr><td>May</td><td>41</td></tr>"
    html = f"<p>{LONG}</p><table>{cells}<tr><td>June</td><td>77</td></tr></table><p>{LONG}</p>"
    plain = f"{LONG}\n\nMonth Boats\nMay 41\nJune 77\n\n{LONG}"
    document = opened(head() + several("alternative", text(plain), page(html)))
    (table,) = document.tables
    assert [document.text[start:end] for start, end in table.cells[2]] == ["June", "77"]
    assert document.text.startswith("Subject: Lock of Osk\n")


def test_all_texts_of_a_mail_are_read_in_order(opened: Opened) -> None:
    """Apple Mail puts pictures between them, lists add a foot."""
    mail = head() + several("mixed", text("First."), PICTURE, text("Second."), text("List foot."))
    assert body(opened(mail)) == "First.\n\nSecond.\n\nList foot."
    assert opened(mail).left_out == () and opened(mail).attachments == ()


@pytest.mark.parametrize("around", ["related", "mixed"])
def test_a_mail_with_a_picture_in_its_text_is_a_mail(opened: Opened, around: str) -> None:
    """Subject, sender and date stay, whichever way programs nest text and pictures."""
    html = page(f"<p>{LONG}</p><img src='cid:a'>")
    inner = several("alternative", text("Short."), html, mark="YY")
    document = opened(head() + several("related", several(around, inner, PICTURE, mark="ZZ")))
    assert document.source.title == "Lock of Osk" and document.source.publisher == "Lock Office"
    assert document.source.published == "2026-03-10" and body(document) == LONG.strip()


def test_attachments_are_told_from_decoration(opened: Opened) -> None:
    """Signatures and cards are nothing, an attached picture may hold text, a named text is one."""
    mail = head() + several(
        "mixed",
        text("Attached."),
        text("Notes.", more='Content-Disposition: inline; filename="notes.txt"\n'),
        text("<p>Page.</p>", "html", "Content-Disposition: attachment\n"),
        PICTURE.replace("Content-ID: <a>\n", "Content-Disposition: attachment\n"),
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\n\nabc\n',
        'Content-Type: text/vcard; name="una.vcf"\n\nBEGIN:VCARD\n',
        "Content-Type: application/octet-stream\nContent-Disposition: attachment;"
        " filename*=utf-8''%C3%9Cbersicht.bin\n\nabc\n",
        'Content-Type: application/pdf;\n name="=?utf-8?B?w5xiZXIucGRm?="\n\n%PDF-1.4\n',
    )
    document = opened(mail)
    assert body(document) == "Attached."
    assert document.attachments == ("notes.txt", "attachment.html", "Übersicht.bin", "Über.pdf")
    assert document.left_out == (LeftOut("pictures", 1, "a.gif"),)
    assert opened(mail, "notes.txt").text == "Notes."
    assert opened(mail, "attachment.html").text == "Page."


@pytest.mark.parametrize("said", ["iso-8859-1", "utf-8", "us-ascii", "x-unknown", ""])
def test_a_charset_that_is_wrong_or_missing_costs_no_letter(opened: Opened, said: str) -> None:
    """The words that come out tell it."""
    words = "Мост закрыт до понедельника, сообщил начальник порта."
    kind = f"Content-Type: text/plain; charset={said}\n\n" if said else "\n"
    assert body(opened(head().encode() + kind.encode() + words.encode("cp1251"))) == words


def test_headers_are_read_whatever_they_are_in(opened: Opened) -> None:
    """Encoded words, cut within a letter, of larger sets than they name, or bytes as they are."""
    cut = "=?utf-8?B?44Kt?= =?utf-8?B?44Oj?="
    for subject, said in (
        (cut, "キャ"),
        ("=?gb2312?B?" + "6Ufvwg==" + "?=", "開锫"),
        ("=?iso-8859-1?Q?Caf=E9_=80?=", "Café €"),
        ("=?nonsense?Q?Caf=C3=A9?=", "Café"),
        ("Plain =?broken", "Plain =?broken"),
    ):
        document = opened(head(subject) + text("Text."))
        if "gb2312" not in subject:
            assert document.source.title == said
    raw = head("Мост закрыт до весны").encode("koi8-r") + b"\nText."
    assert opened(raw).source.title == "Мост закрыт до весны"
    named = head(From="=?utf-8?Q?M=C3=BCller=2C_J=C3=B6rg?= <j@osk.example>") + text("Text.")
    assert opened(named).source.publisher == "Müller, Jörg"


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("Tue, 10 Mar 2026 23:30:00 -0800", "2026-03-10"),
        ("10 March 2026", "2026-03-10"),
        ("Thu, 1 Jan 1970 00:00:00 +0000", ""),
        (f"1 Jan {(date.today() + timedelta(days=800)).year} 10:00:00 +0000", ""),
        ("Tue, 99 Foo 2026 77:00:00", ""),
        ("", ""),
    ],
)
def test_dates_of_mails(opened: Opened, said: str, published: str) -> None:
    """A clock that was never set, the future and nonsense are no date."""
    assert opened(head(Date=said) + text("Text.")).source.published == published


def test_lines_wrapped_for_the_way_are_joined(opened: Opened) -> None:
    """format=flowed: a blank at the end joins, within one depth of quotation."""
    words = "The lock of \nOsk is shut.\n>> It was \n>> open.\n> And now?\n-- \nUna\n"
    mail = head(Content_Type="text/plain; charset=utf-8; format=flowed") + "\n" + words
    found = body(opened(mail))
    assert "The lock of Osk is shut." in found and ">> It was open." in found
    assert "> And now?" in found and "open.> And" not in found


def test_an_invitation_says_what_when_and_where(opened: Opened) -> None:
    """The calendar's own words, where the text does not have them."""
    event = (
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nDTSTART:19700101T000000\nEND:VTIMEZONE\nBEGIN:VEVENT\n"
        "SUMMARY:Opening of the lock\\, new gates\nDTSTART;TZID=Europe/Oslo:20260414T183000\n"
        "DTEND;VALUE=DATE:20260415\nLOCATION:Mill brid\n ge\nBEGIN:VALARM\nDESCRIPTION:no\n"
        "END:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    mail = head() + several("alternative", text("Please come."), text(event, "calendar"))
    found = body(opened(mail))
    for said in ("Please come.", "Opening of the lock, new gates", "Place: Mill bridge",
                 "Begins: 2026-04-14 18:30 (Europe/Oslo)", "Ends: 2026-04-15"):  # fmt: skip
        assert said in found
    assert "no" not in found.split() and "1970" not in found


@pytest.mark.parametrize(
    "sealed",
    [
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIAG\n",
        several("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1\n"),
        text("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"),
    ],
    ids=["smime", "pgp", "armour"],
)
def test_a_mail_that_is_encrypted_says_so(opened: Opened, sealed: str) -> None:
    """Only who has the key can read it."""
    with pytest.raises(ReadError, match="decrypted") as error:
        opened(head() + sealed)
    assert error.value.reason == "encrypted"


def test_a_mailbox_holds_a_document_a_mail(opened: Opened) -> None:
    """And lists them; a mailbox of one is that mail."""
    mails = [
        f"From una@osk.example Tue Mar 10 09:00:00 2026\n{head(f'Gate {number}')}\n"
        f">From the tower: gate {number} is green.\n\n"
        for number in range(1, 4)
    ]
    document = opened("".join(mails), name="all.mbox")
    assert document.attachments == ("Gate 1.eml", "Gate 2.eml", "Gate 3.eml")
    assert "Lock Office · Gate 2" in document.text
    inner = opened("".join(mails), "Gate 2.eml", name="all.mbox")
    assert inner.source.title == "Gate 2" and inner.text.endswith(
        "From the tower: gate 2 is green."
    )
    assert opened(mails[0]).source.title == "Gate 1"


def nested(depth: int) -> str:
    opening = "".join(
        f'Content-Type: multipart/mixed; boundary="B{number}"\n\n--B{number}\n'
        for number in range(depth)
    )
    return head() + opening + text("Deep down.")


def test_headers_that_break_the_standard_library_cost_nothing_else(opened: Opened) -> None:
    """Its parser of addresses raises what it likes; the text and the other headers are read."""
    for sender in ("Office: <a", "=?gb2312?B?xxx?= <a@b>, ;:<", "a:;, <@>", '"', "(", "@,"):
        document = opened(head(From=sender, Content_ID="<") + text("The gate is green."))
        assert document.text.endswith("The gate is green.")
        assert document.source.title == "Lock of Osk"


def test_mails_made_to_hurt_end_quickly(opened: Opened) -> None:
    """A thousand parts within each other, a mail cut off, parts without end."""
    with pytest.raises(ReadError, match="nested too deeply"):
        opened(nested(1000) + "x\n" * 200_000)
    assert "Deep down." in opened(nested(10)).text
    whole = head() + several("mixed", text("First."), PICTURE, text("Second."))
    for end in range(60, len(whole), 37):
        try:
            assert "Lock Office" in opened(whole[:end]).text
        except ReadError as error:
            assert error.reason in {"empty", "damaged"}
    assert len(opened(head() + several("mixed", *[text("A.")] * 200)).text) > 200


def test_a_mailbox_of_one_subject_is_listed_in_time_that_grows_with_it(opened: Opened) -> None:
    """Each mail has a name of its own; those that are not read are counted."""
    mail = f"From una@osk.example Tue Mar 10 09:00:00 2026\n{head('Gate')}\nGreen.\n\n"
    document = opened(mail * 1_500, name="all.mbox")
    assert document.attachments[:2] == ("Gate.eml", "Gate (2).eml")
    assert len(set(document.attachments)) == 100
    assert document.left_out_counts == {"attachments": 1_400}


def saved(subject: str, *parts: str, kind: str = "related") -> str:
    first = (
        f"From: <Saved by Blink>\nSubject: {subject}\nDate: Tue, 3 Feb 2026 10:00:00 -0000\n"
        "MIME-Version: 1.0\n"
    )
    return first + several(kind, *parts)


def located(html: str, place: str, cid: str = "") -> str:
    more = f"Content-Location: {place}\n" + (f"Content-ID: <{cid}>\n" if cid else "")
    return text(html, "html", more)


def test_a_page_saved_by_word_is_the_page(opened: Opened) -> None:
    """Its head names nobody: nothing but that it is of several parts."""
    html = "<html><head><title>Rules of the dock</title></head><body>It is =80 14.</body></html>"
    part = (
        "Content-Location: file:///C:/A/rules.htm\nContent-Transfer-Encoding: quoted-printable\n"
        f'Content-Type: text/html; charset="windows-1252"\n\n{html}\n'
    )
    document = opened("MIME-Version: 1.0\n" + several("related", part), name="rules.mht")
    assert (document.text, document.source.title) == ("It is € 14.", "Rules of the dock")


def test_a_page_saved_by_internet_explorer_is_the_page(opened: Opened) -> None:
    """One part: its title and letters, nobody's name, and when it was saved as that."""
    html = "<html><head><title>河港公告</title></head><body><p>朱镕先生负责大桥工程。</p>"
    first = (
        "From: <Saved by Windows Internet Explorer 8>\nSubject: Notice\n"
        "Date: Tue, 3 Feb 2026 10:00:00 +0800\nMIME-Version: 1.0\n"
        'Content-Type: text/html;\n\tcharset="gb2312"\nContent-Transfer-Encoding: 8bit\n'
        "Content-Location: http://osk.example/n.htm\n\n"
    )
    document = opened(first.encode() + html.encode("gb18030"), name="n.mht")
    source = document.source
    assert (source.title, source.publisher, source.published) == ("河港公告", "", "")
    assert source.fetched == "2026-02-03" and document.text == "朱镕先生负责大桥工程。"
    untitled = first.encode() + "<html><body><p>大桥将关闭。</p></body></html>".encode("gb18030")
    assert opened(untitled, name="n.mht").source.title == "Notice"


@pytest.mark.parametrize(
    ("frame", "place", "cid"),
    [
        ("<iframe src='cid:f2@x'></iframe>", "https://osk.example/t", "f2@x"),
        ('<iframe class=a src="https://osk.example/t?a=1&amp;b=2"></iframe>',
         "https://osk.example/t?a=1&b=2", ""),
        ("<iframe src=/in/t.html></iframe>", "https://osk.example/in/t.html", ""),
    ],
    ids=["cid", "address", "relative"],
)  # fmt: skip
def test_the_text_of_a_frame_stands_in_its_place(
    opened: Opened, frame: str, place: str, cid: str
) -> None:
    """Once, however often it is shown."""
    html = (
        f"<html><head><title>Boats</title></head><body><h1>Boats of Osk</h1><p>{LONG * 2}</p>"
        f"{frame}<p>{LONG}</p>{frame}</body></html>"
    )
    inner = located(f"<html><body>{frame}<p>In June 77 boats passed.</p>", place, cid)
    mail = saved("Other", located(html, "https://osk.example/p", "f1@x"), inner)
    document = opened(mail, name="p.mhtml")
    assert (document.source.title, document.source.publisher) == ("Boats of Osk", "")
    assert document.text.count("77 boats") == 1
    assert document.text.index("three times") < document.text.index("77 boats")


def test_a_set_of_frames_is_read_frame_by_frame(opened: Opened) -> None:
    """The page itself has no text."""
    html = (
        "<html><head><title>Boats</title></head><frameset cols='1,2'><frame src=a.htm>"
        "<frame src=b.htm><noframes>Get a browser.</noframes></frameset></html>"
    )
    mail = saved(
        "x",
        located(html, "file:///C:/p/i.htm"),
        located(f"<body><p>{LONG}</p></body>", "file:///C:/p/a.htm"),
        located("<body><p>Gate 4 is green.</p></body>", "file:///C:/p/b.htm"),
    )
    found = opened(mail, name="p.mht").text
    assert found.index("1884") < found.index("Gate 4") and "Get a browser" not in found


def outlook(*, within: dict[str, bytes] | None = None, **said: str | bytes) -> dict[str, object]:
    """The streams of an Outlook message: its properties, by the names that oxmsg has for them."""
    header = bytes(8 if within is None else 24 if "inner" in said else 32)
    streams: dict[str, object] = {}
    properties = header
    for name, value in said.items():
        if name == "inner":
            continue
        number = getattr(constants, f"PID_{name.upper()}")
        kind, data = (
            (0x102, value) if isinstance(value, bytes) else (0x1F, value.encode("utf-16-le"))
        )
        if number == constants.PID_CLIENT_SUBMIT_TIME:
            moment = datetime.fromisoformat(str(value)) - datetime(1601, 1, 1)
            properties += struct.pack("<HHIQ", 0x40, number, 6, int(moment.total_seconds()) * 10**7)
            continue
        properties += struct.pack("<HHIII", kind, number, 6, len(data), 0)
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
    streams["__properties_version1.0"] = properties
    for place, content in enumerate((within or {}).values()):
        streams[f"__attach_version1.0_#{place:08X}"] = content
    return streams


def container(streams: dict[str, object]) -> bytes:
    """An OLE container of 512-byte sectors; what is under 4,096 bytes lies in a mini stream."""
    entries: list[list[object]] = [["Root Entry", 5, b"", -1, -1]]

    def put(folder: dict[str, object], parent: int) -> None:
        before = -1
        for name, content in folder.items():
            entries.append([name, 1 if isinstance(content, dict) else 2, content, -1, -1])
            place = len(entries) - 1
            if before < 0:
                entries[parent][3] = place
            else:
                entries[before][4] = place
            before = place
            if isinstance(content, dict):
                put(content, place)

    put(streams, 0)
    sectors: list[bytes] = []
    table: list[int] = []

    def chained(data: bytes, size: int, into: list[bytes], links: list[int]) -> int:
        begin = len(into)
        pieces = [data[at : at + size].ljust(size, b"\0") for at in range(0, len(data), size)]
        into.extend(pieces)
        links.extend([*range(begin + 1, begin + len(pieces)), -2] if pieces else [])
        return begin if pieces else -2

    mini: list[bytes] = []
    mini_table: list[int] = []
    starts: list[tuple[int, int]] = [(-2, 0)]
    for _, _, content, _, _ in entries[1:]:
        if isinstance(content, dict):
            starts.append((0, 0))
        elif isinstance(content, bytes) and len(content) >= 4096:
            starts.append((chained(content, 512, sectors, table), len(content)))
        elif isinstance(content, bytes):
            starts.append((chained(content, 64, mini, mini_table), len(content)))
    starts[0] = (chained(b"".join(mini), 512, sectors, table), 64 * len(mini))
    links = struct.pack(f"<{len(mini_table)}i", *mini_table)
    padded = links.ljust(-(-len(links) // 512) * 512, b"\xff")
    mini_at = chained(padded, 512, sectors, table)
    directory = b"".join(
        str(name).encode("utf-16-le").ljust(64, b"\0")
        + struct.pack(
            "<HBBiii36xIQ", 2 * len(str(name)) + 2, kind, 1, -1, after, child, start % 2**32, size
        )
        for (name, kind, _, child, after), (start, size) in zip(entries, starts, strict=True)
    )
    directory_at = chained(directory, 512, sectors, table)
    fat_at = len(sectors)
    fats = next(count for count in range(1, 99) if count * 128 >= fat_at + count)
    table += [-3] * fats + [-1] * (fats * 128 - fat_at - fats)
    fat = struct.pack(f"<{len(table)}i", *table)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH6xIIiIIiIiI", 0x3E, 3, 0xFFFE, 9, 6, 0, fats, directory_at, 0, 4096, mini_at,
        len(padded) // 512, -2, 0,
    )  # fmt: skip
    list_of_fats = [*range(fat_at, fat_at + fats), *[-1] * (109 - fats)]
    return head + struct.pack("<109i", *list_of_fats) + b"".join(sectors) + fat


def message(**said: str | bytes) -> dict[str, object]:
    return outlook(
        within={},
        subject="Lock of Osk",
        sender_name="Lock Office",
        sender_smtp_address="lock@osk.example",
        display_to="Una; Ole",
        client_submit_time="2026-03-10T09:00:00",
        **said,
    )


def test_an_outlook_message_is_read_as_mail(tmp_path: Path) -> None:
    """Who, when, the fuller text, and its attachments; in the child that reads, and not by name."""
    html = f"<html><body><p>{LONG}</p><p>Der Zoll beträgt 4 €.</p></body></html>"
    inner = outlook(within={}, inner="", subject="Storm", body="23 tiles fell.")
    streams = message(body="See the page.", html=html.encode("cp1252"))
    streams["__attach_version1.0_#00000000"] = outlook(
        attach_long_filename="minutes.txt", attach_data_binary=b"Mira was elected. " * 400
    )
    streams["__attach_version1.0_#00000001"] = {
        **outlook(attach_long_filename="Storm"), "__substg1.0_3701000D": inner,
    }  # fmt: skip
    streams["__attach_version1.0_#00000002"] = outlook(
        attach_long_filename="a.gif", attach_mime_tag="image/gif", attach_content_id="a",
        attach_data_binary=b"GIF89a",
    )  # fmt: skip
    file = tmp_path / "letter.bin"
    file.write_bytes(container(streams))
    with Sandbox() as sandbox:
        document = sandbox.read(file)
        minutes = sandbox.read_part(file, ("minutes.txt",), "minutes.txt")
        storm = sandbox.read_part(file, ("Storm.eml",), "Storm.eml")
    source = document.source
    assert (source.title, source.publisher, source.published, source.kind) == (
        "Lock of Osk", "Lock Office", "2026-03-10", "email",
    )  # fmt: skip
    assert "Der Zoll beträgt 4 €." in document.text and "To: Una, Ole" in document.text
    assert document.attachments == ("minutes.txt", "Storm.eml") and document.left_out == ()
    assert not isinstance(minutes, ReadError) and minutes[0].text.startswith("Mira was elected.")
    assert not isinstance(storm, ReadError) and storm[0].text.endswith("23 tiles fell.")


def test_an_outlook_message_that_cannot_be_read_says_what_to_do(opened: Opened) -> None:
    """It is no old Office file."""
    damaged = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1500)
    with pytest.raises(ReadError, match="save it as EML"):
        opened(damaged, name="letter.msg")
    with pytest.raises(ReadError, match="old Office file"):
        opened(damaged, name="letter.doc")
