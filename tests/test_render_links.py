"""Links on a card: to what it speaks of where the EHR says where that stands, then to its sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.decide import decide
from app.facts.asking import facts_of
from app.knowledge.load import Knowledge, load
from app.protocol.response import Link
from app.render import Call, card
from app.suggest import Setting
from tests.content import change, only_fault, write
from tests.records import ago, coded, done, order, problem, record

PICTURE = "recommendations/avoid-thumb-picture/card.yaml"
CALL = Call(
    "instance", "", Setting(patient="Patient/1", today="2026-06-01"), fhir_server="https://ehr.example/fhir"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path)
    change(tmp_path, PICTURE, "when: [picture_ordered, early_thumb]", "when: [picture_ordered, pictured]")
    change(tmp_path, PICTURE, "offer:\n", "  link_to: [pictured]\noffer:\n")
    return tmp_path


def links(content: Knowledge, call: Call, link: str | None = "ImagingStudy/7") -> list[Link]:
    display = "picture of [the] thumb"
    earlier = done(coded("thumb-picture", display=display), "ImagingStudy", when=ago(5), link=link)
    read = record(problem("sore-thumb", onset=ago(10)), earlier, orders=[order("thumb-picture")])
    facts = facts_of(content, read)
    decisions = decide(content, facts, "order-sign", read.judged)
    (decision,) = (each for each in decisions if each.id == "avoid-thumb-picture")
    return card(content, facts, decision, (), call).links or []


def test_what_the_card_speaks_of_is_linked_before_its_sources(root: Path) -> None:
    found, source = links(load(root), CALL)
    assert found.url == "https://ehr.example/fhir/ImagingStudy/7"
    assert found.label == f"earlier picture: picture of [the] thumb, {ago(5).text}"
    assert (found.type, source.label) == ("absolute", "Thumb 2020")


def test_without_a_server_or_a_reference_there_are_only_sources(root: Path) -> None:
    content = load(root)
    assert [each.label for each in links(content, replace(CALL, fhir_server=None))] == ["Thumb 2020"]
    assert [each.label for each in links(content, CALL, link=None)] == ["Thumb 2020"]


def test_a_card_that_names_nothing_to_link_to_has_only_sources(root: Path) -> None:
    change(root, PICTURE, "  link_to: [pictured]\n", "")
    assert [each.label for each in links(load(root), CALL)] == ["Thumb 2020"]


def test_a_link_to_a_fact_that_is_not_there_is_a_fault(root: Path) -> None:
    change(root, PICTURE, "link_to: [pictured]", "link_to: [picturd]")
    assert only_fault(root).what == "there is no fact `picturd`; did you mean `pictured`?"


def test_time_begins_only_with_facts_that_have_dates(root: Path) -> None:
    change(root, "facts/thumb.yaml", "since: thumb_days}", "since: thumb_points}")
    assert only_fault(root).what == "`thumb_points` does not say when something began"
