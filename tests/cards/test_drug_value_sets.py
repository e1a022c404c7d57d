"""The drug value sets: what is in which, what excludes what, and the faults that must not come back."""

from __future__ import annotations

import pytest

from app.knowledge.coding_systems import ATC, RXNORM, well_formed
from tests.cards.drug_sets import code_of, drug_sets, index
from tests.facts.prescriptions import RXNORM as RXNORM_URI

EXCLUDING = [
    ("opioid-analgesic", "opioid-use-disorder-treatment"),
    ("opioid-analgesic", "opioid-cough-or-antidiarrhoeal"),
    ("opioid-analgesic", "opioid-injectable"),
    ("opioid-use-disorder-treatment", "opioid-cough-or-antidiarrhoeal"),
    ("nsaid", "nsaid-topical"),
    ("nsaid", "aspirin"),
    ("systemic-corticosteroid", "topical-corticosteroid"),
    ("benzodiazepine", "benzodiazepine-injectable"),
    ("naloxone", "opioid-use-disorder-treatment"),
    ("naloxone", "opioid-analgesic"),
    ("naltrexone", "opioid-analgesic"),
    ("antiplatelet", "anticoagulant"),
]
BUPRENORPHINE_PATCH = code_of("buprenorphine-for-pain", "buprenorphine", 0.01, form="patch")
BUPRENORPHINE_FILM = code_of("buprenorphine-for-pain", "buprenorphine", 0.3, form="film")
SUBOXONE = code_of("opioid-use-disorder-treatment", "buprenorphine", 8, form="film", with_="naloxone")
SUBLINGUAL_8 = code_of("opioid-use-disorder-treatment", "buprenorphine", 8, form="tablet")
SUBLINGUAL_02 = code_of("opioid-analgesic", "buprenorphine", 0.2, form="tablet", route="sublingual")
IMPLANT = code_of("opioid-use-disorder-treatment", "buprenorphine", 74.2, form="implant")
METHADONE_10 = code_of("methadone", "methadone", 10, form="tablet")


def members(name):
    """The RxNorm product codes of a set and all that it includes."""
    value_set = drug_sets()[name]
    listed = set(value_set.products) | set(value_set.codes.get(RXNORM, ()))
    return listed.union(*(members(each) for each in value_set.includes))


def by_code(code):
    return index().match([(RXNORM_URI, code, "")], "").sets


def by_text(text):
    return index().match([], text).sets


@pytest.mark.parametrize(("one", "other"), EXCLUDING, ids=[f"{a} and {b}" for a, b in EXCLUDING])
def test_no_product_is_in_two_sets_that_exclude_each_other(one, other):
    assert members(one) & members(other) == set()


@pytest.mark.parametrize("name", sorted(drug_sets()))
def test_every_product_has_its_ingredient_and_well_formed_codes(name):
    value_set = drug_sets()[name]

    assert {product.ingredient for product in value_set.products.values()} <= set(value_set.ingredients)
    codes = [*value_set.products, *(key for key in value_set.ingredients if key[0].isdigit())]
    assert [code for code in codes if not well_formed(RXNORM, code)] == []
    assert [code for code in value_set.codes.get(ATC, ()) if not well_formed(ATC, code)] == []


@pytest.mark.parametrize("name", sorted(drug_sets()))
def test_a_set_says_where_it_comes_from_and_finds_something(name):
    value_set = drug_sets()[name]

    assert value_set.sources
    assert value_set.words or value_set.codes


@pytest.mark.parametrize("name", sorted(drug_sets()))
def test_an_ingredient_that_is_listed_by_its_name_carries_that_name(name):
    for key, ingredient in drug_sets()[name].ingredients.items():
        assert key.isdigit() or ingredient.name.split()[0] in key


def test_the_factors_are_those_of_2022():
    found = {
        ingredient.name: (ingredient.factors["mme"].value, ingredient.factors["mme"].per)
        for name in ("opioid-analgesic", "methadone", "tramadol", "buprenorphine-for-pain")
        for ingredient in drug_sets()[name].ingredients.values()
        if "mme" in ingredient.factors
    }

    assert found == {
        "codeine": (0.15, "mg"),
        "fentanyl": (2.4, "ug/h"),
        "hydrocodone": (1, "mg"),
        "hydromorphone": (5, "mg"),
        "methadone": (4.7, "mg"),
        "morphine": (1, "mg"),
        "oxycodone": (1.5, "mg"),
        "oxymorphone": (3, "mg"),
        "tapentadol": (0.4, "mg"),
        "tramadol": (0.2, "mg"),
    }


