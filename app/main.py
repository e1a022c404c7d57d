"""The application: knowledge, FHIR client, routes and wrappers, wired here and nowhere else."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import BinaryIO

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

from app import catalogue, logs
from app.answering import Answered, answer
from app.clients import Client
from app.knowledge.load import Knowledge, load
from app.knowledge.recommendation import Service
from app.limits import BodyLimit
from app.memory import Memory
from app.metrics import Metrics
from app.protocol.request import HookRequest
from app.record.fhir_client import FhirClient
from app.record.hydrate import hydrate
from app.record.prefetch import Material, Query
from app.routes.health import Check, health_routes
from app.routes.refusals import Refusals, no_such_method, no_such_path
from app.routes.services import AheadOfRouter, Endpoint, Hooks, discovery_routes
from app.routes.verify import anyone
from app.settings import Settings, now, today

MEMORY_SECONDS = 600.0
"""How long answers are remembered: a visit, not a day."""


def create_app(
    settings: Settings,
    knowledge: Knowledge | None = None,
    *,
    clock: Callable[[], datetime] = now,
    transport: httpx.AsyncBaseTransport | None = None,
    log_file: BinaryIO | None = None,
) -> FastAPI:
    """The whole service. FaultyContent when cards/ cannot be served; tests pass what is not `settings`."""
    content = knowledge or load(settings.cards)
    fhir = FhirClient(insecure=settings.mode == "development", transport=transport)
    memory = Memory(settings.memory_calls, MEMORY_SECONDS) if settings.memory_calls else None
    metrics = Metrics(content)
    logs.quiet()

    async def gather(client: Client, request: HookRequest, queries: tuple[Query, ...]) -> Material:
        material = await hydrate(request, queries, fhir, client.deadline_seconds)
        metrics.gathered(material)
        return material

    def decide(client: Client, service: Service, request: HookRequest, material: Material) -> Answered:
        answered = answer(content, client, service, request, material, today(settings, clock), memory)
        metrics.answered(service.hook, answered)
        return answered

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()  # what start-up built stays: without it a collection would walk all of it
        yield
        await fhir.close()

    unknown = Client("unknown", settings.deadline_ms / 1000, settings.max_cards)
    hooks = Hooks(endpoints(content), anyone(unknown), gather, decide)
    app = bare_app(settings, hooks, log_file, lifespan, metrics.request)
    app.include_router(discovery_routes(catalogue.discovery(content)))
    checks: dict[str, Check] = {}
    app.include_router(health_routes(content, checks, metrics.exposition))
    return app


def bare_app(
    settings: Settings,
    hooks: Hooks,
    log_file: BinaryIO | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
    watch: logs.Watch = logs.nobody,
) -> FastAPI:
    """The application with its hooks: what stands around every request, and how it refuses."""
    app = FastAPI(
        title="Plumbline",
        lifespan=lifespan,
        middleware=[*wrappers(settings, log_file, watch), Middleware(AheadOfRouter, hooks=hooks)],
        exception_handlers={404: no_such_path, 405: no_such_method},
        redirect_slashes=False,  # an EHR compares URLs letter by letter
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        docs_url=None,
        redoc_url=None,
    )
    app.router.routes.append(hooks.route())
    return app


def endpoints(knowledge: Knowledge) -> dict[str, Endpoint]:
    """Every service by its id, with the queries of its hook."""
    return {
        service.id: Endpoint(service, catalogue.queries(knowledge, service.hook))
        for service in knowledge.services.services
    }


def wrappers(
    settings: Settings, log_file: BinaryIO | None = None, watch: logs.Watch = logs.nobody
) -> list[Middleware]:
    """What stands around every request, outermost first: browsers need CORS headers on errors too."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=("GET", "POST", "OPTIONS"),
        allow_headers=("Authorization", "Content-Type"),
        expose_headers=("X-Request-ID",),
    )
    return [
        *([cors] if settings.origins else []),
        Middleware(logs.RequestLog, logs.logger(log_file), watch=watch, timed=settings.mode == "development"),
        Middleware(Refusals),
        Middleware(BodyLimit, limit=settings.body_limit),
    ]
