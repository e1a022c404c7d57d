"""The shape of a recommendation: when it applies, what it says, what it offers, and why."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import field
from pydantic import AfterValidator, Field

from app.knowledge.criterion import Line
from app.knowledge.fact import Names
from app.knowledge.shape import Shape

Indicator = Literal["critical", "warning", "info"]
_BLANK = re.compile(r"'\{[a-z]+\}'")
INDICATORS: tuple[Indicator, ...] = ("critical", "warning", "info")
Lines = tuple[Line, ...]


class Variant(Shape, frozen=True):
    """Other words or another indicator, for when its criteria hold; the first that holds is taken."""

    when: Annotated[Lines, Field(min_length=1)]
    indicator: Indicator | None = None
    summary: str | None = None
    detail: str | None = None


class Note(Shape, frozen=True):
    """A line that the card adds when its criteria hold."""

    when: Annotated[Lines, Field(min_length=1)]
    say: str


class Say(Shape, frozen=True):
    """The words of a card. `{order}` and `{fact}` are the only blanks.

    What the facts in `link_to` found is linked, where the EHR says at which FHIR server it stands.
    """

    indicator: Indicator
    summary: str
    detail: str
    variants: tuple[Variant, ...] = ()
    notes: tuple[Note, ...] = ()
    link_to: Names = ()


class Offer(Shape, frozen=True):
    """A suggestion by its id; offered only when its own criteria definitely allow it.

    `order` names the fact that finds the order to change, on a card that is about the patient.
    """

    suggestion: str
    order: str | None = None
    when: Lines = ()
    unless: Lines = ()
    recommended: bool = False


class Recommendation(Shape, frozen=True, kw_only=True):
    """One piece of advice. Its id is the name of its folder.

    `essential` are sources beside the group's own of which the card itself says that nothing was found.
    """

    title: str
    status: Literal["draft", "active", "retired"]
    version: str
    approved: str | None
    review_by: str
    group: str
    hooks: Annotated[tuple[str, ...], Field(min_length=1)]
    about: Literal["order", "patient"]
    strength: str
    because: Annotated[tuple[str, ...], Field(min_length=1)]
    when: Annotated[Lines, Field(min_length=1)]
    unless: Lines = ()
    gentler_when: Lines = ()
    essential: Names = ()
    say: Say
    offer: tuple[Offer, ...] = ()
    override_reasons: tuple[str, ...] = ()

    @property
    def lines(self) -> Lines:
        """Every criterion in it, wherever it stands."""
        parts = [self.when, self.unless, self.gentler_when]
        parts += [variant.when for variant in self.say.variants]
        parts += [note.when for note in self.say.notes]
        parts += [lines for offer in self.offer for lines in (offer.when, offer.unless)]
        return tuple(line for lines in parts for line in lines)


class Group(Shape, frozen=True):
    """What all recommendations of one class share.

    `softened_by` are the sources without which an `unless` that cannot be told costs a step,
    `not_softened_by` those without which a `gentler_when` that cannot be told costs none; `unchecked`
    is the sentence that a summary then gains, and while `unchecked_fact` cannot be told. Of the
    recommendations in `one_card`, strongest first, one has a card; the others become lines on it.
    A site may switch a recommendation off only where the class `may_be_off`.
    """

    title: str
    softened_by: tuple[str, ...] = ()
    not_softened_by: tuple[str, ...] = ()
    unless: Lines = ()
    unchecked_fact: str | None = None
    unchecked: str = ""
    one_card: Names = ()
    may_be_off: bool = True


class Replacement(Shape, frozen=True):
    """While the stronger recommendation has a card, the weaker ones have none."""

    stronger: str
    weaker: Names


class Groups(Shape, frozen=True, kw_only=True):
    """`groups.yaml`: the groups in order of precedence, and how many cards there may be."""

    groups: dict[str, Group]
    replaces: tuple[Replacement, ...] = ()
    max_cards: Annotated[int, Field(ge=1)]
    always_kept: Indicator
    sources: dict[str, str]


class Evidence(Shape, frozen=True, kw_only=True):
    """One source. `kind` tells guidelines from trials, reviews and patient-education pages.

    The first source of a recommendation needs a `url`: it is where the card sends its reader.
    """

    short: str
    citation: str
    year: int
    kind: Literal["guideline", "review", "trial", "study", "education", "label", "campaign"]
    url: str | None = None
    doi: str | None = None
    strength: str
    checked_on: str
    note: str = ""


class OverrideReason(Shape, frozen=True):
    """A coded reason to set a card aside; without `system` it is this project's own code.

    `counts_apart`: it says that the record lacks something, and reports count it apart.
    """

    display: str
    system: str | None = None
    code: str | None = None
    counts_apart: bool = False


def _as_json(value: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


Json = Annotated[dict[str, Any], AfterValidator(_as_json)]
"""FHIR as it will be sent: with lists, whatever it was written as."""


class Suggestion(Shape, frozen=True):
    """One click: create a resource, change the order (`changes` laid over it), or delete it.

    Blanks in a resource are whole strings: `{patient}`, `{today}`, `{encounter}`.
    """

    label: str
    description: str
    action: Literal["create", "update", "delete"]
    resource: Json = field(default_factory=dict)
    changes: Json = field(default_factory=dict)

    @cached_property
    def parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The elements of the resource without any blank in them, and the others."""
        blank = {name: each for name, each in self.resource.items() if _BLANK.search(repr(each))}
        fixed = {name: each for name, each in self.resource.items() if name not in blank}
        return msgspec.json.decode(msgspec.json.encode(fixed)), blank


class Service(Shape, frozen=True):
    """One endpoint for one hook."""

    id: str
    hook: str
    title: str
    description: str
    usage_requirements: str
    orders: Literal["none", "selected", "all"]


class Services(Shape, frozen=True):
    """`services.yaml`: the services, and the names under which cards and reasons are coded."""

    content_version: str
    source_label: str
    topic_system: str
    override_system: str
    services: tuple[Service, ...]

    @cached_property
    def extension_key(self) -> str:
        """The name of our extension: the host of the topics' system turned around, and `content`."""
        host = urlsplit(self.topic_system).hostname or self.topic_system
        return ".".join([*reversed(host.split(".")), "content"])
