"""What follows from a content alone: worked out once, and forgotten together with the content."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import TypeVar
from weakref import WeakKeyDictionary

from app.knowledge.load import Knowledge

T = TypeVar("T")


def worked_out(work: Callable[[Knowledge, str], T]) -> Callable[[Knowledge, str], T]:
    """The function, but for each content and name it works only once."""
    known: WeakKeyDictionary[Knowledge, dict[str, T]] = WeakKeyDictionary()

    def found(knowledge: Knowledge, name: str) -> T:
        of_content = known.get(knowledge)
        if of_content is None:
            of_content = known[knowledge] = {}
        if name not in of_content:
            of_content[name] = work(knowledge, name)
        return of_content[name]

    return update_wrapper(found, work)
