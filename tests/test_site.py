"""The site file: what it resolves to, and every fault with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.clients import Client
from app.compose import ALL
from app.knowledge.changes import changed
from app.knowledge.load import load
from app.main import site_of
from app.profiles import PROFILES
from app.settings import Settings
from app.site import FaultySite, read_site
from tests.content import knowledge

ROOT = Path(__file__).parent.parent
BASE = Client("unknown", 0.4, 4)


def written(folder: Path, text: str) -> Path:
    """A site file."""
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def one(folder: Path, text: str) -> Client:
    """The client `c` of a site file that says this of it."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    site = read_site(written(folder, f"clients:\n  c:\n{lines}"), BASE)
    site.check(knowledge())
    return site.clients["c"]


def faults(folder: Path, text: str) -> list[str]:
    """What is wrong with a site file that says this of the client `c`, which begins in line 3."""
    with pytest.raises(FaultySite) as refused:
        one(folder, text)
    return [str(fault) for fault in refused.value.faults]


def test_the_example_is_loaded_with_the_real_cards() -> None:
    example = Settings(site_file=ROOT / "docker" / "site.example.yaml")
    site = site_of(example, load(Settings().cards))
    clients = site.clients
    assert list(clients) == ["unknown", "general-hospital", "north", "clinic", "imaging-pilot"]
    hospital, clinic, pilot = clients["general-hospital"], clients["clinic"], clients["imaging-pilot"]
    assert [each.trust and each.trust.tenants for each in (hospital, clients["north"])] == [(), ("north",)]
    assert hospital.profile == PROFILES["epic"]
    assert (hospital.deadline_seconds, hospital.body_limit, hospital.max_cards) == (0.8, 4 * 1024**2, 3)
    assert hospital.hooks == {"patient-view", "order-sign"}
    assert hospital.fhir_servers == {"https://ehr.general.example/api/FHIR/R4"}
    assert clinic.profile.link_hosts == ("doi.org", "www.nice.org.uk")
    assert (clinic.profile.links, clinic.hooks) == ("listed", {"patient-view"})
    assert pilot.rating is not None
    assert pilot.rating.consulted == "G0000"


def test_what_is_not_said_is_as_the_profile_and_the_settings_say(tmp_path: Path) -> None:
    client = one(tmp_path, "profile: spec")
    assert (client.profile, client.hooks, client.rating) == (PROFILES["spec"], None, None)
    assert (client.deadline_seconds, client.max_cards, client.shadow) == (0.4, 4, frozenset())
    assert client.fhir_servers == frozenset()


def test_no_fhir_server_is_asked_that_is_not_listed(tmp_path: Path) -> None:
    assert one(tmp_path, "profile: epic").fhir_servers == frozenset()
    listed = one(tmp_path, "fhir_servers: [https://ehr.example/r4/]")
    assert listed.fhir_servers == {"https://ehr.example/r4"}


def test_hooks_that_a_site_names_count_instead_of_those_of_the_profile(tmp_path: Path) -> None:
    assert one(tmp_path, "profile: oracle").hooks == {"patient-view"}
    assert one(tmp_path, "profile: oracle\nhooks: order-sign").hooks == {"order-sign"}


def test_what_a_site_says_of_showing_changes_that_only(tmp_path: Path) -> None:
    client = one(tmp_path, "profile: epic\nshows:\n  detail: plain")
    assert client.profile == PROFILES["epic"].model_copy(update={"detail": "plain"})


def test_every_card_can_be_in_shadow_for_a_silent_trial(tmp_path: Path) -> None:
    assert one(tmp_path, "cards_in_shadow: all").shadow == {ALL}


