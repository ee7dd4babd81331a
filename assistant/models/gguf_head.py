"""The metadata in the head of a GGUF file: architecture, context, size, licence.

Our own parser reads only what is needed and trusts no length beyond what a real head has.
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus.errors import ReadError
from corpus.i18n import tr

MAGIC = b"GGUF"
_VERSIONS = {2, 3}
# The scalar types by their number in the format; 8 is a string, 9 an array.
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q",
          11: "<q", 12: "<d"}  # fmt: skip
_TEXT, _LIST = 8, 9
# A head has some dozens of keys; its longest string is a chat template, its longest array has one
# number per layer.
_MOST_KEYS, _LONGEST, _LONGEST_LIST = 1_000, 1_000_000, 4_096
_SIZE = re.compile(r"(?<![\d.])(\d{1,4}(?:\.\d+)?)\s*([BM])\b", re.IGNORECASE)
# Types that do not generate text: an adapter, an image encoder.
_NO_WRITERS = {"adapter", "mmproj", "imatrix"}

Value = int | float | bool | str | list[int | float | bool]


@dataclass(frozen=True, slots=True)
class Head:
    """The metadata of a model; 0 and "" where the file has none.

    `parameters` are in billions, `context` in tokens; `token_bytes` is the memory of one token of
    context (16 bits each for keys and values).
    """

    title: str = ""
    architecture: str = ""
    context: int = 0
    token_bytes: int = 0
    parameters: float = 0.0
    licence: str = ""


def head_of(file: Path) -> Head:
    """Return the metadata of a GGUF file, in milliseconds: the vocabulary is not read.

    Raises ReadError: "missing", or "unsupported" for another format or a type without text output.
    """
    try:
        with file.open("rb") as stream:
            values = _values(stream)
        head = _head(values)
    except OSError as error:
        raise ReadError(
            "missing",
            tr("{path} cannot be opened ({reason})", path=file, reason=error.strerror),
        ) from error
    except (struct.error, ValueError, OverflowError) as error:
        raise _no_model(file) from error
    if str(values.get("general.type", "model")) in _NO_WRITERS:
        raise _no_model(file)
    if _number(values, "split.count") > 1:
        raise ReadError(
            "unsupported",
            tr(
                "{path} is one part of a model; join the parts with llama-gguf-split --merge and "
                "add the whole",
                path=file,
            ),
        )
    return head


def _no_model(file: Path) -> ReadError:
    return ReadError(
        "unsupported",
        tr("{path} is not a model that generates text; give a file in GGUF format", path=file),
    )


def _head(values: dict[str, Value]) -> Head:
    kind = str(values.get("general.architecture", ""))
    heads = _number(values, f"{kind}.attention.head_count")
    width = _number(values, f"{kind}.embedding_length") // heads if heads else 0
    each = (_number(values, f"{kind}.attention.key_length") or width) + (
        _number(values, f"{kind}.attention.value_length") or width
    )
    layers = _number(values, f"{kind}.block_count")
    kept = values.get(f"{kind}.attention.head_count_kv", heads)
    # An array gives the heads of each layer.
    together = sum(map(_head_count, kept)) if isinstance(kept, list) else layers * _head_count(kept)
    size = _SIZE.search(str(values.get("general.size_label", "")))
    billions = float(size[1]) * (1.0 if size[2].upper() == "B" else 0.001) if size else 0.0
    return Head(
        str(values.get("general.name", "")),
        kind,
        _number(values, f"{kind}.context_length"),
        together * each * 2,
        billions,
        str(values.get("general.license", "")),
    )


def _number(values: dict[str, Value], key: str) -> int:
    value = values.get(key, 0)
    return value if isinstance(value, int) and value > 0 else 0


def _head_count(value: Value) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError("no number of heads")
    return value


def _values(stream: BinaryIO) -> dict[str, Value]:
    """Return the values of a head up to the tokenizer's; raises ValueError, struct.error."""
    if stream.read(4) != MAGIC or _scalar(stream, 4) not in _VERSIONS:
        raise ValueError("no GGUF file of a version that is read")
    _scalar(stream, 10)
    count = int(_scalar(stream, 10))
    values: dict[str, Value] = {}
    for _ in range(min(count, _MOST_KEYS)):
        key = _text(stream)
        # The tokenizer comes last, and its arrays are as long as the vocabulary.
        if key.startswith("tokenizer."):
            break
        values[key] = _value(stream, int(_scalar(stream, 4)))
    return values


def _value(stream: BinaryIO, kind: int) -> Value:
    if kind == _TEXT:
        return _text(stream)
    if kind != _LIST:
        return _scalar(stream, kind)
    inner, length = int(_scalar(stream, 4)), int(_scalar(stream, 10))
    if length > _LONGEST_LIST:
        raise ValueError("a list of no head")
    if inner == _TEXT:
        for _ in range(length):
            _text(stream)
        return []
    return [_scalar(stream, inner) for _ in range(length)]


def _scalar(stream: BinaryIO, kind: int) -> int | float | bool:
    if kind not in _SCALARS:
        raise ValueError("a type that the format does not know")
    form = _SCALARS[kind]
    value: int | float | bool
    (value,) = struct.unpack(form, stream.read(struct.calcsize(form)))
    return value


def _text(stream: BinaryIO) -> str:
    length = int(_scalar(stream, 10))
    if length > _LONGEST:
        raise ValueError("a text of no head")
    data = stream.read(length)
    if len(data) < length:
        raise ValueError("the head ends half-way")
    return data.decode("utf-8", "replace")
