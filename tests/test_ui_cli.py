"""The command line: what it prints, how it ends, and one clear line for every wrong input."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import Done, briefing_here
from tests.older import made_older, step_with

ROOT = Path(__file__).parent.parent
Run = Callable[..., Done]


@pytest.fixture
def briefing(tmp_path: Path) -> Run:
    """Return a way to run the command in a library of its own, with words for meaning."""

    def run(*args: str, home: Path | None = None, embedder: str = "hash", text: str = "") -> Done:
        environment = {
            "BRIEFING_HOME": str(home or tmp_path / "home"), "BRIEFING_EMBEDDER": embedder,
        }  # fmt: skip
        return briefing_here(*args, cwd=tmp_path, environment=environment, text=text)

    return run


def briefing_process(*args: str, home: Path, embedder: str = "hash") -> Done:
    """Run the command as a program."""
    environment = {"BRIEFING_HOME": str(home), "BRIEFING_EMBEDDER": embedder}
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *args],
        capture_output=True, text=True, env=os.environ | environment, cwd=ROOT, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "harbour.md").write_text(
        "---\ntitle: The harbour of Lund\npublisher: Port Gazette\npublished: 2024-03-01\n---\n\n"
        "The harbour of Lund handled 4,800 ships in 2023. Its director is Anna Berg.\n"
    )
    (folder / "mill.txt").write_text("The mill at Ros grinds rye and is open on Sundays.\n")
    return folder


def clear_line(result: Done) -> str:
    """Return the one line of a failure, having seen that there is no traceback."""
    assert "Traceback" not in result.stderr + result.stdout
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert lines, "nothing was said"
    return lines[-1]


def test_a_library_of_an_older_version_answers_and_says_what_takes_a_while(
    briefing: Run, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record is brought into the new form, its indexes of format 6 are made anew."""
    assert briefing("add", str(articles)).returncode == 0
    question = ("ask", "How many ships did the harbour of Lund handle?")
    wanted = briefing(*question)
    assert "4,800" in wanted.stdout and "new form" not in wanted.stderr
    home = tmp_path / "home"
    made_older(home, step_with("document_vectors"))
    manifest = home / "index" / "manifest.json"
    values = json.loads(manifest.read_text())
    older = {name: value for name, value in values.items() if not name.startswith("stored")}
    manifest.write_text(json.dumps(older | {"format": 6}))
    monkeypatch.setattr("ui.progress_line._QUIET", -1.0)
    upgraded = briefing(*question)
    assert upgraded.stdout == wanted.stdout
    assert "Bringing the library into the new form" in upgraded.stderr
    assert "1/2" in upgraded.stderr and "making the search indexes" in upgraded.stderr
    assert json.loads(manifest.read_text())["format"] == values["format"]
    again = briefing(*question)
    assert again.stdout == wanted.stdout and again.stderr == wanted.stderr


def test_add_sources_show_search_and_remove(briefing: Run, articles: Path) -> None:
    """The library from the terminal: what went in is listed, shown, found and taken out."""
    added = briefing("add", str(articles), "--json")
    assert added.returncode == 0, added.stderr
    report = json.loads(added.stdout)
    assert len(report["added"]) == 2 and report["passages"] == 2 and not report["refused"]
    listed = json.loads(briefing("sources", "--json").stdout)["documents"]
    assert listed[0]["title"] == "The harbour of Lund"
    assert set(listed[0]) == {
        "id", "title", "publisher", "published", "location", "kind", "pages", "passages", "added",
        "also", "updated", "fetched",
    }  # fmt: skip
    name = listed[0]["id"]
    shown = json.loads(briefing("show", f"{name[:8]}:0-11", "--json").stdout)
    assert shown["text"] == "The harbour" and shown["publisher"] == "Port Gazette"
    found = json.loads(briefing("search", "ships harbour", "--json").stdout)
    assert found["results"][0]["title"] == "The harbour of Lund"
    assert {"rank", "score", "why", "document", "location", "page", "start", "end", "text"} <= set(
        found["results"][0]
    )
    assert briefing("remove", name[:8], "--yes").returncode == 0
    left = json.loads(briefing("sources", "--json").stdout)["documents"]
    assert [one["title"] for one in left] != [] and name not in {one["id"] for one in left}
    assert "already" not in briefing("add", str(articles)).stdout


def test_many_questions_from_standard_input(briefing: Run, articles: Path) -> None:
    """A line is a question or an object with history; each answer is one object."""
    briefing("add", str(articles))
    lines = 'How many ships?\n{bad\n{"question": "And who directs it?", "history": ["Lund"]}\n\n'
    result = briefing("search", "-", "--json", text=lines)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0 and [row["query"] for row in rows] == [
        "How many ships?",
        "",
        "And who directs it?",
    ]
    assert "line 2" in rows[1]["notice"]


