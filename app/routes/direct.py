"""The short way of hook calls: past the layers that route, trace, and open to browsers."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.routes.services import PARENT, Hooks

_TYPED = (b"content-type", b"application/json")


class HookCalls:
    """ASGI application of hook calls alone, for those that nothing has to route."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self.hooks.call(scope["path"].rpartition("/")[2], scope, receive)
        headers = [(b"content-length", b"%d" % len(body)), _TYPED]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class App(FastAPI):
    """FastAPI, with hook calls taken past its layers, which cost as much as recalling an answer.

    `direct` answers calls that servers make; what comes from a browser's page, with an Origin, goes through
    all layers, as every other path and method does.
    """

    direct: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan."""
        if self.direct is not None and scope["type"] == "http" and scope["method"] == "POST":
            parent, _, name = scope["path"].rpartition("/")
            if parent == PARENT and name and all(header != b"origin" for header, _ in scope["headers"]):
                await self.direct(scope, receive, send)
                return
        await super().__call__(scope, receive, send)
