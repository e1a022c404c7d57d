"""Writes the generated parts of openapi/: the table of statements and the examples."""

from __future__ import annotations

import asyncio

from tests.conformance.examples import FOLDER, examples
from tests.conformance.table import README, renewed

README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
for name, text in asyncio.run(examples()).items():
    (FOLDER / name).write_text(text, encoding="utf-8")
