"""The command `briefing` run in this process: what it prints, and the code it ends with."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ui import cli


@dataclass(frozen=True)
class Done:
    """How a command ended; named as in subprocess, where a few tests run the same."""

    returncode: int
    stdout: str
    stderr: str


class Printed(io.TextIOWrapper):
    """A stream of text that keeps what it got, with the encoding of a terminal."""

    def __init__(self, text: str = "") -> None:
        super().__init__(io.BytesIO(text.encode()), encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]


def briefing_here(*args: str, cwd: Path, environment: dict[str, str], text: str = "") -> Done:
    """Run `briefing ARGS` as a terminal would, without the seconds that a process takes to start.

    `text` is what it reads from standard input.
    """
    out, err = Printed(), Printed()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["briefing", *args])
        patch.setattr(sys, "stdin", Printed(text))
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main()
    assert isinstance(ended.value.code, int)
    return Done(ended.value.code, out.text, err.text)
