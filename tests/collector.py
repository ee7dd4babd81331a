"""A collector of traces on loopback: OpenTelemetry's own service over gRPC, which keeps spans."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass(frozen=True)
class Kept:
    """A span as it was sent; `within` is the id of the span that it is part of, "" for none."""

    name: str
    trace: str
    id: str
    within: str
    service: str
    failed: bool
    seconds: float
    attributes: dict[str, Any]


@dataclass
class Collector:
    """What was sent so far."""

    url: str
    spans: list[Kept] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, *names: str) -> dict[str, list[Kept]]:
        """Return the spans by name once there are some of each of these."""
        until = time.monotonic() + 60
        with self.arrived:
            while not set(names) <= {one.name for one in self.spans}:
                left = until - time.monotonic()
                if left <= 0:
                    pytest.fail(f"{names} wanted, {[one.name for one in self.spans]} sent")
                self.arrived.wait(left)
            found: dict[str, list[Kept]] = {}
            for one in self.spans:
                found.setdefault(one.name, []).append(one)
            return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector during the block; skips where the packages are not installed."""
    grpc = pytest.importorskip("grpc")
    service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc")
    messages = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    collector = Collector("")

    class Receiver(service.TraceServiceServicer):  # type: ignore[misc, name-defined]
        def Export(self, request: Any, context: Any) -> Any:
            with collector.arrived:
                for resource in request.resource_spans:
                    said = {one.key: one.value.string_value for one in resource.resource.attributes}
                    for scope in resource.scope_spans:
                        collector.spans += [_kept(one, said["service.name"]) for one in scope.spans]
                collector.arrived.notify_all()
            return messages.ExportTraceServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    service.add_TraceServiceServicer_to_server(Receiver(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    collector.url = f"http://127.0.0.1:{port}"
    try:
        yield collector
    finally:
        server.stop(0).wait(10)


def _kept(span: Any, service: str) -> Kept:
    return Kept(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        service,
        span.status.code == 2,
        (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes},
    )
