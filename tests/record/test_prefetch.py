"""Every state that a prefetch key can be in."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from app.record import prefetch
from app.record.prefetch import Material, Page, Query, joined, material, sort
from app.record.readers.sent import Sent, whole

CONDITIONS = Query("conditions", "Condition", "Condition?patient={{context.patientId}}")
OBSERVATIONS = Query("observations", "Observation", "Observation?patient={{context.patientId}}&_sort=-date")
PATIENT = Query("patient", "Patient", "Patient/{{context.patientId}}")
EPIC_NOTHING = {"severity": "warning", "code": "informational", "details": {"coding": [{"code": "4101"}]}}


def raw(value: Any) -> Raw:
    """A value as it stands in a body."""
    return Raw(json.dumps(value).encode())


def bundle(*resources: Any, **fields: Any) -> dict[str, Any]:
    """A searchset with these resources."""
    entries = [{"resource": each} for each in resources]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        **({"entry": entries} if entries else {}),
        **fields,
    }


def outcome(*severities: str) -> dict[str, Any]:
    """An OperationOutcome with an issue of each severity."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": each} for each in severities]}


def condition(name: str) -> dict[str, Any]:
    """A Condition with an id."""
    return {"resourceType": "Condition", "id": name}


def observation(when: str, name: str = "o") -> dict[str, Any]:
    """An Observation of a moment."""
    return {"resourceType": "Observation", "id": name, "effectiveDateTime": when}


def read(value: Any, query: Query = CONDITIONS) -> Page:
    """The page of one sent value."""
    return sort({query.key: raw(value)}, [query])[query.key]


def gathered(value: Any, query: Query = CONDITIONS) -> Material:
    """The material of one sent value."""
    return material([query], {query.key: read(value, query)})


def ids(answer: Page | Material, kind: str = "Condition") -> list[str]:
    """The ids of the resources of a type."""
    held = answer.entries if isinstance(answer, Page) else answer.resources
    return [whole(each)["id"] for each in held.get(kind, ())]


NEXT = [
    {"relation": "self", "url": "https://ehr.example/1"},
    {"relation": "next", "url": "https://ehr.example/2"},
]


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (None, "null"),
        (bundle(), "empty"),
        (bundle(total=0), "empty"),
        (bundle(entry=None), "empty"),
        (bundle(entry=[]), "empty"),
        (bundle({"resourceType": "OperationOutcome", "issue": [EPIC_NOTHING]}, total=0), "empty"),
        (bundle(outcome("information", "warning")), "empty"),
    ],
)
def test_what_the_ehr_says_is_no_data_is_answered_without_a_gap(value: Any, state: str) -> None:
    page = read(value)
    found = gathered(value)
    assert (page.state, page.complete, page.entries) == (state, True, {})
    assert (sorted(found.answered), found.gaps, dict(found.resources)) == (["Condition"], (), {})


def test_an_absent_key_is_not_sent_rather_than_empty() -> None:
    pages = sort({}, [CONDITIONS])
    found = material([CONDITIONS], pages)
    assert not pages["conditions"].complete
    assert (sorted(found.answered), [each.why for each in found.gaps]) == ([], ["not sent"])


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("<html>Sign in</html>", "not FHIR"),
        (7, "not FHIR"),
        (True, "not FHIR"),
        ([condition("a")], "not FHIR"),
        ({}, "not FHIR"),
        ({"resourceType": None}, "not FHIR"),
        ({"response": {"status": "200"}, "resource": bundle(condition("a"))}, "not FHIR"),
        (outcome("error"), "the EHR reported an error"),
        (outcome("warning"), "the EHR reported an error"),
        (bundle(outcome("fatal")), "the EHR reported an error"),
        (bundle(outcome("warning", "error")), "the EHR reported an error"),
        (bundle({"resourceType": "OperationOutcome"}), "the EHR reported an error"),
        ({"resourceType": "Patient", "id": "p"}, "another type of resource was sent"),
        (bundle({"resourceType": "Patient", "id": "p"}), "another type of resource was sent"),
    ],
)
def test_what_is_no_answer_is_a_gap_and_left_to_be_fetched(value: Any, why: str) -> None:
    found = gathered(value)
    assert not read(value).complete
    assert (sorted(found.answered), dict(found.resources)) == ([], {})
    assert [(each.source, each.why) for each in found.gaps] == [("Condition", why)]


