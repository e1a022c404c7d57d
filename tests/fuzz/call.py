"""A hook call from its bytes to its cards, under atheris: refused by us, or answered as specified."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["app.protocol", "app.record", "app.facts", "app.render", "app.suggest"]
):
    from app.answering import answer
    from app.clients import Client
    from app.errors import Failure, Internal
    from app.main import listing
    from app.protocol.request import parse
    from app.protocol.response import encode
    from app.record.prefetch import material, sort

from tests.calls import TODAY, content
from tests.conformance.invariants import check_response
from tests.fuzz.trees import mutated

ROOT = Path(__file__).parents[2]
CLIENT = Client("fuzz")
BY_HOOK = {each.service.hook: each for each in listing(content(), CLIENT).endpoints.values()}


def seeds() -> list[bytes]:
    """Bodies of real calls: those of the public sandbox, and the examples of the contract."""
    captured = [
        json.loads(file.read_text(encoding="utf-8")) for file in (ROOT / "tests" / "requests").rglob("*.json")
    ]
    examples = (ROOT / "openapi" / "examples").glob("*-request.json")
    bodies = [each["body"] for each in captured if "hook" in each.get("body", {})]
    bodies += [json.loads(file.read_text(encoding="utf-8"))["value"] for file in examples]
    return [json.dumps(each).encode() for each in bodies]


def one(data: bytes) -> None:
    """Anything but an answer as specified or a refusal of ours is a finding."""
    try:
        request = parse(data)
        endpoint = BY_HOOK.get(request.hook)
        if endpoint is None:
            return
        found = material(endpoint.queries, sort(request.prefetch, endpoint.queries))
        answered = answer(content(), CLIENT, endpoint.service, request, found, TODAY)
    except Failure as failure:
        if isinstance(failure, Internal):
            raise
        return
    check_response(json.loads(encode(answered.response)))


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """JSON by its tree three times of four, by its bytes otherwise."""
    return (mutated(data, most, seed) if seed % 4 else None) or atheris.Mutate(data, most)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one, custom_mutator=mutate)
    atheris.Fuzz()
