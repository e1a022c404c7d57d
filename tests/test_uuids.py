"""Our UUIDs are those that Python's own library makes of the same names."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis.strategies import text, uuids

from app.uuids import named


@given(uuids(), text())
def test_a_name_within_a_uuid_is_the_uuid5_of_the_standard_library(within: UUID, name: str) -> None:
    assert named(str(within), name) == str(uuid5(within, name))
