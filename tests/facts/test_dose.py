"""The amount a day of one prescription: each case carries its arithmetic in its name."""

from __future__ import annotations

from math import inf

import pytest

from app.answer import CANNOT_TELL, NO, YES, Interval, compare
from app.facts import dose
from app.knowledge.fact import DoseFact
from app.knowledge.shaped import written
from tests.cards.drug_sets import code_of, knowledge
from tests.facts.prescriptions import (
    ACETAMINOPHEN_500,
    FENTANYL_12,
    FENTANYL_75,
    HYDROCODONE_5_APAP_325,
    OXYCODONE_5,
    OXYCODONE_5_APAP_325,
    OXYCODONE_10,
    OXYCODONE_ER_20,
    PRN,
    amount,
    between,
    code,
    drug,
    every,
    mg,
    most_a_day,
    opioid,
    per_day,
    prescription,
    record,
    sig,
    tablets,
)

OPIOIDS = written(DoseFact, {"in": "opioid-analgesic", "factor": "mme", "unit": "MME/day"})
ACETAMINOPHEN = written(DoseFact, {"in": "acetaminophen", "unit": "mg"})
ASPIRIN = written(DoseFact, {"in": "aspirin", "unit": "mg"})

EPIC = {
    "doseAndRate": [
        {"type": {"coding": [{"code": "calculated"}]}, **mg(10)},
        {"type": {"coding": [{"code": "admin-amount"}]}, **tablets(2)},
        {"type": {"coding": [{"code": "ordered"}]}, **mg(10)},
    ],
    **every(6),
}
CASES = {
    "oxycodone 10 mg q6h = 4 × 10 × 1.5 = 60": (OXYCODONE_10, sig(tablets(1), every(6)), 60),
    "oxycodone 5 mg q6h = 4 × 5 × 1.5 = 30": (OXYCODONE_5, sig(tablets(1), every(6)), 30),
    "oxycodone 5 mg × 2 q6h = 4 × 10 × 1.5 = 60": (OXYCODONE_5, sig(tablets(2), every(6)), 60),
    "oxycodone 5 mg q4h = 6 × 5 × 1.5 = 45": (OXYCODONE_5, sig(tablets(1), every(4)), 45),
    "oxycodone 5 mg q8h = 3 × 5 × 1.5 = 22.5": (OXYCODONE_5, sig(tablets(1), every(8)), 22.5),
    "oxycodone ER 20 mg q12h = 2 × 20 × 1.5 = 60": (OXYCODONE_ER_20, sig(tablets(1), every(12)), 60),
    "oxycodone half a 5 mg tablet q6h = 4 × 2.5 × 1.5 = 15": (OXYCODONE_5, sig(tablets(0.5), every(6)), 15),
    "hydrocodone 5 mg combination QID = 4 × 5 × 1 = 20": (
        HYDROCODONE_5_APAP_325,
        sig(tablets(1), code("QID")),
        20,
    ),
    "hydrocodone ER 40 mg daily = 40 × 1 = 40": (
        opioid("hydrocodone", 40, release="extended", form="tablet"),
        sig(tablets(1), code("QD")),
        40,
    ),
    "morphine ER 30 mg BID = 2 × 30 × 1 = 60": (
        opioid("morphine", 30, release="extended"),
        sig(tablets(1), code("BID")),
        60,
    ),
    "morphine 15 mg q4h = 6 × 15 × 1 = 90": (opioid("morphine", 15), sig(tablets(1), every(4)), 90),
    "morphine 2 mg/mL, 5 mL q4h = 6 × 10 × 1 = 60": (
        opioid("morphine", 2, form="solution"),
        sig(amount(5, "mL"), every(4)),
        60,
    ),
    "morphine 20 mg/mL, 0.25 mL q4h = 6 × 5 × 1 = 30": (
        opioid("morphine", 20, form="solution"),
        sig(amount(0.25, "mL"), every(4)),
        30,
    ),
    "morphine 2 mg/mL, 1 teaspoon q6h = 4 × 10 × 1 = 40": (
        opioid("morphine", 2, form="solution"),
        sig(amount(1, "tsp"), every(6)),
        40,
    ),
    "hydromorphone 2 mg q6h = 4 × 2 × 5 = 40": (opioid("hydromorphone", 2), sig(tablets(1), every(6)), 40),
    "hydromorphone ER 8 mg daily = 8 × 5 = 40": (
        opioid("hydromorphone", 8, release="extended"),
        sig(tablets(1), code("QD")),
        40,
    ),
    "oxymorphone 5 mg q6h = 4 × 5 × 3 = 60": (opioid("oxymorphone", 5), sig(tablets(1), every(6)), 60),
    "oxymorphone ER 10 mg q12h = 2 × 10 × 3 = 60": (
        opioid("oxymorphone", 10, release="extended"),
        sig(tablets(1), every(12)),
        60,
    ),
    "tapentadol 50 mg q6h = 4 × 50 × 0.4 = 80": (opioid("tapentadol", 50), sig(tablets(1), every(6)), 80),
    "tapentadol ER 100 mg BID = 2 × 100 × 0.4 = 80": (
        opioid("tapentadol", 100, release="extended"),
        sig(tablets(1), code("BID")),
        80,
    ),
    "tramadol 50 mg q6h = 4 × 50 × 0.2 = 40": (
        opioid("tramadol", 50, value_set="tramadol"),
        sig(tablets(1), every(6)),
        40,
    ),
    "tramadol 50 mg × 2 QID = 4 × 100 × 0.2 = 80": (
        opioid("tramadol", 50, value_set="tramadol"),
        sig(tablets(2), code("QID")),
        80,
    ),
    "codeine 30 mg combination q4h = 6 × 30 × 0.15 = 27": (
        opioid("codeine", 30, with_="acetaminophen"),
        sig(tablets(1), every(4)),
        27,
    ),
    "codeine 30 mg q6h = 4 × 30 × 0.15 = 18": (opioid("codeine", 30), sig(tablets(1), every(6)), 18),
    "methadone 10 mg TID = 3 × 10 × 4.7 = 141": (
        opioid("methadone", 10, value_set="methadone"),
        sig(tablets(1), code("TID")),
        141,
    ),
    "methadone 5 mg BID, 2 × 5 × 4.7 = 47": (
        opioid("methadone", 5, value_set="methadone"),
        sig(tablets(1), code("BID")),
        47,
    ),
    "methadone 1 mg/mL, 10 mL q12h = 2 × 10 × 4.7 = 94": (
        opioid("methadone", 1, form="solution", value_set="methadone"),
        sig(amount(10, "mL"), every(12)),
        94,
    ),
    "fentanyl patch 75 ug/h = 75 × 2.4 = 180": (FENTANYL_75, sig(amount(1, "patch"), every(72)), 180),
    "fentanyl patch 12 ug/h = 12 × 2.4 = 28.8": (FENTANYL_12, sig(amount(1, "patch"), every(72)), 28.8),
    "fentanyl patch 75 ug/h every 48 h is still one patch worn = 180": (
        FENTANYL_75,
        sig(amount(1, "patch"), every(48)),
        180,
    ),
    "fentanyl patch 75 ug/h every 3 days = 180": (FENTANYL_75, sig(amount(1, "{patch}"), every(3, "d")), 180),
    "fentanyl two 75 ug/h patches at once = 2 × 75 × 2.4 = 360": (
        FENTANYL_75,
        sig(amount(2, "patch"), every(72)),
        360,
    ),
    "fentanyl patch dosed as 75 mcg/hr = 75 × 2.4 = 180": (
        FENTANYL_75,
        sig(amount(75, "mcg/hr"), every(72)),
        180,
    ),
    "fentanyl patch dosed as 75 ug, one patch = 180": (FENTANYL_75, sig(amount(75, "ug"), every(72)), 180),
    "fentanyl patch without a frequency is worn all the same = 180": (
        FENTANYL_75,
        [{"doseAndRate": [amount(1, "patch")]}],
        180,
    ),
    "dose in mg instead of tablets: oxycodone 10 mg q6h = 4 × 10 × 1.5 = 60": (
        OXYCODONE_5,
        sig(mg(10), every(6)),
        60,
    ),
    "dose in ug: oxycodone 5000 ug q6h = 4 × 5 × 1.5 = 30": (
        OXYCODONE_5,
        sig(amount(5000, "ug"), every(6)),
        30,
    ),
    "dose in g: morphine 0.015 g q4h = 6 × 15 = 90": (
        opioid("morphine", 15),
        sig(amount(0.015, "g"), every(4)),
        90,
    ),
    "dose in the UCUM code {pill}, 1 × 10 × 4 × 1.5 = 60": (
        OXYCODONE_10,
        sig({"doseQuantity": {"value": 1, "code": "{pill}"}}, every(6)),
        60,
    ),
    "dose in TAB, 1 × 10 × 4 × 1.5 = 60": (OXYCODONE_10, sig(amount(1, "TAB"), every(6)), 60),
    "dose without any unit counts tablets, 1 × 10 × 4 × 1.5 = 60": (
        OXYCODONE_10,
        sig({"doseQuantity": {"value": 1}}, every(6)),
        60,
    ),
    "dose in words 'oral tablet', 2 × 5 × 4 × 1.5 = 60": (
        OXYCODONE_5,
        sig(amount(2, "oral tablets"), every(6)),
        60,
    ),
    "Epic repeats one dose three times, never summed: 4 × 10 × 1.5 = 60": (OXYCODONE_5, [EPIC], 60),
    "STU3 puts doseQuantity on the instruction, 4 × 10 × 1.5 = 60": (
        OXYCODONE_10,
        [{**tablets(1), **every(6)}],
        60,
    ),
    "DSTU2 says periodUnits, 4 × 10 × 1.5 = 60": (
        OXYCODONE_10,
        [{**tablets(1), "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnits": "h"}}}],
        60,
    ),
    "Q6H as a code, 4 × 10 × 1.5 = 60": (OXYCODONE_10, sig(tablets(1), code("Q6H")), 60),
    "every 4 hours as text of the code, 6 × 5 × 1.5 = 45": (
        OXYCODONE_5,
        sig(tablets(1), {"timing": {"code": {"text": "Every 4 hours"}}}),
        45,
    ),
    "QHS, 1 × 10 × 1.5 = 15": (OXYCODONE_10, sig(tablets(1), code("QHS")), 15),
    "frequency 3 in 1 day, 3 × 10 × 1.5 = 45": (OXYCODONE_10, sig(tablets(1), per_day(3)), 45),
    "every other day, 0.5 × 10 × 1.5 = 7.5": (OXYCODONE_10, sig(tablets(1), every(2, "d")), 7.5),
    "weekly, 1/7 × 10 × 1.5 = 2.142857": (OXYCODONE_10, sig(tablets(1), every(1, "wk")), 2.142857),
    "three clock times, 3 × 10 × 1.5 = 45": (
        OXYCODONE_10,
        sig(tablets(1), {"timing": {"repeat": {"timeOfDay": ["08:00:00", "14:00:00", "20:00:00"]}}}),
        45,
    ),
    "morning and evening, 2 × 10 × 1.5 = 30": (
        OXYCODONE_10,
        sig(tablets(1), {"timing": {"repeat": {"when": ["MORN", "EVE"]}}}),
        30,
    ),
    "PRN at its frequency, up to 4 × 10 × 1.5 = 60": (OXYCODONE_10, sig(tablets(1), every(6), **PRN), 60),
    "PRN 1-2 tablets q4-6h, highest dose × shortest interval = 2 × 5 × 6 × 1.5 = 90": (
        OXYCODONE_5,
        sig(between(1, 2), every(4, most=6), **PRN),
        90,
    ),
    "PRN with 8 tablets a day at most = 8 × 5 × 1.5 = 60": (
        OXYCODONE_5,
        sig(between(1, 2), every(4), **PRN, **most_a_day(8)),
        60,
    ),
    "PRN with 40 mg a day at most = 40 × 1.5 = 60": (
        OXYCODONE_5,
        sig(tablets(1), every(4), **PRN, **most_a_day(40, "mg")),
        60,
    ),
    "PRN with 14 tablets in 7 days at most = 2 × 5 × 1.5 = 15": (
        OXYCODONE_5,
        sig(tablets(1), every(4), **PRN, **most_a_day(14, days=7)),
        15,
    ),
    "PRN with only a ceiling, 6 × 5 × 1.5 = 45": (
        OXYCODONE_5,
        [{"doseAndRate": [tablets(1)], **PRN, **most_a_day(6)}],
        45,
    ),
    "PRN by a codeable concept, 4 × 5 × 1.5 = 30": (
        OXYCODONE_5,
        sig(tablets(1), every(6), asNeededCodeableConcept={"text": "pain"}),
        30,
    ),
    "same sequence adds up, (2 + 1) × 10 × 1.5 = 45": (
        OXYCODONE_10,
        [*sig(tablets(1), code("BID"), sequence=1), *sig(tablets(1), code("QHS"), sequence=1)],
        45,
    ),
    "no sequence adds up, (2 + 1) × 10 × 1.5 = 45": (
        OXYCODONE_10,
        [*sig(tablets(2), code("QAM")), *sig(tablets(1), code("QHS"))],
        45,
    ),
    "maxDosePerPeriod caps a scheduled dose, 6 not 8 × 5 × 1.5 = 45": (
        OXYCODONE_5,
        sig(tablets(2), every(6), **most_a_day(6)),
        45,
    ),
    "morphine suppository 10 mg q4h = 6 × 10 × 1 = 60": (
        opioid("morphine", 10, form="suppository"),
        sig(amount(1, "suppository"), every(4)),
        60,
    ),
    "two codes of one product count once, 4 × 10 × 1.5 = 60": (
        (OXYCODONE_10, "7804"),
        sig(tablets(1), every(6)),
        60,
    ),
    "only the ingredient is coded, dose in mg, 4 × 10 × 1.5 = 60": ("7804", sig(mg(10), every(6)), 60),
}


