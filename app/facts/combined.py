"""Whether the name of a medicine is that of a combination: a dose in mg of it does not say of what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from app.knowledge.load import Knowledge
from app.knowledge.value_set import ValueSet
from app.knowledge.worked_out import worked_out

_JOINED = re.compile(r" / |[a-z]/[a-z]{5}|[a-z]-(?!release|acting|coated)[a-z]{5}", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{4,}")
_AND = r"(?:,? ?\b(?:and|plus|with)\b|,? ?\bw/| ?[&+])"
_TAKEN_WITH = r"(?:food|meals?|milk|water|snacks?|breakfast|lunch|dinner|supper|plenty|fluids?)\b"


def is_combined(text: str, ingredient: str, knowledge: Knowledge) -> bool:
    """Whether a text names more than this ingredient: one that the content knows, or that is joined to it."""
    if _JOINED.search(text):
        return True
    words = _WORD.findall(text.lower())
    return not _others(knowledge, ingredient).isdisjoint(words) or bool(_beside(ingredient).search(text))


def are_combined(codes: Iterable[str], ingredient: str, knowledge: Knowledge) -> bool:
    """Whether one of these RxNorm codes is that of another ingredient."""
    names = _by_code(knowledge)
    return any(names.get(code, ingredient) != ingredient for code in codes)


@worked_out
def _by_code(knowledge: Knowledge) -> dict[str, str]:
    sets = knowledge.value_sets.values()
    return {code: ingredient.name for each in sets for code, ingredient in each.ingredients.items()}


@worked_out
def _others(knowledge: Knowledge, ingredient: str) -> frozenset[str]:
    """The names of all other ingredients, and the words of those sets of medicines that lack this one."""
    named: set[str] = set()
    for each in knowledge.value_sets.values():
        known = _names(each)
        named |= known
        named.update(name.lower() for product in each.products.values() for name in product.with_)
        if known and ingredient.lower() not in known:
            named.update(word.lower() for word in each.words)
    return frozenset(named.difference(ingredient.lower().split(), (ingredient.lower(),)))


def _names(value_set: ValueSet) -> frozenset[str]:
    return frozenset(each.name.lower() for each in value_set.ingredients.values())


@lru_cache(maxsize=512)
def _beside(ingredient: str) -> re.Pattern[str]:
    """The ingredient with any other name that "and", "with" or a sign joins to it."""
    name = rf"(?<![\w-]){re.escape(ingredient)}(?![\w-])"
    return re.compile(
        rf"[a-z]{{4,}}[)\]]?{_AND} ?{name}|{name}{_AND} ?(?!{_TAKEN_WITH})[a-z]{{4,}}", re.IGNORECASE
    )
