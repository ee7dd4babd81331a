"""A library on a laptop and one on a team's servers pass the same tests; losses lose nothing.

Everything is real: PostgreSQL, Chroma's server, an inference server, two replicas of the page and
of the tools, and nginx with deploy/nginx.conf. `make deploy-check` runs these with the engines' own
tests.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser import PATIENCE, browser_test
from tests.servers import ModelServer
from tests.team import PEOPLE, Setup, Team, embedded, team

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.deploy,
    pytest.mark.timeout(600),
]

NOTES = {
    "norden.md": ("The harbour of Norden", "Norden Gazette", "2025-03-01", """
The harbour of Norden cost 41 million crowns. It was opened by the mayor on 3 March 2025.

The lighthouse of Norden was built in 1902 and is 31 metres high."""),
    "tarn.md": ("The harbour of Tarn", "Tarn Post", "2024-05-10", """
The harbour of Tarn cost 12 million crowns. The pilots of Tarn are trained in Pell.

Tarn exports timber and slate; that of slate was forbidden on 1 May 2024."""),
    "quota.md": ("The quota for herring", "Ministry of Fisheries", "2025-06-15", """
The quota for herring is 7,200 tonnes for 2026. Before it was 9,000 tonnes.

Boats from Norden may land a third of the quota."""),
    "ferry.md": ("A ferry to the islands", "Norden Gazette", "2025-09-02", """
The ferry Halcyon connects Norden with the islands twice a day since September 2025.

