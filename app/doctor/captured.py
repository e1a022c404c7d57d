"""A request that an EHR sent, held against discovery: EHRs have prefetch typed in by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.doctor.finding import Finding, note, ok, wrong
from app.knowledge.nearest import nearest

_NAME = "captured request"


def captured(file: Path, services: list[dict[str, Any]]) -> Iterator[Finding]:
    """What differs between a captured request and the prefetch of the service of its hook.

    Only names of keys and types of resources are said, nothing of the patient.
    """
    try:
        request = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield wrong(_NAME, f"{file} cannot be read as JSON ({type(error).__name__})")
        return
    hook = request.get("hook") if isinstance(request, dict) else None
    service = next((each for each in services if each.get("hook") == hook), None)
    if service is None:
        yield wrong(
            _NAME, f"no service is for its hook; there are {', '.join(each['hook'] for each in services)}"
        )
        return
    prefetch = request.get("prefetch")
    found = list(_differences(service.get("prefetch", {}), prefetch if isinstance(prefetch, dict) else {}))
    yield from found or [ok(_NAME, f"its prefetch has every key of {service['id']}, each with its type")]


def _differences(declared: Mapping[str, str], sent: Mapping[str, Any]) -> Iterator[Finding]:
    for key in sent.keys() - declared:
        yield wrong(_NAME, f"the key `{key}` is not in discovery and is ignored{nearest(key, declared)}")
    for key, template in declared.items():
        wanted = template.partition("?")[0].partition("/")[0]
        if key not in sent:
            yield note(_NAME, f"the key `{key}` was not sent; it is fetched, or cards say it was not checked")
        elif (came := _types(sent[key])) and wanted not in came:
            yield wrong(_NAME, f"the key `{key}` holds {', '.join(sorted(came))} instead of {wanted}")


def _types(value: Any) -> set[str]:
    """The resource types in a prefetched value; none when it is null, an empty search or an error."""
    if not isinstance(value, dict):
        return set()
    inside: list[Any] = [value]
    if value.get("resourceType") == "Bundle":
        inside = [each.get("resource") for each in value.get("entry") or () if isinstance(each, dict)]
    types = {str(each.get("resourceType")) for each in inside if isinstance(each, dict)}
    return types - {"OperationOutcome", "None"}
