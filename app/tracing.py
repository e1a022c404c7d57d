"""Traces of requests by OpenTelemetry, where a collector is configured; nothing of a patient stands in them.

A caller chooses its path, query, host and trace state freely, and any of them could name somebody: only what
is on the lists below is kept. Imported only when traces are on: its packages cost start-up and memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

Paths = Callable[[], Collection[str]]
"""The paths that may be named now."""
KEPT = frozenset({"url.scheme", "http.request.method", "network.protocol.version"})
"""Attributes that are kept as they are; `url.path` is kept where it is one that may be named."""
OTHER = "other"


def exporter(url: str) -> SpanExporter:
    """Sends spans by OTLP over HTTP to a collector."""
    return OTLPSpanExporter(endpoint=url)


def provider(exporter: SpanExporter, paths: Paths) -> TracerProvider:
    """Gives spans to the exporter in batches; its `shutdown` sends the last of them."""
    named = Resource.create({"service.name": "plumbline"})
    made = TracerProvider(sampler=Listed(paths), resource=named, shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(exporter))
    return made


def telemetry(provider: TracerProvider) -> TelemetryConfig:
    """FastAPI's own spans, one a request, without logs: the text of an exception can hold patient data."""
    return {
        "tracing": True,
        "tracer_provider": provider,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }


class Listed(Sampler):
    """Keeps every span whose caller did not decide against it, with the attributes on the lists only."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Whether the span is kept, and with what; the caller's trace state ends here."""
        parent = get_current_span(parent_context).get_span_context()
        if parent.is_valid and not parent.trace_flags.sampled:
            return SamplingResult(Decision.DROP)
        return SamplingResult(Decision.RECORD_AND_SAMPLE, self._listed(attributes))

    def _listed(self, attributes: Attributes) -> Attributes:
        given = attributes or {}
        path = given.get("url.path")
        kept = {key: value for key, value in given.items() if key in KEPT}
        return {**kept, "url.path": path if path in self._paths() else OTHER}

    def get_description(self) -> str:
        """What it is called."""
        return "plumbline: what is listed"
