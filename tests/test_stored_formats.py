"""What is stored opens whichever version wrote it; what is configured by hand forgives no slip.

`fixtures/` holds what earlier versions wrote, as they wrote it; the pack is without its pictures.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from assistant.answer import Answer
from assistant.answer_storage import from_json as answer_from
from assistant.answer_storage import history_of, store_answer, stored_answer
from assistant.answer_storage import to_json as answer_json
from assistant.conversation_export import as_markdown
from assistant.evaluation import questions_from
from assistant.memo.evidence_pack import opened_pack
from assistant.memo.grades import Grades
from assistant.memo.memo_json import from_json as memo_from
from assistant.memo.memo_json import to_json as memo_json
from assistant.memo.memo_repository import MemoRepository
from assistant.memo.templates import shipped_templates, template_named
from assistant.models.engine_config_file import engine_config_in
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.conversations import StoredTurn
from corpus.errors import FormatError
from corpus.library import Library
from corpus.themes import Themes
from corpus.vocabulary import groups_of
from ui.page_conversations import ConversationList

FIXTURES = Path(__file__).parent / "fixtures"
ANSWERS = sorted(FIXTURES.glob("answer-*.json"))
MEMOS = sorted(FIXTURES.glob("memo-*.json"))


def tables(values: Any) -> list[dict[str, Any]]:
    """Return every object within JSON values, the outermost first."""
    if isinstance(values, list):
        return [found for one in values for found in tables(one)]
    if isinstance(values, dict):
        return [values, *tables(list(values.values()))]
    return []


@pytest.mark.parametrize("file", ANSWERS, ids=lambda file: file.stem)
def test_an_answer_of_each_earlier_format_opens(file: Path) -> None:
    """Its sentence, the quoted words and the evidence; written again it has a format."""
    answer = answer_from(file.read_text(encoding="utf-8"))
    assert answer.outcome == "answered" and "5 million euros" in answer.text
    assert answer.citations[0].quote in answer.evidence[0].passage.text
    again = answer_json(answer)
    assert json.loads(again)["format"] == 2 and answer_from(again) == answer


@pytest.mark.parametrize("file", MEMOS, ids=lambda file: file.stem)
def test_a_memo_of_each_earlier_format_opens(file: Path) -> None:
    """Nothing of it is lost when it is written again."""
    text = file.read_text(encoding="utf-8")
    memo = memo_from(text)
    assert len(memo.citations) == 5 and len(memo.sections) == 10 and memo.sources
    assert any(line.claim.verdict == "supported" for one in memo.sections for line in one.lines)
    again = json.loads(memo_json(memo))
    assert again["format"] == 2 and memo_from(json.dumps(again)) == memo
    first = json.loads(text)
    claims = [[one["claims"] for one in memo["sections"]] for memo in (first, again)]
    for before, now in zip(*claims, strict=True):
        assert [{**line, "problem_codes": ANY} for line in before] == now


@pytest.mark.parametrize("file", MEMOS, ids=lambda file: file.stem)
def test_a_memo_without_the_rules_of_its_template_has_those_of_ours(file: Path) -> None:
    """By the name of the template; sections lead and are laid out as ours of the same key."""
    values = json.loads(file.read_text(encoding="utf-8"))
    assert "rules" not in values and "leading" not in values["sections"][0]
    memo, ours = memo_from(json.dumps(values)), shipped_templates()[values["template"]]
    assert memo.rules == ours.rules != ()
    first, *others = memo.sections
    assert (first.key, first.leading, first.layout) == ("bluf", True, "paragraphs")
    assert {(one.leading, one.layout) for one in others} == {(False, "list")}
    own = memo_from(json.dumps(values | {"template": "weekly"}))
    assert own.rules == () and own.sections == memo.sections


def test_a_pack_of_an_earlier_format_opens() -> None:
    """And nothing in it is called altered."""
    memo, altered = opened_pack(FIXTURES / "pack-first.zip")
    assert altered == () and memo == memo_from((FIXTURES / "memo-first.json").read_text())


@pytest.mark.parametrize(
    ("file", "opened"),
    [(ANSWERS[-1], answer_from), (MEMOS[-1], memo_from)],
    ids=["an answer", "a memo"],
)
def test_unknown_fields_are_left_at_any_depth(file: Path, opened: Callable[[str], object]) -> None:
    """A later version of the same format may add one anywhere; what is known comes out equal."""
    values = json.loads(file.read_text(encoding="utf-8"))
    whole = opened(json.dumps(values))
    # Maps of figures hold any name, and figures only.
    within = [
        one for one in tables(values) if not all(type(v) in (int, float) for v in one.values())
    ]
    assert len(within) > 10
    for table in within:
        table["field_of_a_later_version"] = {"deep": [1, {"deeper": None}]}
    got = asdict(opened(json.dumps(values)))  # type: ignore[call-overload]
    for one in tables(got):
        # A memo's settings are open and keep what they are given.
        one.pop("field_of_a_later_version", None)
    assert got == asdict(whole)  # type: ignore[call-overload]


@pytest.mark.parametrize("opened", [answer_from, memo_from], ids=["an answer", "a memo"])
def test_a_newer_format_is_refused_in_one_line(opened: Callable[[str], object]) -> None:
    """With what to do."""
    file = ANSWERS[-1] if opened is answer_from else MEMOS[-1]
    values = json.loads(file.read_text(encoding="utf-8")) | {"format": 3}
    with pytest.raises(FormatError, match=r"newer version .* upgrade") as caught:
        opened(json.dumps(values))
    assert "\n" not in str(caught.value)
    for wrong in ("1", True, -1, None, 1.5, [1]):
        with pytest.raises(FormatError, match="“format” must be a whole number"):
            opened(json.dumps(values | {"format": wrong}))


@pytest.mark.parametrize(
    ("file", "opened"),
    [(ANSWERS[-1], answer_from), (MEMOS[-1], memo_from)],
    ids=["an answer", "a memo"],
)
def test_a_wrong_or_a_missing_field_is_an_answer_or_one_line(
    file: Path, opened: Callable[[str], object]
) -> None:
    """Every field of every object, taken away or of another type: never another exception."""
    values = json.loads(file.read_text(encoding="utf-8"))
    refused = 0
    for table in tables(values):
        for key, right in list(table.items()):
            for wrong in (None, 7, "seven", [7], {"seven": 7}, [], [[]], True):
                table[key] = wrong
                refused += one_line(opened, json.dumps(values))
            del table[key]
            one_line(opened, json.dumps(values))
            table[key] = right
    assert refused > 100


def one_line(opened: Callable[[str], object], text: str) -> bool:
    try:
        opened(text)
    except FormatError as error:
        assert "\n" not in str(error) and "cannot read" in str(error), error
        return True
    return False


def test_the_line_names_the_field() -> None:
    """And where it stands."""
    values = json.loads(ANSWERS[-1].read_text(encoding="utf-8"))
    values["citations"][0]["source"]["title"] = 7
    with pytest.raises(FormatError, match="“citations 1, source, title” must be a text; ask"):
        answer_from(json.dumps(values))
    del values["citations"]
    assert answer_from(json.dumps(values)).citations == ()


@pytest.mark.parametrize("text", ["{", "[]", "7", "null", '"x"', "\x00", "[" * 100_000])
def test_what_is_no_json_object_is_one_line(text: str) -> None:
    """A damaged row or file."""
    for opened in (answer_from, memo_from):
        with pytest.raises(FormatError) as caught:
            opened(text)
        assert "\n" not in str(caught.value)


def test_half_a_sign_of_a_damaged_document_comes_back() -> None:
    """Half a surrogate pair is text to Python and to the library."""
    answer = Answer("What \ud800 is it?", outcome="declined", seconds={"total": 1.5})
    assert answer_from(answer_json(answer)) == answer


def test_one_unreadable_turn_leaves_the_conversation_open(tmp_path: Path) -> None:
    """On the page, in the terminal's text and as history; what is stored stays as it was."""
    with Workspace(Settings(home=tmp_path, engine="extractive", embedder="hash")) as workspace:
        kept = workspace.library.conversations
        good = answer_from(ANSWERS[-1].read_text(encoding="utf-8"))
        name = store_answer(kept, "", good)
        store_answer(kept, name, good)
        later = json.dumps(json.loads(answer_json(good)) | {"format": 99})
        with sqlite3.connect(tmp_path / "library.sqlite3") as database:
            database.execute("UPDATE turns SET answer = ? WHERE number = 1", (later,))
        database.close()
        first, second = ConversationList(kept).turns(name)
        assert first.answer and first.answer.outcome == "failed"
        assert "upgrade" in first.answer.notice and first.question == good.question
        assert second.answer == good
        assert len(history_of(kept, name)) == 1
        (listed,) = kept.all()
        exported = as_markdown(listed, kept.turns(name))
        assert good.citations[0].quote in exported
        assert kept.turns(name)[0].answer == later