@pytest.mark.parametrize(("codes", "instructions", "expected"), CASES.values(), ids=CASES)
def test_a_prescription_comes_to(codes, instructions, expected):
    concept = drug(codes) if isinstance(codes, str) else drug(*codes)
    answer = dose.answer(OPIOIDS, record(prescription(concept, instructions)), None, knowledge())

    assert answer.truth is YES
    assert answer.value == Interval.exactly(pytest.approx(expected))
    assert not answer.unknown


RANGES = {
    "scheduled 1-2 tablets q6h: 4 × 5 × 1.5 = 30 to 60": (OXYCODONE_5, sig(between(1, 2), every(6)), 30, 60),
    "scheduled q4-6h: 5 × 1.5 × 4 = 30 to × 6 = 45": (OXYCODONE_5, sig(tablets(1), every(4, most=6)), 30, 45),
    "scheduled 2 to 4 times a day: 10 × 1.5 × 2 = 30 to × 4 = 60": (
        OXYCODONE_10,
        sig(tablets(1), per_day(2, 4)),
        30,
        60,
    ),
    "dose below 2 tablets: 0 to 2 × 5 × 4 × 1.5 = 60": (
        OXYCODONE_5,
        sig({"doseQuantity": {"value": 2, "comparator": "<", "unit": "tablet"}}, every(6)),
        0,
        60,
    ),
    "a taper has steps: 1 × 10 × 1.5 = 15 to 4 × 10 × 1.5 = 60": (
        OXYCODONE_10,
        [*sig(tablets(1), code("QID"), sequence=1), *sig(tablets(1), code("QD"), sequence=2)],
        15,
        60,
    ),
    "ceiling but no frequency: 0 to 6 × 5 × 1.5 = 45": (
        OXYCODONE_5,
        [{"doseAndRate": [tablets(1)], **most_a_day(6)}],
        0,
        45,
    ),
    "patches that follow each other: 28.8 to 2 × 28.8 = 57.6": (
        FENTANYL_12,
        [*sig(amount(1, "patch"), every(72), sequence=1), *sig(amount(2, "patch"), every(72), sequence=2)],
        28.8,
        57.6,
    ),
}


