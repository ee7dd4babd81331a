"""Models of this machine in the panel of who answers: getting, stopping, using, removing one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.models import downloading, hardware, model_download, model_store
from assistant.models.model_catalogue import Measured, ModelEntry, entries
from assistant.models.model_store import ModelStore
from assistant.settings import Settings
from benchmarks.serving import serving
from corpus.errors import UsageError
from corpus.library import Library
from tests.browser import GRADIO_WARNS, browser_test
from tests.engine_windows import Window
from tests.hub import MEGABYTE, Hub, content, entry_of
from tests.servers import free_port, until
from tests.test_assistant_models_model_store import LLAMA, gguf
from tests.test_ui_page import EXAMPLES, Harbour, chromium, page
from ui import local_models
from ui.backend import Backend
from ui.engine_panel import panel_html
from ui.local_models import announcement_html, line_html
from ui.wording import keys, word

__all__ = ["chromium", "page"]

pytestmark = GRADIO_WARNS

DATA = content(3 * MEGABYTE)
# Long enough to be seen on its way, and to be stopped there.
LONG = content(24 * MEGABYTE, 2)
WORSE = Measured(10, 4, 20, 1, 5, 3.0, quoting_right=18, quoting_invented=4)
# The place behind the page that the browser test has.
QUAY: list[tuple[Harbour, Hub]] = []


def harbour(home: Path, *catalogue: ModelEntry) -> Harbour:
    """Return a place whose list of models is this one, and whose engine is that of `auto`."""
    place = Harbour()
    place.store, place.answering = ModelStore(home, catalogue=catalogue), "extractive"
    return place


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(downloading, "_pause", lambda _: iter(()))
    with Hub(DATA) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, hub: Hub) -> Harbour:
    other = entry_of(LONG, name="other", hub=f"{hub.url}/other")
    made = entry_of(DATA, hub=f"{hub.url}/file", about="for <tests>", measured=WORSE)
    return harbour(tmp_path, made, other)


def ended(place: Harbour, name: str = "tiny") -> None:
    """Wait until the work on a model is over."""
    job = place.downloads.find(name)
    assert job is not None and job.wait(60)


def test_a_row_says_what_a_model_takes_and_nothing_is_fetched(place: Harbour, hub: Hub) -> None:
    """Size, memory, licence, languages, what it is good for, what was measured, from where."""
    window, chinese = Window(place), Window(place, "zh-CN")
    window.open()
    chinese.open()
    row = window.row()
    for part in ("Tiny", "not here", "3 MB on disk", "needs 412 MB of memory", "Apache-2.0",
                 "writes English", "for &lt;tests&gt;", "10 right, 4 wrong or only",
                 "Measured worse than quoting the library", "18 right, 4 invented", "local:tiny",
                 hub.url.removeprefix("http://"), 'aria-label="Get: Tiny"'):  # fmt: skip
        assert part in row, part
    assert window.buttons() == ["get"] and "Not measured here yet" in window.row("other")
    said = chinese.row()
    for part in ("未获取", "占用磁盘 3 MB", "英语", "实测不如直接引用资料库"):
        assert part in said, part
    assert window.text("line") == "" and hub.asked == []


def test_a_model_comes_and_every_window_sees_it(place: Harbour, hub: Hub) -> None:
    """Also one that was opened later; the engines have it when it is here."""
    hub.fault, hub.data = "slow", LONG
    window, later, idle = Window(place), Window(place), Window(place)
    window.open()
    idle.open()
    window.press("get", "other")
    job = place.downloads.find("other")
    assert job is not None
    steps = job.watch()
    assert next(steps).total == len(LONG)
    later.open()
    idle.tick()
    for one in (window, later, idle):
        assert one.buttons("other") == ["stop"]
        one.tick()
        line = one.text("line")
        assert "<progress" in line and " of 25 MB" in line and hub.url[7:] in line
        assert re.fullmatch(r"other: \d0? %|other: starting…", one.text("spoken"))
    hub.fault = ""
    later.press("stop", "other")
    ended(place, "other")
    window.tick()
    assert "was stopped. What came is kept" in window.text("line")
    assert "half done: " in window.row("other") and window.buttons("other") == ["get", "remove"]
    window.press("get", "other")
    ended(place, "other")
    window.tick()
    assert hub.asked[-1][1].startswith("bytes=") and "installed" in window.row("other")
    assert "other is here and whole" in window.text("line")
    assert window.text("spoken").startswith("other is here")
    assert window.buttons("other") == ["use", "remove"]
    # Who came when it was over is told nothing of it.
    fresh = Window(place)
    fresh.open()
    fresh.tick()
    assert fresh.text("line") == "" and "installed" in fresh.row("other")


def test_one_comes_at_a_time_and_the_next_can_be_stopped_before_it_begins(
    place: Harbour, hub: Hub
) -> None:
    """It waits for its turn; nothing of it is asked for."""
    hub.fault, hub.data = "slow", LONG
    window = Window(place)
    window.open()
    window.press("get", "other")
    window.press("get", "tiny")
    assert "waiting for its turn" in window.row("tiny") and window.buttons("tiny") == ["stop"]
    window.tick()
    assert "1 more after it" in window.text("line") or "starting" in window.text("line")
    window.press("get", "tiny")
    assert "this is being worked on already" in window.text("note")
    window.press("stop", "tiny")
    assert window.buttons("tiny") == ["get"]
    window.press("stop", "other")
    ended(place, "other")
    ended(place, "tiny")
    assert {path for path, _ in hub.asked} <= {"/other"}
    window.tick()
    assert window.buttons("tiny") == ["get"]


def test_a_model_is_used_and_removed(place: Harbour) -> None:
    """Use makes it who answers, in every window; removing is asked about, and quotes are left."""
    window, second = Window(place), Window(place)
    window.open()
    second.open()
    window.press("get")
    ended(place)
    window.use("local:tiny")
    assert "tiny answers from the next question on. Nothing leaves" in window.text("note")
    assert "tiny<small> · on this machine" in window.text("who")
    assert place.store.chosen == "tiny" and window.text("engine") == "local:tiny"
    assert "installed, in use" in window.row() and window.buttons() == ["remove"]
    second.tick()
    assert second.text("engine") == "local:tiny" and "in use" in second.row()
    window.press("remove")
    assert "Remove Tiny (3 MB) from this machine?" in window.row()
    assert window.buttons() == ["drop", "keep"]
    window.press("keep")
    assert window.buttons() == ["remove"] and place.store.installed()
    window.press("remove")
    window.press("drop")
    assert window.buttons() == ["get"] and "tiny was removed" in window.text("note")
    assert place.store.chosen == "" and "Quotes only" in window.text("who")


def test_a_page_with_an_engine_of_its_own_says_so(place: Harbour) -> None:
    """What is used counts from the next start; the page was told another engine."""
    place.answering = "scripted"
    window = Window(place)
    window.open()
    assert "was started with scripted" in window.text("rows")
    window.press("get")
    ended(place)
    window.use("local:tiny")
    assert "tiny is kept as your choice. For now scripted answers" in window.text("note")
    assert "Chosen for then: tiny" in window.text("rows")


def test_what_goes_wrong_is_one_clear_line(
    place: Harbour, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No backend, another content, a name that nobody has, a mirror that is none."""
    window = Window(place)
    window.open()
    with monkeypatch.context() as patch:
        patch.setattr(model_store.shutil, "disk_usage", lambda _: SimpleNamespace(free=MEGABYTE))
        window.press("get")
        ended(place)

    def told() -> bool:
        window.tick()
        return "GB are free for" in window.row()

    assert until(told)
    assert "GB are free for" in window.text("line")
    assert hub.asked == [] and window.buttons() == ["get"]
    hub.data = content(3 * MEGABYTE, 3)
    window.press("get")
    ended(place)
    window.tick()
    assert "its hash is another, and it was deleted" in window.text("line")
    assert place.store.installed() == [] and window.buttons() == ["get"]
    window.press("get", "gpt-5")
    assert "there is no model" in window.text("note")
    window.press("dance")
    assert "the page has no such event" in window.text("note")
    monkeypatch.setenv(model_download.MIRROR, "nowhere")
    window.press("get")
    assert "which is neither a folder nor an address" in window.text("note")


