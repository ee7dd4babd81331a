"""The sources of a memo, an answer or a library, as other programs cite them."""

from __future__ import annotations

import json
from dataclasses import replace

import bibtexparser
import rispy

from assistant.memo.values import Behind, GradedSource
from assistant.source_references import memo_sources, references_of, references_of_memo
from corpus.document import Source
from corpus.references import Name, Reference
from tests.memos import MEMO

RULE = Source(
    "Framework for Artificial Intelligence Diffusion", "https://www.federalregister.gov/d/2025",
    "Bureau of Industry and Security", "2025-01-15", "html", fetched="2026-02-01",
)  # fmt: skip


def keys(*sources: tuple[str, Source]) -> list[str]:
    return [one.key for one in references_of(sources)]


def test_a_source_becomes_a_reference() -> None:
    """Its kind by format and address, the day it was fetched, its address on the web."""
    (law,) = references_of([("a", RULE)])
    assert law.kind == "legislation"
    assert law.key == "bis2025FrameworkArtificial"
    assert (law.accessed, law.url) == ("2026-02-01", RULE.location)
    (file,) = references_of([("a", replace(RULE, location="/x/a.pdf", kind="pdf", fetched=""))])
    assert (file.kind, file.url, file.accessed) == ("report", "", "")


def test_keys_are_stable_and_apart() -> None:
    """The same in every export, whatever stands beside; in letters that every program takes."""
    twin = replace(RULE, location="/b")
    both = keys(("a", RULE), ("b", twin))
    assert len(set(both)) == 2 and both == keys(("b", twin), ("a", RULE))[::-1]
    chinese = replace(RULE, title="关于出口管制的公告", publisher="商务部")
    (key,) = keys(("a", chinese))
    assert key.isascii() and key.startswith("source2025") and [key] == keys(("a", chinese))
    assert keys(("a", replace(RULE, title="Über {x} & y", publisher="Müller"))) == [
        "muller2025UberX"
    ]


def test_what_a_list_stated_comes_back_and_the_library_goes_before_it() -> None:
    """Authors, DOI and key are the list's, title and date the library's."""
    stated = Reference(
        "article-journal", "Old title", (Name("Berg", "Eva"),), container="Nature",
        issued="2024", doi="10.1/x", key="mine:2024", files=("a.pdf",),
    )  # fmt: skip
    source = replace(RULE, publisher="Nature")
    (found,) = references_of([("a", source)], {RULE.location: stated})
    assert found == replace(
        stated, title=RULE.title, issued=RULE.published, accessed="2026-02-01",
        url=RULE.location, files=(),
    )  # fmt: skip
    (edited,) = references_of([("a", RULE)], {RULE.location: stated})
    assert (edited.publisher, edited.container) == (RULE.publisher, "")


def test_the_sources_of_a_memo_are_read_by_others() -> None:
    """Each document once, the public source in place of the brief that retells it."""
    cited = MEMO.citations[0]
    behind = Behind("Reuters", "China & chips: 50%", "2025-02-03", "https://reuters.example/a",
                    (cited.number,))  # fmt: skip
    graded = GradedSource(cited.document, cited.source, (cited.number,), "B", 2, "", "", "",
                          behind=(behind,))  # fmt: skip
    plain = references_of_memo(replace(MEMO, sources=()))
    assert len(plain) == len({one.document for one in MEMO.citations})
    memo = replace(MEMO, sources=(graded,))
    assert references_of_memo(memo)[0].title == behind.title
    library = bibtexparser.parse_string(memo_sources(memo, "bib").decode())
    assert not library.failed_blocks and len(library.entries) >= len(plain)
    assert r"50\%" in library.entries[0]["title"]
    assert rispy.loads(memo_sources(memo, "ris").decode())[0]["title"] == behind.title
    (first, *_) = json.loads(memo_sources(memo, "csl.json"))
    assert first["URL"] == behind.address and first["issued"] == {"date-parts": [[2025, 2, 3]]}
