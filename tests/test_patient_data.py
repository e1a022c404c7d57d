"""What callers send of a patient is in no log, metric, journal or refusal, whichever field held it.

Traces have the same test in test_tracing.py.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from app.main import create_app
from app.settings import Settings
from tests.calls import (
    LOW_BACK_PAIN,
    TODAY,
    Json,
    condition,
    content,
    drug,
    observation,
    person,
    prefetched,
    prescription,
    procedure,
    request,
    study,
)

MARK = "Marker8731"
CODE = "87318731"
DAY = "1931-07-19"
PATH = "/cds-services/low-back-pain-order-sign"
SENT = (MARK, CODE, DAY)


def call() -> Json:
    """A call that gets cards, with something of the patient in every part."""
    record = prefetched(
        condition(LOW_BACK_PAIN, id="c1", text="low back pain"),
        condition(("snomed", CODE), id="c2", onsetDateTime=DAY),
        observation("8310-5", 39, "Cel"),
        procedure(("snomed", CODE)),
        prescription("197321"),
        patient=person(birthDate=DAY, name=[{"family": "F", "given": ["G"]}], identifier=[{"value": "1"}]),
    )
    orders = (
        study("72148", LOW_BACK_PAIN, note=[{"text": "n"}], requester={"reference": "Practitioner/1"}),
        drug("1049621", LOW_BACK_PAIN, dosageInstruction=[{"text": "one tablet"}]),
    )
    return {
        **request("order-sign", *orders, prefetch=record, encounterId="e1"),
        "fhirServer": "http://ehr.example/fhir",
        "fhirAuthorization": {"access_token": "t", "token_type": "Bearer", "scope": "s", "subject": "c"},
        "extension": {"com.example.x": "y"},
    }


def marked(whole: Json) -> Iterator[Json]:
    """The call once for each of its values, with a mark in its place, and once with a mark in keys."""
    for path in list(_leaves(whole, ())):
        changed = json.loads(json.dumps(whole))
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = MARK
        yield changed
    yield {**whole, MARK: MARK, "prefetch": {**whole["prefetch"], MARK: {"a": MARK}}}


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(each, (*path, key))
    else:
        yield path


def crashing(asked: httpx.Request) -> httpx.Response:
    """A FHIR server on which nobody counted."""
    raise RuntimeError(f"{MARK} {asked.url}")


def stored(folder: Path) -> bytes:
    """All that was written to disk."""
    return b"".join(each.read_bytes() for each in folder.iterdir())


async def test_whichever_field_holds_it_no_sink_has_what_was_sent(tmp_path: Path) -> None:
    log = io.BytesIO()
    store = tmp_path / "journal.sqlite"
    app = create_app(
        Settings.model_validate({"today": TODAY, "store_url": f"sqlite:///{store}"}),
        content(),
        transport=httpx.MockTransport(crashing),
        log_file=log,
    )
    refusals, statuses = [], set()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            whole = call()
            bodies = [*marked(whole), {**whole, "prefetch": {}}]
            for body in bodies:
                answer = await client.post(f"{PATH}?patient={MARK}", json=body, headers={"x-patient": MARK})
                statuses.add(answer.status_code)
                if answer.status_code != 200:
                    refusals.append(answer.text)
            report = {"card": MARK, "outcome": "overridden", "overrideReason": {"userComment": MARK}}
            await client.post(f"{PATH}/feedback", json={"feedback": [report]})
            metrics = (await client.get("/metrics")).text
            ready = (await client.get("/health/ready")).text
    kept = stored(tmp_path)
    assert statuses == {200, 400, 500}
    assert b"low-back-pain-order-sign" in kept
    sinks = {
        "log": log.getvalue().decode(),
        "metrics": metrics,
        "readiness": ready,
        "refusals": "".join(refusals),
        "journal": kept.decode("latin-1"),
    }
    assert [(name, mark) for name, text in sinks.items() for mark in SENT if mark in text] == []