def test_an_answer_in_the_terminal_and_its_exit_codes(briefing: Run, starter_home: Path) -> None:
    """0 with sources and the quoted words when answered; 3 in plain words when declined."""
    model = {"home": starter_home, "embedder": "all-MiniLM-L6-v2"}
    result = briefing("ask", "Who founded DeepSeek?", **model)
    assert result.returncode == 0, result.stderr
    assert "[1]" in result.stdout and "Liang Wenfeng" in result.stdout
    assert "Sources:" in result.stdout and "“" in result.stdout
    declined = briefing("ask", "How do I renew a passport from abroad?", **model)
    assert declined.returncode == 3 and declined.stdout.startswith("The library ")


@pytest.mark.process
def test_the_program_itself_ends_with_these_codes(starter_home: Path, tmp_path: Path) -> None:
    """Started as it is from a shell: answers on standard output, one line of failure beside it."""
    asked = "How do I renew a passport from abroad?"
    declined = briefing_process(
        "ask", asked, "--json", home=starter_home, embedder="all-MiniLM-L6-v2"
    )
    assert declined.returncode == 3 and declined.stderr == ""
    assert json.loads(declined.stdout)["outcome"] == "declined"
    wrong = briefing_process("dance", home=tmp_path)
    assert wrong.returncode == 2 and wrong.stdout == "" and "command" in clear_line(wrong)
    failed = briefing_process("show", "zzz", home=tmp_path)
    assert failed.returncode == 1 and failed.stdout == "" and "briefing sources" in failed.stderr


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        pytest.param(["add", "nowhere.pdf"], 2, "no file or folder", id="missing file"),
        pytest.param(["add", "void"], 2, "holds no files", id="empty folder"),
        pytest.param(["add", "photo.xyz"], 1, "", id="unknown suffix"),
        pytest.param(["add"], 2, "name a file", id="nothing named"),
        pytest.param(["add", "ftp://example.org/a"], 2, "only http and https", id="address"),
        pytest.param(["ask", ""], 2, "empty", id="empty question"),
        pytest.param(["ask", "why " * 2500], 2, "4,000 or fewer", id="10,000 characters"),
        pytest.param(["ask", "x", "--engine", "oracle"], 2, "no engine", id="unknown engine"),
        pytest.param(["ask", "x", "--as-of", "soon"], 2, "no date", id="no date"),
        pytest.param(["ask", "x", "--limit", "0"], 2, "range", id="limit"),
        pytest.param(["ask", "x", "--colour"], 2, "option", id="unknown option"),
        pytest.param(["show", "zzz"], 1, "briefing sources", id="unknown document"),
        pytest.param(["eval", "nowhere.jsonl"], 2, "cannot read", id="missing questions"),
        pytest.param(["dance"], 2, "command", id="unknown command"),
    ],
)
def test_wrong_input_is_one_clear_line(
    briefing: Run, tmp_path: Path, args: list[str], code: int, says: str
) -> None:
    """Exit 1 or 2, no traceback, and the line says what is wrong."""
    (tmp_path / "void").mkdir()
    (tmp_path / "photo.xyz").write_bytes(b"\xff\xd8 not text" * 10)
    result = briefing(*args)
    assert result.returncode == code, result.stderr
    if says:
        assert says in clear_line(result).lower() or says in result.stderr
    else:
        assert "is not a format that is read" in result.stdout


def test_a_data_folder_of_a_newer_version_is_left_alone(briefing: Run, articles: Path) -> None:
    """One line, exit 1, and the file is as it was."""
    briefing("add", str(articles))
    file = articles.parent / "home" / "library.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = file.read_bytes()
    result = briefing("sources")
    assert result.returncode == 1 and "upgrade" in clear_line(result)
    assert file.read_bytes() == before


def test_control_characters_of_a_document_do_not_reach_the_terminal(
    briefing: Run, tmp_path: Path
) -> None:
    """A title that would move the cursor is shown without what moves it."""
    (tmp_path / "a.md").write_text('---\ntitle: "Red\\x1b[31m"\n---\n\nThe quay is new.\n')
    briefing("add", "a.md")
    shown = briefing("sources").stdout
    assert "Red" in shown and "\x1b" not in shown


def test_the_doctor_speaks_json(briefing: Run, articles: Path) -> None:
    """Every check has a name, whether it passed, and a detail."""
    briefing("add", str(articles))
    result = briefing("doctor", "--json")
    values = json.loads(result.stdout)
    assert result.returncode == 0 and values["ok"] and values["documents"] == 2
    assert {"database", "passages", "indexes"} <= {one["name"] for one in values["checks"]}
    assert all(set(one) == {"name", "ok", "detail"} for one in values["checks"])
    again = briefing("doctor", "--reembed", "--json")
    assert json.loads(again.stdout)["ok"]