@pytest.mark.parametrize(("codes", "instructions", "low", "high"), RANGES.values(), ids=RANGES)
def test_a_prescription_that_leaves_room_is_an_interval(codes, instructions, low, high):
    answer = dose.answer(OPIOIDS, record(prescription(drug(codes), instructions)), None, knowledge())

    assert answer.value == Interval(pytest.approx(low), pytest.approx(high))


OPEN = {
    "only free text": (OXYCODONE_10, [{"text": "take as directed"}], "only free text"),
    "no instruction at all": (OXYCODONE_10, [], "no dosage instruction"),
    "no frequency": (OXYCODONE_10, [{"doseAndRate": [tablets(1)]}], "frequency not recorded"),
    "PRN without frequency or ceiling": (
        OXYCODONE_10,
        [{"doseAndRate": [tablets(1)], **PRN}],
        "frequency not recorded",
    ),
    "no dose": (OXYCODONE_10, [every(6)], "dose not recorded"),
    "a dose of 0 is not a dose": (OXYCODONE_10, sig(tablets(0), every(6)), "dose not recorded"),
    "a period of 0 is no frequency": (OXYCODONE_10, sig(tablets(1), every(0)), "frequency without a period"),
    "dates instead of a frequency": (
        OXYCODONE_10,
        sig(tablets(1), {"timing": {"event": ["2026-06-01"]}}),
        "dates",
    ),
    "dose by body weight": (OXYCODONE_10, sig(amount(0.1, "mg/kg"), every(6)), "dose in mg/kg"),
    "tablets of a liquid": (
        opioid("morphine", 2, form="solution"),
        sig(tablets(1), every(4)),
        "volume not recorded",
    ),
    "a strength that is not known": ("7804", sig(tablets(1), every(6)), "strength not known"),
    "an ingredient without a factor": (
        opioid("levorphanol", 2),
        sig(tablets(1), every(6)),
        "no factor for it",
    ),
    "fentanyl lozenges have no factor": (
        opioid("fentanyl", 0.2, form="lozenge"),
        sig(amount(1, "lozenge"), every(6)),
        "this form",
    ),
    "a buprenorphine patch has no factor": (
        code_of("buprenorphine-for-pain", "buprenorphine", 0.01, form="patch"),
        sig(amount(1, "patch"), every(7, "d")),
        "no factor",
    ),
    "an instruction that is no object": (OXYCODONE_10, ["1 tab po q6h"], "not readable"),
}


