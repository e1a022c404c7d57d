"""A file under cards/ as it was read: its data, the line of every place in it, and its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file: where, what, and what to do about it."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(slots=True)
class Source:
    """One parsed file: its data, the line of every place in it, and the faults of its YAML."""

    file: str
    data: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, where: Where) -> int:
        """The line of a place, or of the nearest place around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def fault(self, where: Where, what: str) -> Fault:
        """A fault at a place of this file."""
        return Fault(self.file, self.line(where), what)