def test_without_a_network_the_other_ways_are_named(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that one has, and the models that come in packages, each by its command."""
    monkeypatch.setattr(downloading, "_TRIES", 1)
    away = entry_of(DATA, name="away", hub=f"http://127.0.0.1:{free_port()}/file")
    packed = entry_of(DATA, name="packed", packages=("a==1",), member="*.gguf")
    place = harbour(tmp_path, away, packed)
    window, chinese = Window(place), Window(place, "zh")
    window.open()
    window.press("get", "away")
    ended(place, "away")
    window.tick()
    row = window.row("away")
    for part in (
        "away did not come",
        "it cannot be reached",
        "briefing models add away.gguf",
        "it has packed: briefing models get NAME --from-packages",
    ):
        assert part in row, part
    chinese.open()
    assert "软件包索引" in chinese.row("away") and "无法连接" in chinese.row("away")


@pytest.mark.parametrize(
    ("total", "free", "said"),
    [
        (300_000_000, 200_000_000, "This machine has 300 MB of memory"),
        (900_000_000, 200_000_000, "200 MB of memory are free now"),
        (900_000_000, 800_000_000, ""),
        (None, None, ""),
    ],
    ids=["too small", "too little is free", "enough", "nobody knows"],
)
def test_too_little_memory_is_said_before_it_is_fetched(
    place: Harbour, monkeypatch: pytest.MonkeyPatch, total: int, free: int, said: str
) -> None:
    """In the row, beside Get."""
    monkeypatch.setattr(hardware, "total_memory", lambda: total)
    monkeypatch.setattr(hardware, "free_memory", lambda: free)
    window = Window(place)
    window.open()
    assert said in window.row() and ("less than it needs" in window.row()) == bool(said)


def test_a_file_of_the_users_own_has_a_row(place: Harbour) -> None:
    """It can be used and removed; nothing is claimed of it."""
    (place.store.prepared() / "lund <3b>.gguf").write_bytes(gguf(*LLAMA))
    (one,) = [one for one in local_models.local_models(place) if one.entry is None]
    html = panel_html(place, "", "", {}, "en")
    assert "a file of yours" in html and "lund &lt;3b&gt;" in html and "<3b>" not in html
    assert one.state == "here" and one.memory > one.bytes > 0


@pytest.mark.parametrize(
    ("measured", "worse"),
    [
        (Measured(10, 4, 20, 1, 5, 3.0), False),
        (WORSE, True),
        (Measured(18, 4, 10, 1, 5, 3.0, quoting_right=18, quoting_invented=4), True),
        (Measured(20, 4, 10, 1, 5, 3.0, quoting_right=18, quoting_invented=4), False),
    ],
    ids=["quoting was not measured", "fewer right", "more invented", "better"],
)
def test_a_model_is_worse_than_quoting_where_it_was_measured_so(
    measured: Measured, worse: bool
) -> None:
    """What it invents takes away what a right answer gives."""
    assert measured.worse_than_quoting == worse


def test_every_model_of_the_list_has_its_words_in_both_languages() -> None:
    """What it is good for, as the list says it, and the names of its languages."""
    for one in entries():
        key = "writers.about_" + re.sub("[^a-z0-9]+", "_", one.name)
        assert word(key).rstrip(".").lower() == one.about.lower(), one.name
        assert {f"writers.language_{code}" for code in one.languages} <= keys()


def test_nothing_is_told_without_work() -> None:
    """Neither on the page nor to a screen reader."""
    assert line_html(None, 0, "en") == announcement_html(None, "en") == ""


@pytest.mark.process
def test_the_room_takes_what_was_chosen_and_lets_go_when_it_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto` is another one at once, without a new start; half a model stays for the next one."""
    monkeypatch.setattr("assistant.starter.ensure_starter", lambda _: iter(()))
    with Hub(LONG, fault="slow") as hub:
        made = entry_of(LONG, hub=f"{hub.url}/file")
        monkeypatch.setattr(model_store, "entries", lambda: (made,))
        backend = Backend(Settings(home=tmp_path, embedder="hash"))
        with pytest.raises(UsageError, match="still opening"):
            backend.choose_engine("local:lund")
        backend.open()
        assert backend._finished.wait(60)
        first = backend.workspace()
        assert [name for _, name in backend.engines()][:1] == ["extractive"]
        (ModelStore(tmp_path).prepared() / "lund.gguf").write_bytes(gguf(*LLAMA))
        assert backend.workspace() is first
        assert "local:lund" in {name for _, name in backend.engines()}
        assert backend.choose_engine("local:lund") == backend.default_engine() == "local:lund"
        assert backend.workspace() is not first and backend.host_of("local:lund") == ""
        local_models.remove_model(backend, "lund")
        assert "local:lund" not in {name for _, name in backend.engines()}
        with pytest.raises(UsageError, match="not in the list"):
            backend._engine(backend.workspace(), "local:lund")  # type: ignore[arg-type]
        local_models.start_download(backend, "tiny")
        job = backend.downloads.find("tiny")
        assert job is not None and next(job.watch()).total == len(LONG)
        backend.close()
        assert job.ended and job.cancelled
    assert (ModelStore(tmp_path).folder / "tiny.gguf.part").exists()
    assert ModelStore(tmp_path).installed() == []


# ----------------------------------------------------------------- in the browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    library = Library(tmp_path_factory.mktemp("home"))
    with Hub(LONG, fault="slow") as hub:
        tiny = entry_of(LONG, hub=f"{hub.url}/file", measured=WORSE)
        place = harbour(tmp_path_factory.mktemp("models"), tiny)
        place._kept = library.conversations
        QUAY.append((place, hub))
        with serving(place, EXAMPLES, 17950) as served:
            yield served
    library.close()


def open_panel(page: Any) -> None:
    page.locator("#bar-who button").click()
    page.locator("#engines-list [data-row=tiny]").wait_for()


@browser_test
def test_a_model_is_fetched_stopped_resumed_used_and_removed(page: Any, address: str) -> None:
    """By its row; the line below shows how far it is."""
    _, hub = QUAY[0]
    open_panel(page)
    row = page.locator("#engines-list [data-row=tiny]")
    assert "Measured worse than quoting" in row.inner_text() and hub.asked == []
    get = row.get_by_role("button", name="Get: Tiny")
    assert get.bounding_box()["height"] >= 24
    get.focus()
    page.keyboard.press("Enter")
    page.locator("#engines-line progress").wait_for()
    page.get_by_text(re.compile(r"of 25 MB · [\d.]+ MB/s · about \d+ s left")).wait_for()
    row.get_by_text("on its way").wait_for()
    # Drawn anew, what stands in its place has the focus.
    page.wait_for_function("document.activeElement.dataset.act === 'stop'")
    # What is read out stands in a region that was there before.
    spoken = page.query_selector("#engines-spoken [aria-live=polite]")
    row.get_by_role("button", name="Stop: Tiny").click()
    row.get_by_text("half done").wait_for()
    page.locator("#engines-line", has_text="was stopped").wait_for()
    page.wait_for_function("at => at.isConnected && at.innerText.includes('stopped')", arg=spoken)
    hub.fault = ""
    row.get_by_role("button", name="Resume: Tiny").click()
    page.locator("#engines-line", has_text="tiny is here and whole").wait_for()
    assert hub.asked[-1][1].startswith("bytes=")
    row.get_by_text("installed").wait_for()
    row.get_by_role("button", name="Use: Tiny").click()
    row.get_by_text("installed, in use").wait_for()
    page.locator("#bar-who", has_text="tiny · on this machine").wait_for()
    row.get_by_role("button", name="Remove: Tiny").click()
    page.wait_for_function("document.activeElement.dataset.act === 'keep'")
    row.get_by_role("button", name="Remove it: Tiny").click()
    row.get_by_text("not here").wait_for()
    page.locator("#bar-who", has_text="Quotes only").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
