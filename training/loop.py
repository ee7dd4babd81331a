"""The loop of a training: steps, a schedule, checkpoints to go on from, curves printed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch

Row = TypeVar("Row")
_SAVED_EVERY, _MEASURED_EVERY = 240.0, 1200.0
_SHOWN_EVERY = 20
# Of the curves that are shown: how much of the last value stays.
_SMOOTH = 0.98


def trained(
    network: Any,
    plan: Sequence[Sequence[Row]],
    losses: Callable[[Sequence[Row], int], Mapping[str, Any]],
    measured: Callable[[], Iterator[str]],
    folder: Path,
    *,
    rate: float,
    frozen: int,
) -> None:
    """Train `network`, which has a `trunk`, over the batches of `plan`.

    It goes on from the checkpoint in `folder` where one is. `losses` returns what is to be made
    small for a batch, by name and weighed, given the batch and the number of its step; `measured`
    yields lines of figures, which are printed from time to time and at the end. `rate` is the
    highest learning rate of the trunk (the heads have ten times as much), reached after a twentieth
    of the steps and falling to nothing; `frozen` counts the lowest layers that stay as they are,
    besides the table of words.
    """
    for part in (network.trunk.embeddings, *network.trunk.encoder.layer[:frozen]):
        for weights in part.parameters():
            weights.requires_grad = False
    trunk = [one for one in network.trunk.parameters() if one.requires_grad]
    inside = {id(one) for one in network.trunk.parameters()}
    heads = [one for one in network.parameters() if id(one) not in inside]
    optimizer = torch.optim.AdamW(
        [{"params": trunk, "lr": rate}, {"params": heads, "lr": 10 * rate}], weight_decay=0.01
    )
    total = len(plan)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.05 * total + 1), 1 - step / total)
    )
    begun = 0
    saved = folder / "checkpoint.pt"
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        begun = state["step"]
        print(f"goes on from step {begun} of {total}", flush=True)
    fast = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    shown: dict[str, float] = {}
    seen = 0
    began = noted = looked = time.monotonic()
    network.train()
    for step in range(begun, total):
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            parts = losses(plan[step], step)
        optimizer.zero_grad()
        sum(parts.values()).backward()
        torch.nn.utils.clip_grad_norm_([*trunk, *heads], 1.0)
        optimizer.step()
        schedule.step()
        seen += len(plan[step])
        for name, value in parts.items():
            now = float(value.detach())
            shown[name] = _SMOOTH * shown.get(name, now) + (1 - _SMOOTH) * now
        if step % _SHOWN_EVERY == 0:
            pace = seen / (time.monotonic() - began)
            curves = ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
            print(f"step {step}/{total} {pace:.1f} a second: {curves}", flush=True)
        if time.monotonic() - noted > _SAVED_EVERY or step == total - 1:
            noted = time.monotonic()
            _save(saved, network, optimizer, schedule, step + 1)
            if noted - looked > _MEASURED_EVERY or step == total - 1:
                looked = noted
                network.eval()
                for line in measured():
                    print(f"step {step + 1} {line}", flush=True)
                network.train()


def _save(saved: Path, network: Any, optimizer: Any, schedule: Any, step: int) -> None:
    state = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
    }
    temporary = saved.with_suffix(".new")
    torch.save(state, temporary)
    temporary.replace(saved)
