"""What an order says of its reason: none, some, or one that a classification makes certain."""

from __future__ import annotations

import pytest

from app.answer import NO, YES
from app.facts import order as orders
from app.knowledge.fact import OrderFact
from app.knowledge.shaped import written
from app.record.values import Concept
from tests.content import knowledge
from tests.records import coded, order, record

CLASSIFIED = Concept(display="a spot", codes=(("ICD-10-CM", "L98.9"),))
LARGE_TERMINOLOGY = Concept(display="a spot", codes=(("SNOMED CT", "404684003"),))
ONLY_WORDS = Concept(display="a spot")


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ((), {"absent"}),
        ((ONLY_WORDS,), {"present"}),
        ((LARGE_TERMINOLOGY,), {"present"}),
        ((CLASSIFIED,), {"present", "classified"}),
        ((CLASSIFIED, ONLY_WORDS), {"present"}),
    ],
)
def test_a_reason_is_classified_when_every_reason_has_a_code_that_cannot_mean_something_else(
    reasons, expected
):
    draft = order("thumb-picture", *reasons)
    for said in ("absent", "present", "classified"):
        found = orders.answer(OrderFact(reason=said), record(orders=[draft]), draft, knowledge())
        assert found.truth is (YES if said in expected else NO)


def test_a_reason_that_an_order_must_not_have():
    asked = written(OrderFact, {"in": "thumb-picture", "reason_not_in": "numb-thumb"})
    sore, numb = coded("sore-thumb"), coded("numb-thumb")
    for reasons, expected in (((), YES), ((sore,), YES), ((numb,), NO), ((sore, numb), NO)):
        draft = order("thumb-picture", *reasons)
        assert orders.answer(asked, record(orders=[draft]), draft, knowledge()).truth is expected
