"""The ground rules of the pathway, held for any record: from FHIR JSON through the content to the cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answering import Answered
from app.decide import Decision, Outcome
from app.errors import PreconditionFailed
from app.knowledge.recommendation import INDICATORS
from tests.strange_records import (
    FINDINGS,
    ICD,
    PAIN,
    SUBJECT,
    TODAY,
    WHO,
    WORLDS,
    Json,
    World,
    coded,
    conditions,
    day,
    world,
)
from tests.whole_records import SOURCES, content, put, shown

FUZZING = settings.get_current_profile_name() == "fuzz"
PROPERTY = settings(
    # A call takes some milliseconds; `make fuzz` takes the time for more.
    max_examples=settings.default.max_examples if FUZZING and settings.default else 60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
RED_FLAGS = {
    "suspect-cauda-equina", "severe-neurological-deficit", "treat-spinal-infection",
    "suspect-spinal-infection", "suspect-spinal-metastasis", "new-pain-with-cancer-history",
    "suspect-vertebral-fracture",
    "suspect-aortic-emergency", "suspect-epidural-haematoma",
}  # fmt: skip
IMAGING = {
    "avoid-early-imaging", "conservative-care-first", "imaging-if-candidate", "avoid-repeat-imaging",
    "avoid-emergency-imaging", "prefer-mri-without-contrast",
}  # fmt: skip
ABOUT_MISSING = ("Condition", "MedicationRequest", "Observation", "Procedure", "Encounter", "ServiceRequest")
Key = tuple[str, int]


def decisions(answered: Answered) -> dict[Key, Decision]:
    """Every decision, by its recommendation and its order."""
    return {(each.id, each.order.position if each.order else -1): each for each in answered.decisions}


def ask(
    world: World, unread: Iterable[str] = (), without: Iterable[str] = (), **more: Any
) -> Answered | None:
    """The answer to a call; None where nothing could be read and nothing applies."""
    resources, hook, ordered = world
    kept = [each for each in resources if each["resourceType"] not in without]
    try:
        return put(
            kept, hook, *ordered, today=TODAY, patient_id=WHO, unread=unread, encounter_id="e1", **more
        )
    except PreconditionFailed:
        return None


def applying(answered: Answered) -> dict[Key, Decision]:
    """The decisions that apply."""
    return {key: each for key, each in decisions(answered).items() if each.outcome is Outcome.APPLIES}


def group(key: Key) -> str:
    """The class of a recommendation."""
    return content().recommendations[key[0]].group


def strong(key: Key) -> bool:
    """Whether missing data may never hide it."""
    return group(key) in ("red-flag", "drug-safety")


def rank(decision: Decision) -> int:
    """The place of its indicator, the strongest first."""
    return INDICATORS.index(decision.indicator)


def removes(decision: Decision) -> bool:
    """Whether it offers to remove an order."""
    offered = [content().suggestions[each.offer.suggestion].action for each in decision.offers]
    return "delete" in offered


@PROPERTY
@given(WORLDS)
def test_a_red_flag_beats_every_deterrent(world: World) -> None:
    answered = ask(world)
    assert answered is not None
    found = applying(answered)
    flags = [each for key, each in found.items() if key[0] in RED_FLAGS]
    deterrents = {key[0] for key in found if group(key) == "deterrent"}
    if flags:
        assert not deterrents & IMAGING
        assert not [key for key in found if group(key) == "pathway"]
    if any(each.indicator != "info" for each in flags):
        assert not deterrents


@PROPERTY
@given(WORLDS, st.sampled_from(ABOUT_MISSING))
def test_what_was_not_read_hides_no_alarm(world: World, missing: str) -> None:
    """Against the same record with that source read and empty, and against the whole record.

    Red flags stay, as strong as they were. A trigger of drug safety that is a number (how long the pain has
    lasted) may become one that cannot be told, which is silent and recorded; never a no.
    """
    after = ask(world, unread=[missing])
    empty, whole = ask(world, without=[missing]), ask(world)
    assert empty is not None
    assert whole is not None
    found = decisions(after) if after else {}
    lost = {missing, "Order", "Encounter"} if missing == "Condition" else {missing}
    for before, gone in ((empty, set[str]()), (whole, lost)):
        for key, each in applying(before).items():
            if not strong(key) or not gone.isdisjoint(finding.source for finding in each.findings):
                continue
            if key[0] in RED_FLAGS:
                assert found[key].outcome is Outcome.APPLIES, key
                assert rank(found[key]) <= rank(each) or before is whole, key
            elif after is not None:
                assert found[key].outcome is not Outcome.DOES_NOT_APPLY, key
                assert found[key].outcome is Outcome.APPLIES or found[key].unchecked, key


@PROPERTY
@given(WORLDS, st.sampled_from(ABOUT_MISSING))
def test_what_was_not_read_turns_no_deterrent_to_full_strength(world: World, missing: str) -> None:
    """A card that becomes stronger says so and removes nothing; a new one says what is missing."""
    after, whole = ask(world, unread=[missing]), ask(world)
    assert whole is not None
    before = decisions(whole)
    for key, each in applying(after).items() if after else ():
        if group(key) != "deterrent":
            continue
        if before[key].outcome is not Outcome.APPLIES:
            assert missing in {reason.source for reason in each.unchecked}, key
        elif rank(each) < rank(before[key]):
            assert each.group_unchecked, key
            assert not removes(each), key
        if each.group_unchecked:
            assert not removes(each), key


@PROPERTY
@given(WORLDS, st.integers(0, 2**32).map(conditions), st.sampled_from(["refuted", "entered-in-error"]))
def test_what_is_refuted_or_an_error_never_counts(world: World, wrong: list[Json], status: str) -> None:
    resources, hook, ordered = world
    void = [{**each, "id": f"v{at}", "verificationStatus": {"coding": [{"code": status}]}}
            for at, each in enumerate(wrong)]  # fmt: skip
    before, after = ask(world), ask(([*resources, *void], hook, ordered))
    assert before is not None
    assert after is not None
    assert shown(after) == shown(before)
    assert applying(after).keys() == applying(before).keys()


@PROPERTY
@given(WORLDS, st.sampled_from([None, 1, 2, 4]))
def test_cards_stand_in_order_and_no_emergency_is_dropped(world: World, limit: int | None) -> None:
    answered = ask(world, max_cards=limit)
    assert answered is not None
    cards = [decision for decision, _ in answered.composition.shown]
    classes = list(content().groups.groups)
    places = [(classes.index(each.recommendation.group), rank(each)) for each in cards]
    assert places == sorted(places)
    most = limit or 4
    emergencies = [each for each in cards if each.indicator == "critical"]
    assert len(cards) <= max(most, len(emergencies))
    unlimited = ask(world, max_cards=100)
    assert unlimited is not None
    critical = {each.id for each, _ in unlimited.composition.shown if each.indicator == "critical"}
    assert {each.id for each in emergencies} == critical
    assert len(cards) + len(answered.composition.held_back) == len(applying(answered))


@PROPERTY
@given(WORLDS, st.sets(st.sampled_from(SOURCES), max_size=len(SOURCES)))
def test_any_record_with_any_sources_missing_is_answered_validly(world: World, missing: set[str]) -> None:
    """`put` checks the response against the invariants; an empty list says what was not read."""
    answered = ask(world, unread=missing)
    if answered is not None and not answered.response.cards:
        open_ones = [each for each in answered.decisions if each.outcome is Outcome.CANNOT_TELL]
        assert bool(answered.response.extension) == bool(open_ones)


WINDOWS = {"G83.4": 90, "R33.9": 14, "R15.9": 14, "M21.371": 60, "G95.20": 90, "M46.46": 180}
ENDED = ("resolved", "inactive", "remission")


@PROPERTY
@given(
    st.sampled_from(sorted(WINDOWS)),
    st.integers(-10, 400),
    st.sampled_from(["onsetDateTime", "recordedDate"]),
    st.sampled_from(["active", "recurrence", "relapse", "unknown", *ENDED, None]),
    st.booleans(),
)
def test_status_and_window_of_a_red_flag(
    code: str, days: int, name: str, status: str | None, old: bool
) -> None:
    """Against the rules written out once more: first record, active, a date of the future is none."""
    flag = {
        "resourceType": "Condition",
        **SUBJECT,
        "code": coded(ICD, code, "finding"),
        name: day(days),
        **({"clinicalStatus": {"coding": [{"code": status}]}} if status else {}),
    }
    pain = {**flag, "code": coded(*PAIN[0]), "onsetDateTime": day(5), "clinicalStatus": {"text": "active"}}
    first = {**flag, name: day(500), "clinicalStatus": {"coding": [{"code": "active"}]}}
    answered = ask(
        ([{"resourceType": "Patient", "id": WHO}, pain, flag, *([first] if old else [])], "patient-view", [])
    )
    assert answered is not None
    said = days < 0 or days <= WINDOWS[code]
    unknown_status = status in (None, "unknown")
    in_force = status not in ENDED and (not unknown_status or days <= 90)
    flags = {key[0] for key in applying(answered)} & RED_FLAGS
    assert bool(flags) == (said and in_force and not old)


def test_the_worlds_bring_nearly_every_recommendation() -> None:
    """What never applies proves nothing."""
    seen: set[str] = set()
    for number in range(250):
        answered = ask(world(number))
        assert answered is not None
        seen.update(key[0] for key in applying(answered))
    assert len(seen) >= 32, sorted(content().recommendations.keys() - seen)


@pytest.mark.parametrize(
    ("system", "code", "words"), [each for each in (*PAIN, *FINDINGS) if each[1] != "I10"]
)
def test_every_finding_of_the_pool_is_in_some_value_set(system: str, code: str, words: str) -> None:
    """A code that no value set holds would make the properties say nothing."""
    known = content().codes.match([(system, code, words)] if system else [], words).sets
    assert bool(known) == (words not in ("Hypertension", "no saddle numbness"))
