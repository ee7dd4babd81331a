"""Keys that are typed into the page: written into `engines.toml`, which its user alone may read.

The file is the user's: whatever else stands in it, comments too, stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import threading
import tomllib
from pathlib import Path

from assistant.models.engine_config_file import FILE
from assistant.models.model_preferences import temporary_beside
from corpus.errors import StorageError, UsageError
from corpus.i18n import tr
from corpus.redaction import hide

# Signs that can be seen: a key is pasted, and what is pasted with it would be refused elsewhere.
_KEY = re.compile(r"[\x21-\x7e]{8,400}")
_HEADER = re.compile(r"\s*\[\s*keys\s*\]\s*(?:#.*)?")
# Two windows may keep a key at once; each write starts from the file as it is.
_LOCK = threading.Lock()


def keep_key(home: Path, name: str, key: str) -> None:
    """Write the key of an engine kind, or of an address, into the file of a data folder.

    Raises UsageError, StorageError; no message holds the key.
    """
    key = key.strip()
    hide(key)
    if not _KEY.fullmatch(key):
        raise UsageError(
            tr(
                "this is no key: it has 8 to 400 letters, digits and signs and no spaces; copy it "
                "again from where you got it"
            )
        )
    _rewrite(home / FILE, name, key)


def remove_key(home: Path, name: str) -> None:
    """Take the key of an engine kind, or of an address, out of the file; see keep_key."""
    _rewrite(home / FILE, name, "")


def without_keys(text: str) -> str | None:
    """Return the text of the file without its keys; None where they cannot be told from it."""
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    lines = text.splitlines()
    kept: list[str] = []
    within = False
    for line in lines:
        if line.lstrip().startswith("["):
            within = bool(_HEADER.fullmatch(line))
        if not within:
            kept.append(line)
    after = "".join(f"{line}\n" for line in kept)
    wanted = {name: value for name, value in before.items() if name != "keys"}
    # A comment may hold an old key.
    values = [str(one) for one in before.get("keys", {}).values()]
    told = _says(after, wanted) and not any(one and one in after for one in values)
    return after if told else None


def _rewrite(file: Path, name: str, key: str) -> None:
    with _LOCK:
        # A link to a file elsewhere stays a link.
        file = file.resolve()
        try:
            text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
        except (OSError, ValueError) as error:
            raise _by_hand(file) from error
        try:
            before = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            # Not chained: the line that is wrong may hold a key.
            raise _by_hand(file) from None
        keys = before.get("keys", {})
        wanted = {one: value for one, value in keys.items() if one != name}
        if key:
            wanted[name] = key
        after = _with_key(text, name, key)
        if not _says(after, {**before, "keys": wanted}):
            raise _by_hand(file)
        _replace(file, after)


def _with_key(text: str, name: str, key: str) -> str:
    """Return the text of a file with the line of a key changed, added or ("") taken out."""
    line = f"{json.dumps(name)} = {json.dumps(key)}"
    lines = text.splitlines()
    begin = next((at for at, one in enumerate(lines) if _HEADER.fullmatch(one)), None)
    if begin is None:
        return "\n".join([*lines, *[""] * bool(lines), "[keys]", *[line] * bool(key)]) + "\n"
    rest = range(begin + 1, len(lines))
    end = next((at for at in rest if lines[at].lstrip().startswith("[")), len(lines))
    kept = [one for one in lines[begin + 1 : end] if not _is_of(one, name)]
    return "\n".join([*lines[: begin + 1], *[line] * bool(key), *kept, *lines[end:]]) + "\n"


def _is_of(line: str, name: str) -> bool:
    try:
        return set(tomllib.loads(line)) == {name}
    except tomllib.TOMLDecodeError:
        return False


def _says(text: str, wanted: dict[str, object]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _replace(file: Path, text: str) -> None:
    """Write the file anew, readable by its user alone from its first byte on."""
    try:
        with temporary_beside(file) as made:
            opened = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            made.replace(file)
    except OSError as error:
        raise StorageError(
            tr("cannot write {file} ({reason})", file=file, reason=error.strerror or error)
        ) from None


def _by_hand(file: Path) -> UsageError:
    return UsageError(
        tr("{file} cannot be changed from here; correct it, or write the key by hand", file=file)
    )
