"""How long somebody waits for a first answer: from the command's start, in new processes.

    python -m benchmarks.startup --home FOLDER [--runs N] [--busy N] [--cold] [--against CHECKOUT]
        [--no-page]

Each run starts `briefing ask` with another question, and `briefing chat --no-browser` with a page
in a headless Chromium that was running before; the engine quotes, everything else is as it comes.
Said of each are the median and the worst seconds from the start of the command, and the peak of the
memory of all its processes together (the sum of what each held at most, VmHWM; shared pages count
in each). Beside them, in turns, what Python itself takes to start and to import Gradio and Chroma:
machines differ, these ratios do so less. With `--against` another checkout takes turns with this.

Listening: the first reply of the page's server. Usable: a question is typed into the page, and then
asked. Whole: Gradio's page has taken over. Answered: the first answer stands whole.

`--busy` keeps so many other processes computing meanwhile: a slow day. `--cold` asks the kernel to
forget the files of the library and of the installed packages before each start. Without root it
may keep what is in use elsewhere: Python itself, and whatever other programs have open.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy

from benchmarks.serving import chromium_running

_HERE = Path(__file__).resolve().parent.parent
_PYTHON = {
    "python": "pass",
    "import gradio": "import gradio",
    "import chromadb": "import chromadb",
}
_QUESTIONS = (
    "What did DeepSeek-V3 cost to train?", "When was the AI diffusion rule rescinded?",
    "How many H20 chips may Nvidia sell to China?", "Who leads the AI Safety Institute?",
    "What threshold does the EU AI Act set for systemic risk?", "What is the Entity List?",
    "Which companies received grants under the CHIPS Act?", "What does Huawei's Ascend 910C do?",
)  # fmt: skip
_PATIENCE = 120.0
_LOOK = 0.05


class Peak:
    """The most memory, in MB, that a process and all below it held, looked at while it runs."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._held: dict[int, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            self._look(self._process)

    def _look(self, process: int) -> None:
        folder = Path("/proc") / str(process)
        with suppress(OSError, ValueError):
            for line in (folder / "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self._held[process] = int(line.split()[1])
            for children in folder.glob("task/*/children"):
                for child in children.read_text().split():
                    self._look(int(child))

    def end(self) -> float:
        """Stop looking; return the peak in MB."""
        self._ended.set()
        self._thread.join()
        return sum(self._held.values()) / 1024


def environment(home: Path) -> Mapping[str, str]:
    """Return the variables of a command on a data folder, with the engine that quotes."""
    # An installed program has its byte code, which it is asked not to write on some machines.
    inherited = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return inherited | {"BRIEFING_HOME": str(home), "BRIEFING_ENGINE": "extractive"}


def python_seconds(code: str) -> float:
    """Return how long Python takes from start to end with a line of code."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - started


def asked_once(checkout: Path, home: Path, question: str) -> dict[str, float]:
    """Ask in a new process; return seconds, CPU seconds and MB."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "ui.cli", "ask", question]
    with subprocess.Popen(
        command,
        cwd=checkout,
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        peak = Peak(process.pid)
        said = process.stderr.read() if process.stderr else ""
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    # 3: the library does not answer it, which takes as long.
    if process.returncode not in (0, 3):
        raise SystemExit(f"briefing ask failed: {said}")
    memory = max(peak.end(), used.ru_maxrss / 1024)
    return {
        "ask: answered": seconds,
        "ask: CPU": used.ru_utime + used.ru_stime,
        "ask: MB": memory,
    }


def page_once(checkout: Path, home: Path, question: str, browser: Any) -> dict[str, float]:
    """Start the page, open it, ask; return seconds from the start of the command, and MB."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli", "chat", "--no-browser", "--port", str(port)]
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    found: dict[str, float] = {}
    started = time.perf_counter()

    def note(what: str) -> None:
        found[f"page: {what}"] = time.perf_counter() - started

    process = subprocess.Popen(
        command,
        cwd=checkout,
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = Peak(process.pid)
    try:
        _wait_for_port(port, process)
        note("listening")
        page.goto(f"http://127.0.0.1:{port}", wait_until="commit", timeout=_PATIENCE * 1000)
        box = page.locator("#first textarea, #question textarea").first
        box.fill(question, timeout=_PATIENCE * 1000)
        note("usable")
        box.press("Enter")
        page.wait_for_selector("#first", state="detached", timeout=_PATIENCE * 1000)
        note("whole")
        page.wait_for_selector("#latest [data-act='good']", timeout=_PATIENCE * 1000)
        note("answered")
    finally:
        context.close()
        found["page: MB"] = peak.end()
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)
    return found


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("briefing chat ended before it was there")
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/theme.css", timeout=_PATIENCE),
        ):
            return
        time.sleep(_LOOK / 2)
    raise SystemExit("briefing chat does not listen")


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep so many processes computing for as long as the block lasts."""
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in burning:
            one.kill()
            one.wait()


def forget(folders: Sequence[Path]) -> None:
    """Ask the kernel to drop the pages of all files below some folders from its cache."""
    for folder in folders:
        for file in folder.rglob("*"):
            with suppress(OSError):
                descriptor = os.open(file, os.O_RDONLY)
                try:
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(descriptor)


def said(measured: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Yield the lines of a table: what was measured, its median and worst, and the ratio."""
    (python,) = (statistics.median(measured[one]) for one in measured if one == "python")
    yield f"{'':28}{'median':>8}{'worst':>8}   times `python -c pass`"
    for name, values in measured.items():
        median, worst = statistics.median(values), max(values)
        if name.endswith("MB"):
            yield f"{name:28}{median:8.0f}{worst:8.0f}"
        else:
            yield f"{name:28}{median:8.2f}{worst:8.2f}   {median / python:.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--against", type=Path)
    parser.add_argument("--no-page", action="store_true")
    chosen = parser.parse_args()
    checkouts = {"": _HERE} | ({"before, ": chosen.against.resolve()} if chosen.against else {})
    packages = Path(numpy.__file__).resolve().parent.parent
    questions = itertools.cycle(_QUESTIONS)
    measured: dict[str, list[float]] = defaultdict(list)

    def note(prefix: str, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            measured[prefix + name].append(value)

    def before() -> None:
        if chosen.cold:
            forget([chosen.home, packages])

    # What is written once, byte code and notes of verified weights, is written before.
    for checkout in checkouts.values():
        asked_once(checkout, chosen.home, _QUESTIONS[-1])
    with (
        nullcontext() if chosen.no_page else chromium_running() as browser,
        busy(chosen.busy),
    ):
        for number in range(chosen.runs):
            question = next(questions)
            for name, code in _PYTHON.items():
                before()
                note("", {name: python_seconds(code)})
            # By turns first: the load of a machine that others use changes meanwhile.
            for prefix, checkout in list(checkouts.items())[:: -1 if number % 2 else 1]:
                before()
                note(prefix, asked_once(checkout, chosen.home, question))
                if not chosen.no_page:
                    before()
                    note(prefix, page_once(checkout, chosen.home, question, browser))
    print("\n".join(said(measured)))


if __name__ == "__main__":
    main()
