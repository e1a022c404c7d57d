"""Numbered migrations: plain SQL files that both databases understand, each applied once and in order.

yoyo-migrations was looked at: it needs a second PostgreSQL driver beside ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

APPLIED = """
CREATE TABLE IF NOT EXISTS migration
(number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)
"""
"""Where a database says which migrations it has."""
_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, its file's name, and its statements."""

    number: int
    name: str
    statements: tuple[str, ...]


def missing(applied: Collection[int]) -> list[Migration]:
    """The migrations that a database lacks, in order; what it has beyond ours is left alone."""
    folder = files("app.journal") / "migrations"
    found = [
        Migration(int(match[1]), each.name, _statements(each.read_text(encoding="utf-8")))
        for each in folder.iterdir()
        if (match := _NAME.fullmatch(each.name))
    ]
    return sorted((each for each in found if each.number not in applied), key=lambda each: each.number)


def _statements(script: str) -> tuple[str, ...]:
    """The statements of a script; none of ours has a semicolon or a comment mark inside a text."""
    return tuple(part.strip() for part in _COMMENT.sub("", script).split(";") if part.strip())
