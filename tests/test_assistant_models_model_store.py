"""The models of this machine, and the list of those that can be had."""

from __future__ import annotations

import json
import os
import stat
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.models import hardware, model_preferences, model_store
from assistant.models.gguf_head import Head, head_of
from assistant.models.model_catalogue import Measured, ModelEntry, entries, entry_named, read
from assistant.models.model_store import NONE, ModelStore
from corpus.errors import FormatError, ReadError, StorageError, UsageError
from tests.hub import content, entry_of

DATA = content(4_000)


def gguf(*values: tuple[str, int, bytes], version: int = 3) -> bytes:
    """Return the head of a GGUF file with these values: (key, type, the value as it is written)."""

    def text(one: str) -> bytes:
        return struct.pack("<Q", len(one.encode())) + one.encode()

    body = b"".join(text(key) + struct.pack("<I", kind) + data for key, kind, data in values)
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(values)) + body


def said(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def number(value: int) -> bytes:
    return struct.pack("<I", value)


LLAMA = (
    ("general.architecture", 8, said("llama")),
    ("general.name", 8, said("Lund 3B")),
    ("general.size_label", 8, said("3B")),
    ("general.license", 8, said("apache-2.0")),
    ("llama.block_count", 4, number(10)),
    ("llama.context_length", 4, number(16_384)),
    ("llama.embedding_length", 4, number(512)),
    ("llama.attention.head_count", 4, number(8)),
    ("llama.attention.head_count_kv", 4, number(2)),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a model of the user's own, of which the list knows nothing."""
    file = tmp_path / "Lund 3B (mine).gguf"
    file.write_bytes(gguf(*LLAMA))
    return file


def kept(home: Path, *catalogue: ModelEntry) -> ModelStore:
    return ModelStore(home / "home", catalogue=catalogue)


def here(home: Path, entry: ModelEntry, data: bytes = DATA) -> ModelStore:
    """Return a store in which a model lies."""
    made = kept(home, entry)
    (made.prepared() / entry.file).write_bytes(data)
    return made


def test_the_list_is_sound() -> None:
    """Six models, of which two come in packages; each size is that of four bits a parameter."""
    names = [one.name for one in entries()]
    assert names == ["smollm2-135m", "qwen2.5-coder-1.5b", "smollm3-3b", "qwen3-4b-2507",
                     "ministral-3-8b", "qwen3-8b"]  # fmt: skip
    for one in entries():
        assert one.hub.endswith(f"/{one.file}") and "/resolve/main/" not in one.hub
        assert one.licence == "Apache-2.0" and one.languages
        # Four bits and some for each parameter: a size that is not a model's would show.
        assert 4 < one.bytes * 8 / (one.parameters * 1e9) < 6
    assert [one.name for one in entries() if one.packages] == names[:2]
    assert len(entry_named("qwen2.5-coder-1.5b").packages) == 22
    assert "zh" in entry_named("QWEN3-8b ").languages
    with pytest.raises(UsageError, match=r"no model 'gpt-5' to get; there are: smollm2-135m, "):
        entry_named("gpt-5")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param('sha256 = "abc"', "sha256 cannot be 'abc'", id="no hash"),
        pytest.param('hub = "http://hub.example/x"', "hub cannot be", id="no encryption"),
        pytest.param('file = "../x.gguf"', "file cannot be", id="a way out of the folder"),
        pytest.param('packages = ["--index-url=x"]\nmember = "*"', "packages cannot be",
                     id="an option for pip"),
        pytest.param('packages = ["a==1"]', "packages and member", id="no member"),
        pytest.param('packages = ["a==1", "b==1"]\nmember = "*"\npart_bytes = 1', "fit together",
                     id="parts that do not add up"),
        pytest.param("bytes = 0", "more than 0", id="no size"),
        pytest.param("size = 5", "is no key", id="an unknown key"),
        pytest.param("[model.measured]\nright = 1", "is missing", id="half a measurement"),
    ],
)  # fmt: skip
def test_a_list_that_says_nonsense_is_refused(tmp_path: Path, change: str, reason: str) -> None:
    """In one line with the file and what is wrong."""
    given = dict(
        name='"tiny"', title='"Tiny"', file='"tiny.gguf"', bytes="100", sha256=f'"{"a" * 64}"',
        licence='"MIT"', parameters="0.1", context="1024", token_bytes="10", languages='["en"]',
        template='"ChatML"',
    )  # fmt: skip
    for line in change.splitlines():
        given.pop(line.partition(" =")[0], None)
    file = tmp_path / "catalogue.toml"
    file.write_text("\n".join(["[[model]]", *(f"{a} = {b}" for a, b in given.items()), change]))
    with pytest.raises(FormatError, match=reason) as failure:
        read(file)
    assert "catalogue.toml" in str(failure.value) and "\n" not in str(failure.value)


