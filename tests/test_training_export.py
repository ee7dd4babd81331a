"""The exported reader computes what the trained network does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from training.export import Halves, agreement, balancing, mean, precise, quantised
from training.graphs import GraphMaker
from training.restored import weights_of

pytestmark = pytest.mark.models


def test_the_graphs_compute_what_the_network_does(tmp_path: Path) -> None:
    """In float32 the outputs are the network's, and in int8 their order is nearly the same."""
    import torch
    from transformers import BertConfig, BertModel

    from training.network import ReaderNetwork

    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=90, hidden_size=48, num_hidden_layers=6, num_attention_heads=12,
        intermediate_size=96, max_position_embeddings=64,
    )  # fmt: skip
    network = ReaderNetwork(BertModel(config, add_pooling_layer=False)).eval()
    chance = np.random.default_rng(4)
    pairs = []
    for length in (9, 17, 40, 64, 33, 21):
        sentences = np.zeros((1, 2, length), dtype=np.float32)
        sentences[0, 0, 4:6], sentences[0, 1, 6:8] = 1 / 2, 1 / 2
        pairs.append(
            {
                "input_ids": chance.integers(0, 90, (1, length)),
                "attention_mask": np.ones((1, length), dtype=np.int64),
                "token_type_ids": (np.arange(length) > 3).astype(np.int64)[None],
                "sentences": sentences,
            }
        )
    maker = GraphMaker(network.state_dict())
    onnx.save(maker.lower(watched=True), tmp_path / "lower.onnx")
    onnx.save(maker.upper(watched=True), tmp_path / "upper.onnx")
    exported = Halves(tmp_path)
    found = exported.outputs(pairs)
    for place, one in enumerate(pairs):
        with torch.inference_mode():
            relevance, answers, scores, early = network(
                *(torch.from_numpy(values) for values in one.values())
            )
        assert found.relevance[place] == pytest.approx(float(relevance), abs=1e-2)
        assert found.answers[place] == pytest.approx(float(answers), abs=1e-2)
        assert found.early[place] == pytest.approx(float(early), abs=1e-2)
        chances = torch.softmax(scores[0], dim=0).numpy()
        assert np.allclose(found.sentences[place], chances, atol=1e-2)

    scales = balancing(exported.largest(pairs), maker, 0.8)
    (tmp_path / "int8").mkdir()
    small = quantised(GraphMaker(network.state_dict(), scales), tmp_path / "int8")
    alike = agreement(found, small.outputs(pairs))
    assert alike.relevance > 0.7 and alike.chance < 0.05

    # What was exported can be trained on: its weights come back, but for what int8 rounded.
    back = weights_of(tmp_path / "int8")
    network.load_state_dict(back)
    again = precise(GraphMaker(back), tmp_path / "again", watched=False)
    alike = agreement(small.outputs(pairs), again.outputs(pairs))
    assert alike.relevance > 0.9 and alike.chance < 0.05


def test_the_mean_of_two_networks_is_taken_weight_by_weight() -> None:
    """Counts, which are no weights, stay those of the first."""
    import torch

    one = {"weight": torch.tensor([1.0, 3.0]), "count": torch.tensor(3)}
    other = {"weight": torch.tensor([3.0, 5.0]), "count": torch.tensor(5)}
    found = mean(one, other)
    assert found["weight"].tolist() == [2.0, 4.0] and int(found["count"]) == 3
