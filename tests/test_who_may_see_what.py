"""What one person may not read reaches them by no way: two people, two collections, one secret."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.answer import Answer, Question
from assistant.answer_storage import store_answer, to_json
from assistant.examples import examples
from assistant.library_questions import library_answer
from assistant.memo.request import Request
from assistant.memo.writing import write
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.withholding import readable_answer, readable_turns
from assistant.workspace import Workspace
from corpus.access import ANYONE, EVERYONE, Asker
from corpus.bounded_library import BoundedLibrary
from corpus.errors import (
    BriefingError,
    NoConversation,
    NotAllowed,
    NotInLibrary,
    StorageError,
    UsageError,
)
from corpus.library import Library
from corpus.stored_documents import StoredDocuments
from index.bounded_indexes import BoundedIndexes
from index.evidence import Newer
from index.index_manager import IndexManager
from index.query import spelling_corrected
from index.word_search import Wanted, hits, passages_by_document, passages_with_most

ANN, BOB = Asker("ann", ("china",)), Asker("bob", ("europe",))
# A word that stands in one document alone, and the fact beside it.
WORD, FACT = "quillonium", "4,217 tonnes"
SECRET = f"""# Harbour quotas of the ministry

The ministry set the {WORD} quota at {FACT} for the year 2025. The {WORD} quota was approved by
Minister Zhao on 3 March 2025. Exporters of {WORD} need a licence of the harbour office.
"""
OPEN = """# Harbour fees of the port

The port raised its harbour fees by 7 percent for the year 2025. The fees were approved by the
council on 4 April 2025. Exporters pay the fees at the harbour office.
"""
COMMON = """# The harbour office

The harbour office is open on every working day. The harbour office has 42 employees.
"""
LEAKS = (WORD, "Quillonium", FACT, "Zhao", "quotas of the ministry")


def leaks(what: object) -> list[str]:
    """Return what of the secret stands in something, however it is written out."""
    text = repr(what)
    return [one for one in LEAKS if one.lower() in text.lower()]


def added(workspace: Workspace, file: Path, collection: str = "") -> str:
    """Add a file and return the id of its document."""
    before = set(workspace.library.every_document())
    list(workspace.add([file], collection=collection))
    (found,) = set(workspace.library.every_document()) - before
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library with a collection of Ann's group, one of Bob's, and what is in none."""
    folder = tmp_path_factory.mktemp("made")
    with Workspace(_settings(folder)) as workspace:
        rights = workspace.library.collections
        for name, group in (("China desk", "china"), ("Europe desk", "europe")):
            rights.make(name)
            rights.allow(name, f"group:{group}", "editor")
        for name, text, collection in (
            ("secret.md", SECRET, "China desk"),
            ("fees.md", OPEN, "Europe desk"),
            ("office.md", COMMON, ""),
        ):
            (folder / name).write_text(text, encoding="utf-8")
            added(workspace, folder / name, collection)
    return folder


@pytest.fixture
def home(made: Path) -> Iterator[Path]:
    """Return the folder with that library and its files, as they were made."""
    kept = made.with_name(f"{made.name}-kept")
    shutil.copytree(made, kept)
    yield made
    shutil.rmtree(made)
    kept.rename(made)


def _settings(folder: Path) -> Settings:
    return Settings(home=folder / "home", embedder="hash", engine="extractive", judge="none")


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    with Workspace(_settings(home)) as opened:
        yield opened


def answered(workspace: Workspace, text: str, **options: Any) -> Answer:
    *_, answer = ask(workspace, Question(text, **options))
    return answer


def titles(workspace: Workspace) -> set[str]:
    return {one.source.title for one in workspace.library.entries()}


def secret_of(workspace: Workspace) -> str:
    (found,) = [one.id for one in workspace.library.entries() if WORD in
                workspace.library.document(one.id).text]  # fmt: skip
    return found


