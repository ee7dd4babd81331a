"""Many readers at once: how long answers take, how soon each is told its place, how many refused.

Run: python -m benchmarks.users [--users 20 200] [--idle 30] [--same]. Each reader's question holds
a word of its own, so that no answer is another's: none is shared or kept (with --same all ask one
question, which is answered once). It serves the page over the starter
library with the extractive engine, on this machine, and speaks to it as a browser does. It also
measures how soon after the command the page is there while the library opens behind it. `--idle`
seconds pass between the first question and the first crowd: the page reads ahead meanwhile.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.starter import EXAMPLES
from ui.wording import word

PORT = 18_750
_TAG = re.compile("reader[0-9a-f]{8}")
# What comes with a place in the queue, or with an answer.
_TOLD = re.compile("in the queue|#cite-0-|outcome declined")
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What one reader got: seconds, and whether it was refused, answered, or somebody else's.

    `told` is after how many seconds it had its place in the queue or its answer.
    """

    question: str
    seconds: float
    told: float
    refused: bool
    answered: bool
    misplaced: bool


def _json(port: int, method: str, path: str, body: Any = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, {"Content-Type": "application/json"})
    answer = connection.getresponse().read()
    connection.close()
    return json.loads(answer)


@dataclass(frozen=True, slots=True)
class Events:
    """The page's events that a reader's browser sends: opening, asking, watching.

    Each is a number and how many inputs it takes; asking rings for watching.
    """

    opening: tuple[tuple[int, int], ...]
    asking: tuple[int, int]
    watching: dict[int, tuple[int, int]]


def _events(port: int) -> Events:
    config = _json(port, "GET", "/config")
    box = next(one["id"] for one in config["components"]
               if one["props"].get("elem_id") == "question")  # fmt: skip
    opening, asking, watching = [], None, {}
    for one in config["dependencies"]:
        event = (one["id"], len(one["inputs"]))
        for target, name in one["targets"]:
            if name == "load":
                opening.append(event)
            elif (target, name) == (box, "submit"):
                asking = event
            elif name == "change":
                watching[target] = event
    if asking is None:
        raise SystemExit("the page has no event that asks")
    return Events(tuple(opening), asking, watching)


def _sent(
    port: int,
    session: str,
    event: tuple[int, int],
    first: Any = None,
    told: list[float] | None = None,
) -> str:
    """Send one event as a browser does and return everything that comes back.

    When a place in the queue comes, or an answer, the time goes into `told`.
    """
    number, inputs = event
    body = {"data": [first, *[None] * (inputs - 1)][:inputs], "fn_index": number,
            "trigger_id": None, "session_hash": session, "event_data": None}  # fmt: skip
    joined = _json(port, "POST", "/gradio_api/queue/join?", body)
    if "event_id" not in joined:
        # Refused at the door, in words.
        return json.dumps(joined)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    connection.request("GET", f"/gradio_api/queue/data?session_hash={session}")
    said = []
    for line in connection.getresponse():
        said.append(line.decode("utf-8"))
        if told is not None and not told and _TOLD.search(said[-1]):
            told.append(time.perf_counter())
        if '"msg":"process_completed"' in said[-1] or '"close_stream"' in said[-1]:
            break
    connection.close()
    return "".join(said)


def _ask(
    port: int, events: Events, question: str, ready: threading.Barrier, heard: list[Heard]
) -> None:
    (tag,) = _TAG.findall(question)
    session = uuid.uuid4().hex
    for event in events.opening:
        _sent(port, session, event)
    ready.wait(_PATIENCE)
    started = time.perf_counter()
    told: list[float] = []
    everything = _sent(port, session, events.asking, question)
    for rung in re.findall(r'"changed_state_ids":\[(\d+)\]', everything):
        everything += _sent(port, session, events.watching[int(rung)], told=told)
    ended = time.perf_counter()
    # Only what stands in the thread: the list beside it names every conversation of the library.
    asked = " ".join(re.findall(r'class=\\?"asked\\?">(.*?)</h2>', everything))
    others = set(_TAG.findall(asked)) - {tag}
    assert tag in asked or word("chat.full")[:20] in everything
    refused = word("chat.full")[:20] in everything
    answered = "#cite-0-" in everything or "outcome declined" in everything
    at_once = (told or [ended])[0] - started
    heard.append(Heard(question, ended - started, at_once, refused, answered, bool(others)))


def crowd(port: int, readers: int, *, same: bool = False) -> list[Heard]:
    """Let so many readers open the page and then ask at once; return what each got."""
    events = _events(port)
    # A word that only this reader says: it must come back to no other.
    questions = [
        f"{EXAMPLES[one % len(EXAMPLES)]} (reader{uuid.uuid4().hex[:8]})" for one in range(readers)
    ]
    if same:
        questions = questions[:1] * readers
    heard: list[Heard] = []
    ready = threading.Barrier(readers)
    threads = [
        threading.Thread(target=_ask, args=(port, events, one, ready, heard)) for one in questions
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return heard


def served(home: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start the page and return its process and the seconds until it answered."""
    started = time.perf_counter()
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), "chat",
               "--no-browser", "--engine", "extractive", "--port", str(PORT)]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while True:
        try:
            _json(PORT, "GET", "/config")
        except (OSError, json.JSONDecodeError):
            time.sleep(0.02)
            continue
        return process, time.perf_counter() - started


def _report(readers: int, heard: list[Heard]) -> None:
    taken = sorted(one.seconds for one in heard if one.answered)
    p95 = taken[max(0, round(0.95 * len(taken)) - 1)] if taken else float("nan")
    p50 = statistics.median(taken) if taken else float("nan")
    turned = sorted(one.seconds for one in heard if one.refused)
    late = f" (p95 after {turned[max(0, round(0.95 * len(turned)) - 1)]:.2f} s)" if turned else ""
    told = sorted(one.told for one in heard if not one.refused)
    slowest = f"{told[-1]:.2f} s" if told else "-"
    print(
        f"{readers} at once, {len({one.question for one in heard})} distinct questions: "
        f"answered {len(taken)}, p50 {p50:.2f} s, p95 {p95:.2f} s; "
        f"all told their place or answered within {slowest}; "
        f"refused {len(turned)}{late}; neither "
        f"{sum(not one.refused and not one.answered for one in heard)}; "
        f"in a wrong session {sum(one.misplaced for one in heard)}"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--idle", type=float, default=30.0)
    parser.add_argument("--same", action="store_true", help="All ask one question.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # The first start fills the library; the second is the one that is timed.
        for turn in ("first", "warm"):
            process, seconds = served(Path(folder))
            print(f"{turn} start: the page answers {seconds:.2f} s after the command")
            try:
                waited = time.perf_counter()
                (one,) = crowd(PORT, 1)
                opened = time.perf_counter() - waited
                print(f"a question asked at once is answered after {opened:.2f} s: {one.answered}")
                if turn == "warm":
                    time.sleep(chosen.idle)
                    for readers in chosen.users:
                        _report(readers, crowd(PORT, readers, same=chosen.same))
                        (after,) = crowd(PORT, 1)
                        print(f"the next one: {after.seconds:.2f} s, answered {after.answered}")
            finally:
                process.terminate()
                process.wait(30)


if __name__ == "__main__":
    main()
