"""The log says what happened and where, and neither what was asked nor any key."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus import log, redaction
from corpus.errors import LibraryDamaged, ReadError
from corpus.log import Failure, last_failures, log_name, logging_to, write_problem
from corpus.redaction import hide, redacted

ROOT = Path(__file__).parent.parent
LOG = logging.getLogger("corpus.example")
QUESTION = "How many zebras did the harbour master of Lund hide?"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What one test hides is not hidden from the next."""
    monkeypatch.setattr(redaction, "_known", frozenset())
    monkeypatch.setattr(redaction, "_pattern", None)
    yield


def written(home: Path) -> str:
    return (home / "briefing.log").read_text(encoding="utf-8")


def fail(raises: Callable[[], None]) -> None:
    try:
        raises()
    except Exception:  # reason: whatever was raised is to be logged
        LOG.exception("it failed")


def deep() -> None:
    try:
        raise KeyError(QUESTION)
    except KeyError as error:
        raise LibraryDamaged(f"the library refused {QUESTION!r}") from error


def grouped() -> None:
    raise ExceptionGroup(
        QUESTION, [ValueError(QUESTION), OSError(errno.ENOSPC, QUESTION, QUESTION)]
    )


@pytest.mark.parametrize("raises", [deep, grouped])
def test_an_exception_is_logged_with_its_stack_and_without_its_words(
    tmp_path: Path, raises: Callable[[], None]
) -> None:
    """An exception may quote a question or a passage; where and what kind it was says enough."""
    with logging_to(tmp_path):
        fail(raises)
    text = written(tmp_path)
    assert "zebras" not in text and "Traceback" not in text
    assert f"in {raises.__name__}" in text and "tests/test_corpus_log.py" in text
    kinds = ("KeyError", "LibraryDamaged") if raises is deep else ("ValueError", "No space left")
    assert all(kind in text for kind in kinds)


def test_what_an_error_knows_of_itself_stands_in_its_line(tmp_path: Path) -> None:
    """The code of a reason, a number of the system: none of them quotes anything."""

    def unreadable() -> None:
        raise ReadError("too_large", f"{QUESTION} has more than 1,000 pages")

    with logging_to(tmp_path):
        fail(unreadable)
    (one,) = last_failures(tmp_path)
    assert one.where == "corpus.example"
    assert one.line.startswith("it failed: ReadError (too_large) at tests/test_corpus_log.py:")


def test_verbose_writes_the_words_and_still_no_key(tmp_path: Path) -> None:
    """At the level of debugging the words are wanted; a key is not, wherever it stands."""
    whole = "correct horse battery staple"
    hide(whole)

    def refused() -> None:
        raise ValueError(f"{QUESTION}: {whole}, or {whole[:16]}***, refused")

    with logging_to(tmp_path, "debug"):
        fail(refused)
        LOG.debug("a step with %s", whole)
    text = written(tmp_path)
    assert "zebras" in text and "a step with …" in text
    assert not any(part in text.replace("{whole", "") for part in (whole[:8], "horse", "ba***"))


def test_below_verbose_steps_are_not_written(tmp_path: Path) -> None:
    """The level given is the level kept, and what it was before comes back."""
    before = LOG.getEffectiveLevel()
    with logging_to(tmp_path, "warning"):
        LOG.info("an addition")
        LOG.warning("a warning")
    assert "a warning" in written(tmp_path) and "an addition" not in written(tmp_path)
    assert LOG.getEffectiveLevel() == before
    assert not [one for one in logging.getLogger().handlers if isinstance(one, log._SharedFile)]


