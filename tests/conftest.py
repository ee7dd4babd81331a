"""What every test shares: a closed network, the starter library, and what is skipped where."""

from __future__ import annotations

import gc
import hashlib
import ipaddress
import os
import shutil
import socket
import uuid
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from assistant.memo.values import Memo
    from assistant.workspace import Workspace
    from tests.real_servers import Postgres
    from tests.warm_readers import WarmReaders

ROOT = Path(__file__).parent.parent

# Before any dependency is imported: nothing may phone home from a test either.
os.environ.update(
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    ANONYMIZED_TELEMETRY="False",
)
if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers take the cores already.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# Threads that wait for one another busily make a loaded machine many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from assistant.models import discovery  # noqa: E402  # after the switches above

# What waits for a browser, a program or a clock leaves a core to another worker.
MOST_WORKERS = 4
# Tests with one of these marks come first: what is left at the end is short, and shared evenly.
HEAVY = {"browser", "process", "models", "slow"}


def pytest_xdist_auto_num_workers() -> int:
    """Run two workers a core, four at most: each may load models of 1 GB."""
    return min(MOST_WORKERS, 2 * (os.cpu_count() or 1))


def pytest_collection() -> None:
    """Collect no garbage while modules are imported: it would be looked for among all of them."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave what was imported out of later collections of garbage.

    Closing a vector index collects garbage: a second among the objects of all the libraries.
    """
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give time to what takes it: a page in a browser, the first test that has a library made."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = _dealt(items, int(workers))
    for item in items:
        if item.get_closest_marker("timeout"):
            continue
        if "starter_home" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(500))
        elif item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(300))


def _dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests so that each of the equal parts that workers begin with has long ones first.

    Modules stay together. Those that use the starter library are in the first part, so that one
    worker makes it while the others need none.
    """
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    starter, heavy, light = [], [], []
    for tests in modules.values():
        if any("starter_home" in getattr(one, "fixturenames", ()) for one in tests):
            starter += tests
        elif any(HEAVY & {mark.name for mark in one.iter_markers()} for one in tests):
            heavy.append(tests)
        else:
            light += tests
    parts = [starter, *([] for _ in range(workers - 1))]
    for tests in sorted(heavy, key=len, reverse=True):
        min(parts, key=len).extend(tests)
    for part in parts:
        size = max(0, len(items) // workers - len(part))
        part += light[:size]
        del light[:size]
    return [one for part in parts for one in part] + light


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let a worker send what a test logged: half a character has no UTF-8 and would end the run."""
    return _sendable((yield))


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_sendable(key): _sendable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_sendable(one) for one in value)
    return value


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests of the page in a browser where there is none."""
    if item.get_closest_marker("browser") and not shutil.which("chromium"):
        pytest.skip("Debian's chromium is not installed")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", ""}


@pytest.fixture(autouse=True)
def closed_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection and every name look-up that leaves this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise OSError(f"the network is closed in tests: {address[0]}")
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_loopback(str(name)):
            raise OSError(f"the network is closed in tests: {name}")
        return look_up(host, *args, **kwargs)

    # Nor is a model server asked that happens to run on this machine.
    monkeypatch.setattr(discovery, "SERVERS", ())
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield


@pytest.fixture(scope="session", autouse=True)
def warm_readers() -> Iterator[WarmReaders]:
    """Have the processes that read files go from one test to the next."""
    from tests.warm_readers import WarmReaders

    with WarmReaders().used() as kept:
        yield kept


@pytest.fixture
def own_readers(warm_readers: WarmReaders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start every process that reads files anew, and end it, as outside of tests."""
    monkeypatch.setattr(warm_readers, "lending", False)


@pytest.fixture
def documents() -> Path:
    """Return the folder of real documents named by BRIEFING_DOCUMENTS, or skip."""
    folder = os.environ.get("BRIEFING_DOCUMENTS", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("BRIEFING_DOCUMENTS names no folder of documents")
    return Path(folder)


def _made_of() -> str:
    """Return a mark of all that the starter library is made of: our code, its texts, the pins."""
    mark = hashlib.sha256((ROOT / "constraints.txt").read_bytes())
    for layer in ("corpus", "index", "assistant"):
        for file in sorted((ROOT / layer).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                mark.update(f"{file.relative_to(ROOT)} ".encode() + file.read_bytes())
    return mark.hexdigest()[:16]


def _make_starter(home: Path) -> None:
    from assistant.settings import Settings
    from assistant.starter import ensure_starter
    from assistant.workspace import Workspace

    with Workspace(Settings(home=home)) as workspace:
        for _ in ensure_starter(workspace):
            continue
        # Brings up the indexes, and the light form of the model that embeds questions.
        assert workspace.retriever.search("What does the library hold?")


@pytest.fixture(scope="module", autouse=True)
def few_to_collect() -> Iterator[None]:
    """Leave what a module's tests imported out of later collections of garbage too."""
    yield
    pytest_collection_finish()


@pytest.fixture(scope="session")
def starter_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the starter library in it, embedded by the real model.

    Embedded once for all workers of pytest-xdist, and kept in pytest's cache until something that
    it is made of changes (it takes 50 seconds of processor). Each worker gets a copy, which is only
    read: a test that writes takes a copy of its own.
    """
    from filelock import FileLock

    kept = request.config.cache.mkdir("starter")
    whole = kept / _made_of()
    with FileLock(kept / "lock"):
        if not whole.exists():
            for old in [one for one in kept.iterdir() if one.is_dir()]:
                shutil.rmtree(old)
            _make_starter(kept / "unfinished")
            (kept / "unfinished").rename(whole)
        home = tmp_path_factory.mktemp("starter") / "home"
        shutil.copytree(whole, home)
    return home


@pytest.fixture(scope="session")
def starter_desk(starter_home: Path) -> Iterator[Workspace]:
    """Return the starter library opened once, with the extractive engine; it is only read."""
    from assistant.settings import Settings
    from assistant.workspace import Workspace

    with Workspace(Settings(home=starter_home, engine="extractive")) as opened:
        yield opened


@pytest.fixture(scope="session")
def starter_memo(starter_desk: Workspace) -> Callable[[str, str], Memo]:
    """Return what writes a memo on (topic, template) from the starter library, each once."""
    from assistant.memo.request import Request
    from assistant.memo.writing import write

    @cache
    def written(topic: str, template: str) -> Memo:
        *_, last = write(starter_desk, Request(topic, template, today="2026-11-01"))
        return last

    return written


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Return a PostgreSQL server, one for all tests of a worker; skips where there is none."""
    from tests.real_servers import postgresql

    with postgresql(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """Return the address of an empty PostgreSQL database, which goes when the test ends."""
    import psycopg

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgres.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.process)])
def record(request: pytest.FixtureRequest) -> str:
    """Return the address of a new library's record: "" for a file, then a PostgreSQL."""
    return "" if request.param == "SQLite" else str(request.getfixturevalue("database"))
