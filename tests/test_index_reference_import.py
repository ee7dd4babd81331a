"""References describe the documents of a library: the files that they name, and those there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.addresses import Policy
from corpus.references import read_references
from index.reference_import import ReferenceReport
from tests.commands import briefing_here
from tests.papers import site_of

TEXT = "The harbour of {} handled 4,800 ships in 2023. Its director is Berg, the Gazette says.\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(
        Settings(home=tmp_path / "home", embedder="hash"), addresses=Policy(loopback=True)
    ) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "zotero"
    (made / "files").mkdir(parents=True)
    for name in ("lund", "malmo"):
        (made / "files" / f"{name}.txt").write_text(TEXT.format(name.title()))
    return made


def brought(
    workspace: Workspace, folder: Path, text: str, *more: Path, fetch: bool = False
) -> ReferenceReport:
    file = folder / "list.bib"
    file.write_text(text, encoding="utf-8")
    *_, report = workspace.add_references(read_references(file), [folder, *more], fetch=fetch)
    assert isinstance(report, ReferenceReport)
    return report


def sources(workspace: Workspace) -> dict[str, tuple[str, str, str]]:
    return {
        Path(one.source.location).name: (
            one.source.title, one.source.publisher, one.source.published,
        )
        for one in workspace.library.entries()
    }  # fmt: skip


def test_files_go_in_with_what_their_references_say(workspace: Workspace, folder: Path) -> None:
    """Title, institution and date; authors and DOI are kept for the lists that are exported."""
    report = brought(
        workspace, folder,
        "@techreport{lund, title={Ships of {Lund}}, institution={Port Authority}, date={2024-05},"
        " author={M{\\\"u}ller, Hans}, doi={10.1234/lund}, file={:files/lund.txt:text/plain}}"
        "@misc{gone, title={Gone}, file={files/gone.pdf}} @misc{none, title={Never seen}}",
    )  # fmt: skip
    assert [one.key for one in report.added] == ["lund"]
    assert [one.key for one in report.lost] == ["gone"]
    assert [one.key for one in report.without_file] == ["none"]
    assert sources(workspace) == {"lund.txt": ("Ships of Lund", "Port Authority", "2024-05")}
    (kept,) = workspace.library.bibliography.all().values()
    assert kept.authors[0].family == "Müller" and kept.doi == "10.1234/lund"
    (found, *_) = workspace.retriever.search("Ships of Lund")
    assert found.source.publisher == "Port Authority"


def test_documents_that_are_there_are_recognised(workspace: Workspace, folder: Path) -> None:
    """By their bytes wherever the file lies, by DOI, by title and year; a doubt stays a doubt."""
    named = folder / "paper.md"
    named.write_text(
        "---\ntitle: The long report on the harbours\npublished: 2023-04-01\n---\n"
        + TEXT.format("Ystad")
    )
    cited = folder / "cited.txt"
    cited.write_text("doi:10.1234/ystad\n\n" + TEXT.format("Kiel"))
    list(workspace.add([folder / "files/lund.txt", named, cited]))
    elsewhere = folder.parent / "other"
    elsewhere.mkdir()
    (elsewhere / "copy.txt").write_text(TEXT.format("Lund"))
    text = (
        "@report{bytes, title={By bytes}, institution={A}, date={2024}, file={copy.txt}}"
        "@report{doi, title={By DOI}, doi={10.1234/YSTAD}}"
        "@report{title, title={The Long Report: on the Harbours}, date={2023}, publisher={B}}"
        "@report{year, title={The long report on the harbours}, date={2019}}"
        "@report{twin, title={By bytes again}, file={copy.txt}}"
    )
    report = brought(workspace, folder, text, elsewhere)
    assert {one.reference.key: (one.by, one.changed) for one in report.matched} == {
        "bytes": ("file", True), "doi": ("DOI", True), "title": ("title and year", True),
    }  # fmt: skip
    assert [one.reference.key for one in report.doubtful] == ["year", "twin"]
    assert "another year (2023)" in report.doubtful[0].why
    assert sources(workspace) == {
        "lund.txt": ("By bytes", "A", "2024"),
        "cited.txt": ("By DOI", "", ""),
        # A year does not take the place of the day that the document states itself.
        "paper.md": ("The Long Report: on the Harbours", "B", "2023-04-01"),
    }
    again = brought(workspace, folder, text, elsewhere)
    assert not any(one.changed for one in again.matched) and not again.added


def test_a_persons_edit_stands(workspace: Workspace, folder: Path) -> None:
    """What a list says counts as the file's own word; adding the file again changes nothing."""
    file = folder / "files/lund.txt"
    list(workspace.add([file]))
    (entry,) = workspace.library.entries()
    workspace.update_source(entry.id, title="My title")
    text = "@report{a, title={Their title}, institution={Port}, file={files/lund.txt}}"
    brought(workspace, folder, text)
    assert sources(workspace)["lund.txt"][:2] == ("My title", "Port")
    list(workspace.add([file]))
    assert sources(workspace)["lund.txt"][:2] == ("My title", "Port")
    workspace.update_source(entry.id, title="")
    assert sources(workspace)["lund.txt"][0] == "Their title"


