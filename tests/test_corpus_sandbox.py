"""A hostile file ends in a child process, with a reason, and the next one is read as ever."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus.errors import ReadError
from corpus.sandbox import Sandbox

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("own_readers")]

ROOT = Path(__file__).resolve().parent.parent
# What a parser that was taken over would do, in place of the reader of the child.
HOSTILE = """
import os, sys, time
sys.path.insert(0, {root!r})
import corpus.readers
from corpus.errors import ReadError

def read(descriptor, path, **part):
    word = path.name.split(".")[0]
    if word == "dies":
        os.abort()
    if word == "sleeps":
        time.sleep(60)
    if word == "spins":
        while True:
            pass
    if word == "eats":
        return [bytes(10_000_000) for _ in range(1_000)]
    if word == "lies":
        os.write(1, b"no JSON\\n"); os.write(out, b"no JSON\\n"); time.sleep(60)
    if word == "hangs up":
        os.closerange(1, 64); time.sleep(60)
    if word == "raises":
        raise ZeroDivisionError
    return real(descriptor, path, **part)

real, corpus.readers.read_open = corpus.readers.read_open, read
out = os.dup(1)
from corpus.sandbox_child import _serve
_serve(int(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start children whose reader does what the name of the file says."""
    script = tmp_path / "hostile.py"
    script.write_text(HOSTILE.format(root=str(ROOT)))
    start = subprocess.Popen

    def started(command: list[str], **options: object) -> object:
        return start([sys.executable, str(script), *command[3:]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", started)


def _files(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.write_text(f"This is the text of {path.stem}.")
    return paths


def _texts(sandbox: Sandbox, paths: list[Path]) -> list[str]:
    return [
        answer.reason if isinstance(answer, ReadError) else answer[0].text
        for _, answer in sandbox.read_many(paths)
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_files_come_back_in_the_order_given(tmp_path, workers):
    """Good and refused ones, with one child or with two."""
    names = [f"{number}.txt" for number in range(8)]
    paths = _files(tmp_path, *names)
    paths[3].write_text("")
    with Sandbox(workers=workers) as sandbox:
        texts = _texts(sandbox, paths)
    expected = [f"This is the text of {number}." for number in range(8)]
    expected[3] = "empty"
    assert texts == expected


def test_a_document_crosses_unharmed(tmp_path):
    """What the child read is what the parent gets, odd characters and all."""
    from corpus.readers import read

    path = tmp_path / "strange 模型 name.md"
    path.write_text("# Über 模型 🚀\n\nA text with “quotes” and a line.\n\n## Next\n\nMore of it.")
    with Sandbox() as sandbox:
        assert sandbox.read(path) == read(path)


@pytest.mark.parametrize(
    ("name", "reason", "limits"),
    [
        ("dies", "crashed", {}),
        ("sleeps", "too_slow", {"wall": 5.0}),
        ("spins", "too_slow", {"cpu": 2}),
        ("eats", "too_much_memory", {"memory": 500_000_000}),
        ("lies", "crashed", {}),
        ("hangs up", "crashed", {}),
        ("raises", "damaged", {}),
    ],
)
def test_the_file_after_a_hostile_one_is_read(tmp_path, hostile, name, reason, limits):
    """However a child ends, the reason is said and the next file gets a sound one."""
    paths = _files(tmp_path, "before.txt", f"{name}.txt", "after.txt")
    started = time.monotonic()
    with Sandbox(**limits) as sandbox:
        texts = _texts(sandbox, paths)
    assert texts == ["This is the text of before.", reason, "This is the text of after."]
    assert time.monotonic() - started < 50


def test_leaving_early_does_not_mix_up_answers(tmp_path):
    """A caller that stops in the middle gets, later, the file it asks for."""
    paths = _files(tmp_path, *(f"{number}.txt" for number in range(6)))
    with Sandbox() as sandbox:
        for _ in sandbox.read_many(paths):
            break
        assert sandbox.read(paths[5]).text == "This is the text of 5."


def test_no_child_outlives_its_sandbox(tmp_path):
    """Leaving the block ends the processes."""
    with Sandbox(workers=2) as sandbox:
        list(sandbox.read_many(_files(tmp_path, "a.txt", "b.txt")))
        pids = [child._process.pid for child in sandbox._children if child._process]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


ATTEMPTS = """
import ctypes, json, os, resource, socket, subprocess, sys
sys.path.insert(0, {root!r})
from corpus.confinement import confine
walls = confine(1_000_000_000, landlock={landlock}, filtered={filtered})
libc = ctypes.CDLL(None, use_errno=True)
def raw_socket():
    if libc.socket(2, 1, 0) < 0:
        raise OSError(ctypes.get_errno())
def memory():
    bytearray(1_500_000_000)
attempts = {{
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "socket": raw_socket,
    "fork": os.fork,
    "program": lambda: subprocess.run(["/bin/true"]),
    "write": lambda: open({target!r}, "w"),
    "delete": lambda: os.unlink({victim!r}),
    "kill": lambda: os.kill(os.getppid(), 0),
    "memory": memory,
    "home": lambda: open({victim!r}).read(),
    "environment": lambda: open(f"/proc/{{os.getppid()}}/environ").read(),
    "folder": lambda: os.listdir({folder!r}),
    "pipe": lambda: os.mkfifo({target!r}),
    "times": lambda: os.utime({victim!r}),
    "attribute": lambda: os.setxattr({victim!r}, "user.x", b"x"),
    "owner": lambda: os.lchown({victim!r}, 1, 1),
    "limits": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE),
    "pidfd": lambda: os.pidfd_open(os.getppid()),
    "root": lambda: os.chroot("/"),
}}
if not walls.filtered:
    # A fork that is let through would go on with this script.
    del attempts["fork"]
through = []
for name, attempt in attempts.items():
    try:
        attempt()
        through.append(name)
    except (OSError, MemoryError):
        pass
print(json.dumps([walls.filtered, walls.landlock, through]))
"""


# What Landlock alone leaves open: it closes files, and from version 6 on signals.
OPEN_TO_LANDLOCK = {
    "socket", "program", "times", "attribute", "owner", "limits", "pidfd", "root",
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="both walls are Linux's")
@pytest.mark.parametrize(
    ("landlock", "filtered"),
    [
        pytest.param(True, True, id="both walls"),
        pytest.param(False, True, id="a kernel without Landlock"),
        pytest.param(True, False, id="a kernel without the filter"),
    ],
)
def test_a_confined_process_can_do_nothing_but_read_and_answer(tmp_path, landlock, filtered):
    """No file but those handed over, no socket, no program, no signal, no memory past the limit."""
    (victim,) = _files(tmp_path, "victim.txt")
    script = ATTEMPTS.format(
        root=str(ROOT),
        target=str(tmp_path / "new"),
        victim=str(victim),
        folder=str(tmp_path),
        landlock=landlock,
        filtered=filtered,
    )
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, check=True, timeout=30, env={}
    )
    has_filter, version, through = json.loads(done.stdout)
    if (filtered and not has_filter) or (landlock and not filtered and version < 6):
        pytest.skip("this kernel has not got that wall")
    assert set(through) <= (set() if filtered else OPEN_TO_LANDLOCK)
    assert victim.exists()


def test_the_child_gets_no_environment_of_its_parent(tmp_path, monkeypatch):
    """A key in the environment is out of reach of a parser."""
    monkeypatch.setenv("EXAMPLE_API_KEY", "secret")
    seen: dict[str, str] = {}
    start = subprocess.Popen

    def started(*arguments: object, **options: object) -> object:
        seen.update(options["env"])  # type: ignore[call-overload]
        return start(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", started)
    with Sandbox() as sandbox:
        sandbox.read(_files(tmp_path, "a.txt")[0])
    assert seen and "EXAMPLE_API_KEY" not in seen


def test_a_missing_file_is_an_answer_like_any_other(tmp_path):
    """The reason crosses the pipe."""
    with Sandbox() as sandbox, pytest.raises(ReadError) as refused:
        sandbox.read(tmp_path / "nothing.txt")
    assert refused.value.reason == "missing"


def test_where_nothing_would_confine_a_child_none_is_started(tmp_path, monkeypatch):
    """On Windows a file is refused in a line that says what to do; each file of a folder alike."""
    monkeypatch.delattr(socket, "send_fds")
    monkeypatch.setattr(subprocess, "Popen", None)
    paths = _files(tmp_path, "a.txt", "b.txt")
    with Sandbox() as sandbox:
        with pytest.raises(ReadError, match="on Windows run this program in WSL"):
            sandbox.read(paths[0])
        assert _texts(sandbox, paths) == ["unsupported", "unsupported"]
