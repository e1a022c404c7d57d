"""What follows from a content alone: worked out once, and forgotten together with the content."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from app.knowledge.load import Knowledge

P = ParamSpec("P")
T = TypeVar("T")


def worked_out(work: Callable[Concatenate[Knowledge, P], T]) -> Callable[Concatenate[Knowledge, P], T]:
    """The function, but for each content (and name) it works only once.

    What it gives must not hold the content, or neither were ever forgotten.
    """
    known: WeakKeyDictionary[Knowledge, dict[object, T]] = WeakKeyDictionary()

    def found(knowledge: Knowledge, /, *args: P.args, **kwargs: P.kwargs) -> T:
        of_content = known.get(knowledge)
        if of_content is None:
            of_content = known[knowledge] = {}
        if args in of_content:
            return of_content[args]
        of_content[args] = made = work(knowledge, *args, **kwargs)
        return made

    return update_wrapper(found, work)
