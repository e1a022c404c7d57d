"""Calls the service as an EHR does: Medplum's client discovers it, resolves its prefetch, posts the hook."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.servers import HERE

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call: the request as sent, the HTTP status, and the answer (cards or an OperationOutcome)."""

    request: Json
    status: int
    response: Json

    @property
    def cards(self) -> list[Json]:
        """The cards of the answer."""
        return list(self.response["cards"])

    @property
    def topics(self) -> set[str]:
        """The recommendations that the cards come from."""
        return {card["source"]["topic"]["code"] for card in self.cards}


def call(
    hook: str,
    context: Json,
    *,
    prefetch: bool = True,
    omit: Sequence[str] = (),
    extra: Json | None = None,
) -> Json:
    """One call for `ask`; without prefetch, or some of its keys, the service must fetch for itself."""
    return {"hook": hook, "context": context, "prefetch": prefetch, "omit": list(omit), "extra": extra or {}}


def ask(fhir: str, cds: str, calls: Sequence[Json]) -> list[Exchange]:
    """Discovers the service at base address cds and makes these calls with data from base address fhir."""
    plan = json.dumps({"fhir": fhir, "cds": cds, "calls": list(calls)})
    command = ["node", str(HERE / "cds_client.mjs")]
    done = subprocess.run(command, input=plan, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the CDS client failed: {done.stderr[-2000:]}")
    answered = json.loads(done.stdout)["calls"]
    return [Exchange(each.get("request", {}), each["status"], each["response"]) for each in answered]