@pytest.mark.parametrize(
    "code", [METHADONE_10, BUPRENORPHINE_PATCH, BUPRENORPHINE_FILM], ids=["methadone", "patch", "film"]
)
def test_methadone_patches_and_buccal_film_for_pain_are_long_acting_analgesics(code):
    assert {"opioid-analgesic", "opioid-analgesic-extended-release"} <= by_code(code)
    assert "opioid-use-disorder-treatment" not in by_code(code)


@pytest.mark.parametrize(
    "code", [SUBOXONE, SUBLINGUAL_8, IMPLANT], ids=["with naloxone", "sublingual 8 mg", "implant"]
)
def test_the_treatment_of_opioid_use_disorder_is_decided_by_form_and_dose(code):
    assert "opioid-use-disorder-treatment" in by_code(code)
    assert "opioid-analgesic" not in by_code(code)
    assert "naloxone" not in by_code(code)


def test_sublingual_buprenorphine_below_2_mg_is_an_analgesic():
    assert by_code(SUBLINGUAL_02) == {"opioid-analgesic"}


def test_every_sublingual_buprenorphine_from_2_mg_on_treats_the_disorder():
    weak = [
        product.strength
        for product in drug_sets()["opioid-use-disorder-treatment"].products.values()
        if product.route == "sublingual" and not product.with_ and product.strength and product.strength < 2
    ]
    assert weak == [0.2, 0.4], "only the brand Subutex, which is licensed for nothing else"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("830196", "opium tincture"),
        ("312104", "belladonna and opium"),
        ("991486", "promethazine with codeine"),
    ],
)
def test_cough_and_antidiarrhoeal_products_are_no_analgesics(code, what):
    assert by_code(code) == {"opioid-cough-or-antidiarrhoeal"}, what


def test_patches_carry_their_strength_by_the_hour():
    patches = {
        code: product
        for name in ("opioid-analgesic", "buprenorphine-for-pain")
        for code, product in drug_sets()[name].products.items()
        if product.form == "patch"
    }

    assert (patches["197696"].strength, patches["197696"].unit) == (0.075, "mg/h")
    assert (patches["583490"].strength, patches["583490"].unit) == (0.012, "mg/h")
    assert {product.unit for product in patches.values()} == {"mg/h"}
    assert {product.release for product in patches.values()} == {"extended"}
    assert set(patches) <= members("opioid-analgesic-extended-release")


def test_what_is_extended_release_is_in_the_set_of_that_name():
    sets = drug_sets()
    extended = {
        code
        for name in ("opioid-analgesic", "tramadol")
        for code, product in sets[name].products.items()
        if product.release == "extended"
    }

    assert extended <= members("opioid-analgesic-extended-release")
    listed = set(sets["opioid-analgesic-extended-release"].codes[RXNORM])
    assert listed <= set(sets["opioid-analgesic"].products) | set(sets["tramadol"].products)


@pytest.mark.parametrize("code", ["1049621", "857002", "7804", "2670"])
def test_immediate_release_is_not_long_acting(code):
    assert "opioid-analgesic" in by_code(code)
    assert "opioid-analgesic-extended-release" not in by_code(code)


def test_an_nsaid_is_taken_by_mouth_by_injection_or_as_suppository():
    routes = {product.route for product in drug_sets()["nsaid"].products.values() if product.form}

    assert routes <= {"oral", "injection", "rectal"}


def test_a_systemic_steroid_is_taken_by_mouth_or_injected():
    routes = {product.route for product in drug_sets()["systemic-corticosteroid"].products.values()}

    assert routes <= {"oral", "injection"}


