"""What a hook asks, sifted by what was found: what is worth looking into, and what can only be no.

A call pays for what it looks into. What it dismisses is one value, shared by all calls that dismiss the same,
however much of it there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial, reduce
from operator import or_
from typing import Generic, Protocol, TypeVar

from app.facts.asking import EVERYTHING
from app.facts.questions import Lines
from app.knowledge.relevance import ALWAYS, Marks

REMEMBERED = 256
"""Kept ways to sift what a hook asks, of some hundred bytes each: most patients have little of it."""


class Asked(Protocol):
    """What needs all of its criteria to hold, for the patient or for each order."""

    @property
    def about_orders(self) -> bool:
        """Whether it is asked for each order."""
        ...

    @property
    def when(self) -> Lines:
        """The criteria."""
        ...


T = TypeVar("T", bound=Asked)


@dataclass(frozen=True, slots=True, eq=False)
class Sifted(Generic[T]):
    """All that was asked in its order, and for each the criterion that dismisses it, or None.

    `looked_into` are those without one; `about_orders` counts what is asked for each order.
    """

    every: tuple[T, ...]
    dismissing: tuple[str | None, ...]
    looked_into: tuple[T, ...]
    about_orders: int


class Sieve(Generic[T]):
    """Sifts what one hook asks. `mark` has every bit that has a say in it."""

    def __init__(self, every: tuple[T, ...], marks: Marks) -> None:
        needs = dict.fromkeys(line.mark for each in every for line in each.when)
        needs.pop(ALWAYS, None)
        numbered = {mark: 1 << number for number, mark in enumerate(needs)}
        self.mark = reduce(or_, needs, 0)
        self._met = _met(numbered, marks)
        self._sifted = lru_cache(maxsize=REMEMBERED)(partial(_sifted, every, numbered))

    def sift(self, found: Iterable[int]) -> Sifted[T]:
        """What remains to be looked into where these marks were found."""
        met = 0
        for mark in found:
            met |= self._met.get(mark, 0)
        return self._sifted(met)


def _met(needs: Mapping[int, int], marks: Marks) -> dict[int, int]:
    """Which needs a bit meets, or every bit of a source, or anything."""
    single = [bit for bits in marks.bits.values() for bit in bits.values()]
    found = (EVERYTHING, *marks.sources.values(), *single)
    return {mark: sum(number for need, number in needs.items() if need & mark) for mark in found}


def _sifted(every: tuple[T, ...], needs: Mapping[int, int], met: int) -> Sifted[T]:
    def lacking(each: T) -> str | None:
        unmet = (line.text for line in each.when if line.mark in needs and not needs[line.mark] & met)
        return next(unmet, None)

    dismissing = tuple(map(lacking, every))
    looked_into = tuple(each for each, why in zip(every, dismissing, strict=True) if why is None)
    return Sifted(every, dismissing, looked_into, sum(each.about_orders for each in every))
