"""A page of another origin, in a real browser: it reads every answer and every refusal, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.integration.browser import web_server
from tests.integration.servers import Running, service

pytestmark = pytest.mark.integration

HOOK = "/cds-services/low-back-pain-patient-view"
FETCH = """async ({url, method, headers, body, times}) => {
  try {
    const answer = await fetch(url, {method, headers, body: times ? body.repeat(times) : body});
    const text = await answer.text();
    const json = text ? JSON.parse(text) : null;
    return {status: answer.status, id: answer.headers.get('x-request-id'), json};
  } catch (error) {
    return {failed: error.name};
  }
}"""
JSON = {"Content-Type": "application/json"}
TIMES = {413: 11_000_000}
"""How often the page repeats a body: nobody carries eleven megabytes into a browser."""


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """An empty page of another origin."""
    (tmp_path / "index.html").write_text("<!doctype html><title>EHR</title>")
    with web_server(tmp_path) as origin:
        opened = browser.new_page()
        opened.goto(origin)
        yield opened
        opened.close()


def fetched(
    page: Page, url: str, method: str = "GET", token: str | None = "x", **options: Any
) -> dict[str, Any]:
    """What the page makes of a call; a browser asks beforehand whether it may send a token."""
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    headers = {**authorization, **options.pop("headers", {})}
    answer: dict[str, Any] = page.evaluate(
        FETCH, {"url": url, "method": method, "headers": headers, **options}
    )
    return answer


def test_a_page_reads_every_route(page: Page, cds: Running) -> None:
    listed = fetched(page, f"{cds.url}/cds-services")
    live = fetched(page, f"{cds.url}/health/live")
    body = (
        '{"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "p1"},'
        ' "prefetch": {"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": null}}'
    )
    called = fetched(page, cds.url + HOOK, "POST", headers=JSON, body=body)
    told = (
        '{"feedback": [{"card": "9f5d9a0c-3d0e-5a57-9a37-3c5e2a2f1b11", "outcome": "overridden",'
        ' "outcomeTimestamp": "2026-11-20T08:00:00Z"}]}'
    )
    heard = fetched(page, f"{cds.url}{HOOK}/feedback", "POST", headers=JSON, body=told)
    assert [each.get("status") for each in (listed, live, called, heard)] == [200] * 4
    assert len(listed["json"]["services"]) == 3
    assert called["json"]["cards"] == []
    assert len(called["id"]) == 32


@pytest.mark.parametrize(
    ("status", "method", "path", "headers", "body"),
    [
        (400, "POST", HOOK, JSON, "no json"),
        (404, "POST", "/cds-services/nothing", JSON, "{}"),
        (400, "POST", f"{HOOK}/feedback", JSON, "{}"),
        (405, "POST", "/cds-services", JSON, "{}"),
        (412, "POST", HOOK, JSON, '{"hook":"patient-view","hookInstance":"1","context":{"patientId":"p1"}}'),
        (413, "POST", HOOK, JSON, "x"),
        (415, "POST", HOOK, {"Content-Type": "text/plain"}, "x"),
    ],
)
def test_a_page_reads_every_refusal(
    page: Page, cds: Running, status: int, method: str, path: str, headers: dict[str, str], body: str | None
) -> None:
    answer = fetched(page, cds.url + path, method, headers=headers, body=body, times=TIMES.get(status))
    assert (answer.get("status"), answer["json"]["resourceType"]) == (status, "OperationOutcome")


def test_a_page_of_an_origin_that_is_not_listed_reads_nothing(page: Page) -> None:
    with service(cors_origins="https://ehr.example") as strict:
        answers = [fetched(page, f"{strict.url}{path}") for path in ("/cds-services", "/nowhere")]
    assert answers == [{"failed": "TypeError"}] * 2


def test_a_listed_origin_in_production_reads_what_it_may_and_that_it_may_not(page: Page) -> None:
    origin = page.evaluate("window.origin")
    with service(mode="production", today="", cors_origins=origin, allow_anonymous="true") as strict:
        listed = fetched(page, f"{strict.url}/cds-services", token=None)
        refused = fetched(page, f"{strict.url}/cds-services", token="of nobody")
    assert (listed.get("status"), refused.get("status")) == (200, 401)
    assert refused["json"]["resourceType"] == "OperationOutcome"