@pytest.mark.parametrize(("codes", "instructions", "why"), OPEN.values(), ids=OPEN)
def test_what_cannot_be_computed_opens_the_upper_bound_and_says_why(codes, instructions, why):
    answer = dose.answer(OPIOIDS, record(prescription(drug(codes), instructions)), None, knowledge())

    assert answer.value == Interval(0, inf)
    assert why in answer.unknown[0].why
    assert compare(answer, ">=", 50).truth is CANNOT_TELL


def test_the_parts_are_the_findings_with_their_arithmetic():
    answer = dose.answer(
        OPIOIDS,
        record(prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)), days_ago=3)),
        None,
        knowledge(),
    )

    (part,) = answer.findings
    assert part.what == "oxycodone 10 mg × 4/day = 60"
    assert (part.source, part.date) == ("MedicationRequest", "2026-05-29")


@pytest.mark.parametrize(
    ("codes", "instructions", "words"),
    [
        (OXYCODONE_10, sig(tablets(1), every(6), **PRN), "oxycodone 10 mg × up to 4/day = 60"),
        (
            opioid("morphine", 2, form="solution"),
            sig(amount(5, "mL"), every(6)),
            "morphine 2 mg/mL × 20 mL/day = 40",
        ),
        (FENTANYL_75, sig(amount(1, "patch"), every(72)), "fentanyl 75 ug/h × 1 worn = 180"),
        ("7804", sig(mg(10), every(6)), "oxycodone 40 mg/day = 60"),
        (OXYCODONE_5, sig(between(1, 2), every(6)), "oxycodone 5 mg × 4–8/day = 30–60"),
    ],
)
def test_the_words_of_a_part_fit_its_form(codes, instructions, words):
    answer = dose.answer(OPIOIDS, record(prescription(drug(codes), instructions)), None, knowledge())

    assert [each.what for each in answer.findings] == [words]


