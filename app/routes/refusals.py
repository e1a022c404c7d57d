"""Every failure leaves as an OperationOutcome, whatever raised it and wherever."""

from __future__ import annotations

from typing import NoReturn

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs
from app.errors import Failure, Internal, NotAllowed, UnknownService, outcome


class Refusals:
    """ASGI wrapper: answers failures; an exception that nobody expected is a 500 and is logged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        line = logs.line(scope)
        try:
            await self.app(scope, receive, sending)
            return
        except ClientDisconnect:
            line.note(failure="ClientDisconnect")
            return
        except Failure as error:
            failure = error
            line.note(failure=type(error).__name__, **_details(error))
        except Exception as error:
            failure = Internal(line.request_id)
            line.note(failure="Internal", **logs.describe(error))
        if not started:
            await refusal(failure)(scope, receive, send)


def _details(failure: Failure) -> dict[str, str]:
    """What the log says of a failure beside its name."""
    said = {"element": failure.element, "reason": failure.reason}
    return {name: text for name, text in said.items() if text}


def refusal(failure: Failure) -> Response:
    """The response of a failure."""
    body = msgspec.json.encode(outcome(failure))
    return Response(body, failure.status, failure.headers, media_type="application/json")


def no_such_path(_: Request, __: Exception) -> NoReturn:
    """What the router answers where it knows no path, in our words."""
    raise UnknownService("There is nothing at this path") from None


def no_such_method(_: Request, error: Exception) -> NoReturn:
    """What the router answers where it knows the path only, in our words."""
    raise NotAllowed((getattr(error, "headers", None) or {}).get("Allow", "")) from None
