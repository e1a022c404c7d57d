"""A changed folder is served without a restart, whole or not at all, and says so everywhere."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import content as under_test
from app.clients import Client
from app.content import Change, Content, traces
from app.knowledge.load import FaultyContent, Knowledge, load
from app.knowledge.recommendation import Service
from app.knowledge.source import Fault
from app.logs import Afterwards
from app.main import bare_app, create_app
from app.protocol.request import HookRequest
from app.record.prefetch import Material, Query
from app.routes.services import Endpoint, Hooks, Listing, Serving
from app.routes.verify import anyone
from app.settings import Settings
from tests.content import change, write
from tests.routes.standins import Core, Said, at_once, body, nothing, service


@dataclass
class Folder:
    """A folder of its own with the sore-thumb content, and what became of its changes."""

    root: Path
    served: list[Knowledge] = field(default_factory=list)
    told: list[tuple[Change, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        write(self.root)
        self.content = Content(self.root, traces(self.root), load(self.root))

    async def looks(self, number: int) -> None:
        """So many looks, as they would follow each other in time."""
        for _ in range(number):
            await self.content.look(self.served.append, lambda what, why: self.told.append((what, why)))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The folder before any change."""
    return Folder(tmp_path / "cards")


async def test_a_folder_that_does_not_change_is_not_read_again(folder: Folder) -> None:
    before = folder.content.knowledge
    await folder.looks(3)
    assert (folder.content.knowledge is before, folder.served, folder.told) == (True, [], [])


async def test_a_change_is_served_once_nobody_writes_any_more(folder: Folder) -> None:
    change(folder.root, "services.yaml", 'content_version: "1"', 'content_version: "2"')
    await folder.looks(1)
    assert folder.served == []
    await folder.looks(1)
    assert [each.version for each in folder.served] == ["2"]
    await folder.looks(3)
    assert folder.told == [(Change.SERVED, "")]
    assert (folder.content.version, folder.content.digest) == ("2", folder.served[0].digest)


async def test_a_fault_keeps_the_old_content_and_is_named_until_it_is_mended(folder: Folder) -> None:
    card = "recommendations/thumb-care/card.yaml"
    line = change(folder.root, card, "when: [sore_thumb]", "when: [sore_tumb]")
    await folder.looks(4)
    assert (folder.content.version, folder.served) == ("1", [])
    assert [what for what, _ in folder.told] == [Change.REFUSED]
    assert f"{card}:{line}" in await folder.content.check()
    assert "did you mean `sore_thumb`" in await folder.content.check()
    change(folder.root, card, "when: [sore_tumb]", "when: [sore_thumb]")
    await folder.looks(2)
    assert await folder.content.check() == ""
    assert folder.served == []  # what is mended is what was served all along


async def test_a_folder_that_is_gone_keeps_the_old_content(folder: Folder) -> None:
    shutil.rmtree(folder.root)
    await folder.looks(2)
    assert (folder.content.version, folder.served) == ("1", [])
    assert "this file is missing" in await folder.content.check()


async def test_a_file_that_breaks_the_reader_itself_keeps_the_old_content(folder: Folder) -> None:
    (folder.root / "words.yaml").write_bytes(b"\xff\xfe not text")
    await folder.looks(2)
    assert folder.served == []
    assert [what for what, _ in folder.told] == [Change.REFUSED]


async def test_a_change_of_the_same_size_and_date_is_seen(folder: Folder) -> None:
    file = folder.root / "services.yaml"
    dates = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    change(folder.root, "services.yaml", 'content_version: "1"', 'content_version: "3"')
    os.utime(file, ns=dates)
    await folder.looks(2)
    assert [each.version for each in folder.served] == ["3"]


async def test_a_link_that_is_swapped_for_another_folder_is_seen(tmp_path: Path) -> None:
    link = tmp_path / "cards"
    for name in ("one", "two"):
        write(tmp_path / name)
    change(tmp_path / "two", "services.yaml", 'content_version: "1"', 'content_version: "2"')
    link.symlink_to("one")
    content = Content(link, traces(link), load(link))
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").replace(link)
    for _ in range(2):
        await content.look(lambda _: None, lambda _, __: None)
    assert content.version == "2"


