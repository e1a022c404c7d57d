"""Each way in which the FHIR server fails, with Medplum's client as the EHR: which card says what of it.

The client fills prefetch from the good server but for the keys that a call leaves out; those the service
asks for at the faulty one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.cds_client import Exchange, Json, ask, call
from tests.integration.servers import Running, fhir_server, service
from tests.integration.stories import mri, opens, oxycodone, picks, signs
from tests.integration.test_hydration import removals, shown
from tests.integration.wire import get_json

pytestmark = pytest.mark.integration

TOKEN = "the-token-of-this-visit"
SAID = {
    "slow-8000": "Timed out",
    "401": "Not authorised (401)",
    "403": "Refused (403)",
    "429": "Too many requests (429)",
    "500": "Server error (500)",
    "html": "Not FHIR",
    "wrong-type": "Another type of resource was sent",
    "redirect": "Redirected (302)",
    "away": "Redirected (302)",
    "next": "Only the first page was read (on another server)",
    "endless": "Only the first 10 pages were read",
    "drip": "Timed out",
    "flood": "Too large",
    "cut": "Not FHIR",
    "hang-up": "Unreachable",
    "reset": "Unreachable",
}
"""What a card says of a source that the server answered so."""
SLOW = [fault for fault in SAID if SAID[fault] == "Timed out"]
UNREAD = [fault for fault in SAID if fault != "endless"]
"""The faults that leave nothing to read."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """One fault, as four visits met it."""

    problems: Exchange
    """An MRI is signed for low back pain; the problem list is asked for at the faulty server."""
    flagged: Exchange
    """An MRI is signed with urinary retention on the problem list; all else is asked for."""
    referred: Exchange
    """An opioid is picked; what the patient takes is a reference to a Medication that must be asked for."""
    nothing: Exchange
    """The chart is opened, and everything is asked for."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Running]:
    """Another FHIR server, which nobody may ask."""
    with fhir_server([]) as server:
        yield server


@pytest.fixture(scope="module")
def hurried() -> Iterator[Running]:
    """A service that waits for no slow server."""
    with service(deadline_ms="1000") as server:
        yield server


@pytest.fixture(scope="module")
def patient() -> Iterator[Running]:
    """A service whose deadline comes after all else that can end a reading."""
    with service() as server:
        yield server


@pytest.fixture(scope="module")
def met(fhir: Running, hurried: Running, patient: Running, elsewhere: Running) -> dict[str, Faulty]:
    """Every fault, each in one run of the client with others of its kind."""
    found = {}
    for cds, faults in ((hurried, SLOW), (patient, [fault for fault in SAID if fault not in SLOW])):
        calls = [each for fault in faults for each in visits(fhir.url, fault, elsewhere.port)]
        answers = ask(fhir.url, cds.url, calls)
        found |= {fault: Faulty(*answers[4 * n : 4 * n + 4]) for n, fault in enumerate(faults)}
    return found


def visits(fhir: str, fault: str, port: int) -> Iterator[Json]:
    """The calls of one fault."""
    named = f"{fault}-{port}" if fault in ("away", "next") else fault
    but_problems = ("medications", "observations", "procedures", "serviceRequests", "allergies", "encounters")
    acute, flagged, referred = (
        signs("", mri("acute")),
        signs("", mri("retention")),
        picks("", oxycodone("referred")),
    )
    yield hook(acute, "acute", f"{fhir}/faulty/{named}:Condition", omit=("conditions",))
    yield hook(flagged, "retention", f"{fhir}/faulty/{named}", omit=but_problems)
    yield hook(referred, "referred", f"{fhir}/faulty/{named}:Medication")
    yield hook(opens(), "retention", f"{fhir}/faulty/{named}", prefetch=False)


def hook(visit: Any, who: str, fhir: str, **sent: Any) -> Json:
    """A call with the address and the token of a FHIR server."""
    authorization = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.rs",
        "subject": "plumbline",
    }
    extra = {"fhirServer": fhir, "fhirAuthorization": authorization}
    return call(visit.hook, visit.context(who), extra=extra, **sent)


