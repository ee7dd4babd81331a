"""Discovery of models: of servers on this machine, and of a provider whose key is to be tried."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from assistant.models.clients import OLLAMA, is_loopback
from assistant.models.failures import failure_of
from assistant.models.model import ModelFailure
from corpus.i18n import tr

# The default addresses of llama.cpp, vLLM and LM Studio.
SERVERS = ("http://127.0.0.1:8080", "http://127.0.0.1:8000", "http://127.0.0.1:1234")
_PROBE_SECONDS = 0.6
# A provider elsewhere is asked only because somebody pressed a button, who waits for it.
_PROVIDER_SECONDS = 15.0
# Tokens that are asked of Ollama at most: more costs memory that a laptop may not have.
OLLAMA_CONTEXT = 8192
_EMBEDDING = ("embed", "bge-", "minilm", "rerank", "e5-")


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that answers, with the chat models it offers."""

    address: str
    models: tuple[str, ...]


def ollama_address() -> str:
    """Return Ollama's address: OLLAMA_HOST as Ollama itself reads it, else its default port."""
    host = os.environ.get("OLLAMA_HOST", "").strip()
    if not host:
        return OLLAMA
    address = host if "://" in host else f"http://{host}"
    address = address.replace("//0.0.0.0", "//127.0.0.1").rstrip("/")
    return address if address.rsplit(":", 1)[-1].isdigit() else f"{address}:11434"


def ollama_here() -> FoundServer | None:
    """Return the Ollama on this machine if it answers and has a chat model, else None.

    An Ollama on another machine is used only when it is named.
    """
    address = ollama_address()
    models = _ollama_models(address) if is_loopback(address) else ()
    return FoundServer(address, models) if models else None


def listing_servers() -> Iterator[FoundServer]:
    """Yield the servers on default ports of this machine that answer and offer a chat model."""
    for address in SERVERS:
        if models := _listed_models(address):
            yield FoundServer(address, models)


class _StatusError(Exception):
    """An answer that is none, as the clients of the providers raise it."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"status {status}")
        self.status_code = status
        self.body = body


def bearer(key: str) -> Mapping[str, str]:
    """Return the header in which OpenAI and most others take a key."""
    return {"authorization": f"Bearer {key}"}


def offered_models(address: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the models that a provider lists at an address for the key in `headers`.

    Nothing else is sent, and no redirection followed. Raises ModelFailure, whose line has no key;
    it is `refused` where the key is.
    """
    try:
        with httpx.Client(timeout=_PROVIDER_SECONDS, trust_env=not is_loopback(address)) as http:
            answer = http.get(address, headers=dict(headers))
        body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.status_code != httpx.codes.OK:
            raise _StatusError(max(400, answer.status_code), body)
    except httpx.ConnectError:
        raise ModelFailure(tr("it cannot be reached from this machine")) from None
    except Exception as error:  # noqa: BLE001  # reason: each becomes one line without the key
        failure = failure_of(error)
        failure.refused = getattr(error, "status_code", 0) in {401, 403}
        raise failure from None
    listed = body.get("data") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise ModelFailure(tr("what it sends is not the format of such a server"))
    return _chat_models(str(one.get("id", "")) for one in listed if isinstance(one, dict))


def _ollama_models(address: str) -> tuple[str, ...]:
    listed = _json(f"{address}/api/tags").get("models") or []
    return _chat_models(str(one.get("name", "")) for one in listed if isinstance(one, dict))


def _listed_models(address: str) -> tuple[str, ...]:
    listed = _json(f"{address}/v1/models").get("data") or []
    return _chat_models(str(one.get("id", "")) for one in listed if isinstance(one, dict))


def _chat_models(names: Any) -> tuple[str, ...]:
    return tuple(
        name for name in names if name and not any(one in name.lower() for one in _EMBEDDING)
    )


def is_llama_cpp(address: str) -> bool:
    """Say whether the server at an address is llama.cpp's, by its properties."""
    root = address.rstrip("/").removesuffix("/v1")
    return isinstance(_json(f"{root}/props").get("default_generation_settings"), dict)


def server_context(address: str, model: str) -> int | None:
    """Return the context of a server's model in tokens, None where the server does not say.

    llama.cpp says it in /props, vLLM in /v1/models, LM Studio in /api/v0/models.
    """
    root = address.rstrip("/").removesuffix("/v1")
    props = _json(f"{root}/props").get("default_generation_settings")
    if isinstance(props, dict) and isinstance(props.get("n_ctx"), int):
        return int(props["n_ctx"])
    for path, names in (
        ("/v1/models", ("max_model_len", "context_length")),
        ("/api/v0/models", ("loaded_context_length", "max_context_length")),
    ):
        for one in _json(f"{root}{path}").get("data") or []:
            if isinstance(one, dict) and one.get("id") == model:
                for name in names:
                    if isinstance(one.get(name), int):
                        return int(one[name])
    return None


def ollama_context(address: str, model: str) -> int:
    """Return the context to ask Ollama for: what the model has, 8,192 tokens at most."""
    shown = _json(f"{address}/api/show", {"model": model}).get("model_info") or {}
    lengths = [
        value
        for name, value in shown.items()
        if name.endswith(".context_length") and isinstance(value, int)
    ]
    return min([OLLAMA_CONTEXT, *lengths])


def _json(address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON object at an address, {} on any failure: it may be another kind of server."""
    try:
        with httpx.Client(timeout=_PROBE_SECONDS, trust_env=not is_loopback(address)) as http:
            answer = http.post(address, json=body) if body else http.get(address)
        values = answer.json() if answer.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
