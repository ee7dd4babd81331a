"""Known holes and licences of every installed package: `make audit`.

pip-audit asks PyPI's advisories and OSV about the versions that are installed, pip-licenses reads
what their metadata says. A package that no service knew, or could be asked about, is "not audited",
and the audit has then not passed: pip-audit itself says "No known vulnerabilities found" with every
package skipped. Ends with 0 when all was looked at and nothing found, 1 when something was found,
2 when nothing was found in what could be looked at and the rest is not audited. What is allowed
stands in pyproject.toml under [tool.audit].
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parent.parent / "pyproject.toml"
_OWN = "briefing-assistant"
# Advisory services in the order in which they are asked for what the one before did not know.
_SERVICES = ("pypi", "osv")
# Seconds for one service, all packages; 180 of them took 14 s where each was answered by a 404.
_SECONDS = 240
_SOCKET_SECONDS = 10
_BETWEEN = re.compile(r"\s*,\s*|\s+AND\s+|\s+OR\s+|\s+WITH\s+\S+|[()]")

# Runs a command and returns what it printed; raises OSError or subprocess.SubprocessError.
Run = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What pyproject.toml settles: licences, those looked up by hand, holes that do not reach us.

    `by_hand` maps a package to its licence, `accepted` the name of a hole to the reason.
    """

    licences: frozenset[str] = frozenset()
    by_hand: Mapping[str, str] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_project(cls, file: Path = _PROJECT) -> Allowed:
        """Return what the file says."""
        table = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["audit"]
        licences = frozenset(one.casefold() for one in table["licences"])
        return cls(licences, table["by_hand"], table["accepted"])


@dataclass(slots=True)
class Audit:
    """What was found, a line each; `unaudited` maps packages to why they were not looked at."""

    packages: int = 0
    vulnerable: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    unaudited: dict[str, str] = field(default_factory=dict)
    licences: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code: see the module."""
        if self.vulnerable or self.licences or self.unknown:
            return 1
        return 2 if self.unaudited or not self.packages else 0


def printed(command: Sequence[str]) -> str:
    """Run a command to its end and return what it printed, whatever its exit code."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if not done.stdout.strip():
        said = done.stderr.strip().splitlines()
        raise subprocess.SubprocessError(said[-1] if said else f"exit code {done.returncode}")
    return done.stdout


def installed() -> dict[str, str]:
    """Return the versions of the installed packages by name, ours and local build tags left out.

    No service knows "2.13.0+cpu": it is asked about 2.13.0.
    """
    found = {
        str(one.metadata["Name"]): one.version.partition("+")[0]
        for one in importlib.metadata.distributions()
    }
    return {name: version for name, version in sorted(found.items()) if name != _OWN}


def look_for_holes(audit: Audit, packages: Mapping[str, str], allowed: Allowed, run: Run) -> None:
    """Ask the services about packages until each was known to one; note what they say."""
    audit.packages = len(packages)
    left = dict(packages)
    why = dict.fromkeys(packages, "no advisory service was asked")
    for service in _SERVICES:
        if not left:
            break
        try:
            answers = _asked(service, left, run)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            first = str(error).strip().splitlines()[:1]
            why |= dict.fromkeys(left, f"{service}: {first[0][:160] if first else type(error)}")
            continue
        for name in list(left):
            answer = answers.get(_plain(name))
            if answer is None or "skip_reason" in answer:
                why[name] = f"{service} does not know it"
                continue
            del left[name]
            for hole in answer["vulns"]:
                _note(audit, name, packages[name], hole, allowed)
    audit.unaudited = {name: why[name] for name in left}


