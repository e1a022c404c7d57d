"""The application: knowledge, FHIR client, routes and wrappers, wired here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import httpx
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Lifespan

from app import catalogue, door, logs
from app.answering import Answered, Collections, answering
from app.clients import Client
from app.content import Content, traces
from app.journal.hashes import hash_key
from app.journal.journal import Journal
from app.journal.numbers import Numbers
from app.journal.rounds import Rounds
from app.journal.store import open_store
from app.journal.writer import Writer
from app.knowledge.changes import changed
from app.knowledge.load import Knowledge, load
from app.knowledge.recommendation import Service
from app.limits import Bodies, Limits, Turns
from app.memory import Memory
from app.metrics import Metrics
from app.profiles import PROFILES
from app.protocol import discovery
from app.protocol.feedback import Feedback
from app.protocol.request import HookRequest
from app.rate import RatingProfile
from app.record.fhir_client import FhirClient
from app.record.hydrate import hydrate
from app.record.prefetch import Material, Query
from app.record.steps import Steps
from app.repeats import Repeats, Reply
from app.routes.direct import App, HookCalls
from app.routes.feedback import feedback_route
from app.routes.health import Check, health_routes
from app.routes.refusals import Refusals, no_such_method, no_such_path
from app.routes.services import PARENT, Endpoint, Hooks, Listing, Serving, discovery_routes
from app.routes.verify import Callers, Verify
from app.running import Close, lifespan, watching
from app.server import Refused, shed
from app.settings import Settings, now, today
from app.site import UNKNOWN, Site, read_site

UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
MEMORY_SECONDS = 600.0
"""How long answers are remembered: a visit, not a day."""


def create_app(
    settings: Settings,
    knowledge: Knowledge | None = None,
    *,
    read: Callable[[Path], Knowledge] = load,
    clock: Callable[[], datetime] = now,
    transport: httpx.AsyncBaseTransport | None = None,
    log_file: BinaryIO | None = None,
) -> FastAPI:
    """The whole service; tests pass what is not `settings`. FaultyContent for cards/ and the site file."""
    before = traces(settings.cards)
    first = knowledge or read(settings.cards)
    site = site_of(settings, first)
    fhir = fetching(settings, site, transport)
    records: Memory[Collections] | None = _memory(settings)
    metrics = Metrics(first)
    afterwards = afterwards_of(log_file, metrics)
    journal = journal_of(settings, clock, say := afterwards.say)
    metrics.registry.register(Numbers(journal.writer))

    async def gather(client: Client, request: HookRequest, queries: tuple[Query, ...]) -> Material:
        material = await hydrate(request, queries, fhir, client.deadline_seconds)
        metrics.gathered(material.states, material.gaps)
        return material

    day = partial(today, settings, clock)

    def serve(knowledge: Knowledge) -> Serving:
        return serving(knowledge, site, Repeats(_memory(settings), day), day, records)

    verify = door.verifier(settings, site, fhir, journal.writer.remember_once)
    hooks = Hooks(serve(first), verify, gather, partial(tell, metrics, journal))
    content = Content(settings.cards, before, first)
    running = [watching(content, hooks, serve, metrics, say)] if knowledge is None else []
    running += [afterwards.run, journal.writer.run, lambda: door.tell(settings, site, say)]
    traced, end = tracing_of(settings, content)
    app = bare_app(settings, hooks, afterwards, lifespan(running, [fhir.close, end]), traced)
    app.state.refused = Refused(say, metrics.refused)
    app.state.shed = wrapped(shed, cors(settings))
    app.include_router(discovery_routes(hooks))
    app.router.routes.append(feedback_route(hooks, partial(keep, metrics, journal, content)))
    numbers = partial(exposition, afterwards, metrics)
    shared = settings.port if settings.workers > 1 else None
    app.include_router(health_routes(content, checks_of(content, journal, verify), numbers, shared))
    return app


def fetching(settings: Settings, site: Site, transport: httpx.AsyncBaseTransport | None) -> FhirClient:
    """What fetches from FHIR servers and reads key sets."""
    reachable = door.networks(settings, site)
    return FhirClient(insecure=settings.mode == "development", networks=reachable, transport=transport)


def afterwards_of(log_file: BinaryIO | None, metrics: Metrics) -> logs.Afterwards:
    """What is told of requests that are over: at once to whoever passes a file of its own to read."""
    together = 0.0 if log_file else logs.TOGETHER_SECONDS
    return logs.Afterwards(log_file, metrics.request, seconds=together)


def exposition(afterwards: logs.Afterwards, metrics: Metrics, ready: Mapping[str, str]) -> bytes:
    """The metrics with all that happened until now; `ready` says by check what is wrong."""
    afterwards.catch_up()
    return metrics.exposition(ready)


def checks_of(content: Content, journal: Journal, verify: Verify) -> dict[str, Check]:
    """What readiness asks."""
    keys = {"keys": verify.keys_wrong} if isinstance(verify, Callers) else {}
    return {"content": content.check, "store": journal.writer.wrong, **keys}


def tell(metrics: Metrics, journal: Journal, line: logs.Line, service: Service, reply: Reply) -> None:
    """A hook was answered: count it, and leave it for the journal."""
    journal.note(line, service, reply)
    if reply.again:
        metrics.gathered(reply.states, reply.gaps)
    metrics.answered(service.hook, reply.answered)


async def keep(
    metrics: Metrics,
    journal: Journal,
    content: Content,
    client: Client,
    service: Service,
    feedback: tuple[Feedback, ...],
) -> None:
    """Feedback came: store it, and count it when it is stored. StoreUnavailable."""
    await journal.keep(content.knowledge, client, service, feedback)
    metrics.kept(feedback)


def journal_of(settings: Settings, clock: Callable[[], datetime], say: logs.Say) -> Journal:
    """The journal with its writer, which does not run yet."""
    key = hash_key(settings.hash_key)
    if key.drawn and settings.mode == "production":
        say("journal key drawn", what="hashes of this process compare with no others; set JOURNAL_KEY")
    rounds = Rounds(open_store(settings.store), settings.retention_days, say)
    return Journal(Writer(rounds, say), key, clock, keep_words=settings.feedback_words)


def site_of(settings: Settings, knowledge: Knowledge) -> Site:
    """The clients of the site file, among them the one that a caller is whom nobody knows. FaultySite."""
    profile = PROFILES[settings.profile]
    rating = RatingProfile() if profile.rated else None
    base = Client(
        UNKNOWN,
        settings.deadline_ms / 1000,
        settings.max_cards,
        rating,
        profile,
        hooks=frozenset(profile.hooks) or None,
        fhir_servers=None if settings.mode == "development" else frozenset(),
    )
    site = read_site(settings.site_file, base) if settings.site_file else Site({UNKNOWN: base})
    site.check(knowledge)
    return site


def serving(
    knowledge: Knowledge,
    site: Site,
    repeats: Repeats,
    day: Callable[[], date],
    records: Memory[Collections] | None,
) -> Serving:
    """What is served of a content: to each client its own part of it, as the site set it. FaultySite."""
    site.check(knowledge)
    own = {name: changed(knowledge, client.changes) for name, client in site.clients.items()}

    def decide(client: Client, service: Service, request: HookRequest, material: Material) -> Steps[Answered]:
        return answering(own[client.id], client, service, request, material, day(), records)

    listings = {name: listing(own[name], each) for name, each in site.clients.items()}
    return Serving(listings, decide, repeats)


def tracing_of(settings: Settings, content: Content) -> tuple[TelemetryConfig, Close]:
    """What FastAPI is told of traces, and what sends the last of them."""
    if settings.traces_url is None:
        return UNTRACED, nothing
    from app import tracing

    provider = tracing.provider(tracing.exporter(settings.traces_url), lambda: paths_of(content.knowledge))
    return tracing.telemetry(provider), partial(asyncio.to_thread, provider.shutdown)


async def nothing() -> None:
    """Closes what was never opened."""


def paths_of(knowledge: Knowledge) -> frozenset[str]:
    """Every path that is ours."""
    hooks = [f"{PARENT}/{each.id}" for each in knowledge.services.services]
    feedback = [f"{each}/feedback" for each in hooks]
    return frozenset({PARENT, *hooks, *feedback, "/health/live", "/health/ready", "/metrics"})


def _memory(settings: Settings) -> Memory[Any] | None:
    return Memory(settings.memory_calls, MEMORY_SECONDS) if settings.memory_calls else None


def bare_app(
    settings: Settings,
    hooks: Hooks,
    afterwards: logs.Afterwards,
    lifespan: Lifespan[FastAPI] | None = None,
    telemetry: TelemetryConfig = UNTRACED,
) -> FastAPI:
    """The application with its hooks: what stands around every request, and how it refuses."""
    logs.quiet()
    turns = Turns(patience=settings.deadline_ms / 2000)
    around = wrappers(settings, turns, afterwards)
    app = App(
        title="Plumbline",
        lifespan=lifespan,
        middleware=[*cors(settings), *around],  # browsers need CORS headers on errors too
        exception_handlers={404: no_such_path, 405: no_such_method},
        redirect_slashes=False,  # an EHR compares URLs letter by letter
        telemetry=telemetry,
        openapi_url=None,  # the contract is openapi/openapi.yaml
    )
    if telemetry is UNTRACED:  # traces are the work of the layers
        app.direct = wrapped(HookCalls(hooks), around)
    app.state.accepted = turns.accepted
    app.state.behind = lambda: turns.lag() > settings.deadline_ms / 4000
    app.router.routes.append(hooks.route())
    return app


def listing(knowledge: Knowledge, client: Client) -> Listing:
    """The services that a client may call, with the queries of their hooks."""
    endpoints = {
        service.id: Endpoint(service, catalogue.queries(knowledge, service.hook))
        for service in knowledge.services.services
        if client.hooks is None or service.hook in client.hooks
    }
    entries = [(each.service, each.queries) for each in endpoints.values()]
    later = client.profile.release != "1.0"
    return Listing(discovery.encode(catalogue.discovery(knowledge, entries, later=later)), endpoints)


def cors(settings: Settings) -> list[Middleware]:
    """What lets the pages of the origins in the settings read our answers."""
    opened = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=("GET", "POST", "OPTIONS"),
        allow_headers=("Authorization", "Content-Type"),
        expose_headers=("X-Request-ID", "Retry-After"),
    )
    return [opened] if settings.origins else []


def wrapped(app: ASGIApp, around: list[Middleware]) -> ASGIApp:
    """An application on its own with what stands around it, outermost first."""
    for each, placed, named in reversed(around):
        app = each(app, *placed, **named)
    return app


def wrappers(settings: Settings, turns: Turns, afterwards: logs.Afterwards) -> list[Middleware]:
    """What stands around every request, outermost first."""
    return [
        Middleware(logs.RequestLog, afterwards, timed=settings.mode == "development"),
        Middleware(Refusals),
        Middleware(
            Limits, body=settings.body_limit, wait=settings.deadline_ms / 2000, turns=turns, held=Bodies()
        ),
    ]
