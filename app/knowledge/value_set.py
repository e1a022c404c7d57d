"""One clinical concept as codes and words; for drugs, what a product contains."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field
from pydantic import Field

from app.knowledge.shape import Shape

Codes = dict[str, dict[str, str]]
"""System name → code → our own short display."""


class Factor(Shape, frozen=True):
    """A named conversion: one `per` unit of the ingredient counts as `value`."""

    value: Annotated[float, Field(gt=0)]
    per: str


class Ingredient(Shape, frozen=True):
    """An active ingredient with the factors that apply to it.

    It is listed by its RxNorm code, which then stands for the concept by itself. Where the bare code
    says too little (a drug that is also an ointment) or is not verified, it is listed by its name.
    """

    name: str
    factors: dict[str, Factor] = field(default_factory=dict)


class Product(Shape, frozen=True):
    """An RxNorm product: how much of the ingredient one unit holds, and how it is given.

    `strength` is per `unit`: `mg` (one tablet), `mg/mL` (a liquid), `mg/h` (a patch). `with` names
    the other active ingredients of a combination.
    """

    ingredient: str
    strength: Annotated[float, Field(gt=0)] | None = None
    unit: Literal["mg", "mg/mL", "mg/h", "mg/actuation"] | None = None
    form: str | None = None
    release: Literal["immediate", "extended"] = "immediate"
    route: str | None = None
    with_: tuple[str, ...] = field(default=(), name="with")


class ValueSet(Shape, frozen=True):
    """A concept. A listed ICD or ATC code stands for all below it, less those under `except`.

    `words` are phrases matched word by word, case ignored; `*` ends a stem. A phrase in `not_words`
    that overlaps takes a match away. One of `with_words` must occur too, where given (all its parts,
    when they are joined by ` + `); then the text is judged as a whole, and a phrase in `not_words`
    anywhere in it takes the match away. Words are heard only where no code was matched, but beside a
    code of the sets under `beside` they add what that code cannot say. `unverified` codes could not be
    found in a public source and are used only because nothing else covers the concept.
    """

    title: str
    purpose: str
    version: str
    sources: tuple[str, ...]
    includes: tuple[str, ...] = ()
    codes: Codes = field(default_factory=dict)
    except_: Codes = field(default_factory=dict, name="except")
    unverified: Codes = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    with_words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    ingredients: dict[str, Ingredient] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)

    def product_name(self, code: str) -> str:
        """The ingredients of a product, the one that matters here first: `one / another`."""
        product = self.products[code]
        return " / ".join((self.ingredients[product.ingredient].name, *product.with_))


class LicensedCodes(Shape, frozen=True):
    """Codes that a site without their licence leaves out: one file beside the concept it adds to."""

    sources: tuple[str, ...]
    codes: Codes