def test_other_libraries_are_named_and_not_quoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows what they put into their messages; the terminal is spared them too."""
    theirs = logging.getLogger("chatty.client")
    with logging_to(tmp_path):
        theirs.warning("posted %s", QUESTION)
        theirs.info("not even this")
    with logging_to(tmp_path, "debug"):
        theirs.warning("posted again %s", QUESTION)
    first, second = written(tmp_path).splitlines()
    assert "chatty.client: a message from test_corpus_log.py:" in first and "zebras" not in first
    assert "posted again How many zebras" in second
    assert capsys.readouterr().err == ""


KEYS = {
    "a key that is known": ("Zq7-PLAIN-word", "the server said Zq7-PLAIN-word", "Zq7"),
    "quoted in JSON": ('a"b\\c-secret', '{"key": "a\\"b\\\\c-secret"}', "c-secret"),
    "in an address": ("a/b+c=d e", "GET /v1?key=a%2Fb%2Bc%3Dd%20e HTTP", "%2Bc%3Dd"),
    "of a provider": ("", "Incorrect API key: sk-proj-12345678abcd.", "12345678"),
    "cut with stars": ("", "Incorrect API key provided: sk-pr***9xyz", "9xyz"),
    "in a header": ("", "{'Authorization': 'Bearer abc.def-ghi'}", "abc.def"),
    "as a setting": ("", 'api_key="plainword", model="x"', "plainword"),
    "of a proxy": ("", "http://me:hunter2@proxy.example:3128/", "hunter2"),
    "a signed token": ("", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.SflKxw", "SflKxw"),
    "a long run": ("", "key 0123456789abcdef0123456789abcdef ends", "0123456789abcdef"),
}


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_taken_out_in_every_form(key: str) -> None:
    """Known ones as they are and as others write them, unknown ones by what they look like."""
    known, text, canary = KEYS[key]
    hide(known)
    assert canary in text and canary not in redacted(text)


def test_words_that_are_no_keys_stay() -> None:
    """Paths, names of files and lines of code are what a log is read for."""
    hide("", "abc")
    for text in (
        'File "/home/someone/projects/briefing-assistant/assistant/models/running.py", line 3',
        "Export-controls-on-advanced-semiconductors-2022-2026.pdf: too_large",
        "token_starts = self.token_codes(document_id)",
        "abc and 4,800 ships at http://127.0.0.1:8080/v1",
    ):
        assert redacted(text) == text


def test_keys_of_the_environment_are_known_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever calls itself a key, a token or a password is one."""
    monkeypatch.setenv("SOMEBODYS_API_KEY", "mellon-says-the-door")
    with logging_to(tmp_path, "debug"):
        LOG.info("said mellon-says-the-door")
    assert "mellon" not in written(tmp_path)


def test_no_text_can_look_like_a_record(tmp_path: Path) -> None:
    """A file's name may hold a line end, a cursor's way or half a character; a line stays one."""
    forged = "a.pdf\n2026-01-01T00:00:00.000Z ERROR   1 ui.backend: forged\x1b[2K\u202e\udc80"
    with logging_to(tmp_path):
        LOG.info("refused: %s", forged)
    assert len(written(tmp_path).splitlines()) == 1 and "\\n2026" in written(tmp_path)
    assert last_failures(tmp_path) == []


def test_the_file_is_for_its_owner_and_rotates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0600 whatever it was before; a few files of bounded size, the newest errors in them."""
    monkeypatch.setattr(log, "_SIZE", 4_000)
    (tmp_path / "briefing.log").write_text("")
    (tmp_path / "briefing.log").chmod(0o666)
    with logging_to(tmp_path):
        for number in range(400):
            LOG.error("failure %d of many, each with enough words for a line", number)
    files = sorted(tmp_path.glob("briefing.log*"))
    assert [one.name for one in files] == [
        "briefing.log", "briefing.log.1", "briefing.log.2", "briefing.log.3", "briefing.log.lock",
    ]  # fmt: skip
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in files)
    assert all(one.stat().st_size <= 4_000 for one in files)
    shown = [one.line.split()[1] for one in last_failures(tmp_path)]
    assert shown == ["395", "396", "397", "398", "399"]


WRITER = """
import logging, sys
from pathlib import Path
from corpus import log
log._SIZE, log._KEPT = 200_000, 50
with log.logging_to(Path(sys.argv[1])):
    for number in range(300):
        logging.getLogger("corpus.writer").info("%s says %d %s", sys.argv[2], number, "-" * 700)
