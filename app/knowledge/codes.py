"""From a code to the value sets that hold it: one dictionary for all, built at start-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from app.knowledge import coding_systems
from app.knowledge.coding_systems import HIERARCHICAL, ICD_10, ICD_10_CM, SPOKEN, normal
from app.knowledge.value_set import Codes, ValueSet
from app.knowledge.words import LONG, Cues, Heard, Listener, Spoken
from app.record.values import Concept

_LATER = frozenset("DGKPS")
_NOTHING: frozenset[str] = frozenset()
_REMEMBERED = 16_384


class CodeIndex:
    """Implements `record.values.WatchedCodes` for the value sets of one content."""

    def __init__(self, value_sets: Mapping[str, ValueSet], cues: Cues) -> None:
        self._within: dict[tuple[str, str], frozenset[str]] = {}
        self._outside: dict[tuple[str, str], frozenset[str]] = {}
        self._display: dict[tuple[str, str], str] = {}
        self._systems: set[str] = set()
        self._products = {
            (coding_systems.RXNORM, code) for each in value_sets.values() for code in each.products
        }
        self._ingredients = {
            (coding_systems.RXNORM, code) for each in value_sets.values() for code in each.ingredients
        }
        self._parents = _parents(value_sets)
        # The same concepts come back with every patient: what they match depends on nothing else.
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._match)
        self._beside = {name: frozenset(each.beside) for name, each in value_sets.items() if each.beside}
        for name, value_set in value_sets.items():
            self._add(name, value_set)
        self._listener = Listener(
            {
                name: Spoken(each.words, each.with_words, each.not_words)
                for name, each in value_sets.items()
                if each.words
            },
            cues,
        )

    def _add(self, name: str, value_set: ValueSet) -> None:
        own = frozenset((name,))  # one for all its codes: most are in no other set
        for codes in (value_set.codes, value_set.unverified):
            self._systems.update(system for system, listed in codes.items() if listed)
            for key, display in _each(codes):
                _put(self._within, key, own)
                self._display.setdefault(key, display)
        for key, _ in _each(value_set.except_):
            _put(self._outside, key, own)
        for code, product in value_set.products.items():
            key = (coding_systems.RXNORM, code)
            _put(self._within, key, own)
            # Of the ingredients of a combination the one with a factor is what people call it by.
            if key not in self._display or (
                product.with_ and value_set.ingredients[product.ingredient].factors
            ):
                self._display[key] = value_set.product_name(code)
        for code, ingredient in value_set.ingredients.items():
            key = (coding_systems.RXNORM, code)
            _put(self._within, key, own)
            self._display.setdefault(key, ingredient.name)

    def sets_of(self, system: str, code: str) -> tuple[frozenset[str], str]:
        """The value sets that hold a code, and its display; a deeper listing beats one above it."""
        if system not in HIERARCHICAL:
            found = self._within.get((system, code))
            return (self._with_parents(found), self._display[system, code]) if found else (_NOTHING, "")
        holders: set[str] = set()
        display = ""
        listed = (ICD_10_CM, ICD_10) if system == ICD_10 else (system,)
        for key in ((name, code[:length]) for length in range(1, len(code) + 1) for name in listed):
            if key in self._within:
                holders |= self._within[key]
                display = self._display[key]
            holders -= self._outside.get(key, _NOTHING)
        return (self._with_parents(holders), display) if holders else (_NOTHING, "")

    def _with_parents(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._parents[name] for name in names))

    def match(self, codings: Sequence[tuple[str, str, str]], text: str) -> Concept:
        """Match one CodeableConcept: by its codes, else by its words where the codes leave room."""
        said = tuple(codings)
        if len(text) + sum(len(part) for each in said for part in each) > LONG:
            return self._match(said, text)
        return self._remembered(said, text)

    def _match(self, codings: tuple[tuple[str, str, str], ...], text: str) -> Concept:
        coded: frozenset[str] = _NOTHING
        display, later, spoken = "", False, not codings
        codes, foreign = self._named(codings), []
        silent = self._silent(codes)
        for system, code in codes:
            if (system, code) in silent:
                continue
            sets, shown = self.sets_of(system, code)
            coded |= sets
            display = display or shown
            later = later or (system == ICD_10_CM and len(code) == 7 and code[-1] in _LATER)
            if not sets:
                spoken = spoken or system in SPOKEN or not self._holds(system)
                if not self._holds(system) and not coding_systems.known_by_name(system):
                    foreign.append(system)
        heard = self._heard_beside(coded, codings, text) if coded else Heard()
        if spoken and not coded:
            heard = self._hear(codings, text)
        words = text or next((shown for _, _, shown in codings if shown), "")
        return Concept(
            coded,
            self._with_parents(heard.sets),
            (words if heard.sets else display) or words,
            suspected=bool(heard.suspected),
            later=later,
            codes=tuple(codes),
            foreign=tuple(foreign),
        )

    def _named(self, codings: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
        """The codes under the names of their systems."""
        systems = [(coding_systems.name_of(uri), raw) for uri, raw, _ in codings]
        return [(system, normal(system, raw)) for system, raw in systems]

    def _silent(self, codes: list[tuple[str, str]]) -> set[tuple[str, str]]:
        """The bare ingredients beside a listed product, which says more: the gel is not the tablet."""
        listed = self._products.intersection(codes)
        return self._ingredients.intersection(codes) - listed if listed else set()

    def _holds(self, system: str) -> bool:
        """Whether some value set lists codes of a system; WHO codes are looked up among the CM ones."""
        return system in self._systems or (system == ICD_10 and ICD_10_CM in self._systems)

    def _heard_beside(
        self, coded: frozenset[str], codings: Sequence[tuple[str, str, str]], text: str
    ) -> Heard:
        """What the words add to a code that was matched: only sets that stand beside it, never a doubt."""
        beside = {name for name, others in self._beside.items() if others & coded} - coded
        return Heard(self._hear(codings, text).sets & beside) if beside else Heard()

    def _hear(self, codings: Sequence[tuple[str, str, str]], text: str) -> Heard:
        texts = dict.fromkeys([text, *(display for _, _, display in codings)])
        heard = [self._listener.hear(each) for each in texts if each]
        sets = frozenset().union(*(each.sets for each in heard))
        return Heard(sets, frozenset().union(*(each.suspected for each in heard)))


def _each(codes: Codes) -> Iterable[tuple[tuple[str, str], str]]:
    """Each system and code, with its display."""
    for system, displays in codes.items():
        for code, display in displays.items():
            yield (system, normal(system, code)), display


def _put(into: dict[tuple[str, str], frozenset[str]], key: tuple[str, str], own: frozenset[str]) -> None:
    held = into.get(key)
    into[key] = own if held is None else held | own


def _parents(value_sets: Mapping[str, ValueSet]) -> dict[str, frozenset[str]]:
    """Each value set with every one that includes it, itself among them."""
    parents = {name: {name} for name in value_sets}
    changed = True
    while changed:
        changed = False
        for name, value_set in value_sets.items():
            for part in value_set.includes:
                added = parents[name] - parents[part]
                parents[part] |= added
                changed = changed or bool(added)
    return {name: frozenset(each) for name, each in parents.items()}
