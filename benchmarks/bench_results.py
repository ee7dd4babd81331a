"""What `make bench` measured, kept in docs/benchmarks.json: the tables are made of it."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measured_process import machine

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docs" / "benchmarks.json"


class Results:
    """The figures of each part, with the day, the machine and the version they were measured on.

    A part that is run again takes the place of what it measured before; the others stay.
    """

    def __init__(self, file: Path = FILE) -> None:
        """Read what was measured before, if anything."""
        self._file = file
        self.parts: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}

    def keep(self, part: str, figures: Any) -> None:
        """Put in what a part measured, and write the file."""
        self.parts[part] = {
            "measured": date.today().isoformat(),
            "version": _version(),
            "machine": machine(),
            "figures": figures,
        }
        self._file.write_text(json.dumps(self.parts, indent=1) + "\n")

    def get(self, *path: str) -> Any:
        """Return what stands at a path of keys, the part first; None where nothing does."""
        part, *keys = path
        found = self.parts.get(part, {}).get("figures")
        for key in keys:
            if not isinstance(found, dict):
                return None
            found = found.get(key)
        return found


def _version() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