MILLIGRAMS = {
    "acetaminophen 500 mg × 2 q6h = 2 × 500 × 4 = 4000": (ACETAMINOPHEN_500, sig(tablets(2), every(6)), 4000),
    "acetaminophen 500 mg QID = 4 × 500 = 2000": (ACETAMINOPHEN_500, sig(tablets(1), code("QID")), 2000),
    "acetaminophen 1000 mg q6h PRN, at most 3 g a day = 3000": (
        ACETAMINOPHEN_500,
        sig(mg(1000), every(6), **PRN, **most_a_day(3, "g")),
        3000,
    ),
    "acetaminophen 32.5 mg/mL with diphenhydramine, 20 mL q6h = 4 × 650 = 2600": (
        "2374554",
        sig(amount(20, "mL"), every(6)),
        2600,
    ),
    "oxycodone with acetaminophen 325 mg q6h = 4 × 325 = 1300": (
        OXYCODONE_5_APAP_325,
        sig(tablets(1), every(6)),
        1300,
    ),
    "hydrocodone with acetaminophen, ordered in mg of the opioid, handed out as 1 tablet = 4 × 325 = 1300": (
        HYDROCODONE_5_APAP_325,
        [
            {
                "doseAndRate": [
                    {"type": {"text": "ordered"}, **mg(5)},
                    {"type": {"text": "admin-amount"}, **tablets(1)},
                ],
                **every(6),
            }
        ],
        1300,
    ),
}


