"""A judge decides the meaning of sentences where one is named; figures are checked all the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.checking.checker import Checker, Cited
from assistant.checking.entailment import Entailment, OnnxJudge
from assistant.checking.problems import Code
from assistant.desk import Desk
from assistant.health import checks
from assistant.settings import Settings
from corpus.errors import JudgeError
from index.embedding import HashEmbedder

BRIDGE = "The county may close the bridge at Vik on 12 May 2025. Repairs cost 3 million euros."


class Scripted:
    """A judge that gives the same for every piece, and remembers what it was given."""

    name = "scripted"

    def __init__(self, *chances: float) -> None:
        self._said = Entailment(*chances)
        self.given: list[tuple[str, str]] = []

    def judge(self, claim: str, evidence: Sequence[tuple[str, str]]) -> list[Entailment]:
        self.given += evidence
        return [self._said for _ in evidence]


@pytest.mark.parametrize(
    ("chances", "claim", "verdict", "code"),
    [
        ((0.9, 0.0, 0.1), "Vik's crossing might be shut in May.", "supported", None),
        ((0.1, 0.8, 0.1), "The county closes the bridge.", "unsupported", Code.CONTRADICTED),
        ((0.3, 0.1, 0.6), "The county likes the bridge.", "weak", Code.NOT_STATED),
        ((0.1, 0.1, 0.8), "The county likes the bridge.", "unsupported", Code.NOT_STATED),
        ((0.9, 0.0, 0.1), "Repairs cost 4 million euros.", "unsupported", Code.REPLACED),
        ((0.1, 0.8, 0.1), "Repairs cost 3 million euros.", "supported", None),
    ],
)
def test_the_judge_decides_beside_the_exact_checks(
    chances: tuple[float, ...], claim: str, verdict: str, code: Code | None
) -> None:
    """A false figure is caught though the judge is content; the very words need no judge."""
    found = Checker(HashEmbedder(), Scripted(*chances)).check(claim, [Cited(BRIDGE, "Vik")])
    assert found.verdict == verdict
    assert code in [one.code for one in found.problems] or (code is None and not found.problems)


def test_of_a_long_text_the_judge_reads_what_bears_the_claim() -> None:
    """In runs of sentences, each with its title; a Chinese text is left to the rules."""
    judge = Scripted(0.9, 0.0, 0.1)
    filler = " ".join(f"The mill number {number} grinds rye for the town." for number in range(90))
    cited = [Cited(f"{filler} {BRIDGE} {filler}", "Vik")]
    assert Checker(HashEmbedder(), judge).check("Vik may shut its bridge.", cited).verdict
    assert judge.given and all(len(text.split()) < 200 for _, text in judge.given)
    assert all(context == "Vik" for context, _ in judge.given)
    assert any("may close the bridge" in text for _, text in judge.given)
    judge.given.clear()
    Checker(HashEmbedder(), judge).check(
        "大桥于五月关闭。", [Cited("大桥于五月关闭，修理费用很高。")]
    )
    assert not judge.given


@pytest.mark.models
def test_an_exported_judge_is_read_and_verified(tmp_path: Path) -> None:
    """The three chances add up to 1; altered weights are refused, and the desk goes on by rules."""
    import torch
    from transformers import BertConfig, BertModel

    from training.export import quantise
    from training.graphs import GraphMaker
    from training.network import JudgeNetwork
    from training.restored import begun

    torch.manual_seed(3)
    config = BertConfig(hidden_size=48, num_hidden_layers=2, num_attention_heads=12,
                        intermediate_size=96)  # fmt: skip
    network = JudgeNetwork(BertModel(config, add_pooling_layer=False))
    weights = network.state_dict()
    kinds = {"input": 48, "gathered": 48, "between": 48, "wide": 96}
    scales = {
        f"{number}.{kind}": np.ones(wide, dtype=np.float32)
        for number in range(2)
        for kind, wide in kinds.items()
    }
    maker = GraphMaker(weights, scales)
    folder = tmp_path / "judge"
    folder.mkdir()
    quantise(maker.judge(), folder / "judge.onnx")
    sha256 = hashlib.sha256((folder / "judge.onnx").read_bytes()).hexdigest()
    about = {"sha256": {"judge.onnx": sha256}, "supported": {"slope": 1.0, "intercept": 0.0}}
    (folder / "judge.json").write_text(json.dumps(about))
    judge = OnnxJudge(folder, cache=tmp_path)
    one, same = judge.judge("The bridge closed.", [("Vik", BRIDGE), ("Vik", BRIDGE)])
    assert one == same and one.supported + one.contradicted + one.not_stated == pytest.approx(1)
    back = begun(folder)
    assert back.keys() == weights.keys()
    network.load_state_dict(back)

    settings = Settings(home=tmp_path / "home", embedder="hash", judge=str(folder))
    with Desk(settings) as desk:
        assert desk.checker.reads_meaning
    (folder / "judge.onnx").write_bytes(b"other")
    with pytest.raises(JudgeError, match="altered"):
        OnnxJudge(folder, cache=tmp_path / "elsewhere")
    with Desk(settings) as desk:
        assert not desk.checker.reads_meaning
        (found,) = [one for one in checks(desk) if one.name == "judge"]
        assert not found.ok and "rules check sentences" in found.detail
