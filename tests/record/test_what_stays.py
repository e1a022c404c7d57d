"""What stays in memory of a record when its call is over: no long text, whoever sends it, however often."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import date
from typing import Any

import pytest

from tests.whole_records import put

TODAY = date(2026, 11, 20)
LENGTH, TIMES = 100_000, 30
SUBJECT = {"subject": {"reference": "Patient/p1"}}


def long(number: int) -> str:
    """A long text that is said only once."""
    return f"{number} low back pain " + "x" * LENGTH


def condition(number: int, **elements: Any) -> dict[str, Any]:
    """A problem that is watched."""
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "279039007"}]}
    return {"resourceType": "Condition", "id": f"c{number}", **SUBJECT, "code": code, **elements}


def prescription(number: int) -> dict[str, Any]:
    """An opioid with a long instruction."""
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "active",
        "intent": "order",
        **SUBJECT,
        "medicationCodeableConcept": {"text": "oxycodone 5 mg tablet"},
        "dosageInstruction": [{"text": long(number)}],
    }


@pytest.mark.parametrize(
    "resource",
    [
        lambda number: condition(number, code={"text": long(number)}),
        lambda number: condition(number, severity={"text": long(number)}),
        lambda number: condition(number, onsetDateTime=long(number)),
        lambda number: condition(number, onsetString=long(number), recordedDate=f"2026-01-01T{long(number)}"),
        lambda number: condition(number, code={"coding": [{"system": long(number), "code": long(number)}]}),
        prescription,
    ],
)
def test_a_long_text_is_gone_with_its_call(resource: Any) -> None:
    put([resource(TIMES)], "patient-view", today=TODAY, patient_id="p1")
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(TIMES):
            put([resource(number)], "patient-view", today=TODAY, patient_id="p1")
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < TIMES * LENGTH / 4
    finally:
        tracemalloc.stop()
