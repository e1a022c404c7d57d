"""Checks of suggestions: a template must become a valid FHIR resource once its blanks are filled."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.fhir import model_of
from app.knowledge.recommendation import Suggestion
from app.knowledge.source import Where

if TYPE_CHECKING:
    from app.knowledge.load import Knowledge

Report = Callable[[Where, str], None]
SAMPLES = {"{patient}": "Patient/1", "{today}": "2026-01-01", "{encounter}": "Encounter/1"}
_NEEDED = ("status", "intent", "subject", "reasonCode")


def check_suggestions(knowledge: Knowledge, report_for: Callable[[str], Report]) -> None:
    """Report templates that are not valid R4 drafts, and actions without what they need."""
    for name, suggestion in knowledge.suggestions.items():
        _check(suggestion, report_for(name))


def _check(suggestion: Suggestion, report: Report) -> None:
    if suggestion.action == "update" and not suggestion.changes:
        report(("action",), "an update needs `changes`")
    if suggestion.action != "create":
        return
    resource = sample(suggestion.resource)
    if unknown := re.findall(r'"(\{[^"]*\})"', json.dumps(resource)):
        report(("resource",), f"there is no blank {unknown[0]}; there are {', '.join(SAMPLES)}")
        return
    for element in _NEEDED:
        if element not in resource:
            report(("resource",), f"a created order needs `{element}`")
    try:
        model = model_of(str(resource.get("resourceType")))
        read_back = json.loads(model.model_validate(resource).model_dump_json())
    except ValueError as error:
        report(("resource",), f"not a valid FHIR resource: {_first(error)}")
        return
    for element in sorted(_elements(resource) - _elements(read_back)):
        report(("resource",), f"FHIR has no element `{element}` here")


def _elements(value: Any, path: str = "") -> set[str]:
    """Every element path of a resource, without the positions in lists."""
    if isinstance(value, dict):
        inner = (_elements(each, f"{path}.{key}".lstrip(".")) for key, each in value.items())
        return set().union(*inner)
    if isinstance(value, list):
        return set().union(*(_elements(each, path) for each in value))
    return {path}


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def sample(template: Any) -> Any:
    """The template with sample values in its blanks."""
    if isinstance(template, dict):
        return {key: sample(value) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [sample(value) for value in template]
    return SAMPLES.get(template, template) if isinstance(template, str) else template
