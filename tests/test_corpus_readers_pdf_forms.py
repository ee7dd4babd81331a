"""PDFs: what is filled in, noted on, attached to and drawn on pages is read or named."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw
from pypdf import PdfWriter
from pypdf.annotations import FreeText, Highlight, Text
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from corpus.document import Document
from corpus.errors import ReadError
from corpus.readers import read, read_open
from corpus.readers.pdf_metadata import stated_title, title_from

logging.getLogger("fpdf").setLevel(logging.ERROR)

PROSE = (
    "The harbour master of Tarn answers each application within ten days, and keeps the papers for "
    "four years in the old customs house."
)


def _printed(lines: list[tuple[float, float, str]] = ()) -> PdfWriter:  # type: ignore[assignment]
    """Return one page in points with prose at its foot and lines at (left, up from below)."""
    pdf = FPDF(unit="pt", format=(600, 800))
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for left, up, text in lines:
        pdf.text(left, 800 - up, text)
    pdf.set_xy(60, 600)
    pdf.multi_cell(480, 14, PROSE)
    return PdfWriter(clone_from=io.BytesIO(bytes(pdf.output())))


def _field(name: str, box: tuple[int, int, int, int], kind: str, **more: Any) -> DictionaryObject:
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject(kind),
            NameObject("/T"): TextStringObject(name),
            NameObject("/Rect"): ArrayObject([FloatObject(one) for one in box]),
            NameObject("/F"): NumberObject(4),
            **{NameObject(f"/{key}"): value for key, value in more.items()},
        }
    )


def _with_fields(writer: PdfWriter, *fields: DictionaryObject) -> PdfWriter:
    made = ArrayObject([writer._add_object(one) for one in fields])
    writer.pages[0][NameObject("/Annots")] = made
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject(made)}
    )
    return writer


def _read(writer: PdfWriter, folder: Path) -> Document:
    path = folder / "made.pdf"
    writer.write(path)
    return read(path)


def _text(value: str) -> TextStringObject:
    return TextStringObject(value)


def test_values_of_a_form_are_read_with_their_labels(tmp_path: Path) -> None:
    """The label is the form's own, else what is printed before or above, else the field's name."""
    document = _read(
        _with_fields(
            _printed([(60, 702, "Name of the yawl:"), (60, 652, "Home port"), (60, 602, "Crew")]),
            _field("Text1", (200, 695, 400, 715), "/Tx", V=_text("Wren of Tarn")),
            _field("Text2", (60, 625, 260, 645), "/Tx", V=_text("Skerry Bay")),
            _field("Text3", (200, 595, 400, 615), "/Tx", V=_text("six"), TU=_text("People aboard")),
            _field("sail_area", (420, 520, 560, 540), "/Tx", V=_text("31 square metres")),
            _field("Text5", (200, 480, 400, 500), "/Tx"),
        ),
        tmp_path,
    )
    rows = document.text.splitlines()
    assert "Name of the yawl: Wren of Tarn" in rows
    assert "Home port: Skerry Bay" in rows
    assert "People aboard: six" in rows
    assert "sail area: 31 square metres" in rows
    assert PROSE in document.text


def test_a_value_that_its_parent_holds_is_read(tmp_path: Path) -> None:
    """The name and the value of a field may stand with the field above the one on the page."""
    writer = _printed([(60, 702, "Owner")])
    child = _field("", (200, 695, 400, 715), "/Tx")
    del child["/T"], child["/FT"]
    parent = DictionaryObject(
        {
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): _text("owner"),
            NameObject("/V"): _text("Ida Brandt"),
        }
    )
    above = writer._add_object(parent)
    child[NameObject("/Parent")] = above
    below = writer._add_object(child)
    parent[NameObject("/Kids")] = ArrayObject([below])
    writer.pages[0][NameObject("/Annots")] = ArrayObject([below])
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([above])}
    )
    assert "Owner: Ida Brandt" in _read(writer, tmp_path).text.splitlines()


def test_hidden_and_secret_fields_are_not_read(tmp_path: Path) -> None:
    """What a reader of the page cannot see is no part of it."""
    hidden = _field("note", (200, 695, 400, 715), "/Tx", V=_text("pay him double"))
    hidden[NameObject("/F")] = NumberObject(2)
    unshown = _field("other", (200, 665, 400, 685), "/Tx", V=_text("pay him triple"))
    unshown[NameObject("/F")] = NumberObject(32)
    secret = _field(
        "secret", (200, 635, 400, 655), "/Tx", V=_text("pay him never"), Ff=NumberObject(1 << 13)
    )
    seen = _field("fee", (200, 605, 400, 625), "/Tx", V=_text("90 crowns"))
    text = _read(_with_fields(_printed(), hidden, unshown, secret, seen), tmp_path).text
    assert "fee: 90 crowns" in text
    assert "pay him" not in text


def _box(
    writer: PdfWriter, name: str, up: int, *, on: bool, left: int = 60, **more: Any
) -> DictionaryObject:
    states = (f"/{more.pop('state', 'Yes')}", "/Off")
    shown = DictionaryObject(
        {NameObject(one): writer._add_object(DecodedStreamObject()) for one in states}
    )
    state = states[0] if on else "/Off"
    flags = more.pop("flags", 0)
    return _field(
        name, (left, up, left + 12, up + 12), "/Btn", V=NameObject(state), AS=NameObject(state),
        Ff=NumberObject(flags), AP=DictionaryObject({NameObject("/N"): shown}), **more,
    )  # fmt: skip


def test_boxes_say_whether_they_are_ticked(tmp_path: Path) -> None:
    """A box is called as what is printed after it; in an untouched form none is an answer."""
    printed = [(80, 702, "Motor aboard"), (80, 672, "Insured against ice")]
    filled = _printed(printed)
    boxes = (_box(filled, "Check1", 700, on=True), _box(filled, "Check2", 670, on=False))
    rows = _read(_with_fields(filled, *boxes), tmp_path).text.splitlines()
    assert "Motor aboard: ticked" in rows
    assert "Insured against ice: not ticked" in rows
    empty = _printed(printed)
    boxes = (_box(empty, "Check1", 700, on=False), _box(empty, "Check2", 670, on=False))
    text = _read(_with_fields(empty, *boxes), tmp_path).text
    assert "Motor aboard" in text
    assert "ticked" not in text


def test_a_radio_button_and_a_choice_say_what_was_chosen(tmp_path: Path) -> None:
    """The group is called as what is printed before its first button."""
    writer = _printed([(60, 702, "Berth:"), (140, 702, "buoy"), (240, 702, "quay"),
                       (60, 652, "Season")])  # fmt: skip
    kids = [
        _box(writer, "", 700, on=False, left=120, flags=1 << 15, state="0"),
        _box(writer, "", 700, on=True, left=220, flags=1 << 15, state="1"),
    ]
    parent = DictionaryObject(
        {
            NameObject("/FT"): NameObject("/Btn"),
            NameObject("/Ff"): NumberObject(1 << 15),
            NameObject("/T"): _text("Group1"),
            NameObject("/V"): NameObject("/1"),
        }
    )
    above = writer._add_object(parent)
    placed = []
    for kid in kids:
        del kid["/T"], kid["/V"], kid["/FT"]
        kid[NameObject("/Parent")] = above
        placed.append(writer._add_object(kid))
    parent[NameObject("/Kids")] = ArrayObject(placed)
    options = ArrayObject(
        [ArrayObject([_text("s"), _text("summer")]), ArrayObject([_text("w"), _text("winter")])]
    )
    choice = writer._add_object(
        _field(
            "Combo1",
            (200, 645, 300, 665),
            "/Ch",
            V=_text("w"),
            Opt=options,
            Ff=NumberObject(1 << 17),
        )
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([*placed, choice])
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([above, choice])}
    )
    rows = _read(writer, tmp_path).text.splitlines()
    assert "Berth: quay" in rows
    assert "Season: winter" in rows


def test_notes_on_a_page_are_read_as_notes(tmp_path: Path) -> None:
    """They say whose they are, and on which words; a mark without words says nothing."""
    writer = _printed([(60, 700, "The slipway costs 4,100 crowns.")])
    free = FreeText(text="The slipway costs 5,200 crowns now.", rect=(300, 500, 560, 540))
    sticky = Text(text="The winch was forgotten.", rect=(60, 450, 80, 470))
    sticky[NameObject("/T")] = _text("Ida Brandt")
    quad = [FloatObject(one) for one in (58, 712, 230, 712, 58, 697, 230, 697)]
    marked = Highlight(rect=(58, 697, 230, 712), quad_points=ArrayObject(quad))
    marked[NameObject("/Contents")] = _text("Of last year.")
    bare = Highlight(rect=(58, 697, 230, 712), quad_points=ArrayObject(quad))
    unseen = Text(text="Nobody shall read this.", rect=(60, 400, 80, 420))
    unseen[NameObject("/F")] = NumberObject(2)
    for one in (free, sticky, marked, bare, unseen):
        writer.add_annotation(0, one)
    writer.add_annotation(
        0,
        DictionaryObject(
            {
                NameObject("/Subtype"): NameObject("/Stamp"),
                NameObject("/Name"): NameObject("/NotApproved"),
                NameObject("/Rect"): ArrayObject([FloatObject(one) for one in (9, 9, 99, 29)]),
            }
        ),
    )
    notes = [line for line in _read(writer, tmp_path).text.split("\n\n") if "ote" in line[:5]]
    text = _read(writer, tmp_path).text
    assert notes == [
        "Note on the page: The slipway costs 5,200 crowns now.",
        "Note on the page, by Ida Brandt: The winch was forgotten.",
        "Note on “The slipway costs 4,100 crowns.”: Of last year.",
    ]
    assert "Stamp on the page: Not Approved" in text
    assert "Nobody" not in text


def test_words_typed_where_a_page_leaves_room_answer_its_label(tmp_path: Path) -> None:
    """A form without fields is filled in with text boxes."""
    writer = _printed([(60, 700, "Name of the yawl:")])
    writer.add_annotation(0, FreeText(text="Wren of Tarn", rect=(170, 695, 400, 712)))
    assert "Name of the yawl: Wren of Tarn" in _read(writer, tmp_path).text.splitlines()


def test_the_values_of_an_xfa_form_are_read_and_it_is_named(tmp_path: Path) -> None:
    """Its page says only that another program is needed."""
    writer = _printed([(60, 700, "Please wait for the form to load.")])
    packet = DecodedStreamObject()
    packet.set_data(
        b'<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form1>'
        b"<YawlName>Wren of Tarn</YawlName><Crew>six</Crew><Empty/></form1></xfa:data>"
        b"</xfa:datasets>"
    )
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {
            NameObject("/Fields"): ArrayObject(),
            NameObject("/XFA"): ArrayObject([_text("datasets"), writer._add_object(packet)]),
        }
    )
    writer.root_object[NameObject("/NeedsRendering")] = BooleanObject(True)
    document = _read(writer, tmp_path)
    assert {"Yawl Name: Wren of Tarn", "Crew: six"} <= set(document.text.splitlines())
    assert [one.kind for one in document.left_out] == ["XFA forms"]
    assert document.left_out[0].missed


def test_files_inside_a_pdf_are_documents_of_their_own(tmp_path: Path) -> None:
    """Those of a portfolio, and those pinned to a place of a page."""
    writer = _printed()
    writer.add_attachment("dyke.txt", b"The dyke of Tarn leaks nine litres a second.")
    held = DecodedStreamObject()
    held.set_data(b"The lock of Tarn leaks two litres a second.")
    held[NameObject("/Type")] = NameObject("/EmbeddedFile")
    pinned = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/F"): _text("lock.txt"),
            NameObject("/UF"): _text("lock.txt"),
            NameObject("/EF"): DictionaryObject({NameObject("/F"): writer._add_object(held)}),
        }
    )
    writer.add_annotation(
        0,
        DictionaryObject(
            {
                NameObject("/Subtype"): NameObject("/FileAttachment"),
                NameObject("/Rect"): ArrayObject([FloatObject(one) for one in (9, 9, 29, 29)]),
                NameObject("/FS"): writer._add_object(pinned),
            }
        ),
    )
    document = _read(writer, tmp_path)
    assert document.attachments == ("dyke.txt", "lock.txt")
    with (tmp_path / "made.pdf").open("rb") as file:
        inner = read_open(file.fileno(), tmp_path / "made.pdf", part=["lock.txt"])
    assert inner.text == "The lock of Tarn leaks two litres a second."
    assert inner.source.location.endswith("made.pdf#lock.txt")


def _picture(text: str) -> Image.Image:
    picture = Image.new("L", (600, 800), 255)
    ImageDraw.Draw(picture).text((60, 60), text, fill=0)
    return picture


def _pages(path: Path, *pages: str | Image.Image | None) -> Path:
    """Write pages: text, a picture that fills the page with a stamp on it, or nothing."""
    pdf = FPDF(unit="pt", format=(600, 800))
    for page in pages:
        pdf.add_page()
        pdf.set_font("Helvetica", size=11)
        if isinstance(page, str):
            pdf.set_xy(60, 60)
            pdf.multi_cell(480, 14, page)
        elif page is not None:
            pdf.image(page, 0, 0, 600, 800)
            pdf.text(60, 780, "Registry of Tarn 4711")
    pdf.output(str(path))
    return path


def test_pages_without_text_are_named_and_blank_ones_are_not(tmp_path: Path) -> None:
    """A stamp on a scan is not its text."""
    scan = _picture("The inquest found that the sluice was shut.")
    path = _pages(
        tmp_path / "mixed.pdf", PROSE, scan, scan, None, PROSE.replace("Tarn", "Ude"), scan
    )
    document = read(path)
    assert "3 pages without text (pages 2–3 and 6)" in map(str, document.left_out)
    assert all(one.missed for one in document.left_out if one.kind == "pages without text")


def test_a_text_of_many_pages_with_one_readable_one_is_not_refused(tmp_path: Path) -> None:
    """One page of text among scans is worth reading; none is refused with what would help."""
    scan = _picture("The inquest found that the sluice was shut.")
    document = read(_pages(tmp_path / "one.pdf", PROSE, *([scan] * 9)))
    assert PROSE in document.text
    with pytest.raises(ReadError) as refused:
        read(_pages(tmp_path / "none.pdf", *([scan] * 3)))
    assert refused.value.reason == "needs_ocr"


@pytest.mark.parametrize(
    "title",
    [
        "(anonymous)", "untitled", "Untitled-1", "(unspecified)", "Microsoft Word - minutes.docx",
        "PowerPoint Presentation", "Document1", "minutes_final_v3", "report.pdf", "1", "2024-03-01",
        "10.1000/xyz123", "doi:10.1000/182", "arXiv:2401.01234v2", "2401.01234", "Slide 1",
        "Template for the annual report", "Scanned Document", "CamScanner 01-02-2024 10.15",
        "0001045810-22-000166", "Instructions for Authors", "https://example.org/a", "LibreOffice",
        "Formatting Instructions For Winter Conference Submissions", "C:\\Texts\\minutes",
    ],
)  # fmt: skip
def test_a_title_that_a_program_wrote_is_none(title: str) -> None:
    """Names of programs, files, templates, numbers."""
    assert stated_title(title) == ""


@pytest.mark.parametrize(
    "title",
    ["The Winter Rule and Its Reach", "Report on the Floods of 2021", "Documents of a Siege",
     "Word order in Sorbian", "湖区水坝年度报告", "Scandinavia after the Ice", "Page and Screen"],
)  # fmt: skip
def test_a_title_that_a_person_wrote_is_kept(title: str) -> None:
    """Words that programs use too may begin one."""
    assert stated_title(title) == title


def test_a_printed_title_wins_over_that_of_another_file() -> None:
    """What is stated counts where it is printed too, or where nothing is."""
    lines = ["Ledger of the Skerry light", PROSE]
    assert title_from("Budget of the theatre", lines[0], lines) == lines[0]
    assert title_from("Ledger of the Skerry Light", lines[0], lines) == "Ledger of the Skerry Light"
    assert title_from("Budget of the theatre", "", [PROSE]) == "Budget of the theatre"
    assert title_from("", "", [PROSE]).startswith("The harbour master of Tarn")