def test_a_head_is_read_without_the_tokens(model: Path, tmp_path: Path) -> None:
    """Context, size and what a token takes: 10 layers, 2 heads of 64 for keys and for values."""
    assert head_of(model) == Head("Lund 3B", "llama", 16_384, 10 * 2 * 128 * 2, 3.0, "apache-2.0")
    by_layer = struct.pack("<IQ", 5, 3) + struct.pack("<3i", 1, 0, 2)
    other = tmp_path / "other.gguf"
    other.write_bytes(
        gguf(*LLAMA[:-1], ("llama.attention.head_count_kv", 9, by_layer),
             ("llama.attention.key_length", 4, number(100)),
             ("tokenizer.ggml.tokens", 9, b"never read"))
    )  # fmt: skip
    assert head_of(other).token_bytes == 3 * (100 + 64) * 2
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(gguf())
    assert head_of(bare) == Head()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"GGUF", id="the first word alone"),
        pytest.param(gguf(*LLAMA)[:150], id="cut off"),
        pytest.param(gguf(version=9), id="a version of tomorrow"),
        pytest.param(gguf(("a", 77, b"")), id="a type that there is not"),
        pytest.param(gguf(("a", 8, struct.pack("<Q", 1 << 60))), id="a text without end"),
        pytest.param(gguf(("a", 9, struct.pack("<IQ", 4, 1 << 60))), id="a list without end"),
        pytest.param(gguf(("a", 9, struct.pack("<IQ", 9, 1))), id="a list of lists"),
        pytest.param(gguf(("general.type", 8, said("mmproj"))), id="the eye of a model"),
        pytest.param(gguf(("general.type", 8, said("adapter"))), id="an adapter"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    """In one line; nothing of it goes in."""
    file = tmp_path / "x.gguf"
    file.write_bytes(data)
    with pytest.raises(ReadError, match=r"x\.gguf is not a model that generates text") as failure:
        kept(tmp_path).add(file)
    assert failure.value.reason == "unsupported" and kept(tmp_path).installed() == []


@pytest.mark.parametrize(
    "heads",
    [
        pytest.param((8, said("two")), id="a text"),
        pytest.param((6, struct.pack("<f", float("inf"))), id="a number without end"),
        pytest.param((9, struct.pack("<IQf", 6, 1, float("inf"))), id="a list of one"),
        pytest.param((9, struct.pack("<IQf", 6, 1, float("nan"))), id="no number"),
        pytest.param((5, struct.pack("<i", -2)), id="less than none"),
    ],
)
def test_a_head_that_counts_nonsense_is_refused_and_passed_over(
    tmp_path: Path, heads: tuple[int, bytes]
) -> None:
    """It neither goes in nor hides the other models where it lies among them."""
    data = gguf(*LLAMA[:-1], ("llama.attention.head_count_kv", *heads))
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(ReadError, match="is not a model that generates text"):
        kept(tmp_path).add(tmp_path / "x.gguf")
    made = here(tmp_path, entry_of(DATA))
    (made.folder / "x.gguf").write_bytes(data)
    assert [one.name for one in made.installed()] == ["tiny"]


def test_a_part_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    """Both say what to do."""
    file = tmp_path / "x-00001-of-00002.gguf"
    file.write_bytes(gguf(("split.count", 2, struct.pack("<H", 2))))
    with pytest.raises(ReadError, match="one part of a model; join"):
        kept(tmp_path).add(file)
    with pytest.raises(ReadError, match="cannot be opened"):
        kept(tmp_path).add(tmp_path / "nowhere.gguf")


def test_a_file_of_the_user_goes_in_under_its_own_name(model: Path, tmp_path: Path) -> None:
    """It is linked, known by its head, and may be named as the file too."""
    made = kept(tmp_path, entry_of(DATA))
    added = made.add(model)
    assert added == made.named("lund-3b-mine") == made.named("Lund-3B-mine.gguf")
    assert (added.name, added.context, added.parameters) == ("Lund-3B-mine", 16_384, 3.0)
    assert added.licence == "apache-2.0" and added.entry is None
    assert added.memory(1_000) == added.bytes + 5_120 * 1_000 + 400_000_000
    assert added.file.samefile(model) and made.add(model) == added
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    assert made.checked(added) == added.file
    assert made.remove("lund-3b-mine") == "Lund-3B-mine" and model.exists()
    assert made.installed() == []


def test_a_file_of_the_list_is_told_by_its_content(tmp_path: Path) -> None:
    """Whatever it is called; the hash is noted, so that it is not made at each start."""
    file = tmp_path / "downloaded by hand.gguf"
    data = gguf(*LLAMA)
    file.write_bytes(data)
    entry = entry_of(data, name="lund")
    made = kept(tmp_path, entry)
    added = made.add(file)
    assert (added.name, added.file.name, added.entry) == ("lund", "lund.gguf", entry)
    assert entry.sha256 in (made.notes / "verified.json").read_text()


def test_another_disk_gets_a_copy_where_there_is_room(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a link the file is copied, at once or not at all."""

    def refused(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    made = kept(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(model_store.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
        with pytest.raises(StorageError, match=r"0\.0 GB are free for .*writers; free some"):
            made.add(model)
    assert list(made.folder.iterdir()) == []
    added = made.add(model)
    assert not added.file.samefile(model) and added.file.read_bytes() == model.read_bytes()


def test_the_name_of_a_listed_model_with_another_content_is_refused(tmp_path: Path) -> None:
    """It would be taken for what it is not: by the name in the list, or by that of its file."""
    made = kept(tmp_path, entry_of(DATA, file="Tiny-Q4.gguf"))
    for name in ("Tiny.gguf", "tiny-q4.gguf"):
        file = tmp_path / name
        file.write_bytes(gguf(*LLAMA))
        with pytest.raises(ReadError, match="the name of a model of the list and another content"):
            made.add(file)
    assert made.installed() == []


def test_a_second_file_of_the_same_name_does_not_take_the_place_of_the_first(
    tmp_path: Path,
) -> None:
    """Unless it is the same; the first one stays until it is removed."""
    made = kept(tmp_path)
    files = [tmp_path / one for one in ("a/model.gguf", "b/Model.gguf", "c/model.gguf")]
    for file, title in zip(files, ("One", "Two", "One"), strict=True):
        file.parent.mkdir()
        file.write_bytes(gguf(*LLAMA[:1], ("general.name", 8, said(title)), *LLAMA[2:]))
    first = made.add(files[0])
    with pytest.raises(ReadError, match=r"b/Model\.gguf has .* run first: .* remove model$") as one:
        made.add(files[1])
    assert one.value.reason == "name" and first.file.read_bytes() == files[0].read_bytes()
    assert made.add(files[2]) == first and made.installed() == [first]
    made.remove("model")
    assert made.add(files[1]).file.read_bytes() == files[1].read_bytes()


def test_a_half_file_is_no_model(tmp_path: Path) -> None:
    """Another size than the list says, or a name that says that it is on its way."""
    entry = entry_of(DATA)
    made = here(tmp_path, entry, DATA[:-1])
    (made.folder / "tiny.gguf.part").write_bytes(DATA)
    (made.folder / "damaged.gguf").write_bytes(b"no head")
    assert made.installed() == []
    with pytest.raises(UsageError, match="tiny is not here; run: briefing models get tiny"):
        made.named("tiny")
    with pytest.raises(UsageError, match="no model 'damaged' here; see: briefing models"):
        made.named("damaged")
    assert made.remove("tiny") == "tiny" and not (made.folder / "tiny.gguf.part").exists()


def test_an_altered_model_is_not_used(tmp_path: Path) -> None:
    """It is hashed when it is first used, and again after it changed; not in between."""
    entry = entry_of(DATA)
    made = here(tmp_path, entry)
    model = made.named("tiny")
    assert made.checked(model) == model.file
    time = model.file.stat().st_mtime_ns
    model.file.write_bytes(DATA[:-1] + b"!")
    os.utime(model.file, ns=(time, time))
    # Whoever can set a clock back can do anything here.
    assert made.checked(model) == model.file
    os.utime(model.file, ns=(time + 1, time + 1))
    with pytest.raises(ReadError, match="models remove tiny, then briefing models get tiny"):
        made.checked(model)
    model.file.unlink()
    with pytest.raises(ReadError, match="cannot be opened"):
        made.checked(model)


def test_a_choice_is_kept_until_it_is_taken_back(tmp_path: Path) -> None:
    """`use` names one that is here; removing it takes the choice along."""
    made = here(tmp_path, entry_of(DATA))
    assert made.chosen == "" and made.preferred(None) is None
    assert made.choose("TINY") == "tiny" == kept(tmp_path, entry_of(DATA)).chosen
    assert json.loads((made.folder / "chosen.json").read_text()) == {"format": 1, "name": "tiny"}
    found = made.preferred(None)
    assert found and found.name == "tiny"
    with pytest.raises(UsageError, match="no model 'other' here"):
        made.choose("other")
    assert made.choose(NONE) == NONE and made.chosen == "" and made.choose(NONE) == NONE
    made.choose("tiny")
    made.remove("tiny")
    assert made.chosen == ""
    (made.folder / "chosen.json").write_text("{half")
    with pytest.raises(FormatError, match=r"chosen\.json: it is no JSON"):
        _ = made.chosen


def test_auto_takes_what_is_able_and_fits(tmp_path: Path) -> None:
    """Of three billion parameters or more: the best measured, of those not measured the largest."""
    sizes = {"small": 1.5, "middle": 3.1, "large": 8.0}
    data = {name: content(4_000, seed=place) for place, name in enumerate(sizes)}
    all_of = [entry_of(data[name], name=name, parameters=size) for name, size in sizes.items()]
    made = kept(tmp_path, *all_of)
    for name in sizes:
        (made.prepared() / f"{name}.gguf").write_bytes(data[name])
    found = made.preferred(None)
    assert found and found.name == "large"
    assert made.preferred(1_000) is None
    all_of[1] = replace(
        all_of[1],
        measured=Measured(
            right=20, wrong=6, not_found=2, declined=10, invented=2, words_a_second=12.5
        ),
    )
    found = kept(tmp_path, *all_of).preferred(10**12)
    assert found and found.name == "middle"
    made.choose("small")
    found = made.preferred(1_000)
    assert found and found.name == "small"


def test_speeds_are_those_of_this_machine(tmp_path: Path) -> None:
    """Noted after an answer; a damaged note is none."""
    made = here(tmp_path, entry_of(DATA))
    assert made.named("tiny").speed == 0
    made.note_speed("tiny", 12.345)
    made.note_speed("other", 1.0)
    assert made.named("tiny").speed == pytest.approx(12.345, abs=0.01)
    (made.folder / "speeds.json").write_text("[]")
    assert made.named("tiny").speed == 0


def test_speeds_that_are_noted_at_once_are_all_kept(tmp_path: Path) -> None:
    """Two windows may end their answers together."""
    made = kept(tmp_path)
    made.prepared()

    def note(name: str) -> None:
        for one in range(40):
            model_preferences.note_speed(made.folder, name, one)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(note, [f"model-{one}" for one in range(4)]))
    assert model_preferences.speeds(made.folder) == {f"model-{one}": 39 for one in range(4)}
    assert [one.name for one in made.folder.iterdir()] == ["speeds.json"]


def test_what_a_machine_has_is_read_from_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of a core count once; a container's limits hold; where nobody says it, None."""
    monkeypatch.setattr(hardware, "_CPUS", tmp_path)
    monkeypatch.setattr(hardware, "_GROUP", tmp_path)
    monkeypatch.setattr(hardware, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert hardware.physical_cores() == 4 and hardware.free_memory() is None
    for one in range(4):
        (tmp_path / f"cpu{one}/topology").mkdir(parents=True)
        (tmp_path / f"cpu{one}/topology/thread_siblings_list").write_text(
            f"{one % 2},{one % 2 + 2}"
        )
    assert hardware.physical_cores() == 2
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert hardware.physical_cores() == 2
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert hardware.physical_cores() == 1
    (tmp_path / "meminfo").write_text("MemTotal:  16000 kB\nMemAvailable:  8000 kB\n")
    assert (hardware.free_memory(), hardware.total_memory()) == (8_192_000, 16_384_000)
    (tmp_path / "memory.max").write_text("4000000\n")
    (tmp_path / "memory.current").write_text("3000000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 500000\n")
    assert (hardware.free_memory(), hardware.total_memory()) == (1_500_000, 4_000_000)
