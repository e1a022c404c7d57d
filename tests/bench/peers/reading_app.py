"""The least that truly reading with fhir.resources costs: no service, a floor.

It decodes a call with orjson, reads each Condition and MedicationRequest of which a coding is in a value set
of `cards/` with its model, and answers fixed bytes. It decides nothing, and looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from fhir.resources.R4B import get_fhir_model_class

from app.knowledge.load import load
from tests.bench.floor import Message, Receive, Send, answer, read_body
from tests.integration.servers import ROOT

CODES = load(ROOT / "cards").codes
CONCEPT = {"Condition": "code", "MedicationRequest": "medicationCodeableConcept"}
MODELS = {name: get_fhir_model_class(name) for name in CONCEPT}


@cache
def watched(system: str, code: str) -> bool:
    """Whether a value set holds the code."""
    return bool(CODES.match([(system, code, "")], "").coded)


def relevant(prefetch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The Conditions and MedicationRequests with a watched code."""
    for bundle in prefetch.values():
        for entry in bundle.get("entry", ()):
            resource = entry["resource"]
            element = CONCEPT.get(resource["resourceType"])
            if element and any(watched(each["system"], each["code"]) for each in resource[element]["coding"]):
                yield resource


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """A bare ASGI application; any path, any method."""
    if scope["type"] == "http":
        called = orjson.loads(await read_body(receive) or b"{}")
        for resource in relevant(called.get("prefetch", {})):
            MODELS[resource["resourceType"]].model_validate(resource)
        await answer(send)
