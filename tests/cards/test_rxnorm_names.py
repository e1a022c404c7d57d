"""One name of each pattern that RxNorm uses, and what it says of the product."""

from __future__ import annotations

import pytest

from tests.cards.rxnorm_names import Component, Product, parse


@pytest.mark.parametrize(
    ("name", "components", "form", "route", "extended"),
    [
        (
            "oxycodone hydrochloride 5 MG Oral Tablet",
            [("oxycodone hydrochloride", 5, "mg")],
            "tablet",
            "oral",
            False,
        ),
        (
            "Sprinkle duloxetine 20 MG Delayed Release Oral Capsule",
            [("Sprinkle duloxetine", 20, "mg")],
            "capsule",
            "oral",
            False,
        ),
        (
            "12 HR oxycodone hydrochloride 20 MG Extended Release Oral Tablet",
            [("oxycodone hydrochloride", 20, "mg")],
            "tablet",
            "oral",
            True,
        ),
        (
            "Morphine Sulfate 150 MG Extended Release Oral Capsule [Kadian]",
            [("Morphine Sulfate", 150, "mg")],
            "capsule",
            "oral",
            True,
        ),
        (
            "72 HR fentanyl 0.075 MG/HR Transdermal System",
            [("fentanyl", 0.075, "mg/h")],
            "patch",
            "transdermal",
            True,
        ),
        (
            "Buprenorphine 0.01 MG/HR [BuTrans]",
            [("Buprenorphine", 0.01, "mg/h")],
            "patch",
            "transdermal",
            True,
        ),
        (
            "morphine sulfate 2 MG/ML Oral Solution",
            [("morphine sulfate", 2, "mg/mL")],
            "solution",
            "oral",
            False,
        ),
        (
            "0.32 ML buprenorphine 50 MG/ML Prefilled Syringe",
            [("buprenorphine", 50, "mg/mL")],
            "injection",
            "injection",
            False,
        ),
        (
            "ketorolac tromethamine 15.8 MG/ACTUAT Metered Dose Nasal Spray",
            [("ketorolac tromethamine", 15.8, "mg/actuation")],
            "spray",
            "nasal",
            False,
        ),
        ("Buprenorphine 2 MG Sublingual Tablet", [("Buprenorphine", 2, "mg")], "tablet", "sublingual", False),
        ("buprenorphine 0.3 MG Buccal Film", [("buprenorphine", 0.3, "mg")], "film", "buccal", False),
        ("fentanyl 0.2 MG Oral Lozenge", [("fentanyl", 0.2, "mg")], "lozenge", "buccal", False),
        (
            "Morphine Sulfate 60 MG Rectal Suppository",
            [("Morphine Sulfate", 60, "mg")],
            "suppository",
            "rectal",
            False,
        ),
        ("2 ML diazepam 5 MG/ML Rectal Gel", [("diazepam", 5, "mg/mL")], "gel", "rectal", False),
        ("buprenorphine 74.2 MG Drug Implant", [("buprenorphine", 74.2, "mg")], "implant", "implant", False),
        (
            "hydrocortisone 10 MG/ML Topical Cream",
            [("hydrocortisone", 10, "mg/mL")],
            "cream",
            "topical",
            False,
        ),
        (
            "diclofenac sodium 0.01 MG/MG Topical Gel",
            [("diclofenac sodium", None, None)],
            "gel",
            "topical",
            False,
        ),
        (
            "heparin sodium, porcine 5000 UNT/ML Injectable Solution",
            [("heparin sodium, porcine", None, None)],
            "injection",
            "injection",
            False,
        ),
        (
            "liothyronine sodium 25 MCG Oral Tablet",
            [("liothyronine sodium", 0.025, "mg")],
            "tablet",
            "oral",
            False,
        ),
        (
            "Acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet",
            [("Acetaminophen", 325, "mg"), ("oxycodone hydrochloride", 5, "mg")],
            "tablet",
            "oral",
            False,
        ),
        (
            "Acetaminophen 300 MG / Codeine Phosphate 30 MG [Tylenol with Codeine]",
            [("Acetaminophen", 300, "mg"), ("Codeine Phosphate", 30, "mg")],
            None,
            None,
            False,
        ),
        (
            "Acetaminophen / Hydrocodone",
            [("Acetaminophen", None, None), ("Hydrocodone", None, None)],
            None,
            None,
            False,
        ),
        ("{21 (prednisone 5 MG Oral Tablet) } Pack", [("prednisone", 5, "mg")], "tablet", "oral", False),
        (
            "{42 (rivaroxaban 15 MG Oral Tablet) / 9 (rivaroxaban 20 MG Oral Tablet) } Pack",
            [("rivaroxaban", None, None)],
            "tablet",
            "oral",
            False,
        ),
        (
            "{1 (0.1 ML) (Diazepam 50 MG/ML Nasal Spray [Valtoco]) } Pack [Valtoco 5 MG Dose Kit]",
            [("Diazepam", 50, "mg/mL")],
            "spray",
            "nasal",
            False,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_name_says_what_the_product_holds_and_how_it_is_given(name, components, form, route, extended):
    found = parse(name)

    assert found.components == tuple(Component(*each) for each in components)
    assert (found.form, found.route, found.extended) == (form, route, extended)


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("Oxycodone Hydrochloride 5 MG Oral Tablet [Roxicodone]", "Roxicodone"),
        (
            "{2 (0.1 ML) (Diazepam 75 MG/ML Nasal Spray [Valtoco]) } Pack [Valtoco 15 MG Dose Kit]",
            "Valtoco 15 MG Dose Kit",
        ),
        ("oxycodone hydrochloride 5 MG Oral Tablet", None),
    ],
)
def test_the_brand_stands_in_brackets(name, brand):
    assert parse(name).brand == brand


def test_an_ingredient_is_found_as_a_whole_word_only():
    product = parse("Acetaminophen 325 MG / benzhydrocodone 6.12 MG Oral Tablet")

    assert product.component("hydrocodone") is None
    assert product.component("benzhydrocodone") == Component("benzhydrocodone", 6.12, "mg")
    assert product.component("ACETAMINOPHEN") == Component("Acetaminophen", 325, "mg")


def test_two_salts_of_one_ingredient_add_up_4_5_plus_0_38():
    name = "aspirin 325 MG / oxycodone hydrochloride 4.5 MG / oxycodone terephthalate 0.38 MG Oral Tablet"

    assert parse(name).component("oxycodone").strength == pytest.approx(4.88)


def test_a_name_that_says_nothing_is_an_ingredient_without_a_strength():
    assert parse("rivaroxaban") == Product((Component("rivaroxaban"),))
