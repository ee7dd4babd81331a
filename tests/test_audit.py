"""The audit passes only when every package was looked at: silence is no clean bill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.audit import (
    Allowed,
    Audit,
    installed,
    look_at_licences,
    look_for_holes,
    report,
)

PACKAGES = {"torch": "2.13.0", "lxml": "6.1.3"}
ALLOWED = Allowed(
    frozenset({"mit", "apache-2.0", "bsd license", "apache license, version 2.0"}),
    {"odd": "MIT, by its LICENSE file"},
    {"CVE-1": "in a server that is never started"},
)


class Service:
    """Answers as pip-audit does; `known` maps a package to its holes, None for a failure."""

    def __init__(self, **services: dict[str, list[dict[str, Any]]] | None) -> None:
        self._services = services
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, command: Sequence[str]) -> str:
        service = command[command.index("--vulnerability-service") + 1]
        wanted = Path(command[command.index("--requirement") + 1]).read_text().split()
        names = [one.partition("==")[0] for one in wanted]
        self.asked.append((service, names))
        known = self._services.get(service)
        if known is None:
            raise subprocess.TimeoutExpired("pip-audit", 240)
        rows = [
            {"name": name, "version": "1", "vulns": known[name]}
            if name in known
            else {"name": name, "skip_reason": f"Dependency not found on PyPI: {name}"}
            for name in names
        ]
        return json.dumps({"dependencies": rows, "fixes": []})


def hole(name: str, *fixed: str) -> dict[str, Any]:
    return {"id": name, "aliases": ["GHSA-x"], "fix_versions": list(fixed), "description": "…"}


def audited(service: Service) -> Audit:
    audit = Audit()
    look_for_holes(audit, PACKAGES, ALLOWED, service)
    return audit


def test_all_known_and_nothing_found_is_the_only_way_to_pass() -> None:
    """Each package was known to a service, the second asked only for what the first did not."""
    service = Service(pypi={"lxml": []}, osv={"torch": []})
    audit = audited(service)
    assert audit.code == 0 and report(audit)[-1].startswith("all 2 packages audited")
    assert service.asked == [("pypi", ["torch", "lxml"]), ("osv", ["torch"])]


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(Service(pypi={}, osv={}), id="no service knows them"),
        pytest.param(Service(pypi={}, osv=None), id="the second cannot be reached"),
        pytest.param(Service(pypi=None, osv=None), id="none can be reached in time"),
    ],
)
def test_what_was_skipped_is_never_clean(service: Service) -> None:
    """pip-audit says that nothing was found and ends with 0; the audit does neither."""
    audit = audited(service)
    said = "\n".join(report(audit))
    assert audit.code == 2 and set(audit.unaudited) == set(PACKAGES)
    assert "NOT AUDITED: 2 of 2 packages" in said and "lxml" in said and "all 2" not in said


def test_one_package_left_out_is_enough() -> None:
    """The others say nothing of it."""
    audit = audited(Service(pypi={"lxml": []}, osv={}))
    assert audit.code == 2 and "NOT AUDITED: 1 of 2" in report(audit)[-1]
    nothing = Audit()
    look_for_holes(nothing, {}, ALLOWED, Service(pypi={}))
    assert nothing.code == 2


def test_holes_are_named_with_what_closes_them() -> None:
    """One that does not reach us is shown with the reason and does not fail."""
    bad = audited(Service(pypi={"lxml": [hole("CVE-7", "6.1.4")], "torch": []}))
    assert bad.code == 1 and "lxml 6.1.3: CVE-7 GHSA-x, fixed in 6.1.4" in "\n".join(report(bad))
    fine = audited(Service(pypi={"lxml": [hole("CVE-1")], "torch": []}))
    assert fine.code == 0 and "never started" in "\n".join(report(fine))


@pytest.mark.parametrize(
    ("licence", "found"),
    [
        ("MIT", ""),
        ("Apache-2.0 OR GPL-3.0-only", ""),
        ("Apache-2.0 AND (MIT OR MIT)", ""),
        ("Apache License, Version 2.0", ""),
        ("MIT\n\nPermission is hereby granted, free of charge", ""),
        ("BSD License; MIT", ""),
        ("MIT AND GPL-3.0-only", "licences"),
        ("BSD License; GNU General Public License v3 (GPLv3)", "licences"),
        ("SSPL-1.0", "licences"),
        ("UNKNOWN", "unknown"),
        ("", "unknown"),
    ],
)
def test_licences_are_compared_with_those_allowed(licence: str, found: str) -> None:
    """Of a choice one is enough, of several each is needed, and none known fails."""
    audit = Audit(packages=1)
    look_at_licences(audit, ["some-thing"], [{"Name": "some_thing", "License": licence}], ALLOWED)
    assert {"licences": bool(audit.licences), "unknown": bool(audit.unknown)} == {
        "licences": found == "licences", "unknown": found == "unknown",
    }  # fmt: skip
    assert audit.code == (1 if found else 0)


def test_what_was_looked_up_by_hand_counts() -> None:
    """And a package of which nothing is said at all does not."""
    audit = Audit(packages=2)
    look_at_licences(audit, ["odd", "silent"], [{"Name": "odd", "License": "UNKNOWN"}], ALLOWED)
    assert [one.partition(":")[0] for one in audit.unknown] == ["silent"]


def test_the_installed_packages_have_versions_that_a_service_knows() -> None:
    """No local build tag, not ours; and each entry of the allowed ones has its reason."""
    packages = installed()
    assert len(packages) > 50 and "briefing-assistant" not in packages
    assert not [one for one in packages.values() if "+" in one]
    allowed = Allowed.from_project()
    assert all(allowed.accepted.values()) and all(allowed.by_hand.values())
