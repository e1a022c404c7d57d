"""From codings and text to value sets."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from app.knowledge.codes import CodeIndex
from app.knowledge.shaped import written
from app.knowledge.value_set import ValueSet
from app.knowledge.words import Cues
from app.record.values import Concept

SNOMED = "http://snomed.info/sct"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
CPT = "http://www.ama-assn.org/go/cpt"
LOINC = "http://loinc.org"
CUES = Cues(negating=("no",), doubting=("rule out",), ending=(",",), reach=40)


def value_set(**parts: Any) -> ValueSet:
    """A value set with what matters to the test."""
    return written(ValueSet, {"title": "t", "purpose": "p", "version": "v", "sources": ("s",), **parts})


PAIN = value_set(
    codes={"ICD-10-CM": {"M54": "pain of the spine"}, "SNOMED CT": {"279039007": "low back pain"}},
    **{"except": {"ICD-10-CM": {"M54.2": "neck pain"}}},
    words=("back pain",),
)
PALSY = value_set(codes={"SNOMED CT": {"6077001": "foot drop"}}, words=("foot drop",), beside=("pain",))
ANY = value_set(includes=("pain",))
SETS = {"pain": PAIN, "palsy": PALSY, "any": ANY}


def match(*codings: tuple[str, str], text: str = "", sets: dict[str, ValueSet] | None = None) -> Concept:
    """Match (system, code) pairs and a text."""
    index = CodeIndex(sets or SETS, CUES)
    return index.match([(system, code, "") for system, code in codings], text)


def test_a_listed_code_matches_and_so_do_the_sets_that_include_its_set() -> None:
    assert match((SNOMED, "279039007")).coded == {"pain", "any"}


@pytest.mark.parametrize("system", ["urn:oid:2.16.840.1.113883.6.96", "https://snomed.info/sct"])
def test_a_system_matches_under_each_of_its_names(system: str) -> None:
    assert match((system, "279039007")).coded == {"pain", "any"}


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://snomed.info/sct/731000124108", "279039007"),
        ("http://snomed.info/sct/731000124108/version/20260301", "279039007"),
        ("http://snomed.info/sct|http://snomed.info/sct/731000124108", "279039007"),
        ("HTTP://SNOMED.INFO/SCT/", "279039007"),
        ("URN:OID:2.16.840.1.113883.6.90", "M54.50"),
        ("http://hl7.org/fhir/sid/ICD-10-CM", "M54.50"),
        ("http://hl7.org/fhir/sid/icd-10-cm|2026", "M54.50"),
    ],
)
def test_capitals_a_version_and_an_edition_make_no_other_system(system: str, code: str) -> None:
    assert match((system, code)).coded == {"pain", "any"}
    assert match((system, code)).foreign == ()


@pytest.mark.parametrize(
    "system", ["http://snomed.info/sctx", "http://hl7.org/fhir/sid/icd-10-cm-local", "urn:EHR:Local|1"]
)
def test_another_system_is_not_taken_for_one_that_it_resembles(system: str) -> None:
    assert match((system, "279039007")).foreign == (system,)


@pytest.mark.parametrize("code", ["M54.50", "M5450", "m54.50", " M54.50 "])
def test_a_listed_icd_code_stands_for_all_below_it_however_it_is_written(code: str) -> None:
    assert match((ICD_10_CM, code)).coded == {"pain", "any"}


@pytest.mark.parametrize("code", ["M54.2", "M54.20"])
def test_an_exception_takes_a_code_out_with_all_below_it(code: str) -> None:
    assert not match((ICD_10_CM, code)).sets


def test_a_deeper_listing_beats_an_exception_above_it() -> None:
    again = structs.replace(PAIN, codes={"ICD-10-CM": {"M54": "pain", "M54.21": "this neck pain"}})
    assert match((ICD_10_CM, "M54.21"), sets={"pain": again}).coded == {"pain"}


def test_an_exception_holds_for_its_own_set_only() -> None:
    neck = value_set(codes={"ICD-10-CM": {"M54.2": "neck pain"}})
    assert match((ICD_10_CM, "M54.2"), sets={"pain": PAIN, "any": ANY, "neck": neck}).coded == {"neck"}


def test_a_who_code_is_looked_up_among_the_cm_codes() -> None:
    assert match((ICD_10, "M54.5")).coded == {"pain", "any"}


def test_a_who_code_may_be_listed_by_itself() -> None:
    who = value_set(codes={"ICD-10": {"Q99": "only there"}})
    assert match((ICD_10, "Q99.1"), sets={"who": who}).coded == {"who"}


@pytest.mark.parametrize("system", [ICD_10_CM, ICD_10])
def test_an_unlisted_icd_code_is_never_matched_by_words(system: str) -> None:
    assert not match((system, "R51"), text="back pain").sets


def test_an_unlisted_code_of_a_site_is_matched_by_words_and_reported() -> None:
    concept = match(("urn:oid:1.2.3", "4711"), text="back pain")
    assert concept.worded == {"pain", "any"}
    assert concept.foreign == ("urn:oid:1.2.3",)


def test_an_unlisted_snomed_code_is_matched_by_words() -> None:
    assert match((SNOMED, "22298006"), text="back pain").worded == {"pain", "any"}


def test_without_a_cpt_licence_the_words_decide_with_one_they_do_not() -> None:
    licensed = {**SETS, "scan": value_set(codes={"CPT": {"72148": "scan"}})}
    assert match((CPT, "99999"), text="back pain").worded == {"pain", "any"}
    assert not match((CPT, "99999"), text="back pain", sets=licensed).sets


def test_the_words_of_a_display_count_like_the_text() -> None:
    index = CodeIndex(SETS, CUES)
    assert index.match([(SNOMED, "22298006", "Back pain")], "").worded == {"pain", "any"}


def test_text_alone_is_matched_by_words_and_shown() -> None:
    concept = match(text="Back pain since May")
    assert concept.worded == {"pain", "any"}
    assert concept.display == "Back pain since May"


def test_a_code_silences_the_words_of_other_sets() -> None:
    other = {**SETS, "palsy": structs.replace(PALSY, beside=())}
    assert match((SNOMED, "279039007"), text="foot drop", sets=other).sets == {"pain", "any"}


def test_beside_a_code_the_words_add_what_it_cannot_say() -> None:
    concept = match((ICD_10_CM, "M54.50"), text="Back pain, rule out foot drop")
    assert concept.coded == {"pain", "any"}
    assert concept.worded == {"palsy"}
    assert concept.display == "Back pain, rule out foot drop"


def test_beside_a_code_a_doubt_about_the_words_does_not_make_the_code_doubtful() -> None:
    assert not match((ICD_10_CM, "M54.50"), text="Back pain, rule out foot drop").suspected


def test_beside_reaches_through_the_sets_that_include_the_coded_one() -> None:
    sets = {**SETS, "palsy": structs.replace(PALSY, beside=("any",))}
    assert match((SNOMED, "279039007"), text="foot drop", sets=sets).worded == {"palsy"}


def test_a_negated_text_adds_nothing_beside_a_code() -> None:
    assert not match((ICD_10_CM, "M54.50"), text="Back pain, no foot drop").worded


def test_a_doubt_without_a_code_makes_the_concept_suspected() -> None:
    assert match(text="rule out foot drop").suspected


def test_the_display_of_the_list_is_shown_for_a_code() -> None:
    assert match((SNOMED, "6077001"), text="FOOT DROP LT").display == "foot drop"


@pytest.mark.parametrize(
    ("code", "later"),
    [("M54.5XXA", False), ("M54.5XXD", True), ("M54.5XXS", True), ("M54.5XD", False), ("M54.5D", False)],
)
def test_the_seventh_character_of_a_later_encounter_is_seen(code: str, later: bool) -> None:
    assert match((ICD_10_CM, code)).later is later


def test_unverified_codes_match_like_the_others() -> None:
    guess = value_set(unverified={"LOINC": {"1988-5": "guess"}})
    assert match((LOINC, "1988-5"), sets={"guess": guess}).coded == {"guess"}


SALVE = value_set(
    ingredients={"1": {"name": "wax"}},
    products={"11": {"ingredient": "1", "with": ("honey",)}},
)
HONEY = value_set(
    ingredients={"2": {"name": "honey", "factors": {"sweet": {"value": 2, "per": "mg"}}}},
    products={"11": {"ingredient": "2", "with": ("wax",)}, "22": {"ingredient": "2"}},
)
DRUGS = {"a-salve": SALVE, "honey": HONEY}
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def test_a_bare_ingredient_beside_a_listed_product_adds_no_set_of_its_own() -> None:
    assert match((RXNORM, "22"), (RXNORM, "1"), sets=DRUGS).coded == {"honey"}
    assert match((RXNORM, "1"), (RXNORM, "22"), sets=DRUGS).coded == {"honey"}


def test_a_bare_ingredient_counts_alone_and_beside_a_product_that_is_not_listed() -> None:
    assert match((RXNORM, "1"), sets=DRUGS).coded == {"a-salve"}
    assert match((RXNORM, "999"), (RXNORM, "1"), sets=DRUGS).coded == {"a-salve"}


def test_a_combination_stands_in_the_sets_of_all_its_ingredients() -> None:
    assert match((RXNORM, "11"), sets=DRUGS).coded == {"a-salve", "honey"}


def test_a_combination_is_called_by_all_its_ingredients_and_first_by_the_one_with_a_factor() -> None:
    assert match((RXNORM, "11"), sets=DRUGS).display == "honey / wax"
    assert match((RXNORM, "11"), sets={"a-salve": SALVE}).display == "wax / honey"
