"""The web edge around a core that is a function: two services, no content."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi.telemetry import TelemetryConfig

from app.clients import Client
from app.knowledge.recommendation import Service
from app.knowledge.shaped import written
from app.logs import Afterwards
from app.main import UNTRACED, bare_app
from app.protocol.discovery import Discovery, ServiceEntry, encode
from app.protocol.feedback import Feedback
from app.protocol.request import HookRequest
from app.protocol.response import Response
from app.record.fhir_client import FhirClient
from app.record.hydrate import hydrate
from app.record.prefetch import Material, Query
from app.record.readers.scope import Tally
from app.record.steps import Steps
from app.record.values import Order
from app.routes.feedback import Keep, feedback_route
from app.routes.health import Check, health_routes
from app.routes.services import Endpoint, Hooks, Listing, Serving, discovery_routes
from app.routes.verify import Verify, anyone
from app.settings import Settings

PATIENT = Query("patient", "Patient", "Patient/{{context.patientId}}")
CONDITIONS = Query("conditions", "Condition", "Condition?patient={{context.patientId}}")


async def kept(client: Client, service: Service, feedback: tuple[Feedback, ...]) -> None:
    """A store that takes everything."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a core answered."""

    response: Response
    counted: dict[str, int] = field(default_factory=dict)
    judged: tuple[Order, ...] = ()
    tally: Tally = field(default_factory=Tally)

    def counts(self) -> dict[str, int]:
        """The counts that it was given."""
        return self.counted


@dataclass(frozen=True, slots=True)
class Content:
    """Content by its name only."""

    version: str = "1.2.3"
    digest: str = "abc"


Core = Callable[[Client, Service, HookRequest, Material], Said]


def nothing(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
    """A core that has nothing to say."""
    return Said(Response(cards=[]))


def service(hook: str, orders: str) -> Service:
    """A service of a hook."""
    return written(
        Service,
        {
            "id": f"example-{hook}",
            "hook": hook,
            "title": "t",
            "description": "d",
            "usage_requirements": "u",
            "orders": orders,
        },
    )


def at_once(core: Core) -> Callable[..., Steps[Said]]:
    """A core as the edge runs it, in no steps at all."""

    def steps(*given: Any) -> Steps[Said]:
        yield from ()
        return core(*given)

    return steps


@dataclass(slots=True)
class Edge:
    """The web edge: `log` is what it wrote."""

    core: Core = nothing
    verify: Verify = field(default_factory=lambda: anyone(Client("someone")))
    settings: Settings = field(default_factory=Settings)
    fhir: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(404)
    log: io.BytesIO = field(default_factory=io.BytesIO)
    served: Content = Content()
    checks: dict[str, Check] = field(default_factory=dict)
    keep: Keep = kept
    shared_port: int | None = None

    telemetry: TelemetryConfig = field(default_factory=lambda: UNTRACED)

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request over ASGI; an exception that leaves the application fails the test."""
        transport = httpx.ASGITransport(self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            return await client.request(method, path, **options)

    async def call(self, body: Any, hook: str = "order-sign", **options: Any) -> httpx.Response:
        """One hook call."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json", **options.pop("headers", {})}
        path = f"/cds-services/example-{hook}"
        return await self.ask("POST", path, content=content, headers=headers, **options)

    def lines(self) -> list[dict[str, Any]]:
        """The log lines that were written."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def app(self) -> Any:
        """The application."""
        client = FhirClient(insecure=True, transport=httpx.MockTransport(self.fhir))

        async def gather(_: Client, request: HookRequest, queries: tuple[Query, ...]) -> Material:
            return await hydrate(request, queries, client, 5)

        entries = [ServiceEntry(hook="order-sign", id="example-order-sign", description="d")]
        services = [service("order-sign", "all"), service("patient-view", "none")]
        endpoints = {each.id: Endpoint(each, (PATIENT, CONDITIONS)) for each in services}
        listed = Listing(encode(Discovery(entries)), endpoints)
        serving = Serving(defaultdict(lambda: listed), at_once(self.core))
        hooks = Hooks(serving, self.verify, gather, lambda *_: None)
        app = bare_app(self.settings, hooks, Afterwards(self.log), telemetry=self.telemetry)
        app.router.routes.append(feedback_route(hooks, self.keep))
        app.include_router(discovery_routes(hooks))

        def exposition(ready: Mapping[str, str]) -> bytes:
            return repr(dict(ready)).encode()

        app.include_router(health_routes(self.served, self.checks, exposition, self.shared_port))
        return app


def body(hook: str = "order-sign", **changes: Any) -> dict[str, Any]:
    """A hook call with complete prefetch."""
    drafts = {"resourceType": "Bundle", "entry": []}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "p1", "userId": "Practitioner/1", "draftOrders": drafts},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": None},
        **changes,
    }