@pytest.mark.parametrize("odd", [{"clinicalStatus": 5}, {"recordedDate": 5}])
def test_the_entries_of_a_search_are_kept_in_order_whatever_they_hold(odd: dict[str, Any]) -> None:
    page = read(bundle(condition("a"), {"resourceType": "Condition", "id": "b", **odd}))
    assert (page.state, page.complete, ids(page)) == ("sent", True, ["a", "b"])
    assert whole(page.entries["Condition"][1]) == {"resourceType": "Condition", "id": "b", **odd}


def test_what_two_pages_hold_counts_once_though_one_of_them_is_out_of_shape() -> None:
    plain, other = bundle(condition("a")), bundle(condition("a"), condition("b"))
    other["entry"][1]["resource"]["recordedDate"] = 5
    assert ids(joined(read(plain), read(other))) == ["a", "b"]


def test_a_single_resource_of_the_type_is_the_answer() -> None:
    assert ids(gathered({"resourceType": "Patient", "id": "p"}, PATIENT), "Patient") == ["p"]


def test_a_bundle_around_a_single_read_is_opened() -> None:
    assert ids(gathered(bundle({"resourceType": "Patient", "id": "p"}), PATIENT), "Patient") == ["p"]


def test_a_bundle_of_another_kind_without_type_is_read_all_the_same() -> None:
    sent = {"resourceType": "Bundle", "entry": [{"resource": condition("a")}]}
    assert ids(gathered(sent)) == ["a"]


def test_beside_a_notice_of_the_server_entries_are_known_in_their_elements() -> None:
    page = read(bundle(condition("a"), outcome("information"), condition("b")))
    assert (page.state, ids(page)) == ("sent", ["a", "b"])
    assert all(isinstance(each, Sent) for each in page.entries["Condition"])


def test_entries_of_other_types_are_left_out_and_counted() -> None:
    found = gathered(bundle(condition("a"), {"resourceType": "Basic", "id": "b"}))
    assert (list(found.resources), found.ignored, found.gaps) == (["Condition"], 1, ())


def test_medications_and_included_resources_are_kept_for_references() -> None:
    query = Query("medications", "MedicationRequest", "MedicationRequest?patient=p")
    sent = bundle({"resourceType": "MedicationRequest", "id": "r"}, {"resourceType": "Medication", "id": "m"})
    sent["entry"].append(
        {"resource": {"resourceType": "Encounter", "id": "e"}, "search": {"mode": "include"}}
    )
    found = gathered(sent, query)
    assert sorted(found.resources) == ["Encounter", "Medication", "MedicationRequest"]
    assert found.answered == {"MedicationRequest"}


@pytest.mark.parametrize(
    "entries",
    [
        [{"resource": condition("a")}, None],
        [{"resource": condition("a")}, "x"],
        [{"resource": condition("a")}, {"fullUrl": "urn:x"}],
        [{"resource": condition("a")}, {"resource": {"id": "untyped"}}],
        [{"resource": condition("a")}, {"resource": "x"}],
    ],
)
def test_a_broken_entry_is_a_gap_and_the_others_are_kept(entries: list[Any]) -> None:
    found = gathered(bundle(entry=entries))
    assert (ids(found), [each.why for each in found.gaps]) == (["a"], ["an entry could not be read"])


def test_a_broken_entry_is_no_reason_to_ask_again() -> None:
    assert read(bundle(entry=[{"resource": condition("a")}, None])).complete


def test_an_entry_that_is_an_object_is_one_entry() -> None:
    found = gathered(bundle(entry={"resource": condition("a")}))
    assert (ids(found), found.gaps) == (["a"], ())


def test_an_odd_search_mode_does_not_lose_the_entry() -> None:
    found = gathered(bundle(entry=[{"resource": condition("a"), "search": "match"}]))
    assert (ids(found), found.gaps) == (["a"], ())


def test_entries_beside_an_error_are_used_and_the_gap_is_said() -> None:
    found = gathered(bundle(condition("a"), outcome("error")))
    assert (ids(found), [each.why for each in found.gaps]) == (["a"], ["the EHR reported an error"])
    assert found.answered == {"Condition"}


def test_a_first_page_is_used_and_the_cut_is_said() -> None:
    page = read(bundle(condition("a"), link=NEXT))
    found = gathered(bundle(condition("a"), link=NEXT))
    assert (page.complete, page.next) == (False, "https://ehr.example/2")
    assert (ids(found), [each.why for each in found.gaps]) == (["a"], ["only the first page was sent"])


