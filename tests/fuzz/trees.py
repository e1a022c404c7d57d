"""Mutation of JSON by its tree: what comes out is JSON again, and gets past the parser into the readers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 10**30, 0.5, "", " ", "0", "null", "\u0000", "\ud83d\ude00", "<div>",
    "9999-99-99", "2026", "2026-02", "2026-02-30T25:61:00Z", "-0001-01-01", "x" * 2000,
    "Patient/p1", "Patient/", "#x", "http://x/Patient/p1", {"reference": "Patient/other"},
    [], {}, [[]], [{}], [None], {"": None}, {"value": 1}, {"coding": [{}]}, {"coding": {"code": 1}},
    {"system": "http://snomed.info/sct", "code": "192970008"}, {"resourceType": "Bundle"},
    {"resourceType": "OperationOutcome", "issue": []},
)  # fmt: skip
_MOST_STEPS = 6
_DEEP = 60
_MOST_PARTS = 5_000


def mutated(data: bytes, most: int, seed: int) -> bytes | None:
    """The JSON with a few of its parts exchanged, or None for what is no JSON or grew over `most` bytes."""
    chance = Random(seed)
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.randint(1, _MOST_STEPS)):
        tree = _step(tree, chance)
    try:
        text = json.dumps(tree).encode()
    except (ValueError, RecursionError):
        return None
    return text if len(text) <= most else None


def _step(tree: Any, chance: Random) -> Any:
    places = list(_places(tree))
    if not places:
        return deepcopy(chance.choice(ODD))
    if len(places) > _MOST_PARTS:
        return tree
    holder, key = chance.choice(places)
    kind = chance.randrange(7)
    if kind == 0:
        holder[key] = deepcopy(chance.choice(ODD))  # else a later step would change ODD itself
    elif kind == 1:
        del holder[key]
    elif kind == 2:
        other, name = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    elif kind == 3:
        holder[key] = [holder[key]]
    elif kind == 4 and isinstance(holder[key], list) and holder[key]:
        holder[key] = holder[key] * chance.choice((2, 20)) if chance.random() < 0.5 else holder[key][0]
    elif kind == 5 and isinstance(holder[key], str):
        holder[key] = _spelled(holder[key], chance)
    elif kind == 6 and isinstance(holder, dict):
        holder[chance.choice(("extension", "modifierExtension", "contained", "text", "id", "x"))] = holder[
            key
        ]
    else:
        for _ in range(chance.choice((1, _DEEP))):
            holder[key] = {"a": holder[key]}
    return tree


def _spelled(text: str, chance: Random) -> str:
    at = chance.randint(0, len(text))
    return chance.choice(
        (text[:at], text[:at] + "\u202e" + text[at:], text.upper(), text + text, f" {text} ", text[::-1])
    )


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every part of a tree by the dict or list that holds it."""
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            yield holder, key
            waiting.append(holder[key])
