"""Clients of model servers, through LlamaIndex; its types and exceptions are translated here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from assistant import prompts
from assistant.models import output_format
from assistant.models.context_window import estimated_tokens
from assistant.models.failures import failure_of
from assistant.models.model import ChatMessage, Delta, ModelFailure

OPENAI = "https://api.openai.com/v1"
DEEPSEEK = "https://api.deepseek.com"
ANTHROPIC = "https://api.anthropic.com"
OLLAMA = "http://127.0.0.1:11434"
_ANTHROPIC_KNOWN = "claude-sonnet-4-5"

_NEEDED = {
    "accept", "accept-encoding", "connection", "content-length", "content-type", "host",
    "transfer-encoding", "user-agent",
}  # fmt: skip

CONNECT_SECONDS = 5.0
# No client gives up before `streaming.Deadlines` do.
SILENCE_SECONDS = 600.0
# How a server can be constrained to answers with labels: llama.cpp's grammar, a JSON schema, or
# JSON mode with the shape described in the prompt (https://api-docs.deepseek.com/guides/json_mode).
GRAMMAR, SCHEMA, JSON = "grammar", "schema", "json"


def is_loopback(address: str) -> bool:
    """Say whether a server's address is this machine."""
    host = urlsplit(address).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


@dataclass(frozen=True, slots=True)
class _Server(ABC):
    """What the clients below share.

    `form` is how output is constrained to labels: GRAMMAR, SCHEMA, JSON, or "" for the prompt
    alone. `extra` goes into the body of every request, for extensions of the standard.
    """

    name: str
    address: str
    key: str = field(default="", repr=False)
    context: int = 4096
    form: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def count(self, text: str) -> int:
        """Return an estimate: the server's tokenizer is not asked."""
        return estimated_tokens(text)

    async def stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int] = ()
    ) -> AsyncIterator[Delta]:
        """Yield what the model says; see Model.stream."""
        stream = self._raw_stream(messages, most, labels)
        if labels and self.form in (SCHEMA, JSON):
            stream = output_format.text_of_json(stream)
        async for piece in stream:
            yield piece

    @abstractmethod
    def _raw_stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> AsyncIterator[Delta]:
        """Yield what the server sends, in whatever format it was asked for."""


class OpenAIServer(_Server):
    """A server that speaks OpenAI's chat completions: OpenAI, vLLM, llama.cpp, LM Studio."""

    def _body(self, labels: Sequence[int]) -> dict[str, Any]:
        body = dict(self.extra)
        if self.form == GRAMMAR:
            body |= {"return_progress": True, "cache_prompt": True}
        if labels and self.form == GRAMMAR:
            body.setdefault("grammar", output_format.grammar(labels))
        elif labels and self.form == SCHEMA:
            schema = {"name": "answer", "strict": True, "schema": output_format.schema(labels)}
            body.setdefault("response_format", {"type": "json_schema", "json_schema": schema})
        elif labels and self.form == JSON:
            body.setdefault("response_format", {"type": "json_object"})
        return body

    async def _raw_stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> AsyncIterator[Delta]:
        from llama_index.llms.openai_like import OpenAILike

        if labels and self.form == JSON:
            last = messages[-1]
            messages = [*messages[:-1], replace(last, text=f"{last.text}\n\n{prompts.AS_JSON}")]
        async with _http_client(self.address, self.key) as http:
            client = OpenAILike(
                model=self.name,
                api_base=self.address,
                api_key=self.key or "none",
                context_window=self.context,
                max_tokens=most,
                temperature=0.1,
                is_chat_model=True,
                # Its retries multiply with the SDK's to twelve calls; ours are in streaming.py.
                max_retries=0,
                timeout=SILENCE_SECONDS,
                async_http_client=http,
                additional_kwargs={
                    "stream_options": {"include_usage": True},
                    "extra_body": self._body(labels),
                },
            )
            async for response in _responses(client, messages):
                yield _openai_delta(response)


class OllamaServer(_Server):
    """An Ollama server."""

    async def _raw_stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> AsyncIterator[Delta]:
        from llama_index.llms.ollama import Ollama
        from ollama import AsyncClient

        http = AsyncClient(
            host=self.address, timeout=_timeout(), trust_env=not is_loopback(self.address)
        )
        client = Ollama(
            model=self.name,
            base_url=self.address,
            context_window=self.context,
            temperature=0.1,
            async_client=http,
            additional_kwargs={"num_predict": most, **self.extra},
        )
        form = {"format": output_format.schema(labels)} if labels and self.form == SCHEMA else {}
        try:
            async for response in _responses(client, messages, **form):
                yield _ollama_delta(response)
        finally:
            await http.close()  # type: ignore[no-untyped-call]


