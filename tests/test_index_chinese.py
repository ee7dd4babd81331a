"""Chinese is cut at its own stops, found by pairs of signs, embedded by a model of one's choice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assistant.answer import Question
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import EmbedderMismatch
from corpus.sentences import sentences
from index.keyword_index import stems
from index.query import content_words

CHINESE = Path(__file__).parent / "chinese"


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_chinese_sentences_end_at_their_own_stops() -> None:
    """At 。！？； wherever they stand, before a small letter too; closing marks stay with them."""
    assert cut("产能为3.5万片；良率为93.4%。vLLM 可用！（见下文。）真的吗？是。") == [
        "产能为3.5万片；", "良率为93.4%。", "vLLM 可用！", "（见下文。）", "真的吗？", "是。",
    ]  # fmt: skip


def test_a_quotation_stays_whole() -> None:
    """Its own stops end no sentence; a mark that is never closed holds nothing together."""
    assert cut("他说：“我们先训练。推理以后再说。”会后方案公布。") == [
        "他说：“我们先训练。推理以后再说。”",
        "会后方案公布。",
    ]
    assert cut("他说「甲。乙；丙」丁。戊。") == ["他说「甲。乙；丙」丁。", "戊。"]
    assert cut("他说：“先训练。再推理。") == ["他说：“先训练。", "再推理。"]


def test_the_terms_of_chinese_are_pairs_of_signs() -> None:
    """Of English beside it words, as ever."""
    assert stems("算力中心") == ["算力", "力中", "中心"]
    assert stems("昇腾910C的芯片") == ["昇腾", "910c", "的芯", "芯片"]
    assert stems("钱") == ["钱"]
    assert stems("Exported chips") == ["export", "chip"]


def test_the_words_of_a_chinese_question_are_those_that_are_looked_for() -> None:
    def words(question: str) -> tuple[str, ...]:
        return content_words(question)

    assert words("云岭算力中心的总投资是多少？") == ("云岭算力中心", "总投资")
    assert words("海州产业园有多少家企业") == ("海州产业园", "家企业")
    assert words("为什么H20芯片被限制？") == ("H20", "芯片", "限制")
    assert words("中心在线客服的目的是什么") == ("中心在线客服", "目的")
    assert words("是什么？") == ("是什么",)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library of the two Chinese documents and an English one; it is only read."""
    folder = tmp_path_factory.mktemp("chinese")
    english = folder / "note.md"
    english.write_text("# Harbour\n\nThe harbour board of Tarn met on Monday.\n", encoding="utf-8")
    with Workspace(
        Settings(home=folder / "home", embedder="hash", engine="extractive")
    ) as workspace:
        for _ in workspace.add([english, *sorted(CHINESE.glob("*.md"))]):
            continue
    return folder / "home"


def found(workspace: Workspace) -> list[bool]:
    """Return for each question of the set whether its sentence is in the first five passages."""
    lines = (CHINESE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    hits = []
    for question in map(json.loads, lines):
        passages = [one.passage.text for one in workspace.retriever.search(question["q"], limit=5)]
        wanted = [question["sentence"], question.get("also", question["sentence"])]
        hits.append(any(part in text for part in wanted for text in passages))
    return hits


def test_chinese_questions_find_their_passages_by_words(home: Path) -> None:
    """Without a model of meaning: at least 23 of 25."""
    with Workspace(Settings(home=home, embedder="hash", engine="extractive")) as workspace:
        hits = found(workspace)
    assert len(hits) == 25 and sum(hits) >= 23


def test_an_index_of_single_signs_is_made_anew(home: Path, tmp_path: Path) -> None:
    """One of the format before does not hold pairs; the library itself answers until then."""
    old = tmp_path / "home"
    shutil.copytree(home, old)
    manifest = old / "index" / "manifest.json"
    values = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(values | {"format": 5}))
    with Workspace(Settings(home=old, embedder="hash", engine="extractive")) as workspace:
        assert workspace.indexes.is_behind()
        assert sum(found(workspace)) >= 23
        assert workspace.indexes.maintain()
        assert not workspace.indexes.is_behind() and sum(found(workspace)) >= 23
    assert json.loads(manifest.read_text())["format"] == values["format"] > 5


def tiny_embedder(folder: Path, texts: str) -> Path:
    """Write a sentence-transformers model with random weights that knows the signs of `texts`."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    raw = folder / "bert"
    raw.mkdir(parents=True)
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789"]
    signs = sorted({one for one in texts if not one.isspace()} - set(letters))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *signs]
    pieces += [f"##{one}" for one in letters]
    vocabulary = raw / "vocab.txt"
    vocabulary.write_text("\n".join(pieces), encoding="utf-8")
    BertTokenizerFast(vocab=str(vocabulary)).save_pretrained(raw)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=512,
    )  # fmt: skip
    BertModel(config).save_pretrained(raw)
    words = Transformer(str(raw), max_seq_length=256)
    model = SentenceTransformer(modules=[words, Pooling(words.get_embedding_dimension())])
    model.save_pretrained(str(folder / "model"))
    return folder / "model"


@pytest.mark.slow
def test_an_embedder_of_many_languages_serves_by_its_folder(tmp_path: Path) -> None:
    """Passages fit what it reads, a Chinese question is answered with citations or declined."""
    files = sorted(CHINESE.glob("*.md"))
    english = tmp_path / "note.md"
    english.write_text("# Harbour\n\nThe harbour board of Tarn met on Monday.\n", encoding="utf-8")
    texts = "".join(one.read_text(encoding="utf-8") for one in files)
    model = tiny_embedder(tmp_path / "tiny", texts)
    settings = Settings(home=tmp_path / "home", embedder=str(model), engine="extractive")
    with Workspace(settings) as workspace:
        for _ in workspace.add([english, *files]):
            continue
        count = workspace.document_embedder().count
        passages = [
            p for e in workspace.library.entries() for p in workspace.library.passages_of(e.id)
        ]
        assert len(passages) > 10
        assert max(count([f"{one.heading}\n{one.text}" for one in passages])) <= 254
        assert sum(found(workspace)) >= 20
        *_, said = ask(workspace, Question("云岭算力中心一期总投资是多少？"))
        assert said.claims or said.outcome == "declined"
        assert all(one.citations for one in said.claims)
    with (
        Workspace(Settings(home=tmp_path / "home", embedder="hash")) as other,
        pytest.raises(EmbedderMismatch, match="doctor --reembed"),
    ):
        _ = other.retriever