def test_a_turn_without_an_answer_is_not_unreadable() -> None:
    """It was broken off."""
    assert stored_answer(StoredTurn(1, "Why?", "", "2026-01-01")).outcome == ""


def test_one_unreadable_memo_leaves_the_others_listed(tmp_path: Path) -> None:
    """It is listed with the reason; the newest that can be read is the last one."""
    (tmp_path / "memos").mkdir()
    memo = memo_from(MEMOS[-1].read_text(encoding="utf-8"))
    newer = json.loads(memo_json(memo)) | {"format": 3}
    (tmp_path / "memos" / "newer.json").write_text(json.dumps(newer), encoding="utf-8")
    (tmp_path / "memos" / "bytes.json").write_bytes(b"\xff\xfe\x00")
    repository = MemoRepository(Library(tmp_path))
    repository.save(memo, "good")
    problems = {one.id: one.problem for one in repository.listed()}
    assert problems["good"] == "" and "upgrade" in problems["newer"]
    assert "it is no JSON" in problems["bytes"]
    assert repository.load("last") == memo
    with pytest.raises(FormatError, match="newer"):
        repository.load("newer")


GRADE = '[[source]]\nmatch = "x"\nreliability = "A"\nreason = "r"\ndate = 2026-01-31\n'
PLAN = '[[section]]\nheading = "One"\nkind = "log"\n'
THEME = '[mills]\nenglish = "Mills"\nwords = ["mill"]\n'
ALIASES = 'companies = [["Vik Works", "Works of Vik"]]\n'
ENGINES = '[keys]\nopenai = "sk-canary"\n[limits]\nseconds = 9\n'
READERS: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "grades": ("grades.toml", GRADE, Grades.load),
    "a template": ("templates/own.toml", PLAN, lambda home: template_named("own", home)),
    "themes": ("themes.toml", THEME, Themes),
    "aliases": ("aliases.toml", ALIASES, groups_of),
    "engines": ("engines.toml", ENGINES, engine_config_in),
}
SLIPS = {
    "grades": [
        (GRADE.replace("reason", "reasn"), "“source 1, reasn” is no key"),
        (GRADE + "credibility = '3'", "“source 1, credibility” must be a whole number"),
        (GRADE + "credibility = 9", "“source 1” credibility must be"),
        (GRADE.replace("source", "sources"), "“sources” is no key"),
        (GRADE + GRADE.replace('"A"', "1"), "“source 2, reliability” must be a text"),
        ("source = 3", "“source” must be a list"),
        (GRADE.replace('"r"', '" "'), "give a reason"),
    ],
    "a template": [
        (PLAN + "sentence = 2\n", "“section 1, sentence” is no key"),
        (PLAN + "sentences = 'two'\n", "“section 1, sentences” must be a whole number"),
        ("word = 300\n" + PLAN, "“word” is no key"),
        (PLAN.replace('"One"', "1"), "“section 1, heading” must be a text"),
        (PLAN + "questions = 'what?'\n", "“section 1, questions” must be a list"),
        ("section = 3\n", "“section” must be a list"),
    ],
    "themes": [
        (THEME + "chinesse = 'x'\n", "“mills, chinesse” is no key"),
        (THEME.replace('["mill"]', '"mill"'), "“mills, words” must be a list"),
        ("mills = 3\n", "“mills” must be a table"),
        ('[mills]\nwords = ["mill"]\n', "“mills, english” is missing"),
    ],
    "aliases": [
        ('companies = ["Vik Works"]\n', "“companies 1” must be a list"),
        ("companies = [[1, 2]]\n", "“companies 1 1” must be a text"),
        ("[companies]\nx = [['a']]\n", "“companies” must be a list"),
        ('relatd = [["Vik Works", "Ferry"]]\n', "did you mean “related”"),
    ],
    "engines": [
        (ENGINES.replace("keys", "key"), "“key” is no key"),
        (ENGINES.replace("openai", "opnai"), "“opnai”"),
        (ENGINES + "second = 3\n", "“limits, second” is no key"),
        (ENGINES.replace("= 9", "= 0"), "must be more than 0"),
        (ENGINES.replace("= 9", "= '9'"), "“limits, seconds” must be a number"),
        (ENGINES + '[prices."openai:x"]\ninput = 1\n', "“prices, openai:x, output” is missing"),
        (ENGINES + "[context]\nopenai = true\n", "“context, openai” must be a whole number"),
        (ENGINES.replace('"sk-canary"', '["sk-canary"]'), "“keys, openai” must be a text"),
    ],
}  # fmt: skip


