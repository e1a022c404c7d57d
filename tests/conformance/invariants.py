"""What the CDS Hooks specification and its logical model demand of every response, as one check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.fhir import model_of

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/\S+")
_KEYS = {
    "response": {"cards", "systemActions", "extension"},
    "card": {
        "uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior",
        "overrideReasons", "links", "extension",
    },
    "source": {"label", "url", "icon", "topic"},
    "suggestion": {"label", "uuid", "isRecommended", "actions"},
    "action": {"type", "description", "resource", "resourceId"},
    "link": {"label", "url", "type", "appContext", "autolaunchable"},
    "coding": {"code", "system", "display"},
    "response 1.0": {"cards", "extension"},
    "card 1.0": {
        "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "links", "extension",
    },
    "source 1.0": {"label", "url", "icon"},
    "suggestion 1.0": {"label", "uuid", "actions"},
    "action 1.0": {"type", "description", "resource"},
}  # fmt: skip


def check_response(body: dict[str, Any]) -> None:
    """AssertionError lists everything in a response that the specification forbids."""
    faults = [*_empty(body, ""), *_response(body)]
    assert not faults, "\n".join(faults)


def check_first_release(body: dict[str, Any]) -> None:
    """The same of a response to a client of CDS Hooks 1.0: nothing that came later stands in it."""
    faults = [*_empty(body, ""), *_unknown(body, "response 1.0", "response")]
    for number, card in enumerate(body["cards"]):
        where = f"cards[{number}]"
        faults += [*_unknown(card, "card 1.0", where), *_unknown(card["source"], "source 1.0", where)]
        for suggestion in card.get("suggestions", []):
            faults += _unknown(suggestion, "suggestion 1.0", where)
            for action in suggestion["actions"]:
                faults += _unknown(action, "action 1.0", where)
                faults += [] if action["type"] != "delete" or isinstance(action["resource"], str) else [where]
    modern = [_as_now(card, number) for number, card in enumerate(body["cards"])]
    faults += _response({**body, "cards": modern})
    assert not faults, "\n".join(faults)


def _as_now(card: dict[str, Any], number: int) -> dict[str, Any]:
    """The card in the words of today, for what did not change since."""
    suggestions = [
        {**suggestion, "actions": [_action_as_now(each) for each in suggestion["actions"]]}
        for suggestion in card.get("suggestions", [])
    ]
    uuid = f"00000000-0000-5000-8000-{number:012d}"
    return {**card, "uuid": uuid, **({"suggestions": suggestions} if suggestions else {})}


def _action_as_now(action: dict[str, Any]) -> dict[str, Any]:
    if action["type"] != "delete":
        return action
    return {"type": "delete", "description": action["description"], "resourceId": action["resource"]}


def _empty(value: Any, where: str) -> Iterator[str]:
    """Null and empty elements, wherever they are; `cards: []` alone may be empty."""
    if value is None or value in ("", [], {}):
        if where != ".cards" or value != []:
            yield f"{where}: null or empty"
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _empty(each, f"{where}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _empty(each, f"{where}[{number}]")


def _response(body: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(body, "response", "response")
    if not isinstance(body.get("cards"), list):
        yield "cards: not a list"
        return
    for number, card in enumerate(body["cards"]):
        yield from _card(card, f"cards[{number}]")
    for number, action in enumerate(body.get("systemActions", [])):
        yield from _action(action, f"systemActions[{number}]")
    uuids = [
        each["uuid"]
        for card in body["cards"]
        for each in (card, *card.get("suggestions", []))
        if "uuid" in each
    ]
    if len(uuids) != len(set(uuids)):
        yield "cards: a uuid stands twice"


def _unknown(value: dict[str, Any], kind: str, where: str) -> Iterator[str]:
    if unknown := value.keys() - _KEYS[kind]:
        yield f"{where}: unknown {sorted(unknown)}"


def _card(card: dict[str, Any], where: str) -> Iterator[str]:
    yield from _unknown(card, "card", where)
    yield from _uuid(card, where)
    summary = card.get("summary", "")
    if not summary.strip() or len(summary) >= 140:
        yield f"{where}.summary: blank, or 140 characters or more"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield f"{where}.indicator: not one of the three"
    yield from _source(card.get("source", {}), f"{where}.source")
    yield from _suggestions(card, where)
    for number, reason in enumerate(card.get("overrideReasons", [])):
        yield from _coding(reason, f"{where}.overrideReasons[{number}]")
    for number, link in enumerate(card.get("links", [])):
        yield from _link(link, f"{where}.links[{number}]")


def _uuid(value: dict[str, Any], where: str) -> Iterator[str]:
    if not _UUID.fullmatch(str(value.get("uuid"))):
        yield f"{where}.uuid: not a lower-case RFC 4122 UUID"


def _source(source: dict[str, Any], where: str) -> Iterator[str]:
    yield from _unknown(source, "source", where)
    if not source.get("label", "").strip():
        yield f"{where}.label: missing"
    for key in ("url", "icon"):
        if key in source and not _absolute(source[key]):
            yield f"{where}.{key}: not an absolute URL"
    if "topic" in source:
        yield from _coding(source["topic"], f"{where}.topic")


def _coding(coding: dict[str, Any], where: str) -> Iterator[str]:
    """A topic needs no display by the specification; Inferno's test kit wants one all the same."""
    yield from _unknown(coding, "coding", where)
    for key in ("code", "system", "display"):
        if not str(coding.get(key, "")).strip():
            yield f"{where}.{key}: missing"


