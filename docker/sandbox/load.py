"""Puts the patients of a file into a FHIR server, with their dates counted back from today.

    python load.py http://fhir:8080/fhir patients.json

A date is written `@-10`: ten days ago. Waits until the server answers; loading again changes but dates.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

WAIT_SECONDS = 180


def dated(value: Any, today: date) -> Any:
    """The value with every `@-days` in it as a date."""
    if isinstance(value, dict):
        return {name: dated(each, today) for name, each in value.items()}
    if isinstance(value, list):
        return [dated(each, today) for each in value]
    if isinstance(value, str) and value.startswith("@-"):
        return (today - timedelta(days=int(value[2:]))).isoformat()
    return value


def transaction(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """One Bundle that creates or replaces them all, under their own ids."""
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def wait_for(client: httpx.Client, seconds: float = WAIT_SECONDS) -> None:
    """Returns when the server answers; SystemExit when it does not in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if client.get("/metadata").is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)
    sys.exit(f"{client.base_url}metadata does not answer")


def main(server: str, file: str) -> None:
    """Loads the file."""
    resources = dated(json.loads(Path(file).read_text(encoding="utf-8")), datetime.now(UTC).date())
    with httpx.Client(base_url=server, timeout=60) as client:
        wait_for(client)
        kind = {"Content-Type": "application/fhir+json"}
        client.post(server, content=json.dumps(transaction(resources)), headers=kind).raise_for_status()
    names = [each["id"] for each in resources if each["resourceType"] == "Patient"]
    sys.stdout.write(f"loaded {', '.join(names)}\n")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