def test_check_reads_a_draft_against_the_library(
    briefing: Run, articles: Path, tmp_path: Path
) -> None:
    """Each sentence has its verdict, its problem and the words offered for it; docx as well."""
    from docx import Document

    briefing("add", str(articles))
    lines = [
        "The harbour of Lund handled 4,800 ships in 2023. [1]",
        "The harbour of Lund handled 5,800 ships in 2023.",
        "Whales were seen in the bay of Ulm.",
    ]
    draft = tmp_path / "draft.md"
    draft.write_text("# A heading\n\n" + " ".join(lines))
    result = json.loads(briefing("check", str(draft), "--json").stdout)
    assert [one["verdict"] for one in result["claims"]] == [
        "supported", "unsupported", "unsupported",
    ]  # fmt: skip
    assert result["claims"][0]["citation"]["quote"].startswith("The harbour of Lund handled")
    assert "5,800" in result["claims"][1]["problems"][0]
    word = Document()
    word.add_paragraph(" ".join(lines))
    word.save(str(tmp_path / "draft.docx"))
    shown = briefing("check", str(tmp_path / "draft.docx"))
    assert shown.returncode == 0 and "3 sentences: 1 supported, 0 weak, 2 unsup" in shown.stdout
    assert "check" in clear_line(briefing("check", str(tmp_path / "draft.exe")))
    assert "no file" in clear_line(briefing("check", str(tmp_path / "none.md")))


def test_check_reads_texts_with_their_own_sources(briefing: Run) -> None:
    """A line a text; a wrong line has its place; no library is opened or made."""
    good = {"text": "It cost 5 euros. It is red.", "sources": ["The pen is red. It cost 3 euros."]}
    result = briefing("check", "-", "--json", text=json.dumps(good) + "\nnonsense\n")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert [one["verdict"] for one in first["claims"]] == ["unsupported", "supported"]
    assert first["claims"][1]["rests_on"] == "The pen is red."
    assert set(first["claims"][0]) == {
        "text", "verdict", "problems", "problem_codes", "rests_on"
    }  # fmt: skip
    assert second["claims"] == [] and "line 2" in second["notice"]


def test_conversations_are_kept_only_when_asked_and_managed(
    briefing: Run, articles: Path, tmp_path: Path
) -> None:
    """new, last and an id; listed, searched, renamed, shown, exported, deleted."""
    briefing("add", str(articles))
    briefing("ask", "How many ships did the harbour of Lund handle?")
    assert "No conversation is kept yet" in briefing("conversations").stdout
    ask = ("ask", "--conversation")
    briefing(*ask, "new", "How many ships did the harbour of Lund handle?")
    follow = briefing(*ask, "last", "and in 2023?", "--json")
    answer = json.loads(follow.stdout)
    assert answer["outcome"] == "answered" and "Lund" in answer["standalone"]
    one = answer["conversation"]
    listed = json.loads(briefing("conversations", "--json").stdout)["conversations"]
    assert [(row["id"], row["turns"]) for row in listed] == [(one, 2)]
    assert one in briefing("conversations", "--search", "4,800 lund").stdout
    assert "No conversation matches" in briefing("conversations", "--search", "whale").stdout
    briefing("conversations", "rename", one[:6], "Ships")
    assert "Ships" in briefing("conversations").stdout
    assert "> and in 2023?" in briefing("conversations", "show", one).stdout
    file = tmp_path / "talk.md"
    briefing("conversations", "export", one, "-o", str(file))
    assert file.read_text().startswith("# Ships") and "> The harbour of Lund" in file.read_text()
    briefing("conversations", "delete", one)
    assert "no conversation" in clear_line(briefing("conversations", "show", one))


def test_engines_are_listed_and_a_wrong_one_is_refused(briefing: Run) -> None:
    """What each needs is said; a hosted one without a key says which variable to set."""
    listed = json.loads(briefing("engines", "--json").stdout)["engines"]
    assert {"name": "extractive", "ready": True}.items() <= listed[0].items()
    assert any(row["name"] == "openai:MODEL" for row in listed)
    assert "give one of" in clear_line(briefing("ask", "x", "--engine", "gpt"))


def test_feedback_is_printed_with_its_reason(briefing: Run, tmp_path: Path) -> None:
    """As lines to read, and as one object with the answers."""
    from corpus.library import Library

    assert "No answer was rated yet" in briefing("feedback").stdout
    library = Library(tmp_path / "home")
    kept = library.conversations
    number = kept.begin("c1", "How many ships?")
    kept.finish("c1", number, '{"question": "How many ships?", "outcome": "declined"}', "")
    kept.rate("c1", number, good=False, reason="missing: the year")
    library.close()
    assert "How many ships?: missing: the year" in briefing("feedback").stdout
    (one,) = json.loads(briefing("feedback", "--json").stdout)["feedback"]
    assert not one["good"] and one["answer"]["outcome"] == "declined"
