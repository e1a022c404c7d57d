"""Whether the process lives, whether all that it needs is there, and its numbers for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.logs import describe

Check = Callable[[], Awaitable[str]]
"""Says in words of our own what is wrong, "" when nothing is. One that is late or raises counts as wrong."""
CHECK_SECONDS = 1.0
NOT_HERE = "Each worker has metrics of its own, worker n on this port + n.\n"


class Served(Protocol):
    """The content that is served."""

    @property
    def version(self) -> str:
        """As the content names itself."""
        ...

    @property
    def digest(self) -> str:
        """The SHA-256 of all its files."""
        ...


async def examined(checks: Mapping[str, Check]) -> dict[str, str]:
    """What is wrong by the name of the check, "" where nothing is; all are asked at once."""
    said = await asyncio.gather(*(_asked(each) for each in checks.values()))
    return dict(zip(checks, said, strict=True))


async def _asked(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:
        return f"failed with {describe(error)['exception']}"


def health_routes(
    served: Served,
    checks: Mapping[str, Check],
    exposition: Callable[[Mapping[str, str]], bytes],
    shared_port: int | None = None,
) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`.

    Whatever a check finds, hook calls are answered, and so `/health/ready` stays a 200: a fault that all
    replicas share would else take every one of them out of service. What is wrong is named, and measured.
    `exposition` makes the metrics from what the checks say. There are none on a `shared_port`, where now this
    worker answers, now that.
    """
    router = APIRouter(tags=["health"])

    @router.get("/health/live")
    async def live() -> Response:  # a model of the answer would make FastAPI import pydantic's first version
        """The process answers."""
        return JSONResponse({"status": "live"})

    @router.get("/health/ready")
    async def ready() -> Response:
        """The content with its digest, and each check: `ok`, or what is wrong."""
        found = await examined(checks)
        body = {
            "status": "degraded" if any(found.values()) else "ready",
            "content": served.version,
            "digest": served.digest,
            "checks": {name: what or "ok" for name, what in found.items()},
        }
        return JSONResponse(body)

    @router.get("/metrics", include_in_schema=False)
    async def metrics(http: Request) -> Response:
        """The metrics in Prometheus' text format."""
        if shared_port is not None and http.scope["server"][1] == shared_port:
            return Response(NOT_HERE, 404, media_type="text/plain")
        return Response(exposition(await examined(checks)), media_type=CONTENT_TYPE_LATEST)

    return router
