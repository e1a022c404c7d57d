"""Answers kept between the hooks of a visit: the same data, the same cards; other data, other cards."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from app import catalogue
from app.answering import answer
from app.clients import Client
from app.knowledge.load import load
from app.memory import SHORT, Memory
from app.protocol.request import parse
from app.protocol.response import encode
from app.record.prefetch import Query, material, sort
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, condition, observation, prefetched, request, study

KNOWLEDGE = load(Settings().cards)
SERVICE = KNOWLEDGE.services.services[-1]
CT = study("72133", LOW_BACK_PAIN)
FILLER = [condition(("icd", "E11.9"), id=f"c{number}") for number in range(10)]


def bytes_of(memory: Memory | None, *resources: dict, drafts: tuple = (CT,), days: int = 0) -> bytes:
    body = request("order-sign", *drafts, prefetch=prefetched(*FILLER, *resources))
    parsed = parse(msgspec.json.encode(body))
    queries = catalogue.queries(KNOWLEDGE, SERVICE.hook)
    gathered = material(queries, sort(parsed.prefetch, queries))
    today = TODAY.fromordinal(TODAY.toordinal() + days)
    return encode(answer(KNOWLEDGE, Client("someone"), SERVICE, parsed, gathered, today, memory).response)


def test_the_same_call_again_is_answered_from_memory_with_the_same_bytes() -> None:
    memory = Memory(10, 600)

    first, again = bytes_of(memory), bytes_of(memory)

    assert first == again == bytes_of(None)
    assert len(memory) == 1


def test_a_new_finding_is_never_answered_from_memory() -> None:
    memory = Memory(10, 600)
    bytes_of(memory, condition(LOW_BACK_PAIN))

    found = bytes_of(memory, condition(LOW_BACK_PAIN), observation("8310-5", 39, "Cel"))

    assert b"suspect-spinal-infection" in found


def test_another_day_is_another_answer() -> None:
    memory = Memory(10, 600)
    pain = condition(LOW_BACK_PAIN, days_ago=41)
    early = bytes_of(memory, pain)

    later = bytes_of(memory, pain, days=1)

    assert b"avoid-early-imaging" in early
    assert b"avoid-early-imaging" not in later


def test_another_draft_is_another_answer() -> None:
    memory = Memory(10, 600)
    lumbar, chest = bytes_of(memory), bytes_of(memory, drafts=(study("71046", LOW_BACK_PAIN),))

    assert b"avoid-early-imaging" in lumbar
    assert b"avoid-early-imaging" not in chest


def test_what_is_older_than_the_visit_is_forgotten() -> None:
    now = 0.0
    memory = Memory(10, 600, clock=lambda: now)
    key = memory.key([b"sent"], "around")
    memory.keep(key, {}, 1)

    now = 601.0

    assert memory.recall(key) is None


def test_the_oldest_call_makes_room_for_the_newest() -> None:
    memory = Memory(2, 600)
    keys = [memory.key([b"%d" % number], None) for number in range(3)]
    for key in keys:
        memory.keep(key, {}, 1)

    assert [memory.recall(key) for key in keys] == [None, {}, {}]


def test_values_whose_texts_are_larger_than_all_the_room_are_not_remembered() -> None:
    memory: Memory = Memory(2, 600)
    wordy = condition(("snomed", "0"), id="wordy")

    for text, remembered in (("low back pain", 1), ("low back pain " + "x" * 40_000, 1)):
        bytes_of(memory, {**wordy, "code": {"text": text}})
        assert len(memory) == remembered


@pytest.mark.parametrize("times", [1, SHORT])
def test_where_one_resource_ends_and_the_next_begins_is_part_of_the_key(times: int) -> None:
    memory, part = Memory(2, 600), b"a" * times

    assert memory.key([part + b"b", b"c"], None) == memory.key([part + b"b", b"c"], None)
    assert memory.key([part + b"b", b"c"], None) != memory.key([part, b"bc"], None)


@pytest.mark.parametrize("times", [1, SHORT])
def test_every_byte_and_all_around_counts_in_short_and_in_long_ones(times: int) -> None:
    memory, sent = Memory(2, 600), b"a" * times

    keys = {memory.key([sent], None), memory.key([sent[:-1] + b"b"], None), memory.key([sent], "p1")}

    assert len(keys) == 3


def test_two_processes_have_different_keys_for_the_same_patient() -> None:
    assert Memory(2, 600).key([b"sent"], None) != Memory(2, 600).key([b"sent"], None)


def searched(*resources: dict, **outside: object) -> bytes:
    """What a search for conditions found, as it is remembered: all parts of it in a row."""
    body = {"resourceType": "Bundle", **outside, "entry": [{"resource": each} for each in resources]}
    query = Query("conditions", "Condition", "Condition?patient=1")
    sent = {"conditions": Raw(msgspec.json.encode(body))}
    return b"".join(material([query], sort(sent, [query])).sent)


def test_when_a_search_was_made_makes_no_difference() -> None:
    one, other = ({"id": name, "meta": {"lastUpdated": f"2026-01-0{name}"}} for name in "12")
    assert searched(*FILLER, **one) == searched(*FILLER, **other) != searched(*FILLER[1:], **one)


def test_what_stands_before_the_entries_counts_where_entries_may_stand_there() -> None:
    hidden = b'{"resourceType":"Bundle","\\u0065ntry":[{"resource":%b}],"x":"entry"}'
    query = Query("conditions", "Condition", "Condition?patient=1")
    parts = set()
    for name in ("a", "b"):
        body = hidden % msgspec.json.encode(condition(("icd", "E11.9"), id=name))
        gathered = material([query], sort({"conditions": Raw(body)}, [query]))
        assert len(gathered.resources["Condition"]) == 1
        parts.add(b"".join(gathered.sent))
    assert len(parts) == 2


def test_a_resource_that_was_sent_alone_counts_as_a_whole() -> None:
    query = Query("patient", "Patient", "Patient/1")
    sent = [Raw(b'{"resourceType":"Patient","id":"%b","entry":[]}' % name) for name in (b"1", b"2")]
    one, other = (material([query], sort({"patient": each}, [query])).sent for each in sent)
    assert one != other
