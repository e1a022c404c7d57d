"""The numbers of the pathway, written out once more, and both sides of every window and limit of a fact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.answer import NO, YES, Truth
from app.facts.asking import facts_of
from app.knowledge.fact import Fact
from app.record.record import Record
from tests.records import ago, but, coded, done, measured, order, problem, record, visit
from tests.whole_records import content

FACTS = content().facts
# A window in days, or a limit.
CONTRACT = {
    "cauda_equina_coded": 90, "saddle_numbness": 14, "recent_faecal_incontinence": 14,
    "recent_urinary_retention": 14, "raised_residual": (200, 14), "leg_weakness": 60, "cord_compression": 90,
    "spinal_infection_on_record": 180, "measured_fever": (38.0, 7), "recorded_fever": 7,
    "bacteraemia_or_endocarditis": 90, "raised_crp": (10, 30), "raised_esr": (30, 30),
    "injecting_drug_use_365_days": 365,
    "recent_spinal_procedure": 90, "recorded_weight_loss": 180, "night_sweats": 180, "recorded_anaemia": 90,
    "raised_esr_90_days": (30, 90), "recent_vertebral_fracture": 90, "recent_trauma": 90, "recent_fall": 30,
    "aortic_rupture_or_dissection": 30, "leg_weakness_14_days": 14, "neuraxial_puncture_14_days": 14,
    "rheumatology_referral": 365, "rheumatology_visit": 365, "vertebral_fracture_365_days": 365,
    "bacteraemia_365_days": 365, "conservative_therapy_done": 180, "conservative_therapy_visit": 180,
    "spine_plan_requested": 90, "earlier_mri_or_ct": 365, "earlier_radiograph": 365, "pregnancy_coded": 294,
    "recent_surgery": 30, "recent_major_trauma": 30, "vertebral_fracture_30_days": 30, "recent_naloxone": 365,
    "heart_attack_or_stroke_365_days": 365, "coronary_bypass_365_days": 365, "egfr_under_30": (30, None),
    "medial_branch_block_done": 365, "phq_9_raised": (10, 365), "start_back_done": 90, "phq_done": 90,
    "back_pain_visit_28_days": 28, "specialist_referral": 365, "back_pain_first_recorded_14_days": 14,
}  # fmt: skip
# The limits of criteria: (fact, operator, number) somewhere in the content, and no other number there.
LIMITS = {
    "pain_days": {14, 28, 42, 84, 90}, "age_years": {18, 45, 50, 60, 65, 70}, "fracture_points": {2, 3},
    "opioid_mme": {50}, "opioid_supply_ordered_days": {7}, "opioid_days_covered": {0, 60},
    "acetaminophen_mg": {0, 2000, 3000}, "aspirin_mg": {325}, "aspirin_mg_drafted": {325},
    "muscle_relaxant_days_ordered": {21}, "nsaid_days_covered": {14}, "steroid_days_covered": {90},
    "weight_lost_percent": {5}, "gestation_weeks_7_days": {20},
}  # fmt: skip


def limit_of(fact: Fact) -> float | None:
    """The limit of an observation."""
    asked = fact.parameters
    found = [getattr(asked, name, None) for name in ("at_least", "above", "below")]
    return next((each for each in found if each is not None), None)


@pytest.mark.parametrize("name", CONTRACT)
def test_windows_and_limits_are_those_of_the_contract(name: str) -> None:
    fact, said = FACTS[name], CONTRACT[name]
    if isinstance(said, tuple):
        assert (limit_of(fact), fact.parameters.within_days) == said
    else:
        assert fact.parameters.within_days == said


def criteria() -> Iterator[tuple[str, float]]:
    """Every number that a criterion of the content compares a fact with."""
    lines = [line for fact in FACTS.values() for line in fact.lines]
    for card in content().recommendations.values():
        parts = [card.when, card.unless, card.gentler_when]
        parts += [each.when for each in (*card.say.variants, *card.say.notes)]
        parts += [part for each in card.offer for part in (each.when, each.unless)]
        lines += [line for part in parts for line in part]
    yield from ((line.fact, line.operand) for line in lines if isinstance(line.operand, int | float))


@pytest.mark.parametrize("name", LIMITS)
def test_criteria_compare_with_the_numbers_of_the_contract(name: str) -> None:
    assert {number for fact, number in criteria() if fact == name} == LIMITS[name]


# Both sides of each, through the real facts

WINDOWED = [
    name
    for name, fact in FACTS.items()
    if fact.kind in ("condition", "procedure", "study", "referral", "observation", "encounter")
    and fact.parameters.within_days
    and not getattr(fact.parameters, "since", None)
]
MEASURED = [name for name, fact in FACTS.items() if fact.kind == "observation" and limit_of(fact) is not None]


def holds(name: str, within: Record) -> Truth:
    """The answer to a fact; its guards are no."""
    return facts_of(content(), within).ask(name, None).truth


def found(fact: Fact, days: int) -> Record:
    """A record that holds what the fact asks for, so many days ago, and nothing else."""
    asked = fact.parameters
    if fact.kind == "condition":
        return record(problem(asked.in_[0], onset=ago(days), recorded=ago(days)))
    if fact.kind == "observation":
        limit, unit = limit_of(fact) or 1, asked.unit
        value = limit - 1 if asked.below else limit + 1
        answer = coded(asked.answer_in[0]) if asked.answer_in else None
        return record(but(measured(asked.in_[0], value, unit, when=ago(days)), answer=answer))
    if fact.kind == "encounter":
        concept = (coded((asked.type_in or asked.reason_in)[0]),)
        kinds = {"types": concept} if asked.type_in else {"reasons": concept}
        return record(visit(id="before", status="finished", start=ago(days), **kinds))
    source = "ServiceRequest" if fact.kind == "referral" else "Procedure"
    return record(done(asked.in_[0], source, when=ago(days)))


@pytest.mark.parametrize("name", WINDOWED)
def test_a_window_holds_on_its_last_day_and_not_on_the_next(name: str) -> None:
    fact = FACTS[name]
    days = fact.parameters.within_days
    assert holds(name, found(fact, days)) is YES
    assert holds(name, found(fact, days + 1)) is NO


@pytest.mark.parametrize("name", MEASURED)
def test_a_limit_holds_from_its_number_on_and_not_beside_it(name: str) -> None:
    asked = FACTS[name].parameters
    limit, unit = limit_of(FACTS[name]) or 0, asked.unit

    def at(value: float) -> Truth:
        return holds(name, record(measured(asked.in_[0], value, unit), orders=[order("x")]))

    at_limit = asked.at_least is not None
    assert at(limit) is (YES if at_limit else NO)
    inside, outside = (limit - 0.1, limit + 0.1) if asked.below is not None else (limit + 0.1, limit - 0.1)
    assert at(inside) is YES
    assert at(outside) is NO
