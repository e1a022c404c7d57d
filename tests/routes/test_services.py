"""Discovery and hook calls over ASGI: statuses, headers, and OperationOutcomes for everything refused."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from app.clients import Client
from app.errors import PreconditionFailed
from app.knowledge.recommendation import Service
from app.protocol.request import HookRequest
from app.protocol.response import Card, Response, Source
from app.record.prefetch import Material
from app.settings import Settings
from tests.conformance.invariants import check_response
from tests.routes.standins import Edge, Said, body


def refused(response: httpx.Response, status: int, element: str | None = None) -> dict[str, Any]:
    """The issue of a refusal, after the checks that hold for every refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    OperationOutcome.model_validate(response.json())
    issue: dict[str, Any] = response.json()["issue"][0]
    assert issue.get("expression", [None]) == [element]
    return issue


def one_card(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
    """A core with one card."""
    card = Card(
        uuid="0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b11",
        summary=f"Read {len(material.resources)}.",
        indicator="warning",
        source=Source(label="Guideline"),
    )
    return Said(Response(cards=[card]), {"applies": 1})


def failing(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
    """A core that breaks."""
    raise RuntimeError("message with a Marker8731 in it")


async def test_discovery_lists_the_services() -> None:
    answer = await Edge().ask("GET", "/cds-services")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert [each["id"] for each in answer.json()["services"]] == ["example-order-sign"]


async def test_discovery_answers_head() -> None:
    answer = await Edge().ask("HEAD", "/cds-services")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_call_is_answered_with_the_cards_of_the_core() -> None:
    answer = await Edge(one_card).call(body())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["cards"][0]["summary"] == "Read 1."
    check_response(answer.json())


async def test_nothing_to_say_is_an_empty_list_and_200() -> None:
    answer = await Edge().call(body())
    assert (answer.status_code, answer.content) == (200, b'{"cards":[]}')


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=iso-8859-1",
        "Application/JSON;charset=utf-8",
        "application/fhir+json",
    ],
)
async def test_json_is_accepted_under_its_names(kind: str) -> None:
    assert (await Edge().call(body(), headers={"content-type": kind})).status_code == 200


async def test_a_missing_content_type_is_taken_to_be_json() -> None:
    answer = await Edge().ask("POST", "/cds-services/example-order-sign", content=b"{}")
    refused(answer, 400, "hook")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
async def test_another_content_type_is_refused(kind: str) -> None:
    refused(await Edge().call(body(), headers={"content-type": kind}), 415)


async def test_a_compressed_body_is_refused_rather_than_opened() -> None:
    bomb = gzip.compress(b"0" * 1_000_000)
    refused(await Edge().call(bomb, headers={"content-encoding": "gzip"}), 415)


@pytest.mark.parametrize(
    ("sent", "element"),
    [
        (b"not json", None),
        (b"", None),
        (b"[]", None),
        ({}, "hook"),
        (body(hookInstance=None), "hookInstance"),
        (body(context={}), "context.patientId"),
        (body(prefetch="x"), "prefetch"),
        (body(context={"patientId": "p1", "draftOrders": []}), "context.draftOrders"),
        (body(hook="order-select"), "hook"),
    ],
)
async def test_a_wrong_body_is_400_and_names_the_element(sent: Any, element: str | None) -> None:
    issue = refused(await Edge().call(sent), 400, element)
    assert issue["details"]["text"].endswith(".")


async def test_an_unknown_service_is_404_and_not_echoed() -> None:
    answer = await Edge().ask("POST", "/cds-services/Marker8731", json=body())
    refused(answer, 404)
    assert "Marker8731" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/cds-services/", "/cds-services/a/b", "/docs", "/Marker8731?patient=Marker8731"]
)
async def test_any_other_path_is_404_without_a_redirect(path: str) -> None:
    answer = await Edge().ask("GET", path)
    refused(answer, 404)
    assert "Marker8731" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/cds-services", "GET"),
        ("DELETE", "/cds-services", "GET"),
        ("GET", "/cds-services/example-order-sign", "POST"),
        ("PUT", "/cds-services/example-order-sign", "POST"),
        ("OPTIONS", "/cds-services/example-order-sign", "POST"),
        ("POST", "/health/live", "GET"),
    ],
)
async def test_another_method_is_405_and_says_which_there_are(method: str, path: str, allow: str) -> None:
    answer = await Edge().ask(method, path)
    refused(answer, 405)
    assert allow in answer.headers["allow"]


async def test_orders_that_were_withheld_are_412_before_anything_is_fetched() -> None:
    asked: list[httpx.Request] = []

    def remember(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500)

    sent = body(context={"patientId": "p1"}, prefetch={}, fhirServer="http://ehr.example")
    issue = refused(await Edge(fhir=remember).call(sent), 412, "context.draftOrders")
    assert ("scope" in issue["details"]["text"], asked) == (True, [])


async def test_a_hook_without_orders_needs_none() -> None:
    assert (
        await Edge().call(body("patient-view", context={"patientId": "p1"}), "patient-view")
    ).status_code == 200


async def test_the_core_may_refuse_for_lack_of_data() -> None:
    def refusing(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
        assert [gap.why for gap in material.gaps] == ["not sent", "not sent"]
        raise PreconditionFailed("Nothing was read.")

    issue = refused(await Edge(refusing).call(body(prefetch={})), 412)
    assert issue["code"] == "incomplete"


async def test_a_body_over_the_limit_is_413() -> None:
    edge = Edge(settings=Settings.model_validate({"body_limit": 100}))
    issue = refused(await edge.call(body()), 413)
    assert "100 bytes" in issue["details"]["text"]


async def test_a_body_of_unannounced_length_over_the_limit_is_413() -> None:
    async def parts() -> Any:
        for _ in range(3):
            yield b"x" * 50

    edge = Edge(settings=Settings.model_validate({"body_limit": 100}))
    path = "/cds-services/example-order-sign"
    refused(await edge.ask("POST", path, content=parts(), headers={"content-type": "application/json"}), 413)


async def test_an_unexpected_exception_is_500_and_says_nothing_of_what_happened() -> None:
    answer = await Edge(failing).call(body())
    issue = refused(answer, 500)
    assert answer.headers["x-request-id"] in issue["diagnostics"]
    assert ("Marker8731" in answer.text, "RuntimeError" in answer.text, "cards" in answer.json()) == (
        False,
    ) * 3
