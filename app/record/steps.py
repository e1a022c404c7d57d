"""Work in steps: a long piece of it yields now and then, so that whoever runs it may let others go first."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Yields between the steps and returns what came of them."""


def finished(steps: Steps[T]) -> T:
    """What comes of the steps, one right after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: T = done.value
            return found
