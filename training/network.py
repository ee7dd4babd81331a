"""The networks of the reader and of the judge: MiniLM reading two texts together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

# The layer after which a first guess of the relevance is made, for passages not worth reading on.
EARLY = 2


class ReaderNetwork(nn.Module):
    """A cross-encoder on a BERT trunk.

    From the state of [CLS] come the relevance of the passage, whether it answers, and the score of
    "nothing here"; from the mean state of each sentence's tokens its score. `early` is a relevance
    from the mean state of the question's tokens in the middle of the trunk: by then each of them
    has seen which of the passage's are like it.
    """

    def __init__(self, trunk: Any) -> None:
        super().__init__()
        self.trunk = trunk
        wide = trunk.config.hidden_size
        self.whole = nn.Linear(wide, 3)
        self.sentence = nn.Sequential(nn.Linear(wide, wide), nn.GELU(), nn.Linear(wide, 1))
        self.early = nn.Sequential(nn.Linear(wide, wide), nn.GELU(), nn.Linear(wide, 1))

    @classmethod
    def from_folder(cls, folder: Path) -> ReaderNetwork:
        """Return a network whose trunk has the weights of a folder, the rest drawn at random."""
        return cls(_trunk(folder))

    def forward(self, ids: Any, mask: Any, kinds: Any, sentences: Any) -> tuple[Any, Any, Any, Any]:
        """Return relevance [b], answers [b], scores [b, sentences + 1], early relevance [b].

        Inputs as `index.pair_encoding.PairTokenizer.encode` makes them. The last score is "nothing
        here"; that of a sentence without a token is -10,000.
        """
        states = self.trunk(
            input_ids=ids, attention_mask=mask, token_type_ids=kinds, output_hidden_states=True
        ).hidden_states
        last = states[-1]
        whole = self.whole(last[:, 0])
        means = torch.matmul(sentences.to(last.dtype), last)
        scores = self.sentence(means).squeeze(-1)
        empty = sentences.sum(-1) == 0
        scores = scores.float().masked_fill(empty, -10_000.0)
        scores = torch.cat([scores, whole[:, 2:3].float()], dim=1)
        asked = ((kinds == 0) & (mask == 1)).to(last.dtype).unsqueeze(1)
        asked = torch.matmul(asked, states[EARLY]) / asked.sum(-1, keepdim=True)
        early = self.early(asked.squeeze(1)).squeeze(-1)
        return whole[:, 0].float(), whole[:, 1].float(), scores, early.float()


class JudgeNetwork(nn.Module):
    """A cross-encoder on a BERT trunk that says whether evidence bears out a sentence.

    From the state of [CLS] come the scores of "supported", "contradicted" and "not stated".
    """

    def __init__(self, trunk: Any) -> None:
        super().__init__()
        self.trunk = trunk
        self.verdict = nn.Linear(trunk.config.hidden_size, 3)

    @classmethod
    def from_folder(cls, folder: Path) -> JudgeNetwork:
        """Return a network whose trunk has the weights of a folder, the rest drawn at random."""
        return cls(_trunk(folder))

    def forward(self, ids: Any, mask: Any, kinds: Any) -> Any:
        """Return the scores [b, 3]; inputs as `PairTokenizer.encode` makes them."""
        states = self.trunk(input_ids=ids, attention_mask=mask, token_type_ids=kinds)
        return self.verdict(states.last_hidden_state[:, 0]).float()


def _trunk(folder: Path) -> Any:
    """Return the trunk, without dropout.

    Nothing is seen often enough to be learnt by heart, and on a CPU the drawing of random numbers
    takes a quarter of the time and keeps attention from its fast kernel.
    """
    from transformers import AutoModel

    trunk = AutoModel.from_pretrained(
        folder,
        local_files_only=True,
        add_pooling_layer=False,
        attn_implementation="sdpa",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return trunk.float()
