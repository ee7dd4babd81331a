"""Who answers: a choice that lasts, keys that nobody sees again, where the bar says text goes."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.engine_kinds import ENGINES
from assistant.engine_selection import engine_named
from assistant.models import discovery
from assistant.models.engine_keys import keep_key, remove_key
from assistant.models.model_store import ModelStore
from assistant.settings import Settings
from corpus.errors import UsageError
from tests.browser import GRADIO_WARNS
from tests.engine_windows import Window
from tests.servers import ModelServer
from ui.backend import Backend
from ui.engine_names import engine_title

pytestmark = GRADIO_WARNS

KEY = "sk-harbour-0123456789-herring"
Opened = Callable[..., Backend]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Return what opens a backend over the test's own data folder, as a start of the page does."""
    monkeypatch.setattr("assistant.starter.ensure_starter", lambda _: iter(()))
    for one in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.delenv(one, raising=False)
    running: list[Backend] = []

    def start(engine: str = "auto") -> Backend:
        backend = Backend(Settings(home=tmp_path, embedder="hash", engine=engine))
        running.append(backend)
        backend.open()
        assert backend._finished.wait(60)
        return backend

    yield start
    for one in running:
        one.close()


def window_of(backend: Backend, language: str = "en") -> Window:
    window = Window(backend, language)
    window.open()
    return window


