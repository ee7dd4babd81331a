"""Whether files that were read wrongly are read rightly, and whether quoted sentences stand.

    python -m benchmarks.reading CASES [--documents FOLDER --questions FILE] [--embedder NAME]

CASES is a folder with `cases.jsonl` (case, file, command, expected) and the files that it names.
They are added to one library, the way the command adds them, and what was read is
held against `WANTED`: words that the text must hold or must not, rows, what the document says of
itself, what the report owns up to. A case without an entry there is listed as not judged.

With `--documents` and `--questions` (JSON lines with "file" and "evidence", a list of sentences)
the documents are read too, and each sentence is looked for in the text of its file, white space
folded.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.draft_check import against_library
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.document import Document
from corpus.sandbox import Sandbox
from index.ingest import Report


@dataclass(frozen=True, slots=True)
class Wanted:
    """What reading must come to: every part of it has to hold.

    `says` and `lacks` are texts that the documents of the case together hold or do not, `source`
    patterns for fields of the first document ("" for an empty one), `heads` pairs of a row's
    beginning and a head that its passage carries, `checked` pairs of a sentence and the verdict of
    the check. Where the report owns up to it (`told`, a pattern), `says` need not hold.
    """

    says: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    told: str = ""
    source: Mapping[str, str] = field(default_factory=dict)
    heads: tuple[tuple[str, str], ...] = ()
    checked: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


NO_DATE = {"published": ""}
WANTED: dict[str, Wanted] = {
    "docx-tracked-insertions": Wanted(("485,000 euros",), ("310,000",)),
    "docx-content-controls": Wanted(("76,400 francs", "Tarn Water Cooperative")),
    "docx-nested-table": Wanted(("47 decibels",)),
    "docx-text-box": Wanted(("18,250",)),
    "docx-equal-neighbour-cells": Wanted(("Alder mill | 40 | 40 | 55 | 61",)),
    "docx-header-footer-comment": Wanted(("QX-2207",)),
    "docx-equation": Wanted(("48 kN",), told="equation"),
    "docx-struck-out": Wanted(("The fare for a child is 7 crowns",), ("4 crowns 7 crowns",)),
    "pptx-line-break": Wanted(("May 2027", "Costs are capped"), ("2027Costs",)),
    "xlsx-percent-currency": Wanted(("37.5%", "€1,250.50")),
    "xlsx-merged-region": Wanted(("North | Garth | 9",)),
    "xlsx-far-cell": Wanted(("Barn | Hay bales\nEast barn | 411",)),
    "table-row-without-head": Wanted(heads=(("Zelda 5", "Crew"),)),
    "xlsx-date-cell-published": Wanted(source=NO_DATE),
    "mail-attachment-text": Wanted(("Mira Sund",), told="attachment"),
    "mail-forwarded-rfc822": Wanted(("23 tiles",)),
    "mail-plain-stub": Wanted(("18:45",)),
    "mail-second-text-part": Wanted(("700 crowns",)),
    "mail-related-head-lost": Wanted(
        source={
            "title": "Bridge toll from April", "publisher": ".*Chief.*", "published": "2026-03-13",
        }
    ),
    "msg-unclear": Wanted(told="Outlook"),
    "mht-internet-explorer": Wanted(
        source={"title": "青河公告.*", "publisher": "(?!.*Saved by).*", "published": ""}
    ),
    "mhtml-iframe": Wanted(("77",)),
    "pdf-superscript": Wanted(("landed 214 tonnes of perch in 2021 and",), ("2143", "20214")),
    "pdf-superscript-check": Wanted(
        checked=(
            ("The fleet on Lake Orm landed 214 tonnes of perch in 2021.", "supported"),
            ("The fleet on Lake Orm landed 2143 tonnes of perch.", "unsupported"),
        )
    ),
    "pdf-line-numbers": Wanted(("An owner who fails to measure pays a fine of 120 crowns.",)),
    "pdf-form-values": Wanted(("Grey Gull of Pell",)),
    "pdf-annotations": Wanted(("230,000 euros",)),
    "pdf-portfolio": Wanted(("14 litres",), told="attach"),
    "pdf-mostly-scanned": Wanted(told=r"pages without text .*2–7"),
    "pdf-white-text": Wanted(("6 crowns",), ("99 crowns",)),
    "pdf-anonymous-title": Wanted(source={"title": "Ledger of the Cray lighthouse"}),
    "pdf-dropcap-title": Wanted(source={"title": "The saltworks of Eyke.*"}),
    "pdf-page-label": Wanted(labels=(("sleeps sixteen guests", "2"),)),
    "html-spans-empty-cells": Wanted(("Pike | 41 |  | 38 | 52",)),
    "md-empty-cells": Wanted(("May | 4 |  | 9",)),
    "html-superscript": Wanted(("12 metres deep", "10^5 litres"), ("123 metres", "105 litres")),
    "html-deleted": Wanted(("opens at nine in the morning",)),
    "html-infobox-aside": Wanted(("212 metres",)),
    "html-linked-list-lost": Wanted(("Aron Falk", "Beda Holm")),
    "html-event-date-published": Wanted(source=NO_DATE),
    "md-birth-date-published": Wanted(source=NO_DATE),
    "html-date-languages": Wanted(source={"published": "2026-02-03"}),
    "html-js-stub": Wanted(told="empty"),
    "html-cp1252-declared-utf8": Wanted(("crêpes",)),
    "txt-cp1252-french": Wanted(("crêpes — à 5 €", "crème", "élèves")),
    "txt-lines-fused": Wanted(("\nFee: 30 crowns\n",)),
    "txt-nul": Wanted(("The third door is walled up.",), told="NUL"),
    "check-docx-skips-inserted": Wanted(
        ("Ardent Optics employs 999 people.", "Petra Lunde is the head of Corva Glass.")
    ),
}  # fmt: skip


def failures(
    wanted: Wanted, documents: Sequence[Document], told: str, workspace: Workspace
) -> list[str]:
    """Return what of `wanted` does not hold, in words; `told` is the report on the case."""
    text = "\n".join(one.text for one in documents)
    wrong = [f"holds “{one}”" for one in wanted.lacks if one in text]
    if wanted.told and re.search(wanted.told, told):
        return wrong
    wrong += [f"lacks “{one.strip()}”" for one in wanted.says if one not in text]
    if wanted.told and not wanted.says:
        wrong.append(f"the report does not say “{wanted.told}”")
    if not documents:
        return [*wrong, "nothing was read"]
    for name, pattern in wanted.source.items():
        wrong += [
            f"{name} is “{value}”"
            for value in (str(getattr(one.source, name)) for one in documents)
            if not re.fullmatch(pattern, value)
        ]
    passages = [one for document in documents for one in workspace.library.passages_of(document.id)]
    for row, head in wanted.heads:
        if not any(row in one.text and head in one.head + one.text for one in passages):
            wrong.append(f"no passage has “{row}” and “{head}”")
    for said, label in wanted.labels:
        wrong += [f"“{said}” is on no page labelled {label}"] * (
            not any(_label(one, said) == label for one in documents)
        )
    sentences = [sentence for sentence, _ in wanted.checked]
    for (sentence, verdict), one in zip(
        wanted.checked, against_library(workspace, sentences), strict=True
    ):
        if one.verdict != verdict:
            wrong.append(f"“{sentence}” is {one.verdict}")
    return wrong


def _label(document: Document, said: str) -> str:
    """Return what is printed on the page that says something."""
    page = document.page_at(max(0, document.text.find(said)))
    return document.page_labels[page - 1] if page and document.page_labels else ""


def _files(case: Mapping[str, str], folder: Path) -> list[Path]:
    names = [name.strip() for name in case["file"].split(",")]
    return [folder / name for name in names if (folder / name).is_file()]


def judged(folder: Path, embedder: str) -> int:
    """Print a line a case; return how many of those that are judged fail."""
    rows = (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(row) for row in rows]
    files = {case["case"]: _files(case, folder) for case in cases if case["case"] in WANTED}
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), embedder=embedder, engine="extractive")
        with Workspace(settings) as workspace:
            *_, report = workspace.add(sorted({file for some in files.values() for file in some}))
            assert isinstance(report, Report)
            for case in cases:
                name = case["case"]
                if not files.get(name):
                    print(f"–    {name:30} not judged: no matter of reading alone")
                    continue
                places = [str(file) for file in files[name]]
                documents = [
                    workspace.library.document(one.id)
                    for one in workspace.library.entries()
                    if any(_is_of(source.location, places) for source in one.sources)
                ]
                wrong = failures(WANTED[name], documents, _told(report, places), workspace)
                failed += bool(wrong)
                print(f"{'NO ' if wrong else 'ok '}  {name:30} {'; '.join(wrong)}", flush=True)
    total = sum(map(bool, files.values()))
    print(f"{total - failed} of {total} cases are read as they must be")
    return failed


def _is_of(location: str, places: Sequence[str]) -> bool:
    """Say whether a document lies at one of some places, or in the file there."""
    return any(location == place or location.startswith(f"{place}#") for place in places)


def _told(report: Report, places: Sequence[str]) -> str:
    """Return what a report says of what was not read at some places, in words."""
    refused = [f"{one.reason} {one.message}" for one in report.refused if _is_of(one.path, places)]
    missed = [
        str(one)
        for account in report.accounts
        if _is_of(account.path, places)
        for one in account.left_out
    ]
    return "\n".join(refused + missed)


def sought(documents: Path, questions: Path) -> int:
    """Print the sentences of questions that do not stand in their files; return their number."""
    wanted: dict[str, list[str]] = {}
    for row in questions.read_text(encoding="utf-8").splitlines():
        one = json.loads(row)
        wanted.setdefault(one["file"], []).extend(one["evidence"] or [])
    wanted = {name: sentences for name, sentences in wanted.items() if sentences}
    total = lost = 0
    with Sandbox() as sandbox:
        for name, sentences in sorted(wanted.items()):
            text = folded(sandbox.read(documents / name).text)
            missing = [one for one in sentences if folded(one) not in text]
            total, lost = total + len(sentences), lost + len(missing)
            for one in missing:
                print(f"lost  {name}: {one}")
    print(f"{total - lost} of {total} sentences stand in their texts")
    return lost


def folded(text: str) -> str:
    """Return a text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--embedder", default="hash")
    given = parser.parse_args()
    failed = judged(given.cases, given.embedder)
    if given.documents and given.questions:
        sought(given.documents, given.questions)
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
