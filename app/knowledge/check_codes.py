"""Checks of value sets: systems, the form and check digit of every code, and what products contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from app.knowledge import coding_systems
from app.knowledge.nearest import nearest
from app.knowledge.source import Where
from app.knowledge.value_set import Codes

if TYPE_CHECKING:
    from app.knowledge.load import Files, Knowledge

Report = Callable[[Where, str], None]


def check_value_sets(knowledge: Knowledge, files: Files, report_in: Callable[[str], Report]) -> None:
    """Report what is wrong with the codes, words and products of every value set, licensed codes too."""
    for name in files.sound("value-sets/"):
        _check_file(files.sources[name].data, report_in(name))
    for name, value_set in knowledge.value_sets.items():
        report = report_in(f"value-sets/{name}.yaml")
        for part, names in (("includes", value_set.includes), ("beside", value_set.beside)):
            for each in names:
                if each not in knowledge.value_sets:
                    report((part,), f"there is no value set `{each}`{nearest(each, knowledge.value_sets)}")
        for code, product in value_set.products.items():
            if product.ingredient not in value_set.ingredients:
                report(("products", code), f"the ingredient `{product.ingredient}` is not listed here")


def _check_file(data: dict[str, Any], report: Report) -> None:
    for part in ("codes", "except", "unverified"):
        _check_codes(data.get(part, {}), part, report)
    for part in ("words", "with_words", "not_words"):
        check_phrases(data.get(part, []), part, report)


def check_phrases(phrases: Iterable[str], part: str, report: Report) -> None:
    """Report phrases that no text could ever match."""
    for index, phrase in enumerate(phrases):
        words = re.findall(r"[a-z0-9]+\*?|[,;.?]", phrase.lower())
        if not words:
            report((part, index), f"`{phrase}` has no letters a to z and no digits")
        elif re.fullmatch(r"[a-z0-9]\*", words[0]):
            report((part, index), f"`{phrase}` begins with a stem of one letter: give it two")


def _check_codes(codes: Codes, part: str, report: Report) -> None:
    for system, displays in codes.items():
        if not coding_systems.known(system):
            report((part, system), f"there is no code system `{system}`; write its name or its URI")
        for code, display in displays.items():
            if not coding_systems.well_formed(system, code):
                report((part, system, code), f"`{code}` is not a code of {system} (form or check digit)")
            if not display.strip():
                report((part, system, code), f"`{code}` has no display")
