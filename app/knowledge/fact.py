"""The shape of a fact: a named question with its label and exactly one way to answer it."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from msgspec import field
from pydantic import BeforeValidator, Field, PlainValidator

from app.knowledge.criterion import Criterion, Line, parse
from app.knowledge.shape import Shape


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Days = Annotated[int, Field(gt=0)]


Element = Literal["age_years", "sex", "deceased"]
ELEMENTS: tuple[str, ...] = get_args(Element)
"""What may be asked of the Patient."""


class PatientFact(Shape, frozen=True):
    """Something of the Patient: a number of years, a word, or yes and no."""

    element: Element


class HookFact(Shape, frozen=True):
    """Which hook is calling."""

    is_: Names = field(name="is")


class ConditionFact(Shape, frozen=True):
    """A finding on the problem list, among the encounter's diagnoses, or as the order's reason.

    `within_days` counts from the `first` record of the concept, for events from the `latest`. A code
    of a later encounter or a sequela is not new: it counts in a window only where `later` says so.
    `since` names a fact with a date: what counts is what came after it.
    """

    in_: Names = field(name="in")
    status: Literal["active", "ever"] = "active"
    within_days: Days | None = None
    count_from: Literal["first", "latest"] = "first"
    since: str | None = None
    later: bool = False
    among: tuple[Literal["problems", "encounter", "reason"], ...] = ("problems", "encounter", "reason")


class MedicationFact(Shape, frozen=True):
    """A medication that is current, or was ever prescribed.

    With `another`, only those of another ingredient than the order at hand: a renewal is not a second.
    With `or_undated`, an active one without any date is current: for what must not be missed.
    """

    in_: Names = field(name="in")
    status: Literal["current", "ever"] = "current"
    within_days: Days | None = None
    reason_in: Names = ()
    another: bool = False
    or_undated: bool = False


class OrderFact(Shape, frozen=True):
    """The order at hand; any judged order when the question is about the patient.

    `among: called` looks at every judged order, `all` also at the drafts that are not judged, `others` at
    every draft but this one. `category` is where an order belongs, as FHIR codes it ("inpatient"). A
    reason is `classified` when each has a code of a classification, where a code that is not listed
    certainly means something else.
    """

    in_: Names = field(default=(), name="in")
    not_in: Names = ()
    reason_in: Names = ()
    reason_not_in: Names = ()
    reason: Literal["present", "absent", "classified"] | None = None
    priority: Names = ()
    category: Names = ()
    not_category: Names = ()
    among: Literal["judged", "called", "all", "others"] = "judged"


class ObservationFact(Shape, frozen=True):
    """A measured or answered value: at least, below, flagged, or present at all.

    Values are converted to `unit` (UCUM). `flagged: high` takes the laboratory's interpretation,
    else its reference range, else `at_least` in the fact.
    """

    in_: Names = field(name="in")
    take: Literal["latest", "any"] = "latest"
    at_least: float | None = None
    above: float | None = None
    below: float | None = None
    flagged: Literal["high", "low"] | None = None
    answer_in: Names = ()
    unit: str | None = None
    within_days: Days | None = None


class NumberFact(Shape, frozen=True):
    """The latest value of an observation, as a number in `unit` (UCUM)."""

    in_: Names = field(name="in")
    unit: str
    within_days: Days | None = None


class ChangeFact(Shape, frozen=True):
    """By how many percent the latest value lies below the highest of the window."""

    in_: Names = field(name="in")
    unit: str
    within_days: Days


class EventFact(Shape, frozen=True):
    """A procedure, an earlier study or a referral.

    `since` names a fact that counts days, or one with a date; so many `days_before` count as well.
    """

    in_: Names = field(name="in")
    status: Literal["done", "asked", "either"] = "done"
    within_days: Days | None = None
    since: str | None = None
    days_before: Annotated[int, Field(ge=0)] = 0


class AllergyFact(Shape, frozen=True):
    """An allergy or intolerance on record."""

    in_: Names = field(name="in")


class EncounterFact(Shape, frozen=True):
    """The current encounter, or any encounter of the last days, by class, type or reason."""

    current: bool = False
    class_in: Names = ()
    type_in: Names = ()
    reason_in: Names = ()
    within_days: Days | None = None
    before_today: bool = False


class SpanFact(Shape, frozen=True):
    """Days since the episode began: the first date after the last gap of more than `gap_days`.

    `acute` are sets whose concept on today's order or encounter starts an episode by itself,
    `chronic` those that are at least `chronic_days` old whatever the dates. A start known only from
    the day somebody wrote it down is "at least n days"; no date at all is any number of days.
    """

    in_: Names = field(name="in")
    gap_days: Days = 180
    acute: Names = ()
    chronic: Names = ()
    chronic_days: Days = 85


class SupplyFact(Shape, frozen=True):
    """Days of the last `window_days` that prescriptions cover; with `draft`, the days the order covers.

    With `element: refills`, how often the order may be repeated, with `element: quantity` how many
    tablets and the like it hands out in all.
    """

    in_: Names = field(name="in")
    window_days: Days | None = None
    draft: bool = False
    element: Literal["days", "refills", "quantity"] = "days"


class DoseFact(Shape, frozen=True, kw_only=True):
    """Amount a day over current medications and drafts: strength, units, frequency, a named factor.

    With `element: not_computed`, how many of them have the factor but no amount that can be computed.
    A draft renews what is current of the same ingredient and release; with `renews: combination` only
    when it holds the same other ingredients too, and else comes on top.
    """

    in_: Names = field(name="in")
    factor: str | None = None
    unit: str
    among: Literal["current", "drafts", "both"] = "both"
    element: Literal["amount", "not_computed"] = "amount"
    renews: Literal["ingredient", "combination"] = "ingredient"


def _counts(weight: Any) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0


def _weighted(value: Any) -> tuple[tuple[Criterion, float], ...]:
    if not isinstance(value, dict) or not all(_counts(weight) for weight in value.values()):
        raise ValueError("points map criteria to numbers above 0")
    return tuple((parse(line), float(weight)) for line, weight in value.items())


class AtLeast(Shape, frozen=True):
    """At least `count` of the criteria hold."""

    count: Annotated[int, Field(ge=1)]
    of: tuple[Line, ...]


KINDS = (
    "patient", "hook", "condition", "medication", "order", "observation", "number", "change",
    "procedure", "study", "referral", "allergy", "encounter", "span", "supply", "dose",
)  # fmt: skip
DERIVED = ("any_of", "all_of", "at_least", "points")
NAMING = ("in_", "not_in", "reason_in", "reason_not_in", "answer_in", "type_in", "acute", "chronic")
"""The parameters that name value sets."""


class SiteRange(Shape, frozen=True):
    """The numbers that a site may set instead of ours, both ends included."""

    from_: float = field(name="from")
    to: float


class Fact(Shape, frozen=True):
    """A question that may be put to a record. `ask` is for people, `label` stands on the card.

    `site_may_set` stands on a fact that compares with one number: a site may set it within these bounds.
    """

    ask: str
    label: str
    because: tuple[str, ...] = ()
    site_may_set: SiteRange | None = None
    patient: PatientFact | None = None
    hook: HookFact | None = None
    condition: ConditionFact | None = None
    medication: MedicationFact | None = None
    order: OrderFact | None = None
    observation: ObservationFact | None = None
    number: NumberFact | None = None
    change: ChangeFact | None = None
    procedure: EventFact | None = None
    study: EventFact | None = None
    referral: EventFact | None = None
    allergy: AllergyFact | None = None
    encounter: EncounterFact | None = None
    span: SpanFact | None = None
    supply: SupplyFact | None = None
    dose: DoseFact | None = None
    any_of: tuple[Line, ...] = ()
    all_of: tuple[Line, ...] = ()
    at_least: AtLeast | None = None
    points: Annotated[tuple[tuple[Criterion, float], ...], PlainValidator(_weighted)] = ()
    but_not: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        given = [name for name in KINDS + DERIVED if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"a fact is of exactly one kind; this one has {', '.join(given) or 'none'}")

    @cached_property
    def kind(self) -> str:
        """The name of the kind."""
        return next(name for name in KINDS + DERIVED if getattr(self, name))

    @cached_property
    def parameters(self) -> Any:
        """The parameters of that kind."""
        return getattr(self, self.kind)

    @cached_property
    def lines(self) -> tuple[Criterion, ...]:
        """Every criterion that the fact is derived from, guards included."""
        members = self.at_least.of if self.at_least else ()
        weighted = tuple(line for line, _ in self.points)
        return self.any_of + self.all_of + members + weighted + self.but_not

    @cached_property
    def value_sets(self) -> dict[str, tuple[str, ...]]:
        """The value sets that its parameters name, by parameter; a derived fact names none itself."""
        if self.kind in DERIVED:
            return {}
        named = {key: getattr(self.parameters, key, ()) for key in NAMING}
        return {key: names for key, names in named.items() if names}
