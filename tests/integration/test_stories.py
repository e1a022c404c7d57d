"""Whole visits: a real client resolves our prefetch against a real FHIR server; each hook gives its cards."""

from __future__ import annotations

import pytest

from tests.conformance.invariants import check_response
from tests.integration.cds_client import Exchange, ask, call
from tests.integration.servers import Running
from tests.integration.stories import STORIES, Story

pytestmark = pytest.mark.integration


def play(story: Story, fhir: str, cds: str, *, prefetch: bool) -> list[Exchange]:
    """All visits of a story, with the prefetch resolved by the client or left to the service."""
    calls = [
        call(visit.hook, visit.context(story.who), prefetch=prefetch, extra={"fhirServer": fhir})
        for visit in story.visits
    ]
    return ask(fhir, cds, calls)


def topics_of(story: Story, exchanges: list[Exchange]) -> dict[str, set[str]]:
    """The cards of each visit, by what the clinician did."""
    return {visit.what: exchange.topics for visit, exchange in zip(story.visits, exchanges, strict=True)}


@pytest.mark.parametrize("prefetch", [True, False], ids=["prefetched", "fetched-by-the-service"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_each_visit_gives_exactly_its_cards(
    fhir: Running, cds: Running, story: Story, prefetch: bool
) -> None:
    exchanges = play(story, fhir.url, cds.url, prefetch=prefetch)
    assert [exchange.status for exchange in exchanges] == [200] * len(exchanges), exchanges[0].response
    for exchange in exchanges:
        check_response(exchange.response)
    assert topics_of(story, exchanges) == {visit.what: set(visit.expected) for visit in story.visits}