"""


@pytest.mark.process
def test_processes_and_threads_write_whole_lines_into_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes and four threads, rotating as they go: no line is lost or torn."""
    monkeypatch.setattr(log, "_SIZE", 200_000)
    monkeypatch.setattr(log, "_KEPT", 50)
    others = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), f"process{number}"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for number in range(2)
    ]

    def write(name: str) -> None:
        for number in range(300):
            LOG.info("%s says %d %s", name, number, "-" * 700)

    with logging_to(tmp_path):
        threads = [threading.Thread(target=write, args=(f"thread{n}",)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(120)
        assert [one.wait(120) for one in others] == [0, 0]
    files = [one for one in tmp_path.glob("briefing.log*") if not one.name.endswith(".lock")]
    lines = [line for one in files for line in one.read_text().splitlines()]
    assert len(files) > 1 and all(line.endswith("-" * 700) for line in lines)
    said = [tuple(line.split(" says ")[0].split()[-1:] + line.split()[-2:-1]) for line in lines]
    assert len(said) == 1800 and len(set(said)) == 1800


def refused_folder(home: Path) -> None:
    (home / "briefing.log").mkdir()


def refused_pipe(home: Path) -> None:
    os.mkfifo(home / "briefing.log")


def refused_link(home: Path) -> None:
    (home / "briefing.log").symlink_to(home / "elsewhere")


@pytest.mark.parametrize("spoil", [refused_folder, refused_pipe, refused_link])
def test_a_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands in its place is left alone, nothing waits or is printed, and the doctor knows."""
    spoil(tmp_path)
    with logging_to(tmp_path):
        LOG.error("a failure")
    assert "cannot be written" in write_problem(tmp_path) and last_failures(tmp_path) == []
    assert not (tmp_path / "elsewhere").exists() and capsys.readouterr().err == ""


def test_a_full_disk_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line is lost, the reason is kept, and when there is room again lines are written."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    real = log._open_private

    def full(path: str, flags: int) -> int:
        return real(path, flags) if path.endswith(".lock") else os.open("/dev/full", os.O_WRONLY)

    with logging_to(tmp_path):
        (handler,) = (o for o in logging.getLogger().handlers if isinstance(o, log._SharedFile))
        monkeypatch.setattr(log, "_open_private", full)
        LOG.error("lost")
        assert handler.trouble == "No space left on device"
        monkeypatch.setattr(log, "_open_private", real)
        assert "No space left" in write_problem(tmp_path)
        LOG.error("kept")
    assert "kept" in written(tmp_path) and "lost" not in written(tmp_path)
    assert capsys.readouterr().err == ""


def test_a_folder_that_is_not_there_is_not_made_and_lines_wait_for_it(tmp_path: Path) -> None:
    """A command that opens no library leaves nothing behind; one that makes it logs its start."""
    home = tmp_path / "home"
    with logging_to(home):
        LOG.info("the start")
        assert not home.exists()
        home.mkdir()
        LOG.info("the next")
    assert [line.split(": ")[1] for line in written(home).splitlines()] == ["the start", "the next"]
    with logging_to(tmp_path / "never"):
        LOG.info("nothing")
    assert not (tmp_path / "never").exists()


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    """By another process that rotated it, or by somebody who tidied up."""
    with logging_to(tmp_path):
        LOG.info("first")
        (tmp_path / "briefing.log").rename(tmp_path / "kept")
        LOG.info("second")
        (tmp_path / "briefing.log").unlink()
        LOG.info("third")
    assert "third" in written(tmp_path) and "second" not in written(tmp_path)
    assert "first" in (tmp_path / "kept").read_text()


def test_what_ends_a_thread_or_the_program_is_logged_and_shown_as_before(tmp_path: Path) -> None:
    """The hooks write and then do what was done before; afterwards they are gone."""
    shown: list[str] = []
    real = threading.excepthook
    threading.excepthook = lambda args: shown.append(args.exc_type.__name__)
    ours = threading.excepthook
    try:
        with logging_to(tmp_path):
            thread = threading.Thread(target=deep, name="reader")
            thread.start()
            thread.join(10)
            try:
                deep()
            except LibraryDamaged as error:
                hook, sys.__excepthook__ = sys.excepthook, sys.__excepthook__
                hook(LibraryDamaged, error, error.__traceback__)
        assert threading.excepthook is ours
    finally:
        threading.excepthook = real
    assert shown == ["LibraryDamaged"]
    first, second = last_failures(tmp_path)
    assert first.line.startswith("the thread reader ended by an exception: LibraryDamaged")
    assert second.line.startswith("the program ended by an exception: LibraryDamaged")
    assert "zebras" not in written(tmp_path)


def test_a_deep_recursion_leaves_a_record_of_bounded_length(tmp_path: Path) -> None:
    """One stack must not push everything else out of the file."""

    def down(number: int) -> None:
        down(number + 1)

    def long() -> None:
        raise ValueError("- " * 1_000_000)

    with logging_to(tmp_path, "debug"):
        fail(lambda: down(0))
        fail(long)
    assert "RecursionError" in written(tmp_path) and len(written(tmp_path)) < 30_000


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("/home/me/papers/Q3 report.pdf", "Q3 report.pdf"),
        ("upload:notes.md", "notes.md"),
        ("https://me:pw@news.example/search?q=secret+words", "news.example"),
    ],
)
def test_documents_are_named_by_file_and_host(place: str, name: str) -> None:
    """A path is nobody's business, and an address may hold what was searched for."""
    assert log_name(place) == name


def test_only_records_count_as_failures(tmp_path: Path) -> None:
    """A log that somebody wrote into, or bytes that are no text, break nothing."""
    (tmp_path / "briefing.log").write_bytes(
        b"\xff\xfe ERROR\n2026-01-01T00:00:00.000Z ERROR   7 ui.backend: reading ahead failed\n"
        b"    2026-01-01T00:00:00.000Z ERROR   7 ui.backend: indented\n"
    )
    assert last_failures(tmp_path) == [
        Failure("2026-01-01T00:00:00.000Z", "ui.backend", "reading ahead failed")
    ]
