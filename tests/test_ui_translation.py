"""What the program says below the page reads in Chinese on a Chinese page; so do memos."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from assistant.answer import Answer
from assistant.answer_storage import from_json, to_json
from assistant.checking.problems import LINES
from assistant.memo import values as memo_values
from assistant.memo.lint import lint
from assistant.memo.memo_json import to_json as memo_json
from assistant.memo.memo_repository import MemoRepository
from assistant.memo.templates import shipped_templates
from assistant.models.failures import failure_of
from assistant.models.model import ChatMessage, ModelFailure
from assistant.models.model_engine import ModelEngine
from corpus import errors as errors_of
from corpus.errors import EngineError, FormatError
from corpus.i18n import joined, placeholders, tr
from corpus.library import Library
from corpus.sandbox import Sandbox
from corpus.themes import Themes
from corpus.translations import ENGLISH, SHIPPED, language_named
from index.evidence import Match
from tests.test_assistant_memo_lint import CASES
from ui.answer_view import answer_html
from ui.translation import translated
from ui.wording import keys

ROOT = Path(__file__).parent.parent
LAYERS = ("assistant", "corpus", "index", "ui")
# Ours beside English, which stands in the code.
LANGUAGES = sorted({file.stem for file in SHIPPED.glob("*.toml")} - {ENGLISH})
CHINESE = re.compile(r"[一-鿿]")
# Made by `corpus.i18n.joined`.
JOINED = {"{first}; {rest}", "{first}, {rest}", "{first}\n{rest}"}
# What only a terminal shows: question files, evidence packs, formats, the port.
TERMINAL = ("evaluation.py", "pack.py", "export.py", "whatsnew.py", "server.py", "commands/")


@cache
def program() -> tuple[tuple[str, ast.Module], ...]:
    """Return every module of the program by its path, read once."""
    files = [file for layer in LAYERS for file in sorted((ROOT / layer).rglob("*.py"))]
    return tuple(
        (str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8")))
        for file in files
    )  # fmt: skip


def calls(*names: str) -> list[tuple[str, ast.Call]]:
    """Return each call of a function or method by one of these names, with its file."""
    return [
        (file, node)
        for file, tree in program()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute)
             else getattr(node.func, "id", "")) in names
    ]  # fmt: skip


def tr_calls() -> list[ast.Call]:
    """Return the calls of `corpus.i18n.tr`."""
    ours = {
        file
        for file, tree in program()
        for node in ast.walk(tree)
        if file == "corpus/i18n.py"
        or (isinstance(node, ast.ImportFrom) and node.module == "corpus.i18n")
    }
    return [node for file, node in calls("tr") if file in ours and isinstance(node.func, ast.Name)]


def text_of(node: ast.AST) -> str:
    """Return the text of a literal, with {} where a value is put in; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        pieces = node.values
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "{}" for one in pieces
        )  # fmt: skip
    return ""


def templates() -> set[str]:
    """Return the English templates of all that the code says."""
    return {text_of(one.args[0]) for one in tr_calls()} - {""} | set(LINES.values()) | JOINED