class AnthropicServer(_Server):
    """Anthropic's messages, or a server that speaks them.

    A model older than structured outputs refuses the schema, and is asked with the prompt alone.
    """

    async def _raw_stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> AsyncIterator[Delta]:
        from llama_index.llms.anthropic import Anthropic

        body = dict(self.extra)
        if labels and self.form == SCHEMA:
            schema = {"type": "json_schema", "schema": output_format.schema(labels)}
            body.setdefault("output_config", {"format": schema})
        client = Anthropic(
            # The client refuses names that are newer than its own table of models.
            model=_ANTHROPIC_KNOWN,
            base_url=self.address,
            api_key=self.key or "none",
            max_tokens=most,
            temperature=0.1,
            timeout=SILENCE_SECONDS,
            max_retries=0,
            additional_kwargs={"model": self.name, "extra_body": body},
        )
        try:
            async for response in _responses(client, messages):
                yield _anthropic_delta(response)
        finally:
            # LlamaIndex has no way to close it, and an open connection keeps the server busy.
            await client._aclient.close()


def _timeout() -> Any:
    import httpx

    return httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)


def _http_client(address: str, key: str) -> Any:
    """Return a client for OpenAI's protocol.

    A proxy of the environment must not see what goes to this machine. OpenAI's SDK takes headers
    from the environment too (OPENAI_ORG_ID, OPENAI_PROJECT_ID, OPENAI_CUSTOM_HEADERS): they are for
    OpenAI, and any other server gets those that it needs.
    """
    import httpx

    async def stripped(request: httpx.Request) -> None:
        for name in {one.lower() for one in request.headers} - _NEEDED:
            del request.headers[name]
        request.headers["authorization"] = f"Bearer {key or 'none'}"

    parts = urlsplit(address)
    openai = (parts.scheme, parts.hostname) == ("https", urlsplit(OPENAI).hostname)
    return httpx.AsyncClient(
        timeout=_timeout(),
        trust_env=not is_loopback(address),
        event_hooks={} if openai else {"request": [stripped]},
    )


async def _responses(
    client: Any, messages: Sequence[ChatMessage], **more: Any
) -> AsyncIterator[Any]:
    """Yield a client's responses, asked with `more`; its exceptions become ModelFailure."""
    from llama_index.core.llms import ChatMessage

    chat = [ChatMessage(role=one.role, content=one.text) for one in messages]
    try:
        async for response in await client.astream_chat(chat, **more):
            yield response
    except ModelFailure:
        raise
    except Exception as error:  # noqa: BLE001  # reason: three SDKs; each error becomes one line
        # Not chained: what the server said may repeat a key, and a log would hold it.
        raise failure_of(error) from None


def _openai_delta(response: Any) -> Delta:
    raw = response.raw
    usage = getattr(raw, "usage", None)
    choices = getattr(raw, "choices", None) or []
    finish = str(choices[0].finish_reason or "") if choices else ""
    reasons = bool(choices) and bool(getattr(choices[0].delta, "reasoning_content", None))
    return Delta(
        response.delta or "",
        finish,
        getattr(usage, "prompt_tokens", None),
        getattr(usage, "completion_tokens", None),
        reasons,
        _prompt_progress(raw),
    )


def _prompt_progress(raw: Any) -> float | None:
    """Return the share of the prompt that llama.cpp has processed; None where it does not say."""
    progress = getattr(raw, "prompt_progress", None)
    if not isinstance(progress, dict) or not progress.get("total"):
        return None
    read, total = progress.get("processed", 0), progress["total"]
    return float(min(1.0, read / total)) if isinstance(read, int | float) else None


def _ollama_delta(response: Any) -> Delta:
    raw = dict(response.raw)
    finish = str(raw.get("done_reason") or "stop") if raw.get("done") else ""
    thinks = bool(getattr(raw.get("message"), "thinking", None))
    return Delta(
        response.delta or "", finish, raw.get("prompt_eval_count"), raw.get("eval_count"), thinks
    )


def _anthropic_delta(response: Any) -> Delta:
    # LlamaIndex keeps the counts and the reason to stop here; `raw` is the bare event.
    event = response.message.additional_kwargs or {}
    usage = event.get("usage") or {}
    finish = str(event.get("stop_reason") or "")
    return Delta(
        response.delta or "",
        "length" if finish == "max_tokens" else finish,
        usage.get("input_tokens"),
        usage.get("output_tokens"),
        bool(event.get("thinking_delta")),
    )
