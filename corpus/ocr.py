"""Words of scanned pages by Tesseract, an outside program that runs in a process with limits.

The page is rendered in the sandbox (corpus.sandbox) and comes out as bare pixels, so that no image
parser meets untrusted data. Tesseract reads its own files and so cannot run in
that child; it runs under limits of memory and time instead, and what it says comes back as words.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import mean, median

INSTALL = (
    "apt install tesseract-ocr, brew install tesseract or winget install UB-Mannheim.TesseractOCR"
)
# What is tried where it is installed, and the model that tells which way up a page lies.
_LANGUAGES = ("eng", "chi_sim")
_UPRIGHT = "osd"
# For one page: by the clock, of the processor, and of address space. An A4 page of dense print took
# 2 to 6 seconds and 0.4 GB on one core.
_SECONDS = 90.0
_PROCESSOR = 80
_MEMORY = 3_000_000_000
# Of 100: lines of which Tesseract is less sure are the grain of a picture.
_SURE = 30.0
# Tesseract puts a space between the signs of Chinese words.
_BETWEEN_SIGNS = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+(?=[\u3000-\u9fff\uff00-\uffef])")


@dataclass(frozen=True, slots=True)
class Scan:
    """A page as it is drawn: its size in pixels, pixels a point, a byte of grey for each pixel."""

    width: int
    height: int
    scale: float
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A recognised line: its words with their left and right ends, its foot and height, in points.

    `base` counts upwards from the lower edge of the page.
    """

    words: tuple[tuple[str, float, float], ...]
    base: float
    size: float

    @property
    def text(self) -> str:
        """The words as one line."""
        return _BETWEEN_SIGNS.sub("", " ".join(word for word, _, _ in self.words))


def installed() -> bool:
    """Say whether Tesseract is there with a language that is read."""
    return bool(_languages(shutil.which("tesseract") or ""))


def advice() -> str:
    """Return in a line how the pages without text of a document can be read."""
    if installed():
        return "pages without text can be read by OCR: briefing add --ocr FILE"
    return f"to read pages without text install Tesseract ({INSTALL}): briefing add --ocr FILE"


def recognise(scan: Scan) -> list[Row]:
    """Return the lines on a page in reading order; none where Tesseract fails or takes too long."""
    program = shutil.which("tesseract") or ""
    languages = [one for one in _languages(program) if one != _UPRIGHT]
    if not languages or len(scan.pixels) != scan.width * scan.height:
        return []
    layout = "1" if _UPRIGHT in _languages(program) else "3"
    dots = str(round(72 * scan.scale))
    picture = b"P5 %d %d 255\n" % (scan.width, scan.height) + scan.pixels
    said = _run([program, "stdin", "stdout", "-l", "+".join(languages), "--dpi", dots,
                 "--psm", layout, "tsv"], picture)  # fmt: skip
    try:
        return _normalise_sizes(list(_rows(said, scan)))
    except (ValueError, IndexError):
        # Not the table that it writes.
        return []


@cache
def _languages(program: str) -> tuple[str, ...]:
    """Return which of the languages that are read, and of the finder of up, a Tesseract has."""
    said = _run([program, "--list-langs"], b"") if program else ""
    there = {line.strip() for line in said.splitlines()}
    found = tuple(one for one in _LANGUAGES if one in there)
    return (*found, *({_UPRIGHT} & there)) if found else ()


def _run(command: list[str], picture: bytes) -> str:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "LC_ALL": "C.UTF-8",
                "OMP_THREAD_LIMIT": "1",
                **{name: os.environ[name] for name in ("TESSDATA_PREFIX",) if name in os.environ},
            },
            start_new_session=True,
        )
    except OSError:
        return ""
    with process:
        _limit(process.pid)
        try:
            said, _ = process.communicate(picture, timeout=_SECONDS)
        except (subprocess.TimeoutExpired, OSError):
            return ""
        finally:
            process.kill()
    return said.decode("utf-8", "replace") if process.returncode == 0 else ""


def _limit(process: int) -> None:
    """Bound a process that waits for its picture; other systems than Linux have the clock alone."""
    if sys.platform != "linux":
        return
    import resource

    for kind, value in ((resource.RLIMIT_CPU, _PROCESSOR), (resource.RLIMIT_AS, _MEMORY)):
        try:
            resource.prlimit(process, kind, (value, value))
        except (ProcessLookupError, PermissionError, ValueError):
            # It has ended, or stands under a lower bound.
            continue


def _rows(said: str, scan: Scan) -> Iterator[Row]:
    """Yield the lines of Tesseract's table; raises ValueError, IndexError where it is none."""
    words: list[tuple[str, float, float]] = []
    sure: list[float] = []
    foot = height = 0.0
    for line in [*said.splitlines()[1:], "4"]:
        fields = line.split("\t")
        if fields[0] == "4":
            if words and mean(sure) >= _SURE:
                yield Row(tuple(words), (scan.height - foot) / scan.scale, height / scan.scale)
            words, sure = [], []
            if len(fields) > 9:
                height = float(fields[9])
                foot = float(fields[7]) + height
        elif fields[0] == "5" and len(fields) > 11 and fields[11].strip():
            left = float(fields[6]) / scan.scale
            words.append((fields[11].strip(), left, left + float(fields[8]) / scan.scale))
            sure.append(float(fields[10]))


def _normalise_sizes(rows: list[Row]) -> list[Row]:
    """Return lines of one size, but for those that are set larger, and in order down the page.

    The box of a line is as high as its highest letter, which says little of the size of its type. A
    page that lay on its side has boxes that stand upright: its lines go one below the other.
    """
    if not rows:
        return []
    upright = [one for one in rows if len(one.words) > 2]
    lying = sum(one.words[-1][2] - one.words[0][1] < one.size for one in upright)
    if upright and lying > len(upright) / 2:
        return [
            Row(tuple((word, 0.0, 0.0) for word, _, _ in one.words), 12.0 * (len(rows) - at), 10.0)
            for at, one in enumerate(rows)
        ]
    usual = median(one.size for one in rows)
    return [
        Row(one.words, one.base, one.size if one.size > 1.45 * usual else usual) for one in rows
    ]
