"""Language models of a megabyte with random weights, made by the tests: they run, and say noise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.servers import free_port, until

_HIDDEN, _LAYERS, _HEADS, _INNER = 64, 2, 4, 128
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL = ("<|im_start|>", "<|im_end|>")


def _byte_tokens() -> list[str]:
    """Return the 256 characters by which byte-level BPE writes bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    names = {byte: chr(byte) for byte in plain}
    names |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [names[byte] for byte in range(256)]


def tiny_gguf(folder: Path) -> Path:
    """Write a GGUF model that knows bytes only and says letters, and return its file."""
    import gguf

    file = folder / "tiny.gguf"
    random = np.random.default_rng(7)
    tokens = [*_byte_tokens(), *_SPECIAL]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(8192)
    writer.add_embedding_length(_HIDDEN)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_HIDDEN // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 256 + [3] * len(_SPECIAL))
    # One merge that is never used: llama.cpp wants a list.
    writer.add_token_merges(["Ā ā"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(257)
    writer.add_chat_template(_TEMPLATE)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, random.normal(0, 0.1, shape).astype(np.float32))

    add("token_embd.weight", len(tokens), _HIDDEN)
    # Only letters have a say in what comes next: bytes that are no text would be held back.
    letters = np.array([token.isascii() and token.isalpha() for token in tokens], dtype=np.float32)
    output = random.normal(0, 0.1, (len(tokens), _HIDDEN)).astype(np.float32)
    writer.add_tensor("output.weight", output * letters[:, None])
    writer.add_tensor("output_norm.weight", np.ones(_HIDDEN, dtype=np.float32))
    for layer in range(_LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}.weight", _HIDDEN, _HIDDEN)
        add(f"blk.{layer}.ffn_gate.weight", _INNER, _HIDDEN)
        add(f"blk.{layer}.ffn_up.weight", _INNER, _HIDDEN)
        add(f"blk.{layer}.ffn_down.weight", _HIDDEN, _INNER)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(_HIDDEN, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def tiny_hugging_face(folder: Path, *, context: int = 4096) -> Path:
    """Write a Hugging Face model that knows bytes only (safetensors), and return its folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {token: place for place, token in enumerate([*_byte_tokens(), *_SPECIAL])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(_SPECIAL))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=_SPECIAL[1], pad_token=_SPECIAL[1]
    )
    fast.chat_template = _TEMPLATE
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=_HIDDEN, intermediate_size=_INNER,
        num_hidden_layers=_LAYERS, num_attention_heads=_HEADS, max_position_embeddings=context,
        bos_token_id=256, eos_token_id=257, pad_token_id=257,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@contextmanager
def llama_cpp(model: Path, *, context: int = 8192) -> Iterator[str]:
    """Run llama.cpp's own server on a GGUF file and hand out its address."""
    import httpx
    import xllamacpp

    options = xllamacpp.CommonParams()
    options.model.path = str(model)
    options.n_ctx = context
    options.hostnames = ["127.0.0.1"]
    options.port = free_port()
    options.cpuparams.n_threads = options.cpuparams_batch.n_threads = 1
    options.n_parallel = 1
    options.warmup = False
    server = xllamacpp.Server(options)
    address = f"http://127.0.0.1:{options.port}"

    def healthy() -> bool:
        try:
            return httpx.get(f"{address}/health", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    assert until(healthy, 60)
    try:
        yield address
    finally:
        del server


def grammar_of(text: str) -> dict[str, str]:
    """Return the request field that makes llama.cpp say exactly `text`."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return {"grammar": f'root ::= "{quoted}"'}
