"""Hook calls of servers go past FastAPI's layers, and nobody can tell from the answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from app.limits import Limits
from tests.routes.standins import Edge, body
from tests.test_logs import breaking

HOOK = "/cds-services/example-order-sign"
ORIGIN = {"origin": "http://browser.example"}
VOLATILE = ("x-request-id", "server-timing", "content-length")


def comparable(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers without what differs from call to call, and without those of CORS."""
    told = {name: text for name, text in answer.headers.items() if name not in VOLATILE}
    cors = {"vary", *(name for name in told if name.startswith("access-control-"))}
    said = json.loads(answer.content.replace(answer.headers["x-request-id"].encode(), b"id"))
    return answer.status_code, said, {name: text for name, text in told.items() if name not in cors}


@pytest.mark.parametrize(
    ("core", "method", "path", "options"),
    [
        ({}, "POST", HOOK, {"json": body()}),
        ({}, "POST", HOOK, {"content": b"{"}),
        ({}, "POST", HOOK, {"content": b"a", "headers": {"content-type": "text/plain"}}),
        ({}, "POST", HOOK, {"content": b"a", "headers": {"content-encoding": "gzip"}}),
        ({}, "POST", HOOK, {"content": b"a", "headers": {"content-length": "99999999999"}}),
        ({}, "POST", HOOK, {"json": body(hook="patient-view")}),
        ({}, "POST", "/cds-services/another", {"json": body()}),
        ({}, "POST", "/cds-services/", {"json": body()}),
        ({"core": breaking}, "POST", HOOK, {"json": body()}),
    ],
)
async def test_a_server_gets_what_a_browser_gets_but_for_cors(
    core: dict[str, Any], method: str, path: str, options: dict[str, Any]
) -> None:
    headers = options.pop("headers", {})
    server, browser = Edge(**core), Edge(**core)
    direct = await server.ask(method, path, headers=headers, **options)
    layered = await browser.ask(method, path, headers=headers | ORIGIN, **options)
    assert comparable(direct) == comparable(layered)
    assert "access-control-allow-origin" in layered.headers
    said = [
        edge.lines()[0] | dict.fromkeys(("at", "ms", "request_id", "raised_at")) for edge in (server, browser)
    ]
    assert said[0] == said[1]


def test_both_ways_count_into_the_same_room_for_bodies() -> None:
    app = Edge().app()

    def limits(stack: Any) -> Limits:
        return stack if isinstance(stack, Limits) else limits(stack.app)

    direct, layered = limits(app.direct), limits(app.build_middleware_stack())
    assert direct is not layered
    assert direct.held is layered.held
