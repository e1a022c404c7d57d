"""The ways to fail, each with its HTTP status and its sentence, rendered as an OperationOutcome.

Sentences name elements and limits of ours, never a value that was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Failure(Exception):
    """A refusal: HTTP `status`, FHIR issue `code`, a sentence, and the `element` it is about, if any.

    `headers` go with the answer; `reason` is a fixed word for the log and the metrics, never for the caller.
    """

    status = 500
    code = "exception"
    headers: Mapping[str, str] = {}
    reason = ""

    def __init__(self, sentence: str, element: str = "") -> None:
        self.sentence = sentence
        self.element = element
        super().__init__(sentence)


class BadRequest(Failure):
    """The request is not what the specification says; `code` tells structure, required and invalid."""

    status = 400
    code = "invalid"

    def __init__(self, element: str, what: str, code: str = "invalid") -> None:
        super().__init__(what, element)
        self.code = code


class Unauthorised(Failure):
    """The caller is not who it must be; why stands in the log only, as one fixed word."""

    status = 401
    code = "login"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.headers = {"WWW-Authenticate": "Bearer"}
        super().__init__("The caller could not be verified.")


class UnknownService(Failure):
    """No service has this id, or nothing is at this path."""

    status = 404
    code = "not-found"

    def __init__(self, what: str = "There is no such service") -> None:
        super().__init__(f"{what}. GET /cds-services lists the services.")


class NotAllowed(Failure):
    """The path exists, the method does not; `allow` is the value of the Allow header."""

    status = 405
    code = "not-supported"

    def __init__(self, allow: str) -> None:
        self.headers = {"Allow": allow} if allow else {}
        super().__init__(f"This path does not have that method. It has {allow or 'no other'}.")


class PreconditionFailed(Failure):
    """Data without which nothing can be said was not sent and could not be fetched."""

    status = 412
    code = "incomplete"

    def __init__(self, what: str, element: str = "") -> None:
        super().__init__(what, element)


class TooLarge(Failure):
    """The body is larger than `limit` bytes."""

    status = 413
    code = "too-long"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes. Send less prefetch, or raise the limit.")


class TooMuch(Failure):
    """The body is small enough in bytes, but holds more than can be read in time."""

    status = 413
    code = "too-costly"

    def __init__(self, what: str, element: str = "") -> None:
        super().__init__(what, element)


class HeadTooLarge(Failure):
    """The headers together are larger than `limit` bytes."""

    status = 431
    code = "too-long"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The headers are larger than {limit} bytes.")


class TooSlow(Failure):
    """The request did not arrive within so many seconds."""

    status = 408
    code = "timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request did not arrive within {seconds:g} seconds.")


class Overloaded(Failure):
    """More calls are in flight than can be answered in time; `reason` says how that was seen."""

    status = 503
    code = "throttled"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.headers = {"Retry-After": "1"}
        super().__init__("The service is overloaded and computed no advice. Try again later.")


class UnsupportedMediaType(Failure):
    """The body is not JSON, or is compressed."""

    status = 415
    code = "not-supported"

    def __init__(self, what: str) -> None:
        super().__init__(what)


class Unavailable(Failure):
    """Something that this needs is not there now; the client may try again after so many seconds."""

    status = 503
    code = "transient"

    def __init__(self, what: str, retry_after: int) -> None:
        self.headers = {"Retry-After": str(retry_after)}
        super().__init__(what)


class Internal(Failure):
    """An unexpected exception; the request id leads to its line in the log."""

    status = 500
    code = "exception"

    def __init__(self, request_id: str = "") -> None:
        self.request_id = request_id
        super().__init__(
            "The service failed and computed no advice. This is not the same as having none to give."
        )


def outcome(failure: Failure) -> dict[str, Any]:
    """The OperationOutcome of a failure: what is wrong and what to do about it."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": failure.code,
        "details": {"text": failure.sentence},
    }
    if failure.element:
        issue["expression"] = [failure.element]
    if isinstance(failure, Internal) and failure.request_id:
        issue["diagnostics"] = f"Request {failure.request_id} in the log of the service."
    return {"resourceType": "OperationOutcome", "issue": [issue]}
