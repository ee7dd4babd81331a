"""Traces sent to a collector by OpenTelemetry's protocol; loaded only where one was named.

Nothing is registered for all of the process: what other libraries would trace goes nowhere.
"""

from __future__ import annotations

import importlib.metadata
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

from corpus import tracing
from corpus.errors import UsageError
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)
# Seconds that the collector has to take a batch, and that the end of the program waits for the last
# one: a collector that answers takes it in milliseconds.
_EXPORT_TIMEOUT, _LAST_TIMEOUT = 5.0, 1.0
# Spans that wait to be sent: of a collector that is away no more are kept.
_WAITING = 4096
_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
# Its loggers say every few seconds that a collector is away.
_LOGGERS = ("opentelemetry.exporter.otlp.proto.grpc", "opentelemetry.sdk")


@contextmanager
def traces_to(address: str, *, part: str) -> Iterator[None]:
    """Send the spans of the block to a collector; "" for none.

    `address` is that of its gRPC port, http://HOST:4317 or https://…, `part` names this server
    among others. A collector that is away costs nothing: its spans are lost, which the log says
    once. Raises UsageError for what is no such address, or where the packages are missing.
    """
    if not address:
        yield
        return
    exporting = _Exporting(address, part)
    tracing.keep_spans(exporting)
    try:
        yield
    finally:
        tracing.keep_spans(None)
        exporting.close()


class _Exporting:
    """The tracer that sends what it keeps."""

    def __init__(self, address: str, part: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UsageError(
                tr(
                    "{address} is no address of a collector; give BRIEFING_TELEMETRY as "
                    "http://HOST:4317",
                    address=address,
                )
            )
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise UsageError(
                tr('traces need a package: pip install "briefing-assistant[server]"')
            ) from error
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        sender = OTLPSpanExporter(
            endpoint=address, insecure=parts.scheme == "http", timeout=_EXPORT_TIMEOUT
        )
        said = {
            "service.name": f"briefing-{part}",
            "service.version": importlib.metadata.version("briefing-assistant"),
        }
        self._provider = TracerProvider(resource=Resource(said), shutdown_on_exit=False)
        self._sender = _Told(sender, address)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                cast(Any, self._sender), max_queue_size=_WAITING, schedule_delay_millis=1000
            )
        )
        self._spans = self._provider.get_tracer("briefing")

    def begin(
        self,
        name: str,
        within: Any,
        attributes: Mapping[str, tracing.Attribute],
        ago: float = 0.0,
    ) -> Any:
        """Return a span; see `corpus.tracing.Tracer`."""
        from opentelemetry.trace import set_span_in_context

        parent = _remote(within) if isinstance(within, str) else within
        context = None if parent is None else set_span_in_context(parent)
        began = time.time_ns() - int(ago * 1e9)
        return self._spans.start_span(
            name, context=context, attributes=dict(attributes), start_time=began
        )

    def end(self, kept: Any, attributes: Mapping[str, tracing.Attribute], failure: str) -> None:
        """End a span; see `corpus.tracing.Tracer`."""
        from opentelemetry.trace import Status, StatusCode

        kept.set_attributes(dict(attributes))
        if failure:
            # The kind alone: its words may quote a question or a passage.
            kept.set_status(Status(StatusCode.ERROR, failure))
        kept.end()

    def parent_of(self, kept: Any) -> str:
        """Return the `traceparent` of a span."""
        context = kept.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def close(self) -> None:
        """Send what waits, for so long at most: the package's own limit is not kept by it."""
        if not self._sender.is_away:
            last = threading.Thread(target=self._provider.force_flush, name="traces", daemon=True)
            last.start()
            last.join(_LAST_TIMEOUT)
        self._sender.shutdown()
        self._provider.shutdown()


def _remote(parent: str) -> Any:
    """Return what stands for a span of another process; None for a header that is none."""
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

    found = _PARENT.fullmatch(parent)
    if found is None:
        return None
    trace, above, flags = (int(one, 16) for one in found.groups())
    return NonRecordingSpan(SpanContext(trace, above, True, TraceFlags(flags))) if trace else None


class _Told:
    """A sender that logs once that the collector is away, and once that it is back."""

    def __init__(self, sender: Any, address: str) -> None:
        self._sender = sender
        self._host = urlsplit(address).netloc.rpartition("@")[2]
        self.is_away = False

    def export(self, spans: Sequence[Any]) -> Any:
        """Send some spans; never raises."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        try:
            result = self._sender.export(spans)
        except Exception as error:  # noqa: BLE001  # reason: a fault of a collector stops nothing
            _LOG.warning("traces cannot be sent: %s", type(error).__name__)
            result = SpanExportResult.FAILURE
        away = result is not SpanExportResult.SUCCESS
        if away and not self.is_away:
            _LOG.warning("the collector of traces at %s takes none; they are lost", self._host)
        elif self.is_away and not away:
            _LOG.info("the collector of traces at %s takes them again", self._host)
        self.is_away = away
        return result

    def shutdown(self) -> None:
        """Stop sending, and trying again."""
        self._sender.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Say that nothing is held back here."""
        return True
