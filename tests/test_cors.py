"""Browsers: CORS headers on every route and every refusal of the whole service."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from tests.calls import request
from tests.content import knowledge

BROWSER = "http://browser.example"
JSON = {"content-type": "application/json"}
HOOK = "/cds-services/thumb-view"
SITE = """
clients:
  ehr:
    trust:
      iss: https://ehr.example
      jku: [https://ehr.example/keys]
"""
ROUTES = (
    ("GET", "/cds-services"),
    ("POST", HOOK),
    ("POST", f"{HOOK}/feedback"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
)


def broken(_: httpx.Request) -> httpx.Response:
    """A FHIR server on which nobody counted."""
    raise RuntimeError


@cache
def service(*origins: str, limit: int = 100_000) -> FastAPI:
    """The whole service with these origins; its FHIR server breaks it."""
    settings = Settings.model_validate({"cors_origins": origins or ("*",), "body_limit": limit})
    return create_app(settings, knowledge(), transport=httpx.MockTransport(broken), log_file=io.BytesIO())


async def ask(app: FastAPI, method: str, path: str, **options: Any) -> httpx.Response:
    """One request, as a page of BROWSER makes it."""
    headers = {"origin": BROWSER, **options.pop("headers", {})}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        return await client.request(method, path, headers=headers, **options)


def unreadable() -> dict[str, Any]:
    """A call whose record must be fetched."""
    return request("patient-view") | {"fhirServer": "http://ehr.example/fhir"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_is_open_to_browsers(method: str, path: str) -> None:
    asked = {
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,content-type",
    }
    preflight = await ask(service(), "OPTIONS", path, headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    assert preflight.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    # Named one by one: a star does not stand for Authorization.
    named = preflight.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type"} <= set(named)
    answer = await ask(service(), method, path)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "X-Request-ID, Retry-After"


@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (400, "POST", HOOK, {"content": b"no json", "headers": JSON}),
        (400, "POST", f"{HOOK}/feedback", {"json": {}}),
        (404, "POST", "/cds-services/nothing", {"json": {}}),
        (404, "GET", "/nowhere", {}),
        (405, "PUT", HOOK, {"json": {}}),
        (405, "POST", "/cds-services", {"json": {}}),
        (412, "POST", HOOK, {"json": request("patient-view")}),
        (413, "POST", HOOK, {"content": b"x" * 100_001, "headers": JSON}),
        (415, "POST", HOOK, {"content": b"<xml/>", "headers": {"content-type": "application/xml"}}),
        (431, "GET", "/cds-services", {"headers": {"x-long": "x" * 40_000}}),
        (500, "POST", HOOK, {"json": unreadable()}),
    ],
)
@pytest.mark.parametrize("origin", ["*", BROWSER])
async def test_every_refusal_can_be_read_by_the_page_that_called(
    status: int, method: str, path: str, options: dict[str, Any], origin: str
) -> None:
    answer = await ask(service(origin), method, path, **options)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, origin)
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(("method", "path"), ROUTES[:3])
async def test_a_page_learns_that_it_is_nobody_and_may_ask_beforehand_all_the_same(
    method: str, path: str, tmp_path: Path
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    settings = Settings(
        mode="production", public_url="https://cds.example", site_file=site, cors_origins=(BROWSER,)
    )
    guarded = create_app(settings, knowledge(), log_file=io.BytesIO())
    asked = {"access-control-request-method": method, "access-control-request-headers": "authorization"}
    preflight = await ask(guarded, "OPTIONS", path, headers=asked)
    answer = await ask(guarded, method, path)
    assert (preflight.status_code, answer.status_code) == (200, 401)
    assert [each.headers["access-control-allow-origin"] for each in (preflight, answer)] == [BROWSER] * 2


@pytest.mark.parametrize("origin", ["*", BROWSER])
async def test_a_call_that_is_one_too_many_can_be_read_too(origin: str) -> None:
    answer = await ask(service(origin).state.shed, "POST", HOOK, json={})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (503, origin)
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


def test_shedding_waits_for_nothing_though_it_looks_at_origins() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"origin", BROWSER.encode())]}
    with pytest.raises(StopIteration):
        service().state.shed(scope, None, send).send(None)
    assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"]


async def test_an_origin_that_is_not_listed_is_told_nothing() -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    listed = service("https://ehr.example")
    preflight = await ask(listed, "OPTIONS", HOOK, headers=asked)
    assert preflight.status_code == 400
    answers = [preflight, await ask(listed, "GET", "/cds-services"), await ask(listed, "GET", "/nowhere")]
    assert {each.headers.get("access-control-allow-origin") for each in answers} == {None}


async def test_production_lists_no_origin_unless_it_is_told_to() -> None:
    app = create_app(Settings(mode="production", allow_anonymous=True), knowledge(), log_file=io.BytesIO())
    assert "access-control-allow-origin" not in (await ask(app, "GET", "/cds-services")).headers


async def test_an_answer_for_one_origin_is_not_kept_for_another() -> None:
    answer = await ask(service(BROWSER), "GET", "/cds-services")
    assert answer.headers["vary"] == "Origin"
