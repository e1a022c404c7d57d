"""Dates that systems write and records bear: which of them count, from the body to the card."""

from __future__ import annotations

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    cards,
    condition,
    day,
    observation,
    person,
    prefetched,
    prescription,
    topics,
)

PAIN = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
CAUDA_EQUINA = condition(("icd", "G83.4"), id="ces", days_ago=None, recordedDate=day(2))
FEVER = observation("8310-5", 39.0, "Cel", id="fever")


async def shown(*resources: Json, patient: Json | None = None) -> dict[str, str]:
    """Topic → indicator, when the chart of somebody of 45 is opened."""
    return topics(await cards("patient-view", prefetch=prefetched(*resources, patient=patient)))


async def naproxen(*resources: Json) -> bool:
    """Whether the first-step card offers naproxen."""
    found = await cards("patient-view", prefetch=prefetched(PAIN, *resources))
    return any("naproxen" in action["description"].lower() for card in found for action in actions(card))


# Days that a system writes where it has none


@pytest.mark.parametrize("onset", ["0001-01-01T00:00:00Z", "1841-01-01", "1900-01-01", "1970-01-01"])
async def test_the_first_day_of_a_calendar_does_not_make_a_new_cauda_equina_syndrome_old(onset: str):
    assert await shown({**CAUDA_EQUINA, "onsetDateTime": onset}) == {"suspect-cauda-equina": "critical"}


async def test_a_red_flag_with_no_possible_date_counts_as_recent():
    undated = {**CAUDA_EQUINA, "onsetDateTime": "1900-01-01", "recordedDate": "1900-01-01"}
    assert await shown(undated) == {"suspect-cauda-equina": "critical"}


async def test_an_old_finding_of_this_life_stays_old():
    assert await shown({**CAUDA_EQUINA, "onsetDateTime": "1999-05-01"}) == {}


async def test_beside_an_anticoagulant_of_no_possible_date_no_nsaid_is_offered():
    assert await naproxen()
    assert not await naproxen(prescription("11289", id="w", authoredOn="1900-01-01"))


# Several values of one day

HIV = condition(("snomed", "86406008"), id="hiv", days_ago=900)


def measured(loinc: str, unit: str, *values: tuple[float, str]) -> list[Json]:
    """Values of yesterday, each with its time of day ("" for none)."""
    return [
        observation(loinc, value, unit, id=f"o{at}", effectiveDateTime=f"{day(1)}{time}")
        for at, (value, time) in enumerate(values)
    ]


@pytest.mark.parametrize("times", [("T06:00:00Z", "T18:00:00Z"), ("T06:00:00+10:00", "T01:00:00Z"), ("", "")])
async def test_a_raised_crp_of_the_evening_is_not_hidden_by_the_one_of_the_morning(times: tuple[str, str]):
    normal, raised = measured("1988-5", "mg/L", (5, times[0]), (180, times[1]))
    assert await shown(PAIN, HIV, normal, raised) == {"suspect-spinal-infection": "warning"}
    assert await shown(PAIN, HIV, raised, normal) == {"suspect-spinal-infection": "warning"}


async def test_a_crp_that_fell_within_the_day_is_no_raised_one():
    raised, normal = measured("1988-5", "mg/L", (180, "T06:00:00Z"), (5, "T18:00:00Z"))
    for order in ((raised, normal), (normal, raised)):
        assert "suspect-spinal-infection" not in await shown(PAIN, HIV, *order)


@pytest.mark.parametrize("times", [("T06:00:00Z", "T18:00:00Z"), ("", "")])
async def test_no_nsaid_is_offered_where_the_kidneys_failed_later_on_the_day(times: tuple[str, str]):
    good, bad = measured("33914-3", "mL/min/{1.73_m2}", (75, times[0]), (18, times[1]))
    assert await naproxen(good)
    assert not await naproxen(good, bad)
    assert not await naproxen(bad, good)


# Ends


@pytest.mark.parametrize(
    "end",
    [
        {"abatementString": "ongoing"},
        {"abatementAge": {"value": 60, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}},
        {"abatementPeriod": {"start": day(1)}},
        {"abatementPeriod": {"start": day(1), "end": "2027-05-01"}},
        {"abatementRange": {"low": {"value": 1}}},
        {"abatementDateTime": day(400)},
        {"abatementDateTime": day(0)},
    ],
)
async def test_an_active_cauda_equina_syndrome_is_not_over_by_an_end_that_is_not_surely_behind_it(end: Json):
    active = condition(("icd", "G83.4"), id="ces", days_ago=3, **end)
    assert await shown(active) == {"suspect-cauda-equina": "critical"}


async def test_what_ended_before_today_is_over():
    assert await shown(condition(("icd", "G83.4"), id="ces", days_ago=30, abatementDateTime=day(3))) == {}


# Diagnoses of encounters

VISIT = {
    "resourceType": "Encounter",
    "id": "e5",
    "status": "finished",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/p1"},
}
DIAGNOSED = condition(
    LOW_BACK_PAIN,
    id="dx",
    days_ago=700,
    category=[{"coding": [{"code": "encounter-diagnosis"}]}],
    encounter={"reference": "Encounter/e5"},
)
RETENTION = condition(("icd", "R33.9"), id="retention", days_ago=3)


@pytest.mark.parametrize(("days", "expected"), [(7, {"suspect-cauda-equina": "critical"}), (200, {})])
async def test_back_pain_of_a_visit_of_last_week_is_active_whenever_it_began(
    days: int, expected: dict[str, str]
):
    visit = {**VISIT, "period": {"start": day(days)}}
    assert await shown(DIAGNOSED, visit, RETENTION) == expected
    pointed_at = {**visit, "diagnosis": [{"condition": {"reference": "Condition/dx"}}]}
    without_pointer = {name: each for name, each in DIAGNOSED.items() if name != "encounter"}
    assert await shown(without_pointer, pointed_at, RETENTION) == expected


# Drugs without a date

FOOT_DROP = condition(("icd", "M21.371"), id="drop", days_ago=3)


@pytest.mark.parametrize("written", [{"authoredOn": "1900-01-01"}, {"authoredOn": None}])
async def test_an_active_anticoagulant_without_a_date_makes_a_new_deficit_a_possible_haematoma(written: Json):
    warfarin = prescription("11289", id="w", **written)
    found = await cards("patient-view", prefetch=prefetched(PAIN, FOOT_DROP, warfarin))
    assert topics(found)["suspect-epidural-haematoma"] == "critical"
    assert "date not recorded" in found[0]["detail"]


# Death


@pytest.mark.parametrize(
    "death",
    [
        {"deceasedDateTime": "9999-12-31"},
        {"deceasedDateTime": "1900-01-01"},
        {"deceasedBoolean": False, "deceasedDateTime": "0001-01-01T00:00:00"},
        {"deceasedDateTime": "not known"},
    ],
)
async def test_a_death_that_never_was_silences_no_red_flag(death: Json):
    assert (await shown(PAIN, FEVER, patient=person(**death)))["suspect-spinal-infection"] == "warning"


async def test_nothing_is_said_about_who_has_died():
    assert await shown(PAIN, FEVER, patient=person(deceasedDateTime=day(3))) == {}
    assert await shown(PAIN, FEVER, patient=person(deceasedBoolean=True)) == {}
