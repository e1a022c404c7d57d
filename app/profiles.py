"""What a client can show. A profile is data: what differs between clients stands here and nowhere else.

`spec` is CDS Hooks 2.0.1 in full. The others say what a client leaves out, or wants otherwise.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.knowledge.fact import Names

ProfileName = Literal["spec", "epic", "oracle", "sandbox", "cds-hooks-1.0"]


class Frozen(BaseModel):
    """What a site writes: frozen, an unknown key is a fault, and what was said counts as said."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, strict=True, defer_build=True
    )


class Profile(Frozen):
    """What a client can show; the defaults are all that the specification has. No `hooks` are all.

    `release` 1.0 has no card uuids, topics, override reasons, recommended suggestions or system actions.
    `suggestions` are the values of selectionBehavior that are known (`none`: there are no suggestions at
    all), `one_action` is how many one of them may have. Without `details` only the code of a new order is
    taken over. `updates`: `split` offers a new order and a removal
    instead of an update that changes what is ordered. `links`: `listed` keeps those to `link_hosts`.
    Without `extensions` no card names the content that it was made of.
    `topics`: `alphanumeric` strips all else from the code. `rated`: orders are rated unless a site says
    otherwise.
    """

    hooks: Names = ()
    release: Literal["2.0", "1.0"] = "2.0"
    suggestions: Literal["both", "any", "at-most-one", "none"] = "both"
    one_action: bool = False
    creates: bool = True
    details: bool = True
    updates: Literal["yes", "split", "no"] = "yes"
    links: Literal["all", "listed", "none"] = "all"
    link_hosts: Names = ()
    app_context: bool = True
    system_actions: Literal["root", "extension", "both", "none"] = "root"
    topics: Literal["code", "alphanumeric"] = "code"
    override_reasons: bool = True
    detail: Literal["markdown", "plain"] = "markdown"
    extensions: bool = True
    rated: bool = False

    @cached_property
    def whole(self) -> bool:
        """Whether every card is shown as it is, so that there is nothing to fit."""
        return self.model_dump(exclude={"hooks", "rated"}) == Profile().model_dump(exclude={"hooks", "rated"})

    def but(self, other: Profile) -> Profile:
        """This profile with what was said in the other one."""
        return self.model_copy(update={name: getattr(other, name) for name in other.model_fields_set})


PROFILES: dict[ProfileName, Profile] = {
    "spec": Profile(),
    # Epic's CDS Hooks tutorial: `any`, one action a suggestion, no suggested updates, alphanumeric topics.
    "epic": Profile(
        hooks=("patient-view", "order-select", "order-sign"),
        suggestions="any",
        one_action=True,
        details=False,
        updates="split",
        topics="alphanumeric",
    ),
    # Cerner's page of 2021: patient-view of CDS Hooks 1.0 with cards and allowed links, nothing else.
    "oracle": Profile(
        hooks=("patient-view",),
        release="1.0",
        suggestions="none",
        links="listed",
        app_context=False,
        system_actions="none",
        detail="plain",
    ),
    # The public sandbox reads system actions where they stood before 2.0.
    "sandbox": Profile(system_actions="both", rated=True),
    # What CDS Hooks 1.1 and later added is left out, so that a strict client finds nothing unknown.
    "cds-hooks-1.0": Profile(release="1.0", suggestions="at-most-one", system_actions="extension"),
}
