"""The site file: who may call, what each client can show, and what the site sets otherwise in the content.

Checked like the cards: every fault at once, with its line, the reason, and the nearest right name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ByteSize, Field, ValidationError

from app.clients import Client, same_host
from app.compose import ALL
from app.knowledge.changes import Changes, coded
from app.knowledge.check_lines import Report, known
from app.knowledge.fact import Names
from app.knowledge.load import FaultyContent, Knowledge
from app.knowledge.nearest import nearest
from app.knowledge.shaped import shaped, tupled
from app.knowledge.source import Fault, Source, Where
from app.profiles import PROFILES, Frozen, Profile, ProfileName
from app.rate import RatingProfile
from app.trust.issuers import Trust, clashes

UNKNOWN = "unknown"
"""The name of the client that a caller is taken for whom nobody knows."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class FaultySite(FaultyContent):
    """The site file at `path` cannot be served with; all of its faults, sorted by line."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path = path
        super().__init__(faults)


def _base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise ValueError("is not the base URL of a FHIR server, as in https://ehr.example/fhir/R4")
    return same_host(text.rstrip("/"))


class Ratings(Frozen):
    """Whether orders are rated, and the code of the system that is said to be `consulted`, if any."""

    given: bool = True
    consulted: str | None = None


class OrderCode(Frozen):
    """A code under which the site can order something."""

    system: str
    code: str


class SiteClient(Frozen):
    """One client, as the site file says it."""

    profile: ProfileName = "spec"
    shows: Profile = Profile()
    trust: Trust | None = None
    hooks: Names = ()
    fhir_servers: tuple[Annotated[str, AfterValidator(_base_url)], ...] = ()
    deadline_ms: Annotated[int, Field(ge=100, le=30_000)] | None = None
    body_limit: Annotated[ByteSize, Field(gt=0)] | None = None
    max_cards: Annotated[int, Field(ge=1)] | None = None
    cards_off: Names = ()
    cards_in_shadow: Names = ()
    thresholds: dict[str, float] = Field(default={})
    order_codes: dict[str, tuple[OrderCode, ...]] = Field(default={})
    null_means_not_read: bool = False
    ratings: Ratings | None = None


class SiteFile(Frozen):
    """The whole file: clients by our name for them."""

    clients: dict[str, SiteClient]


@dataclass(frozen=True, slots=True)
class Site:
    """The clients of a site file by their id; `faults` are those of its form, `said` is what has none."""

    clients: dict[str, Client]
    said: SiteFile = field(default_factory=lambda: SiteFile(clients={}))
    source: Source = field(default_factory=lambda: Source(""))
    path: Path = Path()
    faults: tuple[Fault, ...] = ()

    def check(self, knowledge: Knowledge) -> None:
        """FaultySite lists all that is wrong with the file, also where it does not fit this content.

        Nobody may be served before; it is asked again when content changes.
        """
        if faults := [*self.faults, *_faults(self.said, self.source, knowledge)]:
            raise FaultySite(self.path, faults)


def read_site(path: Path, base: Client) -> Site:
    """A site file, yet to be checked; FaultySite where it is no YAML.

    `base` is the client that a caller is whom nobody knows, and has the limits that the file does not name.
    """
    if not path.is_file():
        raise FaultySite(path, [Fault(path.name, 1, "this file is missing")])
    from app.knowledge import yaml_source  # not needed where there is no site file

    source = yaml_source.read(path, path.name)
    if source.faults:
        raise FaultySite(path, source.faults)
    said, faults = shaped(source, SiteFile)
    said = said or _sound(source.data)
    clients = {name: _client(name, each, base) for name, each in said.clients.items()}
    return Site({base.id: base, **clients}, said, source, path, tuple(faults))


def _sound(data: Any) -> SiteFile:
    """Of a file with faults, each element that has none by itself: its names are checked all the same."""
    clients = data.get("clients") if isinstance(data, dict) else None
    found = {}
    for name, said in clients.items() if isinstance(clients, dict) else ():
        parts = said.items() if isinstance(said, dict) else ()
        whole = [each for key, value in parts if (each := _element(key, value)) is not None]
        found[name] = SiteClient.model_validate({key: value for each in whole for key, value in each.items()})
    return SiteFile(clients=found)


def _element(key: str, value: Any) -> dict[str, Any] | None:
    said = {key: tupled(value)}
    with suppress(ValidationError):
        SiteClient.model_validate(said)
        return said
    return None


def _client(name: str, said: SiteClient, base: Client) -> Client:
    profile = _profile(said)
    hooks = said.hooks or profile.hooks
    return Client(
        id=name,
        deadline_seconds=said.deadline_ms / 1000 if said.deadline_ms else base.deadline_seconds,
        max_cards=said.max_cards or base.max_cards,
        rating=_rating(said, profile),
        profile=profile,
        hooks=frozenset(hooks) if hooks else None,
        fhir_servers=frozenset(said.fhir_servers),
        body_limit=said.body_limit,
        shadow=frozenset(said.cards_in_shadow),
        null_means_not_read=said.null_means_not_read,
        trust=said.trust,
        changes=_changes(said),
    )


def _profile(said: SiteClient) -> Profile:
    return PROFILES[said.profile].but(said.shows)


def _rating(said: SiteClient, profile: Profile) -> RatingProfile | None:
    ratings = said.ratings or Ratings(given=profile.rated)
    return RatingProfile(ratings.consulted) if ratings.given else None


def _changes(said: SiteClient) -> Changes:
    codes = {name: tuple((each.system, each.code) for each in own) for name, own in said.order_codes.items()}
    return Changes(frozenset(said.cards_off), said.thresholds, codes)


def _faults(site: SiteFile, source: Source, knowledge: Knowledge) -> list[Fault]:
    trusts = {name: each.trust for name, each in site.clients.items() if each.trust}
    found = [source.fault(("clients",), what) for what in clashes(trusts)]
    for name, said in site.clients.items():

        def report(where: Where, what: str, at: Where = ("clients", name)) -> None:
            found.append(source.fault((*at, *where), what))

        if not _ID.fullmatch(name):
            report((), f"`{name}`: a client is named in small letters, digits and hyphens")
        _check_names(said, knowledge, report)
        _check_cards_off(said, knowledge, report)
        _check_numbers_and_codes(said, knowledge, report)
        _check_ratings(said, knowledge, report)
    return found


def _check_names(said: SiteClient, knowledge: Knowledge, report: Report) -> None:
    hooks = {each.hook for each in knowledge.services.services}
    for place, hook in enumerate(said.hooks):
        known(hook, hooks, "service for the hook", ("hooks", place), report)
    for part in ("cards_off", "cards_in_shadow"):
        names = getattr(said, part)
        for place, each in enumerate(() if part == "cards_in_shadow" and names == (ALL,) else names):
            known(each, knowledge.recommendations, "recommendation", (part, place), report)


def _check_cards_off(said: SiteClient, knowledge: Knowledge, report: Report) -> None:
    for place, name in enumerate(said.cards_off):
        card = knowledge.recommendations.get(name)
        if card is not None and not knowledge.groups.groups[card.group].may_be_off:
            report(("cards_off", place), f"`{name}` may be in shadow while it is tried, but never off")


def _check_numbers_and_codes(said: SiteClient, knowledge: Knowledge, report: Report) -> None:
    settable = {name: each.site_may_set for name, each in knowledge.facts.items() if each.site_may_set}
    for name, number in said.thresholds.items():
        bounds = settable.get(name)
        if bounds is None:
            what = f"there is no threshold `{name}` that a site may set{nearest(name, settable)}"
            report(("thresholds", name), f"{what} (there are {', '.join(settable)})")
        elif not bounds.from_ <= number <= bounds.to:
            report(("thresholds", name), f"`{name}` may be set from {bounds.from_:g} to {bounds.to:g}")
    for name in said.order_codes:
        known(name, knowledge.suggestions, "suggestion", ("order_codes", name), report)
        if name in knowledge.suggestions and coded(knowledge.suggestions[name]) is None:
            report(("order_codes", name), f"`{name}` orders nothing that has a code")


def _check_ratings(said: SiteClient, knowledge: Knowledge, report: Report) -> None:
    profile = _profile(said)
    if _rating(said, profile) is None:
        return
    if profile.system_actions == "none":
        report(("ratings",), "this client takes no system actions, so that nobody would see a rating")
    rules = knowledge.ratings.rules if knowledge.ratings else ()
    asked = {name for rule in rules for name in rule.applies}
    for place, name in enumerate(said.cards_off):
        if name in asked:
            report(("cards_off", place), f"ratings need `{name}`: put it into cards_in_shadow instead")
