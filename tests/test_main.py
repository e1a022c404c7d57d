"""The whole service, wired with the real cards."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.knowledge.load import FaultyContent, Knowledge, load
from app.main import create_app
from app.settings import Settings

PRODUCTION = Settings(mode="production", allow_anonymous=True)


@cache
def content() -> Knowledge:
    """The cards of this repository, loaded once."""
    return load(Settings().cards)


async def ask(method: str, path: str, *, fhir: Any = None, **options: Any) -> httpx.Response:
    """One request to the whole service; `fhir` stands in for the FHIR server."""
    transport = httpx.MockTransport(fhir or (lambda _: httpx.Response(404)))
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    settings = Settings(deadline_ms=30_000)  # a busy machine may stand still for a while
    app = create_app(settings, content(), clock=lambda: moment, transport=transport, log_file=io.BytesIO())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        return await client.request(method, path, **options)


async def test_every_service_of_the_content_is_listed_and_can_be_called() -> None:
    listed = (await ask("GET", "/cds-services")).json()["services"]
    assert [each["id"] for each in listed] == [each.id for each in content().services.services]
    for each in listed:
        answer = await ask("POST", f"/cds-services/{each['id']}", json={})
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["hook"])


async def test_what_discovery_asks_for_is_what_is_fetched_when_it_was_not_sent() -> None:
    asked: list[str] = []

    def remember(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset"})

    listed = (await ask("GET", "/cds-services")).json()["services"]
    service = next(each for each in listed if each["hook"] == "patient-view")
    body = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "http://ehr.example/fhir",
        "context": {"patientId": "p1", "userId": "Practitioner/1"},
    }
    await ask("POST", f"/cds-services/{service['id']}", json=body, fhir=remember)
    wanted = {
        "/fhir/" + each.partition("?")[0].replace("{{context.patientId}}", "p1")
        for each in service["prefetch"].values()
    }
    assert set(asked) == wanted


async def test_without_any_data_a_call_is_412_rather_than_an_empty_list() -> None:
    service = next(each for each in content().services.services if each.hook == "patient-view")
    body = {"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "p1"}}
    answer = await ask("POST", f"/cds-services/{service.id}", json=body)
    assert (answer.status_code, answer.json()["resourceType"]) == (412, "OperationOutcome")


async def test_the_service_says_which_content_it_serves() -> None:
    ready = (await ask("GET", "/health/ready")).json()
    assert (ready["content"], ready["digest"]) == (content().services.content_version, content().digest)


async def test_starting_and_stopping_goes_through_every_wrapper(tmp_path: Path) -> None:
    events = iter(["lifespan.startup", "lifespan.shutdown"])
    said: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": next(events)}

    async def send(message: Any) -> None:
        said.append(message["type"])

    settings = Settings.model_validate({"store_url": f"sqlite:///{tmp_path}/journal.sqlite"})
    app = create_app(settings, content(), log_file=io.BytesIO())
    await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_faulty_content_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(FaultyContent):
        create_app(Settings(cards=tmp_path))


async def test_production_does_not_ask_a_plain_http_server() -> None:
    asked: list[httpx.Request] = []

    def remember(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404)

    transport = httpx.MockTransport(remember)
    app = create_app(PRODUCTION, content(), transport=transport, log_file=io.BytesIO())
    service = next(each for each in content().services.services if each.hook == "patient-view")
    body = {
        "hook": "patient-view",
        "hookInstance": "1",
        "fhirServer": "http://ehr.example/fhir",
        "context": {"patientId": "p1"},
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        answer = await client.post(f"/cds-services/{service.id}", json=body)
    assert (answer.status_code, asked) == (412, [])
