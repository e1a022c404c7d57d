"""The examples of the published contract: real calls, and what the service answers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.calls import LOW_BACK_PAIN, Json, ask, condition, drug, person, post, prefetched, request, study

FOLDER = Path(__file__).parents[2] / "openapi" / "examples"
_BACK_PAIN = condition(LOW_BACK_PAIN, id="back-pain")
_MRI = study("72148", LOW_BACK_PAIN, id="mri")
CALLS: dict[str, tuple[str, Json]] = {
    "deterrent": (
        "An MRI of the lumbar spine is signed for back pain of ten days",
        request("order-sign", _MRI, prefetch=prefetched(_BACK_PAIN)),
    ),
    "red-flag": (
        "A chart is opened: back pain, and urinary retention since two days",
        request("patient-view", prefetch=prefetched(_BACK_PAIN, condition(("icd", "R33.9"), days_ago=2))),
    ),
    "drug-safety": (
        "Oxycodone is picked, alprazolam beside it",
        request(
            "order-select",
            drug("1049621", LOW_BACK_PAIN, id="oxycodone"),
            drug("197321", LOW_BACK_PAIN, id="alprazolam"),
            prefetch=prefetched(_BACK_PAIN),
        ),
    ),
    "scope": (
        "An MRI is signed for a child",
        request("order-sign", _MRI, prefetch=prefetched(_BACK_PAIN, patient=person(age=12))),
    ),
    "pathway": (
        "A chart is opened: back pain, nothing else",
        request("patient-view", prefetch=prefetched(_BACK_PAIN)),
    ),
}


async def examples() -> dict[str, str]:
    """File name → its text."""
    files = {"discovery": _example("The three services", (await ask("GET", "/cds-services")).json())}
    for name, (summary, body) in CALLS.items():
        files[f"{name}-request"] = _example(summary, body)
        files[f"{name}-response"] = _example(summary, (await post(body)).json())
    return {f"{name}.json": text for name, text in files.items()}


def _example(summary: str, value: Json) -> str:
    return json.dumps({"summary": summary, "value": value}, indent=2, ensure_ascii=False) + "\n"