def test_what_the_code_says_has_the_values_that_its_template_names() -> None:
    """No hole without a value, and no value without a hole."""
    assert len(templates()) > 200
    assert [
        text_of(call.args[0])
        for call in tr_calls()
        if text_of(call.args[0])
        and placeholders(text_of(call.args[0])) != {one.arg for one in call.keywords}
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_the_lines_that_the_code_says_and_no_other(language: str) -> None:
    """A line that it lacked would stay English; so would one whose English was changed."""
    lines = language_named(language).lines
    assert sorted(templates() - lines.keys()) == [], "not translated"
    assert sorted(lines.keys() - templates()) == [], "never said"
    assert [one for one, text in lines.items() if not placeholders(text) <= placeholders(one)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_the_words_of_memos_and_no_other(language: str) -> None:
    """Those of the templates, of the code that writes and shows memos; and the same values."""
    plans = [plan for one in shipped_templates().values() for plan in one.sections]
    wanted = {one.heading for one in (*shipped_templates().values(), *plans)}
    wanted |= {text for one in plans for text in (*one.questions, *one.rule, *one.figure,
                                                  *one.claim, one.judge, one.ask)}  # fmt: skip
    wanted |= {one.about for one in shipped_templates().values()}
    # What is asked as it was given, and a judge that there is not.
    wanted -= {"{question}", ""}
    shown = [text_of(call.args[0]) for _, call in calls("worded")]
    wanted |= {*shown, *memo_values.KINDS} - {""}
    memo = language_named(language).memo
    assert len(wanted) > 100 and sorted(wanted - memo.keys()) == [], "not translated"
    written = {
        text_of(node)
        for file, tree in program()
        if file.startswith(("assistant/memo/", "assistant/pictures/"))
        for node in ast.walk(tree)
    }
    assert sorted(memo.keys() - wanted - written) == [], "in no memo"
    assert [one for one, text in memo.items() if placeholders(text) != placeholders(one)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_the_names_of_our_themes_and_no_other(language: str, tmp_path: Path) -> None:
    """One that a user adds has its names beside it."""
    assert language_named(language).themes.keys() == {one.english for one in Themes(tmp_path).all()}


def test_what_stands_as_chinese_is_chinese() -> None:
    """All but what puts values side by side."""
    chinese = language_named("zh")
    assert [
        text
        for english, text in (*chinese.lines.items(), *chinese.memo.items())
        if not CHINESE.search(text)
        and not re.fullmatch(r"\W*(\{\w+\}\W*)*", english)
    ] == []  # fmt: skip


def test_every_failure_that_the_page_can_show_keeps_its_template() -> None:
    """Whatever an error of ours says on its own, wherever it is raised."""
    errors = {name for name in dir(errors_of) if name.endswith(("Error", "Found", "Failure"))}
    errors |= {"ModelFailure", "LibraryLocked", "LibraryTooNew", "LibraryDamaged", "NotInLibrary",
               "EmbedderMismatch", "LibraryClosed", "NoConversation"}  # fmt: skip
    raised = calls(*errors)
    assert len(raised) > 100
    assert [
        f"{file}: {text_of(one)}"
        for file, call in raised
        if not any(within in file for within in TERMINAL)
        for one in call.args
        if " " in text_of(one)
    ] == []


def test_every_kind_of_what_is_left_out_has_a_word() -> None:
    """The page of the library tells them in its own language."""
    kinds = {text_of(one.args[0]) for _, one in calls("leave_out", "LeftOut") if one.args} - {""}
    assert len(kinds) > 20
    assert sorted(one for one in kinds if f"account.{one.replace(' ', '_')}" not in keys()) == []


def test_lines_and_the_lines_in_them_are_told_the_rest_stays() -> None:
    """Names and figures are shown as they are, text that looks like a line of ours too."""
    assert translated(tr("it refuses the key"), "zh") == "拒绝了密钥"
    assert translated("it refuses the key", "zh") == "it refuses the key"
    assert translated(tr("a line that nobody translated"), "zh") == "a line that nobody translated"
    assert (
        translated("", "zh") == ""
        and translated(tr("it refuses the key"), "en") == "it refuses the key"
    )
    named = tr("{name} holds no text", name="it refuses the key")
    assert translated(named, "zh") == "it refuses the key 没有文字"


@pytest.mark.process
def test_a_file_that_cannot_be_read_is_told_across_the_process_that_read_it(tmp_path: Path) -> None:
    """The reason, and what only a person can settle."""
    empty, dated = tmp_path / "empty.txt", tmp_path / "dated.html"
    empty.write_text(" \n")
    dated.write_text("<html><body><h1>Mills</h1><p>Published 03/04/2024</p><p>"
                     + "The mill of Lund grinds oats. " * 20 + "</p></body></html>")  # fmt: skip
    with Sandbox() as sandbox:
        refused, read = (found for _, found in sandbox.read_many([empty, dated]))
    assert str(refused) == "this file is empty"
    assert translated(str(refused), "zh") == "文件为空"
    assert not isinstance(read, errors_of.ReadError)
    (doubt,) = read[0].doubts
    assert doubt.startswith("published: 03/04/2024 is ")
    assert translated(doubt, "zh").startswith("发布日期：03/04/2024 是")


class Refusing:
    """A model whose server takes no key."""

    context = 4_096

    def count(self, text: str) -> int:
        return len(text) // 4

    async def stream(self, messages: list[ChatMessage], most: int, labels: tuple[int, ...] = ()):  # type: ignore[no-untyped-def]
        refused = RuntimeError("no such key")
        refused.status_code = 401  # type: ignore[attr-defined]
        raise failure_of(refused)
        yield


def test_why_an_engine_failed_is_told() -> None:
    """With what the server itself said, and that the library is quoted instead."""
    with pytest.raises(EngineError) as caught:
        list(ModelEngine("openai:x", Refusing()).rewritten("And then?", ["Who founded it?"]))
    failed = str(caught.value)
    assert failed == "openai:x failed: it refuses the key (status 401: no such key)"
    assert translated(failed, "zh") == "openai:x 失败：拒绝了密钥（状态 401: no such key）"
    fallen = tr("{reason}. The answer quotes the library instead.", reason=caught.value)
    assert translated(fallen, "zh") == f"{translated(failed, 'zh')}。回答改为直接引用资料库。"
    assert isinstance(ModelFailure(failed), Exception)


def test_a_kept_answer_is_told_after_it_was_read_back() -> None:
    """Its notice of two lines, and why its passages were found; an earlier one stays English."""
    notice = joined(
        "\n",
        (
            tr("The library holds nothing on this."),
            "",
            tr("Tables are not calculated: {reason}.", reason="two fit"),
        ),
    )
    answer = Answer("Why?", outcome="declined", notice=notice)
    again = from_json(to_json(answer))
    assert again == answer
    assert again.notice == "The library holds nothing on this.\nTables are not calculated: two fit."
    shown = answer_html(again, 1, "zh")
    assert re.search("资料库中没有这方面的内容.{1,8}<br>未对表格进行计算", shown)
    assert "The library holds nothing on this" in answer_html(again, 1, "en")
    before = from_json(to_json(Answer("Why?", outcome="declined", notice=str.__str__(notice))))
    assert translated(before.notice, "zh") == notice
    with pytest.raises(FormatError, match="“notice” must be a text"):
        from_json('{"question": "Why?", "notice": {"template": "{a}", "values": {}}}')


def test_what_the_linter_found_is_told_from_the_shelf(tmp_path: Path) -> None:
    """The finding of each rule."""
    repository = MemoRepository(Library(tmp_path))
    found = set()
    for rule, (broken, _) in CASES.items():
        repository.save(replace(broken, findings=lint(broken)), rule)
        found |= {translated(one.advice, "zh") for one in repository.load(rule).findings}
    assert len(found) > 15
    assert [one for one in found if not CHINESE.search(one)] == []
    assert '"values"' not in memo_json(repository.load(rule))


def test_why_a_passage_was_found_is_told() -> None:
    """All of it but the words of the question."""
    match = Match(
        ("chips",), ("ban",), (), {"date": 0.1}, -0.02, 3, 7.5, 1, 0.25, 0.5, 1.0, ("a:1-2",), True
    )
    why = joined("; ", match.reasons)
    assert why.startswith("found by its words: chips; the lines before or after it hold: ban; its ")
    chinese = translated(why, "zh")
    assert set(re.findall(r"[a-z]{2,}", chinese)) == {"chips", "ban"} and "0" not in chinese
