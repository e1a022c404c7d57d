"""Keyed hashes: what they tell apart, and what they leave as it is."""

from __future__ import annotations

import pytest

from app.journal.hashes import LENGTH, hash_key

KEY = hash_key("2026a:" + "s" * 32)


def test_a_hash_depends_on_key_kind_client_and_value() -> None:
    hashes = {
        KEY.hash("patient", "ehr", "1"),
        KEY.hash("patient", "ehr", "2"),
        KEY.hash("patient", "other", "1"),
        KEY.hash("user", "ehr", "1"),
        hash_key("2026b:" + "t" * 32).hash("patient", "ehr", "1"),
    }
    assert (len(hashes), {len(each) for each in hashes}) == (5, {LENGTH})
    assert KEY.hash("patient", "ehr", "1") == KEY.hash("patient", "ehr", "1")


def test_a_key_that_nobody_configured_is_drawn_and_never_shown() -> None:
    drawn, again = hash_key(None), hash_key("")
    assert (drawn.drawn, drawn.id == again.id, drawn.secret == again.secret) == (True, False, False)
    assert drawn.secret.decode() not in repr(drawn)


@pytest.mark.parametrize(
    "value", ["d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "D1577C69-DFBE-44AD-BA6D-3E05E953B2EA"]
)
def test_a_uuid_stays_as_it_is(value: str) -> None:
    assert KEY.opaque("ehr", value) == "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"


@pytest.mark.parametrize(
    "value", ["123456", "1" * 32, "{d1577c69-dfbe-44ad-ba6d-3e05e953b2ea}", "", "a\x00b", "é"]
)
def test_whatever_else_stands_for_somebody_is_hashed(value: str) -> None:
    assert KEY.opaque("ehr", value) == "#" + KEY.hash("id", "ehr", value)
