"""Documents within a document: each is one of its own and comes and goes with what holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest
from fpdf import FPDF

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.document import LeftOut
from corpus.page_images import PageRenderer
from corpus.readers import read
from index.ingest import UPLOADED, MetadataOverride, Progress, Report

MINUTES = b"The rowing club of Tarn elected Ole Brandt as chair with 31 votes against 4."
PLAN = b"The new boat house will have room for 46 boats and opens in May."


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(
        Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    ) as opened:
        yield opened


def mail(parts: Mapping[str, bytes], *, said: str = "The papers are attached.") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Papers of the rowing club"
    message["From"] = "Rowing Office <office@rowing.example>"
    message["To"] = "board@rowing.example"
    message["Date"] = "Tue, 10 Mar 2026 09:00:00 +0100"
    message.set_content(said)
    for name, content in parts.items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message


def pdf(*pages: str) -> bytes:
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for text in pages:
        made.add_page()
        made.multi_cell(0, 8, text)
    return bytes(made.output())


def added(workspace: Workspace, file: Path, message: EmailMessage) -> Report:
    file.write_bytes(message.as_bytes())
    *_, report = workspace.add([file])
    assert isinstance(report, Report)
    return report


def left_out(report: Report) -> list[str]:
    return [str(one) for account in report.accounts for one in account.left_out]


def shown(workspace: Workspace) -> dict[str, Entry]:
    """The visible documents by the last part of their place."""
    return {one.source.location.rpartition("/")[2]: one for one in workspace.library.entries()}


def test_an_attachment_is_a_document_that_says_what_it_came_in(
    workspace: Workspace, tmp_path: Path
) -> None:
    """It is found and cited by itself, with sender and date of its mail where it has none."""
    file = tmp_path / "club.eml"
    report = added(workspace, file, mail({"minutes.txt": MINUTES}))
    assert report.added == (f"{file}#minutes.txt", str(file))
    source = shown(workspace)["club.eml#minutes.txt"].source
    assert (source.publisher, source.published, source.kind) == (
        "Rowing Office",
        "2026-03-10",
        "text",
    )
    (best, *_) = workspace.retriever.search("Who was elected chair?")
    assert "Ole Brandt" in best.passage.text
    assert best.passage.heading == "minutes.txt, attached to “Papers of the rowing club”"
    assert workspace.library.document(shown(workspace)["club.eml"].id).attachments == (
        "minutes.txt",
    )


def test_what_it_states_itself_goes_first(workspace: Workspace, tmp_path: Path) -> None:
    """Publisher and date of the attachment are its own where it has them."""
    stated = b"---\ntitle: Plan\npublisher: Harbour Board\ndate: 2025-11-02\n---\n\n" + PLAN
    added(workspace, tmp_path / "club.eml", mail({"plan.md": stated}))
    source = shown(workspace)["club.eml#plan.md"].source
    assert (source.title, source.publisher, source.published) == (
        "Plan",
        "Harbour Board",
        "2025-11-02",
    )


def test_mail_that_is_there_is_not_read_again(workspace: Workspace, tmp_path: Path) -> None:
    """The same bytes at the same place are unchanged, attachments and all."""
    file = tmp_path / "club.eml"
    message = mail({"minutes.txt": MINUTES, "plan.txt": PLAN})
    assert len(added(workspace, file, message).added) == 3
    assert added(workspace, file, message).unchanged == (str(file),)
    assert len(shown(workspace)) == 3


def test_a_new_version_takes_its_attachments_along(workspace: Workspace, tmp_path: Path) -> None:
    """What is attached no more is gone, what has changed is replaced, the rest stays."""
    file = tmp_path / "club.eml"
    added(
        workspace, file, mail({"minutes.txt": MINUTES, "plan.txt": PLAN, "old.txt": b"Old news."})
    )
    changed = mail({"minutes.txt": MINUTES, "plan.txt": PLAN + b" Rent is 9 crowns."}, said="Again")
    report = added(workspace, file, changed)
    assert report.replaced == (f"{file}#plan.txt", str(file))
    assert report.unchanged == (f"{file}#minutes.txt",)
    assert set(shown(workspace)) == {"club.eml", "club.eml#minutes.txt", "club.eml#plan.txt"}


def test_attachments_go_and_come_back_with_their_mail(workspace: Workspace, tmp_path: Path) -> None:
    """Removing a mail removes what it held, but what another mail holds too; undoing brings all."""
    added(workspace, tmp_path / "one.eml", mail({"minutes.txt": MINUTES, "plan.txt": PLAN}))
    added(workspace, tmp_path / "two.eml", mail({"copy.txt": PLAN}, said="The plan again."))
    first = shown(workspace)["one.eml"].id
    workspace.remove(first)
    assert [one.passages for one in shown(workspace).values()] == [1, 1]
    assert not any(
        MINUTES.decode() in one.passage.text for one in workspace.retriever.search("chair")
    )
    workspace.restore(first)
    assert {"one.eml", "one.eml#minutes.txt"} <= set(shown(workspace))
    workspace.remove(first)
    report = added(
        workspace, tmp_path / "one.eml", mail({"minutes.txt": MINUTES, "plan.txt": PLAN})
    )
    assert f"{tmp_path}/one.eml#minutes.txt" in report.added


def test_a_file_whose_name_looks_like_an_attachment_stays(
    workspace: Workspace, tmp_path: Path
) -> None:
    """“club.eml#plan.txt” may be a file; it does not go with the mail."""
    own = tmp_path / "club.eml#plan.txt"
    own.write_bytes(PLAN)
    list(workspace.add([own]))
    added(workspace, tmp_path / "club.eml", mail({"minutes.txt": MINUTES}))
    added(workspace, tmp_path / "club.eml", mail({}, said="Nothing attached."))
    assert set(shown(workspace)) == {"club.eml", "club.eml#plan.txt"}
    kept = workspace.library.original(shown(workspace)["club.eml#plan.txt"].id)
    assert kept is not None and kept.location == str(own) and not kept.part