def test_nobody_signs_in_and_nothing_is_bounded(workspace: Workspace) -> None:
    """One person on a laptop sees everything, through the very same objects."""
    assert workspace.seen_by(ANYONE) is workspace
    assert len(titles(workspace)) == 3 and workspace.readable is None
    assert FACT in answered(workspace, f"What is the {WORD} quota?").text


def test_each_sees_their_own_collection_and_what_is_in_none(workspace: Workspace) -> None:
    """And who signed in with no group at all sees what is in none."""
    assert titles(workspace.seen_by(ANN)) == {
        "Harbour quotas of the ministry", "The harbour office",
    }  # fmt: skip
    assert titles(workspace.seen_by(BOB)) == {"Harbour fees of the port", "The harbour office"}
    assert titles(workspace.seen_by(Asker("eve"))) == {"The harbour office"}
    # A user of the name of a group is not the group.
    assert titles(workspace.seen_by(Asker("china"))) == {"The harbour office"}
    assert FACT in answered(workspace.seen_by(ANN), f"What is the {WORD} quota?").text


QUESTIONS = [
    f"What is the {WORD} quota?",
    "What quota did the ministry set for 2025?",
    "Who approved the quota on 3 March 2025?",
    "What did Minister Zhao approve?",
    "What do exporters need from the harbour office?",
    "What documents are in the library?",
    "How many documents are there?",
    "What does the library say about quotas?",
    "Summarise the library.",
    "Which publishers are there?",
    "Compare the quota with the fees.",
]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("warmed", [False, True], ids=["cold", "after Ann asked the same"])
def test_no_question_finds_it(workspace: Workspace, question: str, warmed: bool) -> None:
    """Every step of the answer is looked at, with all that it carries beside its sentences."""
    if warmed:
        answered(workspace.seen_by(ANN), question)
    said = [part for part in LEAKS if part.lower() in question.lower()]
    steps = list(ask(workspace.seen_by(BOB), Question(question)))
    assert steps
    assert [one for one in leaks(steps) if one not in said and WORD not in said] == []
    for one in steps[-1].citations:
        assert one.source.title != "Harbour quotas of the ministry"


def test_a_follow_up_and_a_bound_to_its_id_find_nothing(workspace: Workspace) -> None:
    """Its id is no secret key: naming it in the scope, or after Ann's own answer, helps nobody."""
    secret = secret_of(workspace)
    known = answered(workspace.seen_by(ANN), "What quota did the ministry set?")
    assert leaks(known)
    bob = workspace.seen_by(BOB)
    for question in (
        Question("What quota was set?", documents=(secret,)),
        Question("And who approved it?", history=(replace(known.turn, answer=""),)),
    ):
        *_, answer = ask(bob, question)
        assert not answer.claims or not {one.document for one in answer.citations} & {secret}
        assert leaks((answer.claims, answer.citations, answer.evidence, answer.nearest)) == []


def test_counts_are_of_what_may_be_read(workspace: Workspace) -> None:
    """A question about the catalogue counts two documents for each of them, and never three."""
    for asker in (ANN, BOB):
        seen = workspace.seen_by(asker)
        answer = library_answer(seen, Question("How many documents are in the library?"))
        assert answer is not None and "2" in answer.text and "3" not in answer.text
        assert seen.retriever.passages == sum(one.passages for one in seen.library.entries())


