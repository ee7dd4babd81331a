"""The data folder is private to its user: folders of mode 0700, files of mode 0600.

What a person asked and reads is nobody else's on a shared machine, and libraries that write for us
(Chroma, Tantivy, NumPy) make files as the umask has it.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

_LOG = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# All that a data folder holds; anything else in it says that the folder serves another purpose too.
_OURS = re.compile(
    r"\.?library\..*|writer\.lock|briefing\.log.*|originals|originals-cache|index|memos|models|"
    r"templates|uploads|\.restoring-.*|before-restore-.*|(?:engines|grades|themes|aliases)\.toml"
)


def private_folder(folder: Path) -> None:
    """Create a private folder, or make an existing one private; raises OSError.

    A disk that takes no writes, or an owner who is somebody else, leaves the mode as it is.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if open_to_others(folder):
        with suppress(OSError):
            folder.chmod(0o700)


def private_home(home: Path) -> None:
    """Make the data folder, or close it to others where it holds nothing but ours; raises OSError.

    A folder that holds other things too (a home folder, a shared one) keeps its mode: what is made
    in it is closed each by itself, and the log says so.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not open_to_others(home):
        return
    ours = home.stat().st_uid == os.geteuid()
    if ours and all(_OURS.fullmatch(one.name) for one in home.iterdir()):
        private_folder(home)
    if open_to_others(home):
        _LOG.warning("others may look into the data folder; it is not ours alone to close")


def open_to_others(place: Path) -> bool:
    """Say whether anybody but the owner may do anything with a file or folder.

    False on Windows, where the mode does not tell.
    """
    return os.name == "posix" and bool(place.stat().st_mode & _OTHERS)


def close_to_others(folder: Path) -> None:
    """Take what others may do from a folder and all below it; what has just gone is passed over."""
    for place in (folder, *folder.rglob("*")):
        with suppress(OSError):
            mode = place.lstat().st_mode
            if mode & _OTHERS and not stat.S_ISLNK(mode):
                place.chmod(stat.S_IMODE(mode) & ~_OTHERS)
