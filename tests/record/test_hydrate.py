"""Prefetch first, then the FHIR server: what is asked, and what comes of each kind of answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from msgspec import Raw

from app.protocol.request import Context, HookRequest
from app.record.fhir_client import Fetched, FhirClient, Unread
from app.record.hydrate import MOST_BYTES, MOST_MEDICATIONS, MOST_PAGES, expanded, hydrate
from app.record.prefetch import Material, Query
from app.record.readers.sent import whole

SERVER = "http://ehr.example/fhir"
PATIENT = Query("patient", "Patient", "Patient/{{context.patientId}}")
CONDITIONS = Query("conditions", "Condition", "Condition?patient={{context.patientId}}")
MEDICATIONS = Query("medications", "MedicationRequest", "MedicationRequest?patient={{context.patientId}}")
ENCOUNTERS = Query("encounters", "Encounter", "Encounter?patient={{context.patientId}}")
OBSERVATIONS = Query("observations", "Observation", "Observation?patient={{context.patientId}}&_sort=-date")
Reply = Callable[[httpx.Request], httpx.Response]


class Server:
    """A FHIR server that is a table from path and query to an answer, and remembers what was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.get(str(request.url).removeprefix(f"{SERVER}/"), 404)
        if isinstance(answer, int):
            return httpx.Response(answer)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def paths(self) -> list[str]:
        """What was asked, in alphabetical order: requests run side by side."""
        return sorted(str(request.url).removeprefix(f"{SERVER}/") for request in self.asked)


def bundle(*resources: Any, **fields: Any) -> dict[str, Any]:
    """A searchset."""
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **fields}