def test_a_total_that_nothing_accounts_for_is_a_silent_cut() -> None:
    assert [each.why for each in gathered(bundle(condition("a"), total=3)).gaps] == [
        "only the first page was sent"
    ]
    assert gathered(bundle(condition("a"), total=1)).gaps == ()


INCLUDED = {"resource": {"resourceType": "Encounter", "id": "e"}, "search": {"mode": "include"}}
NOTICE = {"resource": outcome("warning"), "search": {"mode": "outcome"}}


@pytest.mark.parametrize("beside", [INCLUDED, NOTICE, {"resource": outcome("information")}])
def test_what_the_search_did_not_find_itself_does_not_fill_up_a_total(beside: dict[str, Any]) -> None:
    entries = [{"resource": condition("a")}, beside]
    assert not read(bundle(entry=entries, total=2)).complete
    assert [each.why for each in gathered(bundle(entry=entries, total=2)).gaps] == [prefetch.ONE_PAGE]
    assert gathered(bundle(entry=entries, total=1)).gaps == ()


@pytest.mark.parametrize("odd", [{"total": "5"}, {"total": 5.0}, {"total": 5, "link": NEXT[0]}])
def test_a_total_out_of_shape_or_beside_what_is_so_is_a_total_still(odd: dict[str, Any]) -> None:
    assert [each.why for each in gathered(bundle(condition("a"), **odd)).gaps] == [prefetch.ONE_PAGE]


@pytest.mark.parametrize("odd", ["many", True, [], {}, "inf", None])
def test_a_total_that_is_no_number_announces_nothing(odd: Any) -> None:
    assert gathered(bundle(condition("a"), total=odd)).gaps == ()


@pytest.mark.parametrize("url", [{}, {"url": None}, {"url": ""}])
@pytest.mark.parametrize("resources", [[], [condition("a")], [condition("a"), outcome("warning")]])
def test_a_rest_without_an_address_is_a_cut(url: dict[str, Any], resources: list[Any]) -> None:
    cut = bundle(*resources, link=[{"relation": "next", **url}])
    assert [each.why for each in gathered(cut).gaps] == [prefetch.ONE_PAGE]
    assert not read(cut).complete


def test_a_bundle_among_the_entries_is_opened() -> None:
    inner = bundle(condition("b"), bundle(condition("c")), total=2)
    found = gathered(bundle(condition("a"), inner, condition("d"), total=2))
    assert (sorted(ids(found)), found.gaps, found.ignored) == (["a", "b", "c", "d"], (), 0)


def test_a_search_within_the_answer_to_a_batch_is_the_answer() -> None:
    page = read(bundle(bundle(condition("a"))))
    assert (page.state, page.complete, ids(page)) == ("sent", True, ["a"])
    assert read(bundle(bundle())).state == "empty"


@pytest.mark.parametrize(
    ("inner", "why"),
    [
        (bundle(condition("b"), link=NEXT), "only the first page was sent"),
        (bundle(condition("b"), total=3), "only the first page was sent"),
        (bundle(outcome("error")), "the EHR reported an error"),
        (bundle(entry=[None]), "an entry could not be read"),
    ],
)
def test_what_is_missing_from_a_bundle_among_the_entries_is_missing(inner: Any, why: str) -> None:
    found = gathered(bundle(condition("a"), inner))
    assert [each.why for each in found.gaps] == [why]
    assert "a" in ids(found)


def test_a_total_of_the_whole_is_compared_with_what_nested_bundles_hold() -> None:
    assert read(bundle(bundle(condition("a"), condition("b")), total=2)).complete
    assert not read(bundle(bundle(condition("a"), condition("b")), total=3)).complete


def test_a_bundle_of_another_type_among_the_entries_is_left_out_and_counted() -> None:
    other = bundle({"resourceType": "Basic", "id": "b"})
    found = gathered(bundle(condition("a"), other))
    assert (ids(found), found.gaps, found.ignored) == (["a"], (), 1)
    assert [each.why for each in gathered(bundle(other)).gaps] == ["another type of resource was sent"]


def test_bundles_deeper_than_anybody_nests_them_are_a_gap() -> None:
    deep = bundle(condition("a"))
    for _ in range(12):
        deep = bundle(deep)
    assert [each.why for each in gathered(deep).gaps] == ["an entry could not be read"]


