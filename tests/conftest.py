"""What every test shares: a closed network, the starter library, and what is skipped where."""

from __future__ import annotations

import gc
import hashlib
import ipaddress
import os
import shutil
import socket
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from tests.real_servers import Postgres

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


def pytest_collection_finish() -> None:
    """Leave what was imported out of later collections of garbage.

    Closing a vector index collects garbage: a second among the objects of all the libraries.
    """
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give time to what takes it: a page in a browser, the first test that has a library made."""
    for item in items:
        if item.get_closest_marker("timeout"):
            continue
        if "starter_home" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(500))
        elif item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(300))


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
