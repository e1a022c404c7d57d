"""Clients of a site file over the whole service: what each may call, and what is taken from it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.calls import (
    LOW_BACK_PAIN,
    TODAY,
    Json,
    actions,
    condition,
    drug,
    prefetched,
    request,
    searchset,
    study,
)
from tests.content import knowledge
from tests.test_main import content

BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp")
CT = study("72133", LOW_BACK_PAIN)
FOOT_DROP = condition(("snomed", "6077001"), days_ago=3)
OXYCODONE = drug(
    "1049621",
    LOW_BACK_PAIN,
    dispenseRequest={"expectedSupplyDuration": {"value": 5, "unit": "d", "code": "d"}},
)


class Service:
    """The service as somebody finds it whom the site file calls `unknown`."""

    def __init__(self, folder: Path, said: str = "{}", **settings: Any) -> None:
        site = folder / "site.yaml"
        lines = "".join(f"    {line}\n" for line in said.splitlines())
        site.write_text(f"clients:\n  unknown:\n{lines}", encoding="utf-8")
        self.asked: list[httpx.Request] = []
        self.log = io.BytesIO()
        self.app = create_app(
            Settings(today=TODAY, site_file=site, **settings),
            content(),
            transport=httpx.MockTransport(self._fhir),
            log_file=self.log,
        )

    def _fhir(self, sent: httpx.Request) -> httpx.Response:
        self.asked.append(sent)
        return httpx.Response(200, json=searchset([]))

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            return await client.request(method, f"/cds-services{path}", **options)

    async def call(self, body: Json) -> httpx.Response:
        """One hook."""
        return await self.ask("POST", f"/low-back-pain-{body['hook']}", json=body)

    async def topics(self, body: Json) -> list[str]:
        """The recommendations that have cards."""
        answer = await self.call(body)
        assert answer.status_code == 200, answer.text
        return [each["source"]["topic"]["code"] for each in answer.json()["cards"]]


async def test_discovery_lists_the_hooks_of_the_client_only(tmp_path: Path) -> None:
    service = Service(tmp_path, "profile: oracle")
    listed = (await service.ask("GET", "")).json()["services"]
    assert [(each["hook"], "usageRequirements" in each) for each in listed] == [("patient-view", False)]
    everything = (await Service(tmp_path).ask("GET", "")).json()["services"]
    assert [each["hook"] for each in everything] == ["patient-view", "order-select", "order-sign"]
    assert all(each["usageRequirements"] for each in everything)


async def test_discovery_asks_for_no_more_than_the_cards_of_the_client_need(tmp_path: Path) -> None:
    kept = "suspect-numb-thumb"
    off = [each for each in knowledge().recommendations if each not in (kept, "watch-hot-thumb")]
    site = tmp_path / "site.yaml"
    for name, said in (("off", {"cards_off": off}), ("on", {})):
        site.write_text(json.dumps({"clients": {"unknown": said}}), encoding="utf-8")
        app = create_app(Settings(site_file=site), knowledge(), log_file=io.BytesIO())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            listed = (await client.get("/cds-services")).json()["services"]
        (signing,) = [each for each in listed if each["hook"] == "order-sign"]
        assert ("allergies" in signing["prefetch"], "medications" in signing["prefetch"]) == (
            (False, False) if name == "off" else (True, True)
        )


async def test_a_hook_that_is_not_the_client_s_is_no_service(tmp_path: Path) -> None:
    answer = await Service(tmp_path, "hooks: patient-view").call(request("order-sign", CT))
    assert answer.status_code == 404


async def test_a_server_that_is_not_listed_is_never_asked(tmp_path: Path) -> None:
    body = request("order-sign", CT) | {
        "fhirServer": "https://evil.example/r4",
        "fhirAuthorization": {"access_token": "t"},
    }
    service = Service(tmp_path, "fhir_servers: [https://ehr.example/r4]")
    card = (await service.call(body)).json()["cards"][0]
    assert service.asked == []
    assert b'"fhir_server":"not listed"' in service.log.getvalue()
    assert "Not sent: " in card["detail"]
    assert "evil" not in str(card)


@pytest.mark.parametrize(
    "other", ["https://ehr.example/R4", "https://ehr.example/r4/x", "https://ehr.example.org/r4"]
)
async def test_what_only_looks_like_a_listed_server_is_not_asked(tmp_path: Path, other: str) -> None:
    service = Service(tmp_path, "fhir_servers: [https://ehr.example/r4]")
    await service.call(request("order-sign", CT) | {"fhirServer": other})
    assert service.asked == []


@pytest.mark.parametrize(
    "written", ["https://ehr.example/r4", "https://ehr.example/r4/", "https://EHR.example/r4"]
)
async def test_a_listed_server_is_asked_with_its_token(tmp_path: Path, written: str) -> None:
    service = Service(tmp_path, "fhir_servers: [https://ehr.example/r4]")
    token = {"access_token": "t"}
    await service.call(request("order-sign", CT) | {"fhirServer": written, "fhirAuthorization": token})
    assert {each.headers["authorization"] for each in service.asked} == {"Bearer t"}


async def test_null_is_no_data_or_not_read_as_the_site_says(tmp_path: Path) -> None:
    body = request("order-sign", CT, prefetch=prefetched() | {"conditions": None})
    read, unread = [
        (await Service(tmp_path, said).call(body)).json()["cards"][0]
        for said in ("{}", "null_means_not_read: true")
    ]
    assert (read["indicator"], unread["indicator"]) == ("warning", "info")
    assert "Not sent: problem list" in unread["detail"]


async def test_a_body_over_the_limit_of_the_client_is_413(tmp_path: Path) -> None:
    service = Service(tmp_path, "body_limit: 500")
    assert (await service.call(request("order-sign", CT, prefetch=prefetched()))).status_code == 413


async def test_a_card_in_shadow_is_counted_and_not_shown(tmp_path: Path) -> None:
    body = request("order-sign", CT, prefetch=prefetched())
    assert "avoid-early-imaging" in await Service(tmp_path).topics(body)
    service = Service(tmp_path, "cards_in_shadow: avoid-early-imaging")
    assert "avoid-early-imaging" not in await service.topics(body)
    assert b'"in_shadow":1' in service.log.getvalue().replace(b" ", b"")


async def test_a_red_flag_in_shadow_still_stops_the_deterrent(tmp_path: Path) -> None:
    body = request("order-sign", CT, prefetch=prefetched(BACK_PAIN, FOOT_DROP))
    assert await Service(tmp_path, "cards_in_shadow: severe-neurological-deficit").topics(body) == []


async def test_a_card_that_is_off_is_not_shown_and_the_others_are(tmp_path: Path) -> None:
    body = request("patient-view", prefetch=prefetched(BACK_PAIN))
    assert await Service(tmp_path).topics(body) == ["stepped-care"]
    assert await Service(tmp_path, "cards_off: stepped-care").topics(body) == []


async def test_a_threshold_of_the_site_counts_for_its_client(tmp_path: Path) -> None:
    body = request("order-sign", OXYCODONE, prefetch=prefetched(BACK_PAIN))
    assert "limit-acute-supply" not in await Service(tmp_path).topics(body)
    strict = Service(tmp_path, "thresholds:\n  opioid_supply_over_limit: 3")
    assert "limit-acute-supply" in await strict.topics(body)


async def test_the_limit_of_cards_is_the_client_s(tmp_path: Path) -> None:
    body = request("order-sign", CT, OXYCODONE, prefetch=prefetched(BACK_PAIN))
    assert len(await Service(tmp_path).topics(body)) > 1
    assert len(await Service(tmp_path, "max_cards: 1").topics(body)) == 1


async def test_in_development_a_profile_may_be_given_to_whom_nobody_knows(tmp_path: Path) -> None:
    app = create_app(Settings(today=TODAY, profile="oracle"), content(), log_file=io.BytesIO())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        listed = (await client.get("/cds-services")).json()["services"]
    assert [each["hook"] for each in listed] == ["patient-view"]


async def test_nobody_may_have_any_server_asked_in_production(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def remember(sent: httpx.Request) -> httpx.Response:
        asked.append(sent)
        return httpx.Response(404)

    transport = httpx.MockTransport(remember)
    settings = Settings(mode="production", allow_anonymous=True)
    app = create_app(settings, knowledge(), transport=transport, log_file=io.BytesIO())
    body = request("order-sign", CT) | {"fhirServer": "https://any.example/r4"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        await client.post("/cds-services/thumb-sign", json=body)
    assert asked == []


async def test_what_is_offered_carries_the_codes_under_which_the_site_can_order_it(tmp_path: Path) -> None:
    said = "order_codes:\n  physical-therapy:\n    - {system: 'urn:site', code: '77'}"
    body = request("order-sign", CT, prefetch=prefetched(BACK_PAIN))
    found = (await Service(tmp_path, said).call(body)).json()["cards"]
    codings = [
        [coding["code"] for coding in action["resource"]["code"]["coding"]]
        for card in found
        for action in actions(card)
        if action["type"] == "create" and "physical" in action["description"]
    ]
    assert codings == [["77", "308447003"]]
