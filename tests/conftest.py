"""Every answer that any test gets from a service in this process passes the validator of the wire."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import settings

from tests.conformance.invariants import check_first_release, check_response

settings.register_profile("core", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("fuzz", deadline=None, max_examples=int(os.environ.get("FUZZ_EXAMPLES", "100")))
settings.load_profile("core")


@pytest.fixture(autouse=True, scope="session")
def every_answer_is_checked() -> Iterator[None]:
    """Checks what comes back through httpx's ASGI transport, which all tests of whole calls use."""
    passing_on = httpx.ASGITransport.handle_async_request

    async def checking(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        response = await passing_on(self, request)
        parent, _, last = request.url.path.rpartition("/")
        if (request.method, parent, response.status_code) == ("POST", "/cds-services", 200) and last:
            checks = check_first_release if request.extensions.get("release") == "1.0" else check_response
            checks(json.loads(await response.aread()))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.ASGITransport, "handle_async_request", checking)
        yield
