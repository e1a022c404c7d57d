"""What a client can show. A profile is data: what differs between clients stands here and nowhere else.

`spec` is CDS Hooks 2.0.1 in full. The others say what a client leaves out, or wants otherwise.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from app.knowledge.fact import Frozen, Names

ProfileName = Literal["spec", "epic", "oracle", "sandbox", "cds-hooks-1.0"]


class Profile(Frozen):
    """What a client can show; the defaults are all that the specification has.

    `suggestions` are the values of selectionBehavior that it knows (`none`: it has no suggestions at all).
    `updates`: `split` makes a removal and a new order of an update that changes what is ordered.
    `links`: `listed` keeps those to `link_hosts`. `deletes` is the element in which the reference stands.
    `topics`: `alphanumeric` strips all else from the code. `rated`: orders are rated unless a site says
    otherwise. No `hooks` are all.
    """

    hooks: Names = ()
    suggestions: Literal["both", "any", "at-most-one", "none"] = "both"
    one_action: bool = False
    creates: bool = True
    updates: Literal["yes", "split", "no"] = "yes"
    deletes: Literal["resourceId", "resource"] = "resourceId"
    recommended: bool = True
    links: Literal["all", "listed", "none"] = "all"
    link_hosts: Names = ()
    app_context: bool = True
    system_actions: Literal["root", "extension", "both", "none"] = "root"
    topics: Literal["code", "alphanumeric", "none"] = "code"
    override_reasons: bool = True
    detail: Literal["markdown", "plain"] = "markdown"
    card_uuid: bool = True
    usage_requirements: bool = True
    rated: bool = False

    @cached_property
    def whole(self) -> bool:
        """Whether a card is shown as it is, so that there is nothing to fit."""
        said = self.model_dump(exclude_defaults=True, exclude={"hooks", "usage_requirements", "rated"})
        return said == {}

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
        updates="split",
        topics="alphanumeric",
    ),
    # Cerner's page of 2021: patient-view of CDS Hooks 1.0 with cards and links, nothing else documented.
    "oracle": Profile(
        hooks=("patient-view",),
        suggestions="none",
        recommended=False,
        links="listed",
        app_context=False,
        system_actions="none",
        topics="none",
        override_reasons=False,
        detail="plain",
        card_uuid=False,
        usage_requirements=False,
    ),
    # The public sandbox reads system actions where they stood before 2.0.
    "sandbox": Profile(system_actions="both", rated=True),
    # What CDS Hooks 1.1 and later added is left out, so that a strict client finds nothing unknown.
    "cds-hooks-1.0": Profile(
        suggestions="at-most-one",
        deletes="resource",
        recommended=False,
        system_actions="extension",
        topics="none",
        override_reasons=False,
        card_uuid=False,
        usage_requirements=False,
    ),
}
