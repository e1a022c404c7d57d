"""What the sources say from which the content began, and which recommendations carry it."""

from __future__ import annotations

from app.knowledge.fact import Names
from app.knowledge.shape import Shape


class Statement(Shape, frozen=True):
    """One statement in our own words; carried by recommendations, or out of scope for a reason.

    Each carrier holds one of the `words`, in its card or its rationale.
    """

    says: str
    by: Names
    carried_by: Names = ()
    words: Names = ()
    out_of_scope: str = ""

    def __post_init__(self) -> None:
        if bool(self.carried_by) == bool(self.out_of_scope):
            raise ValueError("a statement is carried by recommendations, or out of scope for a reason")
        if bool(self.carried_by) != bool(self.words):
            raise ValueError("what is carried says by which words of its carriers")


class Conflict(Shape, frozen=True):
    """Where a seed and the guidelines part, what the card does, and where its reader is told."""

    seed: str
    guidelines: str
    card: str
    stated_on: Names
    words: Names


class Seeds(Shape, frozen=True):
    """`seeds.yaml`: the statements by topic, and the conflicts."""

    statements: dict[str, tuple[Statement, ...]]
    conflicts: tuple[Conflict, ...] = ()
