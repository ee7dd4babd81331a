"""A memo as a file: Markdown, DOCX, PDF, HTML, JSON; and the timeline as CSV."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pypandoc
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from assistant.memo.memo_json import to_json
from assistant.memo.pandoc_tree import Node, pandoc, title_of, titled
from assistant.memo.picture_blocks import with_pictures
from assistant.memo.typesetting import FONTS, typeset, typst_string
from assistant.memo.values import Memo
from assistant.pictures.choice import pictures_of_memo
from assistant.pictures.drawing import drawn
from assistant.pictures.picture import Kind, Picture
from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr

FORMATS = ("md", "docx", "pdf", "html", "json", "csv")
# What makes a spreadsheet read a cell as a formula, after white space that it skips; the second
# four are full-width characters. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff\"']*[=+\-@＝＋－＠]|[\t\r\n]")
# Point sizes of the styles that Pandoc uses.
_SIZES = {"Normal": 10.5, "Body Text": 10.5, "First Paragraph": 10.5, "Compact": 10.5,
          "Title": 18, "Heading 1": 13, "Heading 2": 11.5, "Source Note": 8.5}  # fmt: skip
_STYLE = """
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1a1d21; background: #fff;
  font: 1.05rem/1.6 Georgia, "Noto Serif CJK SC", serif; }
h1, h2 { line-height: 1.25; margin: 2rem 0 .6rem; }
header h1 { font-size: 1.7rem; } section h1, h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem;
  border-bottom: 1px solid #d9dde3; overflow-wrap: anywhere; }
