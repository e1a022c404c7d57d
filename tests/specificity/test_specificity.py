"""Records without anything wrong in the back get the cards that `expected.yaml` justifies, and no other."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.specificity.records import VARIANTS, Variant, answered, patients, red_flag
from tests.whole_records import content, shown

EXPECTED = Path(__file__).with_name("expected.yaml")
COUNT = 36


@cache
def expected() -> dict[str, Any]:
    """What `expected.yaml` says, by variant."""
    found: dict[str, Any] = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))
    return found


def cards_of(variant: str, number: int) -> dict[str, str]:
    """The cards that a record is expected to get."""
    of_variant = expected()[variant]
    but = [each["cards"] for each in of_variant["but"] if number in each["patients"]]
    found: dict[str, str] = but[0] if but else of_variant["ordinary"]
    return found


def test_every_record_is_read() -> None:
    assert [each.number for each in patients()] == list(range(COUNT))


def test_every_variant_and_every_entry_says_why() -> None:
    assert list(expected()) == list(VARIANTS)
    for variant in expected().values():
        assert all(each["why"] for each in (variant, *variant["but"]))
        named = [number for each in variant["but"] for number in each["patients"]]
        assert sorted(set(named)) == sorted(named)


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_card_that_the_record_does_not_justify(variant: str) -> None:
    found = {each.number: shown(answered(each, VARIANTS[variant])) for each in patients()}
    assert found == {number: cards_of(variant, number) for number in range(COUNT)}


@pytest.mark.parametrize("draft", [None, "mri"])
def test_an_injected_red_flag_is_found_in_every_record_and_no_deterrent_beside_it(draft: str | None) -> None:
    for each in patients():
        cards = shown(answered(each, Variant(10, draft), red_flag(each)))
        assert cards.get("suspect-cauda-equina") in ("critical", "warning"), each.number
        groups = {content().recommendations[name].group for name in cards}
        assert not groups & {"deterrent", "pathway"}, each.number
