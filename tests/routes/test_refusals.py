"""Failures at any moment of an answer."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.routes.refusals import Refusals


async def messages(app: Any) -> list[str]:
    """The types of what is sent for one request to an application."""
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await Refusals(app)({"type": "http", "method": "GET"}, None, send)  # type: ignore[arg-type]
    return sent


async def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"half")(scope, receive, send)
        raise RuntimeError

    assert await messages(breaking) == ["http.response.start", "http.response.body"]


async def test_an_exception_before_the_answer_is_an_answer() -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    assert await messages(breaking) == ["http.response.start", "http.response.body"]
