"""The tools of `briefing mcp`: what an assistant may ask of the library, by the official package.

What a tool returns is a text for the model to read and the same as fields; a failure is a tool
error of one line. Nothing is changed unless writing was allowed.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field, ValidationError

from assistant.answer import Question, answer_json
from assistant.memo.export import exported
from assistant.memo.request import Request
from assistant.memo.values import Memo
from assistant.planning.query_rewriting import Turn
from corpus import tracing
from corpus.access import ANYONE, Asker
from corpus.citation_line import citation_line
from corpus.errors import BriefingError
from corpus.i18n import tr
from index.evidence import Evidence
from index.ingest import Progress, Report
from ui.api.access import asker_of
from ui.api.application import passage_json
from ui.api.chat_text import ChatText
from ui.api.failures import first_problem
from ui.api.service import Service
from ui.api.values import AnswerOut, Listed, PassageOut, SearchOut
from ui.api.watching import InLine
from ui.json_objects import entry_json, evidence_json, report_json

_INSTRUCTIONS = """\
The library holds the user's own articles and reports. Its answers quote it word for word and were \
checked against the passages that they cite. Use `ask` for a question, `search` for passages, \
`passage` to read on around one, `sources` for what there is, `memo` for a briefing memo.
Keep the citation with every sentence you take over, and add no fact that is not in a result. If \
the outcome is "declined", say that the library does not answer; do not answer from memory in its \
name. A sentence that is "weak" or "unsupported" is not borne out by what it cites: say so.\
"""
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
# Seconds without news after which a client that asked for progress is told that work goes on.
_PULSE = 5.0
# Characters of a document that `passage` returns at once.
_LONGEST_PASSAGE = 20_000

_Publishers = Annotated[list[str], Field(description="Only documents of these publishers.")]
_Documents = Annotated[
    list[str], Field(description="Only these documents: ids as `sources` and results give them.")
]
_AsOf = Annotated[
    str, Field(description="Only what was published by this date: 2025-01-28, 2025-01 or 2025.")
]
_Since = Annotated[str, Field(description="Only what was published since this date.")]
_Engine = Annotated[
    str, Field(description='Who writes: "" is whom the owner of the library chose. Leave it out.')
]


class Documents(BaseModel):
    """Documents of the library, and how many there are in all that fit."""

    documents: list[Listed]
    total: int


class WrittenMemo(BaseModel):
    """A memo, and under which id it was kept; "" where it was not."""

    memo: dict[str, Any]
    kept: str


class Added(BaseModel):
    """What became of each file and address."""

    reports: list[dict[str, Any]]


class _Server(MCPServer[Any]):
    """A server whose tool errors are one line, also where a tool was called wrongly."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:
        try:
            # A session's calls are worked on by the task that its first request began.
            with tracing.serving(_request(context)):
                return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError):
                raise ToolError(first_problem(cause.errors())[0]) from error
            if isinstance(cause, ToolError):
                # As it was worded, without "Error executing tool NAME: ".
                raise cause from error
            raise


def mcp_server(service: Service, *, writes: bool = False) -> MCPServer[Any]:
    """Return the server over `service`; with `writes` it may add and remove documents too."""
    server = _Server(
        "briefing",
        title="Briefing assistant",
        instructions=_INSTRUCTIONS,
        version=_version(),
        log_level="WARNING",
    )
    _add_reading(server, service)
    _add_memo(server, service, keeps=writes)
    if writes:
        _add_writing(server, service)
    return server


