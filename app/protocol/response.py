"""What we answer. A card that the specification forbids cannot be constructed: ValueError says why.

What is None is left out of the JSON, so that nothing null or empty is ever sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

SUMMARY_LIMIT = 139
"""Code points; the specification says fewer than 140."""
SelectionBehavior = Literal["at-most-one", "any"]
_NOT_EMPTY = "what is given is not empty; what would be empty is None"


class Coding(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """A code with its system; `display` is required of override reasons."""

    code: str
    system: str
    display: str | None = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """Where the guidance of a card comes from; `url` and `icon` are absolute URLs."""

    label: str
    url: str | None = None
    icon: str | None = None
    topic: Coding | None = None


class Action(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """One step of a suggestion. `resource` is a FHIR resource, `resource_id` a reference `Type/id`."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: Mapping[str, Any] | None = None
    resource_id: str | None = None

    def __post_init__(self) -> None:
        _require(bool(self.description.strip()), "an action needs a description")
        if self.type == "delete":
            _require(bool(self.resource_id) and self.resource is None, "a delete has a resourceId only")
        else:
            _require(bool(self.resource) and not self.resource_id, f"a {self.type} has a resource only")


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """One click; all of its actions are taken together."""

    label: str
    uuid: str
    is_recommended: bool | None = None
    actions: list[Action] | None = None

    def __post_init__(self) -> None:
        _require(bool(self.label.strip()), "a suggestion needs a label")
        _require(self.actions != [], _NOT_EMPTY)


class Link(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """A link to more; `app_context` goes to SMART apps only."""

    label: str
    url: str
    type: Literal["absolute", "smart"]
    app_context: str | None = None
    autolaunchable: bool | None = None

    def __post_init__(self) -> None:
        _require(self.type == "smart" or not self.app_context, "only a smart link has an appContext")


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """One piece of advice: `summary` is plain text, `detail` Markdown; `extension` names its content."""

    uuid: str
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: str | None = None
    suggestions: list[Suggestion] | None = None
    selection_behavior: SelectionBehavior | None = None
    override_reasons: list[Coding] | None = None
    links: list[Link] | None = None
    extension: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        _require(bool(self.summary.strip()), "a card needs a summary")
        _require(len(self.summary) <= SUMMARY_LIMIT, f"a summary has at most {SUMMARY_LIMIT} characters")
        _require(self.detail != "", _NOT_EMPTY)
        _require([] not in (self.suggestions, self.override_reasons, self.links), _NOT_EMPTY)
        _require(self.extension != {}, _NOT_EMPTY)
        both = bool(self.suggestions) == (self.selection_behavior is not None)
        _require(both, "a card has a selectionBehavior when it has suggestions, and only then")
        recommended = sum(bool(each.is_recommended) for each in self.suggestions or ())
        _require(recommended <= 1 or self.selection_behavior == "any", "at most one can be recommended")
        _require(
            all(each.display for each in self.override_reasons or ()), "an override reason needs a display"
        )


class Response(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """The whole answer; no cards is `cards: []`. Clients know by its name what stands in `extension`."""

    cards: list[Card]
    system_actions: list[Action] | None = None
    extension: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        _require(self.system_actions != [] and self.extension != {}, _NOT_EMPTY)


def encode(response: Response) -> bytes:
    """The JSON body."""
    return msgspec.json.encode(response)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)