async def test_what_is_written_to_while_it_is_read_is_read_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(root: Path) -> Knowledge:
        found = load(root)
        monkeypatch.setattr(under_test, "load", load)
        change(root, "services.yaml", 'content_version: "2"', 'content_version: "3"')
        return found

    monkeypatch.setattr(under_test, "load", meanwhile)
    change(folder.root, "services.yaml", 'content_version: "1"', 'content_version: "2"')
    await folder.looks(2)
    assert folder.served == []
    await folder.looks(2)
    assert [each.version for each in folder.served] == ["3"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            FaultyContent([Fault("site.yaml", 3, "there is no fact `pian_days`")]),
            "site.yaml:3: there is no fact",
        ),
        (RuntimeError("Marker8731"), "it cannot be taken in (RuntimeError)"),
    ],
)
async def test_what_cannot_be_served_is_refused_once_and_not_read_again(
    folder: Folder, fault: Exception, said: str
) -> None:
    def refuse(_: Knowledge) -> None:
        raise fault

    change(folder.root, "services.yaml", 'content_version: "1"', 'content_version: "2"')
    for _ in range(4):
        await folder.content.look(refuse, lambda what, why: folder.told.append((what, why)))
    assert (len(folder.told), folder.content.version) == (1, "1")
    assert said in await folder.content.check()
    assert "Marker8731" not in await folder.content.check()


async def test_the_watch_goes_on_when_nobody_can_be_told(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "POLL_SECONDS", 0.001)

    def told(what: Change, why: str) -> None:
        folder.told.append((what, why))
        if len(folder.told) == 1:
            raise RuntimeError("Marker8731")

    watch = asyncio.create_task(folder.content.watch(folder.served.append, told))
    for version, before in (("2", "1"), ("3", "2")):
        change(folder.root, "services.yaml", f'content_version: "{before}"', f'content_version: "{version}"')
        await until(lambda version=version: told_of(folder, version))
    watch.cancel()
    assert folder.told == [(Change.SERVED, ""), (Change.SERVED, "")]


async def told_of(folder: Folder, version: str) -> bool:
    """Whether this content is served, was told, and nothing is said against the folder."""
    served = [each.version for each in folder.served]
    return version in served and len(served) == len(folder.told) and await folder.content.check() == ""


