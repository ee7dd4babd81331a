"""Metrics for Prometheus: what was asked, how long each step took, how much waits.

Off unless `turn_on` is called: then nothing of prometheus_client is imported, and what is counted
goes nowhere. Labels are names of engines, outcomes and steps, never text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from corpus import tracing
from corpus.errors import UsageError
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)
# What is counted, with its labels.
_COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "briefing_questions": ("Questions by outcome and engine", ("outcome", "engine")),
    "briefing_documents_read": ("Files by what became of them", ("outcome",)),
    "briefing_model_errors": ("Failures of models", ("model",)),
    "briefing_inference_refused": ("Requests that were not computed", ("model", "reason")),
}
# What is measured, with its labels and the upper ends of its buckets.
_STEP_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
_PAIRS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_HISTOGRAMS: Mapping[str, tuple[str, tuple[str, ...], tuple[float, ...]]] = {
    "briefing_step_seconds": ("Seconds of work by step", ("step",), _STEP_SECONDS),
    "briefing_inference_batch_pairs": ("Pairs computed together", ("model",), _PAIRS),
    "briefing_inference_batch_requests": ("Requests computed together", ("model",), _PAIRS),
    "briefing_inference_wait_seconds": ("Seconds a request waited", ("model",), _STEP_SECONDS),
}
# What is read when it is looked at, with its label.
_GAUGES: Mapping[str, tuple[str, str]] = {
    "briefing_queue": ("Jobs that wait or are worked on", "kind"),
    "briefing_documents": ("Documents of the library", ""),
    "briefing_passages": ("Passages that are searched", ""),
    "briefing_index_behind": ("Changes of the library that the indexes do not show yet", ""),
    "briefing_inference_queue_pairs": ("Pairs that wait to be computed", "model"),
}
Reading = Callable[[], Iterable[tuple[str, float]]]


class _Metrics:
    """A registry of our own: what other libraries count is not in it, but for the process."""

    def __init__(self) -> None:
        try:
            import prometheus_client as prometheus
        except ImportError as error:
            raise UsageError(
                tr('metrics need a package: pip install "briefing-assistant[server]"')
            ) from error
        self.registry = prometheus.CollectorRegistry()
        self.kept: dict[str, Any] = {}
        for name, (said, labels) in _COUNTERS.items():
            self.kept[name] = prometheus.Counter(name, said, labels, registry=self.registry)
        for name, (said, labels, ends) in _HISTOGRAMS.items():
            self.kept[name] = prometheus.Histogram(
                name, said, labels, buckets=ends, registry=self.registry
            )
        self.read: dict[str, Reading] = {}
        prometheus.ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def collect(self) -> Iterator[Any]:
        """Yield what is read when it is looked at; what cannot be read is left out."""
        from prometheus_client.core import GaugeMetricFamily

        for name, read in list(self.read.items()):
            said, label = _GAUGES[name]
            gauge = GaugeMetricFamily(name, said, labels=[label] if label else None)
            try:
                for value, number in read():
                    gauge.add_metric([value] if label else [], number)
            except Exception as error:  # noqa: BLE001  # reason: one that fails must not hide the rest
                _LOG.warning("the metric %s cannot be read", name, exc_info=error)
                continue
            yield gauge


_metrics: _Metrics | None = None


def turn_on() -> None:
    """Count and time from now on; raises UsageError where the package is missing."""
    global _metrics
    if _metrics is None:
        _metrics = _Metrics()
        tracing.time_steps(lambda step, seconds: observe("briefing_step_seconds", seconds, step))


def turn_off() -> None:
    """Forget what was counted, and count no more."""
    global _metrics
    _metrics = None
    tracing.time_steps(None)


def is_on() -> bool:
    """Say whether anything is counted."""
    return _metrics is not None


def count(name: str, *labels: str, times: int = 1) -> None:
    """Count something that happened, by the values of its labels."""
    if _metrics is not None and times:
        _metrics.kept[name].labels(*labels).inc(times)


def observe(name: str, value: float, *labels: str) -> None:
    """Note a measured value, by the values of its labels."""
    if _metrics is not None:
        _metrics.kept[name].labels(*labels).observe(value)


def gauge(name: str, read: Reading) -> None:
    """Have a value read whenever somebody looks: pairs of its label's value, or "", and it."""
    if _metrics is not None:
        _metrics.read[name] = read


def page() -> tuple[bytes, str]:
    """Return the metrics as Prometheus reads them, and the type of that; empty while it is off."""
    if _metrics is None:
        return b"", "text/plain; charset=utf-8"
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return generate_latest(_metrics.registry), CONTENT_TYPE_LATEST
