"""From the data of a file to its shape: every part that does not fit is a fault with its line."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from app.knowledge.nearest import nearest
from app.knowledge.source import Fault, Source

T = TypeVar("T")


def written(shape: type[T], data: Any) -> T:
    """Data that somebody wrote, as its shape; ValidationError with everything that does not fit."""
    hashable: Any = shape  # as every type is, but mypy does not know it of type[T]
    made: T = _adapter(hashable).validate_python(tupled(data))
    return made


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    """What checks a shape: it costs more to make than to use."""
    return TypeAdapter(shape)


def shaped(source: Source, shape: type[T]) -> tuple[T | None, list[Fault]]:
    """The data as its shape, or None with everything that does not fit."""
    try:
        return written(shape, source.data), []
    except ValidationError as error:
        return None, [_fault(source, each, shape) for each in _telling(error.errors())]


def tupled(data: Any) -> Any:
    """Lists as tuples, so that the frozen shapes may be strict about every type."""
    if isinstance(data, list):
        return tuple(tupled(each) for each in data)
    if isinstance(data, dict):
        return {key: tupled(each) for key, each in data.items()}
    return data


def _telling(errors: list[Any]) -> list[Any]:
    """Without those that say a list is too short only because a line in it has a fault of its own."""
    places = [each["loc"] for each in errors]
    return [
        each
        for each in errors
        if each["type"] != "too_short"
        or not any(place != each["loc"] and place[: len(each["loc"])] == each["loc"] for place in places)
    ]


def _fault(source: Source, error: Any, shape: Any) -> Fault:
    where = tuple(part for part in error["loc"] if part != "[key]")
    said = error["msg"].removeprefix("Value error, ")
    key = str(where[-1]) if where else ""
    if error["type"] == "extra_forbidden":
        said = f"there is no `{key}` here{nearest(key, _keys_at(shape, where[:-1]))}"
    elif error["type"] == "missing":
        said = f"`{key}` is missing"
    else:
        said = f"`{'.'.join(map(str, where))}`: {said}"
    return source.fault(where, said)


def _keys_at(shape: Any, where: tuple[Any, ...]) -> list[str]:
    """The keys that the shape has at a place, by walking the JSON schema of the shape."""
    schema = _adapter(shape).json_schema(by_alias=True)
    at: Any = schema
    for part in where:
        at = _step(_resolved(at, schema), part)
    at = _resolved(at, schema)
    return list(at.get("properties", {}))


def _step(at: dict[str, Any], part: Any) -> Any:
    if isinstance(part, int):
        return at.get("items", {})
    return at.get("properties", {}).get(part) or at.get("additionalProperties") or {}


def _resolved(at: Any, schema: dict[str, Any]) -> dict[str, Any]:
    for _ in range(8):
        if "$ref" in at:
            at = schema["$defs"][at["$ref"].rpartition("/")[2]]
        elif "anyOf" in at:
            at = next((each for each in at["anyOf"] if each.get("type") != "null"), {})
        else:
            break
    return at if isinstance(at, dict) else {}