def detail(exchange: Exchange, topic: str) -> str:
    """The words of the card of a recommendation."""
    return next(str(card["detail"]) for card in exchange.cards if card["source"]["topic"]["code"] == topic)


@pytest.mark.parametrize("fault", SAID)
def test_an_unread_problem_list_makes_the_deterrent_gentler_and_is_said(
    met: dict[str, Faulty], fault: str
) -> None:
    answer = met[fault].problems
    assert (answer.status, shown(answer.response)) == (200, {"avoid-early-imaging": "info"})
    assert removals(answer.response) == []
    assert f"{SAID[fault]}: problem list" in detail(answer, "avoid-early-imaging")
    assert "Red flags not fully checked." in answer.cards[0]["summary"]


@pytest.mark.parametrize("fault", SAID)
def test_a_red_flag_stands_at_full_strength_whatever_else_could_not_be_read(
    met: dict[str, Faulty], fault: str
) -> None:
    answer = met[fault].flagged
    assert (answer.status, shown(answer.response)) == (200, {"suspect-cauda-equina": "critical"})
    assert f"{SAID[fault]}: " in detail(answer, "suspect-cauda-equina")


@pytest.mark.parametrize("fault", UNREAD)
def test_a_medication_that_could_not_be_fetched_is_never_taken_for_none(
    met: dict[str, Faulty], fault: str
) -> None:
    answer = met[fault].referred
    assert (answer.status, shown(answer.response)) == (200, {"avoid-first-line-opioid": "info"})
    assert "1 medication reference could not be resolved: medications" in detail(
        answer, "avoid-first-line-opioid"
    )


@pytest.mark.parametrize("fault", UNREAD)
def test_where_nothing_could_be_read_there_is_no_empty_answer(met: dict[str, Faulty], fault: str) -> None:
    answer = met[fault].nothing
    assert (answer.status, answer.response["resourceType"]) == (412, "OperationOutcome")


def test_pages_that_never_end_are_read_as_far_as_they_were_and_the_rest_is_said(
    met: dict[str, Faulty],
) -> None:
    answer = met["endless"].nothing
    assert (answer.status, shown(answer.response)) == (200, {"suspect-cauda-equina": "critical"})
    assert SAID["endless"] in detail(answer, "suspect-cauda-equina")


def test_neither_redirect_nor_next_page_leads_anyone_to_another_server(
    met: dict[str, Faulty], elsewhere: Running
) -> None:
    asked = [each["path"] for each in get_json(f"{elsewhere.url}/_requests")]
    assert (len(met), asked) == (len(SAID), ["/metadata"])  # which is how the fixture knew that it is up


def test_records_of_others_are_left_out_where_the_server_ignores_what_it_was_asked(
    fhir: Running, cds: Running
) -> None:
    careless = f"{fhir.url}/faulty/everyone"
    asked = [
        hook(opens(), "healthy", careless, prefetch=False),
        hook(signs("", mri("retention")), "retention", careless, prefetch=False),
    ]
    healthy, flagged = ask(fhir.url, cds.url, asked)
    assert (healthy.status, healthy.topics) == (200, set())
    assert (flagged.status, shown(flagged.response)) == (200, {"suspect-cauda-equina": "critical"})


def test_a_complete_prefetch_costs_the_fhir_server_no_request(fhir: Running, cds: Running) -> None:
    before = len(get_json(f"{fhir.url}/_requests"))
    nowhere = f"{fhir.url}/faulty/500"
    (answer,) = ask(fhir.url, cds.url, [hook(signs("", mri("acute")), "acute", nowhere)])
    after = get_json(f"{fhir.url}/_requests")[before:]
    assert (answer.status, answer.topics) == (200, {"avoid-early-imaging"})
    assert [each["path"] for each in after if each["path"].startswith("/faulty/")] == []


def test_the_service_prints_no_token(met: dict[str, Faulty], hurried: Running, patient: Running) -> None:
    printed = hurried.log.read_text() + patient.log.read_text()
    assert (len(met), TOKEN in printed, "request_id" in printed) == (len(SAID), False, True)
