"""The shape of the program: imports point one way, each library has one owner, budgets hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("corpus", "index", "assistant", "ui")
MODULE_LINES = 500

# The modules that may import an outside library, a folder where every module of it may; everything
# else asks them. Where there are several, one opens the library and the rest take its values apart.
OWNERS = {
    "authlib": {"ui/openid.py"},
    "bibtexparser": {"corpus/references/bibtex.py"},
    "chardet": {"corpus/readers/charsets.py"},
    "chromadb": {"index/chroma_server.py", "index/vector_index.py"},
    "click": {"ui/cli.py", "ui/commands/"},
    "cssselect": {"corpus/readers/markup.py"},
    "docx": {"assistant/memo/export.py"},
    "fastapi": {"ui/api/application.py", "ui/server.py"},
    "feedparser": {"corpus/feed_parsing.py"},
    "filelock": {"corpus/lock.py", "corpus/log.py"},
    "fpdf": {"corpus/starter/reports/build.py"},
    "gradio": {"ui/event_errors.py", "ui/page.py", "ui/page_add_to_memo.py", "ui/page_adding.py",
               "ui/page_bar.py", "ui/page_chat.py", "ui/page_chat_events.py",
               "ui/page_conversations.py", "ui/page_document.py", "ui/page_engines.py",
               "ui/page_html.py", "ui/page_library.py", "ui/page_library_events.py",
               "ui/page_memo.py", "ui/page_memo_events.py", "ui/page_scope.py", "ui/page_source.py",
               "ui/page_words.py", "ui/server.py", "ui/sign_in.py"},
    "httpx": {"assistant/models/clients.py", "assistant/models/discovery.py",
              "assistant/models/downloading.py", "assistant/models/failures.py",
              "corpus/addresses.py", "corpus/fetching.py", "index/chroma_server.py",
              "index/inference_client.py", "index/url_ingest.py"},
    "httpx2": {"ui/openid.py"},
    "jinja2": {"ui/rendering.py"},
    "joserfc": {"ui/openid.py"},
    "llama_index": {"assistant/llamaindex.py", "assistant/models/clients.py",
                    "assistant/models/hugging_face.py"},
    "lxml": {"corpus/readers/markup.py", "corpus/readers/office_package.py",
             "corpus/references/zotero_rdf.py"},
    "markdown_it": {"corpus/readers/markdown.py"},
    "markupsafe": {"ui/rendering.py"},
    "matplotlib": {"assistant/pictures/drawing.py"},
    "mcp": {"ui/api/mcp_application.py", "ui/api/mcp_tools.py"},
    "olefile": {"corpus/readers/outlook.py"},
    "ollama": {"assistant/models/clients.py"},
    "onnxruntime": {"index/onnx_embedder.py"},
    "opentelemetry": {"corpus/trace_export.py"},
    "openvino": {"index/openvino_embedder.py"},
    "oxmsg": {"corpus/readers/outlook.py"},
    "platformdirs": {"assistant/settings.py"},
    "prometheus_client": {"corpus/metrics.py"},
    "psycopg": {"corpus/postgresql.py", "corpus/postgresql_errors.py"},
    "py3langid": {"corpus/language.py"},
    "pydantic": {"corpus/validation.py", "ui/api/chat_values.py", "ui/api/mcp_tools.py",
                 "ui/api/values.py"},
    "pylatexenc": {"corpus/references/latex.py"},
    "pypandoc": {"assistant/memo/export.py"},
    "pypdf": {"corpus/readers/pdf_metadata.py"},
    "pypdfium2": {"corpus/readers/pdf_attached.py", "corpus/readers/pdf_drawing.py",
                  "corpus/readers/pdf_hidden.py", "corpus/readers/pdf_marks.py",
                  "corpus/readers/pdf_page.py"},
    "ray": {"index/ray_driver.py", "index/ray_task.py"},
    "rich": {"ui/terminal.py"},
    "rispy": {"corpus/references/ris.py"},
    "sentence_transformers": {"index/rerankers.py", "index/sentence_embedder.py"},
    "sqlalchemy": {"corpus/postgresql.py", "corpus/postgresql_errors.py",
                   "corpus/postgresql_statements.py"},
    # The last gives back the room in Chroma's own database.
    "sqlite3": {
        "corpus/schema.py", "corpus/sqlite.py", "corpus/sqlite_copy.py", "index/vector_index.py",
    },
    "starlette": {"ui/api/", "ui/document_routes.py", "ui/first_screen.py", "ui/guard.py",
                  "ui/inference_server.py", "ui/observing.py", "ui/openid.py", "ui/sign_in.py"},
    "tantivy": {"index/keyword_index.py"},
    "tinycss2": {"corpus/readers/hidden.py"},
    "tokenizers": {"corpus/counting.py", "index/exported_embedder.py", "index/pair_encoding.py"},
    "torch": {"assistant/models/hugging_face.py", "index/rerankers.py",
              "index/sentence_embedder.py"},
    "trafilatura": {"corpus/readers/html.py"},
    "transformers": {"assistant/models/hugging_face.py", "index/rerankers.py",
                     "index/sentence_embedder.py"},
    "typst": {"assistant/memo/typesetting.py"},
    "uvicorn": {"ui/api/serving.py", "ui/http_server.py", "ui/inference_server.py", "ui/server.py"},
    "watchfiles": {"index/folder_watch.py"},
    "webencodings": {"corpus/readers/charsets.py"},
    "xlfmt": {"corpus/readers/number_formats.py"},
    "xllamacpp": {"assistant/models/llama_child.py"},
    "yaml": {"corpus/readers/markdown.py", "corpus/starter/public_sources.py",
             "corpus/starter/reports/build.py"},
}  # fmt: skip
# Vectors are arrays wherever they pass.
SHARED = {"numpy"}
HEAVY = (
    "torch",
    "chromadb",
    "gradio",
    "llama_index",
    "sentence_transformers",
    "tantivy",
    "numpy",
    "matplotlib",
    "sqlalchemy",
)


@dataclass(frozen=True)
class Module:
    """A module of the program, read and parsed once for every rule."""

    name: str
    text: str
    tree: ast.Module

    @property
    def dotted(self) -> str:
        return self.name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield what it imports, and in which line, wherever the import stands.

        That is the module, where one is taken from its package: `from assistant import prompts`.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name, node.lineno
            elif isinstance(node, ast.ImportFrom) and node.module:
                wholes = [f"{node.module}.{alias.name}" for alias in node.names]
                taken = [one if is_module(one) else node.module for one in wholes]
                yield from ((one, node.lineno) for one in dict.fromkeys(taken))


def is_module(dotted: str) -> bool:
    """Say whether a dotted name is a module or package of ours."""
    path = ROOT / dotted.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def program() -> tuple[Module, ...]:
    paths = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
    modules = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        modules.append(Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text)))
    assert {one.name.split("/")[0] for one in modules} == set(LAYERS)
    return tuple(modules)


def module(text: str, name: str = "corpus/one.py") -> Module:
    return Module(name, text, ast.parse(text))


def test_imports_point_one_way() -> None:
    """corpus knows nothing of index, index nothing of assistant, assistant nothing of ui."""
    wrong = [
        f"{one.name}:{line} imports {name}"
        for one in program()
        for name, line in one.imports()
        if name.split(".")[0] in LAYERS[LAYERS.index(one.name.split("/")[0]) + 1 :]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_outside_library_has_its_owner() -> None:
    """A library is imported by its owners alone, an unlisted one by nobody; no owner is idle."""
    used: dict[str, set[str]] = {}
    wrong = []
    for one in program():
        for imported, line in one.imports():
            top = imported.split(".")[0]
            if top in LAYERS or top in SHARED:
                continue
            if top in sys.stdlib_module_names and top not in OWNERS:
                continue
            owners = OWNERS.get(top, set())
            owner = next((it for it in owners if it in (one.name, f"{Path(one.name).parent}/")), "")
            used.setdefault(top, set()).add(owner)
            if not owner:
                wrong.append(
                    f"{one.name}:{line} imports {top}; owned by {sorted(owners) or 'none'}"
                )
    wrong += [
        f"{owner} is named as an owner of {library} and does not import it"
        for library, owners in OWNERS.items()
        for owner in sorted(owners - used.get(library, set()))
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_read_in_a_child_alone() -> None:
    """Nothing but the confined child calls the reader of files: all else asks the sandbox."""
    users = {
        one.name
        for one in program()
        for name, _ in one.imports()
        if (name == "corpus.readers" or name.startswith("corpus.readers."))
        and not one.name.startswith("corpus/readers/")
    }
    assert users == {"corpus/sandbox_child.py", "corpus/page_images.py"}
    drawing = next(one for one in program() if one.name == "corpus/page_images.py")
    taken = [name for name, _ in drawing.imports() if name.startswith("corpus.readers")]
    # The reading of letters that the child has found: geometry, no file.
    assert taken == ["corpus.readers.pdf_drawing"] and "draw_page(" not in drawing.text.replace(
        ".draw_page(", ""
    )


def test_no_two_modules_import_each_other() -> None:
    """There are no import cycles among our modules."""
    names = {one.dotted for one in program()}
    graph = {one.dotted: {name for name, _ in one.imports() if name in names} for one in program()}
    assert any(graph.values())
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' > '.join((*trail, name))}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_modules_are_one_idea_and_say_what_they_are_for() -> None:
    """A module has at most 500 lines and begins with a line that says what it is for."""
    wrong = [f"{one.name} has more than {MODULE_LINES} lines" for one in program()
             if one.text.count("\n") > MODULE_LINES]  # fmt: skip
    wrong += [f"{one.name} does not say what it is for" for one in program()
              if not (ast.get_docstring(one.tree) or "").strip()]  # fmt: skip
    vague = {"utils", "common", "base", "types", "helpers", "misc"}
    wrong += [f"{one.name} is named for nothing" for one in program()
              if Path(one.name).stem in vague]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def catches_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in kinds
    )


def unreasoned(one: Module) -> Iterator[str]:
    """Yield the handlers that catch everything, neither raise it again nor say why on their line.

    Raising again counts where it ends the handler itself: not in a branch of it, and not later.
    """
    lines = one.text.splitlines()
    for node in ast.walk(one.tree):
        if isinstance(node, ast.ExceptHandler) and catches_everything(node):
            last = node.body[-1]
            raises = isinstance(last, ast.Raise) and last.exc is None
            if not raises and not re.search(r"# reason: \w", lines[node.lineno - 1]):
                yield f"{one.name}:{node.lineno}"


def test_catching_everything_needs_a_reason() -> None:
    """Every handler that catches everything raises it again or says why on its line."""
    for handler, wrong in (
        ("except Exception:\n    pass", True),
        ("except (OSError, BaseException) as error:\n    print(error)", True),
        ("except:\n    pass\ntry:\n    y\nexcept OSError:\n    raise", True),
        ("except Exception:\n    if x:\n        raise", True),
        ("except Exception:  # reason:\n    pass", True),
        ("except Exception:  # reason: x may do anything\n    pass", False),
        ("except BaseException:\n    undo()\n    raise", False),
        ("except OSError:\n    pass", False),
    ):
        assert bool([*unreasoned(module(f"try:\n    x\n{handler}\n"))]) == wrong, handler
    found = [line for one in program() for line in unreasoned(one)]
    assert not found, "\n".join(found)


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


# What Windows has not got: these modules, and of others these names.
POSIX_MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
POSIX_NAMES = {
    "os": {"O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fchown",
           "fork", "forkpty", "geteuid", "getgid", "getloadavg", "getuid", "killpg", "mkfifo",
           "nice", "sched_getaffinity", "setsid", "sysconf", "uname", "wait4"},
    "signal": {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP",
               "SIGUSR1", "SIGUSR2", "SIGXCPU", "alarm", "pthread_sigmask", "setitimer"},
    "socket": {"AF_UNIX", "recv_fds", "send_fds"},
}  # fmt: skip


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: everything but the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*child.decorator_list, *child.args.defaults, *child.args.kw_defaults):
                if part is not None:
                    yield from ast.walk(part)
        elif not isinstance(child, ast.Lambda):
            yield from run_on_import(child)


def posix_only(one: Module) -> list[str]:
    """Return what an import of the module asks for that Windows has not got."""
    return [
        f"{one.name}:{node.lineno} asks for {node.value.id}.{node.attr}"
        for node in run_on_import(one.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in POSIX_NAMES.get(node.value.id, ())
    ]


def test_no_import_asks_for_what_windows_lacks() -> None:
    """Calls, flags and signals of POSIX are asked for by the function that needs them."""
    assert posix_only(module("import os\nFLAGS = os.O_RDONLY | os.O_NOFOLLOW\n"))
    assert posix_only(module("import signal\nclass One:\n    ends = signal.SIGKILL\n"))
    assert not posix_only(module("import os\ndef forked():\n    return os.fork()\n"))
    found = [line for one in program() for line in posix_only(one)]
    assert not found, "\n".join(found)


# Libraries that see Linux import what Linux has, so these modules are hidden from ours alone.
HIDING = f"""
import builtins
real, hidden, ours = builtins.__import__, {POSIX_MODULES!r}, {LAYERS!r}
def importing(name, globals=None, *rest, **named):
    asking = (globals or {{}}).get("__name__", "").partition(".")[0]
    if name.partition(".")[0] in hidden and asking in ours:
        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
    return real(name, globals, *rest, **named)
builtins.__import__ = importing
"""


@pytest.mark.process
@pytest.mark.slow
def test_every_module_can_be_imported_without_the_modules_of_posix() -> None:
    """The program starts on Windows; what it cannot do there it says when it is asked to."""
    names = [one.dotted for one in program()]
    code = (
        f"{HIDING}\nimport importlib\n"
        "import corpus\n"
        "try:\n"
        "    exec('import fcntl', {'__name__': 'corpus.one'})\n"
        "except ModuleNotFoundError:\n"
        "    print('hidden')\n"
        f"for name in {names!r}:\n    importlib.import_module(name)\n"
        "print('imported')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["hidden", "imported"]


@pytest.mark.process
def test_the_command_starts_where_nobody_has_the_modules_of_posix() -> None:
    """Hidden from every library too, `briefing --help` says what it always says."""
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({('fcntl', 'grp', 'pwd', 'resource')!r}))\n"
        "sys.argv = ['briefing', '--help']\n"
        "from ui.cli import main\n"
        "main()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "search" in result.stdout


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
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[\[<>=!~ ;]", one)[0].lower().replace("_", "-") for one in wanted}
    # One extra takes in another of ours.
    names.discard(project["name"])
    assert names <= pins, names - pins
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().split()
