"""Discovery, and hook calls: verify; recall, or parse, hydrate, answer; tell, respond. No decisions here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope

from app import fit, logs
from app.answering import Answered
from app.clients import Client
from app.errors import BadRequest, PreconditionFailed, TooLarge, UnknownService, UnsupportedMediaType
from app.knowledge.recommendation import Service
from app.protocol.request import HookRequest, parse
from app.record.prefetch import Material, Query
from app.record.steps import Steps
from app.repeats import Repeats, Reply
from app.routes.verify import Verify
from app.turns import in_turns, pause

PARENT = "/cds-services"
PATH = f"{PARENT}/{{id}}"
LONG = 128 * 1024
"""Bytes of a body that take a good part of a millisecond to go through."""
_JSON = frozenset({b"", b"application/json", b"application/fhir+json"})


Hydrate = Callable[[Client, HookRequest, tuple[Query, ...]], Awaitable[Material]]
Answer = Callable[[Client, Service, HookRequest, Material], Steps[Answered]]
Tell = Callable[[logs.Line, Service, Reply], None]
"""Hears of every reply, recalled ones too, and never waits."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service with the queries of its hook."""

    service: Service
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What one client may call: the body that discovery answers, and the services by their ids."""

    discovery: bytes
    endpoints: Mapping[str, Endpoint]


@dataclass(frozen=True, slots=True)
class Serving:
    """The listings of one content by client, and what answers: a call keeps to one content throughout."""

    listings: Mapping[str, Listing]
    answer: Answer
    repeats: Repeats = field(default_factory=Repeats)


def discovery_routes(hooks: Hooks) -> APIRouter:
    """`GET /cds-services`, for whom `verify` lets in."""
    router = APIRouter()

    @router.head("/cds-services", include_in_schema=False)
    @router.get("/cds-services")
    async def services(http: Request) -> Response:
        """The services that this client may call, each with its hook and its prefetch."""
        client = await hooks.verify(http.scope)
        logs.line(http.scope).note(client=client.id)
        return Response(hooks.serving.listings[client.id].discovery, media_type="application/json")

    return router


class Hooks:
    """`POST /cds-services/{id}`: verify; recall, or parse, hydrate, answer; tell, respond.

    `serving` may be replaced at any time.
    """

    def __init__(self, serving: Serving, verify: Verify, hydrate: Hydrate, tell: Tell) -> None:
        self.serving = serving
        self.verify = verify
        self.hydrate = hydrate
        self.tell = tell

    def route(self) -> BaseRoute:
        """What the router knows of it: the path, and that POST is its only method."""

        async def call(http: Request) -> Response:
            body = await self.call(http.path_params["id"], http.scope, http.receive)
            return Response(body, media_type="application/json")

        return Route(PATH, call, methods=["POST"])

    async def call(self, name: str, scope: Scope, receive: Receive) -> bytes:
        """The body that answers one hook."""
        line = logs.line(scope)
        line.note(route=PATH)
        client = await self.verify(scope)
        line.note(client=client.id)
        serving = self.serving
        endpoint = serving.listings[client.id].endpoints.get(name)
        if endpoint is None:
            raise UnknownService()
        service = endpoint.service
        line.note(service=service.id, hook=service.hook)
        body = await json_body(scope, receive, client)
        sent = serving.repeats.sent(client, service, body)
        reply = serving.repeats.recall(sent)
        if reply is None:
            if len(body) > LONG:
                await pause()
            asked = _request(body, service)
            request = client.admitted(asked)
            unlisted = {"fhir_server": "not listed"} if asked.fhir_server and not request.fhir_server else {}
            line.note(**unlisted)
            line.lap("parse")
            material = await self.hydrate(client, request, endpoint.queries)
            line.lap("hydrate")
            gathered = _gathered(material)
            line.note(**gathered)
            answered = await in_turns(serving.answer(client, service, request, material))
            noted = {**unlisted, **gathered, **_counted(answered)}
            body = fit.body(answered.response, client.profile, answered.judged, request.fhir_version)
            reply = _reply(client, request, material, answered, noted, body)
            if not material.fetches:
                serving.repeats.keep(sent, client, reply, len(request.context.draft_orders or b""))
        line.lap("answer")
        line.note(**reply.noted)
        line.afterwards = partial(self.tell, line, service, reply)
        return reply.body


async def json_body(scope: Scope, receive: Receive, client: Client) -> bytes:
    """The body; refused where it is announced as anything but plain JSON, or too large for this client."""
    kind, coding = b"", b"identity"
    for name, value in scope["headers"]:
        if name == b"content-type":
            kind = value
        elif name == b"content-encoding":
            coding = value
    if kind not in _JSON and kind.partition(b";")[0].strip().lower() not in _JSON:
        raise UnsupportedMediaType("The body must be application/json.")
    if coding.lower() != b"identity":
        raise UnsupportedMediaType("The body must not be compressed.")
    body = await _received(receive)
    if client.body_limit is not None and len(body) > client.body_limit:
        raise TooLarge(client.body_limit)
    return body


async def _received(receive: Receive) -> bytes:
    """All of a body; ClientDisconnect when the client is gone before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _request(body: bytes, service: Service) -> HookRequest:
    """The parsed body; refused when it is for another hook, or when its orders were withheld."""
    request = parse(body)
    if request.hook != service.hook:
        raise BadRequest("hook", f"This service answers the hook {service.hook}, not this one.")
    if service.orders != "none" and request.context.draft_orders is None:
        element = "context.draftOrders"
        what = f"{element} was not sent; the client may lack the scope for unsigned orders."
        raise PreconditionFailed(what, element)
    return request


def _reply(
    client: Client,
    request: HookRequest,
    material: Material,
    answered: Answered,
    noted: dict[str, object],
    body: bytes,
) -> Reply:
    """What is told of a call, and may be remembered."""
    context = request.context
    whom = (context.patient_id, context.user_id, context.encounter_id)
    gathered = (material.states, material.gaps)
    return Reply(client.id, request.hook_instance, *whom, *gathered, answered, noted, body)


def _gathered(material: Material) -> dict[str, object]:
    """What the log says of the data: names of sources, numbers, and states of our own wording."""
    return {
        "prefetch": dict(material.states),
        "fetches": material.fetches,
        "ignored": material.ignored,
        "gaps": dict(Counter(gap.source for gap in material.gaps)),
    }


def _counted(answered: Answered) -> dict[str, object]:
    odd = answered.tally.odd()
    return {
        "counts": answered.counts(),
        "indicators": dict(Counter(card.indicator for card in answered.response.cards)),
        **({"reading": odd} if odd else {}),
    }
