"""Resources checked against the models of fhir.resources; what a model refuses is left out and said.

R4 data reads as R4B for every resource here. Elements that the models do not know are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import msgspec
from cachetools import LRUCache
from pydantic import ValidationError

from app.fhir import model_without_nulls
from app.record.readers.scope import Json, Loss, Lost, Tally
from app.record.readers.sent import Reference
from app.record.readers.shapes import Value, shaped

NOT_READABLE: Json = {"text": "not readable"}
"""Stands for a dosage instruction that was left out."""
_REPEATED = frozenset(
    {
        "category",
        "clinicalStatus",
        "code",
        "dispenseRequest",
        "dosageInstruction",
        "medicationCodeableConcept",
        "reasonCode",
        "severity",
        "verificationStatus",
    }
)
"""Elements that resources have in common: what was accepted once is not checked again."""
_OF_PATIENT = frozenset({"encounter", "subject"})
"""Elements that the resources of one patient have in common: remembered for one call only."""
_REQUIRED = frozenset({"code", "intent", "medicationCodeableConcept", "status", "subject"})
"""Of those, the elements that some model asks for; the others need not be there to be checked."""
_PLAIN = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64} [ -~]{1,200}", re.ASCII)
_Accepted = MutableMapping[tuple[str, str, bytes], Any]
_ACCEPTED: LRUCache[tuple[str, str, bytes], Any] = LRUCache(maxsize=4_096)
"""Elements by resource type, name and JSON; those that a model asks for, as it made them."""
KNOWN: dict[tuple[str, str, bytes | str], Any] = {}
"""The same by their JSON as it was sent."""
MOST_KNOWN = 8_192
LONG = 2_000
"""Bytes of JSON of an element that is worth remembering."""
Place = tuple[int | str, ...]
_ATTEMPTS = 3
_BESIDE = frozenset({"sequence", "text"})
"""The elements of an instruction that no dose is computed from."""
_NOT_CHECKED = frozenset({"id", "resourceType", "contained"})
"""Ids of drafts are longer than FHIR allows; contained resources are checked where they are used."""


def accepted(source: str, resource: Json, tally: Tally) -> Json:
    """The resource as its model accepts it; mended in place, and counted, where that takes leaving out.

    A required element that is missing cannot be mended: the resource is used all the same and counted
    as unvalidated, because no fact may be lost to it. Raises Lost when this call has validated enough.
    """
    if tally.validations_left <= 0:
        raise Lost(Loss.TOO_LONG)
    tally.validations_left -= 1
    refusals = 0
    while (places := _refused(source, resource, tally)) is not None:
        emptied = [_leave_out(resource, place) for place in places]
        _prune(resource)
        refusals += 1
        if refusals == _ATTEMPTS or not any(emptied):
            tally.unvalidated += 1
            return resource
    tally.mended += refusals > 0
    return resource


def _refused(source: str, resource: Json, tally: Tally) -> list[Place] | None:
    """The places that the model refuses; None when it accepts the resource.

    What is missing is an error of the element that misses it. An error of a whole element is two
    values where one is allowed: either may be read, and neither is left out.
    """
    shape, new = {}, []
    for name, value in resource.items():
        if name in _REPEATED or name in _OF_PATIENT:
            memory, key = _place_of(source, name, value, tally)
            known = memory.get(key)
            if known is None:
                new.append((memory, key))
            elif name in _REQUIRED:
                shape[name] = known
                continue
            else:
                continue
        if name not in _NOT_CHECKED:
            shape[name] = value
    try:
        made = _made(source, shape)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False, include_input=False)
        missing = [error["loc"][:-1] for error in errors if error["type"].endswith("missing")]
        wrong = [error["loc"] for error in errors if not error["type"].endswith("missing")]
        return [*missing, *(place for place in wrong if not isinstance(_find(resource, place), dict))]
    for memory, key in new:
        if len(key[2]) <= LONG:
            memory[key] = _made_of(made, key[1])
    return None


def passes(source: str, shape: Json, elements: Mapping[str, object], tally: Tally) -> bool:
    """Whether the model accepts a resource whose elements are given as they were sent; if so, it is counted.

    An element is the bytes of its JSON, a plain text or a reference; anything else is none. Where it says
    no, the resource has to be put into shape and mended.
    """
    if tally.validations_left <= 0:
        return False
    given: Json = {}
    new: list[tuple[str, str, bytes | str]] = []
    for name, sent in elements.items():
        if isinstance(sent, Reference):
            if not _PLAIN.fullmatch(f"{sent.reference} {sent.display}"):
                return False
            key: tuple[str, str, bytes | str] = ("", name, b"")
        elif isinstance(sent, bytes | str) and sent != b"null":
            key = (source, name, sent)
        else:
            continue
        known = KNOWN.get(key)
        if known is not None:
            if name in _REQUIRED:
                given[name] = known
        elif (value := shaped(_value(sent), shape[name])) is not None:
            given[name] = value
            new.append(key)
    try:
        made = _made(source, given)
    except ValidationError:
        return False
    for key in new:
        _remember(key, _made_of(made, key[1]))
    tally.validations_left -= 1
    return True


def _made_of(made: object, name: str) -> object:
    """An element as its model made it, where a model asks for it again; others need only be known."""
    return getattr(made, name) if name in _REQUIRED else True


def _value(sent: object) -> Value:
    if isinstance(sent, Reference):
        return msgspec.to_builtins(sent)
    return msgspec.json.decode(sent) if isinstance(sent, bytes) else sent


def _remember(key: tuple[str, str, bytes | str], made: object) -> None:
    """What was accepted once; when there is no more room, everything is forgotten."""
    if len(KNOWN) >= MOST_KNOWN:
        KNOWN.clear()
    if len(key[2]) <= LONG:
        KNOWN[key] = made


def _place_of(source: str, name: str, value: Value, tally: Tally) -> tuple[_Accepted, tuple[str, str, bytes]]:
    """Where an element is remembered. To a model one plain reference is like another."""
    if name not in _OF_PATIENT:
        return _ACCEPTED, (source, name, msgspec.json.encode(value))
    if _PLAIN.fullmatch(f"{value.get('reference')} {value.get('display')}"):
        return _ACCEPTED, ("", name, b"")
    return tally.accepted, ("", name, msgspec.json.encode(value))


def _made(source: str, shape: Json) -> Any:
    """The resource as its model makes it: what calling the model does, without copying what it is given."""
    model = model_without_nulls(source)  # shapes leave them out
    return model.__pydantic_validator__.validate_python(shape, self_instance=model.__new__(model))


def _find(resource: Json, place: Place) -> Value:
    found: Value = resource
    for step in place:
        found = _at(found, step)
    return found


def _leave_out(resource: Json, place: Place) -> bool:
    """Empty one place of the resource; whether there was anything."""
    place = _smallest_whole(place)
    if not place or _find(resource, place) is None:
        return False
    _find(resource, place[:-1])[place[-1]] = None
    return True


def _smallest_whole(place: Place) -> Place:
    """Half a dosage could be read as another dose: what it is computed from is left out as a whole."""
    if place[:1] == ("dispenseRequest",):
        return place[:1]
    computed = place[:1] == ("dosageInstruction",) and not _BESIDE.intersection(place[2:3])
    return place[:2] if computed else place


def _at(holder: Value, step: int | str) -> Value:
    if isinstance(holder, dict):
        return holder.get(step)
    inside = isinstance(holder, list) and isinstance(step, int) and step < len(holder)
    return holder[step] if inside else None


def _prune(resource: Json) -> None:
    """Take away the places that were emptied; an instruction keeps its place among the others."""
    if "dosageInstruction" in resource:
        resource["dosageInstruction"] = [
            _pruned(each) or NOT_READABLE for each in resource["dosageInstruction"]
        ]
    for name in resource.keys() - _NOT_CHECKED:
        if _pruned(resource[name]) is None:
            del resource[name]


def _pruned(value: object) -> Value:
    if isinstance(value, dict):
        for name in [name for name, each in value.items() if _pruned(each) is None]:
            del value[name]
        return value or None
    if isinstance(value, list):
        value[:] = [each for each in value if _pruned(each) is not None]
        return value or None
    return value