@pytest.mark.parametrize(("codes", "instructions", "expected"), MILLIGRAMS.values(), ids=MILLIGRAMS)
def test_without_a_factor_the_total_is_in_milligrams(codes, instructions, expected):
    answer = dose.answer(ACETAMINOPHEN, record(prescription(drug(codes), instructions)), None, knowledge())

    assert answer.value == Interval.exactly(pytest.approx(expected))


def test_a_dose_in_mg_of_a_combination_does_not_say_of_which_ingredient():
    norco = prescription(drug(HYDROCODONE_5_APAP_325), sig(mg(5), every(6)))

    of_the_opioid = dose.answer(OPIOIDS, record(norco), None, knowledge())
    of_the_other = dose.answer(ACETAMINOPHEN, record(norco), None, knowledge())

    assert of_the_opioid.value == Interval.exactly(20)
    assert of_the_other.value == Interval(0, inf)
    assert "dose in mg of a combination" in of_the_other.unknown[0].why


def test_a_combination_known_by_its_words_cannot_be_computed_from_milligrams():
    worded = prescription(drug(text="hydrocodone-acetaminophen 5-325 mg tablet"), sig(mg(5), every(6)))

    assert dose.answer(ACETAMINOPHEN, record(worded), None, knowledge()).value == Interval(0, inf)


