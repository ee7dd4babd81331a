"""BibTeX and BibLaTeX files, read and written, with what Zotero and Better BibTeX add to them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence

from bibtexparser import model
from bibtexparser.entrypoint import parse_string, write_string
from bibtexparser.library import Library
from bibtexparser.writer import BibtexFormat

from corpus.references.attached import paths_in
from corpus.references.latex import bare, escaped, plain
from corpus.references.reference import Broken, Name, Reference, date_of

# It prints what it cannot read; that is reported by `read_bibtex`.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
_KINDS = {
    "article": "article-journal", "periodical": "article-journal", "suppperiodical":
    "article-journal", "book": "book", "mvbook": "book", "collection": "book", "booklet": "book",
    "proceedings": "book", "inbook": "chapter", "incollection": "chapter",
    "inproceedings": "paper-conference", "conference": "paper-conference",
    "techreport": "report", "report": "report", "manual": "report", "phdthesis": "thesis",
    "mastersthesis": "thesis", "thesis": "thesis", "online": "webpage", "electronic": "webpage",
    "www": "webpage", "webpage": "webpage", "legislation": "legislation", "legal": "legislation",
    "jurisdiction": "legal_case", "dataset": "dataset", "software": "software",
    "unpublished": "manuscript", "letter": "personal_communication", "bill": "bill",
}  # fmt: skip
_TYPES = {
    "article-journal": "article", "article-magazine": "article", "article-newspaper": "article",
    "book": "book", "chapter": "incollection", "paper-conference": "inproceedings",
    "report": "techreport", "thesis": "phdthesis", "webpage": "online", "post-weblog": "online",
    "post": "online", "legislation": "legislation", "bill": "legislation", "dataset": "dataset",
    "manuscript": "unpublished",
}  # fmt: skip
# The field in which a type holds who issued it.
_ISSUER = {
    "techreport": "institution", "phdthesis": "school", "online": "organization",
    "legislation": "organization", "misc": "publisher",
}  # fmt: skip
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# What stands between pieces of a value, and a piece: "…" with braces in it, {…}, or a bare word.
_PIECE = re.compile(r"\s*#?\s*(?:\"((?:[^\"{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\"|([^\s\"{}#]+))")
# Characters of a value: macros made of macros could fill any memory.
_LONGEST = 100_000
# How deep a chain of crossref is followed.
_CHAIN = 3


def read_bibtex(text: str) -> tuple[list[Reference], list[Broken]]:
    """Return the references of a file, and the entries that could not be read.

    `@string` macros, `#`, months and `crossref` are resolved. Of two entries with one key both are
    read, of a field that stands twice the first.
    """
    library = parse_string(text, parse_stack=[])
    strings: dict[str, str] = {name: name for name in _MONTHS}
    entries: list[model.Entry] = []
    broken: list[Broken] = []
    for block in library.blocks:
        line = (block.start_line or 0) + 1
        if isinstance(block, model.String):
            strings[block.key.casefold()] = _value(str(block.value), strings)
        elif isinstance(block, model.Entry):
            entries.append(block)
        elif isinstance(block, model.ParsingFailedBlock):
            inner = block.ignore_error_block
            if isinstance(inner, model.Entry):
                entries.append(inner)
            else:
                broken.append(_broken(block, line))
    read = [(entry, _fields(entry, strings)) for entry in entries]
    by_key = {entry.key.casefold(): fields for entry, fields in reversed(read)}
    references = []
    for entry, fields in read:
        line = (entry.start_line or 0) + 1
        if not fields:
            broken.append(Broken(line, "the entry has no fields", entry.key))
            continue
        references.append(
            _reference(entry.entry_type.casefold(), entry.key, _inherited(fields, by_key), line)
        )
    return references, broken


def _broken(block: model.ParsingFailedBlock, line: int) -> Broken:
    raw = (block.raw or "").strip()
    head = re.match(r"@\w+\s*[{(]\s*([^\s,={}]*)", raw)
    return Broken(line, "its braces, quotation marks or commas do not fit", head[1] if head else "")


def _fields(entry: model.Entry, strings: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in entry.fields:
        found.setdefault(field.key.casefold(), _value(str(field.value), strings))
    return {name: value for name, value in found.items() if value}


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Return what an expression stands for: {…}, "…", a macro, or several of them joined by "#"."""
    pieces: list[str] = []
    place, text = 0, raw.strip()
    while place < len(text):
        here = re.compile(r"\s*#?\s*").match(text, place)
        begin = here.end() if here else place
        if text[begin : begin + 1] == "{":
            end = _closing(text, begin)
            pieces.append(text[begin + 1 : end])
            place = end + 1
            continue
        found = _PIECE.match(text, place)
        if found is None or found.end() == place:
            pieces.append(text[begin:])
            break
        quoted, word = found[1], found[2]
        pieces.append(quoted if word is None else strings.get(word.casefold(), word))
        place = found.end()
    return "".join(pieces)[:_LONGEST].strip()