@pytest.mark.parametrize(
    ("text", "in_it", "not_in_it"),
    [
        ("diclofenac 1 % gel", "nsaid-topical", "nsaid"),
        ("diclofenac sodium 0.01 MG/MG Topical Gel", "nsaid-topical", "nsaid"),
        ("diclofenac sodium 75 mg EC tablet", "nsaid", "nsaid-topical"),
        ("ketorolac 0.5 % ophthalmic solution", "nsaid-topical", "nsaid"),
        ("ketorolac 10 mg tablet", "nsaid", "nsaid-topical"),
        ("ketorolac 30 mg/mL injection", "nsaid", "nsaid-topical"),
        ("aspirin 81 mg chewable tablet", "aspirin", "nsaid"),
        ("hydrocortisone 1 % cream", "topical-corticosteroid", "systemic-corticosteroid"),
        (
            "prednisolone acetate 1 % ophthalmic suspension",
            "topical-corticosteroid",
            "systemic-corticosteroid",
        ),
        ("prednisone 20 mg tablet", "systemic-corticosteroid", "topical-corticosteroid"),
        ("dexamethasone 4 mg tablet", "systemic-corticosteroid", "topical-corticosteroid"),
        (
            "triamcinolone acetonide 40 mg/mL suspension for injection",
            "injectable-glucocorticoid",
            "systemic-corticosteroid",
        ),
        (
            "methylprednisolone acetate 40 mg/mL injection",
            "injectable-glucocorticoid",
            "systemic-corticosteroid",
        ),
        (
            "codeine-guaifenesin 10-100 mg/5 mL oral liquid",
            "opioid-cough-or-antidiarrhoeal",
            "opioid-analgesic",
        ),
        ("acetaminophen-codeine 300-30 mg tablet", "opioid-analgesic", "opioid-cough-or-antidiarrhoeal"),
        (
            "hydrocodone-acetaminophen 5-325 mg tablet",
            "opioid-analgesic",
            "opioid-analgesic-extended-release",
        ),
        (
            "oxycodone ER 20 mg 12 hr tablet",
            "opioid-analgesic-extended-release",
            "opioid-cough-or-antidiarrhoeal",
        ),
        ("fentaNYL 75 mcg/hr patch", "opioid-analgesic-extended-release", "opioid-injectable"),
        ("morphine 4 mg/mL injection", "opioid-injectable", "opioid-analgesic"),
        ("buprenorphine 8 mg-naloxone 2 mg sublingual film", "opioid-use-disorder-treatment", "naloxone"),
        (
            "buprenorphine 8 mg-naloxone 2 mg sublingual film",
            "opioid-use-disorder-treatment",
            "opioid-analgesic",
        ),
        (
            "buprenorphine 10 mcg/hr weekly transdermal patch",
            "opioid-analgesic-extended-release",
            "opioid-use-disorder-treatment",
        ),
        ("naloxone 4 mg/actuation nasal spray", "naloxone", "opioid-use-disorder-treatment"),
        ("tacrolimus 1 mg capsule", "immunosuppressant", "topical-corticosteroid"),
        ("LORazepam 2 mg/mL injection", "benzodiazepine-injectable", "benzodiazepine"),
    ],
)
def test_newer_products_are_known_by_name_and_form(text, in_it, not_in_it):
    assert in_it in by_text(text)
    assert not_in_it not in by_text(text)


@pytest.mark.parametrize("text", ["heparin lock flush 100 unit/mL", "tacrolimus 0.1 % ointment"])
def test_what_only_sounds_like_it_is_not_matched(text):
    assert by_text(text) == frozenset()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("7240", "nalidixic acid, listed elsewhere as nalmefene"),
        ("7213", "ipratropium, listed elsewhere as opium"),
        ("69120", "tiotropium, listed elsewhere as opium"),
        ("3355", "diclofenac, which may be a gel"),
        ("5492", "hydrocortisone, which may be a cream"),
    ],
)
def test_a_bare_code_that_says_something_else_or_too_little_is_in_no_set(code, name):
    assert by_code(code) == frozenset(), name


@pytest.mark.parametrize(
    ("atc", "sets"),
    [
        ("R05DA04", {"opioid-cough-or-antidiarrhoeal"}),
        ("R05DA09", set()),
        ("N07BC01", {"opioid-use-disorder-treatment"}),
        ("N07BC02", {"methadone", "opioid-analgesic", "opioid-analgesic-extended-release"}),
        ("N07BC04", set()),
        ("M01AE01", {"nsaid"}),
        ("M01AX05", set()),
        ("M01AX25", set()),
        ("N02AA02", {"opioid-cough-or-antidiarrhoeal"}),
        ("H05AA04", {"osteoporosis-drug"}),
        ("M05BX06", {"osteoporosis-drug"}),
    ],
)
def test_atc_classes_leave_out_what_does_not_belong(atc, sets):
    assert index().match([("http://www.whocc.no/atc", atc, "")], "").sets == sets


def test_a_combination_stands_in_both_sets_with_its_own_strength():
    sets = drug_sets()

    assert sets["opioid-analgesic"].products["857002"].strength == 5
    assert sets["acetaminophen"].products["857002"].strength == 325
    assert sets["opioid-analgesic"].product_name("857002") == "hydrocodone / acetaminophen"


def test_the_ingredients_of_a_combination_agree_on_how_it_is_given():
    sets = drug_sets()
    for code, product in sets["acetaminophen"].products.items():
        twin = sets["opioid-analgesic"].products.get(code)
        if twin is not None:
            assert (twin.form, twin.route, twin.release) == (product.form, product.route, product.release)
            assert twin.with_
            assert product.with_


def test_strengths_are_those_of_medicines():
    """A milligram written for a microgram, or a strength of a whole bottle, would stand out."""
    limits = {"opioid-analgesic": 300, "benzodiazepine": 40, "systemic-corticosteroid": 100, "methadone": 45}
    for name, most in limits.items():
        by_unit = [p.strength for p in drug_sets()[name].products.values() if p.unit == "mg" and p.strength]
        assert max(by_unit) <= most, name
