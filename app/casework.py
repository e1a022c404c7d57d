"""Worked patients: `cases.yaml` gives answers to facts and says what the recommendation must do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from app.answer import Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.decide import Decision, decide_one
from app.facts.asking import Facts
from app.knowledge import yaml_source
from app.knowledge.fact import Fact, Frozen
from app.knowledge.load import Knowledge
from app.knowledge.nearest import nearest
from app.knowledge.relevance import NEEDS
from app.knowledge.shaped import shaped
from app.knowledge.yaml_source import Fault
from app.record.values import Concept, Order

Given = bool | int | float | str | tuple[float | None, float | None]


class Case(Frozen):
    """One worked patient.

    `facts` gives answers by fact name: true, false, `unknown`, `worded` (a yes by words only), a
    number, a word, or two bounds. What is not given is no; derived facts follow from the others.
    """

    case: str
    facts: dict[str, Given] = Field(default={})
    expect: Literal["applies", "does not apply", "cannot tell"]
    indicator: Literal["critical", "warning", "info"] | None = None
    offers: tuple[str, ...] | None = None
    says: str | None = None


Cases = Annotated[tuple[Case, ...], Field(min_length=1)]
THE_ORDER = Order(kind="ServiceRequest", reference="ServiceRequest/1", position=0, concept=Concept())


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


def work(knowledge: Knowledge, recommendation_id: str, case: Case) -> Decision:
    """What the recommendation decides for a worked patient."""
    known = {name: _given(name, knowledge.facts[name], value) for name, value in case.facts.items()}
    facts = Facts(knowledge, lambda name, _: no(), (THE_ORDER,), known)
    about = knowledge.recommendations[recommendation_id].about
    return decide_one(knowledge, recommendation_id, facts, THE_ORDER if about == "order" else None)


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
    found = Finding(fact.label, source, label=fact.label)
    unread = Reason(source, "not read", fact.label)
    if value == "unknown" and isinstance(value, str):
        return cannot_tell([unread])
    if value == "worded":
        return yes([Finding(fact.label, source, worded=True, label=fact.label)])
    if isinstance(value, bool):
        return yes([found]) if value else no()
    if isinstance(value, tuple):
        low, high = value
        bounds = Interval(float("-inf") if low is None else low, float("inf") if high is None else high)
        return number(bounds, [found], [unread])
    if isinstance(value, str):
        return Answer(yes().truth, (found,), value=value)
    return number(Interval.exactly(value), [found])
