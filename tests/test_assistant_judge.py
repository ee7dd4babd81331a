"""The judge decides the meaning of sentences; figures are checked all the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.checking.checker import Checker, Cited
from assistant.checking.entailment import Entailment, OnnxJudge, judge_named
from assistant.checking.problems import Code
from assistant.checking.source_changes import dropped_qualifiers
from assistant.diagnostics import diagnostics
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import JudgeError
from index.embedding import HashEmbedder

BRIDGE = "The county may close the bridge at Vik on 12 May 2025. Repairs cost 3 million euros."


BRIDGES = (
    "The county of Nord may close the bridge at Vik next spring, the mayor said on Monday. Traffic "
    "on the ferry rose sharply after the storm damaged the road. Lund refused to pay for the "
    "repairs, which the county had asked it to do. All bridges except the one at Holm were "
    "inspected. If the council agrees, a new bridge would be built by Hale & Sons."
)
TRUE = (
    "The bridge at Vik might be shut next spring.",
    "According to the mayor, Nord could close the bridge at Vik.",
    "More people used the ferry after the storm.",
    "The storm damaged the road.",
    "Lund declined to pay for the repairs.",
    "The county had asked Lund to pay.",
    "The bridge at Holm was not inspected.",
    "Hale & Sons would build a new bridge if the council agrees.",
    "The mayor spoke on Monday.",
    "A new bridge depends on the council's consent.",
)
FALSE = (
    "The county of Nord will close the bridge at Vik next spring.",
    "Traffic on the ferry fell sharply after the storm.",
    "Lund agreed to pay for the repairs.",
    "All bridges were inspected.",
    "Hale & Sons is building a new bridge.",
    "The storm was caused by traffic on the ferry.",
    "Lund asked the county to pay for the repairs.",
    "The council has agreed to a new bridge.",
    "The road was damaged by Hale & Sons.",
    "The bridge at Vik is closed because it is too old.",
)


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
        ((0.1, 0.8, 0.1), "Repairs were cheap.", "unsupported", Code.CONTRADICTED),
        ((0.3, 0.1, 0.6), "The county likes the bridge.", "weak", Code.NOT_STATED),
        ((0.1, 0.1, 0.8), "The county likes the bridge.", "unsupported", Code.NOT_STATED),
        ((0.9, 0.0, 0.1), "Repairs cost 4 million euros.", "unsupported", Code.REPLACED),
        ((0.9, 0.0, 0.1), "The Nordic county may shut it.", "supported", None),
        ((0.5, 0.1, 0.4), "The Nordic county may shut it.", "unsupported", Code.NAME_MISSING),
        (
            (0.1, 0.8, 0.1),
            "The county will close the bridge at Vik.",
            "unsupported",
            Code.HEDGE_DROPPED,
        ),
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
    """In runs of sentences, each with its title; it does not read Chinese."""
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


@pytest.mark.parametrize(
    ("claim", "source", "code"),
    [
        ("Nord closed it.", "Nord closed it, according to the mayor.", Code.ATTRIBUTION_DROPPED),
        ("Nord closes all bridges.", "Nord closes some bridges.", Code.SCOPE_WIDENED),
        ("Nord closes the bridge.", "Nord plans to close the bridge.", Code.HEDGE_DROPPED),
        ("Nord closes the bridge.", "Nord opens the bridge.", None),
    ],
)
def test_what_a_claim_leaves_out_is_named(claim: str, source: str, code: Code | None) -> None:
    """Who says so, a plan, how many: the reason for a verdict that the judge gave."""
    found = dropped_qualifiers(claim, source)
    assert (found.code if found else None) == code


@pytest.mark.models
def test_our_judge_tells_simple_sentences_apart(tmp_path: Path) -> None:
    """Of ten true ones it keeps eight, of ten false ones it lets three pass, or better."""
    checker = Checker(HashEmbedder(), judge_named("", cache=tmp_path))
    found = {
        true: sum(checker.check(claim, [Cited(BRIDGES)]).verdict == "supported" for claim in claims)
        for true, claims in ((True, TRUE), (False, FALSE))
    }
    assert found[True] >= 8 and found[False] <= 3, found


@pytest.mark.models
def test_an_exported_judge_is_read_and_verified(tmp_path: Path) -> None:
    """The three chances add up to 1; altered weights are refused, answers come without."""
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
    with Workspace(settings) as workspace:
        assert workspace.checker.reads_meaning
    (folder / "judge.onnx").write_bytes(b"other")
    with pytest.raises(JudgeError, match="altered"):
        OnnxJudge(folder, cache=tmp_path / "elsewhere")
    with Workspace(settings) as workspace:
        assert not workspace.checker.reads_meaning
        (found,) = [one for one in diagnostics(workspace) if one.name == "judge"]
        assert not found.ok and "meaning is not" in found.detail