def _closing(text: str, begin: int) -> int:
    """Return where the brace closes that opens at `begin`; the end of the text if it does not."""
    depth = 0
    for place in range(begin, len(text)):
        if text[place] in "{}" and text[place - 1 : place] != "\\":
            depth += 1 if text[place] == "{" else -1
            if not depth:
                return place
    return len(text)


def _inherited(
    fields: dict[str, str], by_key: Mapping[str, Mapping[str, str]]
) -> Mapping[str, str]:
    """Return the fields of an entry, with those of the one that its `crossref` names."""
    whole, names = dict(fields), [fields]
    for _ in range(_CHAIN):
        above = by_key.get(str(whole.pop("crossref", "")).strip().casefold())
        if above is None or above in names:
            break
        for name, value in above.items():
            here = "booktitle" if name == "title" else name
            if name not in ("file", "author", "doi", "url", "pages"):
                whole.setdefault(here, value)
        if "author" not in whole and "author" in above:
            whole["author"] = above["author"]
    return whole


def _reference(kind: str, key: str, fields: Mapping[str, str], line: int) -> Reference:
    def said(*names: str) -> str:
        return next((text for one in names if (text := plain(fields.get(one, "")))), "")

    title = said("title")
    if subtitle := said("subtitle"):
        title = f"{title}: {subtitle}"
    url = bare(fields.get("url", ""))
    if not url and (link := re.search(r"https?://[^\s{}]+", fields.get("howpublished", ""))):
        url = bare(link[0])
    archive = fields.get("archiveprefix", fields.get("eprinttype", "")).casefold()
    eprint = bare(fields.get("eprint", ""))
    if archive == "arxiv" and eprint:
        url = url or f"https://arxiv.org/abs/{eprint}"
    container = said("journaltitle", "journal", "booktitle", "maintitle")
    if kind in ("online", "www", "electronic", "webpage"):
        container = container or said("eventtitle")
    found = _KINDS.get(kind) or ("webpage" if url and not archive else "document")
    if kind == "misc" and archive == "arxiv":
        found, container = "article", container or "arXiv"
    if kind == "article" and "newspaper" in fields.get("entrysubtype", "").casefold():
        found = "article-newspaper"
    issued = date_of(plain(fields.get("date", "")))
    year = date_of(said("year"))
    month = said("month")
    if not issued and year:
        number = re.fullmatch(r"0?([1-9]|1[0-2])", month)
        day = re.sub(r"\D", "", said("day"))
        issued = f"{year}-{int(number[1]):02}" if number else date_of(f"{month} {year}") or year
        if day and len(issued) == 7:
            issued = date_of(f"{issued}-{int(day):02}")
    return Reference(
        kind=found,
        title=title,
        authors=names_in(fields.get("author", "") or fields.get("editor", "")),
        publisher=said("institution", "organization", "publisher", "school"),
        container=container,
        issued=issued,
        accessed=date_of(said("urldate", "accessed", "lastchecked")),
        url=url,
        doi=re.sub(
            r"^(https?://(dx\.)?doi\.org/|doi:)", "", bare(fields.get("doi", "")).casefold()
        ),
        language=said("language", "langid"),
        number=said("number") if found in ("report", "legislation", "bill") else "",
        volume=said("volume"),
        issue=said("issue") or (said("number") if found.startswith("article") else ""),
        pages=said("pages"),
        key=key,
        files=paths_in(fields.get("file", "")),
        line=line,
    )


