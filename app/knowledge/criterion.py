"""One line of a decision. The grammar is frozen: `fact`, `not fact`, `fact < n`, `fact is word`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import Struct
from msgspec.structs import force_setattr
from pydantic import PlainValidator

_FORM = re.compile(
    r"(?:(?P<negated>not) (?P<unless>[a-z][a-z0-9_]*))"
    r"|(?:(?P<fact>[a-z][a-z0-9_]*)(?: (?P<operator><=|>=|<|>|is) (?P<operand>[\w.-]+))?)"
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class Criterion(Struct, frozen=True):
    """A fact, its negation, or its comparison with a number or a word."""

    text: str
    fact: str
    negated: bool = False
    operator: str | None = None
    operand: float | str | None = None
    plain: bool = False
    """Whether it is a fact as it stands; asked for in every call, so it is not worked out each time."""

    def __post_init__(self) -> None:
        force_setattr(self, "plain", not self.negated and self.operator is None)


def parse(text: Any) -> Criterion:
    """Parse one line; ValueError says what forms there are."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a criterion is `fact`, `not fact`, `fact < n` (<=, >, >=) or `fact is word`")
    if match["negated"]:
        return Criterion(text, match["unless"], negated=True)
    operator, word = match["operator"], match["operand"]
    operand = float(word) if word and _NUMBER.fullmatch(word) else word
    if isinstance(operand, str) and operator != "is":
        raise ValueError(f"`{operator}` compares with a number")
    return Criterion(text, match["fact"], operator=operator, operand=operand)


Line = Annotated[Criterion, PlainValidator(parse)]
