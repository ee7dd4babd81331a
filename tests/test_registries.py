"""What other packages add, kind by kind; and what they cannot."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.answer import Answer, Question
from assistant.engine import Piece, Task, guarded
from assistant.engine_kinds import ENGINES
from assistant.engine_selection import engine_named, reachable
from assistant.memo.templates import (
    TEMPLATES,
    template_named,
    template_names,
    template_text,
)
from assistant.memo.translation import worded
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import formats
from corpus.document import LeftOut
from corpus.errors import (
    EmbedderError,
    EngineError,
    FormatError,
    ReaderError,
    ReadError,
    SearchIndexError,
    UsageError,
)
from corpus.formats import READERS, FileReader
from corpus.i18n import tr
from corpus.readers import read
from corpus.registry import Registry
from corpus.sandbox import Sandbox
from corpus.themes import Themes
from corpus.translations import LANGUAGES, languages
from index.embedders import EMBEDDERS, counting_of, document_embedder, question_embedder
from index.inspection import inspect_indexes
from index.pair_encoding import Pair
from index.probe import probe_vectors
from index.reader import READER_MODELS, reader_named
from index.rerankers import RERANKERS, reranker_named
from index.vector_store import VECTOR_STORES, store_named
from ui.extraction_words import left_out_words
from ui.translation import translated
from ui.wording import keys, language_of, translations, word

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "plugin"
REGISTRIES = (
    READERS, ENGINES, TEMPLATES, EMBEDDERS, VECTOR_STORES, RERANKERS, READER_MODELS, LANGUAGES,
)  # fmt: skip
Package = Callable[..., Path]
# A reader as short as one can be, of files that begin with a word of their own.
TIDES = """
    from corpus.document import Document, Source
    from corpus.formats import FileReader

    def read(data, location, limits):
        return Document(Source("Tides", location, kind="tides"), data.decode())

    def sniff(data, suffix):
        return data.startswith(b"TIDES")

    TIDES = FileReader("tide tables", (".tide",), read, {"text/x-tide": ".tide"}, sniff)
"""


@pytest.fixture(autouse=True)
def just_started(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every registry be as in a program that has just been started."""
    for registry in REGISTRIES:
        for name, value in (("_found", None), ("_loaded", {}), ("_broken", set()), ("_lines", [])):
            monkeypatch.setattr(registry, name, value)
    languages.cache_clear()
    yield
    languages.cache_clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Return what installs a package of one module: its name, its code, its entry points."""
    installed = tmp_path / "installed"
    installed.mkdir()
    monkeypatch.syspath_prepend(str(installed))
    before = set(sys.modules)

    def install(name: str, code: str, **points: str) -> Path:
        (installed / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        told = installed / f"{name}-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        sections = [f"[briefing.{group}]\n{lines}\n" for group, lines in points.items()]
        (told / "entry_points.txt").write_text("\n".join(sections))
        return installed

    yield install
    for name in set(sys.modules) - before:
        if name.startswith("tests_"):
            del sys.modules[name]


def colours(package: Package, blue: str = "tests_blue:BLUE") -> Registry[str]:
    """Return a registry of colours, each of which claims its first letter."""
    package("tests_blue", "BLUE = 'blue'\n")
    package("tests_green", "GREEN = 'green'\n")
    ours = (("blue", blue), ("green", "tests_green:GREEN"))
    return Registry("briefing.colours", str, ours, claims=lambda one: [one[0]])


def test_nothing_is_loaded_before_it_is_asked_for(package: Package) -> None:
    """One name loads one module, ours or another's; a list of them loads them all, ours first."""
    package("tests_blue", "BLUE = 'blue'\n")
    package("tests_green", "GREEN = 'green'\n")
    ours = (("green", "tests_green:GREEN"), ("blue", "tests_blue:BLUE"))
    registry = Registry("briefing.colours", str, ours)
    package("tests_red", "RED = 'red'\n", colours="red = tests_red:RED")
    package("tests_amber", "AMBER = 'amber'\n", colours="amber = tests_amber:AMBER")
    assert registry.folders and registry.package("red") == "tests_red 1.0"

    def loaded() -> set[str]:
        return {one for one in ("amber", "blue", "green", "red") if f"tests_{one}" in sys.modules}

    assert not loaded()
    assert registry.get("red") == "red" and loaded() == {"red"}
    assert registry.get("blue") == "blue" and loaded() == {"red", "blue"}
    assert registry.get("purple") is None and registry.package("blue") == ""
    assert registry.values() == ["green", "blue", "amber", "red"]
    assert list(registry.ours()) == ["green", "blue"] and not registry.left_out