def _suggestions(card: dict[str, Any], where: str) -> Iterator[str]:
    suggestions = card.get("suggestions", [])
    behavior = card.get("selectionBehavior")
    if bool(suggestions) != (behavior is not None):
        yield f"{where}.selectionBehavior: with suggestions and only then"
    if behavior not in (None, "any", "at-most-one"):
        yield f"{where}.selectionBehavior: unknown"
    recommended = [each for each in suggestions if each.get("isRecommended")]
    if behavior == "at-most-one" and len(recommended) > 1:
        yield f"{where}.suggestions: more than one is recommended"
    for number, suggestion in enumerate(suggestions):
        here = f"{where}.suggestions[{number}]"
        yield from _unknown(suggestion, "suggestion", here)
        yield from _uuid(suggestion, here)
        if not suggestion.get("label", "").strip():
            yield f"{here}.label: missing"
        for place, action in enumerate(suggestion.get("actions", [])):
            yield from _action(action, f"{here}.actions[{place}]")


def _action(action: dict[str, Any], where: str) -> Iterator[str]:
    yield from _unknown(action, "action", where)
    if not action.get("description", "").strip():
        yield f"{where}.description: missing"
    if action.get("type") == "delete":
        if not _REFERENCE.fullmatch(str(action.get("resourceId"))) or "resource" in action:
            yield f"{where}: a delete has a resourceId `Type/id` and no resource"
    elif action.get("type") in ("create", "update"):
        yield from _resource(action, where)
    else:
        yield f"{where}.type: not create, update or delete"


def _resource(action: dict[str, Any], where: str) -> Iterator[str]:
    resource = action.get("resource")
    if not isinstance(resource, dict) or "resourceType" not in resource or "resourceId" in action:
        yield f"{where}: a {action['type']} has a resource with its type, and no resourceId"
        return
    if action["type"] == "update" and "id" not in resource:
        yield f"{where}.resource.id: an update names what it updates"
    try:
        read = model_of(resource["resourceType"]).model_validate(resource)
    except (ValidationError, ValueError) as error:
        yield f"{where}.resource: not valid FHIR: {error}"
    else:
        yield from _unknown_to_fhir(resource, json.loads(read.model_dump_json()), f"{where}.resource")


def _unknown_to_fhir(sent: Any, read: Any, where: str) -> Iterator[str]:
    """Elements that the model dropped: it may have been told to ignore what it does not know."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            if key not in read:
                yield f"{where}.{key}: unknown to FHIR"
            else:
                yield from _unknown_to_fhir(value, read[key], f"{where}.{key}")
    elif isinstance(sent, list):
        for number, (value, kept) in enumerate(zip(sent, read, strict=True)):
            yield from _unknown_to_fhir(value, kept, f"{where}[{number}]")


def _link(link: dict[str, Any], where: str) -> Iterator[str]:
    yield from _unknown(link, "link", where)
    if not link.get("label", "").strip():
        yield f"{where}.label: missing"
    if not _absolute(link.get("url")):
        yield f"{where}.url: not an absolute URL"
    if link.get("type") not in ("absolute", "smart"):
        yield f"{where}.type: not absolute or smart"
    if link.get("type") != "smart" and "appContext" in link:
        yield f"{where}.appContext: for smart links only"


def _absolute(url: Any) -> bool:
    parts = urlsplit(str(url))
    return parts.scheme in ("http", "https") and bool(parts.netloc)
