"""A long record is read in steps: others have their turn between, and nothing of one gets into another."""

from __future__ import annotations

import asyncio
import gc
from itertools import zip_longest

import msgspec

from app import catalogue
from app.answering import Answered, answer, answering
from app.clients import Client
from app.knowledge.load import load
from app.memory import Memory
from app.protocol.request import Context, HookRequest, parse
from app.protocol.response import encode
from app.record.fhir_client import FhirClient
from app.record.hydrate import hydrate
from app.record.prefetch import Query, material, sort
from app.record.steps import Steps, finished
from app.settings import Settings
from app.turns import in_turns, pause
from tests.calls import LOW_BACK_PAIN, TODAY, condition, observation, prefetched, request, study

KNOWLEDGE = load(Settings().cards)
SERVICE = KNOWLEDGE.services.services[-1]
CT = study("72133", LOW_BACK_PAIN)
LONG_LIST = [condition(("icd", "E11.9"), id=f"c{number}") for number in range(600)]
LONG = [condition(("icd", "M54.50"), id=f"c{number}") for number in range(60)]


def given(*resources: dict) -> tuple:
    """What answering needs for a CT on this record."""
    body = request("order-sign", CT, prefetch=prefetched(*resources))
    parsed = parse(msgspec.json.encode(body))
    queries = catalogue.queries(KNOWLEDGE, SERVICE.hook)
    return (
        KNOWLEDGE,
        Client("someone"),
        SERVICE,
        parsed,
        material(queries, sort(parsed.prefetch, queries)),
        TODAY,
    )


def alternating(one: Steps[Answered], other: Steps[Answered]) -> tuple[bytes, bytes]:
    """The bodies of two calls that take turns."""

    def noted(steps: Steps[Answered], into: list[bytes]) -> Steps[None]:
        into.append(encode((yield from steps).response))

    bodies: tuple[list[bytes], list[bytes]] = ([], [])
    for _ in zip_longest(noted(one, bodies[0]), noted(other, bodies[1])):
        pass
    return bodies[0][0], bodies[1][0]


def test_a_long_record_has_a_pause_after_every_few_entries() -> None:
    assert len(list(answering(*given(*LONG)))) >= 4


def test_a_short_record_has_none() -> None:
    assert list(answering(*given(condition(LOW_BACK_PAIN)))) == []


def test_calls_that_take_turns_are_answered_as_if_each_were_alone() -> None:
    hot = observation("8310-5", 39, "Cel")
    alone = [encode(answer(*given(*record)).response) for record in ([*LONG, hot], LONG)]

    together = alternating(answering(*given(*LONG, hot)), answering(*given(*LONG)))

    assert list(together) == alone
    assert alone[0] != alone[1]


def test_a_long_record_that_was_read_before_is_not_read_again() -> None:
    memory = Memory(10, 600)
    first = encode(finished(answering(*given(*LONG), memory)).response)

    again = answering(*given(*LONG), memory)

    assert list(again) == []
    assert encode(answer(*given(*LONG), memory).response) == first


async def test_others_have_their_turn_between_the_steps() -> None:
    order: list[str] = []

    def steps(name: str) -> Steps[str]:
        for _ in range(3):
            order.append(name)
            yield
        return name

    assert await asyncio.gather(in_turns(steps("a")), in_turns(steps("b"))) == ["a", "b"]
    assert order == ["a", "b"] * 3


async def test_who_comes_during_a_step_is_answered_before_the_next() -> None:
    order: list[str] = []
    loop = asyncio.get_running_loop()

    async def answering_it() -> None:
        order.append("answered")

    def arriving() -> None:  # as the loop hears of a request: in a round of its own, before the task
        tasks.append(loop.create_task(answering_it()))

    tasks: list[asyncio.Task[None]] = []
    loop.call_soon(arriving)
    await pause()
    order.append("next step")
    assert order == ["answered", "next step"]


async def test_others_have_their_turn_around_each_long_answer() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in LONG_LIST]}
    queries = (Query("a", "Condition", "Condition?a"), Query("b", "Condition", "Condition?b"))
    long = msgspec.Raw(msgspec.json.encode(bundle))
    asked = HookRequest("patient-view", "i", Context("1"), prefetch={"a": long, "b": long})
    turns = 0

    async def counting() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(counting())
    found = await hydrate(asked, queries, FhirClient(), 1.0)
    other.cancel()

    assert turns == 8
    assert len(found.resources["Condition"]) == 2 * len(LONG_LIST)


def test_a_call_leaves_nothing_that_only_a_collection_would_free() -> None:
    answer(*given(*LONG_LIST, condition(LOW_BACK_PAIN)))
    gc.collect()
    gc.disable()
    try:
        answer(*given(*LONG_LIST, condition(LOW_BACK_PAIN)))
        assert gc.collect() == 0
    finally:
        gc.enable()
