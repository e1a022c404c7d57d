"""The drug value sets of cards/, loaded once, with the index that finds them by code and by words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from app.knowledge import yaml_source
from app.knowledge.codes import CodeIndex
from app.knowledge.shaped import tupled
from app.knowledge.value_set import ValueSet
from app.knowledge.words import Cues

FOLDER = Path(__file__).parents[2] / "cards" / "value-sets"
NAMES = [
    "ace-inhibitor-or-arb",
    "acetaminophen",
    "anticoagulant",
    "antiplatelet",
    "aspirin",
    "benzodiazepine",
    "benzodiazepine-injectable",
    "buprenorphine-for-pain",
    "carisoprodol",
    "chlorzoxazone",
    "cyclobenzaprine",
    "diuretic",
    "duloxetine",
    "gabapentinoid",
    "glp-1-agonist",
    "immunosuppressant",
    "injectable-glucocorticoid",
    "lithium",
    "maoi",
    "methadone",
    "methotrexate",
    "muscle-relaxant",
    "naloxone",
    "naltrexone",
    "nsaid",
    "nsaid-by-form",
    "nsaid-topical",
    "opioid-analgesic",
    "opioid-analgesic-extended-release",
    "opioid-combination-by-name",
    "opioid-cough-or-antidiarrhoeal",
    "opioid-extended-release-by-name",
    "opioid-injectable",
    "opioid-use-disorder-treatment",
    "osteoporosis-drug",
    "other-sedative",
    "proton-pump-inhibitor",
    "snri",
    "ssri",
    "systemic-corticosteroid",
    "systemic-corticosteroid-by-form",
    "tca",
    "tizanidine",
    "topical-corticosteroid",
    "tramadol",
]
_CUES = Cues(negating=("no", "denies"), doubting=("possible",), ending=(".", ";"), reach=40)


@cache
def drug_sets() -> dict[str, ValueSet]:
    """Every drug value set by its name; a fault in a file fails the test that asks for it."""
    shape = TypeAdapter(ValueSet)
    found = {}
    for name in NAMES:
        source = yaml_source.read(FOLDER / f"{name}.yaml", name)
        assert not source.faults, source.faults
        found[name] = shape.validate_python(tupled(source.data))
    return found


@cache
def index() -> CodeIndex:
    """The index of codes and words over the drug value sets."""
    return CodeIndex(drug_sets(), _CUES)


class OfDrugs:
    """What the drug facts need of the whole content: the value sets."""

    def __init__(self) -> None:
        self.value_sets = drug_sets()


@cache
def knowledge() -> OfDrugs:
    """The value sets of drugs in place of the whole content; one, so that what follows is worked out once."""
    return OfDrugs()


def code_of(value_set: str, ingredient: str, strength: float, **details: str) -> str:
    """The RxNorm code of a single-ingredient product (or, with `with_`, of that combination)."""
    sets = drug_sets()
    wanted = tuple(filter(None, details.pop("with_", "").split(",")))
    for code, product in sorted(sets[value_set].products.items(), key=lambda each: int(each[0])):
        named = sets[value_set].ingredients[product.ingredient].name == ingredient
        alike = all(getattr(product, key) == value for key, value in details.items())
        if named and product.strength == strength and product.form and alike and product.with_ == wanted:
            return code
    raise LookupError(f"no {ingredient} {strength} {details} {wanted} in {value_set}")
