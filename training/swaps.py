"""Near misses made from questions: another name, version or year of the same kind is asked for."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from training.examples import Example

# Names of one kind: a passage about one of them tempts where another is asked for.
KINDS: tuple[tuple[str, ...], ...] = (
    (
        *("DeepSeek", "OpenAI", "Anthropic", "Moonshot AI", "MiniMax", "Alibaba", "Zhipu AI"),
        *("Baidu", "Tencent", "ByteDance", "Meta", "Google", "Mistral AI", "Microsoft", "Amazon"),
        *("Huawei", "Nvidia", "AMD", "Intel", "SMIC", "TSMC", "Samsung", "Micron", "ASML", "xAI"),
        *("Cambricon", "Moore Threads", "Hygon", "CXMT", "YMTC", "SK Hynix", "Cerebras"),
    ),
    (
        *("DeepSeek-V2", "DeepSeek-V3", "DeepSeek-V3.2", "DeepSeek-V4", "DeepSeek-R1", "Qwen2.5"),
        *("Qwen3", "Kimi K2", "GLM-4.5", "MiniMax-M1", "GPT-4o", "GPT-5", "Llama 3", "Llama 4"),
        *("Gemini 2.5", "Claude Sonnet 4", "Hunyuan", "ERNIE", "Grok 4", "Mistral Large"),
    ),
    (
        *("China", "United States", "European Union", "Japan", "Netherlands", "South Korea"),
        *("Taiwan", "India", "United Kingdom", "Singapore", "Malaysia", "Germany", "France"),
        *("Italy", "Australia", "Canada", "Vietnam", "Israel"),
    ),
    ("H20", "H100", "H200", "H800", "A100", "A800", "B200", "B30A", "MI308", "910B", "910C"),
    (
        *("BIS", "OFAC", "FTC", "CFIUS", "FCC", "SEC", "MOFCOM", "NIST", "European Commission"),
        *("Department of the Treasury", "Department of Defense", "Department of Energy"),
    ),
    (
        *("January", "February", "March", "April", "June", "July", "August", "September"),
        *("October", "November", "December"),
    ),
)
_VERSION = re.compile(r"(?<=[A-Za-z])(\d)(\.\d)?\b")
_YEAR = re.compile(r"\b20[12]\d\b")


def swapped(one: Example, chance: random.Random) -> Example | None:
    """Return `one` with its question about a sibling that its passage does not name.

    None where the question has nothing to swap. The passage is near and does not answer.
    """
    text = "\n".join((one.context, *one.sentences))
    changes = [*_names(one.question, text), *_numbers(one.question, text, chance)]
    if not changes:
        return None
    old, others = chance.choice(changes)
    new = chance.choice(others)
    question = re.sub(_bounded(old), lambda _: new, one.question)
    return replace(
        one,
        question=question,
        gold=(),
        relevant=None,
        answers=False,
        located=True,
        group=f"{one.group} {new}",
        source="swapped",
    )


def _names(question: str, text: str) -> list[tuple[str, list[str]]]:
    """Return the names that question and passage share, each with siblings that neither has."""
    found = []
    for kind in KINDS:
        for name in kind:
            if _holds(question, name) and _holds(text, name):
                others = [one for one in kind if one.lower() not in (question + text).lower()]
                if others:
                    found.append((name, others))
    return found


def _numbers(question: str, text: str, chance: random.Random) -> list[tuple[str, list[str]]]:
    """Return the years and versions of the question that the passage has, each with another."""
    found = []
    for match in _YEAR.finditer(question):
        year = str(int(match.group()) + chance.choice((-2, -1, 1, 2)))
        if match.group() in text and year not in text:
            found.append((match.group(), [year]))
    for word in question.split():
        word = word.strip("?.,:;()'\"")
        version = _VERSION.search(word)
        if version and word in text:
            digit = chance.choice("12345678".replace(version[1], ""))
            other = _VERSION.sub(rf"{digit}\2", word, count=1)
            if other not in text:
                found.append((word, [other]))
    return found


def _holds(text: str, name: str) -> bool:
    return re.search(_bounded(name), text) is not None


def _bounded(name: str) -> str:
    return rf"(?<![\w-]){re.escape(name)}(?![\w-]|\.\d)"
