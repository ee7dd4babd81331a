"""Uploads have an end: so much at once, nothing that was broken off, and a request that comes."""

from __future__ import annotations

import gc
import http.client
import os
import re
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.serving import served
from tests.browser import GRADIO_WARNS
from tests.test_ui_page import EXAMPLES, Harbour
from ui.server import application
from ui.uploads import Uploads
from ui.wording import word

pytestmark = GRADIO_WARNS
QUOTA = 3_000_000
MARK = "a-line-between-parts"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Uploads]]:
    """Return the address of a page that takes 3 MB of uploads, and where they lie."""
    uploads = Uploads.below(tmp_path_factory.mktemp("home"), quota=QUOTA)
    app = application(Harbour(), EXAMPLES, uploads)
    with served(app, 0, head=1.0) as address:
        yield address.removeprefix("http://"), uploads
    uploads.close()
    # Gradio leaves loops of its threads behind, which warn in whatever test comes next.
    gc.collect()


def _body(size: int, name: str) -> bytes:
    head = f'--{MARK}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode() + os.urandom(size) + f"\r\n--{MARK}--\r\n".encode()


def _upload(place: str, size: int, name: str = "port.md") -> tuple[int, str]:
    link = http.client.HTTPConnection(place, timeout=60)
    kind = {"Content-Type": f"multipart/form-data; boundary={MARK}"}
    link.request("POST", "/gradio_api/upload", _body(size, name), kind)
    answer = link.getresponse()
    text = answer.read().decode()
    link.close()
    return answer.status, text


def _empty(uploads: Uploads) -> None:
    for one in list(uploads.folder.glob("*/*")):
        one.unlink()


def test_more_than_there_is_room_for_is_refused_in_a_line(place: tuple[str, Uploads]) -> None:
    """Fifty at once, ten times the quota: what fits is there, each of the rest hears why not."""
    address, uploads = place
    heard: list[tuple[int, str]] = []
    threads = [
        threading.Thread(target=lambda at=at: heard.append(_upload(address, 600_000, f"{at}.md")))
        for at in range(50)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    taken = [status for status, _ in heard if status == 200]
    refusals = [text for status, text in heard if status == 413]
    assert len(taken) + len(refusals) == 50 and 1 <= len(taken) <= 5
    assert set(refusals) == {word("library.no_room")}
    assert sum(one.stat().st_size for one in uploads.folder.rglob("*") if one.is_file()) <= QUOTA
    _empty(uploads)
    assert _upload(address, 600_000)[0] == 200
    _empty(uploads)


def test_an_upload_that_is_broken_off_leaves_nothing(place: tuple[str, Uploads]) -> None:
    """The half of it is gone once the connection is, and its room is free again."""
    address, uploads = place
    for _ in range(3):
        host, _, port = address.partition(":")
        body = _body(2_000_000, "half.md")
        with socket.create_connection((host, int(port)), timeout=30) as link:
            head = (
                f"POST /gradio_api/upload HTTP/1.1\r\nHost: {address}\r\n"
                f"Content-Type: multipart/form-data; boundary={MARK}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            link.sendall(head.encode() + body[:1_000_000])
            _until(lambda: any(one.is_file() for one in uploads.folder.iterdir()))
    _until(lambda: not any(one.is_file() for one in uploads.folder.iterdir()))
    _until(lambda: _upload(address, 2_000_000)[0] == 200)
    _empty(uploads)


def _until(true: object) -> None:
    deadline = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_upload_says_how_long_it_is(place: tuple[str, Uploads]) -> None:
    """One without a length could go on for ever."""
    link = http.client.HTTPConnection(place[0], timeout=30)
    kind = {"Content-Type": f"multipart/form-data; boundary={MARK}"}
    link.request("POST", "/gradio_api/upload", iter([b"x" * 10]), kind, encode_chunked=True)
    assert link.getresponse().status == 411
    link.close()


def test_uploads_lie_in_a_private_folder_that_goes(tmp_path: Path) -> None:
    """Only its owner reads it; what a page that has ended left is deleted by the next."""
    left = tmp_path / "uploads" / "999999999-ended"
    left.mkdir(parents=True)
    (left / "old.md").write_text("old")
    first = Uploads.below(tmp_path)
    second = Uploads.below(tmp_path)
    assert not left.exists() and first.folder.is_dir() and second.folder.is_dir()
    for folder in (first.folder, first.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first.close()
    assert not first.folder.exists() and second.folder.is_dir()
    second.close()


def test_what_was_never_added_is_forgotten(tmp_path: Path) -> None:
    """After a while, and not while something waits to be read."""
    uploads = Uploads.below(tmp_path)
    kept = uploads.folder / "a1"
    kept.mkdir()
    (kept / "port.md").write_text("x")
    os.utime(kept, (1, 1))
    assert uploads.reserve(1, lambda: True)
    uploads.release(1)
    assert kept.exists()
    assert uploads.reserve(1, lambda: False)
    uploads.release(1)
    assert not kept.exists()
    uploads.close()


def test_a_request_that_is_never_sent_whole_is_let_go(place: tuple[str, Uploads]) -> None:
    """Two hundred connections that say nothing, or half a head, are closed; the page answers on."""
    host, _, port = place[0].partition(":")
    halves = [b"", b"GET / HTTP/1.1\r\nHost: 127", b"POST /gradio_api/queue/join HTTP/1.1\r\n"]
    links = [socket.create_connection((host, int(port)), timeout=60) for _ in range(200)]
    for at, link in enumerate(links):
        link.sendall(halves[at % len(halves)])
    link = http.client.HTTPConnection(place[0], timeout=30)
    link.request("GET", "/config")
    assert link.getresponse().status == 200
    link.close()
    for one in links:
        with suppress(ConnectionResetError):
            assert one.recv(1) == b""
        one.close()


def test_a_slow_answer_is_not_let_go(place: tuple[str, Uploads]) -> None:
    """A stream of events stays open longer than the head of a request may take."""
    link = http.client.HTTPConnection(place[0], timeout=30)
    link.request("GET", "/gradio_api/heartbeat/slow")
    stream = link.getresponse()
    time.sleep(2.5)
    assert link.sock is not None and stream.status == 200
    assert re.search("ALIVE", stream.readline().decode() + stream.readline().decode())
    stream.close()
    link.close()
