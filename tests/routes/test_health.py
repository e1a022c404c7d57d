"""Liveness, and what is served."""

from __future__ import annotations

from tests.routes.standins import Edge


async def test_a_living_process_says_so() -> None:
    answer = await Edge().ask("GET", "/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_a_ready_process_says_which_content_it_serves() -> None:
    answer = await Edge().ask("GET", "/health/ready")
    assert answer.json() == {"status": "ready", "content": "1.2.3", "digest": "abc"}
