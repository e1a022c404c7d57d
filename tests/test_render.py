"""Cards: the same call yields the same card, the words fit, and text of the EHR stays text."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from app.answer import Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.decide import Decision, decide_one
from app.facts.asking import Facts
from app.protocol.response import Card, Response, encode
from app.record.values import Concept, Order
from app.render import Call, card, plain, shown
from app.suggest import Setting
from tests.conformance.invariants import check_response
from tests.content import knowledge
from tests.records import but, coded, order

PICTURE = order("thumb-picture", name="p", position=0)
SETTING = Setting(patient="Patient/1", today="2026-06-01", encounter="Encounter/2")
CALL = Call(hook_instance="7f1d2c00-0000-4000-8000-000000000001", client="clinic", setting=SETTING)
SORE = Finding("Sore thumb", "Condition", "2026-05-01", link="Condition/1")
ORDERED = Finding("picture of the thumb", "Order", link="ServiceRequest/p")
REASON = Finding("sore thumb", "Order")


def decided(
    about: Order = PICTURE, name: str = "avoid-thumb-picture", **known: Answer
) -> tuple[Facts, Decision]:
    """A decision that applies, with the facts that it rests on."""
    given = {"picture_ordered": yes([ORDERED]), "sore_thumb": yes([SORE]), **known}
    facts = Facts(
        knowledge(), lambda *_: no(), (about,), {k: v.labelled(_label(k)) for k, v in given.items()}
    )
    of_order = knowledge().recommendations[name].about == "order"
    return facts, decide_one(knowledge(), name, facts, about if of_order else None)


def _label(fact: str) -> str:
    return knowledge().facts[fact].label


def rendered(about: Order = PICTURE, also: tuple[str, ...] = (), call: Call = CALL, **known: Answer) -> Card:
    """The card of a decision."""
    facts, decision = decided(about, **known)
    return card(knowledge(), facts, decision, also, call)


def worded(summary: str, about: Order = PICTURE, detail: str = "Rest.", **known: Answer) -> Card:
    """The card with other words."""
    facts, decision = decided(about, **known)
    return card(knowledge(), facts, but(decision, summary=summary, detail=detail), (), CALL)


def named(display: str) -> Order:
    """An order of this name."""
    return but(PICTURE, concept=coded("thumb-picture", display=display))


def blocks(of: Card) -> list[str]:
    """The parts of the detail."""
    return of.detail.split("\n\n")


# Uuids


def test_the_same_call_yields_the_same_card() -> None:
    assert rendered() == rendered()


@pytest.mark.parametrize(
    "other",
    [
        {"call": but(CALL, client="hospital")},
        {"call": but(CALL, hook_instance="7f1d2c00-0000-4000-8000-000000000002")},
        {"about": but(PICTURE, reference="ServiceRequest/q")},
    ],
)
def test_another_client_call_or_order_yields_other_uuids(other: dict[str, Any]) -> None:
    first, second = rendered(), rendered(**other)
    assert first.uuid != second.uuid
    assert first.suggestions
    assert second.suggestions
    assert {each.uuid for each in first.suggestions}.isdisjoint(each.uuid for each in second.suggestions)


def test_an_order_without_an_id_is_told_apart_by_its_place() -> None:
    one, two = (but(PICTURE, reference="ServiceRequest", position=each) for each in (0, 1))
    assert rendered(one).uuid != rendered(two).uuid
    assert rendered(one).uuid == rendered(one).uuid


def test_another_recommendation_has_another_uuid() -> None:
    facts, decision = decided()
    other = card(knowledge(), facts, but(decision, id="thumb-care"), (), CALL)
    assert other.uuid != rendered().uuid


# The summary


def test_the_summary_names_the_order() -> None:
    assert rendered(named("MRI of the thumb")).summary == "MRI of the thumb: early pictures rarely help."


def test_the_longest_name_is_cut_and_the_rest_of_the_summary_stays() -> None:
    summary = rendered(named("picture " * 40)).summary
    assert len(summary) <= 139
    assert summary.endswith("…: early pictures rarely help.")


@pytest.mark.parametrize("fixed", [99, 120, 139])
def test_a_summary_never_passes_its_limit_whatever_fills_it(fixed: int) -> None:
    assert len(worded("x" * fixed + "{order}", named("y" * 300)).summary) <= 139


def test_two_blanks_share_the_room_there_is() -> None:
    summary = worded(
        "{order} for {sore_thumb}" + " and so on" * 4 + ".",
        named("y" * 300),
        sore_thumb=yes([but(SORE, what="z" * 300)]),
    ).summary
    assert len(summary) <= 139
    assert summary.endswith("… and so on and so on and so on and so on.")


def test_what_the_group_adds_is_never_cut_off() -> None:
    unread = {"alarm": cannot_tell([Reason("Condition", "refused (403)")])}
    summary = rendered(named("y" * 300), **unread).summary
    assert len(summary) <= 139
    assert summary.endswith("early pictures rarely help. Alarms not fully checked.")


def test_a_summary_is_one_line_of_plain_text() -> None:
    assert rendered(named(" Picture\n\tof *the*\r\nthumb ")).summary.startswith("Picture of *the* thumb: ")


def test_an_order_that_says_nothing_is_this_order() -> None:
    silent = but(PICTURE, concept=Concept())
    assert rendered(silent).summary == "this order: early pictures rarely help."


def test_text_of_the_ehr_is_not_filled_in_again() -> None:
    assert rendered(named("{sore_thumb} {order}")).summary.startswith("{sore_thumb} {order}: ")


# The detail


def test_the_blocks_of_the_detail_stand_in_order() -> None:
    unread = {
        "in_hospital": cannot_tell([Reason("Encounter", "not sent")]),
        "referred": yes([Finding("course", "ServiceRequest")]),
    }
    assert [each.split("\n")[0] for each in blocks(rendered(also=("Send to thumb school",), **unread))] == [
        "- Sore thumb, 2026-05-01 (problem list)",
        "Days of soreness: . Rest before thumb picture.",
        "- Thumb school was asked for already: course.",
        "**Could not check.** Not sent: encounters (stay in hospital).",
        "**Evidence:** Thumb 2020 (strong); Finger 2010 (weak).",
    ]


def test_reasons_advice_notes_and_what_else_to_consider_are_one_list() -> None:
    facts, decision = decided(referred=yes([Finding("course", "ServiceRequest")]))
    listed = card(
        knowledge(), facts, but(decision, detail="- **Instead:** rest."), ("Send to thumb school",), CALL
    )
    assert blocks(listed)[0].split("\n") == [
        "- Sore thumb, 2026-05-01 (problem list)",
        "- **Instead:** rest.",
        "- Thumb school was asked for already: course.",
        "- Also consider: Send to thumb school",
    ]


def test_three_sources_are_named_and_the_others_counted() -> None:
    facts, decision = decided()
    many = structs.replace(decision.recommendation, because=("thumb-2020", "finger-2010") * 2)
    content = replace(knowledge(), recommendations={decision.id: many})
    shown_card = card(content, facts, decision, (), CALL)
    assert blocks(shown_card)[-1] == (
        "**Evidence:** Thumb 2020 (strong); Finger 2010 (weak); Thumb 2020 (strong); 1 more."
    )


def test_nothing_is_said_of_what_there_is_nothing_to_say_about() -> None:
    assert len(blocks(rendered())) == 3


def test_a_finding_is_shown_with_label_date_source_and_doubt() -> None:
    found = Finding("pain of the thumb", "Condition", None, worded=True, suspected=True)
    line = blocks(rendered(sore_thumb=yes([found])))[0]
    assert line == "- Sore thumb: pain of the thumb, date not recorded (problem list, suspected, by words)"


def test_the_order_itself_is_not_its_own_reason() -> None:
    assert "picture of the thumb" not in blocks(rendered())[0].lower()


def test_what_an_order_says_as_its_reason_is_shown_without_a_date() -> None:
    assert blocks(rendered(sore_thumb=yes([REASON])))[0] == "- Sore thumb (this order)"


def test_findings_are_shown_once_and_at_most_four() -> None:
    many = [but(SORE, date=f"2026-05-0{day}") for day in (1, 1, 2, 3, 4, 5)]
    assert len(blocks(rendered(sore_thumb=yes(many)))[0].split("\n")) == 4


def test_what_could_not_be_checked_is_grouped_by_why_and_source() -> None:
    unread = [
        Reason("Encounter", "not sent", "stay in hospital"),
        Reason("Encounter", "not sent", "visit"),
        Reason("Encounter", "not sent", "visit"),
        Reason("Observation", "not sent", "fever"),
        Reason("Condition", "refused (403)"),
    ]
    assert (
        "**Could not check.** Not sent: encounters (stay in hospital, visit), observations (fever). "
        "Refused (403): problem list (stay in hospital)."
    ) in blocks(rendered(in_hospital=cannot_tell(unread)))


def test_when_much_could_not_be_checked_only_the_sources_are_named() -> None:
    unread = [Reason("Encounter", "not sent", f"fact {each}") for each in range(7)]
    assert "**Could not check.** Not sent: encounters." in blocks(rendered(in_hospital=cannot_tell(unread)))


def test_a_source_that_nobody_named_is_called_as_fhir_calls_it() -> None:
    answer = cannot_tell([Reason("Media", "not sent")])
    assert "Not sent: Media (stay in hospital)." in rendered(in_hospital=answer).detail


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("**bold** _it_", r"\*\*bold\*\* \_it\_"),
        ("[click](https://evil.example)", r"\[click\]\(https\://evil.example\)"),
        ("<img src=x>", r"\<img src=x\>"),
        ("# heading\n- list", r"\# heading - list"),
        ("- list", r"\- list"),
        ("1. list", r"1\. list"),
        ("a | b `c` ~d~ \\e", r"a \| b \`c\` \~d\~ \\e"),
        ("www.evil.example a@b.example", r"www\.evil.example a\@b.example"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        ("2.5 mg, 12-year-old", "2.5 mg, 12-year-old"),
    ],
)
def test_text_of_the_ehr_is_escaped_for_markdown(text: str, escaped: str) -> None:
    assert plain(text) == escaped
    found = but(SORE, what=text)
    assert escaped in rendered(named(text), sore_thumb=yes([found])).detail


def test_text_of_the_ehr_in_the_detail_is_cut() -> None:
    detail = rendered(named("y" * 300), sore_thumb=yes([but(SORE, what="z" * 300)])).detail
    assert "y" * 61 not in detail
    assert "z" * 61 not in detail


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (number(Interval.exactly(60)), "60"),
        (number(Interval.exactly(2.5)), "2.5"),
        (number(Interval(60, float("inf"))), "at least 60"),
        (number(Interval(-float("inf"), 60)), "at most 60"),
        (number(Interval(50, 60)), "50 to 60"),
        (Answer(yes().truth, value="female"), "female"),
        (yes([SORE, ORDERED]), "Sore thumb"),
        (no(), ""),
    ],
)
def test_an_answer_in_words(answer: Answer, text: str) -> None:
    assert shown(answer) == text


# The rest of the card


def test_source_topic_links_and_override_reasons() -> None:
    made = rendered()
    assert made.source.label == "Thumbs (Thumb 2020)"
    assert made.source.url == "https://thumbs.example/2020"
    assert made.source.topic is not None
    assert made.source.topic.code == "avoid-thumb-picture"
    assert made.links is not None
    assert [each.url for each in made.links] == ["https://thumbs.example/2020"]
    assert made.override_reasons is not None
    assert [(each.code, each.system) for each in made.override_reasons] == [
        ("seen-already", "https://thumbs.example/reasons"),
        ("misfit", "https://terminology.example/reasons"),
    ]


def test_a_card_says_which_content_it_was_made_of() -> None:
    said = {"version": "1", "digest": knowledge().digest}
    assert rendered().extension == {"example.thumbs.content": said}


def test_what_a_card_speaks_of_is_linked_where_the_ehr_has_it() -> None:
    facts, decision = decided()
    say = structs.replace(decision.recommendation.say, link_to=("sore_thumb",))
    linking = but(decision, recommendation=structs.replace(decision.recommendation, say=say))
    call = but(CALL, fhir_server="https://ehr.example/fhir")
    made = card(knowledge(), facts, linking, (), call)
    assert made.links
    assert (made.links[0].url, made.links[0].label) == (
        "https://ehr.example/fhir/Condition/1",
        "sore thumb: Sore thumb, 2026-05-01",
    )
    without = card(knowledge(), facts, linking, (), CALL).links
    assert without
    assert [each.url for each in without] == ["https://thumbs.example/2020"]


def test_suggestions_name_the_order_and_one_may_be_recommended() -> None:
    made = rendered(named("MRI of the thumb"))
    assert made.suggestions is not None
    assert [(each.label, each.is_recommended) for each in made.suggestions] == [
        ("Remove MRI of the thumb", None),
        ("Rest the thumb", True),
    ]
    assert made.selection_behavior == "any"


def test_a_label_of_a_suggestion_is_cut() -> None:
    made = rendered(named("y" * 300))
    assert made.suggestions is not None
    assert len(made.suggestions[0].label) <= 80


def test_without_suggestions_there_is_no_selection_behavior() -> None:
    made = rendered(but(PICTURE, reference="ServiceRequest"), wax_allergy=yes([SORE]))
    assert (made.suggestions, made.selection_behavior) == (None, None)


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"wax_allergy": yes([SORE])},
        {"referred": yes([Finding("", "ServiceRequest")])},
        {"alarm": cannot_tell([Reason("Condition", "refused (403)")])},
        {"sore_thumb": yes()},
    ],
)
@pytest.mark.parametrize("reference", ["ServiceRequest/p", "ServiceRequest"])
def test_a_response_is_as_the_specification_wants_it(known: dict[str, Answer], reference: str) -> None:
    made = rendered(but(PICTURE, reference=reference), **known)
    body: dict[str, Any] = json.loads(encode(Response(cards=[made])))
    check_response(body)
    assert msgspec.json.decode(encode(Response(cards=[made])), type=Response).cards == [made]


def test_an_update_for_the_patients_card_is_as_the_specification_wants_it() -> None:
    found = {"numb_thumb": yes([SORE]), "picture_drafted": yes([ORDERED])}
    facts, decision = decided(name="suspect-numb-thumb", **found)
    made = card(knowledge(), facts, decision, (), CALL)
    check_response(json.loads(encode(Response(cards=[made]))))
    assert made.suggestions
    assert made.suggestions[0].actions
    assert made.suggestions[0].actions[0].resource == {**PICTURE.raw, "priority": "urgent"}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.one_of(st.sampled_from("ab1 .-:/*_&w\n"), st.characters()), max_size=30))
def test_what_has_no_mark_is_left_as_it_is_and_nothing_else(text: str) -> None:
    text = " ".join(text.split())
    assert plain(f"{text}*") == rf"{plain(text)}\*"
