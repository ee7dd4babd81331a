"""Keys of the user's go where they belong, and are in no failure, whatever they look like."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import traceback
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from assistant.engine_selection import engine_named
from assistant.models.clients import DEEPSEEK, OPENAI, _http_client
from assistant.models.failures import scrubbed
from corpus import redaction
from corpus.errors import EngineError
from corpus.redaction import hide
from tests.servers import ModelServer
from tests.test_assistant_models import WORDS, task

ODD_KEYS = ("correct horse battery", "Tr0ub4dor&3", "p@ss/word+1=", "short78", "a.b.c.d.e.f",
            "KEY{with}[signs]", "'quoted' \"twice\"", "back\\slash", "0000000000")  # fmt: skip


@pytest.fixture(autouse=True)
def no_keys_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test hides is not hidden in the next."""
    monkeypatch.setattr(redaction, "_known", frozenset())
    monkeypatch.setattr(redaction, "_pattern", None)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_no_part_of_a_key_of_odd_form_is_in_a_failure(key: str, tmp_path: Path) -> None:
    """Whatever the user's key looks like, and whichever of them a server repeats."""
    for status in ("status:401", "status:500"):
        with ModelServer(WORDS, fault=status, retry_after="0") as server:
            settled = f"[keys]\n{json.dumps(server.url)} = {json.dumps(key)}\n"
            (tmp_path / "engines.toml").write_text(settled)
            (tmp_path / "engines.toml").chmod(0o600)
            engine = engine_named(f"{server.url}#tiny", tmp_path)
            with pytest.raises(EngineError) as failure:
                list(engine.write(task()))
            assert server.asked[0].headers["authorization"] == f"Bearer {key}"
        shown = "".join(traceback.format_exception(failure.value))
        assert "refused for" in shown or "asks to slow down" in shown
        assert key not in shown and json.dumps(key)[1:-1] not in shown


@pytest.mark.parametrize("key", [*ODD_KEYS, "纸船-在-河上-17"])
def test_a_key_is_hidden_in_every_form_it_is_repeated_in(key: str) -> None:
    """Quoted, escaped, in base 64, in capitals, cut short; the rest of the line stays."""
    hide(key)
    forms = (key, key.upper(), quote(key), quote_plus(key), json.dumps(key), repr(key),
             html.escape(key), base64.b64encode(key.encode()).decode(), key.encode().hex(),
             key.replace(" ", "  "))  # fmt: skip
    for form in forms:
        line = scrubbed(f"the gate knows no {form} here")
        assert line.startswith("the gate knows no ") and line.endswith(" here") and "…" in line
        assert form not in line and key[:6] not in line
    if len(key) >= 12:
        assert key[:8] not in scrubbed(f"the gate knows no {key[:8]}**** here")


@pytest.mark.parametrize(
    "variable", ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"]
)
def test_what_is_meant_for_openai_goes_to_no_other_server(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI's SDK takes these from the environment whatever the address is."""
    value = "x-canary: canary\nAuthorization: Bearer canary"
    monkeypatch.setenv(variable, value if "HEADERS" in variable else "canary")
    monkeypatch.setenv("BRIEFING_API_KEY", "the-key-of-this-server")
    with ModelServer(WORDS) as server:
        list(engine_named(f"{server.url}#tiny", tmp_path).write(task()))
        (asked,) = server.asked
    assert asked.headers["authorization"] == "Bearer the-key-of-this-server"
    assert "canary" not in str(asked.headers)
    for address, named in ((OPENAI, True), (DEEPSEEK, False), ("http://api.openai.com/v1", False)):
        request = sent_by(address)
        assert (request.headers.get("openai-organization") == "canary") is named


def sent_by(address: str) -> httpx.Request:
    """Return a request as the client for an address sends it, without sending it."""
    client = _http_client(address, "k")
    request = client.build_request("POST", address, headers={"openai-organization": "canary"})

    async def prepared() -> None:
        for hook in client.event_hooks["request"]:
            await hook(request)
        await client.aclose()

    asyncio.run(prepared())
    assert isinstance(request, httpx.Request)
    return request
