"""The shape of the program: imports point one way, each library has one owner, budgets hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("corpus", "index", "assistant", "ui")
FILES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
MODULE_LINES = 500

# The modules that may import an outside library; everything else asks them.
OWNERS = {
    "chromadb": {"index/vectors.py"},
    "charset_normalizer": {"corpus/readers/text.py"},
    "click": {"ui/cli.py", "ui/commands/"},
    "docx": {"corpus/readers/office.py", "assistant/memo/export.py"},
    "fastapi": {"ui/server.py"},
    "fpdf": {"corpus/starter/reports/build.py"},
    "gradio": {"ui/page.py", "ui/page_", "ui/server.py"},
    "httpx": {"corpus/addresses.py", "corpus/fetching.py", "index/fetched.py",
              "assistant/models/clients.py", "assistant/models/failures.py",
              "assistant/models/reach.py"},
    "llama_index": {"index/llamaindex.py", "assistant/models/clients.py",
                    "assistant/models/hugging_face.py"},
    "lxml": {"corpus/readers/html.py", "corpus/readers/markdown.py", "corpus/readers/markup.py"},
    "markdown_it": {"corpus/readers/markdown.py", "corpus/starter/reports/build.py"},
    "ollama": {"assistant/models/clients.py"},
    "onnxruntime": {"index/onnx.py"},
    "openpyxl": {"corpus/readers/office.py"},
    "pandas": {"ui/page_library_events.py"},
    "platformdirs": {"assistant/settings.py"},
    "pptx": {"corpus/readers/office.py"},
    "pypandoc": {"assistant/memo/export.py"},
    "pypdf": {"corpus/readers/pdf_about.py"},
    "pypdfium2": {"corpus/readers/pdf.py", "corpus/readers/pdf_drawing.py",
                  "corpus/readers/pdf_page.py"},
    "sentence_transformers": {"index/minilm.py"},
    "sqlite3": {"corpus/sqlite.py", "corpus/schema.py", "corpus/catalogue.py",
                "corpus/conversations.py", "corpus/library.py", "corpus/rows.py"},
    "starlette": {"ui/guard.py", "ui/originals.py"},
    "tantivy": {"index/words.py"},
    "tokenizers": {"index/onnx.py"},
    "torch": {"index/minilm.py"},
    "trafilatura": {"corpus/readers/html.py"},
    "transformers": {"assistant/models/hugging_face.py", "index/minilm.py"},
    "typst": {"assistant/memo/drawing.py"},
    "uvicorn": {"ui/server.py"},
    "yaml": {"corpus/readers/markdown.py", "corpus/starter/reports/build.py"},
}  # fmt: skip
HEAVY = ("torch", "chromadb", "gradio", "llama_index", "sentence_transformers", "tantivy", "numpy")


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_point_one_way(path: Path) -> None:
    """corpus knows nothing of index, index nothing of assistant, assistant nothing of ui."""
    layer = LAYERS.index(path.relative_to(ROOT).parts[0])
    above = LAYERS[layer + 1 :]
    wrong = [name for name, _ in imports_of(path) if name.split(".")[0] in above]
    assert not wrong, f"{path} imports {wrong}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_outside_library_has_its_owner(path: Path) -> None:
    """A library is imported where it is owned, and an unlisted one by nobody."""
    name = str(path.relative_to(ROOT))
    for imported, line in imports_of(path):
        top = imported.split(".")[0]
        if top in LAYERS or (top in sys.stdlib_module_names and top != "sqlite3") or top == "numpy":
            continue
        assert top in OWNERS, f"{name}:{line} imports {top}, which has no owner"
        owned = any(name == owner or name.startswith(owner) for owner in OWNERS[top])
        assert owned, f"{name}:{line} imports {top}; its owner is {OWNERS[top]}"


def test_no_two_modules_import_each_other() -> None:
    """There are no import cycles among our modules."""
    modules = {".".join(Path(name).with_suffix("").parts): path for name, path in
               zip(NAMES, FILES, strict=True)}  # fmt: skip
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    graph = {
        name: {one for one, _ in imports_of(path) if one in modules}
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' > '.join((*trail, name))}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_modules_stay_small_and_say_what_they_are_for(path: Path) -> None:
    """A module has at most 500 lines and begins with one line that says what it is for."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MODULE_LINES
    assert ast.get_docstring(ast.parse(text)), f"{path} says nothing"
    assert path.stem not in {"utils", "common", "base", "types", "helpers", "misc"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_catching_everything_needs_a_reason(path: Path) -> None:
    """Every handler that catches everything says why on its line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if re.search(r"except(?: \(?Base)?(?: Exception\b| BaseException\b|:)", line):
            follows = path.read_text(encoding="utf-8").splitlines()[number : number + 6]
            reraises = any(one.strip() == "raise" for one in follows)
            assert "# reason:" in line or reraises, f"{path}:{number}"


@pytest.mark.process
def test_the_help_is_light() -> None:
    """`briefing --help` loads no model, index or web library."""
    code = (
        "import sys; sys.argv = ['briefing', '--help']\n"
        "from ui.cli import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code, done.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "briefing" in result.stdout and "search" in result.stdout


def test_the_readme_is_short_and_its_commands_exist() -> None:
    """The README has under 150 lines, the two commands, and only commands that there are."""
    from ui.cli import cli

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert "make chat" in text and "make test" in text
    named = set(re.findall(r"^(?:\$ )?(?:\.venv/bin/)?briefing ([a-z]+)", text, re.MULTILINE))
    assert named and named <= set(cli.commands), named - set(cli.commands)


def test_every_package_is_pinned() -> None:
    """Each direct dependency has a version in constraints.txt, and torch the one for all."""
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=!~ ;]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names <= pins, names - pins
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().split()