It carries 240 passengers and is driven by batteries, which are charged in Norden."""),
}  # fmt: skip
COST = "What did the harbour of Norden cost?"
_SETUPS: dict[str, Callable[[Path, Path], AbstractContextManager[Setup]]] = {
    "embedded": embedded,
    "team": team,
}


def written(folder: Path, notes: dict[str, tuple[str, str, str, str]]) -> Path:
    """Write notes as documents into a new folder; return it."""
    folder.mkdir()
    for name, (title, publisher, day, text) in notes.items():
        head = f"---\ntitle: {title}\npublisher: {publisher}\ndate: {day}\n---\n"
        (folder / name).write_text(head + text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=list(_SETUPS))
def setup(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setup]:
    """Serve the notes, on one machine and as a team does."""
    folder = tmp_path_factory.mktemp(request.param)
    with _SETUPS[request.param](folder, written(folder / "notes", NOTES)) as served:
        yield served


def test_an_answer_is_quoted_and_cited(setup: Setup) -> None:
    """The sentence, its document, and the very words by their offsets."""
    answer = setup.ask(COST)
    assert answer["outcome"] == "answered"
    assert answer["claims"][0]["text"].startswith("The harbour of Norden cost 41 million crowns")
    cited = answer["citations"][answer["claims"][0]["citations"][0] - 1]
    assert cited["title"] == "The harbour of Norden"
    with setup.client() as client:
        passage = client.get(
            "/api/passage",
            params={"document": cited["document"], "start": cited["start"], "end": cited["end"]},
        ).json()
    assert passage["text"] == cited["quote"]


def test_what_is_not_there_is_declined(setup: Setup) -> None:
    """Nothing is made up about a harbour that no document names."""
    assert setup.ask("Who designed the opera house of Sydney?")["outcome"] == "declined"


def test_a_follow_up_is_understood(setup: Setup) -> None:
    """The harbour of the earlier question is meant."""
    answer = setup.ask("And what did that of Tarn cost?", history=[{"question": COST}])
    assert "12 million crowns" in answer["answer"]


def test_passages_are_found_by_meaning_and_by_words(setup: Setup) -> None:
    """The best passage, and the documents of one publisher alone."""
    with setup.client() as client:
        found = client.post("/api/search", json={"query": "electric boat to the islands"}).json()
        assert found["results"][0]["title"] == "A ferry to the islands"
        bounded = {"query": "harbour", "publishers": ["Tarn Post"]}
        found = client.post("/api/search", json=bounded).json()
        assert {one["publisher"] for one in found["results"]} == {"Tarn Post"}


def test_documents_come_and_go(setup: Setup, tmp_path: Path) -> None:
    """What a command adds answers within seconds, and is not found once it is removed."""
    note = {"mole.md": ("The new mole", "Norden Gazette", "2025-11-01",
                        "\nThe mole of Vik is 812 metres long.")}  # fmt: skip
    setup.run("add", str(written(tmp_path / "more", note)))
    asked = "How long is the mole of Vik?"
    assert eventually(lambda: "812 metres" in setup.ask(asked)["answer"])
    with setup.client() as client:
        listed = client.get("/api/sources").json()["documents"]
    (document,) = [one["id"] for one in listed if one["title"] == "The new mole"]
    setup.run("remove", "--yes", document)
    assert eventually(lambda: "812 metres" not in json.dumps(setup.ask(asked)))
    assert setup.titles() == sorted(title for title, *_ in NOTES.values())


def test_a_memo_is_written_and_exported(setup: Setup) -> None:
    """Each of its lines of evidence has a citation; it comes as a Word file too."""
    with setup.client() as client:
        begun = client.post("/api/memo", json={"topic": "The harbour of Norden"})
        assert begun.status_code == 202
        place = begun.headers["location"]
        assert eventually(lambda: client.get(place).json()["state"] == "done", 120)
        memo = client.get(place).json()["memo"]
        file = client.get(f"{place}/export", params={"format": "docx"})
    claims = [one for section in memo["sections"] for one in section["claims"]]
    assert any("41 million crowns" in one["text"] and one["citations"] for one in claims)
    assert file.content[:2] == b"PK"


def test_clients_of_openai_ask(setup: Setup) -> None:
    """The official client, streaming; the citations come with the last chunk."""
    import openai

    headers = {}
    if setup.auth:
        basic = httpx.BasicAuth("ann", PEOPLE["ann"])
        headers["Authorization"] = basic._auth_header
    client = openai.OpenAI(
        base_url=f"{setup.url}/v1", api_key="none", default_headers=headers, max_retries=0
    )
    with client:
        chunks = list(
            client.chat.completions.create(
                model="auto", messages=[{"role": "user", "content": COST}], stream=True
            )
        )
    said = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert said.startswith("The harbour of Norden cost 41 million crowns. [1]")
    whole = [one.model_extra["briefing"] for one in chunks if "briefing" in (one.model_extra or {})]
    assert whole[-1]["outcome"] == "answered"


def test_clients_of_mcp_ask(setup: Setup) -> None:
    """The official client over HTTP: its tool gives the checked answer."""
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async def asked() -> dict[str, Any]:
        auth = ("ann", PEOPLE["ann"]) if setup.auth else None
        async with httpx.AsyncClient(auth=auth, timeout=60) as http:
            transport = streamable_http_client(f"{setup.url}/mcp", http_client=http)
            async with Client(transport) as client:
                result = await client.call_tool("ask", {"question": COST})
        assert result.structured_content is not None
        return dict(result.structured_content)

    assert "41 million crowns" in json.dumps(asyncio.run(asked()))


def test_a_backup_moves_to_a_laptop(setup: Setup, tmp_path: Path) -> None:
    """What a team has, one person has after restoring it, and asks without embedding anything."""
    file = tmp_path / "library.zip"
    setup.run("backup", str(file))
    alone = Setup(tmp_path, {"BRIEFING_HOME": str(tmp_path / "home")})
    alone.run("restore", str(file), "--home", str(tmp_path / "home"))
    answer = json.loads(alone.run("ask", COST, "--json", "--engine", "extractive"))
    assert answer["answer"] == setup.ask(COST)["answer"]
    alone.run("doctor")


# ------------------------------------------------------------------------------ the team's alone


@pytest.fixture(scope="module")
def slow_model() -> Iterator[ModelServer]:
    """A model that takes a question and says nothing, until it is told to answer."""
    with ModelServer("The harbour of Norden cost 41 million crowns [1].", fault="hang") as model:
        yield model


@pytest.fixture
def whole_team(tmp_path: Path, slow_model: ModelServer) -> Iterator[Team]:
    """A team's set-up of its own, which a test may break; the model writes its answers."""
    slow_model.fault = "hang"
    engine = f"{slow_model.url}/v1#tiny"
    with team(tmp_path, written(tmp_path / "notes", NOTES), engine=engine) as served:
        yield served


