"""Whole responses as each kind of client gets them, committed: a change of any of them is seen in review.

`make openapi` writes them anew. Which content answered is left out, as it changes with every word of it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import httpx
from fastapi import FastAPI

from app.main import create_app
from app.profiles import PROFILES, ProfileName
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, Json, condition, content, drug, prefetched, request, study

FOLDER = Path(__file__).parent / "golden"
_BACK_PAIN = condition(LOW_BACK_PAIN, id="back-pain")
SCENARIOS: dict[str, tuple[str, Json]] = {
    "imaging": (
        "An MRI of the lumbar spine with contrast is signed for back pain of ten days",
        request("order-sign", study("72149", LOW_BACK_PAIN, id="mri"), prefetch=prefetched(_BACK_PAIN)),
    ),
    "opioid": (
        "Oxycodone is signed for back pain of ten days",
        request(
            "order-sign", drug("1049621", LOW_BACK_PAIN, id="oxycodone"), prefetch=prefetched(_BACK_PAIN)
        ),
    ),
    "red-flag": (
        "A chart is opened: back pain, and urinary retention since two days",
        request("patient-view", prefetch=prefetched(_BACK_PAIN, condition(("icd", "R33.9"), days_ago=2))),
    ),
    "red-flag-order": (
        "An MRI of the lumbar spine is signed, routine: back pain, and a foot drop since three days",
        request(
            "order-sign",
            study("72148", LOW_BACK_PAIN, id="mri", priority="routine"),
            prefetch=prefetched(_BACK_PAIN, condition(("snomed", "6077001"), days_ago=3)),
        ),
    ),
    "rated": (
        "A CT of the lumbar spine is signed for back pain of ten days, and orders are rated",
        request("order-sign", study("72133", LOW_BACK_PAIN, id="ct"), prefetch=prefetched(_BACK_PAIN)),
    ),
}


def cases() -> list[tuple[ProfileName, str]]:
    """Every profile with the scenarios that it can meet."""
    return [
        (name, scenario)
        for name in get_args(ProfileName)
        for scenario, (_, body) in SCENARIOS.items()
        if body["hook"] in (PROFILES[name].hooks or [body["hook"]])
    ]


def path(name: str, scenario: str) -> Path:
    """Where a response is kept."""
    return FOLDER / name / f"{scenario}.json"


async def golden(name: ProfileName, scenario: str) -> str:
    """The text of the file: what happened, and what is answered to a client of that profile."""
    summary, body = SCENARIOS[scenario]
    release = {"release": PROFILES[name].release}
    transport = httpx.ASGITransport(_service(name, rated=scenario == "rated"))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        answer = await client.post(
            f"/cds-services/low-back-pain-{body['hook']}", json=body, extensions=release
        )
    assert answer.status_code == 200, answer.text
    said = {"summary": summary, "response": _without_content(answer.json())}
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


@cache
def _service(name: ProfileName, *, rated: bool) -> FastAPI:
    said = {"profile": name, **({"ratings": {"given": True}} if rated else {})}
    with TemporaryDirectory() as folder:
        site = Path(folder) / "site.yaml"
        site.write_text(f"clients:\n  unknown: {json.dumps(said)}\n", encoding="utf-8")
        return create_app(Settings(today=TODAY, site_file=site), content())


def _without_content(response: Any) -> Any:
    for card in response["cards"]:
        card.pop("extension")
    return response
