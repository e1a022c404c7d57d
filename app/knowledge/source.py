"""A file under cards/ as it was read: its data, and its faults with their lines."""

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
    """One parsed file: its text, its data, and the faults of its YAML."""

    file: str
    text: str = ""
    data: Any = None
    faults: list[Fault] = field(default_factory=list)
    _lines: dict[Where, int] | None = None

    def line(self, where: Where) -> int:
        """The line of a place, or of the nearest place around it."""
        if self._lines is None:
            from app.knowledge.yaml_source import lines_of  # seldom asked: only where something is wrong

            self._lines = lines_of(self.text)
        while where and where not in self._lines:
            where = where[:-1]
        return self._lines.get(where, 1)

    def fault(self, where: Where, what: str) -> Fault:
        """A fault at a place of this file."""
        return Fault(self.file, self.line(where), what)