@pytest.mark.parametrize(
    "link",
    [
        {"relation": "next", "url": "https://ehr.example/2"},
        [*NEXT, 5],
        [*NEXT, {}],
        [{"relation": "Next", "url": "https://ehr.example/2"}],
        [{"relation": "next"}, *NEXT],
    ],
)
def test_an_odd_shape_of_links_does_not_hide_the_next_page(link: Any) -> None:
    assert read(bundle(condition("a"), link=link)).next == "https://ehr.example/2"


def test_links_that_cannot_be_read_are_a_gap() -> None:
    assert [each.why for each in gathered(bundle(condition("a"), link="x")).gaps] == [
        "an entry could not be read"
    ]


def since(*moments: str, query: Query = OBSERVATIONS) -> date | None:
    """From which day on a cut page of observations is complete."""
    entries = [observation(each, name=str(number)) for number, each in enumerate(moments)]
    return gathered(bundle(*entries, link=NEXT), query).gaps[0].complete_since


def test_a_cut_page_sorted_by_date_is_complete_after_its_oldest_day() -> None:
    assert since("2026-03-09", "2026-03-01T08:00:00Z", "2026-02-10") == date(2026, 2, 11)


def test_a_cut_page_whose_oldest_date_is_partial_is_complete_after_the_whole_of_it() -> None:
    assert since("2026-03-09", "2026-03-01", "2026-02") == date(2026, 3, 1)


@pytest.mark.parametrize(
    "moments",
    [
        ("2026-02-10", "2026-03-09"),
        ("2026-03-09", "2026-02-10", "2026-02-11"),
        ("2026-03-09", "", "2026-02-10"),
        ("2026-03-09",),
        ("2026-03-09", "2026-03-09"),
        (),
    ],
)
def test_a_cut_page_that_shows_no_falling_dates_is_complete_since_never(moments: tuple[str, ...]) -> None:
    assert since(*moments) is None


def test_a_cut_page_with_a_date_that_cannot_be_read_is_complete_since_never() -> None:
    odd = {"resourceType": "Observation", "effectiveDateTime": 20260101}
    sent = bundle(observation("2026-03-09"), odd, observation("2026-02-10"), link=NEXT)
    assert gathered(sent, OBSERVATIONS).gaps[0].complete_since is None


def test_a_query_that_asked_for_no_order_is_complete_since_never() -> None:
    unsorted = Query("observations", "Observation", "Observation?patient=p")
    assert since("2026-03-09", "2026-02-10", query=unsorted) is None


def test_keys_that_nobody_declared_answer_nothing() -> None:
    assert sort({"other": raw(bundle(condition("a")))}, [CONDITIONS])["conditions"].state == "absent"


def test_pages_that_overlap_count_each_resource_once() -> None:
    first = read(bundle(condition("a"), condition("b"), link=NEXT))
    second = read(bundle(condition("b"), condition("c")))
    assert ids(prefetch.joined(first, second)) == ["a", "b", "c"]
    assert prefetch.joined(first, second).complete


def test_a_next_page_that_is_no_answer_leaves_the_first_one_cut() -> None:
    first = read(bundle(condition("a"), link=NEXT))
    whole = prefetch.joined(first, read("<html>"))
    assert (ids(whole), whole.complete, whole.cut) == (["a"], False, "not FHIR")


def test_a_total_is_compared_with_all_pages_together() -> None:
    first = read(bundle(condition("a"), link=NEXT, total=2))
    second = read(bundle(condition("b"), total=2))
    assert prefetch.joined(first, second).complete


def test_what_is_nested_beyond_reading_is_a_gap() -> None:
    deep = Raw(b'{"resourceType":"Bundle","entry":' + b"[" * 5000 + b"]" * 5000 + b"}")
    page = sort({"conditions": deep}, [CONDITIONS])["conditions"]
    assert not page.complete or page.broken


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, and objects with the keys that are looked at."""
    keys = st.sampled_from(
        ["resourceType", "entry", "resource", "link", "relation", "url", "total", "issue", "search"]
    )
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)


WORDS = st.sampled_from(["Bundle", "Condition", "OperationOutcome", "next", "include", "error", "x"])


@given(st.recursive(st.none() | st.booleans() | st.integers() | WORDS, nested, max_leaves=12))
def test_any_json_is_an_answer_or_a_gap_and_never_an_exception(value: Any) -> None:
    found = gathered(value)
    assert found.answered or found.gaps