def resource(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    """A resource with an id."""
    return {"resourceType": kind, "id": name, **fields}


def following(url: str) -> dict[str, Any]:
    """The link to the next page."""
    return {"link": [{"relation": "next", "url": url}]}


def request(prefetch: dict[str, Any] | None = None, **changes: Any) -> HookRequest:
    """A call for patient p1 with a FHIR server and a token."""
    plain: dict[str, Any] = {
        "hook": "order-sign",
        "hook_instance": "1",
        "context": Context("p1"),
        "fhir_server": SERVER,
        "token": "the-token",
        "prefetch": {key: Raw(json.dumps(value).encode()) for key, value in (prefetch or {}).items()},
    }
    return HookRequest(**(plain | changes))


async def hydrated(
    server: Server,
    sent: HookRequest,
    *queries: Query,
    deadline: float = 5,
    now: Callable[[], float] | None = None,
) -> Material:
    """The material of a call."""
    client = FhirClient(insecure=True, transport=httpx.MockTransport(server))
    try:
        return await hydrate(sent, queries, client, deadline, *([now] if now else []))
    finally:
        await client.close()


def ids(material: Material, kind: str) -> list[str]:
    """The ids of the resources of a type."""
    return [whole(each)["id"] for each in material.resources.get(kind, ())]


def whys(material: Material) -> list[tuple[str, str]]:
    """Source and reason of every gap."""
    return [(gap.source, gap.why) for gap in material.gaps]


async def test_complete_prefetch_is_used_without_a_single_request() -> None:
    server = Server({})
    sent = request({"patient": resource("Patient", "p1"), "conditions": None})
    found = await hydrated(server, sent, PATIENT, CONDITIONS)
    assert (server.asked, found.fetches, found.gaps) == ([], 0, ())
    assert (ids(found, "Patient"), sorted(found.answered)) == (["p1"], ["Condition", "Patient"])
    assert found.states == {"patient": "sent", "conditions": "null"}


async def test_without_a_fhir_server_nothing_is_asked_and_what_is_missing_is_a_gap() -> None:
    server = Server({})
    found = await hydrated(server, request({"conditions": bundle()}, fhir_server=None), PATIENT, CONDITIONS)
    assert (server.asked, whys(found)) == ([], [("Patient", "not sent")])
    assert found.answered == {"Condition"}


async def test_what_prefetch_left_out_is_fetched_with_the_token() -> None:
    server = Server(
        {"Patient/p1": resource("Patient", "p1"), "Condition?patient=p1": bundle(resource("Condition", "a"))}
    )
    found = await hydrated(server, request(), PATIENT, CONDITIONS)
    assert server.paths == ["Condition?patient=p1", "Patient/p1"]
    assert {each.headers["authorization"] for each in server.asked} == {"Bearer the-token"}
    assert (ids(found, "Patient"), ids(found, "Condition"), found.gaps) == (["p1"], ["a"], ())
    assert (found.fetches, found.states) == (2, {"patient": "fetched", "conditions": "fetched"})


async def test_an_open_server_is_asked_without_a_token() -> None:
    server = Server({"Patient/p1": resource("Patient", "p1")})
    await hydrated(server, request(token=None), PATIENT)
    assert "authorization" not in server.asked[0].headers


async def test_requests_run_side_by_side() -> None:
    met = asyncio.Barrier(2)

    async def both(asked: httpx.Request) -> httpx.Response:
        await asyncio.wait_for(met.wait(), 1)
        return httpx.Response(200, json=bundle())

    client = FhirClient(insecure=True, transport=httpx.MockTransport(both))
    found = await hydrate(request(), (CONDITIONS, MEDICATIONS), client, 5)
    await client.close()
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (401, "not authorised (401)"),
        (403, "refused (403)"),
        (404, "not found (404)"),
        (429, "too many requests (429)"),
        (500, "server error (500)"),
        (httpx.Response(302, headers={"location": f"{SERVER}/elsewhere"}), "redirected (302)"),
        (httpx.Response(200, html="<html>Sign in</html>"), "not FHIR"),
        (httpx.Response(200, content=b"<html>Sign in</html>"), "not FHIR"),
        (httpx.Response(200, content=b'{"resourceType": "Bun'), "not FHIR"),
        (resource("Patient", "p1"), "another type of resource was sent"),
        ({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}, "the EHR reported an error"),
        (httpx.ReadTimeout("slow"), "timed out"),
        (httpx.ConnectError("down"), "unreachable"),
    ],
)
async def test_what_could_not_be_fetched_is_a_gap_with_its_reason_and_is_asked_once(
    answer: Any, why: str
) -> None:
    server = Server({"Condition?patient=p1": answer, "Patient/p1": resource("Patient", "p1")})
    found = await hydrated(server, request(), CONDITIONS, PATIENT)
    assert whys(found) == [("Condition", why)]
    assert (sorted(found.answered), ids(found, "Patient")) == (["Patient"], ["p1"])
    assert server.paths == ["Condition?patient=p1", "Patient/p1"]
    assert found.states["conditions"] == f"absent, {why}"


async def test_a_slow_source_is_a_gap_and_the_others_are_read() -> None:
    times = iter([0.0, 4.94, 0.0])  # the end is near for the first of them only
    server = Server({"Condition?patient=p1": asyncio.Event(), "Patient/p1": resource("Patient", "p1")})
    found = await hydrated(server, request(), CONDITIONS, PATIENT, deadline=5, now=lambda: next(times))
    assert (whys(found), ids(found, "Patient")) == ([("Condition", "timed out")], ["p1"])


async def test_time_that_ran_out_before_a_request_is_not_spent_on_it() -> None:
    times = iter([0.0, 10.0])
    server = Server({})
    found = await hydrated(server, request(), PATIENT, now=lambda: next(times))
    assert (server.asked, whys(found)) == ([], [("Patient", "timed out")])


async def test_the_last_of_the_time_is_kept_for_answering() -> None:
    times = iter([0.0, 0.96])
    server = Server({"Patient/p1": resource("Patient", "p1")})
    found = await hydrated(server, request(), PATIENT, deadline=1, now=lambda: next(times))
    assert (server.asked, whys(found)) == ([], [("Patient", "timed out")])


async def test_every_request_has_what_is_left_of_one_deadline() -> None:
    times = iter([0.0, 0.2, 0.9])
    asked_within: list[float] = []

    class Recording(FhirClient):
        async def get(
            self, base: str, path: str, token: str | None, seconds: float, limit: int
        ) -> Fetched | Unread:
            asked_within.append(seconds)
            return await super().get(base, path, token, seconds, limit)

    client = Recording(insecure=True, transport=httpx.MockTransport(Server({})))
    await hydrate(request(), (PATIENT, CONDITIONS), client, 0.4, lambda: next(times))
    await client.close()
    assert [round(each, 2) for each in asked_within] == [0.15, -0.55]