def names_in(value: str) -> tuple[Name, ...]:
    """Return the names of an author field: "Müller, Hans and {World Bank} and Wei Li"."""
    found = []
    for one in _split_at_and(value):
        if not one or one.casefold() == "others":
            continue
        if one.startswith("{") and _closing(one, 0) == len(one) - 1:
            found.append(Name(literal=plain(one)))
            continue
        parts = [plain(part) for part in _outside_braces(one, ",")]
        if len(parts) > 1:
            given = ", ".join(reversed(parts[1:])) if len(parts) > 2 else parts[1]
            found.append(Name(parts[0], given))
            continue
        words = plain(one).split()
        if not words:
            continue
        # The family name begins at a particle in lower case ("Ursula von der Leyen").
        first = next(
            (place for place in range(1, len(words) - 1) if words[place][:1].islower()),
            len(words) - 1,
        )
        family, given = " ".join(words[first:]), " ".join(words[:first])
        found.append(Name(family, given) if given else Name(literal=family))
    return tuple(found)


def _split_at_and(value: str) -> list[str]:
    """Return the names between the word "and" outside braces."""
    names, depth, begin = [], 0, 0
    for place, sign in enumerate(value):
        depth += (sign == "{") - (sign == "}")
        if not depth and (word := re.compile(r"\sand\s", re.IGNORECASE).match(value, place)):
            names.append(value[begin:place].strip())
            begin = word.end()
    names.append(value[begin:].strip())
    return names


def _outside_braces(value: str, sign: str) -> Iterator[str]:
    depth, begin = 0, 0
    for place, one in enumerate(value):
        depth += (one == "{") - (one == "}")
        if one == sign and not depth:
            yield value[begin:place].strip()
            begin = place + 1
    yield value[begin:].strip()


def bibtex_of(references: Sequence[Reference]) -> str:
    """Return references as a BibTeX file in UTF-8, each under its key."""
    library = Library()
    for one in references:
        fields = [model.Field(name, f"{{{value}}}") for name, value in _written(one)]
        kind = _TYPES.get(one.kind, "misc")
        library.add(model.Entry(kind, one.key, fields))
    form = BibtexFormat()  # type: ignore[no-untyped-call]
    form.indent, form.block_separator = "  ", "\n\n"
    return str(write_string(library, unparse_stack=[], bibtex_format=form))


def _written(one: Reference) -> Iterator[tuple[str, str]]:
    kind = _TYPES.get(one.kind, "misc")
    issuer = _ISSUER.get(kind, "publisher")
    container = {"article": "journal", "incollection": "booktitle", "inproceedings": "booktitle"}
    year, _, rest = one.issued.partition("-")
    values: tuple[tuple[str, str], ...] = (
        # Braces within keep its capitals as they are.
        ("title", f"{{{escaped(one.title)}}}" if one.title else ""),
        ("author", " and ".join(map(_name, one.authors))),
        (issuer, escaped(one.publisher)),
        (container.get(kind, "howpublished"), escaped(one.container)),
        ("number", escaped(one.number or one.issue)),
        ("volume", escaped(one.volume)),
        ("pages", escaped(one.pages)),
        ("year", year),
        ("month", str(int(rest[:2])) if rest else ""),
        ("date", one.issued),
        ("doi", one.doi),
        ("url", re.sub(r"([%#])", r"\\\1", one.url)),
        ("urldate", one.accessed),
        ("language", escaped(one.language)),
    )
    yield from ((name, value) for name, value in values if value)


def _name(one: Name) -> str:
    if one.literal:
        return f"{{{escaped(one.literal)}}}"
    return ", ".join(escaped(part) for part in (one.family, one.given) if part)


__all__ = ["bibtex_of", "names_in", "read_bibtex"]
