"""Worked patients: `cases.yaml` gives answers to facts and says what the recommendation must do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import field, structs
from pydantic import Field

from app.answer import Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.compose import compose
from app.decide import Decision, decide_one
from app.facts import span
from app.facts.asking import Facts
from app.knowledge import yaml_source
from app.knowledge.fact import Fact
from app.knowledge.load import FaultyContent, Knowledge
from app.knowledge.nearest import nearest
from app.knowledge.relevance import NEEDS
from app.knowledge.shape import Shape
from app.knowledge.shaped import shaped
from app.knowledge.source import Fault
from app.protocol.response import Card
from app.record.values import ORDER, Concept, Order
from app.render import Call, card
from app.suggest import Setting

Given = bool | int | float | str | tuple[float | None, float | None]


class Case(Shape, frozen=True, kw_only=True):
    """One worked patient.

    `facts` gives answers by fact name: true, false, `unknown`, `worded` (a yes by words only), a
    number, a word, or two bounds. What is not given is no; derived facts follow from the others.
    """

    case: str
    facts: dict[str, Given] = field(default_factory=dict)
    expect: Literal["applies", "does not apply", "cannot tell"]
    indicator: Literal["critical", "warning", "info"] | None = None
    offers: tuple[str, ...] | None = None
    says: str | None = None


A_DATE = "yyyy-mm-dd"
"""Stands for the date of a finding: a case gives answers, and a record would give their dates."""
Cases = Annotated[tuple[Case, ...], Field(min_length=1)]
THE_ORDER = Order(
    kind="ServiceRequest",
    reference="ServiceRequest/1",
    position=0,
    concept=Concept(),
    raw={
        "resourceType": "ServiceRequest",
        "id": "1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
    },
)
THE_CALL = Call("", "", Setting(patient="Patient/1", today=A_DATE))
_ABOUT_ORDERS = frozenset({"order", "supply", "dose"})


@dataclass(frozen=True, slots=True)
class Worked:
    """A case with what the recommendation really did."""

    case: Case
    line: int
    decision: Decision

    def faults(self) -> Iterator[str]:
        """How the decision differs from what the case expects."""
        case, decision = self.case, self.decision
        if decision.outcome.value != case.expect:
            yield f"expected `{case.expect}`, got `{decision.outcome.value}` ({'; '.join(decision.deciding)})"
            return
        if case.indicator and decision.indicator != case.indicator:
            yield f"expected the indicator {case.indicator}, got {decision.indicator}"
        offered = tuple(each.offer.suggestion for each in decision.offers)
        if case.offers is not None and offered != case.offers:
            yield f"expected the offers {list(case.offers)}, got {list(offered)}"
        if case.says and case.says not in " ".join((decision.summary, decision.detail, *decision.notes)):
            yield f"the card does not say `{case.says}`"


def read_cases(root: Path, recommendation_id: str) -> tuple[list[tuple[Case, int]], list[Fault]]:
    """The cases of one recommendation with their lines, and the faults of the file."""
    name = f"recommendations/{recommendation_id}/cases.yaml"
    source = yaml_source.read(root / name, name)
    if source.faults:
        return [], source.faults
    cases, faults = shaped(source, Cases)
    return [(case, source.line((index,))) for index, case in enumerate(cases or ())], faults


def cases_of(root: Path, knowledge: Knowledge) -> dict[str, list[Case]]:
    """The cases of every recommendation; FaultyContent where a file of them cannot be read."""
    read = {name: read_cases(root, name) for name in knowledge.recommendations}
    if faults := [fault for _, found in read.values() for fault in found]:
        raise FaultyContent(faults)
    return {name: [case for case, _ in cases] for name, (cases, _) in read.items()}


def work(knowledge: Knowledge, recommendation_id: str, case: Case) -> Decision:
    """What the recommendation decides for a worked patient."""
    return _worked(knowledge, recommendation_id, case)[1]


def card_of(knowledge: Knowledge, recommendation_id: str, case: Case) -> Card | None:
    """The card that the clinician reads for a worked patient; None where the recommendation is silent."""
    facts, decision = _worked(knowledge, recommendation_id, case)
    shown = compose(knowledge, [decision]).shown
    return next((card(knowledge, facts, each, also, THE_CALL) for each, also in shown), None)


def _worked(knowledge: Knowledge, recommendation_id: str, case: Case) -> tuple[Facts, Decision]:
    known = {name: _given(name, knowledge.facts[name], value) for name, value in case.facts.items()}
    order = structs.replace(THE_ORDER, concept=Concept(display=_ordered(knowledge, case)))
    facts = Facts(knowledge, lambda *_: no(), (order,), known)
    about = knowledge.recommendations[recommendation_id].about
    return facts, decide_one(knowledge, recommendation_id, facts, order if about == "order" else None)


def _ordered(knowledge: Knowledge, case: Case) -> str:
    """What the order is called: the title of the first value set that a given fact finds it in."""
    given = [knowledge.facts[name] for name, value in case.facts.items() if value]
    about = [fact.parameters for fact in given if fact.kind in _ABOUT_ORDERS]
    return next((knowledge.value_sets[name].title for asked in about for name in asked.in_), "")


def check_cases(root: Path, knowledge: Knowledge) -> list[Fault]:
    """Every case that does not come out as it says, and every case that cannot be read."""
    faults: list[Fault] = []
    for recommendation_id in knowledge.recommendations:
        name = f"recommendations/{recommendation_id}/cases.yaml"
        cases, unreadable = read_cases(root, recommendation_id)
        faults += unreadable
        for case, line in cases:
            wrong = [fact for fact in case.facts if fact not in knowledge.facts]
            faults += [
                Fault(name, line, f"there is no fact `{fact}`{nearest(fact, knowledge.facts)}")
                for fact in wrong
            ]
            if not wrong:
                worked = Worked(case, line, work(knowledge, recommendation_id, case))
                faults += [Fault(name, line, f"{case.case}: {what}") for what in worked.faults()]
    return faults


def _given(name: str, fact: Fact, value: Given) -> Answer:
    source = next(iter(NEEDS.get(fact.kind, ("Condition",))))
    said = ORDER if fact.kind == "order" else source
    found = Finding(fact.label, said, A_DATE, label=fact.label, link=THE_ORDER.reference)
    unread = Reason(source, "not read", fact.label)
    if value == "unknown" and isinstance(value, str):
        return cannot_tell([unread])
    if value == "worded":
        return yes([structs.replace(found, worded=True)])
    if isinstance(value, bool):
        return yes([found] if fact.kind != "hook" else []) if value else no()
    if isinstance(value, tuple):
        low, high = value
        bounds = Interval(float("-inf") if low is None else low, float("inf") if high is None else high)
        return number(bounds, [found], [span.NOT_RECORDED if fact.kind == "span" else unread])
    if isinstance(value, str):
        return Answer(yes().truth, (found,), value=value)
    return number(Interval.exactly(value), [found])
