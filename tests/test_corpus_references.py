"""Lists of references are read as their programs write them, and written so that they read them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import bibtexparser
import pytest
import rispy

from corpus.errors import ReadError, UsageError
from corpus.references import Name, Reference, read_references, written
from corpus.references.attached import attached_file, paths_in
from corpus.references.csl import KINDS, looks_like_csl
from corpus.references.formats import is_reference_file
from corpus.references.reference import date_of, doi_in

BIBTEX = r"""
% Exported for the harbour study
@comment{jabref-meta: databaseType:bibtex;}
@string{bis = "Bureau of Industry and Security"}
@techreport{bis2025,
  title = {Framework for {AI} Diffusion \& {\"U}bersicht: 50\% of {\v C}apek's caf{\'e}},
  author = {M{\"u}ller, Hans and {World Bank and Partners} and Ursula von der Leyen and others},
  institution = bis # ", Washington",
  month = jan, year = 2025, number = {RIN 0694-AJ90},
  doi = {https://doi.org/10.1234/ABC_5}, url = {https://example.org/a\_b?x=1\&y=2\%20z},
  file = {Full Text:C\:\\Users\\me\\Zotero\\storage\\KEY\\a.pdf:application/pdf;Snapshot:files/1/b.html:text/html},
}
@proceedings{lund24, title = {Proceedings of Lund}, year = 2024, publisher = {ACM}, editor = {Berg, Eva}}
@inproceedings{part, crossref = {lund24}, title = "Ships ""and"" quays", pages = {1--9}, author={Li Wei}}
@article{broken, title = {no end of it, year = 2020
@online{page, title = {中文标题}, date = {2024-03-05}, urldate = {2025-01-02}, organization = {外交部},
  howpublished = {\url{https://例子.example/页}}}
@misc{preprint, title={V3}, eprint={2412.19437}, archiveprefix={arXiv}, year={2024}, year={2025}}
@misc{page, title={The same key}}
@misc{nothing}
"""  # noqa: E501
RIS = """\ufeffProvider: a catalogue
TY  - RPRT
T1  - A title that goes on
  in the next line
AU  - Müller, Hans
A1  - Never read
AU  - World Bank
PB  - Port Authority
PY  - 2024///
DA  - 2024/05//
UR  - https://example.org/a;jsessionid=1?b=2
L1  - /home/me/Zotero/storage/KEY/a.pdf
L1  - file:///C:/Users/me/b.pdf
DO  - 10.1234/X
ER  -

TY  - JOUR
TI  - No end
JO  - Nature
SP  - 1
EP  - 9
IS  - 3
TY  - NEWS
ER  -
AU  - Lost, Line
"""
ZOTERO = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:link="http://purl.org/rss/1.0/modules/link/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
 <bib:Report rdf:about="#item_1"><z:itemType>report</z:itemType>
  <dc:publisher><foaf:Organization><foaf:name>Port Authority</foaf:name></foaf:Organization>
  </dc:publisher>
  <bib:authors><rdf:Seq><rdf:li><foaf:Person><foaf:surname>Müller</foaf:surname>
   <foaf:givenName>Hans</foaf:givenName></foaf:Person></rdf:li></rdf:Seq></bib:authors>
  <link:link rdf:resource="#item_2"/><dc:title>Ships of Lund</dc:title><dc:date>May 5, 2024</dc:date>
  <dc:identifier><dcterms:URI><rdf:value>https://example.org/ships</rdf:value></dcterms:URI>
  </dc:identifier><dc:identifier>DOI 10.1234/ABC</dc:identifier></bib:Report>
 <z:Attachment rdf:about="#item_2"><z:itemType>attachment</z:itemType>
  <rdf:resource rdf:resource="files/2/ships.pdf"/></z:Attachment>
 <bib:Article rdf:about="https://example.org/2"><z:itemType>journalArticle</z:itemType>
  <dcterms:isPartOf><bib:Journal><dc:title>Nature</dc:title><prism:volume>7</prism:volume>
  </bib:Journal></dcterms:isPartOf><dc:title>Quays</dc:title></bib:Article>
 <bib:Document rdf:about="#item_9"><z:itemType>document</z:itemType></bib:Document>
</rdf:RDF>"""  # noqa: E501
WHOLE = Reference(
    kind="report",
    title="50% of {A} & B_c — 出口管制 $5 ~ ^ \\x ``q'' a -- b",
    authors=(Name("Müller", "Hans"), Name(literal="World Bank"), Name("王", "毅")),
    publisher="Bureau of Industry & Security",
    issued="2025-03-07",
    accessed="2026-01-02",
    url="https://example.org/a_b?c=1&d=%20#f",
    doi="10.1234/a_b(5)",
    language="en",
    number="12",
    key="bis2025",
)
ARTICLE = Reference(
    kind="article-journal", title="Quays", authors=(Name("Li", "Wei"),), container="Nature",
    issued="2024-05", volume="7", issue="3", pages="1-9", key="li2024",
)  # fmt: skip


def read(path: Path, name: str, text: str | bytes) -> list[Reference]:
    file = path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_references(file).references)


def test_bibtex_is_read_as_it_is_meant(tmp_path: Path) -> None:
    """LaTeX, macros, crossref, months, corporate authors; a broken entry harms no other."""
    found = {one.line: one for one in read(tmp_path, "a.bib", BIBTEX)}
    report, _, part, page, preprint, same = found.values()
    assert report.title == "Framework for AI Diffusion & Übersicht: 50% of Čapek's café"
    assert report.authors == (
        Name("Müller", "Hans"), Name(literal="World Bank and Partners"),
        Name("von der Leyen", "Ursula"),
    )  # fmt: skip
    assert report.publisher == report.issuer == "Bureau of Industry and Security, Washington"
    assert (report.kind, report.issued, report.number) == ("report", "2025-01", "RIN 0694-AJ90")
    assert report.doi == "10.1234/abc_5" and report.url == "https://example.org/a_b?x=1&y=2%20z"
    assert report.files == ("C:\\Users\\me\\Zotero\\storage\\KEY\\a.pdf", "files/1/b.html")
    assert (part.container, part.publisher, part.issued) == ("Proceedings of Lund", "ACM", "2024")
    assert part.authors == (Name("Wei", "Li"),)
    assert (page.title, page.issuer, page.issued) == ("中文标题", "外交部", "2024-03-05")
    assert page.url == "https://例子.example/页" and page.accessed == "2025-01-02"
    assert (preprint.url, preprint.issuer) == ("https://arxiv.org/abs/2412.19437", "arXiv")
    assert preprint.issued == "2024" and (same.key, same.title) == ("page", "The same key")
    broken = read_references(tmp_path / "a.bib").broken
    assert [(one.name, BIBTEX.split("\n")[one.line - 1][:8]) for one in broken] == [
        ("broken", "@article"), ("nothing", "@misc{no"),
    ]  # fmt: skip


def test_ris_is_read_with_long_lines_and_without_ends(tmp_path: Path) -> None:
    """Several files of a record, an address with a semicolon, a type alone, lines of no record."""
    report, article = read(tmp_path, "a.ris", RIS)
    assert report.title == "A title that goes on in the next line"
    assert report.authors == (Name("Müller", "Hans"), Name(literal="World Bank"))
    assert (report.kind, report.issued, report.issuer) == ("report", "2024-05", "Port Authority")
    assert report.url == "https://example.org/a;jsessionid=1?b=2"
    assert len(report.files) == 2 and report.doi == "10.1234/x"
    assert (article.container, article.pages, article.issue) == ("Nature", "1-9", "3")
    broken = read_references(tmp_path / "a.ris").broken
    lines = RIS.splitlines()
    assert [lines[one.line - 1] for one in broken] == ["TY  - NEWS", "AU  - Lost, Line"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without its mark, what older programs write, and line ends of Windows."""
    text = "TY  - RPRT\r\nTI  - Müller\r\nER  - \r\n".encode(encoding)
    assert [one.title for one in read(tmp_path, "a.ris", text)] == ["Müller"]
    text = "@book{a, title = {Müller}}\r\n".encode(encoding)
    assert [one.title for one in read(tmp_path, "a.bib", text)] == ["Müller"]


def test_zotero_says_which_file_belongs_to_which_item(tmp_path: Path) -> None:
    """Its RDF names files, journals and identifiers; XML with a document type is refused."""
    report, article = read(tmp_path, "a.rdf", ZOTERO)
    assert (report.title, report.issuer, report.issued) == (
        "Ships of Lund", "Port Authority", "2024-05-05",
    )  # fmt: skip
    assert report.files == ("files/2/ships.pdf",) and report.doi == "10.1234/abc"
    assert report.url == "https://example.org/ships" and report.authors[0].family == "Müller"
    assert (article.issuer, article.volume, article.url) == ("Nature", "7", "https://example.org/2")
    (broken,) = read_references(tmp_path / "a.rdf").broken
    assert "no title" in broken.why and broken.line > 1
    for bad, reason in (
        ('<!DOCTYPE r [<!ENTITY a "b">]>' + ZOTERO, "unsupported"),
        (ZOTERO[:300], "damaged"),
        ("<html/>", "unsupported"),
    ):
        with pytest.raises(ReadError) as refused:
            read(tmp_path, "bad.rdf", bad)
        assert refused.value.reason == reason


def test_csl_json_is_read_item_by_item(tmp_path: Path) -> None:
    """A broken item is named by its line, and the ones around it are read."""
    items = [
        {"id": "a", "type": "report", "title": "One <i>two</i>",
         "issued": {"date-parts": [[2024, 5]]},
         "author": [{"family": "Leyen", "non-dropping-particle": "von der", "given": "U."}]},
        {"id": 7, "type": "nonsense", "title": ["Listed"], "issued": {"raw": "5 May 2024"}},
    ]  # fmt: skip
    text = json.dumps(items, indent=1).replace("},\n {", '},\n {"title": oops},\n "text",\n {')
    first, second = read(tmp_path, "a.json", text)
    assert (first.title, first.issued, str(first.authors[0])) == (
        "One two", "2024-05", "U. von der Leyen",
    )  # fmt: skip
    assert (second.kind, second.key, second.issued) == ("document", "7", "2024-05-05")
    broken = read_references(tmp_path / "a.json").broken
    assert ["oops" in text.split("\n")[one.line - 1] for one in broken] == [True, False]
    assert looks_like_csl(text) and not looks_like_csl('[{"type": "report"}]')
    assert is_reference_file(Path("A.CSL.JSON")) and not is_reference_file(Path("a.json"))


@pytest.mark.parametrize("form", ["bib", "ris", "csl.json"])
def test_what_is_written_is_read_as_it_was(tmp_path: Path, form: str) -> None:
    """By our own readers: every field, every sign."""
    found = read(tmp_path, f"a.{form}", written([WHOLE, ARTICLE], form))
    assert [replace(one, line=0) for one in found] == [WHOLE, ARTICLE]
    assert written([], form).strip() in (b"", b"[]")


def test_the_libraries_of_the_formats_read_what_is_written() -> None:
    """bibtexparser and rispy find each entry whole, and CSL-JSON has the shape of its schema."""
    library = bibtexparser.parse_string(written([WHOLE, ARTICLE], "bib").decode())
    assert not library.failed_blocks
    assert [(one.entry_type, one.key) for one in library.entries] == [
        ("techreport", "bis2025"), ("article", "li2024"),
    ]  # fmt: skip
    assert library.entries[0]["institution"] == r"Bureau of Industry \& Security"
    records = rispy.loads(written([WHOLE, ARTICLE], "ris").decode())
    assert [one["type_of_reference"] for one in records] == ["RPRT", "JOUR"]
    assert records[0]["title"] == WHOLE.title and records[1]["end_page"] == "9"
    for item in json.loads(written([WHOLE, ARTICLE], "csl.json")):
        assert item["type"] in KINDS and isinstance(item["id"], str)
        assert all(set(name) in ({"literal"}, {"family", "given"}) for name in item["author"])
        (parts,) = item["issued"]["date-parts"]
        assert 1 <= len(parts) <= 3 and all(isinstance(one, int) for one in parts)
    with pytest.raises(UsageError):
        written([], "docx")


PATHS = (
    (r"Full Text:C\:\\a\\b.pdf:application/pdf;Snapshot:f/1/b.html:text/html",
     ("C:\\a\\b.pdf", "f/1/b.html")),
    ("/a/b.pdf;/a/c.html", ("/a/b.pdf", "/a/c.html")),
    (":b.pdf:PDF", ("b.pdf",)),
    (r"C:\Users\x.pdf", (r"C:\Users\x.pdf",)),
    (r"T\; a\: b:/x/y\;z.pdf:application/pdf", ("/x/y;z.pdf",)),
    ("", ()),
)  # fmt: skip


@pytest.mark.parametrize(("value", "paths"), PATHS)
def test_a_file_field_is_taken_apart(value: str, paths: tuple[str, ...]) -> None:
    """As Zotero, Better BibTeX, JabRef and Mendeley write it."""
    assert paths_in(value) == paths


def test_files_are_read_below_the_folders_named_alone(tmp_path: Path) -> None:
    """A list names any file it likes; only what lies below a named folder is found."""
    below, beside = tmp_path / "below", tmp_path / "beside"
    for file in (below / "storage/KEY/a.pdf", below / "b.html", beside / "secret.pdf"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    (below / "link.pdf").symlink_to(beside / "secret.pdf")
    inside = (below / "storage/KEY/a.pdf").resolve()
    for stated in ("C:\\Users\\x\\Zotero\\storage\\KEY\\a.pdf", "storage/KEY/a.pdf",
                   f"file://{inside}", str(inside), "/elsewhere/storage/KEY/a.pdf"):  # fmt: skip
        assert attached_file(["b.html", stated], [below]) == inside, stated
    outside = str(beside / "secret.pdf")
    for stated in (outside, "../beside/secret.pdf", "link.pdf", "/etc/passwd", "storage/KEY",
                   "https://example.org/a.pdf", "", "\0", "file:///etc/passwd"):  # fmt: skip
        assert attached_file([stated], [below]) is None, stated
    assert attached_file([str(beside / "secret.pdf")], [below, beside])


DATES = (
    ("2025-01-28", "2025-01-28"), ("2025/1/28/", "2025-01-28"), ("2025///", "2025"),
    ("2025-01-28T23:30:00-05:00", "2025-01-28"), ("28 January 2025", "2025-01-28"),
    ("January 28, 2025", "2025-01-28"), ("Sept. 2025", "2025-09"), ("c2025", "2025"),
    ("2025年1月28日", "2025-01-28"), ("2025年1月", "2025-01"), ("2025-13-40", "2025"),
    ("04/05/2026", "2026"), ("in press", ""), ("", ""),
    ("Tue, 03 Jun 2025 10:00 XYZ", "2025-06-03"),
)  # fmt: skip


@pytest.mark.parametrize(("said", "date"), DATES)
def test_a_date_is_taken_as_far_as_it_is_stated(said: str, date: str) -> None:
    """A day that could be two is not guessed."""
    assert date_of(said) == date


def test_a_doi_is_found_in_a_text() -> None:
    """Without what stands around it."""
    assert doi_in("see https://doi.org/10.1000/Ab-1_2(x)3. Then") == "10.1000/ab-1_2(x)3"
    assert doi_in("version 10.5 of 2024") == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.bib", f"@article{{a, title = {{{'{' * 3000}Quay{'}' * 3000}}}}}"),
        ("deep.bib", "@article{a, title = {" + r"\textbf{" * 2000 + "Quay" + "}" * 2000 + "}}"),
        ("file.bib", "@article{a, title = {Quay}, file = {file://[x}}"),
        ("half.csl.json", r'[{"type": "book", "title": "\ud800Quay"}]'),
        ("long.csl.json", f'[{{"id": {"1" * 5000}}}, {{"type": "book", "title": "Quay"}}]'),
    ],
    ids=["deep braces", "deep commands", "a file that is no address", "half a pair", "long number"],
)
def test_a_hostile_list_does_no_harm(tmp_path: Path, name: str, text: str) -> None:
    """What cannot be read of a list is passed over, and what is read can be stored."""
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    (one,) = read_references(file).references
    assert one.title == "Quay"
    assert attached_file(one.files, [tmp_path]) is None


def test_macros_made_of_macros_stay_small(tmp_path: Path) -> None:
    """Each of forty macros is four times the one before it."""
    macros = [f"@string{{a{one + 1} = {' # '.join([f'a{one}'] * 4)}}}" for one in range(40)]
    file = tmp_path / "macros.bib"
    file.write_text("\n".join([*macros, "@article{k, title = a40}"]), encoding="utf-8")
    (one,) = read_references(file).references
    assert len(one.title) <= 100_000
