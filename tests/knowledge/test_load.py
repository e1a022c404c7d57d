"""Loading cards/: a clean tree loads, and every fault is said with its file, its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.knowledge.load import FaultyContent, load
from tests.content import change, faults, knowledge, only_fault, write

THUMB, ORDERS = "facts/thumb.yaml", "facts/orders.yaml"
PICTURE = "recommendations/avoid-thumb-picture/card.yaml"
NUMB = "recommendations/suspect-numb-thumb/card.yaml"
REST = "suggestions/rest-the-thumb.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_the_whole_content_loads() -> None:
    content = knowledge()
    assert sorted(content.recommendations) == [
        "avoid-salve-with-plaster",
        "avoid-thumb-picture",
        "suspect-numb-thumb",
        "thumb-care",
        "thumb-school",
        "watch-hot-thumb",
    ]
    assert content.service("thumb-view") is content.services.services[0]
    assert content.service("thumb-vieuw") is None


def test_facts_about_orders_are_known_through_what_they_are_derived_from(root: Path) -> None:
    change(root, ORDERS, "urgent:\n", "urgent_picture:\n  ask: x\n  label: x\n  all_of: [urgent]\nurgent:\n")
    found = load(root).order_facts
    assert {"urgent", "urgent_picture", "picture_ordered"} <= found
    assert "sore_thumb" not in found


@pytest.mark.parametrize(
    "kind",
    [
        "dose: {in: salve, unit: mg, among: drafts, element: not_computed}",
        "supply: {in: salve, element: quantity}",
        "medication: {in: salve, another: true}",
    ],
)
def test_what_is_computed_of_the_order_at_hand_is_a_fact_about_it(root: Path, kind: str) -> None:
    change(root, ORDERS, "urgent:\n", f"asked_of_it:\n  ask: x\n  label: x\n  {kind}\nurgent:\n")
    assert "asked_of_it" in load(root).order_facts


def test_the_same_files_have_the_same_digest_and_a_changed_one_another(root: Path) -> None:
    before = load(root).digest
    assert load(root).digest == before
    change(root, PICTURE, "early pictures rarely help", "early pictures do not help")
    assert load(root).digest != before


def test_licensed_codes_join_the_concept_of_the_same_name(root: Path) -> None:
    change(root, "value-sets/thumb-picture.yaml", "codes: {", 'codes: {CPT: {"73130": picture of a hand}, ')
    codes = load(root).value_sets["thumb-picture"].codes
    assert codes["CPT"] == {"73130": "picture of a hand", "73140": "picture of a finger"}
    assert list(codes["https://thumbs.example/o"]) == ["P1"]


def test_content_loads_without_the_folder_of_licensed_codes(root: Path) -> None:
    (root / "value-sets/cpt/thumb-picture.yaml").unlink()
    (root / "value-sets/cpt").rmdir()
    assert "CPT" not in load(root).value_sets["thumb-picture"].codes


def test_a_wrong_licensed_code_is_reported_in_its_own_file(root: Path) -> None:
    name = "value-sets/cpt/thumb-picture.yaml"
    line = change(root, name, '"73140": picture', '"7314": picture')
    fault = only_fault(root)
    assert (fault.file, fault.line) == (name, line)


def test_licensed_codes_for_no_concept_are_a_fault(root: Path) -> None:
    (root / "value-sets/cpt/thumb-picture.yaml").rename(root / "value-sets/cpt/thumb-pictures.yaml")
    assert "did you mean `thumb-picture`?" in only_fault(root).what


# Shape


def test_an_unknown_key_is_named_with_the_nearest_and_its_line(root: Path) -> None:
    line = change(root, PICTURE, "gentler_when:", "gentle_when:")
    fault = only_fault(root)
    assert (fault.file, fault.line) == (PICTURE, line)
    assert fault.what == "there is no `gentle_when` here; did you mean `gentler_when`?"


def test_an_unknown_key_inside_a_list_is_named_with_the_nearest(root: Path) -> None:
    line = change(root, PICTURE, "    recommended: true", "    recomended: true")
    fault = only_fault(root)
    assert (fault.line, fault.what) == (line, "there is no `recomended` here; did you mean `recommended`?")


def test_an_unknown_key_of_a_fact_is_named_with_the_nearest(root: Path) -> None:
    line = change(
        root, THUMB, "condition: {in: numb-thumb, within_days: 14}", "condition: {in: numb-thumb, within: 14}"
    )
    fault = only_fault(root)
    assert (fault.line, fault.what) == (line, "there is no `within` here; did you mean `within_days`?")


def test_a_missing_key_is_said(root: Path) -> None:
    change(root, THUMB, "  label: numb thumb\n", "")
    assert only_fault(root).what == "`label` is missing"


@pytest.mark.parametrize(
    "name",
    ["services.yaml", "groups.yaml", "words.yaml", "evidence.yaml", "override-reasons.yaml", PICTURE],
)
def test_a_missing_file_is_a_fault(root: Path, name: str) -> None:
    (root / name).unlink()
    assert [str(each) for each in faults(root)] == [f"{name}:1: this file is missing"]


@pytest.mark.parametrize("name", ["rationale.md", "cases.yaml"])
def test_what_must_stand_beside_a_card_is_missed(root: Path, name: str) -> None:
    (root / "recommendations/avoid-thumb-picture" / name).unlink()
    fault = only_fault(root)
    assert (fault.file, fault.what) == (PICTURE, f"`{name}` is missing beside it")


def test_folders_with_an_underscore_are_templates_and_not_loaded(root: Path) -> None:
    (root / "recommendations/thumb-school").rename(root / "recommendations/_template")
    change(root, "groups.yaml", "one_card: [thumb-care, thumb-school]", "one_card: [thumb-care]")
    assert "_template" not in load(root).recommendations


def test_a_fact_of_two_kinds_is_a_fault(root: Path) -> None:
    change(root, THUMB, "  allergy: {in: wax}", "  allergy: {in: wax}\n  condition: {in: glove}")
    assert "exactly one kind; this one has condition, allergy" in only_fault(root).what


def test_a_fact_of_no_kind_is_a_fault(root: Path) -> None:
    change(root, THUMB, "  allergy: {in: wax}\n", "")
    assert "exactly one kind; this one has none" in only_fault(root).what


@pytest.mark.parametrize("weight", ["0", "-1", "true", '"2"'])
def test_points_are_numbers_above_zero(root: Path, weight: str) -> None:
    change(root, THUMB, "    glove: 2\n", f"    glove: {weight}\n")
    assert "points map criteria to numbers above 0" in only_fault(root).what


@pytest.mark.parametrize(
    "line", ["sore_thumb and fever", "not not fever", "age_years < old", "Fever", "fever >"]
)
def test_what_is_no_criterion_is_refused_with_the_forms_there_are(root: Path, line: str) -> None:
    place = change(root, NUMB, "when: [alarm]", f"when:\n  - {line}")
    fault = only_fault(root)
    assert (fault.file, fault.line) == (NUMB, place + 1)
    assert "compares with a number" in fault.what or "a criterion is `fact`" in fault.what


# Names that lead nowhere


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            PICTURE,
            "[picture_ordered, early_thumb]",
            "[picture_ordered, early_thum]",
            "fact `early_thum`; did you mean `early_thumb`?",
        ),
        (PICTURE, "unless: [urgent]", "unless: [urgant]", "fact `urgant`; did you mean `urgent`?"),
        (PICTURE, "- when: [referred]", "- when: [refered]", "fact `refered`; did you mean `referred`?"),
        (
            NUMB,
            "hot_thumb, not numb_thumb]",
            "hot_thumb, not num_thumb]",
            "fact `num_thumb`; did you mean `numb_thumb`?",
        ),
        (THUMB, "    - numb_thumb\n", "    - nump_thumb\n", "fact `nump_thumb`; did you mean `numb_thumb`?"),
        (
            THUMB,
            "  but_not:\n    - glove\n",
            "  but_not:\n    - glofe\n",
            "fact `glofe`; did you mean `glove`?",
        ),
        (THUMB, "    glove: 2\n", "    glov: 2\n", "fact `glov`; did you mean `glove`?"),
        (THUMB, "      - glove\n", "      - gloves\n", "fact `gloves`; did you mean `glove`?"),
        (THUMB, "since: thumb_days", "since: thum_days", "fact `thum_days`; did you mean `thumb_days`?"),
        (THUMB, "{in: wax}", "{in: waxs}", "value set `waxs`; did you mean `wax`?"),
        (
            THUMB,
            "acute: acute-thumb",
            "acute: acut-thumb",
            "value set `acut-thumb`; did you mean `acute-thumb`?",
        ),
        (
            THUMB,
            "because: [thumb-2020]",
            "because: [thumb-2021]",
            "evidence `thumb-2021`; did you mean `thumb-2020`?",
        ),
        (
            PICTURE,
            "because: [thumb-2020, ",
            "because: [thum-2020, ",
            "evidence `thum-2020`; did you mean `thumb-2020`?",
        ),
        (PICTURE, "group: deterrent", "group: deterent", "group `deterent`; did you mean `deterrent`?"),
        (
            PICTURE,
            "hooks: [order-select, order-sign]",
            "hooks: [order-sing]",
            "hook in services.yaml `order-sing`; did you mean `order-sign`?",
        ),
        (
            PICTURE,
            "suggestion: remove-order",
            "suggestion: remove-ordr",
            "suggestion `remove-ordr`; did you mean `remove-order`?",
        ),
        (
            PICTURE,
            "override_reasons: [seen-already, ",
            "override_reasons: [seen-alredy, ",
            "override reason `seen-alredy`; did you mean `seen-already`?",
        ),
        (
            PICTURE,
            "essential: [Procedure]",
            "essential: [Procedures]",
            "source `Procedures`; did you mean `Procedure`?",
        ),
        (
            NUMB,
            "    order: picture_drafted",
            "    order: picture_draft",
            "fact about orders `picture_draft`; did you mean `picture_drafted`?",
        ),
        (NUMB, "    order: picture_drafted", "    order: numb_thumb", "fact about orders `numb_thumb`"),
        (
            PICTURE,
            "for already: {referred}.",
            "for already: {refered}.",
            "fact `refered`; did you mean `referred`?",
        ),
        (PICTURE, '"{order}: early', '"{ordre}: early', "fact `ordre`"),
        (
            "groups.yaml",
            "unless: [deceased, alarm]\n    unchecked_fact",
            "unless: [deceased, alar]\n    unchecked_fact",
            "fact `alar`; did you mean `alarm`?",
        ),
        (
            "groups.yaml",
            "unchecked_fact: alarm",
            "unchecked_fact: alarms",
            "fact `alarms`; did you mean `alarm`?",
        ),
        (
            "groups.yaml",
            "[thumb-care, thumb-school]",
            "[thumb-care, thumb-scool]",
            "recommendation `thumb-scool`; did you mean `thumb-school`?",
        ),
        (
            "groups.yaml",
            "weaker: [watch-hot-thumb]",
            "weaker: [watch-hot-tumb]",
            "recommendation `watch-hot-tumb`; did you mean `watch-hot-thumb`?",
        ),
        (
            "value-sets/sore-thumb.yaml",
            "includes: [acute-thumb,",
            "includes: [acut-thumb,",
            "value set `acut-thumb`; did you mean `acute-thumb`?",
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_said_with_the_nearest(
    root: Path, name: str, old: str, new: str, said: str
) -> None:
    line = change(root, name, old, new)
    fault = only_fault(root)
    last = line + new.rstrip("\n").count("\n")
    assert fault.file == name
    assert line <= fault.line <= last
    assert f"there is no {said}" in fault.what


# Sense


def test_a_number_used_as_yes_or_no_is_a_fault(root: Path) -> None:
    change(root, NUMB, "when: [alarm]", "when: [alarm, thumb_days]")
    assert only_fault(root).what == "`thumb_days` is a number: compare it, as in `thumb_days < 42`"


def test_points_used_as_yes_or_no_are_a_fault(root: Path) -> None:
    change(root, THUMB, "    - thumb_points >= 3\n", "    - thumb_points\n")
    assert "`thumb_points` is a number" in only_fault(root).what


def test_a_word_used_as_yes_or_no_is_a_fault(root: Path) -> None:
    change(root, NUMB, "when: [alarm]", "when: [alarm, sex]")
    assert only_fault(root).what == "`sex` is a word: compare it, as in `sex is female`"


def test_a_yes_or_no_that_is_compared_is_a_fault(root: Path) -> None:
    change(root, NUMB, "when: [alarm]", "when: [alarm > 2]")
    assert only_fault(root).what == "`alarm` is answered yes or no: it cannot be compared"


def test_a_number_compared_with_a_word_is_a_fault(root: Path) -> None:
    change(root, NUMB, "when: [alarm]", "when: [alarm, thumb_days is long]")
    assert only_fault(root).what == "`thumb_days` compares with a number, not with `long`"


def test_facts_that_go_in_a_circle_are_a_fault_each(root: Path) -> None:
    change(root, THUMB, "    - numb_thumb\n", "    - many_points\n")
    change(root, THUMB, "    - thumb_points >= 3\n", "    - alarm\n")
    assert [each.what for each in faults(root)] == [
        "`alarm` is derived from itself",
        "`many_points` is derived from itself",
    ]


def test_the_denial_of_a_circular_fact_is_reported_and_does_not_hang(root: Path) -> None:
    change(root, THUMB, "    - thumb_points >= 3\n", "    - many_points\n")
    change(root, NUMB, "when: [alarm]", "when: [alarm, not many_points]")
    assert only_fault(root).what == "`many_points` is derived from itself"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "- temperature >= 38",
            "- temperature >= 39",
            "our own number (temperature >= 39) does not lie within",
        ),
        ("- temperature >= 38", "- temperature >= 38\n    - sore_thumb", "a fact that has one line"),
        ("- temperature >= 38", "- sore_thumb", "a fact that has one line"),
    ],
)
def test_what_a_site_may_set_is_one_number_within_its_bounds(
    root: Path, old: str, new: str, told: str
) -> None:
    change(root, "facts/thumb.yaml", old, new)
    assert told in only_fault(root).what


def test_more_hits_than_there_are_criteria_never_hold(root: Path) -> None:
    change(root, THUMB, "    count: 2\n", "    count: 4\n")
    assert only_fault(root).what == "4 of 3 never hold"


def test_nothing_found_may_not_stand_under_when(root: Path) -> None:
    line = change(root, NUMB, "when: [alarm]", "when: [alarm, not splint_fitted]")
    fault = only_fault(root)
    assert fault.line == line
    assert fault.what.startswith("`not splint_fitted` finds nothing: say it under `unless`")


def test_nothing_found_may_not_hide_in_a_derived_fact_under_when(root: Path) -> None:
    change(root, THUMB, "    - sore_thumb\n    - fever\n", "    - sore_thumb\n    - not fever\n")
    found = {(each.file, each.what.split(":")[0]) for each in faults(root)}
    assert (NUMB, "`not fever` finds nothing") in found


def test_what_the_orders_do_not_say_may_stand_under_when(root: Path) -> None:
    change(
        root, PICTURE, "when: [picture_ordered, ", "when: [picture_ordered, not urgent, not chart_opened, "
    )
    assert load(root)


def test_a_card_about_the_order_asks_something_about_the_order(root: Path) -> None:
    change(root, PICTURE, "when: [picture_ordered, early_thumb]", "when: [early_thumb]")
    assert only_fault(root).what == "a card about the order needs a criterion about the order"


def test_a_warning_needs_override_reasons(root: Path) -> None:
    change(root, PICTURE, "override_reasons: [seen-already, does-not-fit]\n", "")
    assert only_fault(root).what == "a warning or critical card needs override reasons"


def test_the_first_source_must_be_one_that_can_be_opened(root: Path) -> None:
    change(root, PICTURE, "because: [thumb-2020, finger-2010]", "because: [finger-2010, thumb-2020]")
    assert "`finger-2010` has no url" in only_fault(root).what


def test_a_gentler_variant_of_what_can_be_softened_belongs_under_gentler_when(root: Path) -> None:
    change(
        root, PICTURE, "  notes:\n", "  variants:\n    - when: [referred]\n      indicator: info\n  notes:\n"
    )
    assert "say it under `gentler_when`" in only_fault(root).what


def test_essential_sources_have_no_meaning_where_nothing_softens(root: Path) -> None:
    change(root, NUMB, "unless: [splint_fitted]", "unless: [splint_fitted]\nessential: [Procedure]")
    assert "keep their strength" in only_fault(root).what


def test_a_source_that_nobody_named_is_missed(root: Path) -> None:
    change(root, "groups.yaml", "  Observation: observations\n", "")
    assert only_fault(root).what == "what people call `Observation` is missing"


def test_a_date_that_is_none_is_a_fault(root: Path) -> None:
    change(root, PICTURE, 'review_by: "2027-01-01"', 'review_by: "2027-13-01"')
    assert only_fault(root).what == "`2027-13-01` is not a date like 2026-11-20"


def test_a_folder_that_is_no_kebab_case_advice_is_a_fault(root: Path) -> None:
    (root / "recommendations/thumb-school").rename(root / "recommendations/Thumb_School")
    change(root, "groups.yaml", "one_card: [thumb-care, thumb-school]", "one_card: [thumb-care]")
    assert "`Thumb_School` is not" in only_fault(root).what


def test_two_services_with_one_id_are_a_fault(root: Path) -> None:
    change(root, "services.yaml", "id: thumb-sign", "id: thumb-select")
    assert only_fault(root).what == "the id `thumb-select` stands here twice"


def test_a_service_id_must_fit_into_a_url(root: Path) -> None:
    change(root, "services.yaml", "id: thumb-sign", "id: thumb/sign")
    assert only_fault(root).what == "`thumb/sign` does not fit into a URL"


def test_a_fact_that_is_no_snake_case_noun_is_a_fault(root: Path) -> None:
    change(
        root, THUMB, "glove:\n  ask", "Glove-2:\n  ask: x\n  label: x\n  allergy: {in: wax}\nglove:\n  ask"
    )
    assert "`Glove-2` is not" in only_fault(root).what


def test_since_names_something_that_begins(root: Path) -> None:
    change(root, THUMB, "since: thumb_days", "since: fever")
    assert only_fault(root).what == "`fever` does not say when something began"


def test_a_since_that_leads_back_to_itself_is_a_fault(root: Path) -> None:
    change(root, THUMB, "since: thumb_days", "since: pictured")
    assert only_fault(root).what == "`pictured` is derived from itself"


# Words on the card


def test_a_summary_too_long_for_its_longest_blanks_is_a_fault(root: Path) -> None:
    line = change(
        root, PICTURE, "early pictures rarely help.", "early pictures rarely help" + " at all" * 8 + "."
    )
    fault = only_fault(root)
    assert fault.line == line
    assert fault.what == "the summary is 12 characters too long for its longest blanks"


def test_a_summary_leaves_room_for_what_its_group_adds_to_it(root: Path) -> None:
    change(root, "groups.yaml", "unchecked: Alarms not fully checked.", "unchecked: " + "x" * 120)
    assert {each.what.split(" is ")[0] for each in faults(root)} == {"the summary"}


def test_a_summary_of_a_variant_is_measured_as_well(root: Path) -> None:
    change(root, NUMB, "This order fits a numb thumb.", "x" * 140)
    assert only_fault(root).what == "the summary is 1 characters too long for its longest blanks"


def test_a_detail_of_too_many_words_is_a_fault(root: Path) -> None:
    change(root, NUMB, "look at the thumb.", "look " * 76)
    assert "at most 75 leave room for the reasons" in only_fault(root).what


def test_a_card_about_the_patient_cannot_name_the_order(root: Path) -> None:
    change(root, NUMB, "A hot thumb without numbness.", '"{order}: a hot thumb."')
    assert "`{order}` has no meaning" in only_fault(root).what


# Suggestions


def test_a_template_that_is_no_valid_resource_is_a_fault(root: Path) -> None:
    change(root, REST, "  intent: order\n", "  intent: [order]\n")
    assert only_fault(root).what.startswith("not a valid FHIR resource: ")


def test_an_element_that_fhir_does_not_have_is_a_fault(root: Path) -> None:
    change(root, REST, "  intent: order\n", "  intent: order\n  intensity: high\n")
    assert "intensity" in only_fault(root).what


def test_a_resource_type_that_fhir_does_not_have_is_a_fault(root: Path) -> None:
    change(root, REST, "resourceType: ServiceRequest", "resourceType: ServiceRequst")
    assert only_fault(root).what.startswith("not a valid FHIR resource: ")


def test_a_blank_that_nothing_fills_is_a_fault(root: Path) -> None:
    change(root, REST, 'authoredOn: "{today}"', 'authoredOn: "{now}"')
    assert only_fault(root).what.startswith("there is no blank {now}; there are {patient}")


@pytest.mark.parametrize("element", ["status: draft", "intent: order"])
def test_a_created_order_needs_its_elements(root: Path, element: str) -> None:
    change(root, REST, f"  {element}\n", "")
    assert f"a created order needs `{element.split(':')[0]}`" in [each.what for each in faults(root)]


def test_a_code_without_quotes_in_a_template_is_no_valid_resource(root: Path) -> None:
    change(root, REST, "code: rest\n", "code: 7242\n")
    assert only_fault(root).what.startswith("not a valid FHIR resource: ")


def test_an_update_needs_changes(root: Path) -> None:
    change(root, "suggestions/make-it-urgent.yaml", "changes:\n  priority: urgent\n", "")
    assert only_fault(root).what == "an update needs `changes`"


def test_a_change_of_an_order_on_a_card_about_the_patient_names_the_order(root: Path) -> None:
    change(root, NUMB, "    order: picture_drafted\n", "")
    assert "name the fact that finds it under `order`" in only_fault(root).what


# Codes


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("value-sets/sore-thumb.yaml", '"404684003"', '"404684004"'),
        ("value-sets/temperature.yaml", '"8310-5"', '"8310-6"'),
        ("value-sets/numb-thumb.yaml", "R20.0", "R200"),
    ],
)
def test_a_wrong_check_digit_or_form_is_a_fault(root: Path, name: str, old: str, new: str) -> None:
    line = change(root, name, old, new)
    fault = only_fault(root)
    assert (fault.file, fault.line) == (name, line)
    assert fault.what.endswith("(form or check digit)")


def test_a_code_system_that_does_not_exist_is_a_fault(root: Path) -> None:
    change(root, "value-sets/temperature.yaml", "LOINC", "LOINK")
    assert "there is no code system `LOINK`" in only_fault(root).what


def test_a_code_without_quotes_is_a_fault(root: Path) -> None:
    line = change(root, "value-sets/sore-thumb.yaml", '"404684003"', "404684003")
    fault = faults(root)[0]
    assert (fault.line, fault.what) == (line, "put the key 404684003 into quotes")


def test_a_code_needs_a_display(root: Path) -> None:
    change(root, "value-sets/wax.yaml", "D1: wax", 'D1: " "')
    assert only_fault(root).what == "`D1` has no display"


@pytest.mark.parametrize("phrase", ["'*'", "é", "'-'"])
def test_a_phrase_that_no_text_could_match_is_a_fault(root: Path, phrase: str) -> None:
    change(root, "value-sets/sore-thumb.yaml", "words: [sore thumb]", f"words: [sore thumb, {phrase}]")
    assert "has no letters a to z and no digits" in only_fault(root).what


def test_a_stem_of_one_letter_is_a_fault(root: Path) -> None:
    change(root, "value-sets/sore-thumb.yaml", "words: [sore thumb]", "words: [s* thumb]")
    assert "begins with a stem of one letter" in only_fault(root).what


def test_a_cue_that_no_text_could_match_is_a_fault(root: Path) -> None:
    change(root, "words.yaml", "doubting: [rule out]", "doubting: ['!']")
    fault = only_fault(root)
    assert (fault.file, fault.line) == ("words.yaml", 2)


def test_words_beside_a_set_that_does_not_exist_are_a_fault(root: Path) -> None:
    with (root / "value-sets/sore-thumb.yaml").open("a", encoding="utf-8") as file:
        file.write("beside: [glov]\n")
    assert only_fault(root).what == "there is no value set `glov`; did you mean `glove`?"


def test_a_product_of_an_ingredient_that_is_not_listed_is_a_fault(root: Path) -> None:
    text = 'products:\n  "1": {ingredient: "2"}\n'
    with (root / "value-sets/salve.yaml").open("a", encoding="utf-8") as file:
        file.write(text)
    assert only_fault(root).what == "the ingredient `2` is not listed here"


# All at once


def test_faults_in_two_files_are_reported_together_and_sorted(root: Path) -> None:
    change(root, THUMB, "{in: wax}", "{in: waxs}")
    change(root, NUMB, "unless: [splint_fitted]", "unless: [splint_fited]")
    change(root, NUMB, "when: [alarm]", "when: [alarms]")
    found = faults(root)
    assert [each.file for each in found] == [THUMB, NUMB, NUMB]
    assert found == sorted(found, key=lambda each: (each.file, each.line))


def test_a_fault_of_shape_does_not_hide_a_name_that_leads_nowhere_in_another_file(root: Path) -> None:
    change(root, PICTURE, "gentler_when:", "gentle_when:")
    change(root, NUMB, "unless: [splint_fitted]", "unless: [splint_fited]")
    assert [each.file for each in faults(root)] == [PICTURE, NUMB]


def test_names_in_a_file_with_faults_are_not_reported_as_missing(root: Path) -> None:
    change(root, THUMB, "  label: numb thumb\n", "")
    assert only_fault(root).what == "`label` is missing"


def test_a_file_that_is_no_yaml_is_reported_without_what_only_follows_from_it(root: Path) -> None:
    change(root, THUMB, "since: thumb_days}", "since: thumb_days")
    fault = only_fault(root)
    assert fault.file == THUMB
    assert fault.what.startswith("not YAML")


def test_the_message_of_the_refusal_holds_every_fault(root: Path) -> None:
    change(root, THUMB, "{in: wax}", "{in: waxs}")
    with pytest.raises(FaultyContent, match=r"facts/thumb.yaml:\d+: there is no value set `waxs`"):
        load(root)


def test_a_fact_that_exists_already_in_another_file_is_a_fault(root: Path) -> None:
    line = change(root, THUMB, "numb_thumb:\n  ask", "urgent:\n  ask")
    assert f"{THUMB}:{line}: the fact `urgent` exists already" in [str(each) for each in faults(root)]
