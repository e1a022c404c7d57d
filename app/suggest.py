"""Suggestions: a resource from its template, the EHR's own draft with changes, or a removal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.fhir import valid
from app.knowledge.recommendation import Suggestion
from app.protocol.response import Action
from app.record.values import Order


@dataclass(frozen=True, slots=True)
class Setting:
    """What fills the blanks of a template: references and the ISO date of today."""

    patient: str
    today: str
    encounter: str | None = None


def suggestion_action(suggestion: Suggestion, order: Order | None, setting: Setting) -> Action | None:
    """The one action of a suggestion; None when there is no order with an id to change.

    An order that is no FHIR as it was sent is not sent back with a change: it would be ours then.
    """
    if suggestion.action == "create":
        fixed, blank = suggestion.parts
        resource = {**fixed, **filled(blank, setting)}
        return Action(type="create", description=suggestion.description, resource=resource)
    if order is None or "/" not in order.reference:
        return None
    if suggestion.action == "delete":
        return Action(type="delete", description=suggestion.description, resource_id=order.reference)
    changed = {**without_empty(order.raw), **filled(suggestion.changes, setting)}
    if not valid(changed):
        return None
    return Action(type="update", description=suggestion.description, resource=changed)


def without_empty(sent: Any) -> Any:
    """The EHR's own JSON without the nulls and empty containers that we must not send back."""
    if isinstance(sent, Mapping):
        parts = {key: without_empty(value) for key, value in sent.items()}
        return {key: value for key, value in parts.items() if value not in _EMPTY}
    if isinstance(sent, list):
        return [value for each in sent if (value := without_empty(each)) not in _EMPTY]
    return sent


def filled(template: Any, setting: Setting) -> Any:
    """The template with its blanks filled; an element whose blank has nothing to fill it is left out."""
    if isinstance(template, str):
        return _BLANKS[template](setting) if template in _BLANKS else template
    if isinstance(template, dict):
        parts = {}
        for key, each in template.items():
            value = filled(each, setting)
            if value not in _EMPTY:
                parts[key] = value
        return parts
    if isinstance(template, list | tuple):
        return [value for each in template if (value := filled(each, setting)) not in _EMPTY]
    return template


_EMPTY: tuple[Any, ...] = (None, "", {}, [])
_BLANKS = {
    "{patient}": lambda setting: setting.patient,
    "{today}": lambda setting: setting.today,
    "{encounter}": lambda setting: setting.encounter,
}
