"""The starter library: loaded where nothing was ever added, and examples to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.workspace import Workspace
from corpus.starter import starter_files
from corpus.starter.public_sources import STARTER

if TYPE_CHECKING:
    from index.ingest import Progress, Report

# Each is answered by the starter library; a test asks them all.
EXAMPLES: tuple[str, ...] = (
    "Who founded DeepSeek?",
    "What did CAISI find when it evaluated DeepSeek models?",
    "When was the AI diffusion rule rescinded?",
    "What must an exporter certify under the January 2026 H200 review policy?",
    "What is the 50 percent affiliates rule?",
    "Which compute threshold does the EU AI Act set for systemic risk?",
)

# The same for a reader of Chinese; the library is in English, so that they keep to its names.
EXAMPLES_ZH: tuple[str, ...] = (
    "DeepSeek-V3 的训练成本是多少？",
    "DeepSeek 与 High-Flyer 是什么关系？",
    "OpenAI 对 DeepSeek 蒸馏怎么说？",
    "实体清单是什么？",
    "SemiAnalysis 对 DeepSeek 的支出怎么说？",
)


def needs_starter(workspace: Workspace) -> bool:
    """Say whether the user never added anything, and the starter library is not in to its end.

    A first start that was broken off is thereby taken up again.
    """
    return not workspace.library.ever_added and not workspace.library.starter_loaded


def ensure_starter(workspace: Workspace) -> Iterator[Progress | Report]:
    """Load the starter library where it is needed, yielding progress; otherwise yield nothing."""
    if needs_starter(workspace):
        yield from add_starter(workspace)


def add_starter(workspace: Workspace) -> Iterator[Progress | Report]:
    """Load the starter library whatever the library holds."""
    from index.ingest import MetadataOverride

    described = MetadataOverride(publisher=STARTER)
    yield from workspace.add(starter_files(), described=described, starter=True)
    workspace.library.note_starter_loaded()
