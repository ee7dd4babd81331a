"""A team's set-up on loopback, from real servers: docs/deploy.md in small.

PostgreSQL keeps the record, Chroma's server the vectors, an inference server reads and judges, two
replicas of the page and two of the tools stand behind nginx, which runs with deploy/nginx.conf.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT
from tests.real_servers import (
    Postgres,
    answers,
    chroma_server,
    free_port,
    postgresql,
    program,
    running,
)

# The people of the team, with their passwords.
PEOPLE = {"ann": "lighthouse", "bob": "breakwater"}
_CLI = [sys.executable, "-m", "ui.cli"]
_ASK_TIMEOUT = 120.0


@dataclass
class Setup:
    """A library and where it answers: `env` opens it from the command line."""

    folder: Path
    env: Mapping[str, str]
    url: str = ""
    auth: tuple[str, str] | None = None

    def run(self, *arguments: str, code: int | None = 0) -> str:
        """Run a command of the program on this library; return what it prints."""
        done = subprocess.run(
            [*_CLI, *arguments],
            env={**os.environ, **self.env},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert code is None or done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the program on this library."""
        return subprocess.Popen(
            [*_CLI, *arguments],
            env={**os.environ, **self.env},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def client(self, person: str = "ann") -> httpx.Client:
        """Return a client of the tools, signed in as a person where people sign in."""
        auth = (person, PEOPLE[person]) if self.auth else None
        return httpx.Client(base_url=self.url, auth=auth, timeout=_ASK_TIMEOUT, trust_env=False)

    def ask(self, question: str, person: str = "ann", **more: Any) -> dict[str, Any]:
        """Ask by the JSON API; return the answer."""
        with self.client(person) as client:
            said = client.post("/api/ask", json={"question": question, **more})
        assert said.status_code == 200, said.text
        answer: dict[str, Any] = said.json()
        return answer

    def titles(self, person: str = "ann") -> list[str]:
        """Return the titles of the library's documents, as the JSON API lists them."""
        with self.client(person) as client:
            listed = client.get("/api/sources").json()["documents"]
        return sorted(str(one["title"]) for one in listed)


@dataclass
class Team(Setup):
    """The set-up of a team: `replicas` are the processes of the page and the tools by name."""

    postgres: Postgres | None = None
    replicas: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def kill(self, name: str) -> None:
        """End a replica as a loss of power does."""
        self.replicas[name].send_signal(signal.SIGKILL)
        self.replicas[name].wait(30)

    def direct(self, name: str, person: str = "ann") -> httpx.Client:
        """Return a client of one replica, as the proxy would be for a person."""
        host = httpx.URL(self.url)
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.ports[name]}",
            headers={"X-Remote-User": person, "Host": f"{host.host}:{host.port}"},
            timeout=_ASK_TIMEOUT,
            trust_env=False,
        )


def nginx_conf(folder: Path, port: int, ports: Mapping[str, int]) -> Path:
    """Write deploy/nginx.conf as it is for loopback: other ports, a file of passwords, no TLS."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    users = folder / "users"
    users.write_text("".join(f"{name}:{{PLAIN}}{secret}\n" for name, secret in PEOPLE.items()))
    users.chmod(0o644)
    for name, own in ports.items():
        text, found = re.subn(rf"\b{name}:\d+", f"127.0.0.1:{own}", text)
        assert found == 1, f"deploy/nginx.conf does not name {name}"
    replaced = {
        "listen 8443 ssl;": f"listen 127.0.0.1:{port};",
        "/etc/nginx/users": str(users),
        "pid /tmp/nginx.pid;": f"pid {folder}/nginx.pid;",
        "; Secure": "",
        "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",
    }
    for old, new in replaced.items():
        assert old in text, f"deploy/nginx.conf has no {old!r}"
        text = text.replace(old, new)
    text = re.sub(r"\s*ssl_certificate(_key)? [^;]+;", "", text)
    temporary = "".join(
        f"    {one}_temp_path {folder}/{one};\n"
        for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(text.replace("http {\n", f"http {{\n{temporary}", 1).replace(
        "worker_processes auto;", "worker_processes 1;\nuser root;" if os.geteuid() == 0
        else "worker_processes 1;"
    ))  # fmt: skip
    return conf


@contextmanager
def team(folder: Path, documents: Path, *, engine: str = "extractive") -> Iterator[Team]:
    """Run everything until the end of the block, over the documents of a folder."""
    nginx = program("nginx", "/usr/sbin")
    with ExitStack() as servers:
        postgres = servers.enter_context(postgresql(folder))
        chroma = servers.enter_context(chroma_server(folder))
        inference = free_port()
        public = free_port()
        url = f"http://127.0.0.1:{public}"
        secret = "a token of the inference server"
        env = {
            "BRIEFING_RECORD": postgres.url,
            "BRIEFING_VECTOR_STORE": chroma,
            "BRIEFING_READER": f"http://127.0.0.1:{inference}",
            "BRIEFING_JUDGE": f"http://127.0.0.1:{inference}",
            "BRIEFING_INFERENCE_TOKEN": secret,
            "BRIEFING_USERS": "headers",
            "BRIEFING_ADMINS": "user:ann",
            "BRIEFING_LOG_FORMAT": "json",
        }
        setup = Team(
            folder, {**env, "BRIEFING_HOME": str(folder / "commands")}, url, ("ann", ""), postgres
        )
        setup.run("add", str(documents))
        servers.enter_context(
            running(
                [*_CLI, "--home", str(folder / "inference"), "inference", "--port", str(inference)],
                ready=answers(f"http://127.0.0.1:{inference}/health"),
                log=folder / "inference.log",
                env={"BRIEFING_INFERENCE_TOKEN": secret, "BRIEFING_LOG_FORMAT": "json"},
            )
        )
        for name in ("page-1", "page-2", "tools-1", "tools-2"):
            setup.ports[name] = port = free_port()
            command = ["chat", "--no-browser"] if name.startswith("page") else ["serve"]
            setup.replicas[name] = servers.enter_context(
                running(
                    [*_CLI, "--home", str(folder / name), *command, "--port", str(port),
                     "--public-url", url, "--engine", engine],
                    ready=answers(f"http://127.0.0.1:{port}/"),
                    log=folder / f"{name}.log",
                    env=env,
                )
            )  # fmt: skip
        conf = nginx_conf(folder, public, setup.ports)
        servers.enter_context(
            running(
                [nginx, "-p", str(folder), "-c", str(conf), "-g", "daemon off;"],
                ready=answers(f"{url}/"),
                log=folder / "nginx.log",
                stop=signal.SIGQUIT,
            )
        )
        yield setup


@contextmanager
def embedded(folder: Path, documents: Path) -> Iterator[Setup]:
    """Serve a library of one person on one machine until the end of the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    setup = Setup(folder, {"BRIEFING_HOME": str(folder / "home")}, url)
    setup.run("add", str(documents))
    with running(
        [*_CLI, "--home", str(folder / "home"), "serve", "--port", str(port),
         "--engine", "extractive"],
        ready=answers(f"{url}/"),
        log=folder / "serve.log",
    ):  # fmt: skip
        yield setup


def reported(output: str) -> dict[str, Any]:
    """Return the report that `briefing add --json` printed."""
    report: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return report