def _version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("briefing-assistant")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _add_reading(server: MCPServer[Any], service: Service) -> None:
    """Add the tools that read: ask, search, sources, passage; and documents as resources."""

    @server.tool(title="Ask the library", annotations=_READS)
    async def ask(
        question: Annotated[
            str, Field(description="One question, as it would be put to an expert of the library.")
        ],
        context: Context[Any, Any],
        history: Annotated[
            list[str], Field(description="Earlier questions of the conversation, oldest first.")
        ] = [],  # noqa: B006  # copied by pydantic
        as_of: _AsOf = "",
        since: _Since = "",
        publishers: _Publishers = [],  # noqa: B006
        documents: _Documents = [],  # noqa: B006
        engine: _Engine = "",
    ) -> Annotated[CallToolResult, AnswerOut]:
        """Answer a question from the library, every sentence with the citation it rests on.

        The outcome is "answered", "partly" (then what is not found is listed), or "declined" where
        the library does not say it. Each sentence has a verdict of the check against its source.
        """
        asked = Question(
            question, tuple(Turn(one) for one in history), as_of, since, tuple(publishers),
            tuple(documents),
        )  # fmt: skip
        asker = _asker(context)
        steps = service.answers(asked, asker=asker, engine=engine, pulse=_PULSE)
        answer = await _watched(
            steps, context, lambda one: (len(one.claims), None, one.growing or one.notice)
        )
        text = ChatText()
        text.finished(answer)
        return _result(text.text, answer_json(answer))

    @server.tool(title="Search passages", annotations=_READS)
    async def search(
        query: Annotated[str, Field(description="What to look for: words or a question.")],
        context: Context[Any, Any],
        limit: Annotated[int, Field(ge=1, le=50, description="How many passages.")] = 8,
        as_of: _AsOf = "",
        since: _Since = "",
        publishers: _Publishers = [],  # noqa: B006
        documents: _Documents = [],  # noqa: B006
    ) -> Annotated[CallToolResult, SearchOut]:
        """Find passages of the library, best first, each with its document and its offsets.

        For a question that is to be answered, `ask` is better: it checks what it says.
        """
        asked = Question(query, (), as_of, since, tuple(publishers), tuple(documents), limit)
        steps = service.found(asked, asker=_asker(context), pulse=_PULSE)
        found = await _watched(steps, context, lambda one: (len(one), None, ""))
        results = [evidence_json(one) for one in found]
        return _result(_passages_text(found), {"query": query, "results": results})

    @server.tool(title="List documents", annotations=_READS)
    async def sources(
        context: Context[Any, Any],
        contains: Annotated[
            str, Field(description="Only documents with this in their title or publisher.")
        ] = "",
        offset: Annotated[int, Field(ge=0, description="How many to pass over.")] = 0,
        limit: Annotated[int, Field(ge=1, le=500, description="How many to list.")] = 50,
    ) -> Annotated[CallToolResult, Documents]:
        """List the documents of the library, the newest publication first, with their ids."""
        listed = await _told(service.documents(_asker(context)))
        wanted = contains.casefold()
        fitting = [
            one for one in listed if wanted in f"{one['title']}\n{one['publisher']}".casefold()
        ]
        page = fitting[offset : offset + limit]
        lines = [
            f"{one['id']}  {one['title']}, {one['publisher']}, {one['published']}" for one in page
        ]
        lines.append(tr("{count} of {total} documents", count=len(page), total=len(fitting)))
        return _result("\n".join(lines), {"documents": page, "total": len(fitting)})

    @server.tool(title="Read a passage", annotations=_READS)
    async def passage(
        document: Annotated[str, Field(description="The id of the document.")],
        context: Context[Any, Any],
        start: Annotated[int, Field(ge=0, description="Its first character.")] = 0,
        end: Annotated[
            int | None, Field(description="After its last character; left out: 4,000 further on.")
        ] = None,
    ) -> Annotated[CallToolResult, PassageOut]:
        """Read a part of a document word for word, and what stands before and after it.

        `start` and `end` of a citation give its quote; up to 20,000 characters are read at once.
        """
        asker = _asker(context)
        whole = await _told(service.passage(document, asker=asker))
        last = min(end if end is not None else start + 4_000, start + _LONGEST_PASSAGE)
        last = min(last, whole.end) if end is None else last
        found = await _told(service.passage(whole.document, start, last, asker=asker))
        source = citation_line(found.whole.source, found.whole.passage(start, last).page_name)
        return _result(f"{source} [{start}–{last}]\n\n{found.text}", passage_json(found))

    @server.resource(
        "briefing://documents/{document}",
        title="A document of the library",
        description="The whole text of a document by its id, as it was read.",
        mime_type="text/plain",
    )
    async def document_text(document: str, context: Context[Any, Any]) -> str:
        try:
            found = await service.passage(document, asker=_asker(context))
        except BriefingError as error:
            raise ResourceError(str(error)) from error
        return found.whole.text


def _add_memo(server: MCPServer[Any], service: Service, *, keeps: bool) -> None:
    """Add the tool that writes a memo; it is kept where writing was allowed."""
    kept_line = "It is kept in the library." if keeps else "It is returned and not kept."
    about = f"""Write a briefing memo on a topic from the library, every sentence cited and checked.

        Takes from seconds to minutes. {kept_line} Fails where the library has nothing on the topic.
        """

    @server.tool(
        title="Write a memo",
        description=about,
        annotations=ToolAnnotations(
            read_only_hint=not keeps, destructive_hint=False, open_world_hint=False
        ),
    )
    async def memo(
        topic: Annotated[str, Field(description='What it is on: "Export controls on memory".')],
        context: Context[Any, Any],
        template: Annotated[
            str, Field(description='Its form: "bluf", "judgments", "crs", or one of the user\'s.')
        ] = "bluf",
        length: Annotated[
            int, Field(ge=0, le=20_000, description="Words at most; 0 is what its form has.")
        ] = 0,
        audience: Annotated[str, Field(description="For whom it is.")] = "",
        as_of: _AsOf = "",
        since: _Since = "",
        publishers: _Publishers = [],  # noqa: B006
        documents: _Documents = [],  # noqa: B006
        engine: _Engine = "",
    ) -> Annotated[CallToolResult, WrittenMemo]:
        asker = _asker(context)
        request = Request(
            topic, template, as_of, since, tuple(publishers), (), tuple(documents), audience, length
        )
        _, job = await _told(service.begin_memo(request, asker=asker, engine=engine))
        steps = service.memo_steps(job, _PULSE)
        written = await _watched(steps, context, lambda one: (len(one.sections), None, one.notice))
        name = await _told(service.kept(written)) if keeps and asker == ANYONE else ""
        return _result(_markdown(written), {"memo": _as_json(written), "kept": name})


