"""What a team's servers do, tried with the real ones, as a table.

Run: make deploy-check, or python -m benchmarks.deploy_check [--only NAME]. Each engine is tried by
its tests against the real server on loopback, then a whole team's set-up. A row says how many
passed; "not run" is what is not installed. Exits with 1 if anything failed or nothing ran.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What is tried, and by which tests.
PARTS = {
    "PostgreSQL: the record": ("test_corpus_postgresql.py", "test_corpus_moving.py"),
    "Chroma's server: the vectors": ("test_index_chroma_server.py",),
    "Chroma, sparse (a stub)": ("test_index_hosted_words.py",),
    "PostgreSQL and Chroma, two machines": ("test_index_two_machines.py",),
    "Ray: workers": ("test_index_workers.py",),
    "inference server": ("test_index_inference.py",),
    "OpenID Connect, rights": ("test_ui_sign_in.py", "test_who_may_see_what.py"),
    "replicas of the page": ("test_replicas.py", "test_page_for_many.py"),
    "Prometheus, a collector": ("test_ui_observing.py", "test_corpus_tracing.py"),
    "clients of OpenAI, MCP, JSON": ("test_api_openai.py", "test_api.py", "test_mcp.py"),
    "backup, restore": ("test_corpus_backup.py",),
    "laptop and team": ("test_team.py",),
}
_MARKS = "not long"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the tests of one part."""

    passed: int
    failed: int
    skipped: int
    seconds: float

    @property
    def said(self) -> str:
        """The outcome in a word."""
        if self.failed:
            return "FAILED"
        return "passed" if self.passed else "not run"


def tried(files: tuple[str, ...]) -> Outcome:
    """Run the tests of some files, and return what became of them; their output is shown."""
    started = time.monotonic()
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", _MARKS, f"--junitxml={report.name}",
             *(f"tests/{one}" for one in files)],
            cwd=ROOT,
            check=False,
        )  # fmt: skip
        try:
            suites = ET.parse(report.name).getroot().iter("testsuite")
            counts = [
                {name: int(one.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
                for one in suites
            ]
        except ET.ParseError:
            counts = []
    total = {name: sum(one[name] for one in counts) for name in (counts[0] if counts else ())}
    failed = total.get("failures", 0) + total.get("errors", 0)
    # One that ended without a report failed; 5 is that of a run without a test.
    failed = failed or int(done.returncode not in {0, 5} or not counts)
    skipped = total.get("skipped", 0)
    passed = total.get("tests", 0) - failed - skipped if counts else 0
    return Outcome(passed, failed, skipped, time.monotonic() - started)


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="Parts whose names begin so.")
    options = parser.parse_args()
    chosen = {
        name: files
        for name, files in PARTS.items()
        if not options.only or name.startswith(tuple(options.only))
    }
    outcomes = {name: tried(files) for name, files in chosen.items()}
    print("\n| part | outcome | passed | failed | not run | seconds |\n|---|---|---|---|---|---|")
    for name, one in outcomes.items():
        print(
            f"| {name} | {one.said} | {one.passed} | {one.failed} | {one.skipped}"
            f" | {one.seconds:.0f} |"
        )
    passed = sum(one.passed for one in outcomes.values())
    failed = sum(one.failed for one in outcomes.values())
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