def test_ratings_are_off_unless_the_site_or_the_profile_says_so(tmp_path: Path) -> None:
    assert one(tmp_path, "profile: epic").rating is None
    assert one(tmp_path, "profile: sandbox").rating is not None
    assert one(tmp_path, "profile: sandbox\nratings:\n  given: false").rating is None
    rating = one(tmp_path, "ratings:\n  consulted: G1").rating
    assert rating is not None
    assert rating.consulted == "G1"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("profile: epik", "3: `clients.c.profile`: Input should be 'spec', 'epic',"),
        ("deadline: 4", "3: there is no `deadline` here; did you mean `deadline_ms`?"),
        ("deadline_ms: 5", "3: `clients.c.deadline_ms`: Input should be greater than or equal to 100"),
        ("deadline_ms: '400'", "3: `clients.c.deadline_ms`: Input should be a valid integer"),
        ("hooks: [patient-vew]", "no service for the hook `patient-vew`; did you mean `patient-view`?"),
        ("fhir_servers: [ehr.example]", "is not the base URL of a FHIR server"),
        ("fhir_servers: ['https://me@ehr.example/r4']", "is not the base URL of a FHIR server"),
        ("cards_off: [thumb-cares]", "no recommendation `thumb-cares`; did you mean `thumb-care`?"),
        ("cards_in_shadow: [thumb-cares]", "no recommendation `thumb-cares`; did you mean `thumb-care`?"),
        ("cards_off: [all]", "there is no recommendation `all`"),
        ("cards_off: [suspect-numb-thumb]", "`suspect-numb-thumb` may be in shadow while it is tried"),
        (
            "thresholds:\n  fever_limits: 38",
            "4: there is no threshold `fever_limits` that a site may set; did you mean `fever_limit`? "
            "(there are fever_limit)",
        ),
        ("thresholds:\n  sore_thumb: 1", "no threshold `sore_thumb` that a site may set"),
        ("thresholds:\n  fever_limit: 41", "4: `fever_limit` may be set from 37.5 to 38.5"),
        ("thresholds:\n  fever_limit: warm", "Input should be a valid number"),
        ("shows:\n  link: none", "4: there is no `link` here; did you mean `links`?"),
        ("trust:\n  issuer: https://ehr.example", "4: there is no `issuer` here"),
        ("order_codes:\n  rest:\n    - {system: s, code: '1'}", "there is no suggestion `rest`"),
        (
            "order_codes:\n  remove-order:\n    - {system: s, code: '1'}",
            "`remove-order` orders nothing that has a code",
        ),
        ("profile: oracle\nratings:\n  given: true", "4: this client takes no system actions"),
    ],
)
def test_a_fault_has_its_line_its_reason_and_the_nearest_right_name(
    tmp_path: Path, said: str, fault: str
) -> None:
    found = faults(tmp_path, said)
    assert len(found) == 1, found
    assert found[0].startswith("site.yaml:")
    assert fault in found[0]


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    said = "hooks: [order-sgn]\ncards_off: [thumb-cares]\nthresholds:\n  feverish: 1"
    assert [each.split(":")[1] for each in faults(tmp_path, said)] == ["3", "4", "6"]


def test_names_are_checked_beside_faults_of_form(tmp_path: Path) -> None:
    said = "profile: epik\nhooks: [order-sgn]\nmax_card: 3\ndeadline_ms: 1\ncards_off: [thumb-cares]"
    assert [each.split(":")[1] for each in faults(tmp_path, said)] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize("text", ["clients: 5\n", "clients:\n  c: 5\n", "- clients\n", "clients: [c]\n"])
def test_what_has_no_form_at_all_is_a_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(FaultySite):
        read_site(written(tmp_path, text), BASE).check(knowledge())


def test_a_card_that_ratings_need_cannot_be_off_while_orders_are_rated(tmp_path: Path) -> None:
    content = load(Settings().cards)
    path = written(
        tmp_path, "clients:\n  c:\n    cards_off: [avoid-early-imaging]\n    ratings: {given: true}\n"
    )
    with pytest.raises(FaultySite, match="ratings need `avoid-early-imaging`"):
        read_site(path, BASE).check(content)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("clients:\n  a: {}\n  a: {}\n", "site.yaml:3: the key `a` stands here twice"),
        ("client:\n  a: {}\n", "site.yaml:1: there is no `client` here; did you mean `clients`?"),
        ("clients:\n  A_b: {}\n", "site.yaml:2: `A_b`: a client is named in small letters"),
        ("", "site.yaml:1: the file is empty"),
    ],
)
def test_the_file_itself_is_checked(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(FaultySite) as refused:
        read_site(written(tmp_path, text), BASE).check(knowledge())
    assert any(str(each).startswith(fault) for each in refused.value.faults)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultySite, match=r"none\.yaml:1: this file is missing"):
        read_site(tmp_path / "none.yaml", BASE)


def client_content(folder: Path, text: str) -> Any:
    """The content as the client has it."""
    return changed(knowledge(), one(folder, text).changes)


def test_content_without_changes_is_the_same_content(tmp_path: Path) -> None:
    assert client_content(tmp_path, "profile: epic") is knowledge()


def test_a_threshold_counts_in_the_content_of_that_client(tmp_path: Path) -> None:
    content = client_content(tmp_path, "thresholds:\n  fever_limit: 37.5")
    assert [line.text for line in content.facts["fever_limit"].lines] == ["temperature >= 37.5"]
    assert [line.text for line in knowledge().facts["fever_limit"].lines] == ["temperature >= 38"]
    assert content.digest != knowledge().digest


def test_a_card_that_is_off_is_gone_from_the_content_of_that_client(tmp_path: Path) -> None:
    content = client_content(tmp_path, "cards_off: thumb-care")
    assert set(knowledge().recommendations) - set(content.recommendations) == {"thumb-care"}


def test_codes_of_the_site_stand_ahead_of_ours(tmp_path: Path) -> None:
    content = client_content(
        tmp_path, "order_codes:\n  rest-the-thumb:\n    - {system: 'urn:site', code: '77'}"
    )
    fixed, _ = content.suggestions["rest-the-thumb"].parts
    codings = [(each["system"], each["code"]) for each in fixed["code"]["coding"]]
    assert codings == [("urn:site", "77"), ("https://thumbs.example/acts", "rest")]
    fixed, _ = knowledge().suggestions["rest-the-thumb"].parts
    assert len(fixed["code"]["coding"]) == 1
