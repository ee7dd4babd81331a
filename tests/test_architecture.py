"""The page on the architecture names what there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = (
    "assistant", "benchmarks", "corpus", "deploy", "docs", "index", "tests", "training", "ui",
)  # fmt: skip
NAMED = re.compile(rf"(?<![\w/])(?:{'|'.join(FOLDERS)})/[\w./-]*")


def tree() -> list[str]:
    """Return the folders of README's tree, each with the one that it lies in."""
    folders, above = [], ""
    (drawn,) = re.findall(r"## Files\n\n```\n(.*?)```", README, re.DOTALL)
    for line in drawn.splitlines():
        name = line.split("/")[0]
        if line.startswith(" "):
            name = f"{above}/{name.strip()}"
        else:
            above = name
        folders.append(name)
    return folders


def test_every_file_that_the_page_names_exists() -> None:
    """A file that was renamed is renamed there too."""
    names = {one.rstrip(".") for one in NAMED.findall(PAGE)}
    assert len(names) > 60
    assert sorted(one for one in names if not (ROOT / one).exists()) == []


def test_every_term_stands_once_and_where_the_page_says() -> None:
    """The vocabulary names the class or function of each term."""
    rows = re.findall(r"^\| ([^|]+) \| `(\w+)` in `([\w./]+)` \| [^|]+ \|$", PAGE, re.MULTILINE)
    table = PAGE.partition("## Vocabulary")[2].partition("##")[0]
    assert len(rows) == table.count("\n| ") - 1 > 20
    terms = [term for term, _, _ in rows]
    assert len(terms) == len(set(terms)), terms
    wrong = []
    for _, name, file in rows:
        code = (ROOT / file).read_text(encoding="utf-8")
        if not re.search(rf"^(?:class|def) {name}\b", code, re.MULTILINE):
            wrong.append(f"{file} has no {name}")
    assert not wrong, wrong


def test_the_tree_of_the_readme_agrees() -> None:
    """Its folders exist, it has all that hold code, and the packages stand in one order."""
    folders = tree()
    assert [one for one in folders if not (ROOT / one).is_dir()] == []
    assert set(FOLDERS) == {one for one in folders if "/" not in one}
    inner = [one for one in folders if "/" in one]
    assert len(inner) > 2 and all(f"{one}/" in PAGE for one in inner)
    packages = [one for one in folders if "/" not in one][:4]
    assert " ◄ ".join(f"`{one}`" for one in packages) in PAGE


def test_the_page_is_one_page_with_one_drawing() -> None:
    """It is read in one go."""
    assert len(PAGE.splitlines()) < 190
    assert PAGE.count("```") == 2
