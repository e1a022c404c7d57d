"""Puts the patients of a file into a FHIR server, with their dates counted back from today.

    python load.py http://fhir:8080/fhir patients.json

A date is written `@-10`: ten days ago. Waits until the server answers; loading again changes nothing but dates.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

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


def wait_for(server: str, seconds: float = WAIT_SECONDS) -> None:
    """Returns when the server answers; SystemExit when it does not in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{server}/metadata", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    sys.exit(f"{server}/metadata does not answer")


def main(server: str, file: str) -> None:
    """Loads the file."""
    resources = dated(json.loads(Path(file).read_text(encoding="utf-8")), datetime.now(UTC).date())
    wait_for(server)
    body = json.dumps(transaction(resources)).encode()
    request = urllib.request.Request(server, body, {"Content-Type": "application/fhir+json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        names = [each["id"] for each in resources if each["resourceType"] == "Patient"]
        print(f"{answer.status}: {', '.join(names)}")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
