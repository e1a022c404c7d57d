"""The value sets under cards/: valid codes, readable displays, no concept that contradicts another.

`python -m tests.cards.test_value_sets` prints the table for cards/value-sets/README.md.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import structs

from app.knowledge.codes import CodeIndex
from app.knowledge.coding_systems import CPT, ICD_10_CM, known, normal, well_formed
from app.knowledge.load import Files
from app.knowledge.value_set import Codes, LicensedCodes, ValueSet
from app.knowledge.words import Cues

with warnings.catch_warnings():
    # The library reads its table in a way that Python 3.11 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    ICD = import_module("simple_icd_10_cm")

CARDS = Path(__file__).parents[2] / "cards"
FOLDER = CARDS / "value-sets"
START, END = "<!-- sets -->\n", "<!-- /sets -->\n"
FILES = Files(CARDS)
OWN = FILES.read_each(FILES.glob("value-sets/*.yaml"), ValueSet)
LICENSED = FILES.read_each(FILES.glob("value-sets/*/*.yaml"), LicensedCodes)


@cache
def value_sets() -> dict[str, ValueSet]:
    """Every set, licensed codes joined to theirs."""
    joined = {
        name: structs.replace(OWN[name], codes={**OWN[name].codes, **each.codes})
        for name, each in LICENSED.items()
    }
    return {**OWN, **joined}


@cache
def index() -> CodeIndex:
    """The index of the whole content."""
    cues = FILES.read("words.yaml", Cues)
    assert cues is not None
    return CodeIndex(value_sets(), cues)


def sets_of(system: str, code: str) -> frozenset[str]:
    """The sets that hold a code."""
    return index().sets_of(system, normal(system, code))[0]


def icd(code: str) -> frozenset[str]:
    """The sets that hold an ICD-10-CM code."""
    return sets_of(ICD_10_CM, code)


def listed(*parts: Codes) -> Iterator[tuple[str, str, str]]:
    """(system, code, display) of every code in the given parts."""
    for part in parts:
        for system, displays in part.items():
            for code, display in displays.items():
                yield system, code, display


def every_code() -> Iterator[tuple[str, str, str, str]]:
    """(set, system, code, display) of all that is listed anywhere, exceptions included."""
    for name, each in value_sets().items():
        for system, code, display in listed(each.codes, each.except_, each.unverified):
            yield name, system, code, display


def within(name: str) -> set[str]:
    """The set and all that it includes."""
    return {name}.union(*(within(part) for part in value_sets()[name].includes))


def count(name: str) -> int:
    """How many different codes the set and the sets that it includes list."""
    codes = set()
    for part in within(name):
        each = value_sets()[part]
        codes |= {(system, code) for system, code, _ in listed(each.codes, each.unverified)}
        codes |= {("RxNorm", code) for code in (*each.ingredients, *each.products)}
    return len(codes)


def table(names: list[str]) -> str:
    """The table of the README: one row a set."""
    rows = [f"| `{n}` | {OWN[n].title} | {OWN[n].purpose} | {count(n)} |\n" for n in sorted(names)]
    return "".join(["| set | concept | what it is for | codes |\n|---|---|---|---|\n", *rows])


def drug_page() -> str:
    """The page of the drug sets."""
    page = FOLDER / "drugs.md"
    return page.read_text(encoding="utf-8") if page.is_file() else ""


def test_every_file_could_be_read() -> None:
    assert [str(fault) for fault in FILES.faults] == []


def test_every_icd_code_is_valid() -> None:
    codes = {(n, c) for n, system, c, _ in every_code() if system == ICD_10_CM}
    assert {each for each in codes if not ICD.is_valid_item(each[1])} == set()


def test_every_code_has_the_form_and_check_digit_of_its_system() -> None:
    assert {(n, s, c) for n, s, c, _ in every_code() if not (known(s) and well_formed(s, c))} == set()


PROPER = ("Alzheimer", "Bell", "Crohn", "Ehlers", "Hickman", "Hodgkin", "Kaposi", "Marfan", "Merkel")


def test_displays_are_short_and_plain() -> None:
    """Lower case, but for acronyms (MRI, T/NK) and for the names of people."""
    plain = re.compile(rf"[a-z0-9]|[A-Z]([A-Z-]|/)|{'|'.join(PROPER)}|STarT Back")
    shown = {(n, d) for n, _, _, d in every_code()}
    assert {each for each in shown if len(each[1]) > 60 or not plain.match(each[1])} == set()


def test_no_set_lists_a_code_below_one_that_it_lists() -> None:
    found = set()
    for name, each in value_sets().items():
        codes = {normal(ICD_10_CM, code) for code in each.codes.get(ICD_10_CM, {})}
        found |= {(name, a, b) for a in codes for b in codes if a != b and b.startswith(a)}
    assert found == set()


def test_an_exception_stands_below_a_listed_code() -> None:
    found = set()
    for name, each in value_sets().items():
        codes = tuple(normal(ICD_10_CM, code) for code in each.codes.get(ICD_10_CM, {}))
        exceptions = (normal(ICD_10_CM, code) for code in each.except_.get(ICD_10_CM, {}))
        found |= {(name, code) for code in exceptions if not code.startswith(codes)}
    assert found == set()


def test_cpt_codes_stand_in_their_own_folder_only() -> None:
    assert [name for name, each in OWN.items() if CPT in each.codes or CPT in each.unverified] == []
    assert {system for each in LICENSED.values() for system in each.codes} == {CPT}


def test_licensed_codes_add_to_a_set_that_exists() -> None:
    assert set(LICENSED) <= set(OWN)


def test_every_set_says_what_it_is_for_and_where_it_comes_from() -> None:
    for name, each in OWN.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), name
        assert each.title, name
        assert each.purpose.endswith("."), name
        assert each.sources, name
        assert date.fromisoformat(each.version), name


def test_every_set_can_match_something() -> None:
    for name in OWN:
        each = value_sets()[name]
        assert each.codes or each.words or each.includes or each.ingredients or each.products, name


def test_the_sets_that_a_set_names_exist() -> None:
    named = {(n, other) for n, each in OWN.items() for other in (*each.includes, *each.beside)}
    assert {each for each in named if each[1] not in OWN} == set()


def test_words_are_written_as_they_are_compared() -> None:
    form = re.compile(r"([a-z0-9]+\*?|[,;.?])( ([a-z0-9]+\*?|[,;.?]))*( \+ [a-z0-9* ]+)?")
    words = {
        (name, word)
        for name, each in OWN.items()
        for word in (*each.words, *each.with_words, *each.not_words)
    }
    assert {each for each in words if not form.fullmatch(each[1])} == set()


APART = [
    "malignancy other-fever-source",
    "malignancy cancer-history",
    "back-pain-symptom neighbouring-pain",
    "back-pain-symptom back-pain-region-unspecified",
    "back-pain-acute back-pain-chronic",
    "back-pain-nonspecific back-pain-radicular",
    "lumbar-imaging other-spine-imaging",
    "lumbar-imaging cervical-or-thoracic-imaging",
    "lumbar-imaging sacroiliac-imaging",
    "lumbar-imaging bone-scan",
    "lumbar-imaging aortic-imaging",
    "sacroiliac-imaging other-spine-imaging",
    "lumbar-mri lumbar-ct",
    "lumbar-ct lumbar-radiograph",
    "lumbar-mri-with-contrast lumbar-mri-without-contrast",
    "lumbar-mri-with-contrast lumbar-mri-without-and-with-contrast",
    "urinary-retention chronic-urinary-retention",
    "urinary-retention neurogenic-bladder",
    "trauma back-pain-symptom",
    "trauma back-pain-acute",
    "trauma minor-fall",
    "minor-fall fall-history",
    "bone-metastasis vertebral-fracture",
    "aortic-aneurysm aortic-rupture-or-dissection",
    "axial-spondyloarthritis sacroiliitis",
    "opioid-use-disorder opioid-use-disorder-in-remission",
    "substance-use-disorder opioid-use-disorder-in-remission",
    "physical-therapy physical-therapy-referral",
    "manual-therapy manual-therapy-referral",
    "conservative-care physical-therapy-referral",
    "epidural-injection neuraxial-puncture",
    "epidural-injection medial-branch-block",
    "medial-branch-block lumbar-radiofrequency-ablation",
    "spinal-injection trigger-point-injection",
    "spinal-surgery spinal-injection",
    "lumbar-surgery spinal-surgery-level-unstated",
    "spine-surgery-referral pain-referral",
    "egfr egfr-race-based",
    "phq-9 phq-2",
    "myocardial-infarction myocardial-infarction-history",
    "coronary-bypass coronary-bypass-history",
    "cirrhosis chronic-liver-disease",
    "moderate-kidney-disease severe-kidney-disease",
    "gestation-from-20-weeks gestation-under-20-weeks",
    "pregnancy childbirth",
    "mri-unsafe claustrophobia",
    "palliative-care cancer-pain",
    "nsaid-allergy analgesic-allergy-status",
]


@pytest.mark.parametrize("pair", APART)
def test_no_code_sits_in_two_sets_that_exclude_each_other(pair: str) -> None:
    one, other = pair.split()
    assert {one, other} <= set(OWN)
    shared = {(s, c) for _, s, c, _ in every_code() if {one, other} <= sets_of(s, c)}
    assert shared == set()


@pytest.mark.parametrize("code", ["254837009", "399068003", "254637007", "109989006", "363346000"])
def test_cancers_of_a_snomed_problem_list_are_malignancy(code: str) -> None:
    assert "malignancy" in sets_of("SNOMED CT", code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C50.911", {"malignancy"}),
        ("C4A.9", {"malignancy"}),
        ("C7A.00", {"malignancy"}),
        ("C7B.03", {"malignancy"}),
        ("C90.00", {"malignancy"}),
        ("C44.311", set()),
        ("D05.10", set()),
        ("Z85.3", {"cancer-history"}),
        ("Z85.820", {"cancer-history"}),
        ("Z85.828", set()),
    ],
)
def test_skin_cancer_and_disease_in_situ_are_no_cancer_history(code: str, expected: set[str]) -> None:
    assert icd(code) & {"malignancy", "cancer-history"} == expected


@pytest.mark.parametrize("code", ["V43.52XA", "S32.010A", "S12.9XXA", "W11.XXXA", "V89.2XXA", "S34.109A"])
def test_a_car_crash_and_a_fall_from_height_are_trauma(code: str) -> None:
    assert "trauma" in icd(code)


@pytest.mark.parametrize("code", ["S33.5XXA", "S33.6XXA", "S39.012A", "S39.92XA", "W01.0XXA", "W19.XXXA"])
def test_strains_and_falls_on_the_level_are_not_trauma(code: str) -> None:
    assert "trauma" not in icd(code)


@pytest.mark.parametrize("code", ["Z91.81", "R29.6"])
def test_a_tendency_to_fall_is_not_an_acute_fall(code: str) -> None:
    assert icd(code) & {"minor-fall", "fall-history"} == {"fall-history"}


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("83037-2", "other-spine-imaging"),
        ("24930-0", "other-spine-imaging"),
        ("24966-4", "other-spine-imaging"),
        ("35905-9", "other-spine-imaging"),
        ("37502-2", "other-spine-imaging"),
        ("24900-3", "sacroiliac-imaging"),
        ("30883-3", "sacroiliac-imaging"),
        ("24946-6", "cervical-or-thoracic-radiograph"),
        ("24972-2", "lumbar-radiograph"),
        ("37257-3", "lumbar-radiograph"),
        ("30884-1", "lumbar-radiograph"),
        ("37974-3", "lumbar-radiograph"),
        ("38008-9", "lumbar-radiograph"),
        ("24965-6", "lumbar-myelography"),
        ("37509-7", "lumbar-discography"),
        ("30855-1", "lumbar-mri-without-and-with-contrast"),
        ("24977-1", "lumbar-mri-unspecified"),
    ],
)
def test_every_study_has_its_class_and_region(code: str, where: str) -> None:
    found = sets_of("LOINC", code)
    assert where in found
    assert ("lumbar-imaging" in found) == where.startswith("lumbar-")


@pytest.mark.parametrize(("code", "where"), [("72052", "cervical"), ("72195", "sacro"), ("72082", "other-")])
def test_cpt_studies_of_neighbouring_regions_are_not_lumbar(code: str, where: str) -> None:
    found = sets_of(CPT, code)
    assert any(name.startswith(where) for name in found)
    assert "lumbar-imaging" not in found


def test_the_study_that_is_often_mistaken_for_lumbar_is_cervical() -> None:
    assert "cervical-or-thoracic-imaging" in sets_of("SNOMED CT", "241646009")


@pytest.mark.parametrize("code", ["T40.2X1A", "T40.1X4D", "T40.3X2S", "T40.411A", "T40.601A"])
def test_poisoning_by_an_opioid_is_an_overdose(code: str) -> None:
    assert "opioid-overdose" in icd(code)


@pytest.mark.parametrize("code", ["T40.2X5A", "T40.2X6A", "T40.415A", "T40.605A", "T40.5X1A", "T40.7X1A"])
def test_adverse_effects_underdosing_and_other_drugs_are_not(code: str) -> None:
    assert "opioid-overdose" not in icd(code)


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("F11.21", "opioid-use-disorder"),
        ("F11.11", "drug-injecting"),
        ("Z66", "palliative-care"),
        ("Z94.7", "organ-transplant"),
        ("D57.3", "sickle-cell-disease"),
        ("Z98.1", "lumbar-surgery"),
        ("M51.369", "back-pain-structural"),
        ("G89.3", "back-pain-chronic"),
        ("R15.2", "faecal-incontinence"),
        ("R50.83", "fever"),
        ("Z88.6", "nsaid-allergy"),
        ("Z95.1", "coronary-bypass"),
        ("I25.2", "myocardial-infarction"),
    ],
)
def test_codes_that_only_look_like_the_concept_are_left_out(code: str, never: str) -> None:
    assert ICD.is_valid_item(code)
    assert never not in icd(code)


def test_anaesthetic_blocks_are_no_epidural_for_pain() -> None:
    for code in ("180885006", "58611004"):
        assert sets_of("SNOMED CT", code) & {"epidural-injection", "neuraxial-puncture"} == {
            "neuraxial-puncture"
        }


def test_the_readme_lists_the_sets_as_they_are() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    shown = page.split(START)[1].split(END)[0]
    assert shown == table(re.findall(r"^\| `([a-z0-9-]+)` ", shown, re.MULTILINE))


def test_every_set_stands_in_the_readme_or_on_the_page_of_the_drugs() -> None:
    pages = (FOLDER / "README.md").read_text(encoding="utf-8") + drug_page()
    assert [name for name in OWN if f"`{name}`" not in pages] == []


if __name__ == "__main__":
    print(table([name for name in OWN if f"`{name}`" not in drug_page()]), end="")
