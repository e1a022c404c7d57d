"""Whole FHIR records put to the real content through the pure core, without HTTP: fast enough for many."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Raw

from app.answering import Answered, answer
from app.clients import Client
from app.knowledge.load import Knowledge, load
from app.protocol.request import Context, HookRequest
from app.protocol.response import encode
from app.record.prefetch import Material
from app.record.values import Gap
from tests.conformance.invariants import check_response

Json = dict[str, Any]
Encoded = tuple[str, Raw]
"""The type of a resource, and the resource as it is sent."""
SOURCES = (
    "Patient", "Condition", "Encounter", "Observation", "Procedure", "ServiceRequest", "AllergyIntolerance",
    "MedicationRequest", "DiagnosticReport", "ImagingStudy",
)  # fmt: skip
ROOT = Path(__file__).parents[1] / "cards"


@cache
def content() -> Knowledge:
    """The real content, loaded once."""
    return load(ROOT)


def encoded(resource: Json) -> Encoded:
    """A resource as it is sent."""
    return resource["resourceType"], Raw(json.dumps(resource).encode())


def put(
    resources: Iterable[Json | Encoded],
    hook: str,
    *drafts: Json,
    today: date,
    patient_id: str,
    unread: Iterable[str] = (),
    selections: tuple[str, ...] | None = None,
    encounter_id: str | None = None,
    max_cards: int | None = None,
) -> Answered:
    """The answer to one call; sources in `unread` were refused, all others were read in full.

    PreconditionFailed as the service has it. The response is checked against the invariants.
    """
    service = content().service(f"low-back-pain-{hook}")
    assert service is not None
    missing = tuple(unread)
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in drafts]}
    orders = None if hook == "patient-view" else Raw(json.dumps(bundle).encode())
    held: dict[str, tuple[Raw, ...]] = {}
    for each in resources:
        kind, raw = each if isinstance(each, tuple) else encoded(each)
        if kind not in missing:
            held[kind] = (*held.get(kind, ()), raw)
    gaps = tuple(Gap(source, "refused (403)") for source in missing)
    material = Material(held, gaps, frozenset(SOURCES) - set(missing))
    context = Context(patient_id, None, encounter_id, selections, orders)
    client = Client("tests", max_cards=max_cards)
    answered = answer(content(), client, service, HookRequest(hook, "i-1", context), material, today)
    check_response(json.loads(encode(answered.response)))
    return answered


def shown(answered: Answered) -> dict[str, str]:
    """Topic → indicator of the cards, the strongest where a topic has several."""
    found: dict[str, str] = {}
    for decision, _ in answered.composition.shown:
        found.setdefault(decision.id, decision.indicator)
    return found
