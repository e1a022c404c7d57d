"""What one question found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`wrong` stops an EHR, a `note` may, `ok` does not; `said` is what was seen and what to do about it."""

    question: str
    state: State
    said: str


def ok(question: str, said: str) -> Finding:
    """Nothing in the way."""
    return Finding(question, "ok", said)


def note(question: str, said: str) -> Finding:
    """Something that may be right, and may be in the way."""
    return Finding(question, "note", said)


def wrong(question: str, said: str) -> Finding:
    """Something that stops an EHR."""
    return Finding(question, "wrong", said)


def told(findings: Sequence[Finding], as_json: bool) -> str:
    """The findings for a person, one a line, or as JSON."""
    if as_json:
        return json.dumps([asdict(each) for each in findings], indent=2)
    width = max(len(each.question) for each in findings)
    lines = [f"{each.state:<5}  {each.question:<{width}}  {each.said}" for each in findings]
    bad = sum(each.state == "wrong" for each in findings)
    return "\n".join([*lines, f"Wrong: {bad}." if bad else "Nothing stands in the way."])