async def test_a_look_that_fails_is_said_until_one_succeeds(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Path) -> Any:
        raise RuntimeError("can't start new thread Marker8731")

    async def says(text: str) -> bool:
        return await folder.content.check() == text

    monkeypatch.setattr(under_test, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(under_test, "traces", failing)
    watch = asyncio.create_task(folder.content.watch(folder.served.append, lambda *_: None))
    await until(lambda: says("the last look at the folder failed (RuntimeError)"))
    monkeypatch.setattr(under_test, "traces", traces)
    await until(lambda: says(""))
    watch.cancel()


async def test_a_call_keeps_to_the_content_that_it_began_with() -> None:
    asked: list[str] = []

    def core(name: str) -> Core:
        def said(client: Client, service: Service, request: HookRequest, material: Material) -> Said:
            asked.append(name)
            return nothing(client, service, request, material)

        return said

    async def swapped(_: Client, request: HookRequest, queries: tuple[Query, ...]) -> Material:
        hooks.serving = Serving({"someone": Listing(b"", {})}, at_once(core("new")))
        return Material()

    endpoints = {"one": Endpoint(service("patient-view", "none"), ())}
    old = Serving({"someone": Listing(b"", endpoints)}, at_once(core("old")))
    hooks = Hooks(old, anyone(Client("someone")), swapped, lambda *_: None)
    transport = httpx.ASGITransport(bare_app(Settings(), hooks, Afterwards(io.BytesIO())))
    async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
        statuses = [
            (await client.post("/cds-services/one", json=body("patient-view"))).status_code for _ in "12"
        ]
    assert (statuses, asked) == ([200, 404], ["old"])


@dataclass
class Running:
    """The whole service on a folder, started and stopped as a server would."""

    root: Path
    site: Path | None = None
    log: io.BytesIO = field(default_factory=io.BytesIO)

    async def run(self, scenario: Callable[[httpx.AsyncClient], Any]) -> None:
        store = f"sqlite:///{self.root.parent}/journal.sqlite"
        settings = Settings.model_validate({"cards": self.root, "site_file": self.site, "store_url": store})
        app = create_app(settings, log_file=self.log)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
                await scenario(client)


async def until(holds: Callable[[], Any]) -> None:
    """Asks again until it holds: the watch runs in its own time."""
    for _ in range(2000):
        if await holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to hold")


async def test_a_running_service_changes_its_content_everywhere_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "POLL_SECONDS", 0.01)
    running = Running(write(tmp_path / "cards"))

    async def scenario(client: httpx.AsyncClient) -> None:
        async def version() -> Any:
            return (await client.get("/health/ready")).json()["content"]

        async def is_served() -> bool:
            return await version() == "2"

        assert await version() == "1"
        change(running.root, "services.yaml", 'content_version: "1"', 'content_version: "2"')
        change(running.root, "services.yaml", "id: thumb-view", "id: thumb-look")
        await until(is_served)
        discovery = (await client.get("/cds-services")).json()
        assert "thumb-look" in {each["id"] for each in discovery["services"]}
        assert discovery["extension"]["example.thumbs.content"]["version"] == "2"
        body = {"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "p1"}}
        assert (await client.post("/cds-services/thumb-look", json=body)).status_code == 412
        assert (await client.post("/cds-services/thumb-view", json=body)).status_code == 404
        text = (await client.get("/metrics")).text
        assert 'version="2"' in text
        assert 'version="1"' not in text
        assert 'plumbline_content_reloads_total{result="served"} 1.0' in text

    await running.run(scenario)


async def test_a_content_that_the_site_file_does_not_fit_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "POLL_SECONDS", 0.01)
    site = tmp_path / "site.yaml"
    site.write_text("clients:\n  c:\n    thresholds:\n      fever_limit: 37.6\n", encoding="utf-8")
    running = Running(write(tmp_path / "cards"), site)

    async def scenario(client: httpx.AsyncClient) -> None:
        async def is_refused() -> bool:
            return (await client.get("/health/ready")).json()["checks"]["content"] != "ok"

        change(running.root, "facts/thumb.yaml", "{from: 37.5, to: 38.5}", "{from: 38, to: 38.5}")
        await until(is_refused)
        said = (await client.get("/health/ready")).json()["checks"]["content"]
        assert "site.yaml:4: `fever_limit` may be set from 38 to 38.5" in said
        assert (await client.get("/cds-services")).status_code == 200

    await running.run(scenario)


async def test_a_running_service_says_in_readiness_log_and_metrics_what_it_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "POLL_SECONDS", 0.01)
    running = Running(write(tmp_path / "cards"))

    async def scenario(client: httpx.AsyncClient) -> None:
        async def is_refused() -> bool:
            return (await client.get("/health/ready")).json()["checks"]["content"] != "ok"

        change(running.root, "words.yaml", "reach: 40", "reach: far")
        await until(is_refused)
        ready = (await client.get("/health/ready")).json()
        assert (ready["status"], ready["content"]) == ("degraded", "1")
        assert "words.yaml:4" in ready["checks"]["content"]
        assert (await client.get("/cds-services")).status_code == 200
        text = (await client.get("/metrics")).text
        assert 'plumbline_ready{check="content"} 0.0' in text
        assert 'plumbline_content_reloads_total{result="refused"} 1.0' in text

    await running.run(scenario)
    lines = [json.loads(line) for line in running.log.getvalue().splitlines()]
    told = [line for line in lines if line["event"] == "content"]
    assert [(line["change"], line["content"]) for line in told] == [("refused", "1")]
    assert "words.yaml:4" in told[0]["why"]
