"""Invitations (text/calendar): what takes place, when and where, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LABELS = {
    "SUMMARY": "", "DTSTART": "Begins: ", "DTEND": "Ends: ", "LOCATION": "Place: ",
    "ORGANIZER": "Organizer: ", "STATUS": "Status: ", "DESCRIPTION": "",
}  # fmt: skip
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
_LINE = re.compile(r"([A-Z-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)", re.DOTALL)


def event_lines(text: str) -> list[str]:
    """Return the lines of the events in a calendar: summary first, then when and where."""
    lines: list[str] = []
    event: dict[str, str] = {}
    inside: list[str] = []
    for name, parameters, value in _properties(text):
        if name == "BEGIN":
            inside.append(value)
            event = {} if value == "VEVENT" else event
        elif name == "END":
            inside = inside[:-1]
            if value == "VEVENT":
                lines += [*(event[one] for one in _LABELS if one in event), ""]
        elif inside and inside[-1] == "VEVENT" and name in _LABELS and value:
            event[name] = _LABELS[name] + _said(name, parameters, value)
    return lines


def _properties(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, parameters and value of each line, folded ones unfolded (RFC 5545)."""
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        if found := _LINE.fullmatch(line):
            yield found[1], found[2], found[3].strip()


def _said(name: str, parameters: str, value: str) -> str:
    if name in {"DTSTART", "DTEND"} and (moment := _MOMENT.match(value)):
        year, month, day, hour, minute, universal = moment.groups()
        zone = re.search(r"TZID=\"?([^;\"]+)", parameters)
        where = " UTC" if universal else f" ({zone[1]})" if zone else ""
        return f"{year}-{month}-{day}" + (f" {hour}:{minute}{where}" if hour else "")
    if name == "ORGANIZER":
        known = re.search(r"CN=\"?([^;\"]+)", parameters)
        return known[1] if known else re.sub(r"(?i)^mailto:", "", value)
    return re.sub(r"\\([nN,;\\])", lambda one: "\n" if one[1] in "nN" else one[1], value)


__all__ = ["event_lines"]
