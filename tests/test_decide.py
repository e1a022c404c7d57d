"""Deciding: what an unknown means in each block of a card, and what a card that applies says and offers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from app.answer import Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.decide import Decision, Outcome, decide, decide_one, gentled
from app.facts.asking import Facts
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Note, Variant
from app.knowledge.shaped import written
from tests.content import knowledge
from tests.records import order

PICTURE = order("thumb-picture", name="p", position=0)
SALVE = order("salve", name="s", position=1, kind="MedicationRequest")
FOUND = Finding("sore thumb", "Condition", "2026-05-01")
BY_WORDS = Finding("sore thumb", "Condition", "2026-05-01", worded=True)
CONDITION = Reason("Condition", "refused (403)", "sore thumb")
ENCOUNTER = Reason("Encounter", "not sent", "stay in hospital")
PROCEDURE = Reason("Procedure", "not sent", "splint")
OBSERVATION = Reason("Observation", "not sent", "allergy test")
UNREAD = {"Condition": CONDITION, "Encounter": ENCOUNTER, "Procedure": PROCEDURE}

DETERRENT, RED_FLAG = "avoid-thumb-picture", "suspect-numb-thumb"
SAFETY, PATHWAY = "avoid-salve-with-plaster", "thumb-care"
TRIGGERS: dict[str, dict[str, Answer]] = {
    DETERRENT: {
        "picture_ordered": yes([Finding("picture", "Order", link="ServiceRequest/p")]),
        "sore_thumb": yes([FOUND]),
    },
    RED_FLAG: {"numb_thumb": yes([FOUND])},
    SAFETY: {"salve_ordered": yes([FOUND]), "plaster_worn": yes([FOUND])},
    PATHWAY: {"sore_thumb": yes([FOUND])},
}
EXCLUSION = {
    DETERRENT: "splint_fitted",
    RED_FLAG: "splint_fitted",
    SAFETY: "in_hospital",
    PATHWAY: "in_hospital",
}


def changed(name: str, **update: Any) -> Knowledge:
    """The content with one recommendation changed."""
    content = knowledge()
    card = structs.replace(content.recommendations[name], **update)
    return replace(content, recommendations={**content.recommendations, name: card})


def decided(name: str, content: Knowledge | None = None, **known: Answer) -> Decision:
    """One recommendation with its trigger given, every other fact a no but those that are given."""
    content = content or knowledge()
    facts = Facts(content, lambda *_: no(), (PICTURE, SALVE), {**TRIGGERS[name], **known})
    about = content.recommendations[name].about
    return decide_one(content, name, facts, PICTURE if about == "order" else None)


# `when`


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_recommendation_applies_when_everything_is_read(name: str) -> None:
    decision = decided(name)
    assert decision.outcome is Outcome.APPLIES
    assert (decision.steps, decision.unchecked) == (0, ())
    assert decision.indicator == knowledge().recommendations[name].say.indicator


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_that_is_not_there_is_silent(name: str) -> None:
    missing = {fact: no() for fact in TRIGGERS[name]}
    decision = decided(name, **missing)
    assert decision.outcome is Outcome.DOES_NOT_APPLY
    assert decision.deciding == (knowledge().recommendations[name].when[0].text,)


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_that_cannot_be_told_is_silent_and_recorded(name: str) -> None:
    fact = list(TRIGGERS[name])[-1]
    decision = decided(name, **{fact: cannot_tell([CONDITION])})
    assert decision.outcome is Outcome.CANNOT_TELL
    assert decision.deciding
    assert decision.unchecked == (CONDITION,)


def test_one_criterion_that_is_not_met_decides_whatever_cannot_be_told() -> None:
    decision = decided(DETERRENT, picture_ordered=cannot_tell([CONDITION]), early_thumb=no())
    assert (decision.outcome, decision.deciding) == (Outcome.DOES_NOT_APPLY, ("early_thumb",))


def test_a_trigger_with_an_unchecked_guard_applies_and_says_it() -> None:
    decision = decided(DETERRENT, thumb_days=cannot_tell([ENCOUNTER]))
    assert decision.outcome is Outcome.APPLIES
    assert decision.unchecked == (ENCOUNTER,)


# `unless`


@pytest.mark.parametrize("name", TRIGGERS)
def test_an_exclusion_stops_and_is_recorded(name: str) -> None:
    decision = decided(name, **{EXCLUSION[name]: yes([FOUND])})
    assert decision.outcome is Outcome.DOES_NOT_APPLY
    assert decision.deciding == (f"unless {EXCLUSION[name]}",)


@pytest.mark.parametrize("name", TRIGGERS)
def test_an_exclusion_of_the_group_stops(name: str) -> None:
    assert decided(name, deceased=yes()).deciding == ("unless deceased",)


@pytest.mark.parametrize(
    ("name", "source", "steps", "indicator"),
    [
        (DETERRENT, "Condition", 1, "info"),
        (DETERRENT, "Procedure", 1, "info"),
        (DETERRENT, "Encounter", 0, "warning"),
        (PATHWAY, "Condition", 1, "info"),
        (PATHWAY, "Encounter", 0, "info"),
        (RED_FLAG, "Condition", 0, "critical"),
        (RED_FLAG, "Procedure", 0, "critical"),
        (SAFETY, "Condition", 0, "warning"),
        (SAFETY, "Encounter", 0, "warning"),
    ],
)
def test_an_exclusion_that_cannot_be_told_softens_by_its_source_and_its_group(
    name: str, source: str, steps: int, indicator: str
) -> None:
    decision = decided(name, **{EXCLUSION[name]: cannot_tell([UNREAD[source]])})
    assert decision.outcome is Outcome.APPLIES
    assert (decision.steps, decision.indicator) == (steps, indicator)
    assert decision.unchecked == (UNREAD[source],)


def test_several_exclusions_that_cannot_be_told_are_all_said_and_cost_one_step() -> None:
    unread = {"splint_fitted": cannot_tell([PROCEDURE]), "in_hospital": cannot_tell([ENCOUNTER, CONDITION])}
    decision = decided(DETERRENT, **unread)
    assert (decision.steps, decision.unchecked) == (1, (PROCEDURE, ENCOUNTER, CONDITION))


def test_an_exclusion_that_was_not_fully_checked_still_silences_a_deterrent() -> None:
    assert decided(DETERRENT, alarm=yes([FOUND], [CONDITION])).outcome is Outcome.DOES_NOT_APPLY


@pytest.mark.parametrize("name", [RED_FLAG, SAFETY])
def test_an_exclusion_that_was_not_fully_checked_does_not_silence_what_keeps_its_strength(name: str) -> None:
    decision = decided(name, **{EXCLUSION[name]: yes([FOUND], [CONDITION])})
    assert (decision.outcome, decision.unchecked) == (Outcome.APPLIES, (CONDITION,))


# `gentler_when`, and the sum of steps


@pytest.mark.parametrize("answer", [yes([FOUND]), cannot_tell([CONDITION])])
def test_a_reason_to_be_gentler_costs_a_step_even_when_it_cannot_be_told(answer: Answer) -> None:
    decision = decided(DETERRENT, wax_allergy=answer)
    assert (decision.steps, decision.indicator) == (1, "info")


def test_a_reason_to_be_gentler_that_cannot_be_told_is_said() -> None:
    assert decided(DETERRENT, wax_allergy=cannot_tell([CONDITION])).unchecked == (CONDITION,)


@pytest.mark.parametrize(
    ("unread", "steps"), [([OBSERVATION], 0), ([OBSERVATION, CONDITION], 1), ([CONDITION], 1)]
)
def test_a_reason_to_be_gentler_that_certain_sources_leave_open_costs_none_and_is_said(
    unread: list[Reason], steps: int
) -> None:
    content = knowledge()
    group = structs.replace(content.groups.groups["deterrent"], not_softened_by=("Observation",))
    groups = structs.replace(content.groups, groups={**content.groups.groups, "deterrent": group})
    decision = decided(DETERRENT, replace(content, groups=groups), wax_allergy=cannot_tell(unread))
    assert (decision.steps, decision.unchecked) == (steps, tuple(unread))


@pytest.mark.parametrize(
    ("answer", "steps"),
    [
        (cannot_tell([CONDITION]), 0),
        (cannot_tell([CONDITION, ENCOUNTER]), 1),
        (cannot_tell([ENCOUNTER]), 1),
        (yes([FOUND]), 1),
        (yes([FOUND], [CONDITION]), 1),
        (no(), 0),
    ],
)
def test_for_want_of_some_sources_a_reason_to_be_gentler_costs_no_step_where_the_group_says_so(
    answer: Answer, steps: int
) -> None:
    content = knowledge()
    group = structs.replace(content.groups.groups["deterrent"], not_softened_by=("Condition",))
    groups = structs.replace(content.groups, groups={**content.groups.groups, "deterrent": group})
    decision = decided(DETERRENT, replace(content, groups=groups), wax_allergy=answer)
    assert (decision.steps, decision.unchecked) == (steps, answer.unknown)


def test_words_alone_cost_a_step() -> None:
    decision = decided(DETERRENT, sore_thumb=yes([BY_WORDS]))
    assert (decision.worded, decision.steps, decision.indicator) == (True, 1, "info")


def test_a_coded_match_beside_the_words_costs_none() -> None:
    decision = decided(DETERRENT, sore_thumb=yes([BY_WORDS, FOUND]))
    assert (decision.worded, decision.steps) == (False, 0)


def test_words_alone_cost_a_red_flag_a_step_too() -> None:
    assert decided(RED_FLAG, numb_thumb=yes([BY_WORDS])).indicator == "warning"


def test_steps_add_up_and_end_at_info() -> None:
    unread = {"splint_fitted": cannot_tell([CONDITION]), "wax_allergy": yes([FOUND])}
    decision = decided(DETERRENT, sore_thumb=yes([BY_WORDS]), **unread)
    assert (decision.steps, decision.indicator) == (3, "info")


@pytest.mark.parametrize(
    ("start", "steps", "end"),
    [
        ("critical", 0, "critical"),
        ("critical", 1, "warning"),
        ("critical", 2, "info"),
        ("critical", 3, "info"),
        ("warning", 1, "info"),
        ("info", 1, "info"),
    ],
)
def test_a_step_is_one_indicator(start: Any, steps: int, end: str) -> None:
    assert gentled(start, steps) == end


# Variants and notes


def test_the_first_variant_that_holds_is_taken() -> None:
    say = knowledge().recommendations[RED_FLAG].say
    variants = (
        written(Variant, {"when": ("fever",), "summary": "Fever."}),
        written(Variant, {"when": ("glove",), "indicator": "info", "detail": "Take it off."}),
        written(Variant, {"when": ("sore_thumb",), "summary": "Sore."}),
    )
    content = changed(RED_FLAG, say=structs.replace(say, variants=variants))
    taken = decided(RED_FLAG, content, glove=yes(), sore_thumb=yes())
    assert (taken.indicator, taken.summary, taken.detail) == ("info", say.summary, "Take it off.")
    later = decided(RED_FLAG, content, sore_thumb=yes())
    assert (later.indicator, later.summary, later.detail) == ("critical", "Sore.", say.detail)


def test_a_variant_that_cannot_be_told_is_not_taken() -> None:
    hot = {"hot_thumb": cannot_tell([CONDITION]), "numb_thumb": no(), "alarm": yes([FOUND])}
    assert decided(RED_FLAG, **hot).indicator == "critical"
    hot["hot_thumb"] = yes([FOUND])
    assert decided(RED_FLAG, **hot).indicator == "warning"


def test_a_variant_that_was_not_fully_checked_does_not_make_a_red_flag_gentler() -> None:
    say = knowledge().recommendations[RED_FLAG].say
    variants = (
        written(Variant, {"when": ("fever",), "indicator": "info", "summary": "Fever."}),
        written(Variant, {"when": ("glove",), "indicator": "warning", "summary": "Glove."}),
        written(Variant, {"when": ("sore_thumb",), "summary": "Sore."}),
    )
    content = changed(RED_FLAG, say=structs.replace(say, variants=variants))
    open_ = yes([FOUND], [CONDITION])

    def said(**known: Answer) -> tuple[str, str]:
        taken = decided(RED_FLAG, content, **known)
        return taken.indicator, taken.summary

    assert said(fever=open_) == ("critical", say.summary)
    assert said(fever=open_, glove=open_) == ("critical", say.summary)
    assert said(fever=open_, glove=yes()) == ("warning", "Glove.")
    assert said(fever=yes(), glove=open_) == ("info", "Fever.")
    assert said(fever=open_, glove=yes(), sore_thumb=yes()) == ("warning", "Glove.")
    assert said(glove=open_, sore_thumb=open_) == ("critical", "Sore.")
    assert said(sore_thumb=open_) == ("critical", "Sore.")


@pytest.mark.parametrize(("answer", "shown"), [(yes([FOUND]), 1), (no(), 0), (cannot_tell([CONDITION]), 0)])
def test_a_note_is_shown_only_when_it_definitely_holds(answer: Answer, shown: int) -> None:
    assert len(decided(DETERRENT, referred=answer).notes) == shown


def test_every_criterion_of_a_note_must_hold() -> None:
    say = knowledge().recommendations[PATHWAY].say
    note = written(Note, {"when": ("referred", "not glove"), "say": "Hot."})
    content = changed(PATHWAY, say=structs.replace(say, notes=(note,)))
    assert decided(PATHWAY, content, referred=yes()).notes == ("Hot.",)
    assert decided(PATHWAY, content, referred=yes(), glove=yes()).notes == ()


# Offers


def offered(decision: Decision) -> list[str]:
    """The ids of the suggestions that are offered."""
    return [each.offer.suggestion for each in decision.offers]


def test_suggestions_that_fit_are_offered_for_the_order_at_hand() -> None:
    decision = decided(DETERRENT)
    assert offered(decision) == ["remove-order", "rest-the-thumb"]
    assert all(each.order is PICTURE for each in decision.offers)


def test_a_suggestion_is_withheld_by_its_caution_and_when_that_cannot_be_told() -> None:
    for answer in (yes([FOUND]), cannot_tell([CONDITION])):
        assert offered(decided(DETERRENT, wax_allergy=answer)) == ["remove-order"]


def test_a_suggestion_is_withheld_when_its_reason_is_missing_or_cannot_be_told() -> None:
    for answer in (no(), cannot_tell([CONDITION])):
        picture = decided(DETERRENT, early_thumb=yes([FOUND]), sore_thumb=answer)
        assert offered(picture) == ["remove-order"]


def test_an_order_to_change_is_the_one_that_its_fact_found() -> None:
    found = yes([Finding("picture", "Order", link="ServiceRequest/p")])
    decision = decided(RED_FLAG, picture_drafted=found)
    assert [(each.offer.suggestion, each.order) for each in decision.offers] == [("make-it-urgent", PICTURE)]
    assert offered(decided(RED_FLAG)) == []


def test_while_an_alarm_cannot_be_told_nothing_is_removed_and_the_card_says_so() -> None:
    decision = decided(DETERRENT, alarm=cannot_tell([CONDITION]))
    assert decision.group_unchecked
    assert offered(decision) == ["rest-the-thumb"]


def test_when_alarms_are_checked_nothing_is_said_of_them() -> None:
    assert not decided(DETERRENT).group_unchecked
    assert not decided(SAFETY, alarm=cannot_tell([CONDITION])).group_unchecked


# All of a hook


def all_of_hook(hook: str, content: Knowledge | None = None) -> list[tuple[str, str | None]]:
    """Every decision of a hook, with the order that it is about."""
    content = content or knowledge()
    facts = Facts(content, lambda *_: no(), (PICTURE, SALVE))
    return [
        (each.id, each.order.reference if each.order else None)
        for each in decide(content, facts, hook, (PICTURE, SALVE))
    ]


def test_a_card_about_the_patient_comes_once_and_one_about_orders_for_each() -> None:
    assert all_of_hook("order-sign") == [
        ("avoid-salve-with-plaster", "ServiceRequest/p"),
        ("avoid-salve-with-plaster", "MedicationRequest/s"),
        ("avoid-thumb-picture", "ServiceRequest/p"),
        ("avoid-thumb-picture", "MedicationRequest/s"),
        ("suspect-numb-thumb", None),
        ("thumb-care", None),
        ("watch-hot-thumb", None),
    ]


def test_a_hook_is_answered_by_its_own_recommendations() -> None:
    names = {name for name, _ in all_of_hook("patient-view")}
    assert names == {"suspect-numb-thumb", "thumb-care", "thumb-school", "watch-hot-thumb"}
    assert all_of_hook("appointment-book") == []


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_only_active_recommendations_are_decided(status: str) -> None:
    content = changed("thumb-care", status=status)
    assert "thumb-care" not in {name for name, _ in all_of_hook("patient-view", content)}


def test_findings_of_the_trigger_are_those_that_are_shown() -> None:
    days = number(Interval.exactly(3), [Finding("3 days", "Condition")])
    decision = decided(DETERRENT, thumb_days=days)
    assert [each.what for each in decision.findings] == ["picture", "sore thumb"]