@pytest.mark.parametrize(
    ("code", "point", "why"),
    [
        pytest.param("import no_such_module", "red = tests_red:RED", "no_such_module", id="import"),
        pytest.param("ROUGE = 'red'", "red = tests_red:RED", "no attribute 'RED'", id="attribute"),
        pytest.param("RED = 7", "red = tests_red:RED", "is a int and no str", id="kind"),
        pytest.param("raise SystemExit(3)", "red = tests_red:RED", "SystemExit: 3", id="exit"),
        pytest.param("RED = ''", "red = tests_red:RED", "IndexError", id="claims fail"),
        pytest.param("RED = 'x'", "red = tests_red", "is a module and no str", id="module"),
        pytest.param("RED = 'red'", "blue = tests_red:RED", "blue comes with the", id="our name"),
        pytest.param("RED = 'green-ish'", "red = tests_red:RED", "g: green has", id="our claim"),
        pytest.param("RED = 'red'", "red =", "red", id="names nothing"),
    ],
)
def test_a_broken_plug_in_is_left_out_with_one_line(
    code: str, point: str, why: str, package: Package, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with it: the others are there, nothing is raised, one line says why."""
    registry = colours(package)
    package("tests_red", code, colours=point)
    package("tests_amber", "AMBER = 'amber'\n", colours="amber = tests_amber:AMBER")
    assert registry.values() == ["blue", "green", "amber"]
    assert registry.values() == ["blue", "green", "amber"] and registry.get("blue") == "blue"
    (line,) = registry.left_out
    assert why in line and "tests_red 1.0" in line and "briefing.colours" in line
    assert [one.getMessage() for one in caplog.records] == [line] and "\n" not in line


def test_of_two_packages_with_one_name_the_first_is_used(package: Package) -> None:
    """By the names of the packages, so that it is the same each time."""
    registry = colours(package)
    package("tests_zwei", "RED = 'zwei'\n", colours="red = tests_zwei:RED")
    package("tests_eins", "RED = 'eins'\n", colours="red = tests_eins:RED")
    assert registry.get("red") == "eins"
    (line,) = registry.left_out
    assert "tests_zwei 1.0" in line and "added by tests_eins 1.0 already" in line


def test_a_package_with_damaged_notes_keeps_nothing_from_working(package: Package) -> None:
    """Where the packages cannot be listed, there are ours."""
    registry = colours(package)
    package("tests_red", "RED = 'red'\n", colours="no entry point")
    assert registry.values() == ["blue", "green"] and registry.get("red") is None
    (line,) = registry.left_out
    assert line.startswith("no plug-in of briefing.colours is used: ")


def test_what_comes_with_the_program_must_load(package: Package) -> None:
    """One of ours that is broken is no plug-in: its failure is raised."""
    registry = colours(package, "tests_blue:NONE")
    with pytest.raises(AttributeError):
        registry.get("blue")


def test_every_format_of_ours_is_declared_once() -> None:
    """No two have a suffix or a MIME type in common, and each says what a person calls it."""
    every = list(READERS.ours().values())
    claimed = [one for reader in every for one in (*reader.suffixes, *reader.types)]
    assert len(every) == 8 and len(claimed) == len(set(claimed))
    assert all(reader.words for reader in every) and not READERS.left_out
    assert {".pdf", ".docx", ".md", ".txt", ".eml", ".msg", ".html"} <= formats.suffixes()
    assert formats.suffix_of("application/pdf") == ".pdf" and formats.suffix_of("image/png") == ""
    assert formats.words().startswith("mail, PDF, ") and "plain text" in formats.words()


@pytest.mark.parametrize(
    ("suffixes", "types"),
    [((), {}), (("log",), {}), ((".LOG",), {}), (".log", {}), ((".log",), {"text/x": ".txt"})],
    ids=["none", "without a dot", "capitals", "no tuple", "a type of another suffix"],
)
def test_a_reader_with_a_wrong_suffix_is_refused(suffixes: Any, types: dict[str, str]) -> None:
    """Where it is declared, so that its author sees it."""
    with pytest.raises(ValueError, match="suffixes"):
        FileReader("logs", suffixes, lambda *_: read(Path()), types)


def test_only_the_process_that_reads_gets_hold_of_what_reads() -> None:
    """The rest of the program asks which formats there are, and cannot have one read a file."""
    users = {
        file.relative_to(ROOT).as_posix()
        for layer in ("corpus", "index", "assistant", "ui")
        for file in (ROOT / layer).rglob("*.py")
        if re.search(r"\bREADERS\b", file.read_text(encoding="utf-8"))
    }
    assert users == {
        "corpus/formats.py", "corpus/readers/__init__.py", "corpus/sandbox_child.py",
        # The folders of plug-ins, and what is told of those that are left out.
        "corpus/sandbox.py", "assistant/diagnostics.py",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.tide", b"TIDES of Ros\n", "tides"),
        # Under its suffix it is asked before ours, and has what none of ours knows.
        ("a.tide", b"TIDES <html><body>High water at six.</body></html>", "tides"),
        ("a.tide", b"High water at six.\n", "tides"),
        ("a.tide", b"<html><body><p>High water at six.</p></body></html>", "html"),
        # Of other files it has those that nobody knows.
        ("a", b"TIDES of Ros\n", "tides"),
        ("a.zzz", b"TIDES of Ros\n", "tides"),
        ("a.txt", b"TIDES of Ros are high.\n", "text"),
        ("a.md", b"TIDES of Ros are high.\n", "markdown"),
    ],
)
def test_a_file_goes_to_an_added_reader_by_suffix_then_by_content(
    name: str, content: bytes, kind: str, package: Package, tmp_path: Path
) -> None:
    """Nothing that ours read is taken from them."""
    package("tests_tides", TIDES, readers="tide = tests_tides:TIDES")
    file = tmp_path / name
    file.write_bytes(content)
    assert read(file).source.kind == kind


def test_an_added_format_is_known_wherever_formats_are_asked_for(package: Package) -> None:
    """Downloads, attachments, the line of a refusal and the label of the page's file chooser."""
    from corpus.readers.mail import parts_of_mail
    from ui.wording import translations

    package("tests_tides", TIDES, readers="tide = tests_tides:TIDES")
    assert formats.suffix_of("text/x-tide") == ".tide" and ".tide" in formats.suffixes()
    assert "tide tables" in translations()["en"]["library.files"]
    assert "、" not in formats.words() and "网页" in translations()["zh"]["library.files"]
    mail = (
        b"From: a@b.example\nSubject: Water\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nSee there.\n"
        b"--x\nContent-Type: text/x-tide\nContent-Disposition: attachment\n\nTIDES\n--x--\n"
    )
    assert [one.name for one in parts_of_mail(mail)] == ["attachment.tide"]


def test_a_sniff_that_fails_is_no_claim(package: Package, tmp_path: Path) -> None:
    """The file is refused for what it is, and not for a failure of somebody else's."""
    broken = TIDES.replace('return data.startswith(b"TIDES")', "raise KeyError")
    package("tests_tides", broken, readers="tide = tests_tides:TIDES")
    (tmp_path / "a.zzz").write_bytes(b"water")
    with pytest.raises(ReadError, match=r"\.zzz is not a format .* tide tables"):
        read(tmp_path / "a.zzz")


def test_a_reader_that_takes_a_suffix_of_ours_is_left_out(package: Package, tmp_path: Path) -> None:
    """As a whole, with the suffix in the line."""
    package("tests_tides", TIDES.replace('(".tide",)', '(".tide", ".md")'),
            readers="tide = tests_tides:TIDES")  # fmt: skip
    (tmp_path / "a.md").write_text("# Water\n\nHigh water at six.\n")
    assert read(tmp_path / "a.md").source.kind == "markdown"
    assert [".md: markdown has that already" in one for one in READERS.left_out] == [True]


@pytest.mark.process
def test_an_added_reader_runs_confined(package: Package, tmp_path: Path) -> None:
    """In the child, with what it imports on its way; no other file, and no network, is in reach."""
    package("tests_tides", """
        from pathlib import Path
        import socket
        from corpus.document import Document, Source
        from corpus.formats import FileReader

        PREPARED = []

        def read(data, location, limits):
            import colorsys
            if data.startswith(b"open"):
                Path(__file__).read_text()
            if data.startswith(b"call"):
                socket.socket().connect(("127.0.0.1", 9))
            text = f"{data.decode()} {colorsys.__name__} {PREPARED}"
            return Document(Source("Tides", location, kind="tides"), text)

        def prepare():
            PREPARED.append(Path(__file__).stem)

        TIDES = FileReader("tides", (".tide",), read, imports=("colorsys", "wsgiref.*"),
                       prepare=prepare)
    """, readers="tide = tests_tides:TIDES")  # fmt: skip
    assert "tests_tides" not in sys.modules
    texts = {}
    with Sandbox() as sandbox:
        for word in ("water", "open", "call"):
            (tmp_path / f"{word}.tide").write_text(word)
            try:
                texts[word] = sandbox.read(tmp_path / f"{word}.tide").text
            except ReadError as error:
                texts[word] = error.reason
    assert texts == {
        "water": "water colorsys ['tests_tides']", "open": "damaged", "call": "damaged",
    }  # fmt: skip
    # Not even its module is loaded where the library is.
    assert "tests_tides" not in sys.modules


@pytest.mark.process
@pytest.mark.parametrize(
    ("code", "why"),
    [
        (TIDES + "\n    raise RuntimeError('no tide')\n", "RuntimeError: no tide"),
        (TIDES.replace("sniff)", "sniff, imports=('no_such_module',))"), "no_such_module"),
        (TIDES.replace("sniff)", "sniff, prepare=lambda: exit(2))"), "SystemExit: 2"),
    ],
    ids=["cannot be loaded", "lacks a module", "cannot be made ready"],
)
def test_a_broken_reader_is_told_by_the_child_and_harms_no_other_file(
    code: str, why: str, package: Package, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its line is in the log of the program, once, however many children are started."""
    package("tests_tides", code, readers="tide = tests_tides:TIDES")
    (tmp_path / "a.txt").write_text("High water at six.")
    (tmp_path / "a.tide").write_text("TIDES of Ros")
    for _ in range(2):
        with Sandbox() as sandbox:
            assert sandbox.read(tmp_path / "a.txt").text == "High water at six."
            with pytest.raises(ReadError, match=r"\.tide is not a format") as refused:
                sandbox.read(tmp_path / "a.tide")
    assert refused.value.reason == "unsupported"
    (line,) = [one.getMessage() for one in caplog.records if "briefing.readers" in one.getMessage()]
    assert why in line and "tests_tides 1.0" in line


BELLS = """
    from assistant.engine import Draft
    from assistant.engine_kinds import EngineKind, Reachable

    class Bell:
        host = ""
        def __init__(self, name):
            self.name = name
        def write(self, task):
            yield Draft("Ding.", (1,))

    def make(model, config):
        if model == "cracked":
            raise KeyError(model)
        return Bell(f"bell:{model} {config.key('bell', 'BELL_KEY')}") if model != "none" else 7

    def discover(config):
        raise OSError("no rope")

    BELL = EngineKind(make, model="TOWER", variable="BELL_KEY")
    GONG = EngineKind(lambda model, config: Bell("gong"), model="", discover=discover)
"""


def test_an_engine_of_a_package_is_made_by_its_name(
    package: Package, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a key from engines.toml; listed with the others; never chosen by itself."""
    package("tests_bells", BELLS, engines="bell = tests_bells:BELL\ngong = tests_bells:GONG")
    (tmp_path / "engines.toml").write_text('[keys]\nbell = "rope"\n[context]\n"bell:x" = 9000\n')
    (tmp_path / "engines.toml").chmod(0o600)
    assert engine_named("bell:ros", tmp_path).name == "bell:ros rope"
    assert engine_named("gong", tmp_path).name == "gong"
    assert engine_named("auto", tmp_path).name == "extractive"
    listed = {one.name: one for one in reachable(tmp_path)}
    assert listed["bell:TOWER"].ready and listed["bell:TOWER"].is_form
    assert listed["bell:TOWER"].detail == "of tests_bells 1.0"
    # What it says of itself may fail.
    assert not listed["gong"].ready and "OSError" in listed["gong"].detail
    for name, line in (
        ("bell", "give one of: .*bell:TOWER, gong, URL#MODEL"),
        ("gong:x", "there is no engine 'gong:x'"),
        ("bell:cracked", "'bell:cracked' of tests_bells 1.0 cannot be made .KeyError."),
        ("bell:none", "cannot be made .TypeError."),
    ):
        with pytest.raises(UsageError, match=line):
            engine_named(name, tmp_path)
    assert "cannot be made" in caplog.text
    (tmp_path / "engines.toml").write_text('[keys]\ngong = "rope"\n')
    with pytest.raises(FormatError, match=r"“gong” .* none of anthropic, bell, deepseek, openai"):
        engine_named("gong", tmp_path)


def test_a_package_cannot_stand_in_for_an_engine_of_ours(package: Package, tmp_path: Path) -> None:
    """What is named "extractive" or "openai" is what comes with the program."""
    points = "openai = tests_bells:BELL\nextractive = tests_bells:GONG"
    package("tests_bells", BELLS, engines=points)
    assert engine_named("extractive", tmp_path).name == "extractive"
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        engine_named("openai:gpt-5", tmp_path)
    assert not ENGINES.added() and len(ENGINES.left_out) == 2


def test_whatever_an_engine_raises_is_a_failure_of_that_engine() -> None:
    """So that it is told by name, and the library quoted; what came before is kept."""

    def write(task: Task) -> Iterator[str]:
        yield f"{task.question} Ding. [1]"
        raise ZeroDivisionError

    pieces = guarded("bell", write, Task("Ros?", (), ()))
    assert next(pieces) == "Ros? Ding. [1]"
    with pytest.raises(EngineError, match=r"bell failed: ZeroDivisionError"):
        next(pieces)


def test_an_answer_outlives_an_engine_that_breaks_off(starter_desk: Workspace) -> None:
    """The library is quoted, and the reader told which engine failed."""

    class Cracked:
        name, host = "bell:cracked", ""

        def write(self, task: Task) -> Generator[Piece, None, None]:
            yield from ()
            raise KeyError(task.question)

    *_, answer = ask(starter_desk.with_engine(Cracked()), Question("Who founded DeepSeek?"))
    assert isinstance(answer, Answer) and answer.fallback == "bell:cracked failed: KeyError"
    assert "Liang Wenfeng" in " ".join(one.text for one in answer.claims)


SECTION = '[[section]]\nheading = "Sources"\nkind = "sources"\n'
FOLDER = """
    from pathlib import Path
    HERE = Path(__file__).parent / "forms"
    ONE = HERE / "tide.toml"
"""


@pytest.mark.parametrize("point", ["tests_forms:HERE", "tests_forms:ONE"])
def test_a_package_brings_templates(point: str, package: Package, tmp_path: Path) -> None:
    """In a folder or as one file; the user's own of that name goes before it."""
    forms = package("tests_forms", FOLDER, templates=f"forms = {point}") / "forms"
    forms.mkdir()
    (forms / "tide.toml").write_text(f"words = 300\n{SECTION}")
    home = tmp_path / "home"
    assert template_named("tide", home).words == 300
    assert template_names(home) == ["bluf", "crs", "judgments", "tide"]
    (home / "templates").mkdir(parents=True)
    (home / "templates" / "tide.toml").write_text(f"words = 400\n{SECTION}")
    assert template_named("tide", home).words == 400 and "400" in template_text("tide", home)
    assert template_names(home) == ["tide", "bluf", "crs", "judgments"]


def test_templates_of_a_package_replace_none_of_ours(package: Package, tmp_path: Path) -> None:
    """One that would is left out, and one that names no folder, each with a line that says so."""
    forms = package("tests_forms", FOLDER, templates="forms = tests_forms:HERE") / "forms"
    package("tests_empty", "from pathlib import Path\nNO = Path('/nonexistent')\n",
            templates="no = tests_empty:NO")  # fmt: skip
    forms.mkdir()
    (forms / "bluf.toml").write_text(f"words = 300\n{SECTION}")
    assert template_named("bluf", tmp_path).words == 700
    assert template_names(tmp_path) == ["bluf", "crs", "judgments"]
    said = sorted(TEMPLATES.left_out)
    assert len(said) == 2 and "bluf: briefing has that already" in said[0]
    assert "no folder with files NAME.toml" in said[1]


LANGUAGE = """
from pathlib import Path
FOLDER = Path(__file__).parent / "spoken"
ONE = FOLDER / "de.toml"
"""
PARTIAL = (EXAMPLE / "briefing_example" / "languages" / "de.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("point", ["tests_spoken:FOLDER", "tests_spoken:ONE"])
def test_a_package_brings_a_language(point: str, package: Package, tmp_path: Path) -> None:
    """A word of the page, a line, a memo's heading, a theme; what it lacks is English."""
    spoken = package("tests_spoken", LANGUAGE, languages=f"german = {point}") / "spoken"
    spoken.mkdir()
    (spoken / "de.toml").write_text(PARTIAL, encoding="utf-8")
    assert list(languages()) == ["en", "zh", "de"]
    assert language_of({"accept-language": "de-AT,en;q=0.5"}) == "de"
    assert word("chat.in_line", "de", place=2) == "Platz 2 in der Warteschlange…"
    assert word("memo.topic", "de") == word("memo.topic", "en")
    labels = translations()["de"]
    assert labels["memo.write"] == "Vermerk schreiben" and labels.keys() == keys()
    none = tr("the library has nothing on {topic}; add documents about it", topic="Ros")
    assert translated(none, "de").startswith("die Bibliothek hat nichts über Ros")
    assert translated(tr("this file is empty"), "de") == "this file is empty"
    assert worded("Sources", "de") == "Quellen" and worded("Timeline", "de") == "Timeline"
    themes = Themes(tmp_path)
    assert themes.named("export-policy", "de") == "Ausfuhrpolitik"
    assert themes.named("law", "de") == "AI law" and themes.key_of("Ausfuhrpolitik")
    shown = left_out_words((LeftOut("pages without text", 4, "pages 2–4 and 7"),), "de")
    assert "4 pages without text (pages 2–4 and 7)" in shown


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        pytest.param("de", 'name = "Deutsch', "cannot read", id="no TOML"),
        pytest.param("de", "[words]\n", "“name” is missing", id="no name"),
        pytest.param("de", f"{PARTIAL}[wrods]\n", "“wrods” is no key", id="unknown table"),
        pytest.param("de", PARTIAL.replace("{place}", "{plaec}"),
                     "“Platz {plaec} in der Warteschlange…” has a name in", id="a word's value"),
        pytest.param("de", PARTIAL.replace("über {topic}", "über {thema}"),
                     "has a name in braces that “the library", id="a line's value"),
        pytest.param("zh", PARTIAL, "zh: briefing has that already", id="ours"),
        pytest.param("German", PARTIAL, "German.toml is not named after a language", id="no code"),
    ],
)  # fmt: skip
def test_a_language_that_cannot_be_used_is_left_out(
    name: str, text: str, why: str, package: Package, caplog: pytest.LogCaptureFixture
) -> None:
    """With one line that says why; the page goes on in ours."""
    spoken = package("tests_spoken", LANGUAGE, languages="german = tests_spoken:FOLDER") / "spoken"
    spoken.mkdir()
    (spoken / f"{name}.toml").write_text(text, encoding="utf-8")
    assert list(languages()) == ["en", "zh"] and word("memo.write", "de") == "Write the memo"
    (line,) = LANGUAGES.left_out
    assert why in line and "tests_spoken 1.0" in line and "\n" not in line
    assert language_of({"accept-language": "de"}) == "en" and line in caplog.text


def test_a_package_brings_an_embedder(package: Package, tmp_path: Path) -> None:
    """By its own name, for documents and questions; "hash" and models stay what they are."""
    package("tests_letters", """
        from corpus.counting import Counting
        from index.embedders import EmbedderKind
        from index.embedding import HashEmbedder

        def fails(folder):
            raise KeyError(folder)

        LETTERS = EmbedderKind(lambda folder: HashEmbedder(26), Counting())
        BROKEN = EmbedderKind(fails)
    """, embedders="letters = tests_letters:LETTERS\n" + "\n".join(
        f"{name} = tests_letters:BROKEN" for name in ("broken", "hash", "all-MiniLM-L6-v2")
    ))  # fmt: skip
    for make in (document_embedder, question_embedder):
        assert make("letters", cache=tmp_path).dimension == 26
        assert make("hash", cache=tmp_path).dimension == 256
        with pytest.raises(EmbedderError, match=r"broken cannot be made \(KeyError\)"):
            make("broken", cache=tmp_path)
    assert counting_of("letters", cache=tmp_path) and counting_of("broken", cache=tmp_path) is None
    assert question_embedder("all-MiniLM-L6-v2", cache=tmp_path).dimension == 384


def test_a_package_brings_a_reranker_and_a_reader(package: Package, tmp_path: Path) -> None:
    """By their own names, before any folder; what ours are called stays what it is."""
    package("tests_judges", """
        from index.reader import KeywordReader, ReaderModelKind
        from index.rerankers import RerankerKind

        class Even:
            name, reads_many = "even", True

            def relevance(self, pairs):
                return [0.5 for _ in pairs]

        class Mine(KeywordReader):
            name = "mine"

        def fails(folder):
            raise KeyError(folder)

        EVEN, MINE = RerankerKind(lambda folder: Even()), ReaderModelKind(lambda folder: Mine())
        NO_RERANKER, NO_READER = RerankerKind(fails), ReaderModelKind(fails)
    """, rerankers="even = tests_judges:EVEN\nbroken = tests_judges:NO_RERANKER",
        reader_models="mine = tests_judges:MINE\n" + "\n".join(
            f"{name} = tests_judges:NO_READER" for name in ("broken", "words")
    ))  # fmt: skip
    pair = Pair("What did the harbour cost?", "Harbour", ("The harbour cost it.",))
    assert reranker_named("even", cache=tmp_path).relevance([pair]) == [0.5]
    assert reader_named("mine", cache=tmp_path).name == "mine"
    assert reader_named("words", cache=tmp_path).name == "words"
    for make in (reranker_named, reader_named):
        with pytest.raises(ReaderError, match=r"broken cannot be made \(KeyError\)"):
            make("broken", cache=tmp_path)


def test_a_package_brings_a_vector_store(package: Package, tmp_path: Path) -> None:
    """Whatever it raises is one error that says what to do; an unknown name lists the known."""
    package("tests_stores", """
        from index.vector_store import VectorStoreKind

        class Elsewhere:
            def __init__(self, folder):
                self.note = folder / "note"
                self.note.write_text("collection 7")

            def __len__(self):
                raise ConnectionError("no answer")

            def close(self):
                pass

        def discard(folder):
            (folder.parent / "discarded").write_text((folder / "note").read_text())

        ELSEWHERE = VectorStoreKind(Elsewhere, discard=discard)
        DOWN = VectorStoreKind(lambda folder: 1 / 0, discard=lambda folder: 1 / 0)
    """, vector_stores="elsewhere = tests_stores:ELSEWHERE\ndown = tests_stores:DOWN")  # fmt: skip
    kind, folder = store_named("elsewhere"), tmp_path / "vectors"
    store = kind.open(folder)
    with pytest.raises(SearchIndexError, match=r"no answer\); run: briefing doctor --rebuild"):
        len(store)
    store.close()
    found = probe_vectors(folder, [], {}, store="elsewhere")
    assert found.reason == "it cannot be opened (ConnectionError)" and not kind.lasting(folder)
    kind.delete(folder)
    assert (tmp_path / "discarded").read_text() == "collection 7" and not folder.exists()
    with pytest.raises(SearchIndexError, match="division by zero"):
        store_named("down").open(folder)
    store_named("down").delete(folder)
    assert not folder.exists()
    with pytest.raises(UsageError, match=r"'nowhere'; .* one of: chroma, down, elsewhere"):
        store_named("nowhere")


def test_another_vector_store_has_the_indexes_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example is added to, searched, reopened, damaged, left for ours: the same is found."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from briefing_example.exact_vectors import EXACT

    monkeypatch.setitem(VECTOR_STORES._loaded, "exact", EXACT)
    for place in ("Lund", "Vik", "Ros"):
        (tmp_path / f"{place}.md").write_text(f"The harbour of {place} handled 12 ships.\n")
    file = tmp_path / "home" / "index" / "vectors" / "vectors.npz"

    def opened(store: str) -> Workspace:
        home = tmp_path / "home"
        return Workspace(Settings(home, "extractive", "hash", vector_store=store))

    def found(workspace: Workspace) -> list[str]:
        hits = workspace.retriever.search("How many ships did the harbour of Vik handle?")
        return [one.passage.text for one in hits]

    with opened("exact") as workspace:
        list(workspace.add(sorted(tmp_path.glob("*.md"))))
        wanted = found(workspace)
        assert len(wanted) == 3 and "Vik" in wanted[0]
        vectors = workspace.indexes.snapshot().vectors
        assert vectors is not None and len(vectors.nearest(np.ones(256, np.float32), 9) or ()) == 3
        vik = next(one for one in workspace.library.entries() if "Vik" in one.source.location)
        workspace.remove(vik.id)
        assert found(workspace) == [one for one in wanted if "Vik" not in one]
        workspace.restore(vik.id)
    with opened("exact") as workspace:
        assert not workspace.indexes.is_behind() and found(workspace) == wanted
        assert inspect_indexes(workspace.library, store="exact").vectors == 3
        workspace.indexes.hold_vectors_back()
        assert workspace.indexes.try_vectors() == ""
    file.write_bytes(file.read_bytes()[:-9])
    with opened("exact") as workspace:
        assert workspace.indexes.fault() == "vectors/vectors.npz is missing or altered"
        assert found(workspace) == wanted and workspace.indexes.maintain()
        assert file.is_file() and workspace.indexes.fault() == ""
    with opened("chroma") as workspace:
        assert "another vector store" in workspace.indexes.fault()
        assert found(workspace) == wanted and workspace.indexes.maintain()
        assert not file.exists() and found(workspace) == wanted


def test_the_page_of_instructions_says_what_the_example_does() -> None:
    """Its lines are those of the package that is installed below."""
    told = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    points = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"]
    groups = {one.group for one in REGISTRIES}
    assert set(points) == groups - {EMBEDDERS.group, READER_MODELS.group}
    for group, lines in points.items():
        for name, place in lines.items():
            assert f'[project.entry-points."{group}"]\n{name} = "{place}"' in told
    assert set(re.findall(r'entry-points\."([a-z_.]+)"', told)) == groups
    code = (EXAMPLE / "briefing_example" / "log_files.py").read_text()
    for line in ('words="log files"', 'suffixes=(".log",)', "sniff=is_log", "read=read"):
        assert line in told and line in code


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Install the example by pip, without the network; return what runs a command with it."""
    folder = tmp_path_factory.mktemp("example")
    source, target = folder / "source", folder / "installed"
    shutil.copytree(EXAMPLE, source)
    environment = os.environ | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1", "PYTHONPATH": str(target),
        "BRIEFING_EMBEDDER": "hash",
    }  # fmt: skip

    def run(*command: str, **settings: str) -> str:
        named = {f"BRIEFING_{name.upper()}": value for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-m", *command],
            capture_output=True, text=True, env=environment | named, cwd=ROOT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    run("pip", "install", "--no-deps", "--no-build-isolation", "--target", str(target), str(source))
    return run


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of a harbour."""
    file = tmp_path / "harbour.log"
    file.write_text(
        "2026-03-04 09:15:00 The lock of the harbour of Ros opened for the ferry Zelda.\n"
        "2026-03-05 10:00:00 The lock of the harbour of Ros was closed for repairs.\n"
    )
    return file


ASKED = "Which ferry did the lock of the harbour of Ros open for?"


@pytest.mark.slow
@pytest.mark.process
def test_the_example_is_installed_and_used(
    installed: Callable[..., str], log: Path, tmp_path: Path
) -> None:
    """A log is read, the engine answers, the template is listed."""

    def run(*command: str) -> str:
        return installed("ui.cli", *command, home=str(tmp_path / "home"))

    report = json.loads(run("add", str(log), "--json"))
    assert len(report["added"]) == 1 and not report["refused"]
    (kept,) = json.loads(run("sources", "--json"))["documents"]
    assert (kept["kind"], kept["published"]) == ("log", "2026-03-05")
    answer = json.loads(run("ask", "--engine", "shout", "--json", ASKED))
    assert answer["engine"] == "shout" and "FERRY ZELDA" in answer["claims"][0]["text"]
    assert "log files" in run("add", "--help")
    assert "incident" in run("template").split()
    assert "Languages: en (English), zh (简体中文), de (Deutsch)." in run("memo", "--help")
    memo = json.loads(run("memo", "--template", "incident", "--language", "de", "--json",
                          "the lock of the harbour of Ros"))  # fmt: skip
    headings = [one["heading"] for one in memo["sections"]]
    assert headings[0] == "Was geschah" and headings[-1] == "Quellen" and "In order" in headings
    (check,) = [one for one in json.loads(run("doctor", "--json"))["checks"]
                if one["name"] == "plugins"]  # fmt: skip
    assert check["ok"] and check["detail"].count("(briefing-example 0.1)") == 6
    assert [one for one in json.loads(run("engines", "--json"))["engines"]
            if one["name"] == "shout" and one["ready"]]  # fmt: skip


@pytest.mark.slow
@pytest.mark.process
def test_its_vector_store_and_reranker_serve_a_search(
    installed: Callable[..., str], log: Path, tmp_path: Path
) -> None:
    """Each command opens the store anew: added to, searched, and what is removed is out of it."""
    home = tmp_path / "home"
    stored = home / "index" / "vectors" / "vectors.npz"

    def run(*command: str) -> str:
        return installed(
            "ui.cli", *command, home=str(home), vector_store="exact", reranker="shared-words"
        )

    run("add", str(log))
    ids = np.load(stored)["ids"].tolist()
    assert len(ids) == 2, "a passage a day"
    found = run("search", "--json", ASKED)
    best = json.loads(found)["results"][0]
    # Seven of the question's ten words are enough for it to say that it seems to answer.
    assert "Zelda" in best["text"] and "it seems to answer the question" in best["why"]
    run("remove", "--yes", ids[0].partition(":")[0])
    assert len(np.load(stored)["ids"]) == 0
