"""What an RxNorm drug name says about the product: ingredients with strengths, form, route, release.

Authoring code: it wrote the products of `cards/value-sets/*.yaml` and is not part of the service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_BRAND = re.compile(r"\s*\[(?P<brand>[^\[\]]*)\]\s*$")
_PACK = re.compile(r"^\{(?P<inside>.*)\}\s*Pack$")
_IN_PACK = re.compile(
    r"\d+(?:\.\d+)?\s+(?:\((?:[\d.]+ (?:ML|MG|ACTUAT))\)\s+)?\((?P<drug>(?:[^()]|\([^()]*\))*)\)"
)
_LEAD = re.compile(r"^(?:\d+(?:\.\d+)?\s+(?P<of>HR|ML|ACTUAT|MG|GM|UNT)\s+)+")
_PART = re.compile(
    r"^(?P<ingredient>.+?)\s+(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]+(?:/[A-Za-z]+)?)(?:\s+(?P<form>[A-Z].*))?$"
)
_FORM_WORDS = re.compile(
    r"\b(?:Extended Release |Delayed Release |Chewable |Disintegrating )?"
    r"(?:Oral|Topical|Nasal|Injectable|Ophthalmic|Pill)\b.*$"
)
_IN_MG = {"MG": 1.0, "MCG": 0.001, "G": 1000.0, "GM": 1000.0}
_PER = {"": "mg", "ML": "mg/mL", "HR": "mg/h", "ACTUAT": "mg/actuation"}

_ROUTES = (
    ("injection", r"inject|syringe|cartridge|intravenous|intrathecal|\bpen\b|infusion"),
    ("implant", r"implant"),
    ("ophthalmic", r"ophthalmic|eye"),
    ("otic", r"\botic\b|\bear\b"),
    ("nasal", r"nasal"),
    ("inhaled", r"inhal|nebuli"),
    ("rectal", r"rectal|suppositor|enema"),
    ("vaginal", r"vaginal"),
    ("transdermal", r"transdermal|\d+ hr patch|iontophoretic"),
    ("sublingual", r"sublingual"),
    ("buccal", r"buccal|mucosal spray|mucous membrane spray|lozenge"),
    ("topical", r"topical|cream|ointment|lotion|shampoo|paste|\bpatch|medicated pad|\bgel\b|irrigation|foam"),
    ("oral", r"oral|tablet|capsule|chewable|\bpill\b|lozenge"),
)
_FORMS = (
    ("patch", r"transdermal|patch"), ("suppository", r"suppositor"), ("implant", r"implant"),
    ("film", r"film|strip"), ("lozenge", r"lozenge"), ("tablet", r"tablet|\bpill\b"), ("capsule", r"capsule"),
    ("spray", r"spray"), ("injection", r"inject|syringe|cartridge|\bpen\b"), ("enema", r"enema"),
    ("solution", r"solution|syrup|elixir"), ("suspension", r"suspension"), ("drops", r"drops"),
    ("powder", r"powder|granules|pellet"), ("gel", r"\bgel\b"), ("cream", r"cream"),
    ("ointment", r"ointment"),
    ("inhaler", r"inhal"), ("lotion", r"lotion"), ("paste", r"paste"),
)  # fmt: skip


@dataclass(frozen=True)
class Component:
    """One ingredient with its strength; `unit` is mg, mg/mL, mg/h, mg/actuation, or None for any other."""

    ingredient: str
    strength: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Product:
    """What a name says. `form` and `route` are None where it names none (a drug component)."""

    components: tuple[Component, ...]
    form: str | None = None
    route: str | None = None
    extended: bool = False
    brand: str | None = None

    def component(self, ingredient: str) -> Component | None:
        """The component whose name holds this ingredient as a whole word; two salts of it add up."""
        word = re.compile(rf"(?<![\w-]){re.escape(ingredient)}(?![\w-])", re.IGNORECASE)
        found = [each for each in self.components if word.search(each.ingredient)]
        strengths = [each.strength for each in found if each.strength is not None]
        if len(found) < 2 or len(strengths) < len(found):
            return found[0] if found else None
        return replace(found[0], strength=round(sum(strengths), 6))


def parse(name: str) -> Product:
    """Read one RxNorm name: a clinical or branded drug, a drug component, a pack, or ingredients only."""
    text = " ".join(name.split())
    brand = _BRAND.search(text)
    if brand:
        text = text[: brand.start()]
    pack = _PACK.match(text)
    product = _of_pack(pack["inside"]) if pack else _of_drug(text)
    return replace(product, brand=brand["brand"] if brand else product.brand)


def _of_drug(text: str) -> Product:
    hours = bool(re.match(r"\d+(?:\.\d+)? HR ", text))
    parts = _LEAD.sub("", text).split(" / ")
    components, form = [], ""
    for part in parts:
        match = _PART.match(part)
        if match is None:
            components.append(Component(_without_form(part)))
            form = form or _form_words(part)
        else:
            components.append(Component(match["ingredient"], *_strength(match["value"], match["unit"])))
            form = match["form"] or form
    extended = hours or bool(re.search(r"extended[ -]release|sustained[ -]release", text, re.IGNORECASE))
    per_hour = any(each.unit == "mg/h" for each in components)
    route = _first(_ROUTES, form) or ("transdermal" if per_hour else None)
    kind = _first(_FORMS, form) or ("patch" if per_hour else None)
    return Product(tuple(components), kind, route, extended or per_hour)


def _of_pack(inside: str) -> Product:
    """The product in a pack; a strength that differs between its parts is not a strength of the pack."""
    drugs = [_of_drug(_BRAND.sub("", match["drug"]).strip()) for match in _IN_PACK.finditer(inside)]
    if not drugs:
        return _of_drug(inside)
    merged: dict[str, Component] = {}
    for drug in drugs:
        for each in drug.components:
            known = merged.setdefault(each.ingredient.lower(), each)
            if (known.strength, known.unit) != (each.strength, each.unit):
                merged[each.ingredient.lower()] = Component(each.ingredient)
    first = drugs[0]
    return Product(tuple(merged.values()), first.form, first.route, any(drug.extended for drug in drugs))


def _strength(value: str, unit: str) -> tuple[float | None, str | None]:
    amount, _, per = unit.upper().partition("/")
    if amount not in _IN_MG or per not in _PER:
        return None, None
    return float(f"{float(value) * _IN_MG[amount]:.6g}"), _PER[per]


def _form_words(part: str) -> str:
    found = _FORM_WORDS.search(part)
    return found.group() if found else ""


def _without_form(part: str) -> str:
    return part.removesuffix(_form_words(part)).strip()


def _first(table: tuple[tuple[str, str], ...], form: str) -> str | None:
    return next((name for name, pattern in table if re.search(pattern, form, re.IGNORECASE)), None)
