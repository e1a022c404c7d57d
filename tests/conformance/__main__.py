"""Writes the generated parts of openapi/, and the golden responses of each kind of client."""

from __future__ import annotations

import asyncio

from tests.conformance import by_hand
from tests.conformance.examples import FOLDER, examples
from tests.conformance.golden import cases, golden, path
from tests.conformance.table import README, renewed

README.write_text(by_hand.renewed(renewed(README.read_text(encoding="utf-8"))), encoding="utf-8")
for name, text in asyncio.run(examples()).items():
    (FOLDER / name).write_text(text, encoding="utf-8")
for case in cases():
    path(*case).parent.mkdir(parents=True, exist_ok=True)
    path(*case).write_text(asyncio.run(golden(*case)), encoding="utf-8")