def test_what_cannot_be_read_is_named(workspace: Workspace, tmp_path: Path) -> None:
    """An archive, an unknown format and an empty file are named with the reason; the rest is in."""
    held = {"all.zip": b"PK\3\4", "winmail.dat": b"\x78\x9f", "none.txt": b" ", "plan.txt": PLAN}
    report = added(workspace, tmp_path / "club.eml", mail(held))
    assert len(report.added) == 2 and not report.refused
    said = left_out(report)
    assert all(one.startswith("1 attachment (") for one in said)
    for name, line in zip(
        ("all.zip: archives", "winmail.dat: .dat", "none.txt: "), said, strict=True
    ):
        assert name in line


def test_attachments_of_one_name_are_kept_apart(workspace: Workspace, tmp_path: Path) -> None:
    """Two files called the same, and a name with marks of a path in it, each have a place."""
    message = mail({"plan.txt": PLAN, "../plan#2.txt": b"Ropes are stored in the attic."})
    message.add_attachment(MINUTES, maintype="text", subtype="plain", filename="plan.txt")
    added(workspace, tmp_path / "club.eml", message)
    assert set(shown(workspace)) == {
        "club.eml",
        "club.eml#plan.txt",
        "club.eml#_plan_2.txt",
        "club.eml#plan (2).txt",
    }


def test_mail_within_mail_has_attachments_too(workspace: Workspace, tmp_path: Path) -> None:
    """Three deep; what lies deeper is named."""
    message = mail({"plan.txt": PLAN})
    for depth in range(4):
        message = mail({"inner.eml": message.as_bytes()}, said=f"Forwarded, {depth}.")
    report = added(workspace, tmp_path / "outer.eml", message)
    assert set(shown(workspace)) == {"outer.eml" + "#inner.eml" * depth for depth in range(4)}
    (deep,) = left_out(report)
    assert "inner.eml › inner.eml › inner.eml › inner.eml: " in deep


def test_more_than_a_hundred_are_counted(tmp_path: Path) -> None:
    """The first hundred are named, and how many there are beyond is told."""
    file = tmp_path / "club.eml"
    held = {f"{number}.txt": f"Boat {number} is blue.".encode() for number in range(104)}
    file.write_bytes(mail(held).as_bytes())
    document = read(file)
    assert document.attachments == tuple(held)[:100]
    assert document.left_out == (LeftOut("attachments", 4, "after the first 100"),)


def test_an_attached_pdf_is_drawn(workspace: Workspace, tmp_path: Path) -> None:
    """Its page is drawn from within the mail, which is what is kept."""
    pages = pdf("The first page has little.", "The keel of the Alma was laid on 4 May 1907.")
    added(workspace, tmp_path / "club.eml", mail({"alma.pdf": pages}))
    document = workspace.library.document(shown(workspace)["club.eml#alma.pdf"].id)
    kept = workspace.library.original(document.id)
    assert kept is not None
    assert (kept.location, kept.part) == (str(tmp_path / "club.eml"), ("alma.pdf",))
    start = document.text.index("The keel")
    drawer = PageRenderer()
    try:
        picture = drawer.picture(
            kept.path, document, 2, part=kept.part, start=start, end=len(document.text)
        )
    finally:
        drawer.close()
    assert picture.pages == 2 and picture.boxes and picture.found == 1


def test_an_upload_has_attachments_too(workspace: Workspace, tmp_path: Path) -> None:
    """Their place begins with its name, not with where it lay meanwhile; progress names them."""
    file = tmp_path / "club.eml"
    file.write_bytes(mail({"minutes.txt": MINUTES}).as_bytes())
    said = MetadataOverride(title="The papers", publisher="The club")
    steps = list(workspace.add([file], places={file: f"{UPLOADED}club.eml"}, described=said))
    entry = shown(workspace)[f"{UPLOADED}club.eml#minutes.txt"]
    assert entry.source.publisher == "The club"
    (passage,) = workspace.library.passages_of(entry.id)
    assert passage.heading == "minutes.txt, attached to “The papers”"
    outcomes = [
        (one.note, one.done) for one in steps if isinstance(one, Progress) and one.stage == "added"
    ]
    assert outcomes == [("club.eml#minutes.txt", 0), ("club.eml", 1)]