def test_addresses_are_fetched_when_asked_for(workspace: Workspace, folder: Path) -> None:
    """And known the next time, after a redirect too."""
    pages = {"/lund": f"<html><body><p>{TEXT.format('Lund')}</p></body></html>"}
    with site_of(pages, {"/moved": "/lund"}) as site:
        text = (
            f"@online{{page, title={{Harbours}}, organization={{Port}}, url={{{site}/moved}}}}"
            f"@online{{gone, title={{Nothing}}, url={{{site}/gone}}}}"
        )
        assert len(brought(workspace, folder, text).without_file) == 2
        assert not workspace.library.entries()
        report = brought(workspace, folder, text, fetch=True)
        assert [one.key for one in report.added] == ["page"]
        assert [one.key for one in report.without_file] == ["gone"]
        assert report.reports[0].refused[0].reason == "missing"
        assert sources(workspace)["lund"][:2] == ("Harbours", "Port")
        again = brought(workspace, folder, text)
        assert [(one.reference.key, one.by) for one in again.matched] == [("page", "address")]


def test_the_commands_import_and_export(tmp_path: Path, folder: Path) -> None:
    """`references import`, `references export`, and `add` of a folder that has a list in it."""
    (folder / "list.bib").write_text(
        "@report{lund, title={Ships of Lund}, institution={Port}, year=2024, author={Berg, Eva},"
        " file={files/lund.txt}} @misc{evil, title={Evil}, file={/etc/passwd}} @misc{broken"
    )
    at = {"BRIEFING_HOME": str(tmp_path / "home"), "BRIEFING_EMBEDDER": "hash"}

    def briefing(*words: str) -> tuple[int, str]:
        done = briefing_here(*words, cwd=tmp_path, environment=at)
        return done.returncode, done.stdout + done.stderr

    code, said = briefing("add", str(folder))
    assert code == 0 and "Ships of Lund" in said and "Evil: /etc/passwd" in said
    assert "line 1 (broken)" in said and "added: 1" in said
    code, said = briefing("references", "import", str(folder / "list.bib"), "--json")
    assert code == 0 and '"by": "file"' in said
    code, said = briefing("references", "export")
    assert code == 0 and "@techreport{lund," in said and "Berg, Eva" in said
    out = tmp_path / "all.csl.json"
    assert briefing("references", "export", "-o", str(out))[0] == 0 and "Berg" in out.read_text()
    assert briefing("references", "export", "-o", "x.odt")[0] == 2
    assert briefing("references", "import", "nowhere.bib")[0] == 2
    (tmp_path / "no.json").write_text("nothing")
    assert briefing("references", "import", str(tmp_path / "no.json"))[0] == 1
    (tmp_path / "empty.bib").write_text("")
    code, said = briefing("references", "import", "empty.bib")
    assert code == 1 and "empty.bib:\nit holds no references" in said


def test_a_list_that_is_none_stops_nothing_else(tmp_path: Path, folder: Path) -> None:
    """RDF that is not Zotero's, in a folder with documents: it is refused by name."""
    (folder / "model.rdf").write_text("<model/>")
    at = {"BRIEFING_HOME": str(tmp_path / "home"), "BRIEFING_EMBEDDER": "hash"}
    done = briefing_here("add", str(folder), cwd=tmp_path, environment=at)
    assert "model.rdf:thisisnoRDFasZotero" in "".join(done.stdout.split())
    assert "added: 2" in done.stdout and done.returncode == 0
    done = briefing_here("references", "import", str(folder / "model.rdf"), cwd=tmp_path,
                         environment=at)  # fmt: skip
    assert done.returncode == 2 and "model.rdf: this is no RDF" in done.stderr
