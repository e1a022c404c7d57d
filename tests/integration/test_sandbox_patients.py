"""The patients of the sandbox profile, loaded as docker/sandbox does, and the cards that they have."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.integration.servers import ROOT, TODAY, fhir_server, missing_tool, needed, service

pytestmark = pytest.mark.integration
FOLDER = ROOT / "docker/sandbox"
NAMES = ("acute", "retention", "cancer", "alprazolam", "healthy")
FILE = FOLDER / "patients.json"


def load() -> Any:
    """docker/sandbox/load.py as a module."""
    spec = importlib.util.spec_from_file_location("load", FOLDER / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def receiving(got: list[dict[str, Any]]) -> Iterator[str]:
    """A server that says it is a FHIR server and keeps what is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200 if self.path == "/fhir/metadata" else 404)

        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(200)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/fhir"
        finally:
            server.shutdown()
            thread.join()


def test_the_loader_sends_one_transaction_that_can_be_sent_again(capsys: pytest.CaptureFixture[str]) -> None:
    got: list[dict[str, Any]] = []
    with receiving(got) as address:
        load().main(address, str(FILE))
    (bundle,) = got
    entries = bundle["entry"]
    assert bundle["type"] == "transaction"
    assert {each["request"]["method"] for each in entries} == {"PUT"}
    assert all(each["request"]["url"].endswith(each["resource"]["id"]) for each in entries)
    assert "@-" not in json.dumps(bundle)
    assert capsys.readouterr().out == "loaded acute, retention, cancer, alprazolam, healthy\n"


def test_the_runbook_is_right_about_who_has_cards() -> None:
    needed(missing_tool())
    resources = load().dated(json.loads(FILE.read_text(encoding="utf-8")), date.fromisoformat(TODAY))
    with fhir_server(resources) as fhir, service() as cds:
        shown = {name: cards(cds.url, fhir.url, name) for name in NAMES}
    assert "stepped-care" in shown["acute"]
    assert "suspect-cauda-equina" in shown["retention"]
    assert "new-pain-with-cancer-history" in shown["cancer"]
    assert shown["alprazolam"]
    assert shown["healthy"] == []


def cards(service_url: str, fhir_url: str, patient: str) -> list[str]:
    """The topics of the cards when the chart is opened and everything must be fetched."""
    body = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": fhir_url,
        "context": {"patientId": patient, "userId": "Practitioner/1"},
    }
    answer = httpx.post(f"{service_url}/cds-services/low-back-pain-patient-view", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    return [card["source"]["topic"]["code"] for card in answer.json()["cards"]]
