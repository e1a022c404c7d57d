"""Writes the table of statements into openapi/README.md."""

from __future__ import annotations

from tests.conformance.table import README, renewed

README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