async def test_a_following_page_is_not_asked_for_after_the_deadline() -> None:
    times = iter([0.0, 0.1, 0.36])
    server = Server({"Condition?patient=p1": bundle(resource("Condition", "a"), **following("page2"))})
    found = await hydrated(server, request(), CONDITIONS, deadline=0.4, now=lambda: next(times))
    assert server.paths == ["Condition?patient=p1"]
    assert whys(found) == [("Condition", "only the first page was read (timed out)")]


async def test_medications_share_the_deadline_of_the_searches() -> None:
    times = iter([0.0, 0.1, 0.36])
    server = Server({"MedicationRequest?patient=p1": bundle(prescribed("r1", "Medication/m1"))})
    found = await hydrated(server, request(), MEDICATIONS, deadline=0.4, now=lambda: next(times))
    assert (server.paths, ids(found, "MedicationRequest")) == (["MedicationRequest?patient=p1"], ["r1"])


async def test_what_the_server_sends_of_a_type_that_was_not_asked_for_is_left_out() -> None:
    mixed = bundle(resource("Condition", "a"), resource("Observation", "o"))
    found = await hydrated(Server({"Condition?patient=p1": mixed}), request(), CONDITIONS)
    assert (list(found.resources), found.ignored) == (["Condition"], 1)


async def test_an_error_in_prefetch_is_asked_again_once_and_what_comes_counts() -> None:
    server = Server({"Condition?patient=p1": bundle(resource("Condition", "a"))})
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    found = await hydrated(server, request({"conditions": failed}), CONDITIONS)
    assert (ids(found, "Condition"), found.gaps, server.paths) == (["a"], (), ["Condition?patient=p1"])