def _add_writing(server: MCPServer[Any], service: Service) -> None:
    """Add the tools that change the library."""

    @server.tool(
        title="Add documents",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, open_world_hint=True
        ),
    )
    async def add(
        paths: Annotated[
            list[str],
            Field(min_length=1, description="Whole paths of files and folders, or web addresses."),
        ],
        context: Context[Any, Any],
        publisher: Annotated[str, Field(description="Who published all of them.")] = "",
        published: Annotated[str, Field(description="When: an ISO date.")] = "",
    ) -> Annotated[CallToolResult, Added]:
        """Read files, folders and web addresses into the library; say what became of each."""

        def shown(step: Progress | tuple[Report, ...]) -> tuple[float, float | None, str]:
            if isinstance(step, Progress):
                return step.done, step.total, step.note
            return 1, None, ""

        steps = service.added(paths, publisher, published, pulse=_PULSE)
        reports: tuple[Report, ...] = await _watched(steps, context, shown)
        lines = []
        for one in reports:
            counts = {"added": len(one.added), "replaced": len(one.replaced),
                      "unchanged": len(one.unchanged), "refused": len(one.refused)}  # fmt: skip
            lines += [f"{name}: {count}" for name, count in counts.items() if count]
            lines += [f"- {refused.path}: {refused.message}" for refused in one.refused]
        return _result("\n".join(lines), {"reports": [report_json(one) for one in reports]})

    @server.tool(
        title="Remove a document",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, open_world_hint=False
        ),
    )
    async def remove(
        document: Annotated[str, Field(min_length=1, description="The id of the document.")],
    ) -> Annotated[CallToolResult, Listed]:
        """Take a document out of the library; adding its file again brings it back."""
        entry = await _told(service.removed(document))
        return _result(
            tr("removed: {source}", source=citation_line(entry.source)), entry_json(entry)
        )


def _scope(context: Context[Any, Any]) -> Any:
    """Return the scope of the HTTP request that a call came with; None over a pipe."""
    return getattr(context.request_context.request, "scope", None)


def _asker(context: Context[Any, Any]) -> Asker:
    """Return who asks: over HTTP whoever signed in, over a pipe the owner of the process."""
    scope = _scope(context)
    return asker_of(scope) if scope is not None else ANYONE


def _request(context: Context[Any, Any] | None) -> tracing.Request | None:
    """Return the request that a call came with, for the log."""
    scope = _scope(context) if context is not None else None
    if scope is None:
        return tracing.request()
    headers = {name.decode("latin-1"): one.decode("latin-1") for name, one in scope["headers"]}
    found = tracing.request_of(headers)
    found.asker = asker_of(scope).name
    return found


async def _told(work: Any) -> Any:
    """Return what some work returns; a failure of ours is the tool's error, as one line."""
    try:
        return await work
    except BriefingError as error:
        raise ToolError(str(error)) from error


async def _watched(steps: AsyncGenerator[Any, None], context: Context[Any, Any], shown: Any) -> Any:
    """Return the last step of some work, telling how far it is; a failure is the tool's error.

    `shown` gives of a step how far it is, of how much (None unknown), and a line. A call that is
    cancelled stops the work.
    """
    last, told = None, 0.0
    try:
        async with aclosing(steps) as open_steps:
            async for step in open_steps:
                line: str
                if isinstance(step, InLine):
                    done, total, line = told, None, step.words()
                else:
                    done, total, line = shown(step) if step is not None else (told, None, "")
                    last = step if step is not None else last
                # The protocol wants each number to be larger than the one before it.
                told = max(float(done), told + 0.001)
                await context.report_progress(told, total, " ".join(str(line).split()) or None)
    except BriefingError as error:
        raise ToolError(str(error)) from error
    if last is None:
        raise ToolError(str(tr("the work ended without a result; see the log")))
    return last


def _result(text: str, fields: dict[str, Any]) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=str(text))], structured_content=fields
    )


def _passages_text(found: tuple[Evidence, ...]) -> str:
    if not found:
        return str(tr("No passage matches."))
    return "\n\n".join(
        f"{one.label}. {citation_line(one.source, one.passage.page_name)} "
        f"({one.passage.document} {one.passage.start}–{one.passage.end})\n{one.passage.text}"
        for one in found
    )


def _markdown(memo: Memo) -> str:
    return exported(memo, "md").decode()


def _as_json(memo: Memo) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(exported(memo, "json"))
    return values


__all__ = ["mcp_server"]
