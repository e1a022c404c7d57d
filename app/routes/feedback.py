"""Feedback on cards: verify, parse, keep, acknowledge. It is acknowledged when it is on disk, not before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from math import inf

from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app import logs
from app.clients import Client
from app.errors import Unavailable, UnknownService
from app.journal.store import StoreUnavailable
from app.knowledge.recommendation import Service
from app.limits import Limits
from app.protocol.feedback import LIMIT, Feedback, parse
from app.routes.services import PATH, Hooks, json_body

FEEDBACK_PATH = f"{PATH}/feedback"
RETRY_AFTER = 10
"""Seconds."""


Keep = Callable[[Client, Service, tuple[Feedback, ...]], Awaitable[None]]
"""Returns when feedback is durable; StoreUnavailable when it is not known to be."""


def feedback_route(hooks: Hooks, keep: Keep) -> BaseRoute:
    """`POST /cds-services/{id}/feedback`: 200 without a body, however often the same is sent."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        line = logs.line(scope)
        line.note(route=FEEDBACK_PATH)
        client = await hooks.verify(scope)
        line.note(client=client.id)
        endpoint = hooks.serving.listings[client.id].endpoints.get(scope["path_params"]["id"])
        if endpoint is None:
            raise UnknownService()
        line.note(service=endpoint.service.id)
        feedback = parse(await json_body(scope, receive, client))
        line.lap("parse")
        try:
            await keep(client, endpoint.service, feedback)
        except StoreUnavailable as lost:
            line.note(store=lost.why)
            raise Unavailable("The feedback could not be stored. Send it again later.", RETRY_AFTER) from lost
        line.lap("keep")
        line.note(feedback=Counter(each.outcome for each in feedback))
        await Response()(scope, receive, send)

    return Route(FEEDBACK_PATH, Limits(call, LIMIT, wait=inf), methods=["POST"])
