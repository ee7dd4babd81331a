"""Say what of the letters and digits of PDFs is in their texts, what was left out, what is lost.

    python -m benchmarks.pdf_text FOLDER [--lines N]

For each PDF below FOLDER: the letters and digits that pdfium gives on its pages, the share of them
that stands in the document's text, what was left out by kind, and the lines with letters that are
neither (N of a file at most, 20 without the option). Every letter is looked for in the text of its
page, or of the next or the one before since sentences go on overleaf, and is found but once: a
line stands there whole, or in pieces, the longest first. Nothing of the reader's own counting is
used but the texts that it says it left out. Ends with 1 where something is lost.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import pypdfium2

from corpus.limits import DEFAULT_LIMITS
from corpus.readers.blocks import visible
from corpus.readers.pdf import read_with_left_out

BREAK = "\n"


@dataclass(frozen=True)
class Ledger:
    """Where the letters of a PDF went: in the text, left out by kind, lost with their lines."""

    letters: int
    left: Counter[str]
    lost: tuple[tuple[int, str, str], ...]

    @property
    def gone(self) -> int:
        """How many letters are lost."""
        return sum(len(letters) for _, _, letters in self.lost)


def ledger(data: bytes) -> Ledger:
    """Return the ledger of a PDF. Raises ReadError where it cannot be read."""
    document, account = read_with_left_out(data, "", DEFAULT_LIMITS)
    stops = pairwise([*document.page_starts, len(document.text)])
    rest = [_folded(document.text[start:end]) for start, end in stops]
    left: list[dict[str, str]] = [{} for _ in rest]
    for one in account:
        there = left[one.page]
        there[one.kind] = f"{there.get(one.kind, BREAK)}{_folded(one.text)}{BREAK}"
    pages = [Counter[str](page) for page in rest]
    kinds = Counter[str]()
    for one in account:
        pages[one.page].update(_folded(one.text))
        kinds[one.kind] += len(_folded(one.text))
    lines = [(page, line, _folded(line)) for page, line in _lines(data)]
    # What is accounted for as a line, then whole lines, the longest first, then the pieces of the
    # others: so that "6" takes no figure out of a line that is whole.
    waiting = [one for one in lines if not _accounted(one[2], left[one[0]])]
    waiting.sort(key=lambda one: -len(one[2]))
    waiting = [one for one in waiting if not _taken(one[2], one[0], rest, left[one[0]])]
    for page, _, folded in lines:
        pages[page].subtract(folded)
    # A page that has each letter as often as its text and its account lost none, whatever line
    # of the next page took one.
    rests = [
        (page, line, _in_pieces(folded, page, rest, left[page], least=4))
        for page, line, folded in waiting
    ]
    lost = [
        (page + 1, line.strip(), missing)
        for page, line, pieces in rests
        for piece in pieces
        if any(pages[page].values())
        and (missing := "".join(_in_pieces(piece, page, rest, left[page], least=1)))
    ]
    letters = sum(len(folded) for _, _, folded in lines)
    return Ledger(letters, kinds, tuple(sorted(lost)))


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield the lines with letters that pdfium gives, with their 0-based pages."""
    pdf = pypdfium2.PdfDocument(data)
    for number in range(len(pdf)):
        for line in pdf[number].get_textpage().get_text_range().splitlines():
            if _folded(line):
                yield number, line


def _folded(text: str) -> str:
    """Return the letters and digits of a text as they are compared."""
    plain = unicodedata.normalize("NFKD", visible(text))
    return "".join(filter(str.isalnum, plain))


def _accounted(line: str, left: dict[str, str]) -> bool:
    """Take a line out of the account that is there as one; say whether it was."""
    for kind, text in left.items():
        if (at := text.find(f"{BREAK}{line}{BREAK}")) >= 0:
            left[kind] = text[:at] + text[at + len(line) + 1 :]
            return True
    return False


def _taken(piece: str, page: int, rest: list[str], left: dict[str, str]) -> bool:
    """Take letters out of what is left of the text or of the account; say whether they were."""
    if not _out_of(rest, page, piece):
        for kind, text in left.items():
            if (at := text.find(piece)) >= 0:
                left[kind] = f"{text[:at]}{BREAK}{text[at + len(piece) :]}"
                return True
        return _out_of(rest, page + 1, piece) or _out_of(rest, page - 1, piece)
    return True


def _out_of(rest: list[str], page: int, piece: str) -> bool:
    if not 0 <= page < len(rest) or (at := rest[page].find(piece)) < 0:
        return False
    rest[page] = f"{rest[page][:at]}{BREAK}{rest[page][at + len(piece) :]}"
    return True


def _in_pieces(
    line: str,
    page: int,
    rest: list[str],
    left: dict[str, str],
    *,
    least: int,
) -> list[str]:
    """Take the letters of a line in pieces of `least` letters or more; return those between."""
    places = chain(rest[max(0, page - 1) : page + 2], left.values())
    around = BREAK.join(places)
    missing, at = [""], 0
    while at < len(line):
        low, high = 0, len(line) - at
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if line[at : at + middle] in around else (low, middle - 1)
        while low >= least and not _taken(line[at : at + low], page, rest, left):
            low -= 1
        if low >= least:
            missing.append("")
            at += low
        else:
            missing[-1] += line[at]
            at += 1
    return [piece for piece in missing if piece]


def main() -> int:
    """Print the ledgers; return 1 where letters are lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=20)
    asked = parser.parse_args()
    letters, kinds, gone = 0, Counter[str](), 0
    for path in sorted(asked.folder.rglob("*.pdf")):
        one = ledger(path.read_bytes())
        left = sum(one.left.values())
        kept = (one.letters - left - one.gone) / max(1, one.letters)
        of = ", ".join(f"{count:,} {kind}" for kind, count in one.left.most_common())
        print(f"{path.name}: {one.letters:,} letters, {kept:.2%} in the text, left out {of or 0}")
        for page, line, missing in one.lost[: asked.lines]:
            print(f"    lost on page {page}: {missing!r} of {line!r}")
        if len(one.lost) > asked.lines:
            print(f"    and of {len(one.lost) - asked.lines} more lines")
        letters, kinds, gone = letters + one.letters, kinds + one.left, gone + one.gone
    of = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    share = 1 - gone / max(1, letters - kinds.total())
    print(f"in all: {letters:,} letters; left out {of or 0}; {share:.4%} of the others in the text")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
