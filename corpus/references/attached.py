"""Where the files lie that a reference names: below a folder that the user named, and nowhere else.

A list of references comes from others, and could name any file of this machine: a key, a mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
# What a list says of a file's kind behind its path ("application/pdf", "PDF").
_KIND = re.compile(r"[a-z]+/[\w.+-]+|pdf|html?|epub|docx?|txt|text|url|", re.IGNORECASE)
# What is read first of several files of one reference.
_PREFERRED = (".pdf", ".docx", ".html", ".htm")


def paths_in(value: str) -> tuple[str, ...]:
    r"""Return the paths in a `file` field of BibTeX, as Zotero, Better BibTeX and JabRef write it.

    "Full Text:C\:\\a\\b.pdf:application/pdf;Snapshot:files/1/b.html:text/html" are two, as are
    "/a/b.pdf;/a/b.html" and ":b.pdf:PDF".
    """
    found = []
    for one in re.split(r"(?<!\\);", value):
        parts = [_unescaped(part) for part in re.split(r"(?<!\\):", one.strip())]
        # A drive letter whose colon was not escaped.
        for place in range(len(parts) - 1):
            if re.fullmatch(r"[A-Za-z]", parts[place]) and parts[place + 1][:1] in ("\\", "/"):
                parts[place : place + 2] = [f"{parts[place]}:{parts[place + 1]}"]
                break
        if len(parts) > 1 and _KIND.fullmatch(parts[-1].strip()):
            parts.pop()
        if len(parts) > 1 and not parts[0].startswith(("/", "file")):
            parts.pop(0)
        if path := ":".join(parts).strip():
            found.append(path)
    return tuple(dict.fromkeys(found))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([:;\\{}_&#$%~ ])", r"\1", text)


def attached_file(files: Sequence[str], folders: Sequence[Path]) -> Path | None:
    r"""Return the one file to read of those that a reference names; None where none is there.

    Only what lies in one of `folders` counts, links followed. A path of another machine is looked
    for by its end: "C:\Users\x\storage\KEY\a.pdf" is found as "storage/KEY/a.pdf" or
    "KEY/a.pdf" there, or as "a.pdf".
    """
    there = [found for one in files if (found := _below(one, folders))]
    for suffix in _PREFERRED:
        for one in there:
            if one.suffix.lower() == suffix:
                return one
    return there[0] if there else None


def _below(stated: str, folders: Sequence[Path]) -> Path | None:
    parts = _parts(stated)
    for folder in folders:
        root = folder.resolve()
        for first in range(len(parts)):
            try:
                found = root.joinpath(*parts[first:]).resolve(strict=True)
            except (OSError, ValueError, RuntimeError):
                continue
            if found.is_file() and found.is_relative_to(root):
                return found
    return None


def _parts(stated: str) -> tuple[str, ...]:
    """Return the names along a path, without root, drive and steps up."""
    text = stated.strip().removeprefix("storage:")
    if re.match(r"^file:", text, re.IGNORECASE):
        try:
            text = re.sub(r"^/(?=[A-Za-z]:)", "", unquote(urlsplit(text).path))
        except ValueError:
            return ()
    elif re.match(r"^[a-z][a-z0-9+.-]+://", text, re.IGNORECASE):
        return ()
    windows = bool(_DRIVE.match(text)) or "\\" in text
    path = PureWindowsPath(text) if windows else PurePosixPath(text)
    names = path.parts[1:] if path.anchor else path.parts
    return tuple(one for one in names if one not in ("..", ".", "~"))


__all__ = ["attached_file", "paths_in"]