def test_a_key_goes_into_the_users_file_and_nowhere_else(
    tmp_path: Path, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """Mode 0600, beside what stood there; no window, state or log is given it back."""
    file = tmp_path / "engines.toml"
    file.write_text('# mine\n[limits]\nseconds = 60 # patient\n\n[keys]\ndeepseek = "old-key-1"\n')
    file.chmod(0o600)
    with caplog.at_level("DEBUG"):
        window = window_of(opened())
        file.chmod(0o644)
        window.press("key", "openai", value=KEY)
        assert "others may read it" in window.text("note") and "chmod" in window.text("rows")
        remove_key(tmp_path, "deepseek")
        window.press("shown")
        assert window.buttons("openai") == ["key"]
        window.press("key", "openai", value=f" {KEY}\n")
        window.tick()
    assert "The key of OpenAI is kept" in window.text("note") and "key kept" in window.row("openai")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tomllib.loads(file.read_text()) == {"keys": {"openai": KEY}, "limits": {"seconds": 60}}
    assert file.read_text().startswith("# mine\n") and "# patient" in file.read_text()
    for text in (window.everything, caplog.text, repr(window_of(opened()).everything)):
        assert KEY not in text and "herring" not in text
    assert {"test", "replace", "unkey", "use"} <= set(window.buttons("openai"))
    window.press("replace", "openai")
    assert {"key", "keep"} <= set(window.buttons("openai")) and "herring" not in window.everything
    window.press("unkey", "openai")
    window.press("unkey-yes", "openai")
    assert "was removed. Quotes only answers now" in window.text("note")
    assert window.buttons("openai") == ["key"] and KEY not in file.read_text()


@pytest.mark.parametrize(
    "key", ["", "short", "two words here", "x" * 401, "schlüssel-0123", "a\x00b" * 5]
)
def test_what_is_no_key_is_not_kept(tmp_path: Path, key: str) -> None:
    """One line says so, without what was typed."""
    with pytest.raises(UsageError, match="this is no key") as failure:
        keep_key(tmp_path, "openai", key)
    assert not (tmp_path / "engines.toml").exists()
    assert not key or key not in str(failure.value)


def test_a_key_is_kept_for_the_providers_of_the_page_alone(tmp_path: Path, opened: Opened) -> None:
    """An address that the owner's file does not name cannot be brought in from the page."""
    window = window_of(opened())
    for name in ("extractive", "local", "https://evil.example/v1", "keys", ""):
        for act in ("key", "use-typed", "test", "unkey-yes"):
            window.press(act, name, value=KEY)
            assert "the page has no such event" in window.text("note")
    assert not (tmp_path / "engines.toml").exists()


@pytest.mark.parametrize(
    "text",
    ["keys.openai = 'dotted-key'\n", "keys = {openai = 'inline-key'}\n", "[keys\nopenai = 'x'\n"],
    ids=["dotted", "inline", "damaged"],
)
def test_a_file_in_another_form_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    """Its user wrote it so: the line says that it is to be changed by hand, and holds no key."""
    (tmp_path / "engines.toml").write_text(text)
    with pytest.raises(UsageError, match="by hand") as failure:
        keep_key(tmp_path, "openai", KEY)
    assert (tmp_path / "engines.toml").read_text() == text and KEY not in str(failure.value)


def test_a_choice_lasts_and_the_bar_is_amber_at_once(tmp_path: Path, opened: Opened) -> None:
    """In every window at its next look, and after a restart; quotes can be chosen back."""
    backend = opened()
    window, second = window_of(backend), window_of(backend)
    assert "Quotes only<small> · on this machine" in window.text("who")
    window.press("use", engine="openai:gpt-4.1")
    assert "needs a key" in window.text("note") and "hosted" not in window.text("who")
    window.press("key", "openai", value=KEY)
    window.use("openai:gpt-4.1")
    assert "go to api.openai.com" in window.text("note")
    for one in (window, second):
        one.tick()
        assert 'class="bar-button hosted"' in one.text("who")
        assert "gpt-4.1<small> · sends text to api.openai.com" in one.text("who")
        assert one.text("engine") == "openai:gpt-4.1"
    assert backend.workspace().engine.host == "api.openai.com"  # type: ignore[union-attr]
    again = opened()
    assert again.default_engine() == again.chosen_engine() == "openai:gpt-4.1"
    assert "sends text to api.openai.com" in window_of(again).text("who")
    window_of(again).use("extractive")
    assert opened().default_engine() == "extractive"
    chosen = ModelStore(tmp_path).folder / "chosen.json"
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o600 and KEY not in chosen.read_text()


def test_what_the_command_line_named_wins_and_the_page_says_so(opened: Opened) -> None:
    """The choice is kept for a start without it."""
    backend = opened("extractive")
    window = window_of(backend)
    assert "This page was started with Quotes only" in window.text("rows")
    window.press("key", "openai", value=KEY)
    window.use("openai:gpt-4.1")
    assert "kept as your choice. For now Quotes only answers" in window.text("note")
    assert backend.default_engine() == "extractive" and "hosted" not in window.text("who")
    assert "Chosen for then: gpt-4.1 (OpenAI)" in window.text("rows")
    assert opened().default_engine() == "openai:gpt-4.1"


def test_a_choice_whose_key_is_gone_is_named_and_nothing_is_sent(opened: Opened) -> None:
    """What is on this machine answers, and the panel says why and what to do."""
    backend = opened()
    window = window_of(backend)
    window.press("key", "openai", value=KEY)
    window.use("openai:gpt-4.1")
    window.press("unkey-yes", "openai")
    assert backend.default_engine() == "extractive" and "hosted" not in window.text("who")
    assert "gpt-4.1 (OpenAI) was chosen and cannot answer" in window.text("rows")
    window.press("key", "openai", value=KEY)
    assert backend.default_engine() == "openai:gpt-4.1" and "hosted" in window.text("who")


def test_a_window_asks_nobody_but_whom_its_bar_names(opened: Opened) -> None:
    """After a change elsewhere an old window's hosted engine is refused, not asked."""
    backend = opened()
    window = window_of(backend)
    window.press("key", "openai", value=KEY)
    window.use("openai:gpt-4.1")
    window_of(backend).use("extractive")
    with pytest.raises(UsageError, match="not in the list"):
        backend._engine(backend.workspace(), "openai:gpt-4.1")  # type: ignore[arg-type]
    for name in ("https://evil.example/v1#x", "openai:gpt-4.1#x", "hf:/tmp/model", "nobody"):
        window.use(name)
        assert "did not work" in window.text("note") and backend.default_engine() == "extractive"


def test_a_typed_model_is_taken_or_one_line_says_what_to_do(opened: Opened) -> None:
    """Names are spelt as the provider does; one that is none is told what it should be."""
    window = window_of(opened())
    window.press("key", "openai", value=KEY)
    for typed, said in (
        ("GPT-4.1", "gpt-4.1 (OpenAI) answers"),
        ("openai:gpt-4.1-mini", "gpt-4.1-mini (OpenAI) answers"),
        ("gpt-9-turbo", "gpt-9-turbo (OpenAI) answers"),
        ("GPT 5", "type it as OpenAI spells it, without spaces, for instance gpt-"),
        ("", "is no name of a model"),
        ("http://127.0.0.1:9/v1", "is no name of a model"),
    ):
        window.press("use-typed", "openai", value=typed)
        assert said in window.text("note")


def test_a_wrong_engine_on_the_command_line_names_the_right_one(tmp_path: Path) -> None:
    """A model's name alone is no engine."""
    with pytest.raises(UsageError, match=r"name it openai:gpt-4\.1"):
        engine_named("GPT-4.1", tmp_path)


def answering(
    monkeypatch: pytest.MonkeyPatch, server: ModelServer, provider: str = "openai"
) -> None:
    """Have a provider's list of models asked of a server on this machine."""
    kind = ENGINES.get(provider)
    assert kind is not None
    real = discovery.offered_models

    def asked(address: str, headers: Any) -> Any:
        return real(f"{server.url}/v1/models", headers)

    monkeypatch.setattr("assistant.models.servers.offered_models", asked)


def test_a_key_is_tried_only_when_asked_and_a_wrong_one_is_named(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key alone is sent; then names that the provider does not list are refused."""
    with ModelServer(models=("gpt-4.1", "gpt-7")) as server:
        answering(monkeypatch, server)
        window = window_of(opened())
        window.press("test", "openai")
        assert "needs a key first" in window.text("note")
        window.press("key", "openai", value=KEY)
        window.tick()
        assert server.requests == []
        window.press("test", "openai")
        assert "OpenAI takes the key. It lists 2 models" in window.text("note")
        (asked,) = server.requests
        assert asked.headers["authorization"] == f"Bearer {KEY}" and asked.body == {}
        assert '<option value="gpt-7">' in window.row("openai")
        window.press("use-typed", "openai", value="gpt-6")
        assert "has no model “gpt-6” for this key" in window.text("note")
        assert len(server.requests) == 1
    monkeypatch.setattr("assistant.models.servers.offered_models", refused)
    window.press("test", "openai")
    assert "OpenAI refuses this key" in window.text("note") and "Replace" in window.text("note")
    assert KEY not in window.everything


def refused(address: str, headers: Any) -> Any:
    """Answer as a provider does that does not know the key, and repeats it."""
    import httpx

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": {"message": f"Incorrect API key: {KEY}"}})

    real, client = httpx.Client, httpx.Client(transport=httpx.MockTransport(answer))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery.httpx, "Client", lambda **_: client)
        try:
            return discovery.offered_models(address, headers)
        finally:
            assert real is not None


def test_a_server_that_went_away_says_what_to_do(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its model is listed while it answers; in use and gone, it is named."""
    with ModelServer(models=("herring",)) as server:
        monkeypatch.setattr(discovery, "SERVERS", (server.url,))
        backend = opened()
        name = f"{server.url}#herring"
        window = window_of(backend)
        # Nobody chose yet: a server that answers is taken.
        assert "in use" in window.row(name)
        window.use("extractive")
        assert window.buttons(name) == ["use"]
        window.use(name)
        assert "herring<small> · on this machine" in window.text("who")
    window.press("shown")
    assert "does not answer any more" in window.row(name) and "in use" in window.row(name)
    window.use("extractive")
    assert name not in window.text("rows")


def test_prices_are_said_where_they_are_known(tmp_path: Path, opened: Opened) -> None:
    """The user's own go first; of what nobody knows it is said so."""
    (tmp_path / "engines.toml").write_text(
        '[prices."openai:gpt-4.1"]\ninput = 3\noutput = 8\n[prices."openai:mine"]\n'
        "input = 1\noutput = 1\n"
    )
    row = window_of(opened()).row("openai")
    assert "$3.00 in, $8.00 out per million tokens (as you set it)" in row
    assert "an answer about 0.83 cents, at most some 1.4" in row and "mine" in row
    assert "list price seen 20" in row and "needs a key" in row
    assert "价格未知" in window_of(opened(), "zh").row("deepseek")


@pytest.mark.parametrize(
    ("name", "title", "chinese"),
    [
        ("extractive", "Quotes only", "只引用原文"),
        ("local:qwen3-8b", "Qwen3 8B", "Qwen3 8B"),
        ("local:mine", "mine", "mine"),
        ("ollama:qwen3:4b", "qwen3:4b (Ollama)", "qwen3:4b（Ollama）"),
        ("openai:gpt-4o", "gpt-4o (OpenAI)", "gpt-4o（OpenAI）"),
        ("http://127.0.0.1:8080#tiny", "tiny (127.0.0.1:8080)", "tiny（127.0.0.1:8080）"),
        ("shout", "shout", "shout"),
        ("", "", ""),
    ],
)
def test_every_engine_has_a_title(name: str, title: str, chinese: str) -> None:
    """What people call it; an unknown name is its own."""
    assert (engine_title(name), engine_title(name, "zh")) == (title, chinese)
