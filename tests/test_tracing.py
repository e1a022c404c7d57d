"""Traces hold what is ours and nothing that a caller chose; without a collector there are none."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app import tracing
from app.main import create_app, paths_of
from app.settings import Settings
from tests.content import knowledge, write
from tests.routes.standins import Edge, body
from tests.test_logs import breaking

MARK = "Marker8731"
HOOK = "/cds-services/example-order-sign"
PATHS = {"/cds-services", HOOK}
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Traced:
    """The web edge with its spans kept."""

    def __init__(self, **edge: Any) -> None:
        self.kept = InMemorySpanExporter()
        self.provider = tracing.provider(self.kept, lambda: PATHS)
        self.edge = Edge(telemetry=tracing.telemetry(self.provider), **edge)

    def spans(self) -> tuple[ReadableSpan, ...]:
        """What was sent so far."""
        self.provider.force_flush()
        return self.kept.get_finished_spans()

    def text(self) -> str:
        """All that is in it."""
        return "".join(f"{each.to_json()}{each.context.trace_state}" for each in self.spans())


@pytest.fixture
def traced() -> Iterator[Traced]:
    """A traced edge that ends with its test."""
    made = Traced()
    yield made
    made.provider.shutdown()


async def test_a_hook_call_is_one_span_with_its_path_method_and_status(traced: Traced) -> None:
    await traced.edge.call(body())
    (span,) = traced.spans()
    said = dict(span.attributes or {})
    assert (said["url.path"], said["http.request.method"]) == (HOOK, "POST")
    assert said["http.response.status_code"] == 200
    assert span.resource.attributes["service.name"] == "plumbline"


async def test_a_span_belongs_to_the_trace_of_its_caller(traced: Traced) -> None:
    await traced.edge.call(body(), headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    (span,) = traced.spans()
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)  # type: ignore[union-attr]


async def test_what_the_caller_does_not_sample_is_not_kept(traced: Traced) -> None:
    await traced.edge.call(body(), headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
    assert traced.spans() == ()


async def test_nothing_that_a_caller_chose_stands_in_a_span(traced: Traced) -> None:
    headers = {
        "host": f"{MARK}.example",
        "user-agent": MARK,
        "traceparent": f"00-{TRACE}-{SPAN}-01",
        "tracestate": f"patient={MARK}",
        "baggage": f"patient={MARK}",
        "authorization": f"Bearer {MARK}",
    }
    marked = body(hookInstance=MARK, prefetch={MARK: MARK})
    await traced.edge.call(marked, headers=headers)
    await traced.edge.ask("GET", f"/cds-services?patient={MARK}", headers=headers)
    await traced.edge.ask("GET", f"/Patient/{MARK}", headers=headers)
    await traced.edge.ask("POST", f"/cds-services/{MARK}", headers=headers, json=marked)
    await traced.edge.ask(MARK.upper(), "/cds-services", headers=headers)
    paths = [(each.attributes or {})["url.path"] for each in traced.spans()]
    assert paths == [HOOK, "/cds-services", "other", "other", "/cds-services"]
    assert MARK.lower() not in traced.text().lower()


async def test_a_crash_is_a_failed_span_without_its_message() -> None:
    traced = Traced(core=breaking)
    answer = await traced.edge.call(body(context={"patientId": MARK, "draftOrders": {}}))
    (span,) = traced.spans()
    assert (answer.status_code, span.status.status_code.name, span.events) == (500, "ERROR", ())
    assert MARK not in traced.text()
    traced.provider.shutdown()


def test_the_paths_that_may_be_named_are_those_of_the_content() -> None:
    paths = paths_of(knowledge())
    assert {"/cds-services", "/cds-services/thumb-sign", "/cds-services/thumb-sign/feedback"} <= paths


async def test_a_collector_in_the_settings_gets_the_spans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, asked = InMemorySpanExporter(), []
    monkeypatch.setattr(tracing, "exporter", lambda url: asked.append(url) or kept)
    url = "http://127.0.0.1:4318/v1/traces"
    app = create_app(
        Settings(cards=write(tmp_path), traces_url=url, store_url=f"sqlite:///{tmp_path}/journal.sqlite"),
        knowledge(),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        async with app.router.lifespan_context(app):
            await client.get("/health/live")
        spans = kept.get_finished_spans()  # the end of the service sends them
    assert (asked, [(each.attributes or {})["url.path"] for each in spans]) == ([url], ["/health/live"])


def test_spans_reach_a_collector_over_http() -> None:
    got: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            plain = gzip.decompress(sent) if self.headers.get("Content-Encoding") == "gzip" else sent
            got.append(ExportTraceServiceRequest.FromString(plain))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        provider = tracing.provider(tracing.exporter(url), lambda: PATHS)
        provider.get_tracer("test").start_span("POST", attributes={"url.path": HOOK}).end()
        provider.shutdown()
        server.shutdown()
        thread.join()
    (span,) = got[0].resource_spans[0].scope_spans[0].spans
    assert (span.name, span.attributes[0].value.string_value) == ("POST", HOOK)


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    script = """
import sys, json
from app.main import create_app
from app.settings import Settings
create_app(Settings())
starts = ("opentelemetry.sdk", "requests", "google")
print(json.dumps([name for name in sys.modules if name.startswith(starts)]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
