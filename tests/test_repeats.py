"""The same call again: only its hook instance may differ, and then only the uuids do."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import pytest

from app.knowledge.load import load
from app.main import create_app
from app.profiles import PROFILES
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, condition, prefetched, request, study

KNOWLEDGE = load(Settings().cards)
CT = study("72133", LOW_BACK_PAIN)
WITH_CONTRAST = {**study("72149", LOW_BACK_PAIN), "id": "with-contrast"}
PAIN = condition(LOW_BACK_PAIN)
HOOKS = ("order-sign", "order-select", "patient-view")


def body(*drafts: dict, instance: str = "one", hook: str = "order-sign", **changes: Any) -> dict[str, Any]:
    sent = request(hook, *drafts, prefetch=prefetched(PAIN))
    return {**sent, "hookInstance": instance, **changes}


class Service:
    """The whole service in this process; `read` counts the calls that were not recalled."""

    def __init__(self, **settings: Any) -> None:
        self.log = io.BytesIO()
        self.profile = settings.get("profile", "spec")
        self.app = create_app(Settings(**{"today": TODAY, **settings}), KNOWLEDGE, log_file=self.log)

    async def ask(self, sent: dict[str, Any] | bytes, service: str = "order-sign") -> bytes:
        content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        transport, release = httpx.ASGITransport(self.app), {"release": PROFILES[self.profile].release}
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            path = f"/cds-services/low-back-pain-{service}"
            answer = await client.post(path, content=content, extensions=release)
        assert answer.status_code == 200, answer.text
        return answer.content

    @property
    def read(self) -> int:
        return sum("parse" in json.loads(line)["ms"] for line in self.log.getvalue().splitlines())


@pytest.mark.parametrize("drafts", [(CT,), (CT, {**CT, "id": "second"}), ()])
async def test_a_recalled_answer_is_byte_for_byte_the_fresh_one(drafts: tuple[dict, ...]) -> None:
    remembering, fresh = Service(), Service(memory_calls=0)
    await remembering.ask(body(*drafts, instance="one"))

    recalled = await remembering.ask(body(*drafts, instance="two"))

    assert recalled == await fresh.ask(body(*drafts, instance="two"))
    assert (remembering.read, fresh.read) == (1, 1)


@pytest.mark.parametrize("profile", sorted(PROFILES))
async def test_every_kind_of_client_gets_a_recalled_answer_as_it_can_show_it(profile: str) -> None:
    remembering, fresh = Service(profile=profile), Service(profile=profile, memory_calls=0)
    served = PROFILES[profile].hooks or HOOKS
    hook = next(each for each in HOOKS if each in served)
    drafts = (CT, WITH_CONTRAST) if hook != "patient-view" else ()
    await remembering.ask(body(*drafts, instance="one", hook=hook), hook)

    recalled = await remembering.ask(body(*drafts, instance="two", hook=hook), hook)

    assert recalled == await fresh.ask(body(*drafts, instance="two", hook=hook), hook)
    assert b'"cards":[{' in recalled
    assert (b"(1 of 2: the new order)" in recalled) == PROFILES[profile].one_action
    assert remembering.read == (2 if PROFILES[profile].rated else 1)


async def test_an_answer_that_echoes_a_uuid_of_somebody_else_is_made_anew() -> None:
    other = "6f1f6f4e-2c0b-5a63-9d0f-3f4d7f6a1c56"
    odd = {**CT, "uuid": other}
    remembering, fresh = Service(), Service(memory_calls=0)
    for name in ("one", "two"):
        answer = await remembering.ask(body(odd, instance=name))
        assert answer == await fresh.ask(body(odd, instance=name))
    assert remembering.read == (2 if other.encode() in answer else 1)


async def test_a_draft_that_is_larger_than_all_the_room_is_not_remembered() -> None:
    service = Service(memory_calls=2)
    large = {**study("71046"), "extension": [{"url": "http://ehr.example/x", "valueString": "x" * 40_000}]}
    for name in ("one", "two"):
        answer = await service.ask(body(large, instance=name))
    assert len(answer) < 40_000
    assert service.read == 2


async def test_every_uuid_is_of_the_hook_instance_of_its_own_call() -> None:
    service = Service()

    one, two = [json.loads(await service.ask(body(CT, instance=name))) for name in ("one", "two")]

    def uuids(answer: dict[str, Any]) -> set[str]:
        cards = answer["cards"]
        return {each["uuid"] for card in cards for each in (card, *card.get("suggestions", ()))}

    assert service.read == 1
    assert len(uuids(one)) == len(uuids(two)) > 1
    assert uuids(one).isdisjoint(uuids(two))


@pytest.mark.parametrize("settings", [{}, {"mode": "production", "today": None, "allow_anonymous": True}])
async def test_the_log_says_the_same_of_a_recalled_call(settings: dict[str, Any]) -> None:
    service = Service(**settings)
    for name in ("one", "two"):
        await service.ask(body(CT, instance=name, fhirServer="https://fhir.example/r4"))

    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    first, again = [each for each in lines if each["event"] == "request"]
    assert ("fhir_server" in first) == bool(settings)
    assert "parse" not in again["ms"]

    for volatile in ("at", "request_id", "ms"):
        assert first.pop(volatile) != again.pop(volatile)
    assert first == again


@pytest.mark.parametrize(
    "other",
    [
        body({**CT, "id": "another"}, instance="two"),
        body(CT, instance="two", fhirServer="https://fhir.example/r4"),
        body(CT, instance="two", context={**body(CT)["context"], "patientId": "another"}),
        {**body(CT, instance="two"), "prefetch": {}},
    ],
)
async def test_whatever_else_differs_is_read_again(other: dict[str, Any]) -> None:
    service = Service()
    await service.ask(body(CT))

    with_memory = await _status_and_body(service, other)

    assert with_memory == await _status_and_body(Service(memory_calls=0), other)
    assert service.read == 2 or with_memory[0] != 200


async def _status_and_body(service: Service, sent: dict[str, Any]) -> tuple[int, bytes]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
        answer = await client.post("/cds-services/low-back-pain-order-sign", json=sent)
    issue = b"" if answer.status_code == 200 else str(answer.json()["issue"][0]["details"]).encode()
    return answer.status_code, issue or answer.content


@pytest.mark.parametrize("escaped", [rb"o\u006ee", rb"one\n"])
async def test_an_escaped_hook_instance_is_read_rather_than_recalled(escaped: bytes) -> None:
    service = Service()
    sent = json.dumps(body(CT, instance="INSTANCE")).encode().replace(b"INSTANCE", escaped)

    assert await service.ask(sent) == await service.ask(sent)
    assert service.read == 2


async def test_a_second_hook_instance_inside_the_record_is_not_mistaken_for_that_of_the_call() -> None:
    service = Service()
    for name in ("one", "two"):
        await service.ask(body(CT, extension={"hookInstance": name}))
    assert service.read == 2


async def test_what_had_to_be_fetched_is_not_recalled() -> None:
    asked = []

    def server(sent: httpx.Request) -> httpx.Response:
        asked.append(sent.url.path)
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset", "entry": []})

    app = create_app(
        Settings(today=TODAY), KNOWLEDGE, transport=httpx.MockTransport(server), log_file=io.BytesIO()
    )
    sent = body(CT, fhirServer="http://127.0.0.1/r4")
    del sent["prefetch"]["observations"]
    service = Service()
    service.app = app

    for name in ("one", "two"):
        await service.ask({**sent, "hookInstance": name})

    assert asked == ["/r4/Observation"] * 2


async def test_another_service_is_another_answer_to_the_same_body() -> None:
    service = Service()
    await service.ask(body(CT))

    status, _ = await _other_service(service, body(CT))

    assert status == 400


async def _other_service(service: Service, sent: dict[str, Any]) -> tuple[int, bytes]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
        answer = await client.post("/cds-services/low-back-pain-order-select", json=sent)
    return answer.status_code, answer.content