@browser_test
def test_a_replica_dies_in_mid_answer_and_nothing_is_lost(
    whole_team: Team, slow_model: ModelServer
) -> None:
    """The window goes on at the other replica: the question is there, is asked again, answered."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(http_credentials={"username": "ann", "password": PEOPLE["ann"]})
        page.set_default_timeout(PATIENCE)
        page.goto(whole_team.url)
        page.locator("#question textarea").fill(COST)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=COST).wait_for()
        assert eventually(lambda: bool(slow_model.asked), 60)
        port = int(slow_model.url.rpartition(":")[2])
        (writing,) = [
            name
            for name in ("page-1", "page-2")
            if is_connected(whole_team.replicas[name].pid, port)
        ]
        slow_model.fault = ""
        whole_team.kill(writing)
        # The window notices, loads from the other replica, and shows the question as interrupted.
        page.get_by_text("interrupted").first.wait_for(timeout=120_000)
        assert page.get_by_role("heading", name=COST).count() == 1
        page.locator('[data-act="again"]').last.click()
        page.locator("text=41 million crowns >> visible=true").first.wait_for()
        browser.close()


def is_connected(process: int, port: int) -> bool:
    """Say whether a process has a connection to a port, by what Linux tells of it."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[2].endswith(f":{port:04X}")}
    return any(str(one.readlink()) in sockets for one in Path(f"/proc/{process}/fd").iterdir())


def test_the_record_restarts_while_documents_are_added(whole_team: Team, tmp_path: Path) -> None:
    """Each document is there once, and what is asked meanwhile is answered or says why not."""
    many = {
        f"note-{number}.md": (f"Note {number}", "Norden Gazette", "2025-10-01",
                              f"\nBuoy {number} is green. It was laid by boat {number}.")
        for number in range(60)
    }  # fmt: skip
    folder = written(tmp_path / "many", many)
    assert whole_team.postgres is not None
    adding = whole_team.start("add", str(folder), "--json")
    for _ in range(2):
        time.sleep(3)
        whole_team.postgres.restart()
    said, trouble = adding.communicate(timeout=400)
    assert adding.returncode == 0, trouble
    report = json.loads(said.strip().splitlines()[-1])
    assert len(report["added"]) == len(many) and not report["refused"]
    expected = sorted([*(one[0] for one in many.values()), *(one[0] for one in NOTES.values())])
    assert eventually(lambda: whole_team.titles() == expected, 60)
    assert eventually(
        lambda: found_first(whole_team, "Which buoy was laid by boat 47?") == "Note 47"
    )


def found_first(setup: Setup, query: str) -> str:
    """Return the title of the best passage, "" while a server does not answer."""
    with setup.client() as client:
        said = client.post("/api/search", json={"query": query})
    results = said.json().get("results") if said.status_code == 200 else None
    return str(results[0]["title"]) if results else ""


def test_rights_hold_on_every_replica(whole_team: Team, tmp_path: Path) -> None:
    """What bob may not read is in none of his answers, lists and searches; ann's have it."""
    secret = {"plan.md": ("A plan for the pier", "Norden Gazette", "2025-12-01",
                          "\nThe pier of Ostrow shall be sold for 3 million crowns.")}  # fmt: skip
    whole_team.run("collections", "make", "Plans")
    whole_team.run("collections", "allow", "Plans", "user:ann")
    folder = written(tmp_path / "plans", secret)
    whole_team.run("add", str(folder), "--collection", "Plans")
    assert eventually(lambda: "A plan for the pier" in whole_team.titles("ann"))
    for name in ("tools-1", "tools-2"):
        with whole_team.direct(name, "bob") as client:
            found = client.post("/api/search", json={"query": "What shall be sold?"}).json()
            said = json.dumps(found["results"]) + client.get("/api/sources").text
        assert "Ostrow" not in said and "plan for the pier" not in said
    assert eventually(lambda: found_first(whole_team, "the pier") == "A plan for the pier")
    # Nobody comes in without signing in.
    assert httpx.get(f"{whole_team.url}/api/sources", trust_env=False).status_code == 401


def eventually(check: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Say whether something comes true within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.3)
    return check()
