"""What runs beside the requests, from start to stop, and the watch over the content among it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import Lifespan

from app.content import Change, Content
from app.knowledge.load import Knowledge
from app.logs import Say
from app.metrics import Metrics
from app.routes.services import Hooks, Serving

Close = Callable[[], Awaitable[None]]
"""What is closed after the last request."""
Running = Callable[[], Coroutine[Any, Any, None]]
"""What runs beside the requests, from start to stop."""


def lifespan(running: Iterable[Running], closes: Iterable[Close]) -> Lifespan[FastAPI]:
    """What runs beside the requests, and what is closed after the last of them."""

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(each()) for each in running]
        await asyncio.sleep(0)  # they begin before the first request
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for close in closes:
                await close()

    return alive


def settle() -> None:
    """What is there now stays: collections no longer walk it. What has gone since the last time is freed."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def watching(
    content: Content,
    hooks: Hooks,
    serving: Callable[[Knowledge], Serving],
    metrics: Metrics,
    say: Say,
) -> Running:
    """The watch over the content's folder, and what follows when it has changed."""

    def serve(changed: Knowledge) -> None:
        hooks.serving = serving(changed)
        metrics.serves(changed)

    def told(change: Change, why: str) -> None:
        metrics.reloads.labels(change.value).inc()
        say("content", change=change.value, why=why, content=content.version, digest=content.digest)
        settle()

    return lambda: content.watch(serve, told)
