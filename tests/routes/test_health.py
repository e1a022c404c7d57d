"""Liveness, what is served, what is wrong, and the door to the metrics."""

from __future__ import annotations

import asyncio

import pytest

from app.routes import health
from tests.routes.standins import Edge


async def fine() -> str:
    """A check that finds nothing wrong."""
    return ""


async def gone() -> str:
    """A check that finds the store gone."""
    return "the store cannot be reached"


async def broken() -> str:
    """A check that is itself broken, with something in its message that nobody may see."""
    raise RuntimeError("Marker8731")


async def never() -> str:
    """A check that does not come back."""
    await asyncio.Event().wait()
    return ""


async def test_a_living_process_says_so_whatever_is_wrong() -> None:
    answer = await Edge(checks={"store": gone}).ask("GET", "/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_a_ready_process_says_which_content_it_serves_and_what_was_checked() -> None:
    answer = await Edge(checks={"store": fine}).ask("GET", "/health/ready")
    expected = {"status": "ready", "content": "1.2.3", "digest": "abc", "checks": {"store": "ok"}}
    assert (answer.status_code, answer.json()) == (200, expected)


async def test_what_is_wrong_is_named_beside_what_is_not_and_hooks_go_on() -> None:
    answer = await Edge(checks={"keys": fine, "store": gone}).ask("GET", "/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"] == {"keys": "ok", "store": "the store cannot be reached"}


async def test_a_check_that_breaks_counts_as_wrong_and_its_message_stays_inside() -> None:
    answer = await Edge(checks={"store": broken}).ask("GET", "/health/ready")
    assert (answer.json()["status"], answer.json()["checks"]) == (
        "degraded",
        {"store": "failed with RuntimeError"},
    )


async def test_a_check_that_does_not_come_back_counts_as_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)
    answer = await Edge(checks={"store": never}).ask("GET", "/health/ready")
    assert (answer.json()["status"], answer.json()["checks"]) == (
        "degraded",
        {"store": "no answer within 0.01 s"},
    )


async def test_the_metrics_are_made_from_what_the_checks_say() -> None:
    answer = await Edge(checks={"store": gone}).ask("GET", "/metrics")
    assert answer.text == repr({"store": "the store cannot be reached"})
    assert answer.headers["content-type"].startswith("text/plain; version=")


async def test_on_a_port_that_workers_share_there_are_no_metrics() -> None:
    edge = Edge(shared_port=8000)
    assert (await edge.ask("GET", "http://cds.example:8000/metrics")).status_code == 404
    assert (await edge.ask("GET", "http://cds.example:8001/metrics")).status_code == 200
