"""The shape of `ratings.yaml`: how appropriate an order is, told from facts and from decisions about it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.knowledge.fact import Names
from app.knowledge.recommendation import Lines
from app.knowledge.shape import Shape

Rating = Literal["appropriate", "not-appropriate", "no-criteria-apply"]


class RatingRule(Shape, frozen=True):
    """A rating, and what makes it hold: all of `when`, none of `unless`, and one of `applies`.

    `applies` names recommendations. One counts when it applies to the order at full strength, with
    all checked that its class wants checked; anything less leaves the rule open. `because` names the
    evidence whose criteria these are.
    """

    rating: Rating
    when: Lines = ()
    unless: Lines = ()
    applies: Names = ()
    because: str | None = None


class Ratings(Shape, frozen=True):
    """Which orders are rated, and the rules in the order in which they are tried."""

    rated: Annotated[Lines, Field(min_length=1)]
    rules: tuple[RatingRule, ...]