async def test_entries_sent_beside_an_error_are_kept_when_fetching_fails_too() -> None:
    failed = bundle(
        resource("Condition", "a"), {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    )
    found = await hydrated(Server({"Condition?patient=p1": 403}), request({"conditions": failed}), CONDITIONS)
    assert (ids(found, "Condition"), whys(found)) == (["a"], [("Condition", "the EHR reported an error")])


async def test_the_rest_of_a_first_page_is_fetched_from_its_link() -> None:
    first = bundle(resource("Condition", "a"), total=2, **following(f"{SERVER}?page=2"))
    server = Server({f"{SERVER}?page=2": bundle(resource("Condition", "b"), total=2)})
    found = await hydrated(server, request({"conditions": first}), CONDITIONS)
    assert (ids(found, "Condition"), found.gaps) == (["a", "b"], ())
    assert server.paths == [f"{SERVER}?page=2"]


async def test_a_silently_cut_page_is_asked_for_again() -> None:
    server = Server({"Condition?patient=p1": bundle(resource("Condition", "a"), resource("Condition", "b"))})
    found = await hydrated(
        server, request({"conditions": bundle(resource("Condition", "a"), total=2)}), CONDITIONS
    )
    assert (ids(found, "Condition"), found.gaps) == (["a", "b"], ())


async def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    first = bundle(resource("Condition", "a"), **following("http://elsewhere.example/fhir?page=2"))
    server = Server({})
    found = await hydrated(server, request({"conditions": first}), CONDITIONS)
    assert (server.asked, ids(found, "Condition")) == ([], ["a"])
    assert whys(found) == [("Condition", "only the first page was read (on another server)")]


async def test_an_empty_first_page_whose_rest_did_not_come_is_not_an_answer() -> None:
    first = bundle(total=2, **following("http://elsewhere.example/fhir?page=2"))
    found = await hydrated(Server({}), request({"conditions": first}), CONDITIONS)
    assert (sorted(found.answered), len(found.gaps)) == ([], 1)


async def test_a_page_that_fails_leaves_those_before_it_and_what_came_with_the_error() -> None:
    server = Server(
        {
            "Condition?patient=p1": bundle(resource("Condition", "a"), **following("page2")),
            "page2": bundle(resource("Condition", "b"), **following("page3")),
            "page3": 500,
        }
    )
    found = await hydrated(server, request(), CONDITIONS)
    assert ids(found, "Condition") == ["a", "b"]
    assert whys(found) == [("Condition", "only the first 2 pages were read (server error (500))")]
    assert found.answered == {"Condition"}


async def test_an_endless_chain_of_pages_ends_at_the_cap() -> None:
    server = Server(
        {"Condition?patient=p1": bundle(resource("Condition", "a"), **following("Condition?patient=p1"))}
    )
    found = await hydrated(server, request(), CONDITIONS)
    assert found.fetches == MOST_PAGES
    assert whys(found) == [("Condition", f"only the first {MOST_PAGES} pages were read")]
    assert ids(found, "Condition") == ["a"]


async def test_all_pages_of_a_query_together_are_no_larger_than_one_answer_may_be() -> None:
    def large(**fields: Any) -> dict[str, Any]:
        return bundle(resource("Condition", "a", note="x" * (MOST_BYTES * 2 // 3)), **fields)

    server = Server({"Condition?patient=p1": large(**following("page2")), "page2": large()})
    found = await hydrated(
        server, request({"conditions": bundle(**following("Condition?patient=p1"))}), CONDITIONS
    )
    assert whys(found) == [("Condition", "only the first 2 pages were read (too large)")]


async def test_cut_observations_say_since_when_they_are_complete() -> None:
    def seen(name: str, day: str) -> dict[str, Any]:
        return resource("Observation", name, effectiveDateTime=day)

    first = bundle(seen("a", "2026-03-09"), seen("b", "2026-03-01"), **following("page2"))
    found = await hydrated(Server({}), request({"observations": first}), OBSERVATIONS)
    assert str(found.gaps[0].complete_since) == "2026-03-02"


async def test_undeclared_keys_are_counted_and_left_alone() -> None:
    server = Server({})
    sent = request({"patient": resource("Patient", "p1"), "-conditions": bundle(resource("Condition", "a"))})
    found = await hydrated(server, sent, PATIENT)
    assert (found.ignored, list(found.resources)) == (1, ["Patient"])


async def test_a_query_that_the_context_cannot_fill_is_a_gap() -> None:
    server = Server({})
    found = await hydrated(server, request(), Query("e", "Encounter", "Encounter/{{context.encounterId}}"))
    assert (server.asked, sorted(found.answered)) == ([], [])
    assert whys(found) == [("Encounter", "the request does not say for whom or which encounter")]


def prescribed(name: str, reference: str) -> dict[str, Any]:
    """A MedicationRequest that refers to its medication."""
    return resource("MedicationRequest", name, medicationReference={"reference": reference})


async def test_medications_that_are_only_referred_to_are_fetched_after_the_searches() -> None:
    server = Server(
        {
            "MedicationRequest?patient=p1": bundle(
                prescribed("r1", "Medication/m1"),
                prescribed("r2", "Medication/m2"),
                resource("Medication", "m2"),
            ),
            "Medication/m1": resource("Medication", "m1"),
        }
    )
    found = await hydrated(server, request(), MEDICATIONS)
    assert server.paths == ["Medication/m1", "MedicationRequest?patient=p1"]
    assert sorted(ids(found, "Medication")) == ["m1", "m2"]


async def test_medications_of_drafts_are_fetched_unless_they_were_sent_along() -> None:
    drafts = bundle(
        prescribed("d1", "Medication/m1"), prescribed("d2", "Medication/m2"), resource("Medication", "m2")
    )
    server = Server({"Medication/m1": resource("Medication", "m1")})
    sent = request(context=Context("p1", draft_orders=Raw(json.dumps(drafts).encode())))
    found = await hydrated(server, sent)
    assert (server.paths, ids(found, "Medication")) == (["Medication/m1"], ["m1"])


async def test_medications_of_drafts_in_a_nested_bundle_are_fetched_too() -> None:
    drafts = bundle()
    drafts["entry"] = [None, {"resource": bundle(prescribed("d1", "Medication/m1"))}]
    server = Server({"Medication/m1": resource("Medication", "m1")})
    sent = request(context=Context("p1", draft_orders=Raw(json.dumps(drafts).encode())))
    assert ids(await hydrated(server, sent), "Medication") == ["m1"]


async def test_medications_that_do_not_come_leave_everything_else_as_it_was() -> None:
    sent = bundle(
        prescribed("r1", "Medication/m1"), prescribed("r2", "http://elsewhere.example/Medication/m9")
    )
    server = Server({"Medication/m1": resource("Patient", "p2")})
    found = await hydrated(server, request({"medications": sent}), MEDICATIONS)
    assert (server.paths, ids(found, "Medication")) == (["Medication/m1"], [])
    assert ids(found, "MedicationRequest") == ["r1", "r2"]


async def test_a_long_list_of_references_is_asked_up_to_the_cap() -> None:
    sent = bundle(
        *(prescribed(str(number), f"Medication/m{number}") for number in range(MOST_MEDICATIONS + 5))
    )
    found = await hydrated(Server({}), request({"medications": sent}), MEDICATIONS)
    assert found.fetches == MOST_MEDICATIONS


def visiting(name: str, *sent: Any) -> HookRequest:
    """A call in an encounter, with these encounters as prefetch."""
    return request({"encounters": bundle(*sent)}, context=Context("p1", encounter_id=name))


async def test_the_current_encounter_is_fetched_where_the_encounters_do_not_hold_it() -> None:
    server = Server({"Encounter/e%2F1": resource("Encounter", "e/1")})
    found = await hydrated(server, visiting("e/1", resource("Encounter", "e0")), ENCOUNTERS)
    assert (ids(found, "Encounter"), found.fetches, len(found.sent)) == (["e0", "e/1"], 1, 2)


async def test_the_current_encounter_is_not_fetched_twice_nor_where_encounters_are_refused() -> None:
    server = Server({"Encounter/e1": resource("Encounter", "e1"), "Encounter?patient=p1": 403})
    held = await hydrated(server, visiting("e1", resource("Encounter", "e1")), ENCOUNTERS)
    assert (ids(held, "Encounter"), server.paths) == (["e1"], [])
    await hydrated(server, request(context=Context("p1", encounter_id="e1")), ENCOUNTERS)
    await hydrated(server, visiting("e1"), CONDITIONS)
    assert "Encounter/e1" not in server.paths


@pytest.mark.parametrize(
    "answer", [404, 403, {"resourceType": "OperationOutcome"}, resource("Patient", "e1")]
)
async def test_a_current_encounter_that_does_not_come_leaves_everything_else_as_it_was(answer: Any) -> None:
    server = Server({"Encounter/e1": answer})
    found = await hydrated(server, visiting("e1", resource("Encounter", "e0")), ENCOUNTERS)
    assert (ids(found, "Encounter"), found.gaps, server.paths) == (["e0"], (), ["Encounter/e1"])


@pytest.mark.parametrize(
    ("template", "context", "path"),
    [
        ("Patient/{{context.patientId}}", Context("a b/../c?d&e"), "Patient/a%20b%2F..%2Fc%3Fd%26e"),
        ("Condition?patient={{ context.patientId }}", Context("1"), "Condition?patient=1"),
        ("{{context.userId}}", Context("1", user_id="Practitioner/7"), "Practitioner/7"),
        ("Encounter/{{context.encounterId}}", Context("1", encounter_id="e"), "Encounter/e"),
        ("Encounter/{{context.encounterId}}", Context("1"), None),
        ("Practitioner/{{userPractitionerId}}", Context("1"), None),
        ("Patient/{{context.patientId}}", Context("{{x}}"), "Patient/%7B%7Bx%7D%7D"),
    ],
)
def test_templates_are_filled_and_quoted(template: str, context: Context, path: str | None) -> None:
    assert expanded(template, context) == path


async def test_neither_material_nor_its_gaps_hold_the_token() -> None:
    found = await hydrated(Server({"Condition?patient=p1": 500}), request(), CONDITIONS, PATIENT)
    assert "the-token" not in repr(found)
