"""What the program says below the page reads in Chinese on a Chinese page."""

from __future__ import annotations

import ast
import re
import string
from functools import cache
from pathlib import Path

from assistant.checking.checker import Checker, Cited
from assistant.checking.tables import with_heads
from assistant.memo.linting import lint
from corpus import errors as errors_of
from corpus.cells import rows_in
from corpus.document import Source
from corpus.readers.blocks import Blocks
from index.embedding import HashEmbedder
from index.evidence import Match
from tests.test_assistant_memo_linting import CASES
from ui.said import lines, parts, told, why_told
from ui.wording import keys

ROOT = Path(__file__).parent.parent
LAYERS = ("assistant", "corpus", "index", "ui")
CHINESE = re.compile(r"[一-鿿]")


def without_names(text: str) -> str:
    return re.sub(r"\{\w+\}", "{}", text)


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@cache
def program() -> tuple[tuple[Path, ast.Module], ...]:
    """Return every module of the program, read once."""
    files = [file for layer in LAYERS for file in sorted((ROOT / layer).rglob("*.py"))]
    return tuple((file, ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def text_of(node: ast.AST) -> str:
    """Return the text of a literal, with {} where a value is put in; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts_of = node.values
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "{}" for one in parts_of
        )
    return ""


def said_in_code() -> set[str]:
    """Return every text of the program but what documents it, with {} where a value is put in."""
    nodes = [node for _, tree in program() for node in ast.walk(tree)]
    documenting = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return {text for node in nodes if id(node) not in documenting and (text := text_of(node))}


def test_every_line_is_one_that_the_program_says() -> None:
    """A line that the code says no longer, word for word, would leave English on the page."""
    said = said_in_code()
    assert len(lines()) > 100 and len(parts()) > 5
    wrong = [f"not Chinese, or with a hole that the English lacks: {english}"
             for english, chinese in (*lines(), *parts())
             if not holes(chinese) <= holes(english) or not CHINESE.search(chinese)]  # fmt: skip
    wrong += [f"the program never says: {english}" for english, _ in lines()
              if without_names(english) not in said]  # fmt: skip
    wrong += [f"nothing that the program says begins so: {english}" for english, _ in parts()
              if not any(one.startswith(without_names(english)) for one in said)]  # fmt: skip
    assert not wrong, "\n".join(wrong)


# What only a terminal shows: question files, evidence packs, formats, the port.
TERMINAL = ("evaluation.py", "pack.py", "export.py", "whatsnew.py", "server.py", "commands/")


def test_every_failure_that_the_page_can_show_has_a_line() -> None:
    """Whatever an error of ours says on its own, wherever it is raised."""
    known = {re.sub(r"\{\w+\}", "{}", english) for english, _ in lines()}
    errors = {name for name in dir(errors_of) if name.endswith(("Error", "Found", "Failure"))}
    errors |= {"ModelFailure", "LibraryLocked", "LibraryTooNew", "LibraryDamaged", "NotInLibrary",
               "EmbedderMismatch", "NoConversation"}  # fmt: skip
    left = [
        f"{file.name}: {said}"
        for file, tree in program()
        if not any(one in str(file) for one in TERMINAL)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors
        for said in map(text_of, node.args)
        if " " in said and said not in known
    ]
    assert left == []


def test_what_the_checker_and_the_linter_find_is_told_in_chinese() -> None:
    """Problems of sentences, and the finding of each rule."""
    checker = Checker(HashEmbedder())
    passage = Cited("The port of Lund handled 4,800 ships in 2023. Its director is Berg.")
    problems = [
        problem
        for claim in (
            "The port of Lund handled 5,900 ships in 2023.",
            "The port of Lund handled 4,800 ships in 2021.",
            "The director of the port is Holm.",
            "The port never handled “many ships”.",
        )
        for problem in checker.check(claim, [passage]).problems
    ]
    text = "Name | Crew | Tons\nZelda 5 | 8 | 40\nHope | 12 | 60"
    blocks = Blocks()
    blocks.table([line.split(" | ") for line in text.split("\n")])
    document = blocks.document(Source("Ships", "/ships.csv"))
    rows = rows_in(document, 0, len(document.text))
    table = Cited(with_heads(document.passage(0, len(document.text)), rows), "", rows)
    problems += checker.check("The crew of the Hope numbers 60.", [table]).problems
    assert "stands elsewhere in the table" in problems[-1]
    advice = [one.advice for broken, _ in CASES.values() for one in lint(broken)]
    assert len(problems) > 4
    assert [one for one in problems + advice if not CHINESE.search(told(one, "zh"))] == []
    assert told(problems[0], "en") == problems[0]


def test_every_kind_of_what_is_left_out_has_a_word() -> None:
    """The page of the library tells them in its own language."""
    called = [
        (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""),
         text_of(node.args[0]))
        for _, tree in program() for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args
    ]  # fmt: skip
    kinds = {said for name, said in called if name in {"leave_out", "LeftOut"} and said}
    assert len(kinds) > 20
    assert sorted(one for one in kinds if f"account.{one.replace(' ', '_')}" not in keys()) == []


def test_a_line_within_a_line_is_told_too() -> None:
    """The findings quote the checker; names and figures stay as they are."""
    both = "not in the cited passage: the number 7 is not in the cited passage; 'X Y' is new"
    assert told(both, "zh") == "不在所引段落中：所引段落中没有数字 7；'X Y' is new"
    assert told("something else (7)", "zh") == "something else (7)"
    assert told("", "zh") == ""
    failed = "openai:x failed: it refuses the key (status 401: no)"
    assert told(failed, "zh") == "openai:x 失败：拒绝了密钥（状态 401: no）"
    fallen = f"{failed}. The answer quotes the library instead."
    assert told(fallen, "zh") == f"{told(failed, 'zh')}。回答改为直接引用资料库。"
    assert told("“chips; memory” is not quoted so", "zh") == "引文中没有“chips; memory”这样的原话"


def test_why_a_passage_was_found_is_told_in_chinese() -> None:
    """All of it but the words of the question."""
    match = Match(
        ("chips",), ("ban",), (), {"date": 0.1}, -0.02, 3, 7.5, 1, 0.25, 0.5, 1.0, ("a:1-2",), True
    )
    why = f"read: relevance 0.87, {match.in_words}"
    chinese = why_told(why, "zh")
    assert set(re.findall(r"[a-z]{2,}", chinese)) == {"chips", "ban"} and "0.87" in chinese
    assert why_told(why, "en") == why
