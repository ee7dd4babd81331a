"""What every test shares: a closed network, the starter library, and what is skipped where."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Before any dependency is imported: nothing may phone home from a test either.
os.environ.update(
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    ANONYMIZED_TELEMETRY="False",
)


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


@pytest.fixture(scope="session")
def starter_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the starter library in it, embedded by the real model, once."""
    from assistant.desk import Desk
    from assistant.settings import Settings
    from assistant.starter import ensure_starter

    home = tmp_path_factory.mktemp("starter")
    with Desk(Settings(home=home)) as desk:
        for _ in ensure_starter(desk):
            continue
    return home
