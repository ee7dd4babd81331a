"""A drawn page shows the quoted words exactly: the letters under the marks are the quote's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as raw
import pytest

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.page_images import Box, PageRenderer
from corpus.readers import read
from corpus.readers.pdf_drawing import letters_of
from corpus.sentences import sentences
from tests.papers import two_columns

LEFT = (
    "The harbour of Lund handled 4,800 ships in 2023. Its director is Berg, who came from Malmo. "
    "A new quay for container ships was opened in the spring of that year."
)
RIGHT = (
    "The railway behind the harbour carries ore. In winter the ice closes the outer basin for "
    "some six weeks, and the ore waits in the yard until the pilots can work again."
)


@pytest.fixture(scope="module")
def drawer() -> Iterator[PageRenderer]:
    drawer = PageRenderer()
    yield drawer
    drawer.close()


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    """A page with two columns and a second page."""
    second = "The second page tells of the lighthouse, which was built in 1901."
    return two_columns(tmp_path / "harbour.pdf", LEFT, RIGHT, second)


def under(path: Path, number: int, boxes: tuple[Box, ...]) -> str:
    """Return the letters of a page whose middle lies in one of the boxes, found by place alone."""
    pdf = pypdfium2.PdfDocument(path)
    page = pdf[number - 1]
    textpage = page.get_textpage()
    found = []
    x, y = raw.c_int(), raw.c_int()
    for place in range(textpage.count_chars()):
        left, bottom, right, top = textpage.get_charbox(place)
        raw.FPDF_PageToDevice(
            page, 0, 0, 10**6, 10**6, 0, (left + right) / 2, (bottom + top) / 2, x, y
        )
        across, down = x.value / 10**6, y.value / 10**6
        if any(
            box.left <= across <= box.left + box.width and box.top <= down <= box.top + box.height
            for box in boxes
        ):
            found.append(chr(raw.FPDFText_GetUnicode(textpage, place)))
    pdf.close()
    # Letters of formulas beyond U+FFFF come in two halves.
    whole = "".join(found).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return letters_of(whole)


def quote_at(document: Document, words: str) -> tuple[int, int]:
    start = document.text.index(words)
    return start, start + len(words)


@pytest.mark.parametrize(
    "words", ["Its director is Berg, who came from Malmo.", "the ice closes the outer basin"]
)
def test_words_in_two_columns_are_marked_where_they_stand(
    drawer: PageRenderer, columns: Path, words: str
) -> None:
    """A quote over a line end has a box a line, in its own column."""
    document = read(columns)
    start, end = quote_at(document, words)
    picture = drawer.picture(columns, document, 1, start=start, end=end)
    assert under(columns, 1, picture.boxes) == letters_of(words) and picture.found == 1
    assert picture.pages == 2 and picture.image[8:12] == b"WEBP" and not picture.rest
    in_left = all(box.left + box.width < 0.5 for box in picture.boxes)
    in_right = all(box.left > 0.5 for box in picture.boxes)
    assert in_left if words in LEFT else in_right


def test_a_quote_is_not_marked_on_a_page_it_is_not_on(drawer: PageRenderer, columns: Path) -> None:
    """The next page is drawn without marks; a page that is not there is refused in words."""
    document = read(columns)
    start, end = quote_at(document, "Its director is Berg")
    assert drawer.picture(columns, document, 2, start=start, end=end).boxes == ()
    with pytest.raises(ReadError, match="there is no page 3"):
        drawer.picture(columns, document, 3)


def test_a_quote_that_goes_on_overleaf_says_so(drawer: PageRenderer, columns: Path) -> None:
    """Each page has its part of it."""
    document = read(columns)
    start = document.text.index("until the pilots")
    end = document.text.index("tells of") + len("tells of")
    first = drawer.picture(columns, document, 1, start=start, end=end)
    second = drawer.picture(columns, document, 2, start=start, end=end)
    assert first.rest and not second.rest
    assert under(columns, 2, second.boxes) == letters_of("The second page tells of")


def test_what_is_no_pdf_is_refused_in_words(drawer: PageRenderer, tmp_path: Path) -> None:
    """The page then shows the text."""
    file = tmp_path / "broken.pdf"
    file.write_bytes(b"%PDF-1.7 nothing more")
    with pytest.raises(ReadError, match="cannot be drawn"):
        drawer.picture(file, Document(Source("Broken", "broken.pdf"), "text", (0,)), 1)


@pytest.mark.slow
def test_passages_of_real_pdfs_are_marked_exactly(drawer: PageRenderer, documents: Path) -> None:
    """Of 40 passages over 12 PDFs, chosen by a fixed seed, 97 in 100 have their very letters."""
    chance = random.Random(20261127)
    files = chance.sample(sorted((documents / "pdf").glob("*.pdf")), 12)
    documents_of = [read(file) for file in files]
    exact = 0
    for number in range(40):
        file, document = files[number % 12], documents_of[number % 12]
        spans = [one for one in sentences(document.text) if one[1] - one[0] > 60]
        start, end = chance.choice(spans)
        page = document.page_at(start) or 1
        picture = drawer.picture(file, document, page, start=start, end=end)
        after = document.page_starts[page] if page < len(document.page_starts) else end
        # The bars between the cells of a row are ours.
        wanted = letters_of(document.text[start : min(end, after)]).replace("|", "")
        exact += sorted(under(file, page, picture.boxes)) == sorted(wanted)
    assert exact >= 39
