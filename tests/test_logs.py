"""One line a request, and nothing of the patient in it."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest

from app import logs
from app.clients import Client
from app.errors import PreconditionFailed
from app.knowledge.recommendation import Service
from app.protocol.request import HookRequest
from app.protocol.response import Card, Response, Source
from app.record.prefetch import Material
from tests.routes.standins import Edge, Said, body

MARK = "Marker8731"


def marked(value: Any) -> Any:
    """The value with the mark in every string of it, keys among them."""
    if isinstance(value, dict):
        return {f"{key}{MARK}" if key == "other" else key: marked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each) for each in value]
    return f"{value}{MARK}" if isinstance(value, str) else value


def full(**changes: Any) -> dict[str, Any]:
    """A call with the mark in every field that may hold it."""
    patient = {"resourceType": "Patient", "id": MARK, "name": [{"family": MARK}], "birthDate": "1970-01-01"}
    drafts = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "ServiceRequest", "id": MARK}}],
    }
    return {
        "hook": "order-sign",
        "hookInstance": MARK,
        "fhirServer": f"http://{MARK}.example",
        "fhirAuthorization": {"access_token": MARK, "scope": MARK, "subject": MARK},
        "context": {
            "patientId": MARK,
            "userId": f"Practitioner/{MARK}",
            "encounterId": MARK,
            "selections": [f"ServiceRequest/{MARK}"],
            "draftOrders": drafts,
        },
        "prefetch": {"patient": patient, MARK: {"a": MARK}},
        "extension": {MARK: MARK},
        **changes,
    }


def breaking(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
    """A core whose exception has the patient in its message and in its locals."""
    patient = request.context.patient_id
    raise KeyError(f"no {patient}")


def speaking(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
    """A core whose cards have the patient in them."""
    source = Source(label=MARK)
    cards = [
        Card(uuid=str(uuid5(NAMESPACE_URL, name)), summary=MARK, indicator="critical", source=source)
        for name in "ab"
    ]
    return Said(Response(cards=cards), {"applies": 2})


async def test_a_call_is_one_line_with_its_counts_and_times() -> None:
    edge = Edge(speaking)
    answer = await edge.call(body(prefetch={"patient": {"resourceType": "Patient", "id": "1"}, "x": 1}))
    (line,) = edge.lines()
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/cds-services/{id}", 200)
    assert (line["hook"], line["service"]) == ("order-sign", "example-order-sign")
    assert (line["counts"], line["indicators"]) == ({"applies": 2}, {"critical": 2})
    assert line["prefetch"] == {"patient": "sent", "conditions": "absent"}
    assert (line["fetches"], line["ignored"], line["gaps"]) == (0, 1, {"Condition": 1})
    assert sorted(line["ms"]) == ["answer", "hydrate", "parse", "total"]
    assert line["ms"]["total"] >= 0


async def test_requests_have_different_ids() -> None:
    edge = Edge()
    await edge.ask("GET", "/health/live")
    await edge.ask("GET", "/health/live")
    assert len({line["request_id"] for line in edge.lines()}) == 2


async def test_the_other_routes_are_logged_by_their_template() -> None:
    edge = Edge()
    await edge.ask("GET", "/cds-services?patient=1")
    await edge.ask("GET", "/health/ready")
    assert [line["route"] for line in edge.lines()] == ["/cds-services", "/health/ready"]


@pytest.mark.parametrize(
    "sent",
    [
        full(),
        full(hook=MARK),
        full(context={"patientId": MARK}),
        full(context={"patientId": {MARK: MARK}}),
        full(context={"patientId": MARK, "selections": {MARK: MARK}}),
        full(context={"patientId": MARK, "draftOrders": {MARK: 1, "resourceType": MARK}}),
        full(prefetch={MARK: MARK, "patient": MARK, "conditions": {"resourceType": MARK}}),
        full(prefetch=[MARK]),
        full(fhirAuthorization={"access_token": f"{MARK} {MARK}"}),
        full(fhirServer=MARK),
        marked(body()),
        [MARK],
        f'{{"{MARK}": '.encode(),
    ],
)
@pytest.mark.parametrize("core", [breaking, speaking])
async def test_nothing_that_was_sent_is_logged(
    sent: Any, core: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, text=MARK, headers={"x": MARK})

    caplog.set_level(logging.DEBUG)
    logs.quiet()
    edge = Edge(core, fhir=server)
    headers = {"authorization": f"Bearer {MARK}", "x-request-id": MARK, "user-agent": MARK, "referer": MARK}
    await edge.call(sent, headers=headers, params={"patient": MARK})
    written = edge.log.getvalue().decode() + "".join(capfd.readouterr()) + caplog.text
    assert len(edge.lines()) == 1
    assert MARK.lower() not in written.lower()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"/{MARK}"), ("POST", f"/cds-services/{MARK}"), (MARK, "/cds-services"), (MARK, "/x")],
)
async def test_nothing_of_a_path_or_a_method_is_logged(method: str, path: str) -> None:
    edge = Edge()
    await edge.ask(method, path, content=b"{}")
    assert MARK.lower() not in edge.log.getvalue().decode().lower()


async def test_an_unexpected_exception_is_logged_as_its_type_and_places() -> None:
    edge = Edge(breaking)
    await edge.call(body())
    (line,) = edge.lines()
    assert (line["status"], line["failure"], line["exception"]) == (500, "Internal", "KeyError")
    assert any(place.startswith("app/routes/services.py:") for place in line["raised_at"])
    assert "test_logs.py:" in line["raised_at"][-1]


async def test_a_refusal_is_logged_with_its_kind_and_the_element() -> None:
    edge = Edge()
    await edge.call(body(hookInstance=1))
    (line,) = edge.lines()
    assert (line["status"], line["failure"], line["element"]) == (400, "BadRequest", "hookInstance")


async def test_a_failed_fetch_is_logged_with_its_reason() -> None:
    edge = Edge(fhir=lambda _: httpx.Response(403))
    await edge.call(body(prefetch={}, fhirServer="http://ehr.example/fhir"))
    (line,) = edge.lines()
    assert line["prefetch"] == dict.fromkeys(("patient", "conditions"), "absent, refused (403)")
    assert (line["fetches"], line["gaps"]) == (2, {"Patient": 1, "Condition": 1})


async def test_a_call_that_is_refused_for_lack_of_data_says_what_was_lacking() -> None:
    def refusing(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
        raise PreconditionFailed("Nothing was read.")

    edge = Edge(refusing)
    await edge.call(body(prefetch={}))
    (line,) = edge.lines()
    assert (line["status"], line["failure"]) == (412, "PreconditionFailed")
    assert line["prefetch"] == {"patient": "absent", "conditions": "absent"}


async def test_a_client_that_goes_away_is_a_line_and_no_failure() -> None:
    edge = Edge()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/cds-services/example-order-sign",
        "headers": [],
        "query_string": b"",
        "app": None,
    }
    await edge.app()(scope, receive, send)
    (line,) = edge.lines()
    assert (sent, line["status"], line["failure"]) == ([], 499, "ClientDisconnect")


def test_lines_are_json_with_a_time_in_utc() -> None:
    file = io.BytesIO()
    logs.logger(file)("request", status=200)
    written = json.loads(file.getvalue())
    assert (written["event"], written["status"], written["at"][-1]) == ("request", 200, "Z")


class Bytes(io.BytesIO):
    """A file that counts its writes."""

    writes = 0

    def write(self, data: Any) -> int:
        """Count, and write."""
        self.writes += 1
        return super().write(data)


def ended(number: int, afterwards: Any = None) -> logs.Ended:
    """A request that took a millisecond."""
    entry = logs.Line()
    entry.afterwards = afterwards
    return logs.Ended(entry, "POST", "/a", 200 + number, 0.001, 1_764_000_000.25)


async def test_what_is_told_together_leaves_in_one_write_with_the_time_of_each_request() -> None:
    file, counted = Bytes(), list[int]()
    afterwards = logs.Afterwards(file, lambda _, status, __: counted.append(status), seconds=3600)
    for number in range(3):
        afterwards.note(ended(number, lambda: counted.append(0)))
    assert (file.writes, counted) == (0, [])
    afterwards.catch_up()
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line["status"] for line in lines] == [200, 201, 202]
    assert {line["at"] for line in lines} == {"2025-11-24T16:00:00.250000Z"}
    assert (file.writes, counted) == (1, [0, 200, 0, 201, 0, 202])


async def test_what_leaves_together_is_no_more_than_a_pipe_takes_in_one_piece() -> None:
    pieces: list[bytes] = []

    class Pieces(Bytes):
        def write(self, piece: Any) -> int:
            pieces.append(bytes(piece))
            return len(piece)

    afterwards = logs.Afterwards(Pieces(), seconds=3600)
    for number in range(60):
        afterwards.note(ended(number))
    afterwards.catch_up()
    assert [json.loads(line)["status"] for piece in pieces for line in piece.splitlines()] == [
        *range(200, 260)
    ]
    assert all(piece.endswith(b"\n") and len(piece) <= 4096 for piece in pieces)
    assert len(pieces) < 6


class Unwritable(Bytes):
    """A file that takes nothing while it has a fault."""

    fault: Exception | None = None

    def write(self, data: Any) -> int:
        """Fail, or write."""
        if self.fault:
            raise self.fault
        return super().write(data)


@pytest.mark.parametrize(
    "fault",
    [OSError(errno.ENOSPC, "no room"), BrokenPipeError(), ValueError("write to closed file")],
    ids=repr,
)
async def test_a_log_that_cannot_be_written_is_nobodys_failure_and_goes_on_when_it_can(
    fault: Exception,
) -> None:
    file = Unwritable()
    afterwards = logs.Afterwards(file, seconds=3600)
    file.fault = fault
    afterwards.say("lost")
    logs.logger(file)("lost")
    afterwards.note(ended(0))
    afterwards.catch_up()
    file.fault = None
    afterwards.say("heard")
    assert [json.loads(line)["event"] for line in file.getvalue().splitlines()] == ["heard"]


async def test_what_is_left_at_the_end_is_told() -> None:
    file = Bytes()
    afterwards = logs.Afterwards(file, seconds=3600)
    running = asyncio.create_task(afterwards.run())
    await asyncio.sleep(0)
    afterwards.note(ended(0))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert b'"status":200' in file.getvalue()


async def test_a_warning_does_not_wait_for_the_requests_that_are_told_later() -> None:
    file = Bytes()
    afterwards = logs.Afterwards(file, seconds=3600)
    afterwards.note(ended(0))
    afterwards.say("store unavailable")
    assert [json.loads(line)["event"] for line in file.getvalue().splitlines()] == ["store unavailable"]


async def test_a_request_that_cannot_be_told_is_said_without_its_message_and_the_others_are_told() -> None:
    def broken() -> None:
        raise KeyError(MARK)

    file = Bytes()
    afterwards = logs.Afterwards(file, seconds=3600)
    afterwards.note(ended(0, broken))
    afterwards.note(ended(1))
    afterwards.catch_up()
    first, second = [json.loads(line) for line in file.getvalue().splitlines()]
    assert (first["event"], first["exception"]) == ("request not told", "KeyError")
    assert second["status"] == 201
    assert MARK.encode() not in file.getvalue()