def _asked(service: str, packages: Mapping[str, str], run: Run) -> dict[str, dict[str, Any]]:
    """Return what pip-audit says of each package by its plain name."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()))
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(wanted), "--no-deps",
                   "--disable-pip", "--vulnerability-service", service, "--format", "json",
                   "--progress-spinner", "off", "--timeout", str(_SOCKET_SECONDS)]  # fmt: skip
        answers = json.loads(run(command))["dependencies"]
    return {_plain(str(one["name"])): one for one in answers}


def _note(audit: Audit, name: str, version: str, hole: Mapping[str, Any], allowed: Allowed) -> None:
    names = [str(hole["id"]), *map(str, hole.get("aliases", ()))]
    fixed = ", ".join(map(str, hole.get("fix_versions", ()))) or "no version"
    line = f"{name} {version}: {' '.join(names)}, fixed in {fixed}"
    reason = next((allowed.accepted[one] for one in names if one in allowed.accepted), "")
    if reason:
        audit.accepted.append(f"{line}; accepted: {reason}")
    else:
        audit.vulnerable.append(line)


def look_at_licences(
    audit: Audit, packages: Iterable[str], stated: Iterable[Mapping[str, str]], allowed: Allowed
) -> None:
    """Compare the licence of each package with those that are allowed; note the others."""
    by_name = {_plain(one["Name"]): one["License"] for one in stated}
    for name in packages:
        licence = allowed.by_hand.get(name) or by_name.get(_plain(name), "UNKNOWN")
        # Some put the whole text there; its first line is the name.
        licence = licence.strip().splitlines()[0] if licence.strip() else "UNKNOWN"
        if name in allowed.by_hand:
            continue
        if licence == "UNKNOWN":
            audit.unknown.append(f"{name}: its metadata names no licence")
        elif not _permitted(licence, allowed.licences):
            audit.licences.append(f"{name}: {licence}")


def _permitted(licence: str, allowed: frozenset[str]) -> bool:
    """Say whether a licence is allowed: of a choice one is enough, of several each is needed."""
    if ";" in licence:
        return all(_permitted(one.strip(), allowed) for one in licence.split(";"))
    parts = [one.strip().casefold() for one in _BETWEEN.split(licence) if one.strip()]
    each = [one in allowed for one in parts]
    choice = " OR " in licence and " AND " not in licence
    whole = licence.casefold() in allowed
    return whole or (bool(each) and (any(each) if choice else all(each)))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _by_reason(unaudited: Mapping[str, str]) -> Iterable[str]:
    for reason in dict.fromkeys(unaudited.values()):
        names = [name for name, why in unaudited.items() if why == reason]
        yield f"{len(names)} ({reason}): {', '.join(names)}"


def report(audit: Audit) -> list[str]:
    """Return the audit as lines; the last one is the verdict."""
    lines = []
    for title, found in (
        ("with known holes", audit.vulnerable),
        ("with holes that do not reach us", audit.accepted),
        ("not audited", list(_by_reason(audit.unaudited))),
        ("with a licence that is not allowed", audit.licences),
        ("without a licence that is known", audit.unknown),
    ):
        if found:
            lines += [f"{title}:", *(f"  {one}" for one in found)]
    looked_at = audit.packages - len(audit.unaudited)
    if audit.code == 0:
        lines.append(f"all {audit.packages} packages audited: no known hole, licences as allowed")
    elif audit.code == 2:
        lines.append(
            f"NOT AUDITED: {len(audit.unaudited)} of {audit.packages} packages; nothing was found "
            f"in the other {looked_at}, which says nothing of these. Run it again where the "
            "advisory services can be reached (pypi.org, api.osv.dev)."
        )
    else:
        left = f", {len(audit.unaudited)} not audited" if audit.unaudited else ""
        lines.append(f"{looked_at} of {audit.packages} packages audited{left}: see above")
    return lines


def main() -> None:
    """Audit what is installed here and exit with the verdict."""
    allowed, audit, packages = Allowed.from_project(), Audit(), installed()
    look_for_holes(audit, packages, allowed, printed)
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json"]
    stated = json.loads(printed([*command, "--with-system"]))
    look_at_licences(audit, packages, stated, allowed)
    print("\n".join(report(audit)))
    sys.exit(audit.code)


if __name__ == "__main__":
    main()