a { color: #1f5fbf; }
.small { font-size: .85rem; color: #3f4650; }
@media (prefers-color-scheme: dark) { body { color: #e6e8eb; background: #16191d; }
  a { color: #8ab4f8; } .small { color: #b5bcc6; } th, td { border-color: #3a4048; }
  }
"""
_TYPST = """
#set page(paper: "a4", margin: (x: 2.2cm, y: 1.9cm), numbering: "1 / 1")
#set text(font: {fonts}, size: 10pt, lang: "{language}")
#set par(justify: false, leading: 0.55em, spacing: 0.9em)
#set document(title: {title})
#set table(stroke: (x, y) => (bottom: 0.4pt + luma(200)), inset: 4pt)
#show table: set text(size: 9pt)
#set list(spacing: 0.7em)
#show figure: set block(breakable: true)
#show heading: set block(above: 1.1em, below: 0.6em)
#show link: set text(fill: rgb("#1f5fbf"))
#let horizontalrule = line(length: 100%)
#align(left, text(size: 16pt, weight: "bold")[#{title}])

"""


def exported(memo: Memo, form: str) -> bytes:
    """Return the memo in one of FORMATS ("csv": its timeline); raises UsageError, BriefingError."""
    if form == "json":
        return to_json(memo).encode()
    if form == "csv":
        return timeline_csv(memo).encode()
    if form not in FORMATS:
        raise UsageError(f"no format {form!r}; use one of: {', '.join(FORMATS)}")
    makers = {"md": _markdown, "html": _html, "docx": _docx, "pdf": _pdf}
    try:
        return makers[form](memo)
    except (RuntimeError, OSError) as error:
        raise BriefingError(
            tr("the memo could not be written as {form}: {reason}", form=form, reason=error)
        ) from error


def format_of(path: Path) -> str:
    """Return the format that a file name asks for by its suffix; raises UsageError."""
    form = path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        known = ", ".join(f".{one}" for one in FORMATS)
        raise UsageError(f"no format for {path.name}; end it in {known}")
    return form


def timeline_csv(memo: Memo) -> str:
    """Return the timeline as CSV: date, event, citations, other dates given."""
    buffer = io.StringIO()
    # All quoted: a semicolon in a text must not begin a cell where that is the separator.
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(("date", "event", "citations", "other dates"))
    for one in memo.events:
        others = "; ".join(f"{date} [{number}]" for date, number in one.others)
        cells = (one.date, one.text, " ".join(f"[{number}]" for number in one.citations), others)
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return buffer.getvalue()


def _pictured(tree: Node, memo: Memo, address: Callable[[Picture], str] | None = None) -> Node:
    """Return a memo's document with its pictures; `address` returns where the image of one lies.

    Its timeline stands there as a table, whose dates lead to their sources: it is not drawn again.
    """
    pictures = [one for one in pictures_of_memo(memo) if one.kind != Kind.TIMELINE]
    images = {one.kind: address(one) for one in pictures if one.is_drawn} if address else {}
    return with_pictures(tree, memo, pictures, images)


def _converted(tree: Node, to: str, *arguments: str) -> str:
    made = pypandoc.convert_text(json.dumps(tree), to, format="json", extra_args=list(arguments))
    return str(made)


def _markdown(memo: Memo) -> bytes:
    return markdown_of(_pictured(titled(memo), memo)).encode()


def markdown_of(tree: Node) -> str:
    """Return a Pandoc document as Markdown; markup characters in its texts are escaped.

    Raises BriefingError.
    """
    try:
        return str(
            pypandoc.convert_text(
                json.dumps(tree), "gfm", format="json", extra_args=["--wrap=none"]
            )
        )
    except (RuntimeError, OSError) as error:
        raise BriefingError(f"the Markdown could not be written: {error}") from error


def plain_text(memo: Memo) -> str:
    """Return the memo as text without marks, for a mail; raises BriefingError."""
    try:
        return _converted(titled(memo), "plain", "--columns=78")
    except (RuntimeError, OSError) as error:
        raise BriefingError(
            tr("the memo could not be written as {form}: {reason}", form="text", reason=error)
        ) from error


def _html(memo: Memo) -> bytes:
    def address(picture: Picture) -> str:
        return f"data:image/svg+xml;base64,{base64.b64encode(drawn(picture, 'svg')).decode()}"

    with tempfile.TemporaryDirectory() as folder:
        style = Path(folder) / "style.html"
        style.write_text(f"<style>{_STYLE}</style>", encoding="utf-8")
        made = _converted(
            _pictured(pandoc(memo), memo, address), "html5", "--standalone",
            "--variable=document-css:false", "--wrap=none", f"--include-in-header={style}",
        )  # fmt: skip
    return made.encode()


def _docx(memo: Memo) -> bytes:
    with tempfile.TemporaryDirectory() as folder:

        def address(picture: Picture) -> str:
            image = Path(folder) / f"{picture.kind}.png"
            image.write_bytes(drawn(picture, "png"))
            return str(image)

        file = Path(folder) / "memo.docx"
        pypandoc.convert_text(
            json.dumps(_pictured(pandoc(memo), memo, address)),
            "docx",
            format="json",
            outputfile=str(file),
            extra_args=["--standalone"],
        )
        return _with_page_setup(file, memo)


def _with_page_setup(file: Path, memo: Memo) -> bytes:
    """Return the DOCX with what Pandoc does not set: page size, text sizes, title."""
    document = docx.Document(str(file))
    for section in document.sections:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(24)
        section.top_margin = section.bottom_margin = Mm(24)
        _number_pages(section.footer)
    for name, size in _SIZES.items():
        if name in document.styles:
            document.styles[name].font.size = Pt(size)
    document.core_properties.title = title_of(memo)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _number_pages(footer: Any) -> None:
    """Put the number of the page into the middle of a footer, as a field that Word fills."""
    paragraph = footer.paragraphs[0] if footer.paragraphs else footer.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _pdf(memo: Memo) -> bytes:
    with tempfile.TemporaryDirectory() as folder:

        def address(picture: Picture) -> str:
            name = f"{picture.kind}.svg"
            (Path(folder) / name).write_bytes(drawn(picture, "svg"))
            return name

        body = _converted(_pictured(pandoc(memo), memo, address), "typst", "--wrap=none")
        # Typst takes "pt" and not "pt-BR".
        language = memo.language.partition("-")[0]
        head = _TYPST.format(fonts=FONTS, title=typst_string(title_of(memo)), language=language)
        main = Path(folder) / "memo.typ"
        main.write_text(head + body, encoding="utf-8")
        return typeset(main, "pdf", memo.created)