COMBINED_IN_WORDS = [
    "Acetaminophen and Codeine Phosphate",
    "acetaminophen with codeine #3",
    "acetaminophen w/ codeine",
    "Acetaminophen & codeine",
    "acetaminophen plus codeine",
    "acetaminophen + codeine",
    "acetaminophen, codeine",
    "acetaminophen 300 mg, codeine 30 mg",
    "codeine (Tylenol) acetaminophen",
]


@pytest.mark.parametrize("text", COMBINED_IN_WORDS)
def test_milligrams_of_a_combination_that_words_join_settle_no_ingredient(text):
    worded = record(prescription(drug(text=text), sig(mg(60), every(4))))

    for asked in (OPIOIDS, ACETAMINOPHEN):
        answer = dose.answer(asked, worded, None, knowledge())
        assert answer.value == Interval(0, inf)
        assert "dose in mg of a combination" in answer.unknown[0].why


@pytest.mark.parametrize(
    "text",
    [
        "oxycodone / something",
        "Tylenol with codeine",
        "hydrocodone, APAP",
        "oxycodone w/ something",
        "Something and oxycodone",
    ],
)
def test_another_name_joined_to_an_opioid_makes_a_combination_though_it_is_no_ingredient(text):
    worded = record(prescription(drug(text=text), sig(mg(325), every(4))))

    assert dose.answer(OPIOIDS, worded, None, knowledge()).value == Interval(0, inf)


def test_milligrams_of_a_medication_with_the_codes_of_two_ingredients_settle_neither():
    alone, both = (
        record(prescription(drug(*codes), sig(mg(60), every(4)))) for codes in (["161"], ["161", "2670"])
    )

    assert dose.answer(ACETAMINOPHEN, alone, None, knowledge()).value == Interval.exactly(360)
    for asked in (OPIOIDS, ACETAMINOPHEN):
        assert dose.answer(asked, both, None, knowledge()).value == Interval(0, inf)


@pytest.mark.parametrize(
    "text",
    [
        "acetaminophen 500 mg, take with food and water",
        "acetaminophen with food",
        "Acetaminophen, oral tablet, 500 mg",
        "acetaminophen extended-release (TYLENOL) tablet, 8 hour",
        "Acetaminophen Tablets, USP",
        "acetaminophen for fever and colds",
    ],
)
def test_a_plain_name_with_commas_and_advice_is_no_combination(text):
    worded = record(prescription(drug(text=text), sig(mg(1000), every(6))))

    assert dose.answer(ACETAMINOPHEN, worded, None, knowledge()).value == Interval.exactly(4000)


def test_an_ingredient_known_by_its_words_is_computed_from_milligrams_and_marked_as_worded():
    worded = prescription(drug(text="oxyCODONE 10 mg tablet"), sig(mg(10), every(6)))

    answer = dose.answer(OPIOIDS, record(worded), None, knowledge())

    assert answer.value == Interval.exactly(60)
    assert [each.worded for each in answer.findings] == [True]


@pytest.mark.parametrize(
    ("strength", "expected"),
    [(81, 81), (325, 325)],
    ids=["aspirin 81 mg daily = 81", "aspirin 325 mg daily = 325"],
)
def test_low_dose_aspirin_can_be_told_from_an_analgesic_dose(strength, expected):
    aspirin = drug(code_of("aspirin", "aspirin", strength, form="tablet"))
    taken = record(prescription(aspirin, sig(tablets(1), code("QD"))))

    answer = dose.answer(ASPIRIN, taken, None, knowledge())

    assert answer.value == Interval.exactly(expected)
    assert compare(answer, ">", 325).truth is NO