def written(home: Path, what: str, text: str) -> Callable[[], object]:
    name, _, read = READERS[what]
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return lambda: read(home)


@pytest.mark.parametrize("what", READERS)
def test_a_configuration_may_state_its_format(what: str, tmp_path: Path) -> None:
    """None is the first; a newer one is refused in one line; other values of it are a slip."""
    text = READERS[what][1]
    written(tmp_path, what, text)()
    written(tmp_path, what, "\ufeffformat = 1\n" + text)()
    with pytest.raises(FormatError, match=r"\.toml was made by a newer version .* upgrade"):
        written(tmp_path, what, "format = 2\n" + text)()
    with pytest.raises(FormatError, match=r"\.toml: “format” must be a whole number"):
        written(tmp_path, what, "format = '1'\n" + text)()


@pytest.mark.parametrize(
    ("what", "text", "said"),
    [(what, text, said) for what, slips in SLIPS.items() for text, said in slips],
    ids=lambda value: None,
)
def test_a_slip_in_a_configuration_is_named(
    what: str, text: str, said: str, tmp_path: Path
) -> None:
    """One line with the file, the key and what to do; and no value of it, which may be secret."""
    with pytest.raises(FormatError) as caught:
        written(tmp_path, what, text)()
    line = str(caught.value)
    assert READERS[what][0] in line and said in line and "; " in line and "\n" not in line
    assert "canary" not in line and caught.value.__cause__ is None


@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize("text", ["[", "a = ", "\x00", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_named(what: str, text: str, tmp_path: Path) -> None:
    """And bytes that are no text, too."""
    with pytest.raises(FormatError, match=READERS[what][0].replace(".", r"\.")):
        written(tmp_path, what, text)()
    (tmp_path / READERS[what][0]).write_bytes(b"\xff\xfe = 1")
    with pytest.raises(FormatError, match="cannot read"):
        READERS[what][2](tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"no": "question"}', "it holds no question"),
        ('{"q": "Why?", "must": "a text"}', "“must” must be a list"),
        ('{"q": "Why?", "abstain": "no"}', "“abstain” must be true or false"),
        ('{"q": "Why?", "format": 2}', "upgrade"),
        ("[]", "no JSON object"),
    ],
)
def test_a_line_of_questions_that_is_wrong_is_named(line: str, said: str, tmp_path: Path) -> None:
    """A text for a list would be searched for sign by sign."""
    file = tmp_path / "questions.jsonl"
    file.write_text('{"q": "What?", "must": ["a"], "of_others": 1}\n' + line, encoding="utf-8")
    with pytest.raises(FormatError, match="line 2") as caught:
        questions_from(file)
    assert said in str(caught.value)