def test_words_of_others_are_known_to_no_index(workspace: Workspace) -> None:
    """Spelling, frequencies, completion and search by words betray no word of the other's."""
    ann, bob = workspace.seen_by(ANN), workspace.seen_by(BOB)
    misspelt = "how much quillonum is allowed"
    assert WORD in ann.retriever.query(misspelt).text
    assert WORD not in bob.retriever.query(misspelt).text
    for seen, known in ((ann, True), (bob, False)):
        assert seen.retriever.knows(WORD) is known
        snapshot = seen.indexes.snapshot()
        assert bool(snapshot.words.frequencies([WORD])[WORD]) is known
        assert bool(snapshot.words.search({WORD: 1.0}, 10)) is known
        assert bool(snapshot.words.holding([], 10, begun="quillo")) is known
        assert bool(snapshot.words.resembling("quillonum")) is known
        corrected = spelling_corrected(misspelt, snapshot.words, seen.library.passages)
        assert (WORD in corrected) is known
        for text in (WORD, "quill", f"{WORD} quota"):
            wanted = Wanted.of(text)
            assert bool(passages_by_document(snapshot, wanted)) is known
            most, _ = passages_with_most(snapshot, wanted)
            found = hits(seen.library, list(most.values()), wanted)
            assert bool(leaks(found)) is known
        # The rest is counted too: "harbour" stands in each document.
        assert (
            0
            < snapshot.words.frequencies(["harbour"])["harbour"]
            < len(workspace.indexes.snapshot().words)
        )
        assert len(snapshot.words) == seen.retriever.passages


def test_what_was_removed_is_found_by_no_one_who_may_read_it(workspace: Workspace) -> None:
    """Also while the indexes are behind: the bounded view leaves out what the whole one does."""
    secret = secret_of(workspace)
    workspace.library.remove(secret)
    ann = workspace.seen_by(ANN)
    snapshot = ann.indexes.snapshot()
    assert secret not in snapshot.entries
    assert not snapshot.words.search({WORD: 1.0}, 10)
    assert ann.retriever.passages == sum(one.passages for one in ann.library.entries())
    found = ann.retriever.search(f"What is the {WORD} quota?")
    assert secret not in {one.passage.document for one in found}


def test_the_document_is_not_there_for_another(workspace: Workspace) -> None:
    """Every method of the library that takes or returns documents is as if it were not there."""
    secret = secret_of(workspace)
    passage = workspace.library.passages_of(secret)[0].id
    bob = workspace.seen_by(BOB).library
    for asked in (
        lambda: bob.document(secret), lambda: bob.entry(secret), lambda: bob.passages_of(secret),
        lambda: bob.token_codes(secret), lambda: bob.resolve(secret[:12]),
        lambda: bob.remove(secret), lambda: bob.restore(secret),
        lambda: bob.update_source(secret, title="mine"),
    ):  # fmt: skip
        with pytest.raises(NotInLibrary):
            asked()
    assert secret not in bob.every_document() and not bob.may_read(secret)
    assert bob.visible([secret]) == set() and bob.passages([passage]) == []
    assert bob.beginning(secret, 100) == "" and bob.original(secret) is None
    assert bob.places_of(secret) == [] and bob.versions_before(secret) == []
    assert bob.extraction_reports([secret]) == {}
    assert not any(one.startswith(secret) for one in bob.vectors()[0])
    assert bob.vectors([secret])[0] == []
    assert secret not in {one.document for one in bob.changes_since(0)}
    with pytest.raises(NotAllowed):
        bob.check()
    with pytest.raises(NotAllowed):
        bob.replace_vectors("hash", {})


# What tells nothing of a single document, or calls the others.
_NEUTRAL = {
    "unchanging", "generation", "read_only", "identity", "last_change", "embedder", "ever_added",
    "starter_loaded", "entry", "resolve", "vectors", "passages", "known_original", "known",
    "writing", "written_here", "note_starter_loaded", "collections", "audit", "is_adding",
    "shared", "fact", "note_fact", "exclusively", "connections", "originals", "bibliography",
    "feeds", "looks", "generation_before",
}  # fmt: skip


