"""Feedback over ASGI: what is acknowledged, what is refused, and what is said of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from app.clients import Client
from app.journal.store import StoreUnavailable
from app.knowledge.recommendation import Service
from app.protocol.feedback import LIMIT, Feedback
from tests.routes.standins import Edge
from tests.routes.test_services import refused

PATH = "/cds-services/example-order-sign/feedback"
OVERRIDDEN = {
    "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-11-20T10:02:43.333Z",
}


async def send(edge: Edge, *reports: Any, path: str = PATH, **options: Any) -> httpx.Response:
    """Post reports."""
    return await edge.ask("POST", path, json={"feedback": reports}, **options)


async def test_feedback_is_kept_for_its_client_and_service_and_acknowledged() -> None:
    told: list[tuple[str, str, list[str]]] = []

    async def keep(client: Client, service: Service, feedback: tuple[Feedback, ...]) -> None:
        told.append((client.id, service.id, [each.outcome for each in feedback]))

    edge = Edge(keep=keep)
    answer = await send(edge, OVERRIDDEN, {**OVERRIDDEN, "outcome": "accepted"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert told == [("someone", "example-order-sign", ["overridden", "accepted"])]
    (line,) = edge.lines()
    assert (line["route"], line["feedback"]) == (
        "/cds-services/{id}/feedback",
        {"overridden": 1, "accepted": 1},
    )


async def test_what_cannot_be_stored_is_503_with_the_time_to_come_back() -> None:
    async def lose(client: Client, service: Service, feedback: tuple[Feedback, ...]) -> None:
        raise StoreUnavailable("the disk is full")

    edge = Edge(keep=lose)
    answer = await send(edge, OVERRIDDEN)
    issue = refused(answer, 503)
    assert (issue["code"], answer.headers["retry-after"]) == ("transient", "10")
    assert "full" not in answer.text
    assert edge.lines()[0]["store"] == "the disk is full"


async def test_feedback_for_an_unknown_service_is_404() -> None:
    refused(await send(Edge(), OVERRIDDEN, path="/cds-services/Marker8731/feedback"), 404)


async def test_a_malformed_report_is_400_with_its_element_and_nothing_is_kept() -> None:
    async def keep(client: Client, service: Service, feedback: tuple[Feedback, ...]) -> None:
        raise AssertionError

    answer = await send(Edge(keep=keep), OVERRIDDEN, {"card": "x", "outcome": "Marker8731"})
    refused(answer, 400, "feedback[1].outcome")
    assert "Marker8731" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"content-type": "text/plain"}, 415), ({"content-encoding": "gzip"}, 415)],
)
async def test_only_plain_json_is_read(headers: dict[str, str], status: int) -> None:
    refused(await send(Edge(), OVERRIDDEN, headers=headers), status)


async def test_the_body_has_a_limit_of_its_own() -> None:
    body = json.dumps({"feedback": [OVERRIDDEN], "extension": {"x": " " * LIMIT}})
    answer = await Edge().ask("POST", PATH, content=body, headers={"content-type": "application/json"})
    refused(answer, 413)


async def test_another_method_is_405() -> None:
    answer = await Edge().ask("GET", PATH)
    refused(answer, 405)
    assert answer.headers["allow"] == "POST"


async def test_browsers_may_read_the_acknowledgement() -> None:
    answer = await send(Edge(), OVERRIDDEN, headers={"origin": "http://browser.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
