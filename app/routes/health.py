"""Whether the process lives, and which content it serves."""

from __future__ import annotations

from fastapi import APIRouter


def health_routes(content_version: str, digest: str) -> APIRouter:
    """`/health/live` and `/health/ready`; content that cannot be served never gets this far."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "live"}

    @router.get("/ready")
    async def ready() -> dict[str, str]:
        """The content is loaded: its version, and the SHA-256 of all its files."""
        return {"status": "ready", "content": content_version, "digest": digest}

    return router