def test_every_way_into_the_library_is_bounded() -> None:
    """A new public method is bounded too, or named here as one that tells of no document."""

    def own(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert (own(StoredDocuments) | own(Library)) - own(BoundedLibrary) == _NEUTRAL
    assert own(IndexManager) - own(BoundedIndexes) == set()


def test_examples_are_made_of_what_may_be_read(workspace: Workspace) -> None:
    """The first screen asks nothing about the other's documents."""
    for language in ("en", "zh"):
        assert leaks(examples(workspace.seen_by(BOB), language)) == []


def test_a_memo_is_written_from_what_may_be_read_and_is_its_owners(workspace: Workspace) -> None:
    """The other neither finds it in a list, nor by its id, nor reads it in the folder's name."""
    ann, bob = workspace.seen_by(ANN), workspace.seen_by(BOB)
    *_, memo = write(ann, Request("the harbour quota"))
    assert leaks(memo)
    name = ann.memos.new_id(memo)
    ann.memos.save(memo, name)
    assert [one.id for one in ann.memos.listed()] == [name]
    assert bob.memos.listed() == [] and workspace.memos.listed() == []
    for asked in (name, "last", f"../{name}"):
        with pytest.raises(UsageError):
            bob.memos.load(asked)
    with pytest.raises(UsageError):
        bob.memos.delete(name)
    try:
        steps = list(write(bob, Request("the harbour quota")))
    except BriefingError as error:
        steps = [error]
    assert leaks(steps) == []


def test_a_right_that_is_taken_back_holds_from_the_next_question(workspace: Workspace) -> None:
    """Also for what was answered before: conversations and memos withhold it, with a note."""
    ann = workspace.seen_by(ANN)
    answer = answered(ann, "What quota did the ministry set?")
    talk = store_answer(ann.library.conversations, "", answer)
    *_, memo = write(ann, Request("the harbour quota"))
    ann.memos.save(memo, "m-1")
    lines = sum(len(one.lines) for one in memo.sections)
    assert leaks(ann.memos.load("m-1")) and leaks(answer)
    workspace.library.collections.forbid("China desk", "group:china")
    after = workspace.seen_by(ANN)
    again = answered(after, "What quota did the ministry set?")
    assert leaks((again.claims, again.citations, again.evidence, again.nearest)) == []
    (turn,) = readable_turns(after.library, after.library.conversations.turns(talk))
    assert leaks(turn.answer) == [] and "withheld" in turn.answer
    withheld = after.memos.load("m-1")
    assert leaks((withheld.sections, withheld.citations, withheld.sources, withheld.events,
                  withheld.figures, withheld.disputes)) == []  # fmt: skip
    assert "withheld" in withheld.notice
    assert sum(len(one.lines) for one in withheld.sections) < lines
    with pytest.raises(UsageError, match="not changed"):
        after.memos.change("m-1", withheld, withheld)
    # A memo that is resumed is written anew under its id.
    with pytest.raises(UsageError, match="not changed"):
        list(after.memos.saved_steps(iter([withheld]), "m-1"))
    workspace.library.collections.allow("China desk", "user:ann", "reader")
    back = workspace.seen_by(ANN)
    assert back.memos.load("m-1") == ann.memos.load("m-1")
    assert readable_answer(back.library, answer) == answer


def test_a_memo_is_changed_though_a_later_version_is_hidden(workspace: Workspace) -> None:
    """A change is not lost to what the reader was not shown, and does not show it either."""
    ann = workspace.seen_by(ANN)
    *_, memo = write(ann, Request("the harbour quota"))
    (fees,) = [
        one for one in workspace.seen_by(BOB).library.entries() if "fees" in one.source.title
    ]
    newer = Newer(fees.id, fees.source)
    ann.memos.save(replace(memo, citations=(replace(memo.citations[0], newer=newer),
                                            *memo.citations[1:])), "m-2")  # fmt: skip
    shown = ann.memos.load("m-2")
    assert "fees" not in repr(shown.citations)
    changed = replace(shown, audience="the council")
    # The page takes any other for somebody else's.
    assert ann.memos.change("m-2", shown, changed) is changed
    assert ann.memos.load("m-2").audience == "the council"
    # And what another window has changed meanwhile is shown without it too.
    ann.memos.save(replace(memo, citations=(replace(memo.citations[0], newer=newer),)), "m-2")
    assert "fees" not in repr(ann.memos.change("m-2", shown, shown).citations)


def test_the_next_version_of_what_one_could_not_read_is_new(
    workspace: Workspace, home: Path
) -> None:
    """What came in is told of what may be read, and nothing of what stood there before."""
    place, file = "https://example.org/quota", home / "page.md"
    file.write_text(f"# Quota page\n\nThe {WORD} page is the first.\n", encoding="utf-8")
    list(workspace.add([file], places={file: place}, collection="China desk"))
    before = workspace.library.generation
    file.write_text("# Quota page\n\nThe page is the second one.\n", encoding="utf-8")
    list(workspace.seen_by(BOB).add([file], places={file: place}, collection="Europe desk"))
    news = workspace.seen_by(BOB).library.news(before)
    assert len(news.added) == 1 and not news.replaced and not news.removed
    ann = workspace.seen_by(ANN).library.news(before)
    assert ann.replaced and not ann.added


def test_conversations_are_their_owners(workspace: Workspace) -> None:
    """Guessing an id opens, renames, rates, deletes and continues nothing."""
    ann = workspace.seen_by(ANN).library.conversations
    talk = store_answer(ann, "", answered(workspace.seen_by(ANN), "What quota was set?"))
    assert [one.id for one in ann.all()] == [talk] and ann.all("quota")[0].hit
    for other in (workspace.seen_by(BOB).library.conversations, workspace.library.conversations):
        assert other.all() == [] and other.all("quota") == [] and other.ratings() == []
        for asked in (
            lambda it: it.turns(talk), lambda it: it.rename(talk, "x"), lambda it: it.delete(talk),
            lambda it: it.rate(talk, 1, good=True), lambda it: it.resolve(talk),
            lambda it: it.begin(talk, "mine"), lambda it: it.begin(talk, "mine", instead_of=1),
            lambda it: it.append(talk, "q", "", ""), lambda it: it.finish(talk, 1, "{}", ""),
        ):  # fmt: skip
            with pytest.raises(NoConversation):
                asked(other)
    (turn,) = ann.turns(talk)
    assert turn.answer == to_json(answered_again(turn.answer))


def answered_again(text: str) -> Answer:
    from assistant.answer_storage import from_json

    return from_json(text)


def test_a_new_version_and_what_lies_within_stay_where_the_old_one_was(
    workspace: Workspace, home: Path
) -> None:
    """A file that is added again, by whoever runs the server, stays its readers' own."""
    file = home / "secret.md"
    file.write_text(f"{SECRET}\nThe {WORD} quota was doubled in June.\n", encoding="utf-8")
    newer = added(workspace, file)
    assert workspace.library.collections.of([newer]) == {newer: ("China desk",)}
    assert leaks(answered(workspace.seen_by(BOB), "Was the quota doubled in June?").claims) == []
    assert "doubled" in answered(workspace.seen_by(ANN), "Was the quota doubled?").text
    assert workspace.seen_by(BOB).library.versions_before(newer) == []
    # The old version is not everyone's because it was replaced.
    old = set(workspace.library.every_document()) - set(
        workspace.seen_by(BOB).library.every_document()
    )
    assert len(old) == 2 and newer in old


def test_an_attachment_comes_into_the_collection_of_its_mail(
    workspace: Workspace, home: Path
) -> None:
    """Also one that only a later version of the mail has."""

    def mail(attached: str) -> str:
        return (
            "From: a@example.org\nSubject: Quota\nDate: Mon, 3 Mar 2025 10:00:00 +0000\n"
            'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n'
            "Content-Type: text/plain\n\nThe ministry sends the attached note on its quota.\n--b\n"
            'Content-Type: text/plain\nContent-Disposition: attachment; filename="note.txt"\n\n'
            f"{attached}\n--b--\n"
        )

    file = home / "quota.eml"
    file.write_text(mail(f"The {WORD} note is confidential and says much."), encoding="utf-8")
    list(workspace.add([file], collection="China desk"))
    file.write_text(mail(f"A second {WORD} note is longer than the first was."), encoding="utf-8")
    list(workspace.add([file]))
    seen = {one.id for one in workspace.seen_by(BOB).library.entries()}
    held = {one.id for one in workspace.library.entries()} - seen
    assert len(held) == 3
    assert leaks([workspace.library.document(one).text for one in seen]) == []


def test_editors_add_and_change_in_their_collections_alone(
    workspace: Workspace, home: Path
) -> None:
    """What everyone reads is changed by admins; what is shared, by who edits every collection."""
    (home / "new.md").write_text("# Note\n\nThe new note has a first sentence.\n", encoding="utf-8")
    bob, admin = workspace.seen_by(BOB), workspace.seen_by(Asker("root", (), admin=True))
    for seen, collection in ((bob, "China desk"), (bob, ""), (admin, "China desk")):
        with pytest.raises(NotAllowed):
            list(seen.add([home / "new.md"], collection=collection))
    list(bob.add([home / "new.md"], collection="Europe desk"))
    (note,) = [
        one.id for one in workspace.seen_by(BOB).library.entries() if one.source.title == "Note"
    ]
    assert note not in workspace.seen_by(ANN).library.every_document()
    office = next(one.id for one in bob.library.entries() if "office" in one.source.title)
    for change in (
        lambda it: it.remove(office), lambda it: it.update_source(office, title="x"),
        lambda it: it.remove_all([office]),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            change(workspace.seen_by(BOB))
    workspace.seen_by(Asker("root", (), admin=True)).update_source(office, title="The office")
    bob = workspace.seen_by(BOB)
    assert "The office" in titles(bob)
    workspace.library.collections.add("China desk", [note])
    with pytest.raises(NotAllowed):
        workspace.seen_by(BOB).remove(note)
    workspace.library.collections.allow("China desk", "user:bob", "editor")
    assert workspace.seen_by(BOB).remove(note).id == note


def test_the_same_file_in_two_collections_is_read_by_both(workspace: Workspace, home: Path) -> None:
    """Whoever has it may add it; nothing is told of who had it before, and no right is lost."""
    secret = secret_of(workspace)
    copy = home / "copy.md"
    copy.write_text(SECRET, encoding="utf-8")
    *_, report = workspace.seen_by(BOB).add([copy], collection="Europe desk")
    assert workspace.seen_by(BOB).library.may_read(secret)
    assert workspace.seen_by(ANN).library.may_read(secret)
    assert not workspace.seen_by(Asker("eve")).library.may_read(secret)
    assert "secret.md" not in repr(report)


def test_what_everyone_reads_is_not_taken_from_them_by_adding_it(
    workspace: Workspace, home: Path
) -> None:
    """An editor who adds a file that is public already does not make it theirs."""
    list(workspace.seen_by(BOB).add([home / "office.md"], collection="Europe desk"))
    assert "The harbour office" in titles(workspace.seen_by(ANN))


def test_what_everyone_reads_is_not_replaced_by_an_editor_of_something_else(
    workspace: Workspace, home: Path
) -> None:
    """A new version at its place would hide it from all others; the rest is added."""
    place = "https://example.org/office"
    files = [home / "page.md", home / "other.md"]
    files[0].write_text("# The page\n\nThe page was made by the office.\n", encoding="utf-8")
    files[1].write_text("# Other\n\nThe other page was made in Tarn.\n", encoding="utf-8")
    list(workspace.add(files[:1], places={files[0]: place}))
    files[0].write_text("# The page\n\nThe page was changed by the office.\n", encoding="utf-8")
    *_, report = workspace.seen_by(BOB).add(
        files, places={files[0]: place}, collection="Europe desk"
    )
    assert [one.reason for one in report.refused] == ["not_allowed"] and len(report.added) == 1
    assert "The page was made" in _text_of(workspace.seen_by(ANN), "The page")
    admin = Asker("root", (), admin=True)
    *_, report = workspace.seen_by(admin).add(files[:1], places={files[0]: place})
    assert len(report.replaced) == 1
    assert "The page was changed" in _text_of(workspace.seen_by(ANN), "The page")


def _text_of(workspace: Workspace, title: str) -> str:
    library = workspace.library
    (found,) = [one.id for one in library.entries() if one.source.title == title]
    return library.document(found).text


def test_collections_refuse_what_would_open_documents_to_everyone(workspace: Workspace) -> None:
    """Deleting a full collection, taking a document out of its last one, a misspelt principal."""
    rights, secret = workspace.library.collections, secret_of(workspace)
    with pytest.raises(UsageError, match="holds 1 documents"):
        rights.delete("China desk")
    with pytest.raises(UsageError, match="everyone could read it"):
        rights.remove("China desk", [secret])
    assert not workspace.seen_by(BOB).library.may_read(secret)
    for principal in ("ann", "user:", "role:x"):
        with pytest.raises(UsageError, match="user:NAME"):
            rights.allow("China desk", principal, "reader")
    for wrong in (
        lambda: rights.make("China desk"), lambda: rights.make("a/b"), lambda: rights.make(" "),
        lambda: rights.allow("China desk", "user:x", "owner"), lambda: rights.add("no", [secret]),
        lambda: rights.forbid("China desk", "user:nobody"), lambda: workspace.library.into("no"),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            wrong()
    rights.allow("China desk", EVERYONE, "reader")
    assert workspace.seen_by(Asker("eve")).library.may_read(secret)
    rights.forbid("China desk", EVERYONE)
    rights.remove("China desk", [secret], to_everyone=True)
    assert workspace.seen_by(BOB).library.may_read(secret)
    rights.delete("China desk")
    assert [one.name for one in rights.all()] == ["Europe desk"]


def test_what_comes_in_during_a_question_is_not_seen_by_it(
    workspace: Workspace, home: Path
) -> None:
    """Rights are looked up once for a question: a document that is published meanwhile waits."""
    bob = workspace.seen_by(BOB)
    (home / "late.md").write_text(f"# Late\n\nA late {WORD} note came in.\n", encoding="utf-8")
    late = added(workspace, home / "late.md", "China desk")
    assert not bob.library.may_read(late) and leaks(bob.library.entries()) == []
    assert leaks(answered(bob, "Which late note came in?").claims) == []


def test_answers_and_exports_are_in_the_audit_trail(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who, what, which engine, how it went out, on what it rests; nobody's on a laptop."""
    answered(workspace, "What quota was set?")
    assert workspace.library.audit.lines() == []
    answered(workspace.seen_by(ANN), "What quota did the ministry set?")
    answered(workspace.seen_by(BOB), "Who climbed the mountain?")
    first, second, _, last = workspace.library.audit.lines()
    assert (first.who, first.action, first.subject) == (
        "ann", "question", "What quota did the ministry set?",
    )  # fmt: skip
    assert second.action == "answer" and second.detail["outcome"] == "answered"
    assert second.detail["engine"] == "extractive"
    assert second.detail["documents"] == [secret_of(workspace)]
    assert last.who == "bob" and last.detail["outcome"] == "declined"
    assert [one.who for one in workspace.library.audit.lines(who="bob")] == ["bob", "bob"]
    assert workspace.library.audit.lines(since=last.at)[-1] == last
    assert workspace.library.audit.lines(limit=1) == [last]

    def full(*_: object, **__: object) -> None:
        raise StorageError("the disk is full")

    ann = workspace.seen_by(ANN)
    monkeypatch.setattr(type(ann.library.audit), "note", full)
    with pytest.raises(StorageError):
        answered(ann, "What quota did the ministry set?")
